"""From a subtree to a task: what is asked, how the four tags are read, what is refused."""

import asyncio

import pytest

from synth.ask import Asker, Unparseable
from synth.models.base import Reply
from synth.records import Dropped, Shape, Subtree, Task
from synth.steps.task import make_task, parse_task, task_id
from tests.scripted import ScriptedModel

GOOD = (
    '<f>["moving average", "csv"]</f>\n<s>A weather hut on a pass.</s>\n'
    "<t>Smooth the readings over 3 values.</t>\n<i>Smooth readings.</i>"
)
OFFERED = ("data processing", "moving average", "file operation", "csv")


def a_subtree() -> Subtree:
    features = (
        ("data processing",),
        ("data processing", "moving average"),
        ("file operation",),
        ("file operation", "csv"),
        ("programming language",),
        ("programming language", "Java"),
    )
    return Subtree(
        id="subtree-1",
        draw=0,
        seed=7,
        shape=Shape(),
        temperature=1.0,
        features=features,
        mandatory=(("data processing", "moving average"), ("programming language", "Java")),
    )


def make(*replies: str | Reply) -> tuple[Task | Dropped, ScriptedModel]:
    model = ScriptedModel(replies)
    return asyncio.run(make_task(Asker(model), a_subtree(), "files", 3, 0.7)), model


def test_a_task_holds_what_the_tags_say_and_where_it_came_from() -> None:
    task, model = make(GOOD)
    assert isinstance(task, Task)
    assert task.selected == ("moving average", "csv")
    assert task.scenario == "A weather hut on a pass."
    assert task.question == "Smooth readings.\n\nSmooth the readings over 3 values."
    assert (task.subtree_id, task.level, task.draw) == ("subtree-1", "files", 3)
    assert task.id == task_id(Asker(model), a_subtree(), "files", 3, 0.7)
    assert (task.made.prompt, task.made.temperature) == ("make_task", 0.7)


def test_the_engine_gets_the_features_as_a_tree_and_the_language_apart() -> None:
    _, model = make(GOOD)
    (request,) = model.requests
    assert request.inputs == {
        "optional_features": {"data processing": ["moving average"], "file operation": ["csv"]},
        "mandatory_features": ["moving average"],
        "language": "Python",
        "level": "files",
    }


def test_two_draws_of_the_same_features_are_two_questions() -> None:
    asked = []
    for change in ({}, {"draw": 9}, {"seed": 9}):
        model = ScriptedModel([GOOD])
        asyncio.run(make_task(Asker(model), a_subtree().model_copy(update=change), "files", 3, 0.7))
        asked.append(model.requests[0])
    assert len({request.text for request in asked}) == 1
    assert len({request.draw for request in asked}) == 3


def test_level_draw_and_temperature_each_make_another_id() -> None:
    asker, subtree = Asker(ScriptedModel([])), a_subtree()
    ids = {
        task_id(asker, subtree, "files", 0, 0.7),
        task_id(asker, subtree, "function", 0, 0.7),
        task_id(asker, subtree, "files", 1, 0.7),
        task_id(asker, subtree, "files", 0, 0.8),
    }
    assert len(ids) == 4


def test_a_declined_task_is_recorded_with_its_reason() -> None:
    task, model = make("<decline>these do not go together</decline>")
    assert isinstance(task, Dropped)
    assert task.reason == "declined: these do not go together"
    assert (task.step, task.subject_id) == ("task", "subtree-1")
    assert task.wanted_id == task_id(Asker(model), a_subtree(), "files", 3, 0.7)


def test_a_reply_without_a_tag_is_asked_for_again_with_what_is_missing() -> None:
    task, model = make(GOOD.replace("<t>", ""), GOOD)
    assert isinstance(task, Task)
    assert "there is no <t>" in model.requests[1].previous[0].complaint


def test_two_unreadable_replies_drop_the_task_and_keep_the_text() -> None:
    task, _ = make("I would rather chat.", "Still chatting.")
    assert isinstance(task, Dropped)
    assert "there is no <f>" in task.reason
    assert task.raw == "Still chatting."


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("<f>", "", "no <f>"),
        ("</f>", "", "no </f>"),
        ("</i>", "", "no </i>"),
        ("A weather hut on a pass.", " \n", "<s> is empty"),
        ("Smooth the", "```python\nx = 1\n```\nSmooth the", "without code"),
        ('["moving average", "csv"]', '["poetry"]', "none of the given features"),
        ('["moving average", "csv"]', "[]", "names no feature"),
        ('["moving average", "csv"]', "none", "names no feature"),
        ('["moving average", "csv"]', '["moving average",', "not JSON"),
        ('["moving average", "csv"]', '{"data": ["csv"]}', "flat list"),
        ('["moving average", "csv"]', "[1, 2]", "flat list"),
    ],
)
def test_a_malformed_reply_is_refused_with_what_to_mend(old: str, new: str, complaint: str) -> None:
    assert old in GOOD
    with pytest.raises(Unparseable) as caught:
        parse_task(GOOD.replace(old, new, 1), OFFERED)
    assert complaint in str(caught.value)


@pytest.mark.parametrize(
    "features",
    [
        '["moving average", "csv"]',
        "['moving average', 'csv']",
        '```json\n["Moving Average", "CSV"]\n```',
        '["moving average, csv"]',
        "moving average, csv",
        "- moving average\n- `csv`",
        '1. moving average\n2) "csv"\n',
        '["moving average", "csv", "moving  average", "none"]',
    ],
)
def test_features_are_read_from_any_plain_list_and_spelled_as_offered(features: str) -> None:
    assert parse_task(GOOD.replace('["moving average", "csv"]', features), OFFERED).selected == (
        "moving average",
        "csv",
    )


def test_a_name_that_holds_a_comma_stays_whole() -> None:
    text = GOOD.replace('["moving average", "csv"]', '["insert, delete", "csv"]')
    assert parse_task(text, ("insert, delete", "csv")).selected == ("insert, delete", "csv")


def test_markup_inside_a_part_is_not_taken_for_a_tag() -> None:
    text = GOOD.replace("Smooth the readings", "Wrap <i>each</i> word and <s>old</s> ones; smooth the readings")
    parsed = parse_task("Here you are:\n" + text, OFFERED)
    assert parsed.statement.startswith("Wrap <i>each</i> word")
    assert parsed.instruction == "Smooth readings."
