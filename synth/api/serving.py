"""What the server itself needs: small answers without delay, a clean stop, and the workbench's files."""

import asyncio
import contextlib
import ctypes
import gc
import hashlib
import os
import signal
import socket
import stat
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from types import FrameType

import pyarrow as pa
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from synth.api.bench import Bench
from synth.api.extents import Extents
from synth.errors import EspalierError
from synth.tree.columns import ROOT

_TYPES = {".js": "text/javascript", ".css": "text/css"}
_FOR_EVER = "public, max-age=31536000, immutable"

_LARGE = 1 << 17
"""Bytes from which an array has pages of its own, which go back to the system with it."""
_TURN = 0.001
"""Seconds after which a thread that computes lets others go on: Python's 5 ms add up over the steps of an answer."""
_MMAP_THRESHOLD, _ARENA_MAX = -3, -8
"""Names of settings of glibc's `mallopt`."""

_stopping = threading.Event()


def stopping() -> bool:
    """Whether the server was told to stop: what would go on for ever must end now."""
    return _stopping.is_set()


@contextlib.asynccontextmanager
async def serving(bench: Bench) -> AsyncIterator[None]:
    """Around the server's life: prepare it, and make ahead what the first visitor would wait for."""
    _hear_of_the_stop()
    _send_at_once()
    _give_memory_back()
    sys.setswitchinterval(_TURN)

    def warm() -> None:
        with contextlib.suppress(EspalierError):  # said again to whoever opens a page
            workspace = bench.workspace
            workspace.views.warm()
            workspace.uses.begin()
            with workspace.trees.reading():
                bench.part(Extents).now().size(ROOT)
        gc.collect()
        gc.freeze()  # what was loaded until now is never looked through again: a collection costs no click

    warming = asyncio.create_task(asyncio.to_thread(warm))
    yield
    _stopping.set()
    await warming


def version_of(assets: Path) -> str:
    """Changes when one of the workbench's files does."""
    found = hashlib.sha256()
    for path in sorted(assets.iterdir()):
        if path.suffix in _TYPES:
            said = path.stat()
            found.update(f"{path.name} {said.st_size} {said.st_mtime_ns}\n".encode())
    return found.hexdigest()[:12]


def key_of(folder: Path) -> str:
    """Under which name a browser keeps what it remembers of a workspace."""
    return hashlib.sha256(str(folder.absolute()).encode("utf-8", "surrogateescape")).hexdigest()[:12]


def static_files(assets: Path) -> Callable[[Request], Awaitable[Response]]:
    """A route's handler for the files of one folder. A browser keeps them: another version has another address."""

    async def handle(request: Request) -> Response:
        name = str(request.path_params["file"])
        path = assets / name
        kind = _TYPES.get(path.suffix)
        try:
            content = path.read_bytes() if kind is not None and path.parent == assets else None
        except (OSError, ValueError):  # gone, or a name that no file can have
            content = None
        if content is None:
            return PlainTextResponse("there is no such file", 404)
        headers = {"Cache-Control": _FOR_EVER, "X-Content-Type-Options": "nosniff"}
        return Response(content, headers=headers, media_type=kind)

    return handle


def _hear_of_the_stop() -> None:
    """Streams of events never end by themselves, and a server that stops waits for them."""
    _stopping.clear()
    if threading.current_thread() is not threading.main_thread():
        return
    for number in (signal.SIGINT, signal.SIGTERM):
        before = signal.getsignal(number)

        def stop(caught: int, frame: FrameType | None, before: object = before) -> None:
            _stopping.set()
            if callable(before):
                before(caught, frame)

        if callable(before):
            signal.signal(number, stop)


def _give_memory_back() -> None:
    """Answers make arrays as long as the tree and drop them; what they took shall be the system's again at once.

    By itself glibc raises the size from which it does so to 32 MB, and keeps holes between smaller arrays in as many
    heaps as there are threads: several times what the tree takes.
    """
    pa.set_memory_pool(pa.system_memory_pool())  # its own pool keeps what it once had
    with contextlib.suppress(OSError, AttributeError, TypeError):  # no glibc, nothing to set
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_MMAP_THRESHOLD, _LARGE)
        mallopt(_ARENA_MAX, 1)


def _send_at_once() -> None:
    """Set TCP_NODELAY on the listening sockets; connections inherit it (Linux).

    The server binds them without naming the protocol, so the event loop leaves Nagle's algorithm on, which together
    with delayed acknowledgements costs a small answer about 40 ms.
    """
    folder = Path("/proc/self/fd")
    for entry in folder.iterdir() if folder.is_dir() else ():
        with contextlib.suppress(OSError):
            number = int(entry.name)
            if not stat.S_ISSOCK(os.fstat(number).st_mode):
                continue
            with socket.socket(fileno=os.dup(number)) as found:
                listens = found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
                if listens and found.family in (socket.AF_INET, socket.AF_INET6):
                    found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
