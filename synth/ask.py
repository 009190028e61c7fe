"""Asking: render a prompt, put the question, parse the reply, ask once more with the parse error.

The one path between the steps and any engine. What cannot be used comes back as a value, never as an exception.
"""

import datetime
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from synth.ids import Part, record_id
from synth.models.base import Model, Reply, Request, Turn
from synth.prompts import Prompts
from synth.records import Dropped, Made, dropped
from synth.settings import Price, StepModel, StepName

T = TypeVar("T")

STEP_OF: dict[str, StepName] = {
    "pre_extract": "extract",
    "cluster_features": "extract",
    "extract_features": "extract",
    "grow_features": "grow",
    "make_task": "task",
    "solve_task": "solve",
    "repair_solution": "repair",
    "review_tests": "judge",
    "judge_challenge": "judge",
    "evolve_from_code": "evolve",
    "evolve_from_question": "evolve",
    "answer_instruction": "answer",
}
"""Prompt -> the step that asks with it."""

TOP_P = 0.95
"""Unless a step says otherwise."""

_DECLINE = re.compile(r"<decline>(.*?)</decline>", re.DOTALL)


class Unparseable(ValueError):
    """A reply that does not have the asked form; the message is shown to the engine for its second try."""


@dataclass(frozen=True, slots=True)
class Answered(Generic[T]):
    """A parsed reply."""

    value: T
    made: Made


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A question without a usable reply: declined, refused, cut off, empty, or twice unparseable."""

    reason: str
    raw: str
    retry: bool = False
    """True where no reply came at all."""

    def dropped(self, step: str, subject_id: str, wanted_id: str) -> Dropped:
        """The record of it."""
        return dropped(step, subject_id, wanted_id, self.reason, self.raw, retry=self.retry)


@dataclass(frozen=True, slots=True)
class Item:
    """What is being worked on: questions put meanwhile are for it."""

    id: str
    """Of the record that is to be made."""
    take: int = 0
    """How often a person had it tried anew."""


_AT: ContextVar[Item | None] = ContextVar("item", default=None)


@contextmanager
def working_on(item: Item) -> Iterator[None]:
    """Questions put inside the block, in this task and those it starts, are for `item`."""
    token = _AT.set(item)
    try:
        yield
    finally:
        _AT.reset(token)


@dataclass(frozen=True, slots=True)
class Way:
    """Which engine a step asks, and how."""

    model: Model
    price: Price | None = None
    """Of its tokens; None where it is not known."""
    own: StepModel = field(default_factory=StepModel)
    """What differs from what the step would say; its model is not read here."""


@dataclass(frozen=True, slots=True)
class Asker:
    """An engine, or one for each step, and the prompts that they are asked with."""

    model: Model
    prompts: Prompts = field(default_factory=Prompts)
    ways: Mapping[StepName, Way] = field(default_factory=dict)
    """By step; a step that is not named asks `model`."""

    def way(self, prompt: str) -> Way:
        """How the step that a prompt belongs to asks."""
        step = STEP_OF.get(prompt)
        found = self.ways.get(step) if step is not None else None
        return found or Way(self.model)

    def record_id(self, kind: str, prompt: str, *parts: Part, temperature: float) -> str:
        """The id of what `prompt` will make from `parts` (parents and draw number)."""
        chosen, way = self.prompts.get(prompt), self.way(prompt)
        heat = temperature if way.own.temperature is None else way.own.temperature
        # Only what a person set: ids of runs from before there were such settings stay what they are.
        own = [f"{name} {value}" for name in ("top_p", "max_tokens") if (value := getattr(way.own, name)) is not None]
        return record_id(kind, way.model.engine, way.model.name, chosen.hash, heat, *parts, *own)

    async def ask(
        self,
        prompt: str,
        inputs: Mapping[str, object],
        parse: Callable[[str], T],
        *,
        temperature: float,
        draw: int = 0,
        max_tokens: int = 4096,
    ) -> Answered[T] | Unanswered:
        """Put one question; where `parse` raises `Unparseable`, once more with what it said.

        What a person set for the step goes before `temperature` and `max_tokens`. Raises `PromptError` for wrong
        inputs and `ModelError` where the endpoint cannot be used at all.
        """
        chosen, way = self.prompts.get(prompt), self.way(prompt)
        own, item = way.own, _AT.get() or Item("")
        request = Request(
            prompt=prompt,
            prompt_hash=chosen.hash,
            inputs=inputs,
            text=chosen.render(inputs),
            temperature=temperature if own.temperature is None else own.temperature,
            top_p=TOP_P if own.top_p is None else own.top_p,
            max_tokens=own.max_tokens or max_tokens,
            draw=draw,
            take=item.take,
            step=STEP_OF.get(prompt, prompt),
            item=item.id,
            form=chosen.form,
        )
        replies: list[Reply] = []
        while True:
            reply = await way.model.complete(request)
            replies.append(reply)
            if reason := _unusable(reply):
                return Unanswered(reason, reply.raw or reply.text, retry=reply.finish == "failed")
            try:
                value = parse(reply.text)
            except Unparseable as error:
                if request.previous:
                    return Unanswered(f"unparseable twice: {error}", reply.raw or reply.text)
                request = replace(request, previous=(Turn(reply.raw or reply.text, str(error)),))
                continue
            return Answered(value, _made(request, way, replies))


def _made(request: Request, way: Way, replies: list[Reply]) -> Made:
    return Made(
        engine=way.model.engine,
        model=replies[-1].model,
        prompt=request.prompt,
        prompt_hash=request.prompt_hash,
        temperature=request.temperature,
        prompt_tokens=_total([reply.prompt_tokens for reply in replies]),
        completion_tokens=_total([reply.completion_tokens for reply in replies]),
        seconds=sum(reply.seconds for reply in replies),
        top_p=request.top_p,
        max_tokens=request.max_tokens,
        cached_tokens=_total([reply.cached_tokens for reply in replies]),
        calls=len(replies),
        hits=sum(reply.hit for reply in replies),
        cost=_cost(way, replies),
        structured=replies[-1].structured,
        at=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    )


def _cost(way: Way, replies: list[Reply]) -> float | None:
    if way.model.engine == "offline":
        return 0.0
    total = 0.0
    for reply in replies:
        if way.price is None or reply.prompt_tokens is None or reply.completion_tokens is None:
            return None
        total += way.price.cost(reply.prompt_tokens, reply.cached_tokens, reply.completion_tokens, batch=reply.batch)
    return total


def _unusable(reply: Reply) -> str:
    if declined := _DECLINE.search(reply.text):
        return f"declined: {declined.group(1).strip()}"
    if reply.finish == "failed":
        return f"no reply: {reply.note}"
    if reply.finish == "refusal":
        return "refused by the model"
    if reply.finish == "length":
        return "cut off at the token limit"
    if reply.finish == "empty" or not reply.text.strip():
        return "empty reply"
    return ""


def _total(counts: list[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None
