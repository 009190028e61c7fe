"""Where no sandbox can be had, the reason and the mend are said."""

import shutil
from pathlib import Path

import pytest

from synth.errors import SandboxUnavailable
from synth.records import CodeFile
from synth.sandbox.base import Job, Sandbox
from synth.sandbox.bubblewrap import Bubblewrap, launch_user, resource_limits
from synth.sandbox.choose import choose_sandbox, mend
from synth.sandbox.runtime import Runtime, prepare_runtime

pytestmark = pytest.mark.sandbox

uncached = choose_sandbox.__wrapped__
JOB = Job((), (CodeFile(path="test_it.py", text="def test_a():\n    pass\n"),))


def fake_bubblewrap(folder: Path, script: str) -> Path:
    """A program named `bwrap` that does what `script` says."""
    program = folder / "bwrap"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    return program


def test_this_machine_has_a_strong_one_and_finds_it_once(sandbox: Sandbox) -> None:
    assert (sandbox.backend, sandbox.level) == ("bubblewrap", "strong")
    assert choose_sandbox() is sandbox


def test_missing_bubblewrap_names_the_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "dnf").write_text("#!/bin/sh\n", encoding="utf-8")
    (tmp_path / "dnf").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SandboxUnavailable, match=r"bubblewrap is missing\. Mend: sudo dnf install bubblewrap"):
        uncached()


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
    fake_bubblewrap(open_folder, script)
    monkeypatch.setenv("PATH", f"{open_folder}:/usr/bin:/bin")
    with pytest.raises(SandboxUnavailable, match=said):
        uncached()


def test_other_systems_are_told_that_nothing_runs_unsandboxed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    with pytest.raises(SandboxUnavailable, match=r"darwin has none\. Mend: .*Linux virtual machine"):
        uncached()


def test_an_old_bubblewrap_is_named_before_anything_else() -> None:
    assert "0.8 or newer" in mend("bwrap: Unknown option --size")


@pytest.mark.parametrize("script", ["echo broken >&2; exit 1", "exit 0", "kill -9 $$"])
def test_a_fault_of_the_sandbox_is_not_the_job_s(open_folder: Path, script: str) -> None:
    runtime = prepare_runtime(launch_user() is not None)
    result = Bubblewrap(fake_bubblewrap(open_folder, script), runtime).verify(JOB)
    assert (result.outcome, result.tests.collected) == ("infra_error", 0)


def test_a_launcher_that_is_gone_is_a_fault_too(tmp_path: Path) -> None:
    runtime = prepare_runtime(launch_user() is not None)
    result = Bubblewrap(tmp_path / "bwrap", runtime).verify(JOB)
    assert result.outcome == "infra_error"
    assert "could not be started" in result.stderr


def test_a_runtime_that_is_gone_is_a_fault_too(sandbox: Sandbox, open_folder: Path) -> None:
    (open_folder / "etc").mkdir()
    (open_folder / "lib" / "python3.11").mkdir(parents=True)
    for part in ("lib-dynload", "site-packages"):
        (open_folder / "lib" / "python3.11" / part).mkdir()
    result = Bubblewrap(Path(shutil.which("bwrap") or ""), Runtime(open_folder)).verify(JOB)
    assert result.outcome == "infra_error"
    assert "bwrap:" in result.stderr


def test_the_superuser_starts_it_as_another_user() -> None:
    user = launch_user()
    assert user is None or user > 65_000
    assert resource_limits(JOB.limits, user)["NPROC"] >= JOB.limits.processes
