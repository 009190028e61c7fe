"""Who may ask, and how every answer looks: same origin, loopback, JSON in, JSON out, errors with a reason.

The server gives its routes no protection of its own. A page of another site that runs in the same browser can send
requests here; it cannot make them look like ours: its Origin is another, and a name that it points at loopback
(DNS rebinding) stands in Host.
"""

import asyncio
import gzip
import ipaddress
import logging
import os
from collections.abc import Awaitable, Callable, Collection
from urllib.parse import urlsplit

from pydantic import ValidationError
from pydantic_core import to_json
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse

from synth.api.bench import Bench
from synth.api.endpoint import Asked, BadBody, Download, Endpoint, Refused
from synth.api.serving import stopping
from synth.errors import BadInput, EspalierError, NotFound, WorkspaceBusy
from synth.tree.delta import EditConflict

HOSTS_VARIABLE = "ESPALIER_HOSTS"
"""Environment variable: further host names under which this server may be asked, with commas between."""

MAX_BODY = 4_000_000
"""Bytes of a request; a pasted outline is the largest there is."""

_WORTH_PACKING = 500
"""Bytes from which an answer is compressed."""

EVERY_METHOD = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

_LOOK_SECONDS = 0.25
_PATIENCE_SECONDS = 60.0
"""Until the whole of a request is there."""
_REPEATED = 300
"""Letters of what a request said that are said again."""

_STATUS: tuple[tuple[type[EspalierError], int, str], ...] = (
    (EditConflict, 409, "conflict"),
    (NotFound, 404, "not found"),
    (WorkspaceBusy, 503, "busy"),
    (BadInput, 400, "bad input"),
    (EspalierError, 500, "failed"),
)

_log = logging.getLogger(__name__)


class Guard:
    """Lets in what our own pages ask."""

    def __init__(self) -> None:
        self._hosts = {name.strip().lower() for name in os.environ.get(HOSTS_VARIABLE, "").split(",") if name.strip()}

    def check(self, request: Request) -> None:
        """Raises `Refused` where a request does not come from a page of this server."""
        host = request.headers.get("host", "")
        if not self._known(host):
            raise Refused(
                403,
                "host",
                f"this server does not answer to the host name `{_short(host)}`; name it in {HOSTS_VARIABLE}.",
            )
        origin = request.headers.get("origin")
        if origin is not None and _place(origin).lower() != host.lower():
            raise Refused(403, "origin", f"requests from `{_short(origin)}` are not answered here.")
        if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            raise Refused(403, "origin", "requests from other sites are not answered here.")

    async def body(self, request: Request, kind: type[Asked]) -> Asked:
        """The body of a request. Raises `Refused` or `BadBody`."""
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise Refused(415, "content type", "send JSON, with the content type application/json.")
        return await run_in_threadpool(_understood, await _whole(request) or b"{}", kind)

    def _known(self, host: str) -> bool:
        try:
            name = (urlsplit(f"//{host}").hostname or "").lower()
            return name == "localhost" or name in self._hosts or ipaddress.ip_address(name).is_loopback
        except ValueError:
            return False


async def _whole(request: Request) -> bytes:
    """The body of a request. Raises `Refused` where it is too large, or does not come to its end."""
    reading = asyncio.ensure_future(_read(request))
    waited = 0.0
    while not (await asyncio.wait({reading}, timeout=_LOOK_SECONDS))[0]:
        waited += _LOOK_SECONDS
        if stopping() or waited >= _PATIENCE_SECONDS:  # a server that stops waits for its requests
            reading.cancel()
            raise Refused(408, "slow", "the request did not come to its end; send it again.")
    return reading.result()


async def _read(request: Request) -> bytes:
    read = bytearray()
    async for part in request.stream():
        read += part
        if len(read) > MAX_BODY:
            raise Refused(413, "too large", f"a request may have {MAX_BODY:,} bytes; send it in parts.")
    return bytes(read)


def _understood(body: bytes, kind: type[Asked]) -> Asked:
    """A body as what an endpoint takes. Raises `BadBody` that names the first field which is none."""
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = _short(".".join(str(part) for part in first["loc"])) or "the body"
        raise BadBody(f"{where}: {_short(first['msg'].removeprefix('Value error, '))}.") from error


def _place(origin: str) -> str:
    """Host and port of an origin; "" where it has none."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""


def _short(text: str) -> str:
    """What a request says, as an answer may repeat it."""
    return text if len(text) <= _REPEATED else text[: _REPEATED - 1] + "…"


def answering(guard: Guard, bench: Bench, endpoint: Endpoint[Asked]) -> Callable[[Request], Awaitable[Response]]:
    """A route's handler."""

    def answer(asked: Asked, packed: bool) -> Response:
        try:
            workspace = bench.workspace
        except BadInput as error:  # not what the request says: nobody can ask anything here
            raise Refused(503, "closed", str(error)) from error
        rev = workspace.trees.history.last  # before the answer: it may know more than this, never less
        found = endpoint.answer(bench, asked)
        if isinstance(found, Download):
            return file(found)
        return json_response({"rev": rev, **found}, packed=packed)

    async def handle(request: Request) -> Response:
        try:
            guard.check(request)
            asked = await guard.body(request, endpoint.body)
            packed = "gzip" in request.headers.get("accept-encoding", "")
            if endpoint.quick and bench.opened is not None:
                with bench.opened.trees.reading_at_once() as free:
                    if free:
                        return answer(asked, packed)
            return await run_in_threadpool(answer, asked, packed)
        except ClientDisconnect:
            return Response(status_code=499)
        except Exception as error:  # noqa: BLE001 - whatever it is, the browser gets a reason and no traceback
            return said(error)

    return handle


def refusing(known: Collection[str]) -> Callable[[Request], Awaitable[Response]]:
    """A route's handler for what no other route takes; `known` are the paths that answer to POST."""

    async def handle(request: Request) -> Response:
        if request.url.path in known:
            return said(Refused(405, "method", f"`{request.url.path}` answers to POST alone."))
        return said(Refused(404, "not found", f"nothing answers at `{_short(request.url.path)}`."))

    return handle


def said(error: Exception) -> Response:
    """An error as an answer: what kind it is and what to do, in plain words."""
    if isinstance(error, Refused):
        return json_response({"error": {"kind": error.kind, "message": error.message, **error.more}}, error.status)
    for kind, status, name in _STATUS:
        if isinstance(error, kind):
            return json_response({"error": {"kind": name, "message": str(error)}}, status)
    _log.error("a request failed", exc_info=error)
    message = f"something went wrong here ({type(error).__name__}). Nothing was lost; the log says more."
    return json_response({"error": {"kind": "failed", "message": message}}, 500)


def json_response(content: object, status: int = 200, *, packed: bool = False) -> Response:
    """An answer that no browser keeps or takes for anything but JSON; `packed` where it may be compressed."""
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    text = to_json(content, inf_nan_mode="null")
    if packed and len(text) >= _WORTH_PACKING:
        # what the server would do itself takes several times as long for a few kilobytes less
        text = gzip.compress(text, compresslevel=1, mtime=0)
        headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    return Response(text, status, headers, "application/json")


def file(found: Download) -> Response:
    """A file to be saved, never shown."""
    name = "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in found.name)
    headers = {
        "Content-Disposition": f'attachment; filename="{name.encode("ascii", "replace").decode().replace("?", "-")}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return StreamingResponse(found.content, 200, headers, found.media_type)
