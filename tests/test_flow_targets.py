"""Runs that grow chosen features only, and runs whose draws hold chosen features: real workers, real folders."""

import json
import sysconfig
import time
from pathlib import Path
from typing import Any

import pytest

from synth.journal import journal_files, read_run
from synth.records import FeaturePath, Growth, Record, Subtree
from synth.settings import RunConfig
from synth.tree.operations import AddMany
from synth.workspace import Workspace

OUTLINE = """
data processing
  parsing
    csv
    json
  cleaning
logging
  levels
"""
AT: tuple[FeaturePath, ...] = (("data processing", "parsing"), ("logging", "levels"))


def config(**parts: dict[str, Any]) -> RunConfig:
    """A run that reads no seed and makes no task unless it is told to."""
    alone: dict[str, Any] = {"extract": {"enabled": False}, "sample": {"count": 0}, "grow": {"steps": 0}}
    return RunConfig.model_validate({"name": "here", **alone, **parts})


def open_with_tree(folder: Path) -> Workspace:
    """A workspace with a few seeds and a small tree that nobody read from them."""
    workspace = Workspace(folder)
    workspace.add_seeds(Path(sysconfig.get_paths()["stdlib"]) / "bisect.py", licence="PSF-2.0")
    workspace.trees.edit([AddMany(parent=0, outline=OUTLINE)])
    return workspace


def run(workspace: Workspace, wanted: RunConfig) -> str:
    """Start a run and wait for its end."""
    run_id = workspace.start_run(wanted)
    return wait(workspace, run_id)


def wait(workspace: Workspace, run_id: str) -> str:
    """Wait until a run's worker has stopped, and take in what it made."""
    end = time.monotonic() + 120
    while workspace.run(run_id).alive and time.monotonic() < end:
        time.sleep(0.05)
    workspace.ingest()
    return run_id


def growths(workspace: Workspace, run_id: str) -> list[Growth]:
    """The growth steps of a run, in order."""
    found = [record for record in read_run(workspace.folder / "runs" / run_id) if isinstance(record, Growth)]
    return sorted(found, key=lambda growth: growth.step)


def comparable(record: Record) -> str:
    """A record without what a clock decides."""
    body = record.model_dump(mode="json")
    for name in ("seconds", "at"):
        body.get("made", {}).pop(name, None)
    return json.dumps(body, sort_keys=True)


def test_growth_alone_grows_each_chosen_feature_in_turn_and_holds_proposals(tmp_path: Path) -> None:
    workspace = open_with_tree(tmp_path)
    before = set(workspace.tree().paths())
    began = time.monotonic()
    run_id = run(workspace, config(grow={"steps": 6, "at": AT, "review": True}))
    assert time.monotonic() - began < 30
    assert workspace.run(run_id).state == "finished", workspace.run(run_id).error
    steps = growths(workspace, run_id)
    assert [growth.step for growth in steps] == list(range(6))
    for growth in steps:
        top = AT[growth.step % 2]
        assert growth.drawn[:2] == (top[:1], top)
        assert all(path[:2] == top for path in growth.drawn[1:])
        assert all(any(grown.path[:2] == one for one in AT) for grown in growth.added)
    assert sum(len(growth.added) for growth in steps) >= 6, "the offline engine knows something of both"
    (proposal,) = workspace.trees.proposals()
    assert proposal.actor.name == run_id
    assert set(workspace.tree().paths()) == before
    workspace.close()


def test_a_growth_that_was_stopped_goes_on_and_ends_as_if_it_had_not_been(tmp_path: Path) -> None:
    workspace = open_with_tree(tmp_path)
    run_id = run(workspace, config(grow={"steps": 6, "at": AT}))
    whole = [comparable(growth) for growth in growths(workspace, run_id)]
    folder = workspace.folder / "runs" / run_id
    (journal,) = journal_files(folder)
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:3]))
    (folder / "progress.json").unlink()
    assert workspace.run(run_id).state == "interrupted"
    workspace.resume(run_id)
    wait(workspace, run_id)
    assert [comparable(growth) for growth in growths(workspace, run_id)] == whole
    assert workspace.run(run_id).steps[0].reused == 3
    workspace.close()


def test_another_seed_number_grows_the_same_features_differently(tmp_path: Path) -> None:
    workspace = open_with_tree(tmp_path)
    added: list[list[FeaturePath]] = []
    for seed in (1, 2):
        wanted = config(grow={"steps": 2, "at": AT, "review": True}).model_copy(update={"seed": seed})
        run_id = run(workspace, wanted)
        added.append([grown.path for growth in growths(workspace, run_id) for grown in growth.added])
    assert added[0] != added[1]
    workspace.close()


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"grow": {"steps": 2, "at": (*AT, ("logging", "gone"))}}, "`logging > gone`, which is not in the tree"),
        ({"sample": {"count": 3, "targets": (("logging", "gone"),)}}, "target `logging > gone` is not in the tree"),
        (
            {"sample": {"count": 3, "widths": (2,), "targets": (("logging", "levels"),)}},
            "target `logging > levels` lies on level 2, but the shape ends at level 1",
        ),
    ],
)
@pytest.mark.sandbox
def test_a_feature_that_cannot_be_used_stops_the_run_before_anything_is_asked(
    tmp_path: Path, parts: dict[str, Any], said: str
) -> None:
    workspace = open_with_tree(tmp_path)
    growing = {"steps": 2, "at": AT}
    run_id = run(workspace, config(**{"extract": {"enabled": True}, "grow": growing, "evolve": {"roots": 1}, **parts}))
    assert workspace.run(run_id).state == "failed"
    assert said in workspace.run(run_id).error
    assert list(read_run(workspace.folder / "runs" / run_id)) == []
    workspace.close()


@pytest.mark.sandbox
def test_every_sample_of_a_run_holds_its_target(tmp_path: Path) -> None:
    workspace = open_with_tree(tmp_path)
    targets: tuple[FeaturePath, ...] = (("data processing", "parsing", "json"), ("logging", "levels"))
    run_id = run(workspace, config(sample={"count": 4, "targets": targets, "name": "cold"}))
    assert workspace.run(run_id).state == "finished", workspace.run(run_id).error
    drawn = [record for record in read_run(workspace.folder / "runs" / run_id) if isinstance(record, Subtree)]
    assert sorted(subtree.draw for subtree in drawn) == [0, 1, 2, 3]
    assert all(subtree.mandatory[0] == targets[subtree.draw % 2] for subtree in drawn)
    assert workspace.run_config(run_id).sample.name == "cold"
    workspace.close()
