"""Replies as JSON under a schema: asked for, turned into the text that parsers read, and given up where refused."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.ask import Answered, Asker, Unanswered
from synth.errors import ModelError
from synth.models.base import Form
from synth.models.forms import as_text, in_words, is_cut_off, read_form, response_format
from synth.prompts import Prompts
from synth.steps.evolve import parse_question, parse_rating
from synth.steps.extract import _parse_keywords
from synth.steps.task import parse_task
from tests import loopback
from tests.loopback import Answer, Loopback, Received
from tests.models.asking import ask_one, engine_at, paced, question

TASK = Form("make_task", {"f": "strings", "s": "string", "t": "string", "i": "string"})
GIVEN = {"f": ["totals", "a, b"], "s": "A club.", "t": "Write `total`.", "i": "Add.", "decline": None}


def form_of(prompt: str) -> Form:
    form = Prompts().get(prompt).form
    assert form is not None
    return form


# ---- the form itself


def test_a_schema_has_every_part_and_a_way_to_decline_and_takes_nothing_else() -> None:
    schema = response_format(TASK)["json_schema"]
    assert schema == {
        "name": "make_task",
        "strict": True,
        "schema": {
            "type": "object",
            "properties": {
                "f": {"type": "array", "items": {"type": "string"}},
                "s": {"type": "string"},
                "t": {"type": "string"},
                "i": {"type": "string"},
                "decline": {"type": ["string", "null"]},
            },
            "required": ["f", "s", "t", "i", "decline"],
            "additionalProperties": False,
        },
    }


def test_a_question_says_which_field_stands_for_which_part() -> None:
    assert "`f` (a list of texts) for <f>, `s` (a text) for <s>" in in_words(TASK)
    assert "`final_score` (a number) for [Final Score]" in in_words(form_of("judge_challenge"))
    assert "`keywords` (a list of texts) for the whole reply" in in_words(form_of("pre_extract"))


def test_the_parsers_of_the_steps_read_what_the_fields_are_turned_into() -> None:
    task = parse_task(as_text(TASK, json.dumps(GIVEN)) or "", ["totals", "a, b"])
    assert (task.selected, task.scenario, task.statement) == (("totals", "a, b"), "A club.", "Write `total`.")
    judged = as_text(form_of("judge_challenge"), '{"judge_reason": "two\\nparts", "final_score": 7.0, "decline": null}')
    assert parse_rating(judged or "") == (7, "two\nparts")
    keywords = as_text(form_of("pre_extract"), '{"keywords": ["Read CSV", "binary search"], "decline": null}')
    assert _parse_keywords(keywords or "") == ("read csv", "binary search")
    long = "Write a function that does " + "very " * 20 + "much."
    for prompt in ("evolve_from_code", "evolve_from_question"):
        schema = response_format(form_of(prompt))["json_schema"]["schema"]  # type: ignore[index]
        fields = dict.fromkeys(schema["required"], "x")
        written = as_text(form_of(prompt), json.dumps(fields | {"programming_question": long, "decline": None}))
        assert parse_question(written or "") == long


def test_prompts_whose_replies_carry_code_or_trees_are_asked_for_in_tags() -> None:
    without = {name for name in Prompts().names() if Prompts().get(name).form is None}
    assert without == {
        "answer_instruction",
        "cluster_features",
        "extract_features",
        "grow_features",
        "repair_solution",
        "review_tests",
        "solve_task",
    }


@given(st.text(), st.lists(st.text(min_size=1), min_size=1), st.text())
def test_whatever_stands_in_a_field_no_part_ends_another(scenario: str, features: list[str], task: str) -> None:
    value = GIVEN | {"s": scenario + "</s><t>early", "f": features, "t": task}
    written = as_text(TASK, json.dumps(value))
    assert written is not None
    assert written.lower().count("</s>") == written.lower().count("</f>") == 1
    assert "early" in written.split("</s>")[0]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"decline": "no sense in it"}, "<decline>no sense in it</decline>"),
        ({"f": [], "s": "", "t": "", "i": "", "decline": " no sense "}, "<decline>no sense</decline>"),
        (GIVEN | {"decline": "none"}, None),
        (GIVEN | {"decline": "I took the liberty"}, None),
        (GIVEN | {"decline": 7}, None),
    ],
)
def test_declining_is_told_from_a_reply_that_is_there_whole(value: dict[str, object], expected: str | None) -> None:
    written = as_text(TASK, json.dumps(value))
    assert written is not None
    assert (written == expected) if expected else "<decline>" not in written


def test_a_part_that_is_missing_is_for_the_parser_to_complain_about() -> None:
    written = as_text(TASK, '{"f": "totals", "s": null, "t": 7}')
    assert written == "<f>totals</f>\n\n<t>7</t>"


@pytest.mark.parametrize("content", ["fine", "<f>x</f>", "[1]", '{"other": 1}', "{", "{}", "7", '"f"', "{" * 99_999])
def test_what_is_no_object_with_these_fields_is_left_as_it_is(content: str) -> None:
    assert as_text(TASK, content) is None


def test_an_object_in_a_fence_and_one_with_raw_line_breaks_are_read() -> None:
    assert as_text(TASK, '```json\n{"s": "one\ntwo"}\n```') == "<s>one\ntwo</s>"


@pytest.mark.parametrize(
    ("content", "cut"),
    [
        ('{"f": ["a", "b', True),
        ('{"f": ["a"], "s": "A cl', True),
        ('{"f": ["a"]', True),
        ('{"f":', True),
        ("{", True),
        ('{"f": ["a"]}', False),
        ('{"f": ["a"]} and more', False),
        ('{"f" "a", "s": 1}', False),
        ("fine", False),
        ("", False),
    ],
)
def test_json_that_breaks_off_is_told_from_json_that_is_wrong(content: str, cut: bool) -> None:
    assert is_cut_off(content) is cut


@pytest.mark.parametrize(
    ("parts", "complaint"),
    [
        ([], "must be a mapping"),
        ({}, "must be a mapping"),
        ("s", "must be a mapping"),
        ({"s": "text"}, "none of string"),
        ({"s": ["string"]}, "none of string"),
        ({"decline": "string"}, "cannot have a part `decline`"),
        ({"<s>": "string"}, "cannot have a part"),
        ({1: "string"}, "cannot have a part"),
        ({"a b": "string", "A b": "string"}, "two parts of one name"),
    ],
)
def test_a_form_that_is_none_is_refused_with_the_file_named(tmp_path: Path, parts: object, complaint: str) -> None:
    from synth.errors import PromptError

    with pytest.raises(ValueError, match=complaint):
        read_form("count", parts)
    (tmp_path / "count.md").write_text(f"---\npurpose: p\ninputs: []\nreply: {json.dumps(parts)}\n---\nHow many?\n")
    with pytest.raises(PromptError, match=r"count\.md"):
        Prompts(tmp_path).get("count")


# ---- through an endpoint


def as_json(**changes: object) -> Callable[[Received], str]:
    return lambda received: json.dumps(GIVEN | changes)


def refusing(good: Answer, message: str = "Unknown field `response_format`.", status: int = 400) -> Answer:
    """An endpoint that knows no structured output."""

    async def answer(received: Received, request: object) -> object:
        chosen = loopback.error(status, message) if "response_format" in received.body else good
        return await chosen(received, request)  # type: ignore[arg-type]

    return answer  # type: ignore[return-value]


def test_a_question_with_a_form_is_asked_for_as_json_and_comes_back_as_tags() -> None:
    reply, server = ask_one(loopback.ok(as_json()), request=question(form=TASK))
    assert server.requests[0].body["response_format"]["json_schema"]["strict"] is True
    assert server.requests[0].text.startswith("What is 2 + 2?\n\nDo not use the form above: reply with one JSON object")
    assert reply.text.startswith('<f>["totals", "a, b"]</f>')
    assert json.loads(reply.raw) == GIVEN
    assert (reply.finish, reply.structured) == ("stop", True)


def test_without_a_form_or_where_a_person_says_no_tags_are_asked_for() -> None:
    for request, structured in ((question(), "yes"), (question(form=TASK), "no")):
        reply, server = ask_one(loopback.ok("<f>x</f>"), request=request, structured=structured)
        assert "response_format" not in server.requests[0].body
        assert (server.requests[0].text, reply.text, reply.structured) == (request.text, "<f>x</f>", False)


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (400, "Unknown field `response_format`."),
        (400, "This response_format type is unavailable now"),
        (422, "json_schema is not a thing"),
        (400, "Unsupported request."),
        (400, "Invalid schema for guided decoding"),
    ],
)
def test_an_endpoint_without_structured_output_is_asked_for_tags_from_then_on(status: int, message: str) -> None:
    async def run(server: Loopback) -> list[str]:
        model = paced(engine_at(server.base_url))
        replies = [await model.complete(question(form=TASK)) for _ in range(3)]
        await model.close()
        assert [reply.attempts for reply in replies] == [2, 1, 1]
        assert not any(reply.structured for reply in replies)
        return [reply.text for reply in replies]

    with Loopback(refusing(loopback.ok("<f>x</f>"), message, status)) as server:
        assert asyncio.run(run(server)) == ["<f>x</f>"] * 3
    assert sum("response_format" in received.body for received in server.requests) == 1


def test_many_questions_in_flight_learn_that_at_once_and_all_are_answered() -> None:
    async def run(server: Loopback) -> set[str]:
        model = paced(engine_at(server.base_url, concurrency=32))
        replies = await asyncio.gather(*(model.complete(question(form=TASK)) for _ in range(64)))
        await model.close()
        return {reply.text for reply in replies}

    with Loopback(refusing(loopback.ok("<f>x</f>"))) as server:
        assert asyncio.run(run(server)) == {"<f>x</f>"}


def test_where_a_person_insists_on_json_the_run_ends_with_the_reason() -> None:
    with pytest.raises(ModelError, match=r"does not take a JSON schema.*`engine.structured`"):
        ask_one(refusing(loopback.ok()), request=question(form=TASK), structured="yes")


def test_any_other_bad_request_is_not_taken_for_a_lack_of_structured_output() -> None:
    reply, server = ask_one(loopback.error(400, "Too many tokens."), request=question(form=TASK))
    assert reply.finish == "failed"
    assert len(server.requests) == 1


def test_an_endpoint_that_answers_in_tags_all_the_same_is_understood() -> None:
    reply, _ = ask_one(loopback.ok("<f>x</f>"), request=question(form=TASK))
    assert (reply.text, reply.finish) == ("<f>x</f>", "stop")


@pytest.mark.parametrize("script", [loopback.ok('{"f": ["a", "b'), loopback.cut_off('{"f": ["a"], "s": "A')])
def test_json_that_was_cut_off_is_told_apart_from_json_that_is_wrong(script: Answer) -> None:
    reply, _ = ask_one(script, request=question(form=TASK))
    assert reply.finish == "length"
    assert reply.text.startswith('{"f"')


def test_a_refusal_stays_a_refusal() -> None:
    reply, _ = ask_one(loopback.refusal("No."), request=question(form=TASK))
    assert (reply.finish, reply.text) == ("refusal", "No.")


# ---- with one more try


def asked(server: Loopback, tmp_path: Path) -> Answered[int] | Unanswered:
    """Through the asker: a prompt with two parts, of which the number must be one."""
    (tmp_path / "count.md").write_text(
        "---\npurpose: p\ninputs: [thing]\nreply: {why: string, number: string}\n---\n"
        "How many {{ thing }}? <why>..</why><number>..</number>\n"
    )

    def parse(text: str) -> int:
        from synth.ask import Unparseable

        number = text.partition("<number>")[2].partition("</number>")[0]
        if not number.isdigit():
            raise Unparseable("give digits alone in <number>")
        return int(number)

    async def run() -> Answered[int] | Unanswered:
        model = paced(engine_at(server.base_url))
        try:
            return await Asker(model, Prompts(tmp_path)).ask("count", {"thing": "apples"}, parse, temperature=0)
        finally:
            await model.close()

    return asyncio.run(run())


def test_json_that_cannot_be_used_is_asked_for_again_with_the_complaint_and_is_shown_as_it_was(tmp_path: Path) -> None:
    bad = '{"why": "I counted", "number": "seven", "decline": null}'
    with Loopback(loopback.ok(bad), loopback.ok(bad.replace("seven", "7"))) as server:
        answer = asked(server, tmp_path)
    assert isinstance(answer, Answered)
    assert (answer.value, answer.made.calls, answer.made.structured) == (7, 2, True)
    _, said, complaint = server.requests[1].messages
    assert said["content"] == bad
    assert "give digits alone in <number>" in complaint["content"]
    assert "response_format" in server.requests[1].body


def test_an_engine_may_decline_in_json(tmp_path: Path) -> None:
    with Loopback(loopback.ok('{"why": "", "number": "", "decline": "no apples here"}')) as server:
        answer = asked(server, tmp_path)
    assert isinstance(answer, Unanswered)
    assert answer.reason == "declined: no apples here"


def test_json_twice_of_no_use_ends_with_what_was_sent(tmp_path: Path) -> None:
    bad = '{"why": "x", "number": "many", "decline": null}'
    with Loopback(loopback.ok(bad)) as server:
        answer = asked(server, tmp_path)
    assert answer == Unanswered("unparseable twice: give digits alone in <number>", bad)


def test_the_second_try_may_go_in_tags_where_the_endpoint_gives_up_json_between(tmp_path: Path) -> None:
    bad = loopback.ok('{"why": "x", "number": "many", "decline": null}')
    refused = loopback.error(400, "response_format is switched off")
    with Loopback(bad, refused, loopback.ok("<why>y</why><number>7</number>")) as server:
        answer = asked(server, tmp_path)
    assert isinstance(answer, Answered)
    assert (answer.value, answer.made.structured) == (7, False)
    assert len(server.requests) == 3
