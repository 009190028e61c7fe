"""Who may ask, and how every answer looks: same origin, loopback, JSON in, JSON out, errors with a reason.

The server gives its routes no protection of its own. A page of another site that runs in the same browser can send
requests here; it cannot make them look like ours: its Origin is another, and a name that it points at loopback
(DNS rebinding) stands in Host.
"""

import ipaddress
import logging
import os
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from pydantic import ValidationError
from pydantic_core import to_json
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from synth.api.bench import Bench
from synth.api.endpoint import Asked, BadBody, Download, Endpoint, Refused
from synth.errors import BadInput, EspalierError, NotFound, WorkspaceBusy
from synth.tree.delta import EditConflict

HOSTS_VARIABLE = "ESPALIER_HOSTS"
"""Environment variable: further host names under which this server may be asked, with commas between."""

MAX_BODY = 4_000_000
"""Bytes of a request; a pasted outline is the largest there is."""

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
                403, "host", f"this server does not answer to the host name `{host}`; name it in {HOSTS_VARIABLE}."
            )
        origin = request.headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != host:
            raise Refused(403, "origin", f"requests from `{origin}` are not answered here.")
        if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            raise Refused(403, "origin", "requests from other sites are not answered here.")

    async def body(self, request: Request, kind: type[Asked]) -> Asked:
        """The body of a request. Raises `Refused` or `BadBody`."""
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise Refused(415, "content type", "send JSON, with the content type application/json.")
        read = bytearray()
        async for part in request.stream():
            read += part
            if len(read) > MAX_BODY:
                raise Refused(413, "too large", f"a request may have {MAX_BODY:,} bytes; send it in parts.")
        try:
            return kind.model_validate_json(bytes(read) or b"{}")
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"]) or "the body"
            raise BadBody(f"{where}: {first['msg']}.") from error

    def _known(self, host: str) -> bool:
        name = (urlsplit(f"//{host}").hostname or "").lower()
        if name == "localhost" or name in self._hosts:
            return True
        try:
            return ipaddress.ip_address(name).is_loopback
        except ValueError:
            return False


def answering(guard: Guard, bench: Bench, endpoint: Endpoint[Asked]) -> Callable[[Request], Awaitable[Response]]:
    """A route's handler."""

    def answer(asked: Asked) -> Response:
        rev = bench.workspace.trees.history.last  # before the answer: it may know more than this, never less
        found = endpoint.answer(bench, asked)
        if isinstance(found, Download):
            return file(found)
        return json_response({"rev": rev, **found})

    async def handle(request: Request) -> Response:
        try:
            guard.check(request)
            asked = await guard.body(request, endpoint.body)
            return await run_in_threadpool(answer, asked)
        except ClientDisconnect:
            return Response(status_code=499)
        except Exception as error:  # noqa: BLE001 - whatever it is, the browser gets a reason and no traceback
            return said(error)

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


def json_response(content: object, status: int = 200) -> Response:
    """An answer that no browser keeps or takes for anything but JSON."""
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return Response(to_json(content, inf_nan_mode="null"), status, headers, "application/json")


def file(found: Download) -> Response:
    """A file to be saved, never shown."""
    name = "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in found.name)
    headers = {
        "Content-Disposition": f'attachment; filename="{name.encode("ascii", "replace").decode().replace("?", "-")}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(found.content, 200, headers, found.media_type)
