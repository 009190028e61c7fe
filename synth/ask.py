"""Asking: render a prompt, put the question, parse the reply, ask once more with the parse error.

The one path between the steps and any engine. What cannot be used comes back as a value, never as an exception.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from synth.ids import Part, record_id
from synth.models.base import Model, Reply, Request, Turn
from synth.prompts import Prompts
from synth.records import Dropped, Made, dropped

T = TypeVar("T")

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
class Asker:
    """An engine and the prompts it is asked with."""

    model: Model
    prompts: Prompts = field(default_factory=Prompts)

    def record_id(self, kind: str, prompt: str, *parts: Part, temperature: float) -> str:
        """The id of what `prompt` will make from `parts` (parents and draw number)."""
        chosen = self.prompts.get(prompt)
        return record_id(kind, self.model.engine, self.model.name, chosen.hash, temperature, *parts)

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

        Raises `PromptError` for wrong inputs and `ModelError` where the endpoint cannot be used at all.
        """
        chosen = self.prompts.get(prompt)
        text = chosen.render(inputs)
        turns: tuple[Turn, ...] = ()
        replies: list[Reply] = []
        while True:
            reply = await self.model.complete(
                Request(
                    prompt=prompt,
                    prompt_hash=chosen.hash,
                    inputs=inputs,
                    text=text,
                    temperature=temperature,
                    max_tokens=max_tokens,
                    draw=draw,
                    previous=turns,
                )
            )
            replies.append(reply)
            if reason := _unusable(reply):
                return Unanswered(reason, reply.text, retry=reply.finish == "failed")
            try:
                value = parse(reply.text)
            except Unparseable as error:
                if turns:
                    return Unanswered(f"unparseable twice: {error}", reply.text)
                turns = (Turn(reply.text, str(error)),)
                continue
            return Answered(value, self._made(prompt, chosen.hash, temperature, replies))

    def _made(self, prompt: str, prompt_hash: str, temperature: float, replies: list[Reply]) -> Made:
        return Made(
            engine=self.model.engine,
            model=replies[-1].model,
            prompt=prompt,
            prompt_hash=prompt_hash,
            temperature=temperature,
            prompt_tokens=_total([reply.prompt_tokens for reply in replies]),
            completion_tokens=_total([reply.completion_tokens for reply in replies]),
            seconds=sum(reply.seconds for reply in replies),
        )


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
