"""Watching the cells of one job from the host: bound what they say, end them in time, leave nothing behind."""

import os
import selectors
import signal
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Literal

from synth.sandbox.base import Limits
from synth.sandbox.cells import START_SECONDS, Cells, Process, text_file

Cut = Literal["timeout", "output_limit"]

_CHUNK = 65536
_GRACE = 5.0
"""Seconds that the kernel has to take down what was killed."""
_LEAVE = 0.5
"""Seconds that a solution has to end by itself once the tests are through with it."""
_REPORT_BYTES = 1024 * 1024
_OVERFLOW = 4


@dataclass(frozen=True, slots=True)
class Part:
    """One cell of a job."""

    message: dict[str, Any]
    """Plain values alone: it is marshalled. `network` says whether it may use its own loopback."""
    reports: bool
    """Whether it holds the pipe for the report."""
    linked: bool = False
    """Whether it holds an end of the socket between the two parts."""
    stdin: bytes = b""


@dataclass(frozen=True, slots=True)
class Seen:
    """What came out of the cells of one job."""

    cut: Cut | None
    """Why we ended it, where we did."""
    started: bool
    """Every part was laid out and began."""
    seconds: float
    """From the beginning of the last part to the end of the job."""
    stdout: bytes
    stderr: bytes
    report: bytes | None
    """None where it was longer than allowed."""
    ends: tuple[bytes, ...]
    """The last words of each part's first process."""
    said: str = ""
    """What the launchers complained of."""


@dataclass(slots=True)
class _Stream:
    """One pipe to read: what is kept of it, and how much is too much."""

    keep: int
    overflow: int
    size: int = 0
    kept: bytearray = field(default_factory=bytearray)

    def take(self, chunk: bytes) -> bool:
        """Keep what fits; False where the stream has said too much."""
        self.kept += chunk[: max(0, self.keep - len(self.kept))]
        self.size += len(chunk)
        return self.size <= self.overflow


def watch(cells: Cells, parts: Sequence[Part], limits: Limits) -> Seen:
    """Start a cell for each of `parts`, the last being the one that decides, and return when nothing of them is left.

    Blocking, for at most the wall clock limit and the time the kernel needs to take them down. Raises `CellFault`
    where one could not be started, and `OSError` where the host has no descriptors left.
    """
    with ExitStack() as stack:
        return _Watch(limits, stack).run(cells, parts)


class _Watch:
    def __init__(self, limits: Limits, stack: ExitStack) -> None:
        keep = limits.output_kb * 1024
        self._limits = limits
        self._selector = stack.enter_context(selectors.DefaultSelector())
        stack.enter_context(_closing_all(self._selector))
        self._stdout = _Stream(keep, keep * _OVERFLOW)
        self._stderr = _Stream(keep, keep * _OVERFLOW)
        self._report = _Stream(_REPORT_BYTES, _REPORT_BYTES)
        self._ends: list[_Stream] = []
        self._processes: list[Process] = []
        self._alive: set[int] = set()
        self._cut: Cut | None = None
        self._killed = False
        self._said = ""
        self._began: float | None = None
        self._deadline = time.monotonic() + START_SECONDS

    def run(self, cells: Cells, parts: Sequence[Part]) -> Seen:
        try:
            self._open(cells, parts)
            self._attend()
        finally:
            self._kill()
            self._leave()
        ended = time.monotonic()
        return Seen(
            cut=self._cut,
            started=self._began is not None,
            seconds=ended - (self._began or ended),
            stdout=bytes(self._stdout.kept),
            stderr=bytes(self._stderr.kept),
            report=bytes(self._report.kept) if self._report.size <= _REPORT_BYTES else None,
            ends=tuple(bytes(stream.kept) for stream in self._ends),
            said=self._said,
        )

    def _open(self, cells: Cells, parts: Sequence[Part]) -> None:
        """Start the parts with our ends of their pipes registered, and their ends closed here."""
        with ExitStack() as theirs:
            outputs = {"stdout": self._pipe(self._stdout, theirs), "stderr": self._pipe(self._stderr, theirs)}
            report = self._pipe(self._report, theirs)
            pair = socket.socketpair() if any(part.linked for part in parts) else ()
            links = iter([theirs.enter_context(end) for end in pair])
            for part in parts:
                end = _Stream(_CHUNK, _REPORT_BYTES)
                self._ends.append(end)
                given = outputs | {"end": self._pipe(end, theirs)}
                if part.reports:
                    given["report"] = report
                if part.stdin:
                    given["stdin"] = theirs.enter_context(text_file(part.stdin)).fileno()
                if part.linked:
                    given["link"] = next(links).fileno()
                process = cells.open(part.message, given, self._limits)
                self._processes.append(process)
                self._alive.add(process.descriptor)
                self._selector.register(process.descriptor, selectors.EVENT_READ, None)

    def _pipe(self, stream: _Stream, theirs: ExitStack) -> int:
        reading, writing = os.pipe()
        self._selector.register(reading, selectors.EVENT_READ, stream)
        theirs.callback(os.close, writing)
        return writing

    def _attend(self) -> None:
        """Read every pipe until the far ends are closed, ending the cells where they break a limit."""
        while self._selector.get_map():
            left = self._deadline - time.monotonic()
            if left > 0:
                for key, _ in self._selector.select(left):
                    self._look(key)
            elif self._killed:
                return
            else:
                if self._processes[-1].descriptor in self._alive:
                    self._cut = "timeout"
                self._kill()

    def _look(self, key: selectors.SelectorKey) -> None:
        """Read a pipe once, or note that a cell has ended."""
        if key.data is None:
            self._selector.unregister(key.fd)
            self._alive.discard(key.fd)
            if key.fd == self._processes[-1].descriptor and self._alive:
                self._deadline = min(self._deadline, time.monotonic() + _LEAVE)
            return
        stream: _Stream = key.data
        chunk = os.read(key.fd, _CHUNK)
        if not chunk:
            self._selector.unregister(key.fd)
            os.close(key.fd)
        fits = stream.take(chunk)
        if not fits:
            self._end("output_limit")
        if self._began is None and all(stream.size for stream in self._ends):
            self._began = time.monotonic()
            self._deadline = self._began + self._limits.wall_seconds

    def _end(self, cut: Cut) -> None:
        self._cut = self._cut or cut
        self._kill()

    def _kill(self) -> None:
        """Kill the first processes: the kernel then kills the rest."""
        if not self._killed:
            self._killed = True
            self._deadline = time.monotonic() + _GRACE
        for descriptor in self._alive:
            with suppress(OSError):  # it is gone, or was before it could be watched
                signal.pidfd_send_signal(descriptor, signal.SIGKILL)

    def _leave(self) -> None:
        """Wait until the cells are gone, and let go of them."""
        deadline = time.monotonic() + _GRACE
        with selectors.DefaultSelector() as selector:
            for descriptor in self._alive:
                selector.register(descriptor, selectors.EVENT_READ)
            while selector.get_map() and (left := deadline - time.monotonic()) > 0:
                for key, _ in selector.select(left):
                    selector.unregister(key.fd)
        for process in self._processes:
            self._said += process.reap()
            if process.descriptor in {key.fd for key in self._selector.get_map().values()}:
                self._selector.unregister(process.descriptor)
            os.close(process.descriptor)


@contextmanager
def _closing_all(selector: selectors.BaseSelector) -> Iterator[None]:
    """Close what is still registered at the end."""
    try:
        yield
    finally:
        for key in list(selector.get_map().values()):
            selector.unregister(key.fd)
            os.close(key.fd)
