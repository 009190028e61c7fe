"""The wrapper that asks no question twice: a reply that the workspace has is taken from there, else it is kept."""

import asyncio
import json
from collections.abc import Callable
from hashlib import sha256

from synth.models.base import Model, Reply, Request
from synth.models.replies import Replies

_KEPT = frozenset({"stop", "length", "refusal", "empty"})
"""`failed` is no answer: it is asked again."""
_FIRST_LOOK, _LAST_LOOK = 0.05, 1.0
"""Seconds between looks for a reply that another process waits for."""


class Cached:
    """A model in front of which lie a workspace's replies."""

    def __init__(
        self,
        model: Model,
        replies: Replies,
        *,
        structured: bool = True,
        since: float = 0.0,
        patient: bool = True,
        on_hit: Callable[[Request, Reply], None] = lambda request, reply: None,
    ) -> None:
        """`structured`: whether the endpoint may be asked for JSON under a schema, which makes another question.

        `patient`: a question that another process has in flight is waited for, not paid a second time.
        Replies from before `since` (Unix time) are not read, but replaced. `on_hit` is told of every reply that was
        not asked for.
        """
        self._model = model
        self._replies = replies
        self._structured = structured
        self._since = since
        self._patient = patient
        self._on_hit = on_hit
        self._asking: dict[bytes, asyncio.Event] = {}

    @property
    def engine(self) -> str:
        """As the model's."""
        return self._model.engine

    @property
    def name(self) -> str:
        """As the model's."""
        return self._model.name

    async def complete(self, request: Request) -> Reply:
        """See `Model.complete`. A reply is kept before it is handed on.

        Raises `CannotWrite` where it cannot be kept.
        """
        key = key_of(self._model, request, structured=self._structured)
        while True:
            if (reply := self._replies.get(key, self._since)) is not None:
                self._on_hit(request, reply)
                return reply
            if (asked := self._asking.get(key)) is None:
                self._replies.check()
                return await self._ask(key, request)
            await asked.wait()  # the very same question is in flight

    async def close(self) -> None:
        """Close the model; the replies belong to whoever opened them."""
        await self._model.close()

    async def _ask(self, key: bytes, request: Request) -> Reply:
        asked = self._asking[key] = asyncio.Event()
        try:
            if (found := await self._from_another(key)) is not None:
                self._on_hit(request, found)
                return found
            reply = await self._model.complete(request)
            if reply.finish in _KEPT:
                await self._replies.put(key, self._model.name, reply, self._since)
            return reply
        finally:
            if self._patient:
                self._replies.release(key)
            del self._asking[key]
            asked.set()

    async def _from_another(self, key: bytes) -> Reply | None:
        """The reply that another process was waiting for; None, and the question is ours, where there is none."""
        wait = _FIRST_LOOK
        while self._patient and not self._replies.claim(key):
            await asyncio.sleep(wait)
            wait = min(1.5 * wait, _LAST_LOOK)
            if (reply := self._replies.get(key, self._since)) is not None:
                return reply
        return self._replies.get(key, self._since) if wait > _FIRST_LOOK else None


def key_of(model: Model, request: Request, *, structured: bool = True) -> bytes:
    """32 bytes that stand for a question: engine, model, parameters, texts, draw and take, and the form asked for."""
    form = request.form if structured else None
    parts = json.dumps(
        [
            model.engine,
            model.name,
            request.temperature,
            request.top_p,
            request.max_tokens,
            request.draw,
            request.take,
            None if form is None else [form.name, list(form.parts.items())],
        ]
    )
    digest = sha256()
    texts = [turn for pair in request.previous for turn in (pair.reply, pair.complaint)]
    for text in (parts, request.text, *texts):
        data = text.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return digest.digest()
