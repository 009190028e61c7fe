"""Cells that are containers: each a new one, started by an engine, to which its job comes through a door."""

import marshal
import os
import secrets
import select
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synth.sandbox.base import Limits
from synth.sandbox.cells import START_SECONDS, CellFault, Process, tail, text_file
from synth.sandbox.launch import environment, system_folders
from synth.sandbox.runtime import EXTRAS_MOUNT, INSIDE_MOUNT, MOUNT, Runtime

IMAGE_PLACES = ("door", "espalier", "packages", "proc", "dev", "sys", "run", "runtime", "tmp", "work")
"""Root folders that mounts need, besides those of the system."""
IMAGE_FILES = ("group", "hostname", "hosts", "ld.so.cache", "nsswitch.conf", "passwd", "resolv.conf")
"""Files of `/etc`, empty ones, that others are mounted on."""
_DOOR = "/door"
_SOCKET = "host"
_PROGRAM = f"{INSIDE_MOUNT}/synth/sandbox/inside/door.py"
_PLACES = ("/work", "/tmp")
_ACCOUNTS = {"passwd": "sandbox:x:{0}:{1}::/tmp:/bin/sh\n", "group": "sandbox:x:{1}:\n"}
_MIB = 1024 * 1024
_SPARE_MB = 512
"""Beyond a job's own limit, which its first process watches: it looks every 50 ms, and is to speak first."""
_FEWEST_PROCESSES = 16
"""What a runtime needs for its own start."""
_FEWEST_FILES = 512
_BUFFERS = "4096 65536 262144"
"""Of a TCP connection: what a cell's first process reckons with."""
_END_SECONDS = 10.0
"""An engine that has not let go of an ended container by then is told to remove it."""
_USERS = (range(2_000_000_000, 2_100_000_000), range(20_000, 60_000))
"""Uids without an account; the first kind where the superuser has them."""
_VARIABLES = ("DBUS_SESSION_BUS_ADDRESS", "HOME", "LOGNAME", "PATH", "TMPDIR", "USER")
_VARIABLE_KINDS = ("CONTAINER", "DOCKER_", "PODMAN_", "STORAGE_", "XDG_")
_SELINUX = Path("/sys/fs/selinux/enforce")


@dataclass(frozen=True, slots=True)
class Engine:
    """A container engine that answers."""

    name: str
    """`podman` or `docker`."""
    program: Path
    image: str = ""
    """Of a root folder in which there is nothing but places for mounts."""
    options: tuple[str, ...] = ()
    """Before its command: another runtime than the usual one."""

    def words(self, *command: str) -> list[str]:
        """A command of it."""
        return [str(self.program), *self.options, *command]

    def user(self) -> tuple[int, int] | None:
        """Uid and gid for one container, which no other process has; None where it has to be our own.

        Our own where an ordinary user asks a service that runs as the superuser: we could end no other's processes.
        """
        if self.name == "docker" and os.geteuid() != 0:
            return None
        known = [tuple(map(int, line.split())) for line in Path("/proc/self/uid_map").read_text().splitlines()]
        high = os.geteuid() == 0 and any(first + count > _USERS[0].stop for first, _, count in known)
        user = secrets.choice(_USERS[0] if high else _USERS[1])
        return user, user


@dataclass(frozen=True, slots=True)
class Containers:
    """Starts a container for each cell."""

    engine: Engine
    runtime: Runtime
    hash_seed: int

    def open(self, message: Mapping[str, Any], descriptors: Mapping[str, int], limits: Limits) -> Process:
        """Start a cell; see `cells.Cells`."""
        own = self.engine.user()
        user = own or (os.geteuid(), os.getegid())
        with text_file(marshal.dumps(_told(message, limits, own is not None))) as job, _open_door(user) as door:
            running = _Running(self.engine, self._words(door.folder, user, limits))
            try:
                running.connection = door.answer(running)
                descriptor = running.descriptor()
                given = {"job": job.fileno(), **descriptors}
                socket.send_fds(running.connection, [" ".join(given).encode()], list(given.values()))
            except (OSError, CellFault) as error:
                raise CellFault(f"{self.engine.name}: no container: {error}. {running.end(at_once=True)}") from error
        return Process(descriptor, running.end)

    def _words(self, door: Path, user: tuple[int, int], limits: Limits) -> list[str]:
        """Of the command that runs it: what it may, what it sees, what it starts."""
        variables = (f"{name}={value}" for name, value in environment(self.runtime, self.hash_seed).items())
        program = [f"{MOUNT}/bin/python3", "-s", "-P", _PROGRAM, f"{_DOOR}/{_SOCKET}"]
        return [
            *_rights(self.engine, user, limits),
            *_mounts(self.runtime, door),
            *_memory_mounts(self.engine, limits),
            self.engine.image,
            *("/usr/bin/env", "-i", *variables, *program),
        ]


def engine_environment() -> dict[str, str]:
    """What an engine's client needs to know of ours; no keys."""
    given = os.environ.copy()
    return {name: value for name, value in given.items() if name in _VARIABLES or name.startswith(_VARIABLE_KINDS)}


def _rights(engine: Engine, user: tuple[int, int], limits: Limits) -> list[str]:
    memory = f"{limits.memory_mb + _SPARE_MB}m"
    files = max(limits.open_files, _FEWEST_FILES)
    words = "--rm --pull never --network none --hostname sandbox --ipc private --log-driver none --stop-timeout 0"
    words += " --read-only --cap-drop ALL --security-opt no-new-privileges --workdir /work"
    words += f" --user {user[0]}:{user[1]} --memory {memory} --memory-swap {memory}"
    words += f" --pids-limit {max(limits.processes + 1, _FEWEST_PROCESSES)} --ulimit nofile={files}:{files}"
    if engine.name == "podman":
        words += " --read-only-tmpfs=false --http-proxy=false --ulimit nproc=4096:4096"
        words += " --security-opt mask=/sys"
    if _SELINUX.exists():
        words += " --security-opt label=disable"  # what is mounted keeps its own labels
    buffers = (f"net.ipv4.{name}={_BUFFERS}" for name in ("tcp_rmem", "tcp_wmem"))
    return [*words.split(), *(word for each in buffers for word in ("--sysctl", each))]


def _mounts(runtime: Runtime, door: Path) -> list[str]:
    places = {place: Path(place) for place, link in system_folders().items() if link is None}
    places |= {str(MOUNT): runtime.folder, str(INSIDE_MOUNT): runtime.inside, _DOOR: door / "door"}
    if runtime.extras is not None:
        places[str(EXTRAS_MOUNT)] = runtime.extras
    places |= {f"/etc/{name}": door / name for name in _ACCOUNTS}
    places |= {f"/etc/{name}": runtime.folder / "etc" / name for name in ("hosts", "nsswitch.conf")}
    places["/etc/resolv.conf"] = Path(os.devnull)
    if (known := Path("/etc/ld.so.cache")).exists():
        places[str(known)] = known
    words = (f"type=bind,source={source},target={target},readonly" for target, source in places.items())
    return [word for each in words for word in ("--mount", each)]


def _memory_mounts(engine: Engine, limits: Limits) -> list[str]:
    # Podman has no word for the number of files: there, the first process counts them.
    more = ",notmpcopyup" if engine.name == "podman" else f",nr_inodes={limits.inodes}"
    words = [] if engine.name == "podman" else ["--tmpfs", f"/sys:ro,size=4k,mode=555{more}"]
    for place in _PLACES:
        words += ["--tmpfs", f"{place}:rw,exec,nosuid,nodev,size={limits.disk_mb * _MIB},mode=1777{more}"]
    return [*words, "--tmpfs", f"/dev/shm:rw,noexec,nosuid,nodev,size={limits.shared_mb * _MIB},mode=1777{more}"]


class _Door:
    """A socket in a folder that one container sees, and that no other user of this machine can come to."""

    def __init__(self, folder: Path, listening: socket.socket) -> None:
        self.folder = folder
        self._listening = listening

    def answer(self, running: "_Running") -> socket.socket:
        """The connection to the container, once it knocks. Raises `CellFault` where it does not."""
        with _descriptor_of(running.pid) as client:
            ready, _, _ = select.select([self._listening.fileno(), client], [], [], START_SECONDS)
        if self._listening.fileno() not in ready:
            raise CellFault("it ended before it began" if ready else f"it did not come in {START_SECONDS:.0f} seconds")
        return self._listening.accept()[0]


@contextmanager
def _open_door(user: tuple[int, int]) -> Iterator[_Door]:
    """A door, for as long as the block lasts; beside it the accounts that the container knows."""
    folder = Path(tempfile.mkdtemp(prefix="espalier-door-"))
    try:
        for name, text in _ACCOUNTS.items():
            (folder / name).write_text(text.format(*user), encoding="ascii")
            (folder / name).chmod(0o444)
        place = folder / "door"
        place.mkdir()
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listening:
            listening.bind(str(place / _SOCKET))
            (place / _SOCKET).chmod(0o666)
            place.chmod(0o755)
            listening.listen(1)
            yield _Door(folder, listening)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class _Running:
    """A container that was asked for: the engine's client, and in time the connection to its first process."""

    def __init__(self, engine: Engine, words: list[str]) -> None:
        self.connection: socket.socket | None = None
        self._engine = engine
        self._name = f"espalier-{secrets.token_hex(8)}"
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - read once it has ended
        try:
            self._client = subprocess.Popen(
                engine.words("run", "--name", self._name, *words),
                stdin=subprocess.DEVNULL,
                stdout=self._errors,
                stderr=self._errors,
                cwd="/",
                env=engine_environment(),
                start_new_session=True,
            )
        except OSError as error:
            self._errors.close()
            raise CellFault(f"{engine.program} could not be started: {error}") from error

    @property
    def pid(self) -> int:
        """Of the client."""
        return self._client.pid

    def descriptor(self) -> int:
        """Of the first process, where we may end it, else of the client, which ends after it."""
        assert self.connection is not None
        credentials = self.connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        with suppress(OSError):
            descriptor = os.pidfd_open(struct.unpack("3i", credentials)[0])
            try:
                signal.pidfd_send_signal(descriptor, 0)
            except OSError:
                os.close(descriptor)
            else:
                return descriptor
        return os.pidfd_open(self.pid)

    def end(self, at_once: bool = False) -> str:
        """End it, wait until the engine has let go of it, and return what that complained of.

        `at_once`: nothing of it is to be waited for, because it did not come to work.
        """
        if self.connection is not None:
            self.connection.close()
        try:
            self._client.wait(0.5 if at_once else _END_SECONDS)
        except subprocess.TimeoutExpired:
            self._client.kill()
        if self._client.wait() < 0:
            remove = self._engine.words("rm", "--force", self._name)
            with suppress(OSError, subprocess.TimeoutExpired):
                subprocess.run(
                    remove, capture_output=True, check=False, timeout=_END_SECONDS, cwd="/", env=engine_environment()
                )
        with self._errors:
            return tail(self._errors)


@contextmanager
def _descriptor_of(pid: int) -> Iterator[int]:
    descriptor = os.pidfd_open(pid)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _told(message: Mapping[str, Any], limits: Limits, own_user: bool) -> dict[str, Any]:
    """The message, with a limit of processes that counts those of the container alone, or, left to the engine, none."""
    each = {name: value for name, value in message["limits"]["each"].items() if name != "NPROC"}
    if own_user:
        each["NPROC"] = limits.processes + 1
    return {**message, "limits": {**message["limits"], "each": each}}
