"""The contract of an engine: one question in, one reply out. Every provider and every wrapper has this method."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

Finish = Literal["stop", "length", "refusal", "empty", "failed"]
"""`failed`: no reply came (timeout, server error after retries); `Reply.note` says why."""


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier reply and what was wrong with it, shown to the engine when it is asked again."""

    reply: str
    complaint: str


@dataclass(frozen=True, slots=True)
class Request:
    """One question.

    `inputs` are the JSON-able values that `text` was rendered from. A remote model gets `text` alone; the
    offline engine answers from `inputs`, in the same reply format, so no step knows which engine it is.
    """

    prompt: str
    prompt_hash: str
    inputs: Mapping[str, object]
    text: str
    temperature: float
    top_p: float = 0.95
    max_tokens: int = 4096
    draw: int = 0
    previous: tuple[Turn, ...] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """What the engine said. Token counts are None where the endpoint did not say."""

    text: str
    model: str
    finish: Finish = "stop"
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    seconds: float = 0.0
    note: str = ""
    """Why there is no text, for `failed`."""


class Model(Protocol):
    """An engine with one model."""

    @property
    def engine(self) -> str:
        """`offline` or `openai`."""

    @property
    def name(self) -> str:
        """The model's name as it goes into ids and records."""

    async def complete(self, request: Request) -> Reply:
        """Answer one question.

        Raises `ModelError` only where no further question can be answered (bad key, quota, address).
        """

    async def close(self) -> None:
        """Release connections."""
