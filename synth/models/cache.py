"""The wrapper that asks no question twice: a reply that the workspace has is taken from there, else it is kept."""

import asyncio
import json
from collections.abc import Callable
from hashlib import sha256

from synth.models.base import Model, Reply, Request
from synth.models.replies import Replies

_KEPT = frozenset({"stop", "length", "refusal", "empty"})
"""`failed` is no answer: it is asked again."""


class Cached:
    """A model in front of which lie a workspace's replies."""

    def __init__(
        self,
        model: Model,
        replies: Replies,
        *,
        structured: bool = True,
        since: float = 0.0,
        on_hit: Callable[[Request, Reply], None] = lambda request, reply: None,
    ) -> None:
        """`structured`: whether the endpoint may be asked for JSON under a schema, which makes another question.

        Replies from before `since` (Unix time) are not read, but replaced. `on_hit` is told of every reply that was
        not asked for.
        """
        self._model = model
        self._replies = replies
        self._structured = structured
        self._since = since
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
            reply = await self._model.complete(request)
            if reply.finish in _KEPT:
                await self._replies.put(key, self._model.name, reply, self._since)
            return reply
        finally:
            del self._asking[key]
            asked.set()


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
