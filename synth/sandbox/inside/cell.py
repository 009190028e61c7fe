"""A cell: one job's own set of namespaces. This is its first process, which the code that runs there cannot reach.

It lays out the files, starts the confined child that runs the code, and watches what the kernel does not bound by
itself: memory and processor time of all processes together. It says on the pipe `end`, which the child does not hold,
how the child ended; when it ends itself, the kernel kills all that is left.
"""

import fcntl
import marshal
import os
import resource
import time

from synth.sandbox.inside import kernel
from synth.sandbox.inside.filter import filter_program
from synth.sandbox.inside.roles import play, write

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
    from typing import Any, NoReturn
else:  # the numbers alone, without a class for them
    import _signal as signal

WORK = "/work"
_PLACES = (WORK, "/tmp")
_SHARED = "/dev/shm"
_LOOK_SECONDS = 0.05
_FIRST_FREE = 3
_MOST_OPEN = 4096
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGESIZE")
_MIB = 1024 * 1024
_USER = 1000
_SOCKET_BYTES = 256 * 1024
_FREE_SOCKETS = 64
"""So few are not counted: programs that serve themselves have some."""
_FILTERS = {network: filter_program(internet=network) for network in (False, True)}
"""A cell that asked for no network has no IP sockets either: it shares a network namespace with others."""


class Watch:
    """What all processes of the cell use together."""

    def __init__(self, limits: "dict[str, Any]") -> None:
        self._memory = limits["memory_mb"] * _MIB
        self._cpu: float = limits["cpu_seconds"]
        self._inodes: int = limits["inodes"]
        self._own_address_space = memory_of("self")[0]
        self.peak = 0
        self.cpu = 0.0

    def look(self) -> str | None:
        """Which limit is broken, by its outcome's name."""
        resident, self.cpu = self._processes()
        files = [os.statvfs(place) for place in (*_PLACES, _SHARED)]
        held = resident + sum((each.f_blocks - each.f_bfree) * each.f_frsize for each in files)
        if held > self._memory:
            # Pages that processes share were counted once for each: find out exactly, which is slow.
            held += sum(map(proportional, _pids())) - resident
        self.peak = max(self.peak, held)
        if held + _in_sockets() + self._in_hidden_mappings() > self._memory:
            return "memory_limit"
        if self.cpu > self._cpu:
            return "timeout"
        # A launcher without our own mounts cannot bound the number of files otherwise.
        return "memory_limit" if any(each.f_files - each.f_ffree > 2 * self._inodes for each in files) else None

    def _in_hidden_mappings(self) -> int:
        """Most bytes of shared memory without a file: what an ended process touched of it is in no one's size."""
        sizes: dict[bytes, int] = {}
        for pid in _pids():
            address_space, resident = memory_of(pid)
            if address_space - resident > self._own_address_space + self._memory // 4:
                sizes |= shared_without_file(pid)
        return sum(sizes.values())

    def _processes(self) -> tuple[int, float]:
        """Resident bytes and processor seconds of all but ourselves, those already ended included."""
        resident, ticks = 0, 0
        for pid in _pids():
            try:
                with open(f"/proc/{pid}/stat", "rb") as file:
                    fields = file.read().rpartition(b")")[2].split()
            except OSError:
                continue
            ticks += sum(map(int, fields[11:15]))
            resident += int(fields[21]) * _PAGE
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        return resident, ticks / _TICKS + ended.ru_utime + ended.ru_stime


def live(fds: dict[str, int], nested: bool) -> "NoReturn":
    """Be the first process of a cell; never returns. `nested`: the namespaces are new and have no mounts yet."""
    code = 1
    try:
        for number in (signal.SIGINT, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
        kernel.set_dumpable(True)
        job = read_job(fds.pop("job"))
        if nested:
            _furnish(job["limits"], job["network"])
        kernel.set_dumpable(False)
        write_files(job["files"], WORK)
        _run(job, fds)
        code = 0
    except BaseException as error:  # noqa: BLE001 - the host has to hear of it
        say(fds["end"], {"fault": f"{type(error).__name__}: {error}"})
    finally:
        os._exit(code)


def read_job(descriptor: int) -> "dict[str, Any]":
    """Read the job's file to its end, and close it."""
    size = os.fstat(descriptor).st_size
    content = b""
    while len(content) < size:
        content += os.pread(descriptor, size - len(content), len(content))
    os.close(descriptor)
    job: dict[str, Any] = marshal.loads(content)
    return job


def _furnish(limits: "dict[str, Any]", network: bool) -> None:
    """Map our user, and mount what is this cell's own."""
    kernel.map_user(_USER, _USER)
    if network:
        kernel.raise_loopback()
    kernel.make_mounts_private()
    kernel.mount_processes()
    if network:
        kernel.bound_connections(_SOCKET_BYTES)
    for place in _PLACES:
        kernel.mount_memory(place, limits["disk_mb"], limits["inodes"])
    kernel.mount_memory(_SHARED, limits["shared_mb"], limits["inodes"])


def write_files(files: dict[str, str], folder: str) -> None:
    """Lay out the job's files."""
    for name, text in files.items():
        path = f"{folder}/{name}"
        if "/" in name:
            os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "x", encoding="utf-8", newline="") as file:
            file.write(text)


def _run(job: "dict[str, Any]", fds: dict[str, int]) -> None:
    end = fds.pop("end")
    watch = Watch(job["limits"])
    say(end, {"started": True})
    child = os.fork()
    if child == 0:
        _become_the_job(job, fds)
    for descriptor in fds.values():
        os.close(descriptor)
    status, usage, cut = _attend(child, watch)
    cpu = usage.ru_utime + usage.ru_stime
    if watch.cpu > 0:  # where it was over before the first look, the child was all there was
        watch.look()
    say(
        end,
        {
            "exit": os.waitstatus_to_exitcode(status),
            "cpu_seconds": round(max(cpu, watch.cpu), 3),
            "peak_mb": round(max(watch.peak / _MIB, usage.ru_maxrss / 1024), 1),
            "cut": cut,
        },
    )


def _attend(child: int, watch: Watch) -> tuple[int, resource.struct_rusage, str | None]:
    """Wait for `child`, reap orphans as a first process must, and end everything where a limit is broken."""
    cut: str | None = None
    due = time.monotonic() + _LOOK_SECONDS
    while True:
        pid, status, usage = os.wait4(-1, os.WNOHANG)
        if pid == child:
            return status, usage, cut
        if pid:
            continue
        signal.sigtimedwait({signal.SIGCHLD}, max(0.001, due - time.monotonic()))
        if cut is None and time.monotonic() >= due:
            cut = watch.look()
            due = time.monotonic() + _LOOK_SECONDS
            if cut is not None:
                os.kill(-1, signal.SIGKILL)


def _become_the_job(job: "dict[str, Any]", fds: dict[str, int]) -> "NoReturn":
    """In the child: take everything away, then run the code."""
    code = 1
    try:
        kept = place_descriptors(fds)
        os.setsid()
        signal.pthread_sigmask(signal.SIG_SETMASK, set())
        os.chdir(WORK)
        for name, value in job["limits"]["each"].items():
            most = value + 1 if name == "CPU" else value
            resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, most))
        kernel.drop_privileges()
        kernel.set_dumpable(True)
        kernel.load_filter(_FILTERS[job["network"]])
        code = play(job, kept)
    finally:
        os._exit(code)


def place_descriptors(fds: dict[str, int]) -> dict[str, int]:
    """Standard streams at 0 to 2, the rest right after them, nothing else open. Returns where the rest is."""
    given = dict(fds)
    source = given.pop("stdin", None)
    stdin = os.open(os.devnull, os.O_RDONLY) if source is None else source
    rest = sorted(given.keys() - {"stdout", "stderr"})
    high = [_above(each) for each in (stdin, given["stdout"], given["stderr"], *(given[name] for name in rest))]
    for place, descriptor in enumerate(high):
        os.dup2(descriptor, place, inheritable=place < _FIRST_FREE)
    os.closerange(len(high), _MOST_OPEN)
    return {name: _FIRST_FREE + place for place, name in enumerate(rest)}


def _above(descriptor: int) -> int:
    """A copy whose number is out of the way."""
    return fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 64)


def _said(value: int | float | str | None) -> str:
    """As JSON; text only as far as it needs no escapes."""
    if value is None:
        return "null"
    if isinstance(value, str):
        return '"' + "".join(sign if " " <= sign <= "~" and sign not in '"\\' else "?" for sign in value) + '"'
    return "true" if value is True else repr(value)


def _pids() -> list[str]:
    return [name for name in os.listdir("/proc") if name.isdigit() and name != "1"]


def memory_of(pid: str) -> tuple[int, int]:
    """Bytes of address space, and resident ones, of a process."""
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:
            size, resident = file.read().split()[:2]
    except (OSError, ValueError):
        return 0, 0
    return int(size) * _PAGE, int(resident) * _PAGE


def shared_without_file(pid: str) -> dict[bytes, int]:
    """Sizes of shared mappings that no file stands behind, by their number."""
    sizes: dict[bytes, int] = {}
    try:
        with open(f"/proc/{pid}/maps", "rb") as file:
            for line in file:
                if line.endswith(b" (deleted)\n") and line.split(b" ", 2)[1][3:4] == b"s":
                    start, _, end = line.partition(b" ")[0].partition(b"-")
                    number = line.split(None, 5)[4]
                    sizes[number] = sizes.get(number, 0) + int(end, 16) - int(start, 16)
    except OSError:
        pass
    return sizes


def _in_sockets() -> int:
    """Most bytes that the kernel may hold in sockets: their number times the size that buffers can have."""
    try:
        with open("/proc/net/sockstat", "rb") as file:
            lines = dict(line.split(b": ", 1) for line in file)
    except (OSError, ValueError):
        return 0
    connections = lines[b"TCP"].split()
    used = int(lines[b"sockets"].split()[1]) + int(connections[1]) + int(connections[3])
    return max(0, used - _FREE_SOCKETS) * _SOCKET_BYTES


def proportional(pid: str) -> int:
    """Bytes of a process, shared pages divided among those that share them."""
    try:
        with open(f"/proc/{pid}/smaps_rollup", "rb") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith(b"Pss:"))
    except (OSError, StopIteration):
        return 0


def say(descriptor: int, value: dict[str, int | float | str | None]) -> None:
    """Write one line for the host."""
    said = ", ".join(f'"{name}": {_said(each)}' for name, each in value.items())
    write(descriptor, f"{{{said}}}\n".encode())
