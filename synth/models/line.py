"""One line to an endpoint, for the few requests that look at it: each with its own time limit, none tried again."""

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from synth.models.openai_errors import Endpoint, Refused, said_by
from synth.models.reach import Answer, Broken, TooLong, Unreachable, Wire


class NoAnswer(Exception):
    """No answer came. The message is a sentence that names the address and says why."""


@dataclass(frozen=True, slots=True)
class Heard:
    """An answer."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: object
    """Its JSON; None where it is none."""
    refused: Refused
    """It read as an error."""
    said: str
    """`: "..."` with the server's own words where it sent an error, else a full stop."""
    seconds: float


class Line:
    """Requests to one endpoint; use it in one event loop, as a context."""

    def __init__(self, endpoint: Endpoint, seconds: float) -> None:
        """`seconds` for each request."""
        self._endpoint = endpoint
        self._seconds = seconds
        self._wire = Wire(endpoint)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._wire.close()

    async def get(self, path: str) -> Heard:
        """Ask for a path below the address. Raises `NoAnswer`."""
        return await self._ask(path, None)

    async def post(self, path: str, body: Mapping[str, object]) -> Heard:
        """Send JSON to a path below the address. Raises `NoAnswer`."""
        return await self._ask(path, json.dumps(body).encode())

    async def _ask(self, path: str, data: bytes | None) -> Heard:
        began = time.monotonic()
        address = self._endpoint.address
        try:
            async with asyncio.timeout(self._seconds):
                answer = await (self._wire.get(path) if data is None else self._wire.post(path, data))
        except TimeoutError:
            raise NoAnswer(f"{address} did not answer within {self._seconds:g} s. Try again, or allow more.") from None
        except Unreachable as error:
            raise NoAnswer(str(error)) from None
        except Broken:
            raise NoAnswer(f"{address} broke off. Check that it is an OpenAI-compatible server.") from None
        except TooLong:
            raise NoAnswer(f"{address} sent more than any answer can be. Check the base URL.") from None
        return self._heard(answer, time.monotonic() - began)

    def _heard(self, answer: Answer, seconds: float) -> Heard:
        text = self._endpoint.without_key(answer.body.decode("utf-8", "replace"))
        refused = Refused.of(answer.status, text)
        headers = {name.lower(): self._endpoint.without_key(value) for name, value in answer.headers.items()}
        return Heard(answer.status, headers, _json(text), refused, said_by(refused, self._endpoint), seconds)


def _json(text: str) -> object:
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value
