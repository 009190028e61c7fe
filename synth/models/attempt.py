"""What one request to an endpoint came to, as the wrapper that tries again sees it: a reply, or a setback."""

from dataclasses import dataclass
from typing import Literal, Protocol

from synth.models.base import Reply, Request

Trouble = Literal["limit", "server", "broken", "unreachable", "again"]
"""`limit`: the endpoint wants fewer questions. `server`: it failed. `broken`: the connection did. `unreachable`: there
was none. `again`: nothing is wrong, the question has to be put in another way."""


@dataclass(frozen=True, slots=True)
class Setback:
    """A request without an answer, where another one may get one."""

    trouble: Trouble
    why: str
    """For a person; without the key. For `unreachable` a whole sentence that says what to mend."""
    wait: float | None = None
    """Seconds that the endpoint asked us to wait."""
    raw: str = ""
    """What it sent."""


class Attempting(Protocol):
    """An engine that can be asked with exactly one request."""

    @property
    def engine(self) -> str:
        """`openai`."""

    @property
    def name(self) -> str:
        """The model's name."""

    async def attempt(self, request: Request) -> Reply | Setback:
        """Send one request. Raises `ModelError` where no further question can be answered."""

    async def close(self) -> None:
        """Release connections."""
