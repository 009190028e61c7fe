"""A prompt on a real item: the very step that asks with it is run against an engine that only listens.

So what is shown is what would be sent, whatever the step does to its inputs.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from synth.ask import Asker
from synth.errors import EspalierError, NotFound, PromptError
from synth.models.base import Reply, Request
from synth.prompts import Prompts
from synth.store import Database

T = TypeVar("T")

_LABEL = 90


@dataclass(frozen=True, slots=True)
class Item:
    """Something of the workspace that a prompt can be shown on."""

    id: str
    label: str

    @classmethod
    def of(cls, record_id: str, text: str) -> "Item":
        """An item with a label of one line."""
        line = " ".join(text.split())
        return cls(record_id, line if len(line) <= _LABEL else line[: _LABEL - 1] + "…")


@dataclass(frozen=True, slots=True)
class Preview:
    """A prompt filled in."""

    text: str
    """As it would be sent."""
    item: Item | None
    """None where the workspace has nothing for it yet, so that it shows a shipped example."""


@dataclass(frozen=True, slots=True)
class Source(Generic[T]):
    """Where the items of a prompt come from, and the step that asks with it."""

    noun: str
    """What it is about, in the plural."""
    newest: Callable[[Database], Sequence[T]]
    one: Callable[[Database, str], T]
    """By id. Raises `NotFound`."""
    item: Callable[[T], Item]
    ask: Callable[[Asker, T], Awaitable[object]]
    example: T

    def items(self, db: Database) -> list[Item]:
        """The newest."""
        return [self.item(found) for found in self.newest(db)]

    def show(self, prompts: Prompts, db: Database | None, item_id: str | None) -> Preview:
        """Fill in on the item of this id, else the newest, else the example. Raises `PromptError` and `NotFound`."""
        if item_id is not None and db is None:
            raise NotFound(
                "no records can be read here: there are none yet, or another Espalier has the workspace open."
            )
        found: Sequence[T] = []
        if db is not None:
            found = [self.one(db, item_id)] if item_id is not None else self.newest(db)[:1]
        text = listen(prompts, lambda asker: self.ask(asker, found[0] if found else self.example))
        return Preview(text, self.item(found[0]) if found else None)


class _Listener:
    """An engine that declines every question and remembers the last."""

    engine = "offline"
    name = "preview"

    def __init__(self) -> None:
        self.heard: Request | None = None

    async def complete(self, request: Request) -> Reply:
        """Remember it."""
        self.heard = request
        return Reply("<decline>only shown</decline>", self.name)

    async def close(self) -> None:
        """Nothing to let go."""


def listen(prompts: Prompts, ask: Callable[[Asker], Awaitable[object]]) -> str:
    """The question that a step would send. Raises `PromptError` where the prompt cannot be filled in."""
    listener = _Listener()

    async def put() -> None:
        await ask(Asker(listener, prompts))

    try:
        asyncio.run(put())
    except EspalierError:
        raise
    except Exception as error:
        raise PromptError(f"it cannot be filled in: {type(error).__name__}: {error}") from error
    if listener.heard is None:
        raise PromptError("its step asked nothing.")
    return listener.heard.text
