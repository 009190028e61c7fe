"""What a cell without namespaces uses, as its guard finds it out: all processes that come from it, and its folder.

In a namespace of its own a cell is all that is in `/proc`, and its disk is a mount of a size. Here its processes are
found from parent to child, and its files by looking.
"""

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from synth.sandbox.inside.cell import memory_of, proportional, shared_without_file

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGESIZE")
_MIB = 1024 * 1024
_BLOCK = 512
_SOCKET_BYTES = 256 * 1024
_FREE_SOCKETS = 64
_SHARED = "/dev/shm"
_LONGEST_PATH = 3500
"""From there on a folder is looked into from another one."""
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class OutOfSight(Exception):
    """A process hides what it holds, or a folder cannot be looked into."""


@dataclass(slots=True)
class _Held:
    """What was found in one look."""

    resident: int = 0
    ticks: int = 0
    tasks: int = 0
    sockets: set[int] = field(default_factory=set)
    unlinked: dict[tuple[int, int], int] = field(default_factory=dict)
    """Bytes of open files that no folder names any more."""
    hidden: dict[bytes, int] = field(default_factory=dict)
    """Bytes of shared mappings without a file, which processes may have touched that have ended."""


class Tally:
    """What all processes of the cell use together."""

    def __init__(self, limits: dict[str, Any], folder: str, shares: bool) -> None:
        """`shares`: the files of this user in `/dev/shm` are the cell's, too."""
        self._memory = limits["memory_mb"] * _MIB
        self._cpu: float = limits["cpu_seconds"]
        self._disk = 2 * limits["disk_mb"] * _MIB
        self._shared = limits["shared_mb"] * _MIB
        self._inodes = 2 * limits["inodes"]
        self._tasks: int = limits["tasks"]
        self._folder = folder
        self._shares = shares
        self._own_address_space = memory_of("self")[0]
        self.peak = 0
        self.cpu = 0.0

    def look(self) -> str | None:
        """Which limit is broken, by its outcome's name."""
        try:
            held = self._processes()
            files, disk = _size_of(self._folder, self._inodes)
        except OutOfSight:
            return "memory_limit"
        shared = sum(size for _, size in own_shared_files()) if self._shares else 0
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.cpu = held.ticks / _TICKS + ended.ru_utime + ended.ru_stime
        memory = held.resident + shared
        if memory > self._memory:
            # Pages that processes share were counted once for each: find out exactly, which is slow.
            memory = sum(map(proportional, descendants())) + shared
        self.peak = max(self.peak, memory)
        sockets = max(0, len(held.sockets) - _FREE_SOCKETS) * _SOCKET_BYTES
        if memory + sockets + sum(held.hidden.values()) > self._memory:
            return "memory_limit"
        if self.cpu > self._cpu:
            return "timeout"
        disk += sum(held.unlinked.values())
        much = disk > self._disk or shared > self._shared or files > self._inodes or held.tasks > self._tasks
        return "memory_limit" if much else None

    def _processes(self) -> _Held:
        held = _Held()
        for pid in descendants():
            try:
                with open(f"/proc/{pid}/stat", "rb") as file:
                    fields = file.read().rpartition(b")")[2].split()
            except OSError:
                continue
            held.ticks += sum(map(int, fields[11:15]))
            held.resident += int(fields[21]) * _PAGE
            held.tasks += int(fields[17])
            if fields[0] not in b"ZX":
                self._note_files(pid, held)
        return held

    def _note_files(self, pid: str, held: _Held) -> None:
        address_space, resident = memory_of(pid)
        if address_space - resident > self._own_address_space + self._memory // 4:
            held.hidden |= shared_without_file(pid)
        try:
            names = os.listdir(f"/proc/{pid}/fd")
        except PermissionError:
            if memory_of(pid)[0] == 0:  # on its way out
                return
            raise OutOfSight from None
        except OSError:
            return
        for name in names:
            with suppress(OSError):
                facts = os.stat(f"/proc/{pid}/fd/{name}")
                if facts.st_mode & 0o170000 == 0o140000:
                    held.sockets.add(facts.st_ino)
                elif facts.st_nlink == 0:
                    held.unlinked[facts.st_dev, facts.st_ino] = facts.st_blocks * _BLOCK


def descendants(strict: bool = False) -> list[str]:
    """Every process that comes from this one, which has to be the one that orphans are given to.

    `strict`: raise `OSError` where the kernel does not tell.
    """
    found: list[str] = []
    waiting = ["self"]
    while waiting:
        for task in _listed(f"/proc/{waiting.pop()}/task"):
            try:
                with open(f"{task}/children", encoding="ascii") as file:
                    children = file.read().split()
            except OSError:
                if strict:
                    raise
                continue
            found += children
            waiting += children
    return found


def own_shared_files() -> list[tuple[str, int]]:
    """Paths and bytes of what belongs to this user in `/dev/shm`."""
    found = []
    user = os.geteuid()
    for path in _listed(_SHARED):
        with suppress(OSError):
            facts = os.lstat(path)
            if facts.st_uid == user:
                found.append((path, facts.st_blocks * _BLOCK))
    return found


def _listed(folder: str) -> list[str]:
    try:
        return [f"{folder}/{name}" for name in os.listdir(folder)]
    except OSError:
        return []


def _size_of(folder: str, most: int) -> tuple[int, int]:
    """How many files and folders are below a folder, counted until there are too many, and their bytes."""
    count, size = 0, 0
    bases = [os.open(folder, _FOLDER)]
    waiting = [(bases[0], ".")]
    try:
        while waiting and count <= most:
            base, path = waiting.pop()
            with (
                suppress(FileNotFoundError, NotADirectoryError),
                _opened(path, base) as here,
                os.scandir(here) as names,
            ):
                for entry in names:
                    count += 1
                    size += entry.stat(follow_symlinks=False).st_blocks * _BLOCK
                    if not entry.is_dir(follow_symlinks=False):
                        continue
                    if len(path) < _LONGEST_PATH:
                        waiting.append((base, f"{path}/{entry.name}"))
                    else:
                        bases.append(os.open(entry.name, _FOLDER, dir_fd=here))
                        waiting.append((bases[-1], "."))
    except OSError as error:
        raise OutOfSight from error
    finally:
        for base in bases:
            os.close(base)
    return count, size


@contextmanager
def _opened(path: str, base: int) -> Iterator[int]:
    descriptor = os.open(path, _FOLDER, dir_fd=base)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
