"""One run over a dataset with a sandbox that fails: it stops, keeps what it has, and can be taken up again."""

import json
from pathlib import Path

import pytest

from synth.errors import SandboxFault
from synth.records import Outcome, TestCounts
from synth.sandbox.base import Job, JobResult, Limits, Script, ScriptResult
from synth.sandbox_cli.ledger import Ledger
from synth.sandbox_cli.running import DatasetRun, Proofs
from tests.sandbox_cli import dataset, entry, results

OPTIONS = {"timeout": 10.0, "shard": "1/1"}


class Weak:
    """A sandbox that fails, or breaks, at the solutions that say so; it runs nothing."""

    backend, level = "weak", "strong"

    def __init__(self, *, mended: bool = False) -> None:
        self._mended = mended
        self.ran: list[str] = []

    def verify(self, job: Job) -> JobResult:
        """As the solution's text says."""
        text = job.files[0].text
        self.ran.append(text)
        if text == "break" and not self._mended:
            raise RuntimeError("a bug of ours")
        outcome: Outcome = "infra_error" if text == "fail" and not self._mended else "passed"
        return JobResult(outcome, TestCounts(), (), None, 0.0, None, "", "it fell over")

    def run(self, script: Script) -> ScriptResult:
        """Nothing."""
        raise NotImplementedError

    def close(self) -> None:
        """Nothing is open."""


def go(folder: Path, sandbox: Weak, *, resume: bool = False) -> int:
    with (
        (folder / "in").open("rb") as file,
        Ledger(folder / "out", OPTIONS, overwrite=False, resume=resume, file=file) as ledger,
    ):
        return DatasetRun(
            file, ledger, sandbox, Limits(), Proofs(False, 0, False, False), OPTIONS, 2, as_json=True
        ).go()


def test_a_sandbox_that_fails_again_and_again_stops_the_run_and_its_faults_are_tried_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dataset(tmp_path / "in", [entry(number, "fine" if number < 30 else "fail") for number in range(100)])
    with pytest.raises(SandboxFault, match="it fell over"):
        go(tmp_path, Weak())
    assert "--resume goes on" in capsys.readouterr().err
    mended = Weak(mended=True)
    assert go(tmp_path, mended, resume=True) == 0
    assert "fine" not in mended.ran
    assert len(mended.ran) == 70
    assert [row["id"] for row in results(tmp_path / "out")] == list(range(100))
    assert {row["outcome"] for row in results(tmp_path / "out")} == {"passed"}


def test_a_single_fault_is_written_down_as_what_it_is(tmp_path: Path) -> None:
    dataset(tmp_path / "in", [entry(number, "fail" if number == 3 else "fine") for number in range(9)])
    assert go(tmp_path, Weak()) == 0
    assert [row["id"] for row in results(tmp_path / "out") if row["outcome"] == "infra_error"] == [3]


def test_a_bug_of_ours_ends_the_run_loudly_and_loses_nothing(tmp_path: Path) -> None:
    dataset(tmp_path / "in", [entry(number, "break" if number == 20 else "fine") for number in range(40)])
    with pytest.raises(RuntimeError, match="a bug of ours"):
        go(tmp_path, Weak())
    kept = (tmp_path / "out.journal").read_text(encoding="utf-8").splitlines()[1:]
    mended = Weak(mended=True)
    assert go(tmp_path, mended, resume=True) == 0
    assert len(mended.ran) == 40 - len(kept)
    assert [row["id"] for row in results(tmp_path / "out")] == list(range(40))


def test_more_bad_lines_than_are_read_at_once_are_all_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dataset(tmp_path / "in", [*["{"] * 5000, entry(1, "fine")])
    assert go(tmp_path, Weak()) == 0
    said = capsys.readouterr()
    assert said.err.count("Skipped.") == 5000
    summary = json.loads(said.out.splitlines()[-1])
    assert (summary["bad"], summary["results"], summary["done"]) == (5000, 1, 5001)
