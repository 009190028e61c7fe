"""Home: the next sensible action, the picture of the flow, and recent runs."""

from dataclasses import replace
from pathlib import Path

import pytest

from pages.parts.flow_picture import branch_stages, main_stages
from pages.parts.next_step import next_step
from pages.parts.run_list import share_done
from synth.runs import Runs, RunStatus, State, StepProgress
from synth.settings import RunConfig
from synth.workspace import Counts, Workspace
from tests.pages.conftest import OpenPage

NOTHING = Counts(*[0] * 14)
SEEDED = replace(NOTHING, seeds=9_448)
PROVEN = replace(SEEDED, tasks=260, proven=240)
EXPORTED = replace(PROVEN, datasets=1)


def run_in(state: State, error: str = "") -> RunStatus:
    return RunStatus("r0001-demo", "demo", state, error=error)


@pytest.mark.parametrize(
    ("counts", "states", "label"),
    [
        (NOTHING, (), "Read the standard library"),
        (SEEDED, (), "Start the demo run"),
        (SEEDED, ("running",), "Watch it"),
        (SEEDED, ("paused",), "Let it go on"),
        (SEEDED, ("interrupted",), "Resume the run"),
        (PROVEN, ("failed", "finished"), "Resume the run"),
        (PROVEN, ("finished", "interrupted"), "Go to Dataset"),
        (PROVEN, ("running", "finished"), "Watch it"),
        (SEEDED, ("finished",), "Go to Dataset"),
        (EXPORTED, ("finished",), "Go to Sampling"),
    ],
)
def test_the_next_step_follows_from_what_is_there(counts: Counts, states: tuple[State, ...], label: str) -> None:
    assert next_step(counts, [run_in(state) for state in states]).label == label


def test_the_run_to_resume_is_the_newest_and_its_last_words_are_kept() -> None:
    step = next_step(SEEDED, [run_in("failed", "no key"), RunStatus("r0000-old", "old", "finished")])
    assert (step.act, step.run_id, step.error) == ("resume", "r0001-demo", "no key")


def test_the_picture_has_every_stage_of_the_flow_in_order() -> None:
    assert [stage.label for stage in main_stages(NOTHING, 0)] == [
        *("Seeds", "Features", "Tree", "Subtrees", "Tasks", "Solutions", "Verdicts", "Scores", "Dataset")
    ]
    assert [stage.label for stage in branch_stages(NOTHING)] == ["Roots", "Evolved", "Collected", "Answers"]


def test_a_run_is_as_far_as_its_slowest_step() -> None:
    steps = (StepProgress("extract", 100, 0, 100, 0, 1.0), StepProgress("samples", 5, 0, 20, 0, 1.0))
    assert share_done(RunStatus("r", "r", "running", steps)) == 0.25
    assert share_done(RunStatus("r", "r", "new")) == 0.0


@pytest.mark.usefixtures("empty_workspace")
def test_an_empty_workspace_offers_to_read_real_code(open_page: OpenPage) -> None:
    app = open_page("home")
    assert not app.exception
    assert app.button(key="next-action").label == "Read the standard library"
    assert any("No run yet" in caption.value for caption in app.caption)
    assert [heading.value for heading in app.markdown if heading.value == "### 0"] == ["### 0"] * 13


@pytest.mark.usefixtures("filled_workspace")
def test_a_proven_sample_leads_to_the_dataset_page(open_page: OpenPage) -> None:
    app = open_page("home")
    assert not app.exception
    shown = [text.value for text in app.markdown]
    assert "### 61" in shown  # seeds
    assert any("1 of 1 task ended in a solution" in text for text in shown)
    app.button(key="next-action").click().run()
    assert not app.exception
    assert app.title[0].value == "Dataset"


def test_an_interrupted_run_is_listed_and_can_be_resumed(filled_workspace: Path, open_page: OpenPage) -> None:
    runs = Runs(filled_workspace / "runs")
    run_id = runs.create(RunConfig(name="long one"), lambda folder: None)
    (runs.path(run_id) / "worker.log").write_text("out of memory <b>now</b>\n")
    app = open_page("home")
    assert not app.exception
    assert app.button(key="next-action").label == "Resume the run"
    assert [text.value for text in app.text] == ["out of memory <b>now</b>"]
    rows = app.dataframe[0].value
    assert list(rows["run"]) == ["r0001-long-one"]
    assert list(rows["state"]) == ["interrupted"]


def test_reading_the_standard_library_fills_the_workspace(empty_workspace: Path, open_page: OpenPage) -> None:
    app = open_page("home")
    app.button(key="next-action").click().run()
    assert not app.exception
    assert app.button(key="next-action").label == "Start the demo run"


def test_a_workspace_in_use_is_said_in_plain_words(empty_workspace: Path, open_page: OpenPage) -> None:
    (empty_workspace / "workspace.duckdb").write_text("this is no database, it is a text file " * 40)
    app = open_page("home")
    assert not app.exception
    assert "cannot be opened as a workspace database" in app.error[0].value
    assert [button.label for button in app.button] == ["Try again"]


def test_counts_hold_scores_and_trees(filled_workspace: Path) -> None:
    workspace = Workspace(filled_workspace)
    counts = workspace.counts()
    workspace.close()
    assert (counts.scores, counts.trees, counts.instructions) == (2, 1, 1)
