"""Watching one sandbox from the host: feed it, bound what it says, end it in time, leave nothing behind."""

import json
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import astuple, dataclass, field
from typing import BinaryIO, Literal

from synth.sandbox.base import Limits

Cut = Literal["timeout", "output_limit"]

_CHUNK = 65536
_GRACE = 5.0
"""Seconds that the kernel has to take down what was killed."""
_REPORT_BYTES = 1024 * 1024
_OVERFLOW = 4


@dataclass(frozen=True, slots=True)
class Channels:
    """Descriptors that the launcher inherits."""

    arguments: int
    """To read: further arguments of the launcher."""
    program: int
    """To read: the text of the program to run."""
    info: int
    """To write: the launcher says which process is the sandbox's first."""
    report: int
    """To write: the code under test's side."""
    end: int
    """To write: the trusted side."""


@dataclass(frozen=True, slots=True)
class Launch:
    """How to start a sandbox."""

    command: Callable[[Channels], list[str]]
    arguments: Callable[[Channels], list[str]]
    program: bytes
    user: int | None
    """Uid and gid to start the launcher as; None for our own."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What came out of one sandbox."""

    cut: Cut | None
    """Why we ended it, where we did."""
    seconds: float
    stdout: bytes
    stderr: bytes
    report: bytes | None
    """None where it was longer than allowed."""
    end: bytes


@dataclass(slots=True)
class _Stream:
    """One pipe to read: what is kept of it, and how much is too much."""

    keep: int
    overflow: int | None = None
    size: int = 0
    kept: bytearray = field(default_factory=bytearray)

    def take(self, chunk: bytes) -> bool:
        """Keep what fits; False where the stream has said too much."""
        self.kept += chunk[: max(0, self.keep - len(self.kept))]
        self.size += len(chunk)
        return self.overflow is None or self.size <= self.overflow


def watch(launch: Launch, job: bytes, limits: Limits) -> Seen:
    """Start the sandbox, give it `job` on standard input, and return when nothing of it is left.

    Blocking, for at most the wall clock limit and the time the kernel needs to take it down. Raises `OSError` where
    it could not be started.
    """
    return _Watch(limits).run(launch, job)


class _Watch:
    def __init__(self, limits: Limits) -> None:
        keep = limits.output_kb * 1024
        self._began = time.monotonic()
        self._deadline = self._began + limits.wall_seconds
        self._cut: Cut | None = None
        self._first: int | None = None
        self._info = _Stream(_CHUNK)
        self._end = _Stream(_CHUNK, _REPORT_BYTES)
        self._report = _Stream(_REPORT_BYTES, _REPORT_BYTES * _OVERFLOW)
        self._stdout = _Stream(keep, keep * _OVERFLOW)
        self._stderr = _Stream(keep, keep * _OVERFLOW)

    def run(self, launch: Launch, job: bytes) -> Seen:
        with selectors.DefaultSelector() as selector, _closing_all(selector):
            process = self._start(launch, job, selector)
            try:
                self._attend(process, selector)
            except BaseException:
                process.kill()
                raise
            finally:
                self._finish(process)
        return Seen(
            cut=self._cut,
            seconds=time.monotonic() - self._began,
            stdout=bytes(self._stdout.kept),
            stderr=bytes(self._stderr.kept),
            report=bytes(self._report.kept) if self._report.size <= _REPORT_BYTES else None,
            end=bytes(self._end.kept),
        )

    def _start(self, launch: Launch, job: bytes, selector: selectors.BaseSelector) -> "subprocess.Popen[bytes]":
        """Start the launcher with our ends of its pipes registered, and its ends closed here."""
        streams = {"info": self._info, "report": self._report, "end": self._end}
        outputs = {"stdout": self._stdout, "stderr": self._stderr}
        with ExitStack() as theirs:
            writing = {}
            for name, stream in (streams | outputs).items():
                reading, writing[name] = os.pipe()
                theirs.callback(os.close, writing[name])
                selector.register(reading, selectors.EVENT_READ, stream)
            texts = {name: theirs.enter_context(_memory_file()) for name in ("arguments", "program", "job")}
            given = {name: texts[name].fileno() for name in ("arguments", "program")}
            channels = Channels(**given, **{name: writing[name] for name in streams})
            _fill(texts["arguments"], b"\0".join(map(os.fsencode, launch.arguments(channels))))
            _fill(texts["program"], launch.program)
            _fill(texts["job"], job)
            return subprocess.Popen(
                launch.command(channels),
                stdin=texts["job"],
                stdout=writing["stdout"],
                stderr=writing["stderr"],
                pass_fds=astuple(channels),
                cwd="/",
                env={},
                start_new_session=True,
                user=launch.user,
                group=launch.user,
                extra_groups=None if launch.user is None else [],
            )

    def _attend(self, process: "subprocess.Popen[bytes]", selector: selectors.BaseSelector) -> None:
        """Read every pipe until the far ends are closed, ending the sandbox where it breaks a limit."""
        while selector.get_map():
            left = self._deadline - time.monotonic()
            if left > 0:
                for key, _ in selector.select(left):
                    if not self._read(selector, key):
                        self._kill(process, "output_limit")
            elif self._cut is None:
                self._kill(process, "timeout")
            else:
                return

    def _read(self, selector: selectors.BaseSelector, key: selectors.SelectorKey) -> bool:
        """Read once; False where the stream has said too much."""
        stream: _Stream = key.data
        chunk = os.read(key.fd, _CHUNK)
        if not chunk:
            selector.unregister(key.fd)
            os.close(key.fd)
        fits = stream.take(chunk)
        if stream is self._info and self._first is None:
            self._first = _first_process(bytes(stream.kept))
        return fits

    def _kill(self, process: "subprocess.Popen[bytes]", cut: Cut) -> None:
        """Kill the sandbox's first process: the kernel then kills the rest, and the launcher reaps it and ends."""
        if self._cut is None:
            self._cut = cut
            self._deadline = time.monotonic() + _GRACE
        if self._first is None:
            process.kill()
        else:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._first, signal.SIGKILL)

    def _finish(self, process: "subprocess.Popen[bytes]") -> None:
        """Reap the launcher, by force where it does not end by itself."""
        try:
            process.wait(_GRACE if self._cut is None else max(0.1, self._deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if self._first is not None:
            os.close(self._first)


@contextmanager
def _closing_all(selector: selectors.BaseSelector) -> Iterator[None]:
    """Close what is still registered at the end."""
    try:
        yield
    finally:
        for key in list(selector.get_map().values()):
            selector.unregister(key.fd)
            os.close(key.fd)


def _memory_file() -> BinaryIO:
    return os.fdopen(os.memfd_create("espalier"), "w+b")


def _fill(file: BinaryIO, content: bytes) -> None:
    file.write(content)
    file.seek(0)


def _first_process(info: bytes) -> int | None:
    """A descriptor of the sandbox's first process, once the launcher has named it; None also before Linux 5.3."""
    try:
        return os.pidfd_open(json.loads(info)["child-pid"])
    except (ValueError, KeyError, OSError):
        return None
