"""The sandbox: as many jobs at once as it has workers, each in cells of its own that nothing outlives.

Most often a worker keeps warm processes inside bubblewrap that fork a fresh cell for every job (`WarmSlot`). Where the
kernel gives no namespaces inside namespaces, the same cells come from a new bubblewrap each (`OneShotSlot`).
"""

import pkgutil
import queue
import random
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from synth.records import CodeFile
from synth.sandbox.admit import refuse, refuse_script
from synth.sandbox.base import Job, JobResult, Limits, Script, ScriptResult
from synth.sandbox.cells import Bare, CellFault, Cells, OneShot, Process, Zygote
from synth.sandbox.judge import script_result, unstarted
from synth.sandbox.launch import Launcher, message_limits
from synth.sandbox.runtime import Runtime
from synth.sandbox.suites import Suite, wants_network
from synth.sandbox.watch import Part, Seen, watch

JOBS_EACH = 1000
"""After so many cells a warm process is started anew."""
_MOST_WARM = 8
"""Kinds of warm process that one slot keeps: for tests or not, with and without packages, and two hash seeds."""
_HEAVY = ("numpy", "pandas")
_TESTS = ("pytest",)
_WANTS_HEAVY = re.compile(r"^\s*(?:import|from)\s+(?:numpy|pandas)\b", re.MULTILINE)
_CLOSED = "The sandbox is closed."

Kind = tuple[tuple[str, ...], int]
"""Packages imported ahead, and the hash seed."""


class Slot(Protocol):
    """Room for one job at a time."""

    @property
    def user(self) -> int | None:
        """Uid that the code runs as; None for our own."""

    def cells(self, kind: Kind) -> Cells:
        """Where the cells of the next job come from."""

    def close(self) -> None:
        """End every process that is kept; the next job starts new ones."""


@dataclass(slots=True)
class WarmSlot:
    """Keeps warm processes of a few kinds."""

    launcher: Launcher
    warm: dict[Kind, Zygote] = field(default_factory=dict)

    @property
    def user(self) -> int | None:
        """See `Slot`."""
        return self.launcher.user

    def cells(self, kind: Kind) -> Cells:
        """The warm process of this kind, started where there is none."""
        zygote = self.warm.pop(kind, None)
        if zygote is not None and zygote.opened >= JOBS_EACH:
            zygote.close()
            zygote = None
        while len(self.warm) >= _MOST_WARM:
            self.warm.pop(next(iter(self.warm))).close()
        self.warm[kind] = zygote = zygote or Zygote(self.launcher, *kind)
        return zygote

    def close(self) -> None:
        """See `Slot`."""
        while self.warm:
            self.warm.popitem()[1].close()


@dataclass(slots=True)
class OneShotSlot:
    """Starts a bubblewrap for every cell."""

    launcher: Launcher

    @property
    def user(self) -> int | None:
        """See `Slot`."""
        return self.launcher.user

    def cells(self, kind: Kind) -> Cells:
        """See `Slot`."""
        return OneShot(self.launcher, kind[1])

    def close(self) -> None:
        """See `Slot`."""


@dataclass(slots=True)
class BareSlot:
    """Isolates nothing."""

    user: int | None = None

    def cells(self, kind: Kind) -> Cells:
        """See `Slot`."""
        return Bare()

    def close(self) -> None:
        """See `Slot`."""


class SandboxPool:
    """Runs jobs, as many at once as it has slots; more wait. Safe to use from many threads."""

    def __init__(self, backend: str, level: str, slots: Sequence[Slot], runtime: Runtime | None) -> None:
        """`runtime`: what the code runs on; None where that is the host's own Python."""
        self.backend = backend
        self.level = level
        self._importable = runtime.importable() if runtime else _host_modules()
        self._packages = runtime.packages() if runtime else ()
        self._slots = slots
        self._free: queue.LifoQueue[Slot | None] = queue.LifoQueue()
        for slot in reversed(slots):
            self._free.put(slot)
        self._chance = random.SystemRandom()

    @property
    def workers(self) -> int:
        """How many jobs run at once."""
        return len(self._slots)

    def verify(self, job: Job) -> JobResult:
        """Run the job's tests. Never raises for what the code under test does; blocking, safe to call from threads."""
        if reason := refuse(job, self._importable, self._packages):
            return unstarted("not_collected", reason)
        with self._slot() as slot:
            if slot is None:
                return unstarted("infra_error", _CLOSED)

            def run(parts: Sequence[Part]) -> Seen:
                return watch(_cells(slot, (*job.files, *job.tests), job.hash_seed), parts, job.limits)

            try:
                result = Suite(job, message_limits(job.limits, slot.user), run, self._chance).judge()
            except (CellFault, OSError) as error:
                result = unstarted("infra_error", str(error))
            if result.outcome == "infra_error":
                slot.close()
        return result

    def run(self, script: Script) -> ScriptResult:
        """Run a program. Never raises for what it does; blocking, safe to call from threads."""
        if reason := refuse_script(script, self._importable, self._packages):
            return ScriptResult("not_collected", None, 0.0, None, "", reason)
        with self._slot() as slot:
            if slot is None:
                return ScriptResult("infra_error", None, 0.0, None, "", _CLOSED)
            message = {
                "role": "script",
                "files": {file.path: file.text for file in script.files},
                "main": script.main,
                "network": wants_network(script.files),
                "limits": message_limits(script.limits, slot.user),
            }
            part = Part(message, reports=True, stdin=script.stdin.encode())
            try:
                result = script_result(watch(_cells(slot, script.files, 0), [part], script.limits), script.limits)
            except (CellFault, OSError) as error:
                result = ScriptResult("infra_error", None, 0.0, None, "", str(error))
            if result.outcome == "infra_error":
                slot.close()
        return result

    def close(self) -> None:
        """End every process of the sandbox; jobs in flight end as `infra_error`. Harmless when repeated."""
        self._free.put(None)
        for slot in self._slots:
            slot.close()

    @contextmanager
    def _slot(self) -> Iterator[Slot | None]:
        slot = self._free.get()
        try:
            yield slot
        finally:
            self._free.put(slot)


def _host_modules() -> frozenset[str]:
    return sys.stdlib_module_names | {module.name for module in pkgutil.iter_modules()}


def _cells(slot: Slot, files: Sequence[CodeFile], hash_seed: int) -> Cells:
    heavy = any(_WANTS_HEAVY.search(file.text) for file in files)
    return _ByRole(slot, _HEAVY if heavy else (), hash_seed)


@dataclass(frozen=True, slots=True)
class _ByRole:
    """Cells of a slot: a process that runs no tests is forked from one that is a third as large."""

    slot: Slot
    packages: tuple[str, ...]
    hash_seed: int

    def open(self, message: Mapping[str, Any], descriptors: Mapping[str, int], limits: Limits) -> Process:
        """See `Cells`."""
        tests = _TESTS if message["role"] in ("tests", "driver") else ()
        return self.slot.cells((tests + self.packages, self.hash_seed)).open(message, descriptors, limits)
