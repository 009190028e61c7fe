"""The container rung: what it holds back, what it lets work, and that nothing of it stays."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from synth.errors import SandboxUnavailable
from synth.records import CodeFile
from synth.sandbox import contained
from synth.sandbox.base import Job, Limits, Sandbox, Script, ScriptResult
from synth.sandbox.contained import Engine, engine_environment
from synth.sandbox.container import ENGINES, ContainerSlot, container_sandbox
from synth.sandbox.launch import launch_user
from synth.sandbox.pool import SandboxPool
from synth.sandbox.runtime import prepare_runtime
from tests.sandbox import around, cases
from tests.sandbox.around import SECRET, Around
from tests.sandbox.cases import GOT, HONEST, HOSTILE, Folder
from tests.sandbox.test_choose import stand_in

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(300)]

HOSTILE_CASES = Folder(HOSTILE)
HONEST_CASES = Folder(HONEST)
CONTAINED = [
    *HOSTILE_CASES.of("network", "secrets", "kernel", "interference", "files"),
    *("memory/local_sockets", "memory/summed", "output/both", "persistence/daemon", "persistence/respawn"),
    *("processes/fork_bomb", "time/deaf_sleep"),
]
HARMLESS = {
    "interference/priorities": ("GOT (1, 'affinity')", "GOT (1, 'nice')", "GOT (1, 'idle')"),
    "secrets/accounts": ("GOT /etc/hostname b'sandbox'",),
    "secrets/kernel_log": ("GOT /proc/timer_list b''",),
    "secrets/sysfs": ("GOT /proc/self/loginuid True",),
}
"""What a container lets a program do: slow its own first process down, without which the engine's limits and the host's
clock still hold; read the name that we gave it and a file that was emptied; name itself for an audit of the host's."""
OTHER_OUTCOMES = {
    "files/inodes": {"memory_limit"},
    "files/links": {"memory_limit"},
    "files/odd_names": {"error"},
}
"""Podman cannot bound the number of files itself, so the first process ends the job; `/work` is not the job's own."""
FORGING = ("apart", "functions")
HONEST_ONES = list(HONEST_CASES.cases)[::7]
FIVE = Limits(wall_seconds=5)
FOREVER = "import subprocess, sys, time\nsubprocess.Popen(['sleep', '600.25'])\ntime.sleep(600)\n"


@pytest.fixture(scope="module")
def containers() -> Iterator[Sandbox]:
    """A sandbox of containers. Where there is no engine the tests are skipped, but never in CI."""
    if not os.environ.get("CI") and not any(map(shutil.which, ENGINES)):
        pytest.skip("there is no container engine: sudo apt-get install podman runc")
    sandbox = container_sandbox(4)
    yield sandbox
    sandbox.close()


@pytest.fixture(scope="module")
def surroundings() -> Iterator[Around]:
    """Planted secrets and open doors."""
    around.keep_orphans()
    with around.planted() as planted:
        yield planted


@pytest.fixture(scope="module")
def seen(containers: Sandbox, surroundings: Around) -> dict[str, ScriptResult]:
    """What came of every hostile program."""

    def attempt(name: str) -> ScriptResult:
        case = HOSTILE_CASES.cases[name]
        filled = replace(case, files={path: surroundings.fill(text) for path, text in case.files.items()})
        return containers.run(cases.program(filled))

    with ThreadPoolExecutor(4) as threads:
        return dict(zip(CONTAINED, threads.map(attempt, CONTAINED), strict=True))


def script(text: str, limits: Limits = FIVE) -> Script:
    """A program of one file."""
    return Script((CodeFile(path="program.py", text=text),), "program.py", limits=limits)


def containers_left() -> list[str]:
    """Containers of ours that an engine still knows."""
    listed = [
        subprocess.run([engine, "ps", "-a", "--format", "{{.Names}}"], capture_output=True, text=True, check=False)
        for engine in ENGINES
        if shutil.which(engine)
    ]
    return [name for each in listed for name in each.stdout.split() if name.startswith("espalier-")]


def processes_named(*words: str) -> list[str]:
    """Processes of this machine with these words as their command."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (process / "cmdline").read_bytes().split(b"\0")[: len(words)] == [word.encode() for word in words]:
                found.append(process.name)
    return found


def until(done: Callable[[], bool], seconds: float = 20.0) -> bool:
    """Whether it came to that in time."""
    end = time.monotonic() + seconds
    while not (came := done()) and time.monotonic() < end:
        time.sleep(0.1)
    return came


def test_it_says_what_it_is(containers: Sandbox) -> None:
    assert containers.level == "container"
    assert containers.backend in ("container:podman", "container:docker")


@pytest.mark.parametrize("name", CONTAINED)
def test_a_hostile_program_is_contained(seen: dict[str, ScriptResult], name: str) -> None:
    case, result = HOSTILE_CASES.cases[name], seen[name]
    assert result.outcome != "infra_error", result
    assert SECRET not in result.stdout + result.stderr
    got = [line for line in (result.stdout + result.stderr).splitlines() if GOT in line]
    assert [line for line in got if not line.startswith(HARMLESS.get(name, ()))] == []
    assert result.outcome in case.outcomes | OTHER_OUTCOMES.get(name, set()), result


def test_nobody_came_through_an_open_door_and_nothing_stayed(
    seen: dict[str, ScriptResult], surroundings: Around
) -> None:
    assert seen
    assert surroundings.visits == []
    assert around.settled_marks() == []
    assert not around.reachable(around.PORT_LEFT)
    assert until(lambda: not containers_left())


@pytest.mark.parametrize("style", FORGING)
@pytest.mark.parametrize("name", HOSTILE_CASES.of("forging")[::20])
def test_a_wrong_solution_does_not_pass_whatever_it_does(containers: Sandbox, name: str, style: str) -> None:
    case = HOSTILE_CASES.cases[name]
    if style in case.styles:
        result = containers.verify(cases.forgery(case, style))
        assert result.outcome not in ("passed", "infra_error"), result


@pytest.mark.parametrize(("style", "grade"), [("apart", "A-split"), ("functions", "B-canary")])
def test_the_right_solution_passes_the_same_tests(containers: Sandbox, style: str, grade: str) -> None:
    result = containers.verify(cases.judged((CodeFile(path="solution.py", text=cases.RIGHT),), style))
    assert (result.outcome, result.grade) == ("passed", grade), result


@pytest.mark.parametrize("name", HONEST_ONES)
def test_an_honest_program_passes(containers: Sandbox, name: str) -> None:
    result = containers.verify(cases.honest(HONEST_CASES.cases[name], apart=True))
    assert result.outcome == "passed", result


def test_the_wall_clock_ends_all_of_it(containers: Sandbox) -> None:
    result = containers.run(script(FOREVER, Limits(wall_seconds=1)))
    assert result.outcome == "timeout"
    assert result.seconds < 5
    assert processes_named("sleep", "600.25") == []


def test_memory_of_all_processes_together_has_a_limit(containers: Sandbox) -> None:
    child = "if os.fork() == 0:\n        x = b'x' * (200 << 20)\n        time.sleep(9)"
    text = f"import os, time\nfor _ in range(3):\n    {child}\ntime.sleep(9)\n"
    result = containers.run(script(text, Limits(wall_seconds=8, memory_mb=400)))
    assert result.outcome == "memory_limit", result


def test_its_environment_users_and_rights_are_its_own(containers: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "key")
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example")
    text = """\
import json, os, pwd
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
kept = [status[name].strip() for name in ("CapEff", "CapBnd", "NoNewPrivs", "Seccomp")]
print(json.dumps([sorted(os.environ), pwd.getpwuid(os.getuid()).pw_name, os.getgroups(), kept]))
"""
    result = containers.run(script(text))
    names, user, groups, kept = json.loads(result.stdout)
    assert "OPENAI_API_KEY" not in engine_environment()
    assert not {"OPENAI_API_KEY", "HTTP_PROXY", "container", "HOSTNAME"} & set(names)
    assert (user, kept) == ("sandbox", ["0" * 16, "0" * 16, "1", "2"])
    assert 0 not in groups


def test_no_job_finds_what_another_left_and_the_door_is_taken_away(
    containers: Sandbox, open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(open_folder))
    text = """\
from pathlib import Path
places = [Path(folder, "left") for folder in ("/work", "/tmp", "/dev/shm")]
print(sum(place.exists() for place in places))
[place.write_text("x") for place in places]
"""
    assert [containers.run(script(text)).stdout for _ in range(2)] == ["0\n", "0\n"]
    assert list(open_folder.iterdir()) == []


def test_a_container_does_not_outlive_the_one_who_asked_for_it(containers: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "forever.py").write_text(FOREVER.replace("600.25", "600.75"), encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "synth",
        "sandbox",
        "run",
        "forever.py",
        "--sandbox",
        "container",
        "--timeout",
        "99",
    ]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True) as asking:
        assert until(lambda: bool(processes_named("sleep", "600.75")) or asking.poll() is not None, 90)
        began = processes_named("sleep", "600.75")
        asking.kill()
        assert began, asking.communicate()[1]
    assert until(lambda: not processes_named("sleep", "600.75"))
    assert until(lambda: not containers_left())


def pool_of(program: Path) -> SandboxPool:
    """A pool of one worker over any program that calls itself an engine."""
    runtime = prepare_runtime(launch_user() is not None)
    engine = Engine("podman", program, "an-image")
    return SandboxPool("a test", "container", [ContainerSlot(engine, runtime)], runtime)


@pytest.mark.parametrize("text", ["echo broken >&2; exit 1", "exit 0", "kill -9 $$", "exec sleep 600"])
def test_a_fault_of_the_engine_is_not_the_job_s(
    tmp_path: Path, open_folder: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(open_folder))
    monkeypatch.setattr(contained, "START_SECONDS", 0.5)
    monkeypatch.setattr(contained, "_END_SECONDS", 0.5)
    result = pool_of(stand_in(tmp_path, text, "podman")).run(script("print(1)"))
    assert result.outcome == "infra_error"
    assert "podman: no container" in result.stderr
    assert "broken" in result.stderr or "broken" not in text
    assert list(open_folder.iterdir()) == []


def test_an_engine_that_is_gone_is_a_fault_too(tmp_path: Path) -> None:
    job = Job((), (CodeFile(path="test_it.py", text="def test_a():\n    pass\n"),))
    result = pool_of(tmp_path / "podman").verify(job)
    assert result.outcome == "infra_error"
    assert "could not be started" in result.stderr


def test_what_every_engine_said_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(tmp_path, "echo no storage here >&2; exit 1", "podman")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SandboxUnavailable, match=r"podman: it does not answer: no storage here; .*docker is missing"):
        container_sandbox(1)
