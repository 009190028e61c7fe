"""One whole flow offline: real seeds, real worker processes, the real sandbox; killed, resumed, paused, cancelled."""

import json
import os
import signal
import sysconfig
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from synth.errors import BadInput, NotFound
from synth.journal import read_run
from synth.records import Dropped, Record
from synth.settings import RunConfig
from synth.workspace import Workspace

pytestmark = pytest.mark.sandbox

SEEDS = ("textwrap.py", "heapq.py", "bisect.py", "shlex.py", "csv.py")
SMALL = RunConfig.model_validate(
    {
        "name": "small",
        "grow": {"steps": 4},
        "sample": {"count": 12, "temperatures": (1.0, 10.0)},
        "evolve": {"roots": 3, "rounds": 2, "children": 2},
    }
)


def open_with_seeds(folder: Path) -> Workspace:
    """A workspace with the seeds of a few modules."""
    workspace = Workspace(folder)
    for name in SEEDS:
        workspace.add_seeds(Path(sysconfig.get_paths()["stdlib"]) / name, licence="PSF-2.0")
    return workspace


def wait(workspace: Workspace, run_id: str, seconds: float = 120) -> str:
    """Wait until the worker has stopped; returns the run's state."""
    end = time.monotonic() + seconds
    while workspace.run(run_id).alive and time.monotonic() < end:
        time.sleep(0.1)
    workspace.ingest()
    return workspace.run(run_id).state


def wait_for_records(folder: Path, least: int, seconds: float = 60) -> None:
    """Wait until the journals hold so many records."""
    end = time.monotonic() + seconds
    while sum(1 for _ in read_run(folder)) < least:
        assert time.monotonic() < end, "the worker makes nothing"
        time.sleep(0.02)


def worker_of(folder: Path) -> int:
    """The process id of the run's worker."""
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().split(b"\0")
        except OSError:
            continue
        if b"synth.worker" in words and str(folder).encode() in words:
            return int(entry.parent.name)
    raise AssertionError("no worker")


def comparable(records: Iterator[Record]) -> dict[str, str]:
    """Records by id without what a clock decides."""
    found = {}
    for record in records:
        body = record.model_dump(mode="json")
        for name in ("seconds", "peak_mb", "stdout", "stderr", "failures"):
            body.pop(name, None)
        for name in ("seconds", "at"):
            (body.get("made") or {}).pop(name, None)
        found[record.id] = json.dumps(body, sort_keys=True)
    return found


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Workspace, str]]:
    """A workspace with one finished small run."""
    workspace = open_with_seeds(tmp_path_factory.mktemp("finished"))
    run_id = workspace.start_run(SMALL)
    state = wait(workspace, run_id)
    assert state == "finished", (workspace.run(run_id).error, _log(workspace, run_id))
    yield workspace, run_id
    workspace.close()


def _log(workspace: Workspace, run_id: str) -> str:
    return (workspace.folder / "runs" / run_id / "worker.log").read_text(encoding="utf-8")[-2000:]


def test_the_flow_goes_from_real_code_to_proven_solutions(finished: tuple[Workspace, str]) -> None:
    workspace, run_id = finished
    stages = {stage.name: stage.count for stage in workspace.funnel(run_id).stages}
    assert stages["seeds read"] == workspace.counts().seeds
    assert stages["subtrees drawn"] == 12
    assert stages["growth steps"] + sum(d.count for d in workspace.funnel(run_id).drops if d.step == "grow") == 4
    assert stages["proven"] >= 6
    assert stages["proven"] == stages["passed at once"] + stages["repaired"]
    assert stages["instructions evolved"] > 0
    assert stages["answered"] == stages["collected"] > 0


def test_the_tree_counts_seeds_and_keeps_estimates_apart(finished: tuple[Workspace, str]) -> None:
    workspace, _ = finished
    tree = workspace.tree()
    for path in tree.paths():
        node = tree.node(path)
        assert node is not None
        assert tree.observed(node) == len(set(tree.evidence(node)))
        assert (tree.observed(node) > 0) or (tree.estimated(node) is not None) or tree.children(node)


def test_every_sample_can_be_followed_back_to_its_seeds(finished: tuple[Workspace, str]) -> None:
    workspace, run_id = finished
    rows, total = workspace.tasks(outcome="passed")
    assert total >= 6
    sample = workspace.sample(rows[0].id)
    assert sample.proven
    assert sample.run_ids == (run_id,)
    assert sample.evidence
    assert all(":" in place for _, places in sample.evidence for place in places)
    assert "PSF-2.0" in sample.licences
    assert {score.name for score in sample.scores} >= {"cyclomatic", "halstead_token_volume"}


def test_a_finished_run_is_not_started_again(finished: tuple[Workspace, str]) -> None:
    workspace, run_id = finished
    with pytest.raises(BadInput, match="is finished"):
        workspace.resume(run_id)
    with pytest.raises(NotFound, match="no run `r9999-x`"):
        workspace.resume("r9999-x")
    with pytest.raises(NotFound):
        workspace.run("../../etc")


@pytest.mark.parametrize("after", [20, 120, 260])
def test_a_killed_run_goes_on_and_ends_as_if_it_had_not_been_killed(
    finished: tuple[Workspace, str], tmp_path: Path, after: int
) -> None:
    whole, whole_id = finished
    workspace = open_with_seeds(tmp_path)
    run_id = workspace.start_run(SMALL)
    folder = workspace.folder / "runs" / run_id
    wait_for_records(folder, after)
    os.kill(worker_of(folder), signal.SIGKILL)
    assert wait(workspace, run_id) == "interrupted"
    done = {record.id for record in read_run(folder)}
    assert len(done) >= after

    workspace.resume(run_id)
    assert wait(workspace, run_id) == "finished", _log(workspace, run_id)
    written = Counter(record.id for record in read_run(folder))
    assert max(written.values()) == 1, "finished work was repeated"
    expected = comparable(read_run(whole.folder / "runs" / whole_id))
    assert comparable(read_run(folder)) == expected
    stages = workspace.funnel(run_id).stages
    assert stages == whole.funnel(whole_id).stages
    workspace.close()


def test_a_run_outlives_its_owner_and_is_taken_in_by_the_next(tmp_path: Path) -> None:
    workspace = open_with_seeds(tmp_path)
    run_id = workspace.start_run(SMALL)
    wait_for_records(workspace.folder / "runs" / run_id, 10)
    workspace.close()
    again = Workspace(tmp_path)
    assert wait(again, run_id) == "finished"
    assert again.funnel(run_id).stages[7].count >= 6
    again.close()


def test_a_paused_run_stands_still_and_a_cancelled_one_keeps_what_is_done(tmp_path: Path) -> None:
    workspace = open_with_seeds(tmp_path)
    run_id = workspace.start_run(SMALL)
    folder = workspace.folder / "runs" / run_id
    wait_for_records(folder, 10)
    workspace.pause(run_id)
    end = time.monotonic() + 30
    while workspace.run(run_id).state != "paused" and time.monotonic() < end:
        time.sleep(0.05)
    assert workspace.run(run_id).state == "paused"
    workspace.cancel(run_id)
    assert wait(workspace, run_id) == "cancelled"
    kept = len({record.id for record in read_run(folder)})
    assert kept >= 10
    workspace.resume(run_id)
    assert wait(workspace, run_id) == "finished"
    assert len({record.id for record in read_run(folder)}) > kept
    workspace.close()


def test_dropped_items_are_kept_with_their_reasons(finished: tuple[Workspace, str]) -> None:
    workspace, run_id = finished
    records = list(read_run(workspace.folder / "runs" / run_id))
    drops = [record for record in records if isinstance(record, Dropped)]
    assert sum(d.count for d in workspace.funnel(run_id).drops if d.step in {r.step for r in drops}) >= len(drops)
    assert all(record.reason for record in drops)


def test_roots_may_be_proven_tasks_and_what_overlaps_a_benchmark_is_not_kept(tmp_path: Path) -> None:
    bench = tmp_path / "bench.jsonl"
    text = "Please use the standard library only and put everything into one module, that is all."
    bench.write_text(json.dumps({"prompt": [text]}) + "\n", encoding="utf-8")
    workspace = open_with_seeds(tmp_path / "w")
    changes = {
        "evolve": {"roots": 4, "roots_from": "tasks", "rounds": 1, "children": 2},
        "decontaminate": {"files": [str(bench)]},
    }
    run_id = workspace.start_run(RunConfig.model_validate({**SMALL.model_dump(), **changes}))
    assert wait(workspace, run_id) == "finished", _log(workspace, run_id)
    funnel = workspace.funnel(run_id)
    stages = {stage.name: stage.count for stage in funnel.stages}
    assert stages["instructions evolved"] > 0
    roots = [tree.text for tree in workspace.forest(run_id)]
    assert len(roots) == 4
    questions = {workspace.sample(row.id).question for row in workspace.tasks(outcome="passed", limit=100)[0]}
    assert set(roots) <= questions
    assert stages["kept"] < stages["proven"], "single-module tasks share eleven words with the benchmark"
    dropped = {(drop.step, drop.reason): drop.count for drop in funnel.drops}
    assert dropped["decontaminate", "overlaps a benchmark"] >= stages["proven"] - stages["kept"]
    report = workspace.export("full", tmp_path / "kept.jsonl", run_id=run_id)
    assert report.rows == stages["kept"]
    assert workspace.datasets()[0].left_out["overlaps a benchmark"] >= stages["proven"] - stages["kept"]
    workspace.close()


def test_a_second_run_counts_no_seed_twice_and_pays_for_no_extraction_again(
    finished: tuple[Workspace, str],
) -> None:
    workspace, _ = finished
    observed = workspace.tree().observed
    before = {path: observed(workspace.tree().node(path) or 0) for path in workspace.tree().paths()}
    run_id = workspace.start_run(
        SMALL.model_copy(update={"name": "again", "evolve": SMALL.evolve.model_copy(update={"roots": 0})})
    )
    assert wait(workspace, run_id) == "finished"
    extract = workspace.run(run_id).steps[0]
    assert (extract.step, extract.reused) == ("extract", extract.total)
    tree = workspace.tree()
    assert all(tree.observed(tree.node(path) or 0) == count for path, count in before.items())


def test_a_run_without_a_sandbox_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = open_with_seeds(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("ESPALIER_SANDBOX", "bubblewrap")
    run_id = workspace.start_run(SMALL)
    assert wait(workspace, run_id) == "failed"
    assert "bubblewrap" in workspace.run(run_id).error
    workspace.close()
