"""The strongest sandbox that can be had is taken; where there is none, the reason and the mend are said."""

import importlib.util
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from synth.errors import BadConfig, SandboxUnavailable
from synth.records import CodeFile
from synth.sandbox.base import Job, Limits, Sandbox, Script
from synth.sandbox.choose import ACCEPTED, ALLOW_PARTIAL, WANTED, choose, choose_no_sandbox, choose_sandbox, mend
from synth.sandbox.container import ENGINES
from synth.sandbox.launch import Launcher, launch_user
from synth.sandbox.pool import BareSlot, OneShotSlot, SandboxPool, WarmSlot
from synth.sandbox.runtime import prepare_runtime

pytestmark = pytest.mark.sandbox

SUM = Job(
    (),
    (
        CodeFile(
            path="test_it.py",
            text="from solution import f\ndef test_a():\n    assert f(2, 2) == 4\n    assert f(2, 3) == 5\n",
        ),
    ),
)
JOB = Job((), (CodeFile(path="test_it.py", text="def test_a():\n    pass\n"),))


def stand_in(folder: Path, script: str, name: str = "bwrap") -> Path:
    """A program that does what `script` says."""
    program = folder / name
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    return program


def test_this_machine_has_a_strong_one_and_finds_it_once(sandbox: Sandbox) -> None:
    assert (sandbox.backend, sandbox.level) == ("bubblewrap-pool", "strong")
    assert choose_sandbox() is sandbox


def test_missing_bubblewrap_names_the_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "dnf").write_text("#!/bin/sh\n", encoding="utf-8")
    (tmp_path / "dnf").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SandboxUnavailable, match=r"bubblewrap is missing\. Mend: sudo dnf install bubblewrap"):
        choose(wanted="strong")


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (
            "echo 'bwrap: setting up uid map: Permission denied' >&2; exit 1",
            r"Permission denied.*Mend: .*(sysctl|--security-opt)",
        ),
        ("echo 'bwrap: Unknown option --disable-userns' >&2; exit 1", r"Mend: version 0\.8 or newer"),
        ("exit 0", r"should have passed ended as infra_error"),
    ],
)
def test_a_bubblewrap_that_does_not_start_is_found_out_by_starting_it(
    monkeypatch: pytest.MonkeyPatch, open_folder: Path, script: str, said: str
) -> None:
    stand_in(open_folder, script)
    monkeypatch.setenv("PATH", f"{open_folder}:/usr/bin:/bin")
    with pytest.raises(SandboxUnavailable, match=said):
        choose(wanted="strong")


@pytest.mark.parametrize("wanted", ["strong", "container"])
def test_other_systems_are_told_what_they_cannot_have(monkeypatch: pytest.MonkeyPatch, wanted: str) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    with pytest.raises(SandboxUnavailable, match=r"not run without a sandbox.*darwin.* Mend: .*Linux virtual machine"):
        choose(wanted=wanted)


def test_where_bubblewrap_fails_a_container_engine_is_taken_and_it_is_said_why(
    monkeypatch: pytest.MonkeyPatch, open_folder: Path
) -> None:
    if not os.environ.get("CI") and not any(map(shutil.which, ENGINES)):
        pytest.skip("there is no container engine: sudo apt-get install podman runc")
    stand_in(open_folder, "echo 'no namespaces for you' >&2; exit 1")
    monkeypatch.setenv("PATH", f"{open_folder}:{os.environ['PATH']}")
    found = choose(1)
    assert found.sandbox.level == "container"
    assert [level for level, _ in found.passed_over] == ["strong"]
    assert "no namespaces for you" in found.passed_over[0][1]
    assert " Mend: " in found.passed_over[0][1]


def test_where_no_engine_answers_either_webassembly_is_taken(
    monkeypatch: pytest.MonkeyPatch, open_folder: Path
) -> None:
    for name in ("bwrap", "podman", "docker"):
        stand_in(open_folder, f"echo {name} is broken >&2; exit 1", name)
    monkeypatch.setenv("PATH", f"{open_folder}:/usr/bin:/bin")
    if importlib.util.find_spec("wasmtime") is None:
        with pytest.raises(SandboxUnavailable, match=r"bwrap is broken.*podman.*is broken.*docker.*is broken.*wasm: "):
            choose(1)
        return
    found = choose(1)
    found.sandbox.close()
    assert found.sandbox.level == "wasm"
    assert [level for level, _ in found.passed_over] == ["strong", "container"]
    assert "podman: it does not answer: podman is broken" in found.passed_over[1][1]


def test_a_partial_sandbox_is_never_taken_unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ALLOW_PARTIAL, raising=False)
    with pytest.raises(SandboxUnavailable, match=f"--allow-partial or set {ALLOW_PARTIAL}=yes"):
        choose(1, "partial")
    asked = choose(1, "partial", True)
    monkeypatch.setenv(ALLOW_PARTIAL, "yes")
    monkeypatch.setenv(WANTED, "partial:landlock")
    allowed = choose(1)
    for found in (asked, allowed):
        assert (found.sandbox.level, found.sandbox.backend) == ("partial", "partial:landlock")
        found.sandbox.close()


def test_one_rung_can_be_asked_for_and_no_other_is_then_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = choose(1, "bubblewrap")
    assert (found.sandbox.backend, found.sandbox.level, found.passed_over) == ("bubblewrap", "strong", ())
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SandboxUnavailable, match=r"sandbox\. container: podman is missing; docker is missing\."):
        choose(1, "container")
    with pytest.raises(SandboxUnavailable, match=r"sandbox\. container: docker is missing\."):
        choose(1, "container:docker")
    with pytest.raises(BadConfig, match=r"no sandbox `strongest`\. There are: strong, bubblewrap-pool, "):
        choose(1, "strongest")


def test_an_old_bubblewrap_is_named_before_anything_else() -> None:
    assert "0.8 or newer" in mend("bwrap: Unknown option --size")


def pool_of(program: Path, warm: bool, folder: Path | None = None) -> SandboxPool:
    """A pool of one worker over any program that calls itself bubblewrap."""
    runtime = prepare_runtime(launch_user() is not None)
    launcher = Launcher(program, runtime if folder is None else replace(runtime, folder=folder), launch_user())
    return SandboxPool("a test", "strong", [WarmSlot(launcher) if warm else OneShotSlot(launcher)], runtime)


@pytest.mark.parametrize("warm", [True, False])
@pytest.mark.parametrize("script", ["echo broken >&2; exit 1", "exit 0", "kill -9 $$"])
def test_a_fault_of_the_sandbox_is_not_the_job_s(open_folder: Path, script: str, warm: bool) -> None:
    pool = pool_of(stand_in(open_folder, script), warm)
    result = pool.verify(JOB)
    assert (result.outcome, result.tests.collected) == ("infra_error", 0)
    assert pool.run(Script(JOB.tests, "test_it.py")).outcome == "infra_error"


@pytest.mark.parametrize("warm", [True, False])
def test_a_launcher_that_is_gone_is_a_fault_too(tmp_path: Path, warm: bool) -> None:
    result = pool_of(tmp_path / "bwrap", warm).verify(JOB)
    assert result.outcome == "infra_error"
    assert "could not be started" in result.stderr


@pytest.mark.parametrize("warm", [True, False])
def test_a_runtime_that_is_gone_is_a_fault_too(open_folder: Path, warm: bool) -> None:
    result = pool_of(Path(shutil.which("bwrap") or ""), warm, open_folder).verify(JOB)
    assert result.outcome == "infra_error"
    assert "bwrap:" in result.stderr


@pytest.mark.parametrize("privileged", [False, True])
def test_without_namespaces_inside_namespaces_each_job_gets_its_own_bubblewrap(privileged: bool) -> None:
    if privileged and launch_user() is None:
        return  # only the superuser can
    launcher = Launcher(Path(shutil.which("bwrap") or ""), prepare_runtime(True), launch_user(), privileged)
    pool = SandboxPool("bubblewrap", "strong", [OneShotSlot(launcher)], launcher.runtime)
    right, wrong = (
        pool.verify(replace(SUM, files=(CodeFile(path="solution.py", text=f"def f(a, b):\n    return a {sign} b\n"),)))
        for sign in "+-"
    )
    assert (right.outcome, right.grade, wrong.outcome) == ("passed", "A-split", "failed")
    together = pool.verify(replace(SUM, files=right_files(), apart=False))
    assert (together.outcome, together.grade) == ("passed", "B-canary")
    seen = pool.run(Script((CodeFile(path="a.py", text="import os; print(os.getuid())"),), "a.py"))
    assert (seen.outcome, int(seen.stdout) > 0) == ("passed", True)


def test_nothing_runs_unisolated_by_accident_nor_as_the_superuser(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SandboxUnavailable, match=ACCEPTED):
        choose_no_sandbox()
    monkeypatch.setenv(ACCEPTED, "yes")
    if os.geteuid() == 0:
        with pytest.raises(SandboxUnavailable, match="superuser"):
            choose_no_sandbox()


def test_what_runs_unisolated_says_so_and_still_judges() -> None:
    pool = SandboxPool("none", "none", [BareSlot()], None)
    result = pool.verify(replace(SUM, files=right_files()))
    assert (pool.level, result.outcome, result.grade) == ("none", "passed", "A-split")
    assert pool.verify(replace(SUM, files=right_files(), limits=Limits(wall_seconds=0.001))).outcome == "timeout"


def test_what_runs_unisolated_is_admitted_by_the_same_rules() -> None:
    pool = SandboxPool("none", "none", [BareSlot()], None)
    outside = (CodeFile(path="../../outside.py", text=""),)
    assert pool.verify(replace(SUM, files=outside)).outcome == "not_collected"
    assert pool.run(Script(outside, outside[0].path)).outcome == "not_collected"
    wanting = pool.verify(replace(SUM, files=right_files(), packages=("numpy", "no_such_package")))
    assert (wanting.outcome, "no_such_package" in wanting.stderr) == ("not_collected", True)


def test_the_superuser_starts_it_as_another_user() -> None:
    user = launch_user()
    assert user is None or user > 65_000


def test_workers_of_the_superuser_run_as_different_users() -> None:
    users = {launch_user(number) for number in range(4)}
    assert users == {None} or len(users) == 4


def right_files() -> tuple[CodeFile, ...]:
    """A solution of `SUM`."""
    return (CodeFile(path="solution.py", text="def f(a, b):\n    return a + b\n"),)
