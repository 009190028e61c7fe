"""What lies around the sandbox while hostile programs run: planted secrets, open doors; and a look for what stayed."""

import ctypes
import os
import secrets
import socket
import stat
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

SECRET = f"planted-{secrets.token_hex(8)}"
"""Stands in files of the host, in its environment, and in another job; no program may ever show it."""
VARIABLE = "ESPALIER_TEST_SECRET"
MARK = f"left{secrets.token_hex(4)}"
"""The name that processes take which mean to stay."""
PORT_LEFT = 45999
_ABSTRACT = f"espalier-{secrets.token_hex(4)}"
_SUBREAPER = 36

# Before any sandbox is started, because a started one keeps the environment it was given.
os.environ[VARIABLE] = SECRET


@dataclass(slots=True)
class Around:
    """The planted things, by the names with which programs ask for them."""

    words: dict[str, str]
    visits: list[str] = field(default_factory=list)
    """Who came through one of the open doors."""

    def fill(self, text: str) -> str:
        """A program's text with these words in the place of their names."""
        for name, word in self.words.items():
            text = text.replace(f"@{name}@", word)
        return text


@contextmanager
def planted() -> Iterator[Around]:
    """Plant secrets in the home and in /tmp, and listen on the loopback and on local sockets, until the end."""
    name = f"espalier-secret-{secrets.token_hex(4)}"
    folder = Path(tempfile.mkdtemp(prefix="espalier-around-", dir="/tmp"))
    folder.chmod(0o755)
    files = [Path.home() / f".{name}", Path("/tmp", name)]
    for path in files:
        path.write_text(SECRET)
        path.chmod(stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH)
    doors = [socket.create_server(("127.0.0.1", 0)), _local(f"\0{_ABSTRACT}"), _local(f"{folder}/door")]
    Path(folder, "door").chmod(0o777)
    box = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    box.bind(("127.0.0.1", 0))
    words = {
        "PORT": str(doors[0].getsockname()[1]),
        "UDP": str(box.getsockname()[1]),
        "ABSTRACT": _ABSTRACT,
        "SOCKET": f"{folder}/door",
        "HOME_SECRET": str(files[0]),
        "TMP_SECRET": str(files[1]),
        "NAME": name,
        "FOLDER": str(Path(__file__).parents[2]),
        "HOST_USER_HOME": str(Path.home()),
        "HALF": SECRET[:12],
        "OTHER_HALF": SECRET[12:],
        "VARIABLE": VARIABLE,
        "MARK": MARK,
    }
    around = Around(words)
    threads = [threading.Thread(target=_watch, args=(door, around.visits), daemon=True) for door in (*doors, box)]
    for thread in threads:
        thread.start()
    try:
        yield around
    finally:
        for path in files:
            path.unlink()
        for door in (*doors, box):
            with suppress(OSError):
                door.shutdown(socket.SHUT_RDWR)
            door.close()
        for thread in threads:
            thread.join(2)
        Path(folder, "door").unlink()
        folder.rmdir()


def keep_orphans() -> None:
    """Become the parent of every process whose own parent ends, so that none can slip away."""
    ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)


def descendants() -> dict[int, str]:
    """Names of all living processes that come from this one, by id."""
    parents: dict[int, int] = {}
    names: dict[int, str] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            name, _, rest = (entry / "stat").read_text(errors="replace").partition(" (")[2].rpartition(") ")
            state, parent = rest.split()[:2]
            parents[int(entry.name)] = int(parent)
            if state != "Z":
                names[int(entry.name)] = name
    ours, size = {os.getpid()}, 0
    while len(ours) > size:
        size = len(ours)
        ours |= {pid for pid, parent in parents.items() if parent in ours}
    return {pid: names[pid] for pid in ours - {os.getpid()} if pid in names}


def marked() -> list[str]:
    """Processes anywhere on this machine that carry the mark of those which mean to stay."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            line = (entry / "cmdline").read_bytes() + (entry / "comm").read_bytes()
            if MARK.encode() in line and entry.name != str(os.getpid()):
                found.append(f"{entry.name} {line!r}")
    return found


def settled_marks(seconds: float = 3.0) -> list[str]:
    """Processes that carry the mark, once the kernel has had time to end them."""
    until = time.monotonic() + seconds
    while (found := marked()) and time.monotonic() < until:
        time.sleep(0.05)
    return found


def settled(most: int, seconds: float = 5.0) -> dict[int, str]:
    """Our descendants, once there are at most `most` of them or the time is over."""
    until = time.monotonic() + seconds
    while len(found := descendants()) > most and time.monotonic() < until:
        time.sleep(0.05)
    return found


def shared_segments() -> int:
    """System V segments, queues and semaphores of the host."""
    return sum(len(path.read_text().splitlines()) for path in Path("/proc/sysvipc").iterdir())


def resident_mb(pids: Iterable[int]) -> float:
    """Memory that these processes hold for themselves, MiB; what they share is divided among them."""
    total = 0
    for pid in pids:
        with suppress(OSError, StopIteration):
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            total += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


def reachable(port: int) -> bool:
    """Whether something listens on this port of the host's loopback."""
    with socket.socket() as own:
        own.settimeout(0.2)
        return own.connect_ex(("127.0.0.1", port)) == 0


def _local(address: str) -> socket.socket:
    door = socket.socket(socket.AF_UNIX)
    door.bind(address)
    door.listen()
    return door


def _watch(door: socket.socket, visits: list[str]) -> None:
    """Note everyone who comes, until the door is closed."""
    while True:
        try:
            if door.type == socket.SOCK_DGRAM:
                content, _ = door.recvfrom(100)
                if not content:
                    return
                visits.append(f"{content!r} by UDP")
            else:
                guest, _ = door.accept()
                guest.close()
                visits.append(f"a connection to {door.getsockname()}")
        except OSError:
            return
