"""Which sandbox can be had here? Found out by starting one, never by looking at versions. Nothing runs without one."""

import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from synth.errors import SandboxUnavailable
from synth.records import CodeFile
from synth.sandbox.base import Job, Sandbox
from synth.sandbox.bubblewrap import Bubblewrap, launch_user
from synth.sandbox.runtime import prepare_runtime

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
_START = "--unshare-user --unshare-pid --unshare-net --disable-userns --ro-bind / / --proc /proc --dev /dev"
_PROBE_SECONDS = 20


@cache
def choose_sandbox() -> Sandbox:
    """The best sandbox of this machine, found once for each process.

    The first call of a machine prepares the sandbox's Python, which takes seconds. Raises `SandboxUnavailable`, which
    says what stands in the way and the one command that mends it.
    """
    if sys.platform != "linux":
        raise SandboxUnavailable(
            f"{_REFUSAL}, and {sys.platform} has none. Mend: run Espalier in a Linux virtual machine or container."
        )
    program = _find()
    _probe_start(program)
    sandbox = Bubblewrap(program, prepare_runtime(readable_by_all=launch_user() is not None))
    _probe_job(sandbox)
    return sandbox


def install_command() -> str:
    """The command that installs bubblewrap on this system."""
    known = (command for tool, command in _INSTALL.items() if shutil.which(tool))
    return next(known, "install the package `bubblewrap` with the system's package manager")


def _find() -> Path:
    found = shutil.which("bwrap")
    if found is None:
        raise SandboxUnavailable(f"{_REFUSAL}, and bubblewrap is missing. Mend: {install_command()}")
    return Path(found)


def _probe_start(program: Path) -> None:
    """Start the smallest sandbox that has all the namespaces."""
    user = launch_user()
    command = [str(program), *_START.split(), "--size", "4096", "--tmpfs", "/tmp", "true"]
    try:
        done = subprocess.run(
            command,
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
        raise SandboxUnavailable(f"{_REFUSAL}, and bubblewrap does not start: {error}") from error
    if done.returncode:
        said = done.stderr.strip()
        raise SandboxUnavailable(f"{_REFUSAL}, and bubblewrap does not start ({said}). Mend: {mend(said)}")


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


def _is_on(switch: Path) -> bool:
    try:
        return switch.read_text(encoding="ascii").strip() not in ("", "0")
    except OSError:
        return False


def _probe_job(sandbox: Sandbox) -> None:
    """Have one job pass and one fail."""
    for text, expected in (("assert 1 + 1 == 2\n", "passed"), ("assert 1 + 1 == 3\n", "failed")):
        result = sandbox.verify(Job(files=(), tests=(CodeFile(path="test_probe.py", text=text),)))
        if result.outcome != expected:
            raise SandboxUnavailable(
                f"{_REFUSAL}, and the one here does not work: a job that should have {expected} ended as "
                f"{result.outcome}. It said: {result.stderr.strip()[-500:] or 'nothing'}"
            )
