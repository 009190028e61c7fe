"""How a sandbox is started: words for bubblewrap, environment, user. What each holds back: docs/sandbox.md."""

import math
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from synth.sandbox.base import Limits
from synth.sandbox.runtime import EXTRAS_MOUNT, INSIDE_MOUNT, MOUNT, Runtime

_MIB = 1024 * 1024
_NAMESPACES = "--unshare-ipc --unshare-pid --unshare-net --unshare-uts --unshare-cgroup-try"
_IDENTITY = "--unshare-user --uid 1000 --gid 1000 --hostname sandbox --cap-drop ALL"
_PRIVILEGED = "--hostname sandbox --cap-drop ALL --cap-add CAP_SETUID --cap-add CAP_SETGID"
_LIFE = "--new-session --as-pid-1"
_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_DEVICES = ("null", "zero", "full", "random", "urandom")
_PLACES = ("/work", "/tmp")
_ZYGOTE = f"{INSIDE_MOUNT}/synth/sandbox/inside/zygote.py"
_ENVIRONMENT = {
    "HOME": "/tmp",
    "LANG": "C.UTF-8",
    "MALLOC_ARENA_MAX": "2",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PATH": f"{MOUNT}/bin:/usr/bin:/bin",
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    "TMPDIR": "/tmp",
    "TZ": "UTC",
}
"""All that code in the sandbox sees. Few malloc arenas, because each one takes from the address space limit."""
_LAUNCH_USERS = (2_000_000_000, 65_533)
"""Uids without an account, the first that this system knows is used."""


@dataclass(frozen=True, slots=True)
class Launcher:
    """Words for one kind of sandbox."""

    program: Path
    runtime: Runtime
    user: int | None
    """Uid and gid that the code runs as; None for our own."""
    privileged: bool = False
    """Bubblewrap starts as the superuser, without a user namespace, and each cell becomes `user` by itself."""

    @property
    def launch_as(self) -> int | None:
        """Uid and gid to start bubblewrap as."""
        return None if self.privileged else self.user

    def command(self, arguments: int, role: Sequence[str]) -> list[str]:
        """The command: `arguments` is a descriptor to read further words from, which so stand in no process list."""
        return [str(self.program), "--args", str(arguments), f"{MOUNT}/bin/python3", "-s", "-P", _ZYGOTE, *role]

    def words(self, info: int, hash_seed: int, memory: Limits | None) -> list[str]:
        """Everything else. `memory`: the writable folders are made here, by these limits, not by a cell in it."""
        identity = _PRIVILEGED if self.privileged else _IDENTITY + " --disable-userns" * (memory is not None)
        return [
            *f"{_NAMESPACES} {identity} {_LIFE} --info-fd {info} --clearenv".split(),
            *(
                word
                for name, value in environment(self.runtime, hash_seed).items()
                for word in ("--setenv", name, value)
            ),
            *self._mounts(),
            *_devices(),
            *("--proc", "/proc"),
            *_folders(memory),
            *("--remount-ro", "/", "--chdir", "/work"),
        ]

    def _mounts(self) -> list[str]:
        runtime = self.runtime
        words = [*_system_mounts(), "--ro-bind", str(runtime.folder), str(MOUNT)]
        words += ["--ro-bind", str(runtime.folder / "etc"), "/etc"]
        words += ["--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"]
        words += ["--ro-bind", str(runtime.inside), str(INSIDE_MOUNT)]
        if runtime.extras is not None:
            words += ["--ro-bind", str(runtime.extras), str(EXTRAS_MOUNT)]
        return words


def environment(runtime: Runtime, hash_seed: int) -> dict[str, str]:
    """All the variables that code in the sandbox sees."""
    libraries = {"LD_LIBRARY_PATH": f"{MOUNT}/lib"} if runtime.libraries else {}
    return _ENVIRONMENT | {"PYTHONHASHSEED": str(hash_seed)} | libraries


def system_folders() -> dict[str, str | None]:
    """The root folders that hold this system's libraries: where each is a link to, None where it is a folder itself."""
    folders = [place for place in map(Path, _SYSTEM) if place.is_symlink() or place.is_dir()]
    return {str(place): os.readlink(place) if place.is_symlink() else None for place in folders}


def launch_user(slot: int = 0) -> int | None:
    """The uid to start bubblewrap as: our own, unless we are the superuser, for whom process limits are void."""
    if os.geteuid() != 0:
        return None
    known = [tuple(map(int, line.split())) for line in Path("/proc/self/uid_map").read_text().splitlines()]
    for user in _LAUNCH_USERS:
        if any(first <= user + slot < first + count for first, _, count in known):
            return user + slot
    return 65_534


def message_limits(limits: Limits, user: int | None) -> dict[str, object]:
    """Limits as a cell reads them; `each`: of each process, by the names of `resource.RLIMIT_*`."""
    return {
        "memory_mb": limits.memory_mb,
        "cpu_seconds": limits.cpu_seconds,
        "disk_mb": limits.disk_mb,
        "inodes": limits.inodes,
        "shared_mb": limits.shared_mb,
        "each": {
            # One more than the job has, so that its first process, which counts all of them, comes first.
            "CPU": math.ceil(limits.cpu_seconds) + 1,
            "AS": limits.address_mb * _MIB,
            "FSIZE": limits.file_mb * _MIB,
            "NOFILE": limits.open_files,
            "NPROC": limits.processes + 1 + _outside_processes(user),
            "CORE": 0,
            "MEMLOCK": 0,
            "MSGQUEUE": 0,
        },
    }


def _devices() -> list[str]:
    words = ["--dir", "/dev", "--dir", "/dev/shm"]
    for name in _DEVICES:
        words += ["--dev-bind", f"/dev/{name}", f"/dev/{name}"]
    for name, target in (("fd", "fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")):
        words += ["--symlink", f"/proc/self/{target}", f"/dev/{name}"]
    return words


def _folders(memory: Limits | None) -> list[str]:
    if memory is None:
        return [word for place in _PLACES for word in ("--dir", place)]
    words = ["--perms", "1777", "--size", str(memory.shared_mb * _MIB), "--tmpfs", "/dev/shm"]
    for place in _PLACES:
        words += ["--perms", "1777", "--size", str(memory.disk_mb * _MIB), "--tmpfs", place]
    return words


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
    for place, link in system_folders().items():
        words += ["--ro-bind", place, place] if link is None else ["--symlink", link, place]
    return words
