import asyncio

from synth.ask import Asker
from synth.models.base import Reply
from synth.records import Answer, Dropped, Instruction
from synth.steps.answer import answer_id, answer_instruction
from tests.scripted import ScriptedModel

ASKED = Instruction(
    id="instruction-1", tree_id="instruction-0", parent_id="instruction-0", origin_id="seed-1", round=1, draw=0,
    text="Write `double(x)`.", made=None,
)  # fmt: skip


def answer(replies: list[str | Reply]) -> tuple[Answer | Dropped, ScriptedModel]:
    model = ScriptedModel(replies)
    return asyncio.run(answer_instruction(Asker(model), ASKED)), model


def test_an_answer_is_asked_for_at_temperature_zero_and_stripped() -> None:
    made, model = answer(["\n Doubling.\n```python\ndef double(x):\n    return 2 * x\n```\n\n"])
    assert isinstance(made, Answer)
    assert made.text == "Doubling.\n```python\ndef double(x):\n    return 2 * x\n```"
    assert (made.id, made.instruction_id) == (answer_id(Asker(model), ASKED), ASKED.id)
    assert (model.requests[0].temperature, made.made.temperature) == (0.0, 0.0)
    assert model.requests[0].inputs == {"question": ASKED.text}


def test_a_fence_with_nothing_in_it_is_no_answer() -> None:
    made, model = answer(["```\n```", "```\n```"])
    assert isinstance(made, Dropped)
    assert len(model.requests) == 2
    assert made.wanted_id == answer_id(Asker(model), ASKED)


def test_a_declined_or_cut_off_answer_is_recorded_with_its_reason() -> None:
    declined, _ = answer(["<decline>needs a network</decline>"])
    cut, _ = answer([Reply(text="```python\ndef dou", model="m", finish="length")])
    assert isinstance(declined, Dropped)
    assert (declined.step, declined.reason) == ("answer", "declined: needs a network")
    assert isinstance(cut, Dropped)
    assert cut.reason == "cut off at the token limit"
