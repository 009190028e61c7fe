"""Warm processes that fork cells without namespaces (`inside.guard`), as the host sees them."""

import marshal
import os
import socket
import subprocess
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from synth.sandbox.cells import START_SECONDS, CellFault, Process, tail, text_file
from synth.sandbox.inside.removing import remove
from synth.sandbox.launch import environment
from synth.sandbox.runtime import MOUNT, Runtime

_END_SECONDS = 15.0
"""A guard that has not ended its cell by then is stuck."""
_GUARD = "synth/sandbox/inside/guard.py"


class Warm:
    """A warm process without isolation of its own, which never runs code of a job. One user at a time."""

    def __init__(self, runtime: Runtime, user: int | None, packages: Sequence[str], hash_seed: int) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.settimeout(START_SECONDS)
        self._user = user
        self._control = ours
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        self._ready = False
        self._leases: set[socket.socket] = set()
        self._removing: list[threading.Thread] = []
        self._stays = ""
        self.opened = 0
        folder, programs = runtime.folder, runtime.inside
        words = [f"{folder}/bin/python3", "-s", "-P", f"{programs}/{_GUARD}", str(theirs.fileno()), str(programs)]
        with theirs:
            try:
                self._process = subprocess.Popen(
                    [*words, *packages],
                    stdin=subprocess.DEVNULL,
                    stdout=self._errors,
                    stderr=self._errors,
                    pass_fds=(theirs.fileno(),),
                    cwd="/",
                    env=_environment(runtime, hash_seed),
                    start_new_session=True,
                    user=user,
                    group=user,
                    extra_groups=None if user is None else [],
                )
            except OSError as error:
                ours.close()
                self._errors.close()
                raise CellFault(f"{words[0]} could not be started: {error}") from error

    def open(self, message: Mapping[str, Any], descriptors: Mapping[str, int]) -> Process:
        """Start a cell in a new folder. Raises `CellFault`."""
        self.opened += 1
        self._remove_folders()
        if self._stays:
            raise CellFault(self._stays)
        folder = self._new_folder()
        lease, theirs = socket.socketpair()
        lease.settimeout(_END_SECONDS)
        try:
            with theirs, text_file(marshal.dumps(dict(message) | {"folder": folder})) as job:
                process = self._ask({"job": job.fileno(), "lease": theirs.fileno(), **descriptors})
        except BaseException:
            lease.close()
            remove(folder)
            raise

        def reap() -> str:
            try:
                lease.recv(1)
            except OSError as error:
                raise CellFault("processes of a job do not end") from error
            finally:
                self._leases.discard(lease)
                lease.close()
            self._removing.append(threading.Thread(target=self._remove, args=(folder,)))
            self._removing[-1].start()
            return ""

        self._leases.add(lease)
        return Process(process, reap)

    def close(self) -> None:
        """End it and every cell of it."""
        for lease in tuple(self._leases):
            with suppress(OSError):
                lease.shutdown(socket.SHUT_WR)
        self._control.close()
        self._process.kill()
        self._process.wait()
        self._errors.close()
        self._remove_folders()

    def _remove_folders(self) -> None:
        """Wait until the folders of earlier cells are gone, which no job's own time has to count."""
        while self._removing:
            self._removing.pop().join()

    def _remove(self, folder: str) -> None:
        try:
            remove(folder)
        except OSError as error:
            self._stays = f"what a job left in {folder} cannot be removed: {error}"

    def _ask(self, given: Mapping[str, int]) -> int:
        """Descriptor of the process that lives as long as the cell."""
        try:
            if not self._ready:
                if self._control.recv(16) != b"ready":
                    raise CellFault(f"the warm process did not start. {self._said()}")
                self._ready = True
            socket.send_fds(self._control, [" ".join(given).encode()], list(given.values()))
            answer, received, _, _ = socket.recv_fds(self._control, 512, 1)
        except OSError as error:
            raise CellFault(f"the warm process does not answer: {error}. {self._said()}") from error
        if answer != b"ok" or len(received) != 1:
            raise CellFault(f"no cell: {answer.decode(errors='replace') or self._said()}")
        return received[0]

    def _new_folder(self) -> str:
        place = "/tmp" if self._user is not None else tempfile.gettempdir()
        try:
            folder = tempfile.mkdtemp(prefix="espalier-cell-", dir=place)
            if self._user is not None:
                os.chown(folder, self._user, self._user)
        except OSError as error:
            raise CellFault(f"no folder for a job in {place}: {error}") from error
        return folder

    def _said(self) -> str:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(0.5)
        try:
            return f"It said: {tail(self._errors) or 'nothing'}"
        except ValueError:
            return "It was closed"


def _environment(runtime: Runtime, hash_seed: int) -> dict[str, str]:
    """As in any sandbox, with the runtime where it is; a cell sets the folders."""
    known = environment(runtime, hash_seed)
    found = {name: value.replace(str(MOUNT), str(runtime.folder)) for name, value in known.items()}
    return found | ({"PYTHONPATH": str(runtime.extras)} if runtime.extras else {})
