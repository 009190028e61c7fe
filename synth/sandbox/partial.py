"""The sandbox's lowest rung: no namespaces at all, for where even they are forbidden, as in most containers.

Landlock takes away files, TCP, and signals to others; two system call filters take away the rest that they can; a guard
counts and kills what comes of a job (`inside.guard`). It holds less than a namespace does: docs/sandbox.md says what.
"""

import os
import pwd
import random
import re
import secrets
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from synth.errors import SandboxUnavailable
from synth.records import CodeFile
from synth.sandbox.base import Job, JobResult, Limits, Sandbox, Script
from synth.sandbox.cells import Cells, Process
from synth.sandbox.inside import landlock
from synth.sandbox.judge import unstarted
from synth.sandbox.partial_cells import Warm
from synth.sandbox.pool import JOBS_EACH, Kind, SandboxPool
from synth.sandbox.runtime import Runtime, prepare_runtime

BACKEND, LEVEL = "partial:landlock", "partial"
_MACHINES = ("x86_64", "aarch64")
_MOST_WARM = 8
_SYSTEM = (
    *("/bin", "/lib", "/lib32", "/lib64", "/libx32"),
    *("/usr/bin", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libx32", "/usr/share/zoneinfo"),
    *("/etc/ld.so.cache", "/etc/mime.types", "/etc/ssl/openssl.cnf"),
)
"""What programs and libraries need to start; nothing here is secret or belongs to a person."""
_OWN = 2
"""The guard and the fuse of a cell."""
_USERS_FROM = (2_100_000_000, 50_000)
_USERS_IN = (2_000_000_000, 10_000)
"""Uids that nobody uses, far up and, in a container with few, below those that services are given."""

_NO_SOCKET = "Address family not supported"
_SERVES = re.compile(r"\b(?:start_server|start_unix_server|create_server|open_connection|open_unix_connection)\b")
_SHARES = re.compile(r"\b(?:multiprocessing|ProcessPoolExecutor|shared_memory)\b")

_PROBE = """\
import ctypes, os, socket
def attempt(name, work):
    try:
        work()
    except OSError:
        return
    print(name)
attempt("a file of the host", lambda: open("@PLANTED@").read())
attempt("the list of a folder of the host", lambda: os.listdir(os.path.dirname("@PLANTED@")))
attempt("a new file in a folder of the host", lambda: open("@PLANTED@-new", "w"))
attempt("other processes", lambda: open("/proc/self/stat"))
attempt("a signal to another process", lambda: os.kill(os.getppid(), 0))
for family in (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX):
    attempt(f"a socket of {family!r}", lambda: socket.socket(family))
print("tried")
"""


def partial_sandbox(workers: int | None = None) -> Sandbox:
    """The sandbox that needs no namespaces, of level `partial`: for `workers` jobs at once, default all cores.

    Works for an ordinary user and for the superuser, whose jobs run as users without an account, another one for each.
    Raises `SandboxUnavailable`, which says what stands in the way, where the kernel has no Landlock of version 6 or
    what it promises does not hold, which is found out by trying.
    """
    if sys.platform != "linux" or os.uname().machine not in _MACHINES:
        raise SandboxUnavailable(f"Landlock is not to be had on {sys.platform} ({os.uname().machine}).")
    if (found := landlock.version()) < landlock.LEAST_VERSION:
        has = f"version {found} of Landlock" if found else "no Landlock, or it is not switched on"
        raise SandboxUnavailable(
            f"The kernel has {has}; version {landlock.LEAST_VERSION} is needed. "
            "Mend: Linux 6.12 or newer, with `landlock` among the words of its option lsm="
        )
    runtime = prepare_runtime(readable_by_all=os.geteuid() == 0)
    sandbox = partial_pool(runtime, workers or os.cpu_count() or 1)
    if said := _probe(sandbox):
        sandbox.close()
        raise SandboxUnavailable(f"Landlock alone does not hold here: {said}")
    return sandbox


def partial_pool(runtime: Runtime, workers: int) -> "PartialPool":
    """The same, untried. Raises `SandboxUnavailable` where the superuser has no unused users to give away."""
    users = _unused_users(2 * workers) if os.geteuid() == 0 else [None] * (2 * workers)
    pairs = zip(users[::2], users[1::2], strict=True)
    return PartialPool(BACKEND, LEVEL, [PartialSlot(runtime, workers, pair) for pair in pairs], runtime)


class PartialPool(SandboxPool):
    """Says of a job that failed for want of what this level lacks that it could not be judged, not that it is wrong."""

    def verify(self, job: Job) -> JobResult:
        """See `Sandbox`."""
        result = super().verify(job)
        if result.outcome in ("failed", "error") and (lacking := _lacking(job, result)):
            return unstarted("not_collected", f"The job wants {lacking}, which partial isolation does not have.")
        return result


@dataclass(slots=True)
class PartialSlot:
    """Keeps warm processes of a few kinds, each of which forks cells of one user."""

    runtime: Runtime
    workers: int
    """Slots there are, whose processes an ordinary user's limit counts together."""
    users: tuple[int | None, int | None]
    """Uid that a solution judged apart runs as, and that of everything else; None for our own."""
    warm: dict[tuple[Kind, int | None], Warm] = field(default_factory=dict)

    @property
    def user(self) -> int | None:
        """See `Slot`."""
        return self.users[1]

    def cells(self, kind: Kind) -> Cells:
        """See `Slot`."""
        return _OfKind(self, kind)

    def warmed(self, kind: Kind, user: int | None) -> Warm:
        """The warm process of this kind and user, started where there is none."""
        process = self.warm.pop((kind, user), None)
        if process is not None and process.opened >= JOBS_EACH:
            process.close()
            process = None
        while len(self.warm) >= _MOST_WARM:
            self.warm.pop(next(iter(self.warm))).close()
        self.warm[kind, user] = process = process or Warm(self.runtime, user, *kind)
        return process

    def processes(self, limits: Limits, user: int | None) -> int:
        """How many tasks the kernel may count for this user while a job of ours has as many as it may."""
        if user is None:
            return _tasks_of(os.geteuid()) + _OWN + self.workers * limits.processes
        return sum(other == user for _, other in self.warm) + _OWN + limits.processes

    def close(self) -> None:
        """See `Slot`."""
        while self.warm:
            self.warm.popitem()[1].close()


@dataclass(frozen=True, slots=True)
class _OfKind:
    slot: PartialSlot
    kind: Kind

    def open(self, message: Mapping[str, Any], descriptors: Mapping[str, int], limits: Limits) -> Process:
        """See `Cells`."""
        slot = self.slot
        user = slot.users[0 if message["role"] == "candidate" else 1]
        warm = slot.warmed(self.kind, user)
        each = message["limits"]["each"] | {"NPROC": slot.processes(limits, user)}
        changed = message["limits"] | {"each": each, "tasks": limits.processes}
        places = [str(place) for place in (*_SYSTEM, slot.runtime.folder, slot.runtime.extras) if place]
        more = {"limits": changed, "places": places, "shares": user is not None}
        return warm.open(dict(message) | more, descriptors)


def _lacking(job: Job, result: JobResult) -> str:
    """What a failed job seems to have wanted that there is none of here; nothing where it failed by itself."""
    texts = [file.text for file in (*job.files, *job.tests)]
    said = [result.stderr, *(failure.message for failure in result.failures)]
    if any(_NO_SOCKET in text for text in said) or any(map(_SERVES.search, texts)):
        return "sockets"
    if os.geteuid() != 0 and any(map(_SHARES.search, texts)):
        return "locks and memory that processes share"
    return ""


def _unused_users(count: int) -> list[int]:
    """Uids in a row that no account and no process has."""
    known = [tuple(map(int, line.split())) for line in Path("/proc/self/uid_map").read_text().splitlines()]
    running = {facts.st_uid for facts in _owners()}
    chance = random.SystemRandom()
    for first, span in zip(_USERS_FROM, _USERS_IN, strict=True):
        for _ in range(100):
            start = first + chance.randrange(span - count)
            users = list(range(start, start + count))
            mapped = any(low <= start and start + count <= low + size for low, _, size in known)
            if mapped and not running & set(users) and not any(map(_has_account, users)):
                return users
    raise SandboxUnavailable("There are no unused user ids for jobs to run as. Mend: run it as an ordinary user.")


def _has_account(user: int) -> bool:
    try:
        pwd.getpwuid(user)
    except KeyError:
        return False
    return True


def _owners() -> list[os.stat_result]:
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        with suppress(OSError):
            found.append(os.stat(f"/proc/{name}"))
    return found


def _tasks_of(user: int) -> int:
    """Processes and threads that the kernel counts for a user."""
    tasks = 0
    for name in filter(str.isdigit, os.listdir("/proc")):
        with suppress(OSError):
            tasks += len(os.listdir(f"/proc/{name}/task")) if os.stat(f"/proc/{name}").st_uid == user else 0
    return tasks


def _probe(sandbox: SandboxPool) -> str:
    """Have one job pass and one fail, and a program try what must not work; says what was wrong, or nothing."""
    for text, expected in (("assert 1 + 1 == 2\n", "passed"), ("assert 1 + 1 == 3\n", "failed")):
        job = Job(files=(), tests=(CodeFile(path="test_probe.py", text=text),), once=True)
        result = sandbox.verify(job)
        if result.outcome != expected:
            seen = result.stderr.strip()[-500:] or "nothing"
            return f"a job that should have {expected} ended as {result.outcome}. It said: {seen}"
    with tempfile.NamedTemporaryFile(prefix=f"espalier-{secrets.token_hex(4)}-", dir="/tmp") as planted:
        os.chmod(planted.name, 0o644)
        program = CodeFile(path="probe.py", text=_PROBE.replace("@PLANTED@", planted.name))
        tried = sandbox.run(Script((program,), program.path))
    *got, last = tried.stdout.splitlines() or [""]
    if tried.outcome != "passed" or last != "tried":
        return f"the probe ended as {tried.outcome}. It said: {tried.stderr.strip()[-500:] or 'nothing'}"
    return f"a program gets at {', '.join(got)}." if got else ""
