"""What `synth doctor` tries in the sandbox: small programs that attempt what must not succeed, and who tells."""

import json
import os
import secrets
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from synth.records import CodeFile
from synth.sandbox.base import Job, Limits, Sandbox, Script, ScriptResult

SECRET_NAME = "ESPALIER_DOCTOR_SECRET"
_NOWHERE = ("192.0.2.1", 9)
"""An address that is reserved for examples: nobody is there."""
_WALL_SECONDS = 2.0
_PROCESSES = 16
_MEMORY_MB = 512
_INODES = 512

_NETWORK = """
import json, socket, sys
wanted = json.load(sys.stdin)
tried = 0
def attempt(what, act):
    global tried
    tried += 1
    try:
        act()
        print("reached", what)
    except (OSError, AttributeError):
        pass
for host, port in wanted["addresses"]:
    attempt(f"{host}:{port}", lambda: socket.create_connection((host, port), 0.3).close())
def unix():
    with socket.socket(socket.AF_UNIX) as one:
        one.connect(wanted["abstract"])
attempt("a local socket of the host", unix)
attempt("UDP", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", tuple(wanted["addresses"][-1])))
rare = {"netlink": 16, "packet": 17, "can": 29, "bluetooth": 31, "alg": 38, "vsock": 40, "xdp": 44}
for name, number in rare.items():
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET):
        attempt(f"{name} sockets", lambda: socket.socket(number, kind).close())
print("tried", tried)
"""

_SECRET = """
import glob, json, os, sys
wanted = json.load(sys.stdin)
texts = list(os.environ.values())
for path in wanted["paths"] + glob.glob("/proc/[0-9]*/environ") + glob.glob("/proc/[0-9]*/cmdline"):
    try:
        with open(path, errors="replace") as file:
            texts.append(file.read())
    except OSError:
        pass
for folder in ("/", "/tmp", "/home", "/root", "/proc/1/root/tmp", os.path.dirname(wanted["paths"][-1])):
    try:
        texts += [open(entry.path, errors="replace").read() for entry in os.scandir(folder)
                  if entry.is_file() and entry.name.startswith(wanted["prefix"])]
    except OSError:
        pass
for text in texts:
    if wanted["prefix"] in text:
        print(text)
print("looked")
"""

_FORK = """
import os, time
count = 0
try:
    while count < 200:
        if os.fork() == 0:
            time.sleep(30)
            os._exit(0)
        count += 1
    print("not stopped")
except OSError:
    print("stopped", count)
"""

_MEMORY = """
import os, time
ready, told = os.pipe()
for _ in range(2):
    if os.fork() == 0:
        block = b"x" * (320 * 1024 * 1024)
        os.write(told, b"r")
        time.sleep(30)
        os._exit(0)
os.close(told)
got = b""
while len(got) < 2 and (piece := os.read(ready, 2)):
    got += piece
time.sleep(0.5)
print("held", len(got))
"""

_MEMORY_ALONE = """
try:
    block = bytearray(640 * 1024 * 1024)
    block[::4096] = b"x" * len(block[::4096])
    print("held all")
except MemoryError:
    print("stopped")
"""

_FILES = """
import time
def large():
    with open("large", "wb", buffering=0) as file:
        if sum(file.write(b"x" * 1048576) for _ in range(4)) < 4 * 1048576:
            raise OSError
def whole():
    for number in range(24):
        with open(f"part{number}", "wb", buffering=0) as file:
            if file.write(b"x" * 1048576) < 1048576:
                raise OSError
def many():
    for number in range(2000):
        open(f"empty{number}", "w").close()
try:
    @WAY@()
    time.sleep(0.3)
    print("no end")
except OSError:
    print("stopped")
"""
_FILE_WAYS = {"large": "one file", "whole": "all files", "many": "the number of files"}

_FOREVER = "while True:\n    pass\n"

_TEST = "from solution import square\n\n\ndef test_square():\n    assert square(3) == 9\n    assert square(-2) == 4\n"
_HONEST = "def square(number):\n    return number * number\n"
_LIAR = "class Any:\n    def __eq__(self, other):\n        return True\n\n\ndef square(number):\n    return Any()\n"
_QUITTER = "import os\n\n\ndef square(number):\n    os._exit(0)\n"
_WRONG = "def square(number):\n    return number * 3\n"


@dataclass(frozen=True, slots=True)
class Planted:
    """What must stay out of reach."""

    secret: str
    prefix: str
    paths: tuple[str, ...]
    addresses: tuple[tuple[str, int], ...]
    abstract: str
    listeners: tuple[socket.socket, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """What came of a probe."""

    ok: bool
    saw: str


Probe = Callable[[Sandbox, Planted], Seen]


@contextmanager
def planted() -> Iterator[Planted]:
    """Secrets in files and in the environment, and listening sockets, for as long as the block lasts.

    To be entered before the sandbox is started, so that it could inherit the environment.
    """
    prefix = "espalier-doctor-"
    secret = prefix + secrets.token_hex(16)
    with ExitStack() as stack:
        os.environ[SECRET_NAME] = secret
        stack.callback(os.environ.pop, SECRET_NAME, None)
        folders = (Path(os.path.expanduser("~")), Path("/tmp"))
        paths = [path for folder in folders if (path := _plant(stack, folder, prefix, secret))]
        listeners: list[socket.socket] = []
        addresses, abstract = [_NOWHERE], f"\0{prefix}{secrets.token_hex(8)}"
        with suppress(OSError):
            listeners.append(stack.enter_context(socket.create_server(("0.0.0.0", 0))))
            port = listeners[0].getsockname()[1]
            addresses = [*((own, port) for own in ("127.0.0.1", *_own_addresses())), _NOWHERE]
        with suppress(OSError):
            local = stack.enter_context(socket.socket(socket.AF_UNIX))
            local.bind(abstract)
            local.listen()
            listeners.append(local)
        for one in listeners:
            one.setblocking(False)
        yield Planted(secret, prefix, tuple(paths), tuple(addresses), abstract, tuple(listeners))


def _plant(stack: ExitStack, folder: Path, prefix: str, secret: str) -> str | None:
    """The path of a file with the secret that every user of the host may read; None where none can be made."""
    try:
        descriptor, path = tempfile.mkstemp(prefix=prefix, dir=folder)
    except OSError:
        return None
    stack.callback(Path(path).unlink, missing_ok=True)
    with open(descriptor, "w", encoding="ascii") as file:
        file.write(secret)
    Path(path).chmod(0o644)
    return path


def _own_addresses() -> list[str]:
    """This machine's address in the network, as the kernel would choose it. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one, suppress(OSError):
        one.connect(_NOWHERE)
        return [str(one.getsockname()[0])]
    return []


def network(sandbox: Sandbox, plan: Planted) -> Seen:
    """Connect to the host, to the world, and open rare kinds of sockets."""
    wanted = {"addresses": plan.addresses, "abstract": plan.abstract}
    result = _run(sandbox, _NETWORK, json.dumps(wanted))
    reached = [line.removeprefix("reached ") for line in _lines(result) if line.startswith("reached ")]
    for one in plan.listeners:
        with suppress(BlockingIOError):
            one.accept()[0].close()
            reached.append("a socket of the host")
    if reached:
        return Seen(False, f"reached {', '.join(dict.fromkeys(reached))}")
    if result.outcome == "not_collected":
        return Seen(True, "it has no sockets")
    tried = next((line for line in _lines(result) if line.startswith("tried ")), "")
    return Seen(bool(tried), f"{tried} ways, none led out" if tried else _ended(result))


def secret(sandbox: Sandbox, plan: Planted) -> Seen:
    """Read files and the environment of the host."""
    wanted = {"paths": plan.paths, "prefix": plan.prefix}
    result = _run(sandbox, _SECRET, json.dumps(wanted))
    if plan.secret in result.stdout + result.stderr:
        return Seen(False, "a secret of the host was read")
    if "looked" not in _lines(result):
        return Seen(False, _ended(result))
    return Seen(True, f"{len(plan.paths)} planted files and a planted variable stayed unread")


def processes(sandbox: Sandbox, plan: Planted) -> Seen:
    """Fork without end."""
    result = _run(sandbox, _FORK, limits=Limits(wall_seconds=_WALL_SECONDS, processes=_PROCESSES))
    stopped = [int(line.split()[1]) for line in _lines(result) if line.startswith("stopped ")]
    if "not stopped" in _lines(result) or (stopped and stopped[0] > _PROCESSES):
        return Seen(False, f"more than {_PROCESSES} processes ran")
    if result.outcome == "not_collected":
        return Seen(True, "it has no processes")
    if not stopped:
        return Seen(False, _ended(result))
    return Seen(True, f"stopped after {stopped[0]} of {_PROCESSES} allowed")


def memory(sandbox: Sandbox, plan: Planted) -> Seen:
    """Hold too much memory in two processes, each of which holds little enough."""
    limits = Limits(wall_seconds=2 * _WALL_SECONDS, memory_mb=_MEMORY_MB)
    result = _run(sandbox, _MEMORY, limits=limits)
    if result.outcome == "not_collected":
        return _memory_alone(sandbox, limits)
    if "held 2" in _lines(result):
        return Seen(False, f"two processes held 640 MiB together, {_MEMORY_MB} allowed")
    ended = result.outcome == "memory_limit" or "held 1" in _lines(result) or "held 0" in _lines(result)
    peak = "" if result.peak_mb is None else f" at {result.peak_mb:.0f} MiB"
    return Seen(ended, f"ended{peak}, {_MEMORY_MB} allowed" if ended else _ended(result))


def _memory_alone(sandbox: Sandbox, limits: Limits) -> Seen:
    """The same in one process, where there can be no two."""
    result = _run(sandbox, _MEMORY_ALONE, limits=limits)
    if "held all" in _lines(result):
        return Seen(False, f"one process held 640 MiB, {_MEMORY_MB} allowed")
    ended = result.outcome == "memory_limit" or "stopped" in _lines(result)
    return Seen(ended, f"ended below 640 MiB, {_MEMORY_MB} allowed" if ended else _ended(result))


def files(sandbox: Sandbox, plan: Planted) -> Seen:
    """Write a file, many files and all files without end."""
    limits = Limits(wall_seconds=_WALL_SECONDS, file_mb=2, disk_mb=8, inodes=_INODES)
    ended = []
    for way, what in _FILE_WAYS.items():
        result = _run(sandbox, _FILES.replace("@WAY@", way), limits=limits)
        if result.outcome != "memory_limit" and "stopped" not in _lines(result):
            return Seen(False, f"no end of {what}" if "no end" in _lines(result) else _ended(result))
        ended.append(result.outcome == "memory_limit")
    return Seen(True, f"stopped at {ended.count(False)} limits, ended at {ended.count(True)}")


def time(sandbox: Sandbox, plan: Planted) -> Seen:
    """Never end."""
    result = _run(sandbox, _FOREVER, limits=Limits(wall_seconds=0.5))
    return Seen(result.outcome == "timeout", f"{result.outcome} after {result.seconds:.1f} s, 0.5 allowed")


def honest(sandbox: Sandbox, plan: Planted) -> Seen:
    """A right solution."""
    result = sandbox.verify(_job(_HONEST))
    return Seen(result.outcome == "passed", f"{result.outcome}, grade {result.grade or 'none'}")


def liar(sandbox: Sandbox, plan: Planted) -> Seen:
    """A solution whose answers claim to be equal to everything."""
    return _refused(sandbox, _LIAR)


def quitter(sandbox: Sandbox, plan: Planted) -> Seen:
    """A solution that ends the process as if all were well."""
    return _refused(sandbox, _QUITTER)


def wrong(sandbox: Sandbox, plan: Planted) -> Seen:
    """A wrong solution."""
    return _refused(sandbox, _WRONG)


PROBES: dict[str, Probe] = {
    "network refused": network,
    "secrets unreadable": secret,
    "process cap": processes,
    "memory cap": memory,
    "file caps": files,
    "time cap": time,
    "right solution passes": honest,
    "wrong solution fails": wrong,
    "lying equality caught": liar,
    "early exit caught": quitter,
}


def _refused(sandbox: Sandbox, text: str) -> Seen:
    outcomes = [sandbox.verify(_job(text, apart=apart)).outcome for apart in (True, False)]
    fine = all(outcome not in ("passed", "infra_error") for outcome in outcomes)
    return Seen(fine, " and ".join(dict.fromkeys(outcomes)))


def _job(text: str, *, apart: bool = True) -> Job:
    return Job(
        files=(CodeFile(path="solution.py", text=text),),
        tests=(CodeFile(path="test_solution.py", text=_TEST),),
        limits=Limits(wall_seconds=_WALL_SECONDS),
        apart=apart,
    )


def _run(sandbox: Sandbox, text: str, stdin: str = "", limits: Limits | None = None) -> ScriptResult:
    files = (CodeFile(path="probe.py", text=text),)
    limits = limits or Limits(wall_seconds=_WALL_SECONDS)
    return sandbox.run(Script(files=files, main="probe.py", stdin=stdin, limits=limits))


def _lines(result: ScriptResult) -> list[str]:
    return result.stdout.splitlines()


def _ended(result: ScriptResult) -> str:
    """How a probe ended that could not be tried to its end."""
    said = " ".join(result.stderr.split())[-200:]
    return f"the probe ended as {result.outcome}" + (f": {said}" if said else "")
