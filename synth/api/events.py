"""Live news for the browser, as server-sent events: the tree changed, proposals arrived, a run went on."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from synth.api.bench import Bench
from synth.api.guard import Guard, said
from synth.api.news import News
from synth.api.serving import stopping

_EVERY_SECONDS = 0.1
_BREATH_SECONDS = 15.0
"""So often something is sent even where there is no news: a connection that is gone shows only then."""


def event_stream(guard: Guard, bench: Bench) -> Callable[[Request], Awaitable[Response]]:
    """A route's handler: sends what is new until the browser leaves or the server stops."""

    async def handle(request: Request) -> Response:
        try:
            guard.check(request)
            news = await run_in_threadpool(bench.part, News)
        except Exception as error:  # noqa: BLE001 - the browser gets a reason and no traceback
            return said(error)
        headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
        return StreamingResponse(_stream(request, news), headers=headers, media_type="text/event-stream")

    return handle


async def _stream(request: Request, news: News) -> AsyncIterator[str]:
    sent: dict[str, object] = {}
    silent = 0.0
    while not stopping() and not await request.is_disconnected():
        now = news.now()
        fresh = {name: value for name, value in now.items() if sent.get(name) != value}
        if fresh:
            sent.update(fresh)
            silent = 0.0
            yield f"data: {json.dumps(fresh)}\n\n"
        elif silent >= _BREATH_SECONDS:
            silent = 0.0
            yield ": still here\n\n"
        await asyncio.sleep(_EVERY_SECONDS)
        silent += _EVERY_SECONDS
