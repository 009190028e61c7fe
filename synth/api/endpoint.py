"""An endpoint: a path, what its body must look like, and what answers it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, FailFast

from synth.api.bench import Bench
from synth.errors import BadInput

JSON = Mapping[str, object]
"""What an endpoint answers: names to anything that JSON can hold, dataclasses and tuples included."""


class Body(BaseModel):
    """What a request says. Fields that are not known are refused: a misspelt one is a mistake, not a default."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Empty(Body):
    """A request without anything to say."""


One = TypeVar("One")
Many = Annotated[tuple[One, ...], FailFast()]
"""Of what may be long, only the first that is wrong is told: to list a million wrong ones would take seconds."""

Asked = TypeVar("Asked", bound=Body)


@dataclass(frozen=True, slots=True)
class Endpoint(Generic[Asked]):
    """Answers requests to one path. `answer` may raise `EspalierError` or `Refused`."""

    path: str
    body: type[Asked]
    answer: Callable[[Bench, Asked], "JSON | Download"]
    quick: bool = False
    """Answers within milliseconds whatever the tree, so that handing it to a thread would cost more than it takes."""


@dataclass(frozen=True, slots=True)
class Download:
    """A file as an answer."""

    name: str
    media_type: str
    content: Iterable[bytes]
    """In parts, made while they are sent."""


@dataclass(slots=True)
class Refused(Exception):
    """An answer other than yes, with what the browser needs to go on from it."""

    status: int
    kind: str
    message: str
    more: dict[str, object] = field(default_factory=dict)


class BadBody(BadInput):
    """The body of a request cannot be read as what its endpoint takes."""
