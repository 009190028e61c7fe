"""The first program of a cell in WebAssembly: plays a role as a cell of bubblewrap does, without its descriptors.

It runs inside, with the programs of `inside`, before any code of the job. What those write to descriptors goes through
the one function that the host gives, the door. Each request is a letter and bytes:

    j   the job, once          r   read from the link; empty at its end
    o   a part of the report   s   send over the link; answered with `!` where nobody reads
    l   a feature that this Python lacks was asked for    p   is there something to read?
    m   a program ended because memory was full
"""

# ruff: noqa: ANN401 - stands in for modules of the standard library

import importlib
import json
import os
import sys
from types import FrameType, ModuleType
from typing import Any

from synth.sandbox.inside import roles

_CHUNK = 1 << 20
_THREADS = "threads"
_PROCESSES = "processes"
_SOCKETS = "sockets"
_LINKS = {"chmod": "file modes", "link": "links", "symlink": "links", "utime": "file times"}
"""Functions of `os` that are there and may fail."""
_LACKS = {
    "_thread.start_new_thread": _THREADS,
    "_thread.start_joinable_thread": _THREADS,
    "os.system": _PROCESSES,
    "os.exec": _PROCESSES,
    "os.spawn": _PROCESSES,
    "subprocess.Popen": _PROCESSES,
}
"""By the interpreter's audit events, which come before the attempt fails."""

_door: Any = importlib.import_module("_host").call


class Link:
    """Reads and writes the link like a descriptor: in the place of `os` in `inside.wire`."""

    def __init__(self) -> None:
        self._held = b""

    def write(self, link: int, data: memoryview) -> int:
        """Send a part of `data`; how much. Raises `BrokenPipeError`."""
        part = bytes(data[:_CHUNK])
        if _door(b"s" + part):
            raise BrokenPipeError("the other side has ended")
        return len(part)

    def read(self, link: int, size: int) -> bytes:
        """At most `size` bytes, waiting for the first; none at the end."""
        if not self._held:
            self._held = _door(b"r")
        part, self._held = self._held[:size], self._held[size:]
        return part

    def waits(self) -> bool:
        """Whether something can be read, be it the end."""
        return bool(self._held) or bool(_door(b"p"))


class Select:
    """In the place of `select` in `inside.session`, for the link alone."""

    POLLIN = 1

    def __init__(self, link: Link) -> None:
        self._link = link

    def poll(self, timeout: int | None = None) -> Any:
        """A poll object, which is this; and its answer, given a timeout."""
        return self if timeout is None else [()] * self._link.waits()

    def register(self, link: int, events: int) -> None:
        """Nothing to do: there is one link."""


class Memory:
    """In the place of `mmap` in `inside.candidate`: no process is forked here that would share it."""

    @staticmethod
    def mmap(descriptor: int, size: int) -> bytearray:
        """Bytes that change."""
        return bytearray(size)


def main() -> None:
    """Import what the role needs, then ask for the job, do it, and leave."""
    role, *ahead = sys.argv[1:]
    _import_for(role)
    for name in ahead:
        importlib.import_module(name)
    job = json.loads(_door(b"j"))
    if job["loops"]:
        _let_loops_run()
    sys.addaudithook(_note)
    for name, lack in _LINKS.items():
        setattr(os, name, _noting(getattr(os, name), lack.encode()))
    os.chdir("/work")
    os._exit(roles.play(job, {"report": -1, "link": -1}))


def _import_for(role: str) -> None:
    vars(roles).update(write=_report, __file__=roles.play.__code__.co_filename)
    if role == "script":
        printing = roles._print_traceback

        def note_and_print(error: BaseException) -> None:
            if isinstance(error, MemoryError):
                _door(b"m")
            printing(error)

        vars(roles)["_print_traceback"] = note_and_print
        return
    link = Link()
    _inside("wire")["os"] = link
    if role == "candidate":
        _inside("candidate")["mmap"] = Memory
        return
    _inside("session")["select"] = Select(link)
    for name in ("driver", "holding", "suite"):
        _inside(name)
    # There are no plugins, and whatever else of pytest a job needs is imported when it does.
    vars(os)["getuid"] = lambda: 0  # as its files say; pytest's temporary folders ask
    session = _inside("with_pytest")
    session["_installed"] = []
    session["_OPTIONS"] = tuple(word.replace("/dev/null", "/dev/pytest.ini") for word in session["_OPTIONS"])


def _inside(name: str) -> dict[str, Any]:
    return vars(importlib.import_module(f"synth.sandbox.inside.{name}"))


def _report(descriptor: int, content: bytes) -> None:
    for start in range(0, len(content), _CHUNK):
        _door(b"o" + content[start : start + _CHUNK])


def _note(event: str, arguments: tuple[object, ...], door: Any = _door) -> None:
    lack = _LACKS.get(event)
    if event.startswith("socket."):
        lack = _SOCKETS
    if lack is not None:
        door(b"l" + lack.encode())


def _noting(function: Any, lack: bytes, door: Any = _door) -> Any:
    """The function, which says so when it fails, unless pytest itself called it, which can do without."""

    def call(*arguments: Any, **named: Any) -> Any:
        try:
            return function(*arguments, **named)
        except OSError:
            if not any(_callers(4, "/packages/")):
                door(b"l" + lack)
            raise

    return call


def _callers(depth: int, place: str) -> list[bool]:
    """For each of the nearest callers, whether its code stands below `place`."""
    frame: FrameType | None = sys._getframe(2)
    found: list[bool] = []
    while frame is not None and len(found) < depth:
        found.append(frame.f_code.co_filename.startswith(place))
        frame = frame.f_back
    return found


def _let_loops_run() -> None:
    """Event loops wake themselves over a pair of sockets, which only other threads and signals need."""
    events: ModuleType = importlib.import_module("asyncio.selector_events")
    for name in ("_make_self_pipe", "_close_self_pipe", "_write_to_self"):
        setattr(events.BaseSelectorEventLoop, name, lambda self: None)


if __name__ == "__main__":
    main()
