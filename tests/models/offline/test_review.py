"""Judging tests by the offline engine: a wrong expectation is found and corrected, right tests blame the solution."""

import random
from pathlib import Path

import pytest

from synth.models.offline.files import write_files
from synth.models.offline.kit import Kit
from synth.models.offline.mistake import mistake_one
from synth.models.offline.plan import Program
from synth.models.offline.read import read_plan
from synth.models.offline.review import answer_review_tests
from synth.models.offline.solve import answer_solve_task, draft_tests
from synth.models.offline.task import answer_make_task
from synth.records import CodeFile, Level, Solution
from synth.steps.review_tests import parse_judgement
from synth.steps.solve import parse_draft
from tests.examples import MADE
from tests.models.offline.asking import as_inputs, ask, ask_task, make_kit, question_of, run_pytest, tag


@pytest.fixture(scope="module")
def kit() -> Kit:
    return make_kit()


def question_about(kit: Kit, level: Level, draw: int) -> str:
    features = ["moving average", "slug", "schema validation"]
    return question_of(answer_make_task(ask_task(features, level=level, draw=draw), kit))


def right_answer(kit: Kit, question: str) -> tuple[tuple[CodeFile, ...], tuple[CodeFile, ...]]:
    program = Program(read_plan(question, kit.shelf), kit.shelf)
    tests = draft_tests(program, question)[1]
    return write_files(program), tuple(CodeFile(path=t.path, text=f"{t.text.rstrip()}\n") for t in tests)


def review(kit: Kit, question: str, tests: tuple[CodeFile, ...]) -> str:
    request = ask("review_tests", question=question, files=[], tests=as_inputs(tests), error="a test failed")
    return answer_review_tests(request, kit)


@pytest.mark.parametrize("level", ["function", "files"])
def test_a_wrong_expectation_fails_is_found_and_corrected(kit: Kit, tmp_path: Path, level: Level) -> None:
    found = 0
    for draw in range(12):
        question = question_about(kit, level, draw)
        files, right = right_answer(kit, question)
        wrong = mistake_one(right, random.Random(draw))
        if wrong == right:
            continue
        found += 1
        if found == 1:
            passed, said = run_pytest(tmp_path, files, wrong)
            assert not passed, said
        reply = review(kit, question, wrong)
        attempt = Solution(
            id="s", task_id="t", attempt=0, previous_id=None, files=files, tests=wrong, packages=(), made=MADE
        )
        judged = parse_judgement(reply, attempt)
        assert (judged.blames, judged.tests) == ("tests", right)
        assert "`test_" in judged.reason
    assert found >= 6


def test_right_tests_blame_the_solution(kit: Kit) -> None:
    question = question_about(kit, "files", 1)
    assert tag(review(kit, question, right_answer(kit, question)[1]), "verdict") == "solution"


def test_tests_of_another_hand_are_declined(kit: Kit) -> None:
    question = question_about(kit, "function", 1)
    other = (CodeFile(path="test_other.py", text="def test_it():\n    assert 1 == 2\n"),)
    assert "could be worked out" in tag(review(kit, question, other), "decline")
    assert "no function" in tag(review(kit, "Write a compiler for Pascal.", other), "decline")


def test_about_three_drafts_in_a_hundred_have_a_wrong_test(kit: Kit) -> None:
    wrong = 0
    for draw in range(300):
        question = question_of(answer_make_task(ask_task(["sorting", "csv", "moving average"], draw=draw), kit))
        reply = answer_solve_task(ask("solve_task", question=question, level="function"), kit)
        wrong += parse_draft(reply, "function").tests != right_answer(kit, question)[1]
    assert 1 <= wrong <= 20


def test_a_test_that_expects_no_number_is_left_as_it_is() -> None:
    tests = (CodeFile(path="test_a.py", text="def test_a():\n    assert f(1) == 'é'\n"),)
    assert mistake_one(tests, random.Random(1)) == tests
    number = (CodeFile(path="test_a.py", text="def test_a():\n    assert f('é', 1) == ('é', 2)\n"),)
    assert mistake_one(number, random.Random(1))[0].text == "def test_a():\n    assert f('é', 1) == ('é', 3)\n"
