"""Which sandbox can be had here? Found out by starting one, never by looking at versions. Nothing runs without one."""

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from synth.errors import SandboxUnavailable
from synth.records import CodeFile
from synth.sandbox.base import Job, Sandbox
from synth.sandbox.launch import Launcher, launch_user
from synth.sandbox.pool import BareSlot, OneShotSlot, SandboxPool, WarmSlot
from synth.sandbox.runtime import prepare_runtime

ACCEPTED = "ESPALIER_ACCEPT_UNSANDBOXED"
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


@cache
def choose_sandbox(workers: int | None = None) -> Sandbox:
    """The best sandbox of this machine, found once for each process: for `workers` jobs at once, default all cores.

    Tried in this order: warm processes inside bubblewrap; a bubblewrap for every job; for the superuser, the same
    without user namespaces. All three are level `strong`. The first call of a machine prepares the sandbox's Python,
    which takes seconds. Raises `SandboxUnavailable`, which says what stands in the way and the command that mends it.
    """
    if sys.platform != "linux":
        raise SandboxUnavailable(
            f"{_REFUSAL}, and {sys.platform} has none. Mend: run Espalier in a Linux virtual machine or container."
        )
    program = find_program()
    privileged = _probe_start(program)
    runtime = prepare_runtime(readable_by_all=launch_user() is not None)
    numbers = range(workers or os.cpu_count() or 1)
    launchers = [Launcher(program, runtime, launch_user(number), privileged) for number in numbers]
    once, warm = ("bubblewrap", OneShotSlot), ("bubblewrap-pool", WarmSlot)
    said = ""
    for backend, slot in (once,) if privileged else (warm, once):
        sandbox = SandboxPool(backend, "strong", [slot(launcher) for launcher in launchers], runtime)
        said = _probe_job(sandbox)
        if not said:
            return sandbox
        sandbox.close()
    raise SandboxUnavailable(f"{_REFUSAL}, and the one here does not work: {said}")


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
        raise SandboxUnavailable(f"{_REFUSAL}, and bubblewrap is missing. Mend: {install_command()}")
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
    raise SandboxUnavailable(f"{_REFUSAL}, and bubblewrap does not start ({said}). Mend: {mend(said)}")


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


def _probe_job(sandbox: Sandbox) -> str:
    """Have one job pass and one fail; says what was wrong, or nothing."""
    for text, expected in (("assert 1 + 1 == 2\n", "passed"), ("assert 1 + 1 == 3\n", "failed")):
        job = Job(files=(), tests=(CodeFile(path="test_probe.py", text=text),), once=True)
        result = sandbox.verify(job)
        if result.outcome != expected:
            seen = result.stderr.strip()[-500:] or "nothing"
            return f"a job that should have {expected} ended as {result.outcome}. It said: {seen}"
    return ""
