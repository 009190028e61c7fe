"""An endpoint: a path, what its body must look like, and what answers it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from synth.api.bench import Bench
from synth.errors import BadInput

JSON = Mapping[str, object]
"""What an endpoint answers: names to anything that JSON can hold, dataclasses and tuples included."""


class Body(BaseModel):
    """What a request says. Fields that are not known are refused: a misspelt one is a mistake, not a default."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Empty(Body):
    """A request without anything to say."""


Asked = TypeVar("Asked", bound=Body)


@dataclass(frozen=True, slots=True)
class Endpoint(Generic[Asked]):
    """Answers requests to one path. `answer` runs in a thread and may raise `EspalierError` or `Refused`."""

    path: str
    body: type[Asked]
    answer: Callable[[Bench, Asked], "JSON | Download"]


@dataclass(frozen=True, slots=True)
class Download:
    """A file as an answer."""

    name: str
    media_type: str
    content: bytes


@dataclass(slots=True)
class Refused(Exception):
    """An answer other than yes, with what the browser needs to go on from it."""

    status: int
    kind: str
    message: str
    more: dict[str, object] = field(default_factory=dict)


class BadBody(BadInput):
    """The body of a request cannot be read as what its endpoint takes."""
