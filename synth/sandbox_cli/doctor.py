"""`synth doctor`: does the sandbox of this machine hold? Found out by trying, and what mends it where it does not."""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from synth.errors import EspalierError, SandboxUnavailable
from synth.sandbox import packages
from synth.sandbox.base import Sandbox
from synth.sandbox.choose import Choice, choose, install_command
from synth.sandbox_cli.chosen import add_rungs
from synth.sandbox_cli.probes import PROBES, Planted, Seen, planted

if TYPE_CHECKING:
    from synth.commands import Register

_ADVISED = (0, 12)
_MEND = (
    "run nothing untrusted here: no setting of this machine is known that mends it; "
    "report it with the output of `synth doctor --json`"
)
_MENDS = {
    "right solution passes": "take load off the machine and try again; then report the output of `synth doctor --json`",
}
_PROFILE = (
    "printf 'abi <abi/4.0>,\\ninclude <tunables/global>\\nprofile bwrap /usr/bin/bwrap flags=(unconfined) "
    "{ userns, }\\n' | sudo tee /etc/apparmor.d/bwrap && sudo apparmor_parser -r /etc/apparmor.d/bwrap"
)
_KUBERNETES = "in Kubernetes: securityContext with procMount: Unmasked and seccompProfile: {type: Unconfined}"


@dataclass(frozen=True, slots=True)
class Found:
    """One line of the doctor's table."""

    name: str
    ok: bool
    saw: str
    seconds: float = 0.0
    mend: str = ""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]", register: "Register") -> None:
    """Add the command."""
    command = register(commands, "doctor", _doctor, "try whether the sandbox of this machine holds")
    command.add_argument("--json", action="store_true")
    add_rungs(command)


def _doctor(options: argparse.Namespace) -> int:
    began = time.monotonic()
    if sys.stderr.isatty() and not options.json:
        print("trying the sandbox; the first time on a machine, it is prepared", file=sys.stderr)
    with planted() as plan:
        start, choice = _start(options)
        found = [start, *(_not_tried() if choice is None else _try_all(choice.sandbox, plan))]
    if choice is not None:
        choice.sandbox.close()
    ok = all(one.ok for one in found)
    facts: dict[str, object] = {
        "ok": ok,
        "backend": "none" if choice is None else choice.sandbox.backend,
        "level": "none" if choice is None else choice.sandbox.level,
        "passed_over": [] if choice is None else [_passed_over(*each) for each in choice.passed_over],
        "seconds": round(time.monotonic() - began, 2),
    }
    machine = _machine()
    if options.json:
        print(json.dumps({**facts, "probes": [asdict(one) for one in found], **machine}))
    else:
        _print(facts, found, machine)
    return 0 if ok else 1


def _start(options: argparse.Namespace) -> tuple[Found, Choice | None]:
    """Start the sandbox."""
    began = time.monotonic()
    try:
        choice = choose(wanted=options.rung, partial=options.allow_partial)
    except SandboxUnavailable as error:
        said, _, mend = str(error).partition(" Mend: ")
        return Found("sandbox starts", False, said, round(time.monotonic() - began, 3), _longer(mend) or _MEND), None
    saw = f"{choice.sandbox.backend}, {choice.sandbox.level}"
    return Found("sandbox starts", True, saw, round(time.monotonic() - began, 3)), choice


def _passed_over(level: str, why: str) -> dict[str, str]:
    """A stronger level, why it is not to be had here, and what mends that."""
    said, _, mend = why.partition(" Mend: ")
    return {"level": level, "why": said, "mend": _longer(mend)}


def _longer(mend: str) -> str:
    """The mend with the very command, where the short form does not have it."""
    if "AppArmor" in mend and "apparmor_parser" not in mend:
        return f"{mend}. As a profile: {_PROFILE}"
    if "container" in mend and "Kubernetes" not in mend and "machine" not in mend:
        return f"{mend}; {_KUBERNETES}"
    return mend


def _not_tried() -> list[Found]:
    return [Found(name, False, "not tried: there is no sandbox", mend="see the first line") for name in PROBES]


def _try_all(sandbox: Sandbox, plan: Planted) -> list[Found]:
    """Try everything at once, as far as the sandbox has room."""

    def attempt(name: str, probe: Callable[[Sandbox, Planted], Seen]) -> Found:
        began = time.monotonic()
        try:
            seen = probe(sandbox, plan)
        except (EspalierError, OSError, ValueError) as error:
            seen = Seen(False, f"the probe itself failed: {error}")
        mend = "" if seen.ok else _MENDS.get(name, _MEND)
        return Found(name, seen.ok, seen.saw, round(time.monotonic() - began, 3), mend)

    with ThreadPoolExecutor(len(PROBES)) as threads:
        return list(threads.map(attempt, PROBES, PROBES.values()))


def _machine() -> dict[str, object]:
    """What the sandbox is made of; no part of the verdict."""
    program = shutil.which("bwrap")
    version = "" if program is None else _version(program)
    advice = []
    if version and _numbers(version) < _ADVISED:
        advice.append(f"bubblewrap {version} holds, 0.12 or newer is better; {install_command()} where it is newer")
    try:
        listed = [f"{name} {version}" for name, version, _ in packages.listed()]
    except (EspalierError, OSError) as error:
        listed, advice = [], [*advice, f"the packages cannot be listed: {error}"]
    return {
        "kernel": platform.release(),
        "bubblewrap": version or None,
        "python": platform.python_version(),
        "workers": len(os.sched_getaffinity(0)),
        "packages": listed,
        "advice": advice,
    }


def _version(program: str) -> str:
    try:
        done = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=2, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip().rpartition(" ")[2]


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdecimal())


def _print(facts: dict[str, object], found: list[Found], machine: dict[str, object]) -> None:
    width = max(len(one.name) for one in found)
    for one in found:
        print(f"{'ok    ' if one.ok else 'FAILED'}  {one.name:<{width}}  {one.seconds:5.2f} s  {one.saw}")
        if one.mend:
            print(f"{'':<8}{'':<{width}}  mend: {one.mend}")
    held = sum(one.ok for one in found)
    passed_over = facts["passed_over"]
    for each in passed_over if isinstance(passed_over, list) else []:
        print(f"weaker, because `{each['level']}` is not to be had: {each['why']}")
        if each["mend"]:
            print(f"{'':<8}mend: {each['mend']}")
    print(f"{held} of {len(found)} hold in {facts['seconds']} s; backend {facts['backend']}, level {facts['level']}.")
    listed = machine["packages"]
    print(
        f"kernel {machine['kernel']}, bubblewrap {machine['bubblewrap'] or 'missing'}, Python {machine['python']}, "
        f"{machine['workers']} workers, {len(listed) if isinstance(listed, list) else 0} packages "
        "(`synth sandbox packages list`)."
    )
    for line in machine["advice"] if isinstance(machine["advice"], list) else []:
        print(f"advice: {line}.")
