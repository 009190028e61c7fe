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
class Form:
    """The parts of a reply, as tags `<name>...</name>` or as the fields of a JSON object."""

    name: str
    """Of the prompt."""
    parts: Mapping[str, str]
    """Name of each part, in order, and its JSON type: `string`, `strings` (a list), `number`, or `json` (anything)."""


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
    take: int = 0
    """How often a person had the same question asked anew; each take has a reply of its own."""
    step: str = ""
    """The step that asks, for accounts and logs."""
    item: str = ""
    """Id of the record that the answer is for, for logs."""
    form: Form | None = None
    """Which parts the reply has, where it can also be asked for as JSON under a schema."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the engine said. Token counts are None where the endpoint did not say."""

    text: str
    model: str
    finish: Finish = "stop"
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    seconds: float = 0.0
    """From the first try to the answer, waiting between tries included."""
    note: str = ""
    """Why there is no text, for `failed`."""
    cached_tokens: int | None = None
    """Part of `prompt_tokens` that the endpoint had read before; None where it did not say."""
    raw: str = ""
    """What the endpoint sent, where `text` was made from it."""
    structured: bool = False
    """Whether it was asked for as JSON under a schema."""
    hit: bool = False
    """Whether it comes from the workspace's own replies, so was not paid again."""
    batch: bool = False
    """Whether it came through the batch interface."""
    attempts: int = 1
    """Requests that were sent for it."""


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
