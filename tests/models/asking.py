"""Asking a loopback server through the model layer: engines, questions, and a whole round in one call."""

import asyncio
import socket

from synth.models.base import Reply, Request
from synth.models.openai_compatible import OpenAICompatible
from synth.models.pace import Pace
from synth.models.paced import Paced
from synth.settings import Engine
from tests import loopback
from tests.loopback import Loopback

KEY = "sk-secret-0123456789abcdef"


def engine_at(base_url: str, **changes: object) -> Engine:
    """An engine with the model `tiny`; impatient, so that a test that fails does so soon."""
    return Engine(
        kind="openai", model="tiny", base_url=base_url, api_key_env="MY_KEY", **{"deadline_seconds": 20.0} | changes
    )


def question(text: str = "What is 2 + 2?", **changes: object) -> Request:
    """A question as a step would put it."""
    return Request(prompt="p", prompt_hash="h", inputs={}, text=text, temperature=0.5, **changes)


def paced(engine: Engine, key: str | None = KEY, pace: Pace | None = None) -> Paced:
    """The model as a run has it, with its pace."""
    return Paced(OpenAICompatible(engine, key), pace or Pace.of(engine), engine.deadline_seconds)


def ask(base_url: str, *requests: Request, key: str | None = KEY, **changes: object) -> list[Reply | BaseException]:
    """Put the requests all at once and close the engine."""

    async def run() -> list[Reply | BaseException]:
        model = paced(engine_at(base_url, **changes), key)
        try:
            return await asyncio.gather(*(model.complete(request) for request in requests), return_exceptions=True)
        finally:
            await model.close()

    return asyncio.run(run())


def ask_one(*script: loopback.Answer, request: Request | None = None, **changes: object) -> tuple[Reply, Loopback]:
    """Put one question to a server with this script; what is raised is raised."""
    with Loopback(*script) as server:
        (reply,) = ask(server.base_url, request or question(), **changes)
    if isinstance(reply, BaseException):
        raise reply
    return reply, server


def closed_port() -> int:
    """A port of the loopback at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
