"""The engine behind any OpenAI-style address: OpenAI, vLLM, Ollama, llama.cpp, LM Studio by base URL.

One attempt is one request for one chat completion. Who tries again, and when, is `pace`.
"""

import asyncio
import time

from synth.errors import ModelError
from synth.models.attempt import Setback
from synth.models.base import Reply, Request
from synth.models.chat import Chat, encoded
from synth.models.openai_errors import Endpoint
from synth.models.reach import Broken, NoRoom, TooLong, Unreachable, Wire
from synth.settings import Engine

PATH = "/chat/completions"


class OpenAICompatible:
    """One model at one address. Use it inside one event loop and close it there."""

    engine = "openai"

    def __init__(self, engine: Engine, key: str | None) -> None:
        """`key` is None for servers that need none.

        Raises `ModelError` where the address or the key cannot be put into a request at all.
        """
        self.name = engine.model
        endpoint = Endpoint.of(engine, key)
        self.chat = Chat(engine, endpoint)
        self.wire = Wire(endpoint)
        self._deadline = engine.deadline_seconds

    async def attempt(self, request: Request) -> Reply | Setback:
        """Send one request; it takes as long as it takes. Raises `ModelError` where no question can be answered."""
        body = self.chat.body(request)
        started = time.monotonic()
        try:
            answer = await self.wire.post(PATH, encoded(body))
        except TooLong as error:
            seconds = time.monotonic() - started
            return self.chat.failed("the answer is longer than any that was asked for", seconds, error.start)
        except Broken:
            return Setback("broken", "the connection broke")
        except NoRoom:
            return Setback("limit", "this machine allows no more open connections")
        except Unreachable as error:
            return Setback("unreachable", str(error))
        seconds = time.monotonic() - started
        return self.chat.read(request, body, answer.status, answer.headers, answer.body, seconds)

    async def complete(self, request: Request) -> Reply:
        """Ask without trying again. See `Model.complete`; a question that only failed by itself gets no text."""
        started = time.monotonic()
        try:
            async with asyncio.timeout(self._deadline):
                got = await self.attempt(request)
                while isinstance(got, Setback) and got.trouble == "again":
                    got = await self.attempt(request)
        except TimeoutError:
            return self.chat.failed("no answer within the deadline", time.monotonic() - started)
        if isinstance(got, Reply):
            return got
        if got.trouble == "unreachable":
            raise ModelError(got.why)
        return self.chat.failed(got.why, time.monotonic() - started, got.raw.encode())

    async def close(self) -> None:
        """Release connections."""
        await self.wire.close()
