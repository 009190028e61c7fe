"""The sandbox of this version: one bubblewrap for each job. What it holds back and what not: docs/sandbox.md."""

import json
import math
import os
import platform
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from synth.sandbox import runner
from synth.sandbox.admit import refuse, runnable
from synth.sandbox.base import Job, JobResult, Limits
from synth.sandbox.judge import faulty, judge, refused
from synth.sandbox.runtime import MOUNT, Runtime
from synth.sandbox.watch import Channels, Launch, watch

_MIB = 1024 * 1024
_NAMESPACES = "--unshare-user --unshare-ipc --unshare-pid --unshare-net --unshare-uts --unshare-cgroup-try"
_IDENTITY = "--disable-userns --uid 1000 --gid 1000 --hostname sandbox --cap-drop ALL"
_LIFE = "--new-session --die-with-parent --as-pid-1"
_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_RUNNER = "/runner.py"
_SHARED_MEMORY_MB = 1
_ENVIRONMENT = {
    "HOME": "/tmp",
    "LANG": "C.UTF-8",
    "MALLOC_ARENA_MAX": "2",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PATH": f"{MOUNT}/bin:/usr/bin:/bin",
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    "PYTHONHASHSEED": "0",
    "TMPDIR": "/tmp",
    "TZ": "UTC",
}
"""All that code in the sandbox sees. Few malloc arenas, because each one takes from the address space limit."""
_LAUNCH_USERS = (2_000_000_000, 65_533)
"""Uids without an account, the first that this system knows is used."""


class Bubblewrap:
    """Runs each job in a new bubblewrap. Stateless, so safe to use from many threads."""

    backend = "bubblewrap"
    level = "strong"

    def __init__(self, program: Path, runtime: Runtime) -> None:
        self._program = str(program)
        self._runtime = runtime
        self._importable = runtime.importable()
        self._runner = Path(runner.__file__).read_bytes()
        self._user = launch_user()

    def verify(self, job: Job) -> JobResult:
        """Run the job's tests. Never raises for what the code under test does; blocking, safe to call from threads."""
        if reason := refuse(job, self._importable):
            return refused(reason)
        launch = Launch(
            command=self._command,
            arguments=partial(self._arguments, disk_mb=job.limits.disk_mb),
            program=self._runner,
            user=self._user,
        )
        try:
            return judge(watch(launch, self._message(job), job.limits), job.limits)
        except OSError as error:
            return faulty(f"{self._program} could not be started: {error}")

    def _command(self, channels: Channels) -> list[str]:
        python = [f"{MOUNT}/bin/python3", "-s", "-P", _RUNNER]
        return [self._program, "--args", str(channels.arguments), *python, str(channels.report), str(channels.end)]

    def _arguments(self, channels: Channels, disk_mb: int) -> list[str]:
        environment = dict(_ENVIRONMENT)
        if self._runtime.libraries:
            environment["LD_LIBRARY_PATH"] = f"{MOUNT}/lib"
        return [
            *f"{_NAMESPACES} {_IDENTITY} {_LIFE} --info-fd {channels.info} --clearenv".split(),
            *(word for name, value in environment.items() for word in ("--setenv", name, value)),
            *_system_mounts(),
            *("--ro-bind", str(self._runtime.folder), str(MOUNT)),
            *("--ro-bind", str(self._runtime.folder / "etc"), "/etc"),
            *("--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"),
            *("--ro-bind-data", str(channels.program), _RUNNER),
            *("--proc", "/proc", "--dev", "/dev"),
            *_tmpfs("/dev/shm", _SHARED_MEMORY_MB),
            *_tmpfs("/work", disk_mb),
            *_tmpfs("/tmp", disk_mb),
            *("--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/work"),
        ]

    def _message(self, job: Job) -> bytes:
        message = {
            "files": {file.path: file.text for file in (*job.files, *job.tests)},
            "tests": runnable(job.tests),
            "limits": resource_limits(job.limits, self._user),
        }
        return json.dumps(message).encode()


def launch_user() -> int | None:
    """The uid to start bubblewrap as: our own, unless we are the superuser, for whom process limits are void."""
    if os.geteuid() != 0:
        return None
    known = [tuple(map(int, line.split())) for line in Path("/proc/self/uid_map").read_text().splitlines()]
    users = (user for user in _LAUNCH_USERS if any(first <= user < first + count for first, _, count in known))
    return next(users, 65_534)


def resource_limits(limits: Limits, user: int | None) -> dict[str, int]:
    """Limits of each process by the names of `resource.RLIMIT_*`."""
    return {
        "CPU": math.ceil(limits.cpu_seconds),
        "AS": limits.memory_mb * _MIB,
        "FSIZE": limits.file_mb * _MIB,
        "NOFILE": limits.open_files,
        "NPROC": limits.processes + 1 + _outside_processes(user),
        "CORE": 0,
    }


def _outside_processes(user: int | None) -> int:
    """Tasks that the kernel counts besides the job's: before Linux 5.14, all of the same user's on the host."""
    major, minor = (int(part) for part in platform.release().split(".")[:2])
    if (major, minor) >= (5, 14):
        return 0
    uid, tasks = os.geteuid() if user is None else user, 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            tasks += len(os.listdir(process / "task")) if process.stat().st_uid == uid else 0
        except OSError:
            continue
    return tasks


def _system_mounts() -> list[str]:
    """The read-only system, with the links that this distribution has in its root folder."""
    words: list[str] = []
    for place in map(Path, _SYSTEM):
        if place.is_symlink():
            words += ["--symlink", os.readlink(place), str(place)]
        elif place.is_dir():
            words += ["--ro-bind", str(place), str(place)]
    return words


def _tmpfs(place: str, size_mb: int) -> Sequence[str]:
    return ("--size", str(size_mb * _MIB), "--tmpfs", place)
