"""Drafts of the offline engine: correct ones pass, flawed ones fail, and how many are flawed."""

import json
from pathlib import Path

import pytest

from synth.models.offline.files import write_files
from synth.models.offline.kit import Kit
from synth.models.offline.plan import Program
from synth.models.offline.read import read_plan
from synth.models.offline.solve import answer_solve_task
from synth.models.offline.task import answer_make_task
from synth.records import Level
from synth.steps.solve import parse_draft
from tests.models.offline.asking import ask, ask_task, make_kit, question_of, run_pytest, tag


@pytest.fixture(scope="module")
def kit() -> Kit:
    return make_kit()


def question_about(kit: Kit, features: list[str], level: Level, draw: int = 0) -> str:
    return question_of(answer_make_task(ask_task(features, level=level, draw=draw), kit))


def is_correct(kit: Kit, question: str) -> bool:
    draft = parse_draft(answer_solve_task(ask("solve_task", question=question, level="function"), kit), "function")
    right = write_files(Program(read_plan(question, kit.shelf), kit.shelf))
    return [file.text for file in draft.files] == [f"{file.text.rstrip()}\n" for file in right]


def test_an_unknown_question_is_declined(kit: Kit) -> None:
    reply = answer_solve_task(ask("solve_task", question="Write a compiler for Pascal.", level="files"), kit)
    assert "no function of a building block" in tag(reply, "decline")


def test_the_question_alone_decides_the_draft(kit: Kit) -> None:
    question = question_about(kit, ["moving average"], "function")
    replies = {
        answer_solve_task(ask("solve_task", question=question, level="function", draw=draw), one)
        for draw, one in ((0, kit), (1, make_kit()))
    }
    assert len(replies) == 1


def test_pytest_is_named_as_a_package_exactly_where_it_is_imported(kit: Kit) -> None:
    seen = set()
    for draw in range(12):
        question = question_about(kit, ["moving average"], "function", draw)
        reply = answer_solve_task(ask("solve_task", question=question, level="function"), kit)
        packages = json.loads(tag(reply, "json"))["packages"]
        assert packages == (["pytest"] if "import pytest" in reply else [])
        seen.add(tuple(packages))
    assert seen == {(), ("pytest",)}


def test_about_one_first_draft_in_five_is_wrong(kit: Kit) -> None:
    questions = [question_about(kit, ["sorting", "csv", "moving average"], "function", draw) for draw in range(300)]
    wrong = sum(not is_correct(kit, question) for question in questions)
    assert 40 <= wrong <= 80


@pytest.mark.parametrize("level", ["function", "files"])
def test_correct_drafts_pass_their_tests_and_flawed_ones_fail(kit: Kit, tmp_path: Path, level: Level) -> None:
    wanted = {True: 2, False: 2}
    for draw in range(60):
        question = question_about(kit, ["moving average", "slug", "schema validation"], level, draw)
        correct = is_correct(kit, question)
        if not wanted[correct]:
            continue
        wanted[correct] -= 1
        draft = parse_draft(answer_solve_task(ask("solve_task", question=question, level=level), kit), level)
        passed, said = run_pytest(tmp_path / str(draw), draft.files, draft.tests)
        assert passed == correct, said
    assert wanted == {True: 0, False: 0}


def test_tests_call_every_function_and_live_in_a_folder_where_there_are_several_modules(kit: Kit) -> None:
    question = question_about(kit, ["moving average", "slug", "schema validation"], "files")
    draft = parse_draft(answer_solve_task(ask("solve_task", question=question, level="files"), kit), "files")
    plan = read_plan(question, kit.shelf)
    assert [file.path.startswith("tests/test_") for file in draft.tests] == [True] * len(plan.functions)
    for function, test in zip(plan.functions, draft.tests, strict=True):
        assert test.text.count(f"{function}(") >= 2
