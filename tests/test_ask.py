"""Asking: one question, one more try with what was wrong, and every ending as a value."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from synth.ask import Answered, Asker, Item, Unanswered, Unparseable, Way, working_on
from synth.errors import ModelError, PromptError
from synth.models.base import Reply, Request
from synth.prompts import Prompts
from synth.settings import Price, StepModel
from tests.scripted import ScriptedModel


@pytest.fixture
def prompts(tmp_path: Path) -> Prompts:
    (tmp_path / "count.md").write_text("---\npurpose: count\ninputs: [thing]\n---\nHow many {{ thing }}?\n")
    return Prompts(tmp_path)


def as_number(text: str) -> int:
    if not text.strip().isdigit():
        raise Unparseable("give digits alone")
    return int(text)


def ask(
    prompts: Prompts, *replies: str | Reply, parse: Callable[[str], int] = as_number, draw: int = 0
) -> tuple[Answered[int] | Unanswered, ScriptedModel]:
    model = ScriptedModel(replies)
    asker = Asker(model, prompts)
    answer = asyncio.run(asker.ask("count", {"thing": "apples"}, parse, temperature=0.5, draw=draw, max_tokens=9))
    return answer, model


def test_an_answer_is_the_parsed_value_and_who_made_it(prompts: Prompts) -> None:
    answer, model = ask(prompts, "7", draw=4)
    assert isinstance(answer, Answered)
    assert answer.value == 7
    made = answer.made
    assert (made.engine, made.model, made.prompt, made.temperature) == ("scripted", "scripted-1", "count", 0.5)
    assert made.prompt_hash == prompts.get("count").hash
    (request,) = model.requests
    assert (request.text, request.inputs) == ("How many apples?", {"thing": "apples"})
    assert (request.draw, request.temperature, request.max_tokens, request.previous) == (4, 0.5, 9, ())


def test_an_unparseable_reply_is_asked_for_once_more_with_the_complaint(prompts: Prompts) -> None:
    answer, model = ask(prompts, "seven", "7")
    assert isinstance(answer, Answered)
    (turn,) = model.requests[1].previous
    assert (turn.reply, turn.complaint) == ("seven", "give digits alone")
    assert model.requests[1].text == model.requests[0].text


def test_a_reply_unparseable_twice_ends_with_the_raw_text(prompts: Prompts) -> None:
    answer, model = ask(prompts, "seven", "eight", "9")
    assert answer == Unanswered("unparseable twice: give digits alone", "eight")
    assert len(model.requests) == 2


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("<decline>\nno apples here </decline>", "declined: no apples here"),
        (Reply("No.", "m", "refusal"), "refused by the model"),
        (Reply("7", "m", "length"), "cut off at the token limit"),
        (Reply("", "m", "empty"), "empty reply"),
        (" \n", "empty reply"),
    ],
)
def test_a_reply_that_is_no_answer_is_not_asked_for_again(prompts: Prompts, reply: str | Reply, reason: str) -> None:
    answer, model = ask(prompts, reply, "7")
    assert isinstance(answer, Unanswered)
    assert answer.reason == reason
    assert answer.raw == (reply if isinstance(reply, str) else reply.text)
    assert len(model.requests) == 1


def test_what_the_endpoint_sent_is_kept_where_the_text_was_made_from_it(prompts: Prompts) -> None:
    replies = [Reply("<n>seven</n>", "m", raw='{"n": "seven"}', structured=True) for _ in range(2)]
    answer, model = ask(prompts, *replies)
    assert answer == Unanswered("unparseable twice: give digits alone", '{"n": "seven"}')
    (turn,) = model.requests[1].previous
    assert turn.reply == '{"n": "seven"}', "the engine is shown its own words"


def test_a_question_says_its_step_the_record_it_is_for_and_which_take_it_is(prompts: Prompts) -> None:
    model = ScriptedModel(["7", "8"])
    asker = Asker(model, prompts)

    async def run() -> None:
        with working_on(Item("task-1", take=2)):
            await asyncio.create_task(asker.ask("count", {"thing": "apples"}, as_number, temperature=0))
        await asker.ask("count", {"thing": "pears"}, as_number, temperature=0)

    asyncio.run(run())
    assert [(request.step, request.item, request.take) for request in model.requests] == [
        ("count", "task-1", 2),
        ("count", "", 0),
    ]


def test_a_step_asks_its_own_engine_with_its_own_settings(prompts: Prompts) -> None:
    own = ScriptedModel(["1 2", "4"])
    way = Way(own, Price(input=1.0, output=2.0), StepModel(temperature=0.1, top_p=0.5, max_tokens=77))
    other = ScriptedModel([])
    asker = Asker(other, Prompts(), {"judge": way})
    answer = asyncio.run(asker.ask("judge_challenge", {"question": "q"}, as_number, temperature=0.9, max_tokens=9))
    assert isinstance(answer, Answered)
    assert [(r.temperature, r.top_p, r.max_tokens, r.step) for r in own.requests] == [(0.1, 0.5, 77, "judge")] * 2
    assert (answer.made.temperature, answer.made.top_p, answer.made.max_tokens) == (0.1, 0.5, 77)
    assert (answer.made.calls, answer.made.hits, answer.made.cost) == (2, 0, None)
    assert other.requests == []


def test_a_cost_is_the_sum_of_both_tries_and_unknown_where_one_is(prompts: Prompts) -> None:
    def cost(*replies: Reply) -> float | None:
        way = Way(ScriptedModel(replies), Price(input=1.0, output=2.0, cached_input=0.5))
        asker = Asker(way.model, Prompts(), {"judge": way})
        answer = asyncio.run(asker.ask("judge_challenge", {"question": "q"}, as_number, temperature=0))
        assert isinstance(answer, Answered)
        return answer.made.cost

    known = Reply("no", "m", prompt_tokens=1_000_000, completion_tokens=500_000, cached_tokens=400_000)
    assert cost(known, Reply("7", "m", prompt_tokens=1_000_000, completion_tokens=0)) == pytest.approx(1.8 + 1.0)
    assert cost(known, Reply("7", "m", prompt_tokens=9)) is None


def test_an_engine_may_decline_on_the_second_try(prompts: Prompts) -> None:
    answer, _ = ask(prompts, "seven", "<decline>cannot count</decline>")
    assert isinstance(answer, Unanswered)
    assert answer.reason == "declined: cannot count"


def test_tokens_and_seconds_of_both_tries_are_added_up(prompts: Prompts) -> None:
    first = Reply("seven", "m", prompt_tokens=10, completion_tokens=2, seconds=0.5)
    second = Reply("7", "m", prompt_tokens=20, completion_tokens=1, seconds=0.25)
    answer, _ = ask(prompts, first, second)
    assert isinstance(answer, Answered)
    assert (answer.made.prompt_tokens, answer.made.completion_tokens, answer.made.seconds) == (30, 3, 0.75)


def test_tokens_are_unknown_where_one_try_did_not_say(prompts: Prompts) -> None:
    answer, _ = ask(prompts, Reply("seven", "m", prompt_tokens=10), Reply("7", "m"))
    assert isinstance(answer, Answered)
    assert answer.made.prompt_tokens is None


def test_an_unanswered_question_becomes_a_dropped_record() -> None:
    record = Unanswered("empty reply", "raw").dropped("task", "subtree-1", "task-9")
    assert (record.step, record.subject_id, record.wanted_id) == ("task", "subtree-1", "task-9")
    assert (record.reason, record.raw, record.id) == ("empty reply", "raw", "dropped-task-9")


def test_inputs_that_the_prompt_does_not_declare_are_refused(prompts: Prompts) -> None:
    asker = Asker(ScriptedModel(["7"]), prompts)
    with pytest.raises(PromptError, match="declares inputs"):
        asyncio.run(asker.ask("count", {"things": "apples"}, as_number, temperature=0))


def test_an_endpoint_that_cannot_be_used_is_no_value(prompts: Prompts) -> None:
    class Broken(ScriptedModel):
        async def complete(self, request: Request) -> Reply:
            raise ModelError("bad key")

    with pytest.raises(ModelError, match="bad key"):
        asyncio.run(Asker(Broken([]), prompts).ask("count", {"thing": "x"}, as_number, temperature=0))


def test_an_id_names_prompt_model_temperature_and_parents(prompts: Prompts, tmp_path: Path) -> None:
    class Other(ScriptedModel):
        name = "scripted-2"

    asker = Asker(ScriptedModel([]), prompts)
    ids = [
        asker.record_id("count", "count", "a", temperature=0.5),
        asker.record_id("count", "count", "b", temperature=0.5),
        asker.record_id("count", "count", "a", temperature=0.6),
        Asker(Other([]), prompts).record_id("count", "count", "a", temperature=0.5),
    ]
    (tmp_path / "count.md").write_text("---\npurpose: count\ninputs: [thing]\n---\nCount {{ thing }}!\n")
    ids.append(Asker(ScriptedModel([]), Prompts(tmp_path)).record_id("count", "count", "a", temperature=0.5))
    assert len(set(ids)) == 5
    assert asker.record_id("count", "count", "a", temperature=0.5) == ids[0]


def test_an_item_without_any_reply_is_tried_again_by_a_resumed_run() -> None:
    asker = Asker(ScriptedModel([Reply("", "m", "failed", note="the connection broke")]))
    answer = asyncio.run(asker.ask("judge_challenge", {"question": "q"}, str, temperature=0))
    assert isinstance(answer, Unanswered)
    record = answer.dropped("judge", "instruction-1", "score-1")
    assert (record.retry, record.reason) == (True, "no reply: the connection broke")
