"""A loopback server that speaks the OpenAI protocol over real HTTP, with scripted good and bad behaviour.

    with Loopback(rate_limited(0.01), ok("hello")) as server:
        ... settings.Engine(kind="openai", base_url=server.base_url, model="tiny")

Each request takes the next answer of the script; the last one repeats. `server.requests` holds what came in.
"""

import asyncio
import json
import random
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email.utils import formatdate
from time import time
from types import TracebackType
from typing import Any

from aiohttp import web


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it came in."""

    path: str
    headers: dict[str, str]
    """Names in lower case."""
    body: dict[str, Any]

    @property
    def messages(self) -> list[dict[str, str]]:
        """All turns, oldest first."""
        return self.body["messages"]

    @property
    def text(self) -> str:
        """The question: the first turn."""
        return self.messages[0]["content"]


Answer = Callable[[Received, web.Request], Awaitable[web.StreamResponse]]


class Loopback:
    """The server, in a thread of its own, on a free port of 127.0.0.1."""

    def __init__(self, *script: Answer, port: int = 0) -> None:
        self.requests: list[Received] = []
        self.peak = 0
        """The most requests that were in flight at once."""
        self._script = script or (ok(),)
        self.in_flight = 0
        """Requests that are being answered."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._runner: web.AppRunner | None = None
        self.port = port

    @property
    def base_url(self) -> str:
        """The address for `engine.base_url`."""
        return f"http://127.0.0.1:{self.port}/v1"

    def answer_with(self, *script: Answer) -> None:
        """Begin a new script at once."""
        self._script = ((self._script[0],) * len(self.requests) + script) if self.requests else script

    def __enter__(self) -> "Loopback":
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _start(self) -> None:
        app = web.Application(client_max_size=64 << 20)
        app.router.add_route("*", "/{path:.*}", self._handle)
        # A client that gives up frees a hanging handler.
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def _stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        received = Received(request.path, headers, json.loads(raw) if raw else {})
        answer = self._script[min(len(self.requests), len(self._script) - 1)]
        self.requests.append(received)
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)
        try:
            return await answer(received, request)
        finally:
            self.in_flight -= 1


def completion(
    content: str | None,
    *,
    finish: str = "stop",
    refusal: str | None = None,
    usage: object = None,
    model: str = "tiny-2026",
) -> dict[str, Any]:
    """The body of a chat completion."""
    body: dict[str, Any] = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 0,
        "model": model,
        "choices": [
            {
                "index": 0,
                "finish_reason": finish,
                "message": {"role": "assistant", "content": content, "refusal": refusal},
            }
        ],
    }
    return body if usage is None else body | {"usage": usage}


def ok(
    text: str | Callable[[Received], str] = "fine", *, usage: bool = True, pairs: asyncio.Barrier | None = None
) -> Answer:
    """A good answer: a fixed text, or one made from the request; `pairs` lets answers go only together."""

    async def answer(received: Received, request: web.Request) -> web.StreamResponse:
        if pairs is not None:
            await pairs.wait()
        content = text if isinstance(text, str) else text(received)
        counts = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18} if usage else None
        return web.json_response(completion(content, usage=counts))

    return answer


def body(value: object, *, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    """Any JSON body."""

    async def answer(received: Received, request: web.Request) -> web.StreamResponse:
        return web.json_response(value, status=status, headers=headers)

    return answer


def raw(text: str | bytes, *, content_type: str = "application/json", status: int = 200) -> Answer:
    """Any text, whatever it claims to be."""
    content = text if isinstance(text, bytes) else text.encode()

    async def answer(received: Received, request: web.Request) -> web.StreamResponse:
        return web.Response(body=content, content_type=content_type, status=status)

    return answer


def cut_off(text: str = "half an ans") -> Answer:
    """An answer that ran into the token limit."""
    return body(completion(text, finish="length"))


def empty() -> Answer:
    """A completion without text."""
    return body(completion(None))


def refusal(text: str = "I cannot help with that.") -> Answer:
    """A completion whose model refused."""
    return body(completion(None, refusal=text))


def filtered() -> Answer:
    """A completion that the server's content filter stopped."""
    return body(completion("", finish="content_filter"))


def truncated() -> Answer:
    """A body that stops in the middle of the JSON."""
    return raw(json.dumps(completion("never seen whole"))[:60])


def wrong_shape() -> Answer:
    """JSON, but no completion."""
    return body({"status": "ready"})


def invalid_utf8() -> Answer:
    """A completion with bytes that are no text."""
    return raw(json.dumps(completion("caf?")).encode().replace(b"caf?", b"caf\xe9\xff"))


def half_characters() -> Answer:
    """A completion with an escape that stands for half a character: JSON, but no text."""
    return raw(json.dumps(completion("half")).replace("half", "half \\ud83d"))


def huge(megabytes: int = 10) -> Answer:
    """A completion that goes on and on."""
    return raw(json.dumps(completion("x" * (megabytes << 20))))


def drip(text: str = "fine", *, pieces: int = 5, pause: float = 0.02) -> Answer:
    """A good answer that comes in small pieces."""
    content = json.dumps(completion(text)).encode()

    async def answer(received: Received, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        step = len(content) // pieces + 1
        for start in range(0, len(content), step):
            await response.write(content[start : start + step])
            await asyncio.sleep(pause)
        return response

    return answer


def broken_off() -> Answer:
    """Promises more bytes than it sends, then breaks the connection."""

    async def answer(received: Received, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b'{"id": "chatcmpl-1", ')
        assert request.transport is not None
        request.transport.abort()
        return response

    return answer


def redirect(to: str, status: int = 307) -> Answer:
    """Sends the client elsewhere."""

    async def answer(received: Received, request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, headers={"Location": to})

    return answer


def error_in_disguise(code: int = 502) -> Answer:
    """An error that is sent with status 200."""
    return body({"error": {"message": "The provider failed.", "code": code}})


def error(status: int, message: str, code: str | None = None, headers: dict[str, str] | None = None) -> Answer:
    """An error in OpenAI's form."""
    details = {"message": message, "type": "error", "param": None, "code": code}
    return body({"error": details}, status=status, headers=headers)


def rate_limited(retry_after: float | None = 0.01, *, as_date: bool = False) -> Answer:
    """429 with `Retry-After` in seconds, as a date (a whole second, from the moment it is sent), or without."""

    async def answer(received: Received, request: web.Request) -> web.StreamResponse:
        headers: dict[str, str] = {}
        if retry_after is not None:
            headers["retry-after"] = formatdate(time() + retry_after, usegmt=True) if as_date else str(retry_after)
        return await error(429, "Rate limit reached.", "rate_limit_exceeded", headers)(received, request)

    return answer


def fewer_at_once(most: int, server: Callable[[], "Loopback"], seconds: float = 0.02) -> Answer:
    """A good answer to so many questions at once, 429 without `Retry-After` to those beyond."""

    async def answer(received: Received, request: web.Request) -> web.StreamResponse:
        if server().in_flight > most:
            return await rate_limited(None)(received, request)
        await asyncio.sleep(seconds)
        return await ok()(received, request)

    return answer


def server_error(retry_after: float = 0.01) -> Answer:
    """500; the header only keeps tests fast."""
    return error(500, "The server had an error.", None, {"retry-after": str(retry_after)})


def bad_key(echo: str = "sk-***") -> Answer:
    """401."""
    return error(401, f"Incorrect API key provided: {echo}.", "invalid_api_key")


def forbidden() -> Answer:
    """403."""
    return error(403, "Your project has no access to this model.", "permission_denied")


def no_quota() -> Answer:
    """429 that no waiting mends."""
    return error(429, "You exceeded your current quota.", "insufficient_quota", {"retry-after": "0.01"})


def no_model() -> Answer:
    """404."""
    return error(404, "The model `tiny` does not exist.", "model_not_found")


def at_most(times: int, first: Answer, then: Answer) -> Answer:
    """One answer so many times, another from then on."""
    left = iter(range(times))

    async def answer(received: Received, request: web.Request) -> web.StreamResponse:
        return await (then if next(left, None) is None else first)(received, request)

    return answer


def hang() -> Answer:
    """Never answers; ends when the client gives up."""

    async def answer(received: Received, request: web.Request) -> web.StreamResponse:
        await asyncio.Event().wait()
        raise AssertionError("unreachable")

    return answer


def mixed(faults: dict[str, Answer], share: float, good: Answer, seed: int = 7) -> tuple[Answer, dict[str, list[str]]]:
    """A good answer, and to this share of all requests one of the faults; with what each question met, by its text."""
    chance = random.Random(seed)
    names = sorted(faults)
    met: dict[str, list[str]] = {}

    async def answer(received: Received, request: web.Request) -> web.StreamResponse:
        name = chance.choice(names) if chance.random() < share else "good"
        met.setdefault(received.text, []).append(name)
        return await (good if name == "good" else faults[name])(received, request)

    return answer, met


def reset() -> Answer:
    """Breaks the connection without a word."""

    async def answer(received: Received, request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        raise asyncio.CancelledError

    return answer
