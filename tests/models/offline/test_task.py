"""The offline engine makes tasks: what it picks, what it says, and when it declines."""

import json
import random

import pytest

from synth.models.offline.kit import Kit
from synth.models.offline.read import read_plan
from synth.models.offline.task import answer_make_task
from synth.steps.task import parse_task
from tests.models.offline.asking import ask, ask_task, make_kit, question_of, tag


@pytest.fixture(scope="module")
def kit() -> Kit:
    return make_kit()


def drawn_features(kit: Kit, seed: int) -> list[str]:
    tags = sorted({tag for block in kit.shelf.blocks.values() for tag in block.tags})
    return random.Random(seed).sample(tags, 5)


def test_a_feature_named_like_a_tag_gets_the_block_with_that_tag(kit: Kit) -> None:
    reply = answer_make_task(ask_task(["moving average"]), kit)
    assert "`rolling_mean(" in tag(reply, "t")
    assert json.loads(tag(reply, "f")) == ["moving average"]


def test_mandatory_features_are_served_before_optional_ones(kit: Kit) -> None:
    for draw in range(12):
        reply = answer_make_task(ask_task(["moving average"], ["slug", "cron expression", "csv"], draw=draw), kit)
        assert "moving average" in json.loads(tag(reply, "f"))


def test_where_no_block_fits_a_mandatory_feature_the_names_above_it_are_tried_next(kit: Kit) -> None:
    features = {"data processing": {"moving average": ["yodelling"], "sorting": [], "slug": [], "csv": []}}
    for draw in range(12):
        request = ask(
            "make_task",
            draw,
            optional_features=features,
            mandatory_features=["yodelling"],
            language="Python",
            level="files",
        )
        assert "moving average" in json.loads(tag(answer_make_task(request, kit), "f"))


def test_only_features_that_a_block_of_the_task_realises_are_claimed(kit: Kit) -> None:
    for seed in range(40):
        names = drawn_features(kit, seed)
        reply = answer_make_task(ask_task(names[:2], names[2:]), kit)
        plan = read_plan(tag(reply, "t"), kit.shelf)
        tags = {tag for part in plan.parts for tag in kit.shelf.blocks[part.name].tags}
        claimed = json.loads(tag(reply, "f"))
        assert set(claimed) <= set(names)
        assert any(name in tags for name in claimed)


def test_where_nothing_fits_it_declines_and_says_what_was_asked(kit: Kit) -> None:
    reply = answer_make_task(ask_task(["quantum teleportation"], ["yodelling"]), kit)
    assert tag(reply, "decline").startswith("nothing in the subtree fits a building block")
    assert "yodelling" in reply


def test_a_language_without_blocks_is_declined(kit: Kit) -> None:
    request = ask("make_task", optional_features={}, mandatory_features=["csv"], language="Rust", level="function")
    assert "Rust" in tag(answer_make_task(request, kit), "decline")


def test_the_reply_has_the_form_that_the_step_reads(kit: Kit) -> None:
    for level in ("function", "files"):
        names = drawn_features(kit, 3)
        task = parse_task(answer_make_task(ask_task(names, level=level), kit), names)
        assert task.scenario
        assert len(task.statement.split()) > 60
        assert 1 <= task.instruction.count(". ") + task.instruction.endswith(".") <= 2


def test_the_same_question_gets_the_same_task_from_another_kit(kit: Kit) -> None:
    request = ask_task(["moving average", "csv"], ["sorting"], level="files")
    assert answer_make_task(request, kit) == answer_make_task(request, make_kit())


def test_another_draw_of_the_same_features_is_another_task(kit: Kit) -> None:
    replies = {question_of(answer_make_task(ask_task(["sorting"], draw=draw), kit)) for draw in range(10)}
    assert len(replies) >= 9


def test_a_task_of_files_has_three_to_eight_modules_and_one_that_imports_others(kit: Kit) -> None:
    for seed in range(40):
        names = drawn_features(kit, seed)
        statement = tag(answer_make_task(ask_task(names[:2], names[2:], level="files"), kit), "t")
        layout = statement.partition("###")[0]
        assert 3 <= layout.count("\n- `") <= 8
        assert "which imports from" in layout


def test_five_hundred_tasks_give_at_least_four_hundred_distinct_instructions(kit: Kit) -> None:
    instructions = {
        tag(answer_make_task(ask_task(drawn_features(kit, seed)[:2], drawn_features(kit, seed)[2:]), kit), "i")
        for seed in range(500)
    }
    assert len(instructions) >= 400
