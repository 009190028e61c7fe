"""Where cells come from: a warm process that forks them, or a new bubblewrap for each."""

import fcntl
import json
import marshal
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from synth.errors import EspalierError
from synth.sandbox.base import Limits
from synth.sandbox.launch import Launcher

START_SECONDS = 30.0
"""A sandbox that is not there by then will not come."""
_SEALS = 0x1 | 0x2 | 0x4 | 0x8
_ADD_SEALS = 1033
_ERROR_BYTES = 2000
_ROOT = Path(__file__).parents[2]


class CellFault(EspalierError):
    """A cell could not be had; the sandbox's fault, never the job's."""


@dataclass(slots=True)
class Process:
    """The first process of a cell."""

    descriptor: int
    """Readable once nothing of the cell is left; to be closed by whoever got it."""
    reap: Callable[[], str]
    """Waits for what started it, which has nothing left to do; returns what that complained of."""


class Cells(Protocol):
    """Makes cells."""

    def open(self, message: Mapping[str, Any], descriptors: Mapping[str, int], limits: Limits) -> Process:
        """Start a cell that does what `message` says and holds `descriptors` by their names. Raises `CellFault`."""


class Zygote:
    """A warm process inside its own bubblewrap. One user at a time."""

    def __init__(self, launcher: Launcher, packages: Sequence[str], hash_seed: int) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.settimeout(START_SECONDS)
        self._control = ours
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        self._ready = False
        self.opened = 0
        try:
            with theirs:
                role = ["warm", str(theirs.fileno()), *packages]
                self._bubble = _Bubble(launcher, role, (theirs.fileno(),), hash_seed, None, self._errors)
        except CellFault:
            ours.close()
            self._errors.close()
            raise

    def open(self, message: Mapping[str, Any], descriptors: Mapping[str, int], limits: Limits) -> Process:
        """Start a cell; see `Cells`."""
        self.opened += 1
        with text_file(marshal.dumps(dict(message))) as job:
            given = {"job": job.fileno(), **descriptors}
            try:
                self._wait()
                words = ["network" if message["network"] else "alone", *given]
                socket.send_fds(self._control, [" ".join(words).encode()], list(given.values()))
                answer, received, _, _ = socket.recv_fds(self._control, 512, 1)
            except OSError as error:
                raise CellFault(f"the warm process does not answer: {error}. {self._said()}") from error
        if answer != b"ok" or len(received) != 1:
            raise CellFault(f"no cell: {answer.decode(errors='replace') or self._said()}")
        return Process(received[0], lambda: "")

    def close(self) -> None:
        """End it and every cell of it."""
        self._control.close()
        self._bubble.kill()
        self._errors.close()

    def _wait(self) -> None:
        if not self._ready:
            if self._control.recv(16) != b"ready":
                raise CellFault(f"the warm process did not start. {self._said()}")
            self._ready = True

    def _said(self) -> str:
        self._bubble.settle()
        return f"It said: {tail(self._errors) or 'nothing'}"


class OneShot:
    """A new bubblewrap for each cell: no namespaces inside namespaces are needed, at a fraction of the speed."""

    def __init__(self, launcher: Launcher, hash_seed: int) -> None:
        self._launcher = launcher
        self._hash_seed = hash_seed

    def open(self, message: Mapping[str, Any], descriptors: Mapping[str, int], limits: Limits) -> Process:
        """Start a cell; see `Cells`."""
        errors = tempfile.TemporaryFile()  # noqa: SIM115 - read once the cell has ended
        with text_file(marshal.dumps(dict(message))) as job:
            given = {"job": job.fileno(), **descriptors}
            user = self._launcher.user if self._launcher.privileged else None
            role = ["once", str(user or 0), *(f"{name}={number}" for name, number in given.items())]
            try:
                bubble = _Bubble(self._launcher, role, tuple(given.values()), self._hash_seed, limits, errors)
            except CellFault:
                errors.close()
                raise

        def reap() -> str:
            bubble.reap()
            with errors:
                return tail(errors)

        try:
            return Process(descriptor_of(bubble.first), reap)
        except (OSError, CellFault) as error:
            bubble.kill()
            raise CellFault(f"bubblewrap did not start: {reap() or error}") from error


class Bare:
    """No isolation at all: a process of the host in a temporary folder. Only where a person asked for it twice."""

    def open(self, message: Mapping[str, Any], descriptors: Mapping[str, int], limits: Limits) -> Process:
        """Start a process that does what a cell would; see `Cells`."""
        folder = tempfile.mkdtemp(prefix="espalier-bare-")
        with text_file(marshal.dumps(dict(message))) as job:
            given = {"job": job.fileno(), **descriptors}
            words = [f"{name}={number}" for name, number in given.items()]
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "synth.sandbox.inside.bare", folder, *words],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=tuple(given.values()),
                cwd=folder,
                env={"PATH": os.defpath, "LANG": "C.UTF-8", "HOME": folder, "PYTHONPATH": str(_ROOT)},
                start_new_session=True,
            )

        def reap() -> str:
            process.kill()
            process.wait()
            shutil.rmtree(folder, ignore_errors=True)
            return ""

        return Process(os.pidfd_open(process.pid), reap)


class _Bubble:
    """A started bubblewrap."""

    def __init__(
        self,
        launcher: Launcher,
        role: Sequence[str],
        descriptors: tuple[int, ...],
        hash_seed: int,
        memory: Limits | None,
        errors: BinaryIO,
    ) -> None:
        reading, writing = os.pipe()
        with ExitStack() as stack:
            stack.callback(os.close, writing)
            words = launcher.words(writing, hash_seed, memory)
            arguments = stack.enter_context(text_file(b"\0".join(map(os.fsencode, words))))
            try:
                self._process = subprocess.Popen(
                    launcher.command(arguments.fileno(), role),
                    stdin=subprocess.DEVNULL,
                    stdout=errors,
                    stderr=errors,
                    pass_fds=(writing, arguments.fileno(), *descriptors),
                    cwd="/",
                    env={},
                    start_new_session=True,
                    user=launcher.launch_as,
                    group=launcher.launch_as,
                    extra_groups=None if launcher.launch_as is None else [],
                )
            except OSError as error:
                os.close(reading)
                raise CellFault(f"{launcher.program} could not be started: {error}") from error
        self._info = reading
        self._first: int | None = None

    @property
    def first(self) -> int:
        """Pid of the sandbox's first process, as the host sees it. Raises `CellFault` where there is none."""
        if self._first is None:
            with os.fdopen(self._info, "rb") as info:
                content = b"".join(_first_object(info))
            try:
                self._first = int(json.loads(content)["child-pid"])
            except (ValueError, KeyError, TypeError) as error:
                self._first = -1
                raise CellFault("bubblewrap named no process") from error
        return self._first

    def settle(self) -> None:
        """Give it a moment to say why it ended."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(0.5)

    def reap(self) -> None:
        """Wait for the launcher, whose sandbox has ended."""
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def kill(self) -> None:
        """End the sandbox: its first process, and by the kernel all others."""
        with suppress(CellFault, ProcessLookupError, PermissionError):
            if self.first > 0 and self._process.poll() is None:
                os.kill(self.first, 9)
        self.reap()


def descriptor_of(pid: int) -> int:
    """A descriptor that is readable once the process is gone, also where it is gone by now: on a busy machine a short
    job ends before its launcher's word of it is read.
    """
    try:
        return os.pidfd_open(pid)
    except ProcessLookupError:
        return os.eventfd(1)


def text_file(content: bytes) -> BinaryIO:
    """A file in memory that nobody can change any more, to read from its beginning."""
    file = os.fdopen(os.memfd_create("espalier", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING), "w+b")
    file.write(content)
    file.seek(0)
    file.flush()
    fcntl.fcntl(file, _ADD_SEALS, _SEALS)
    return file


def _first_object(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Lines up to the end of the first JSON object: the other end may stay open for longer."""
    for line in lines:
        yield line
        if b"}" in line:
            return


def tail(file: BinaryIO) -> str:
    """The last of what was written to a file, as text."""
    file.seek(0, os.SEEK_END)
    file.seek(max(0, file.tell() - _ERROR_BYTES))
    return file.read().decode(errors="replace").strip()
