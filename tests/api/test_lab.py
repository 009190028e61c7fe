"""The sampling lab over HTTP: what it draws and expects is what runs draw and what is computed elsewhere."""

import sysconfig
import threading
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synth.flow import shape_of
from synth.records import Subtree
from synth.settings import SampleConfig
from synth.steps.draw import draw_subtrees, task_shape
from synth.tree.whatif import what_if
from synth.workspace import Workspace, operations
from synth.workspace.lab import Lab
from tests.api.conftest import Ask, node_at

SHAPES: list[dict[str, Any]] = [
    {},
    {"temperatures": [0.5], "widths": [2, 2]},
    {"temperatures": [1, 4], "widths": [1, 1, 2], "distinct": True},
    {"temperatures": [-1], "widths": [2, 2, 1], "fixed": [["security", "hashing"]], "boosts": {"security": 3}},
    {"temperatures": [3], "excluded": [["security", "signing"]], "widths": [2, 2, 2], "distinct": True},
]
MANDATORY: list[dict[str, Any]] = [
    {"targets": [["security"], ["security", "hashing"]], "temperatures": [1, 2, 5], "widths": [2, 2]},
    {"targets": [["security", "signing"]], "temperatures": [-1], "mandatory": 0, "widths": [2, 2, 2]},
]


@pytest.fixture
def counted(workspace: Workspace) -> Workspace:
    """The small tree with counts of which none is like another."""
    counts = [
        operations.SetCount(node=node, observed=3 * place + 1) for place, node in enumerate(workspace.tree().nodes())
    ]
    workspace.trees.edit(counts)
    workspace.trees.edit([operations.AddMany(parent=0, outline="programming language\n  python\n")])
    return workspace


def drawn_by_a_run(workspace: Workspace, shape: dict[str, Any], count: int, seed: int) -> list[Subtree]:
    """The subtrees of a run's tasks."""
    sample = SampleConfig.model_validate(shape)
    return list(draw_subtrees(workspace.tree(), shape_of(sample), count, seed, targets=sample.targets))


def fine(answer: tuple[int, dict[str, Any]]) -> dict[str, Any]:
    status, found = answer
    assert status == 200, found
    return found


@pytest.mark.parametrize("shape", [*SHAPES, *MANDATORY])
def test_the_lab_draws_what_a_run_with_its_seed_draws(counted: Workspace, ask: Ask, shape: dict[str, Any]) -> None:
    found = fine(ask("/api/lab/draw", shape=shape, count=12, seed=5))
    run = drawn_by_a_run(counted, shape, 12, 5)
    tree = counted.tree()
    for drawn, subtree in zip(found["draws"], run, strict=True):
        assert [tree.path(node) for node, _, _ in drawn["rows"]] == list(subtree.features)
        assert {tree.path(node) for node, _, mark in drawn["rows"] if mark == 2} == set(subtree.mandatory)
        assert all(len(tree.path(node)) == depth for node, depth, _ in drawn["rows"])
        assert drawn["temperature"] == subtree.temperature
        for (_, depth, mark), after in pairwise([*drawn["rows"], [0, 0, 0]]):
            assert (mark == 0) == (after[1] > depth)
        assert {found["names"][str(node)] for node, _, _ in drawn["rows"]} == {path[-1] for path in subtree.features}


@pytest.mark.parametrize("shape", SHAPES)
def test_the_chance_to_be_drawn_is_the_exact_one(counted: Workspace, ask: Ask, shape: dict[str, Any]) -> None:
    tree = counted.tree()
    sample = SampleConfig.model_validate(shape)
    whole = task_shape(shape_of(sample))
    exact = np.mean([what_if(tree, whole, one, 1).marginal for one in sample.temperatures], axis=0)
    for node in tree.nodes():
        found = fine(ask("/api/lab/draw", shape=shape, count=0, node=node))["chances"]
        assert found["chosen"]["node"] == node
        for one in (found["chosen"], *found["parts"]):
            assert one["drawn"] == pytest.approx(exact[one["node"]], abs=1e-12)


def test_shares_before_and_after_each_add_up_to_one_without_the_language(counted: Workspace, ask: Ask) -> None:
    found = fine(ask("/api/lab/draw", shape={"temperatures": [5]}, most=1))["chances"]
    assert len(found["parts"]) == 1
    assert found["more"] == 1
    for side in ("before", "after"):
        assert found["parts"][0][side] + found["rest"][side] == pytest.approx(1)


def test_what_a_thousand_draws_come_to_is_what_they_come_to(counted: Workspace, ask: Ask) -> None:
    shape = {"temperatures": [1, 6], "widths": [1, 2, 1]}
    outlook = fine(ask("/api/lab/expect", shape=shape, n=400))["outlook"]
    drawn = drawn_by_a_run(counted, shape, 400, 3)
    assert outlook["features"] == pytest.approx(np.mean([len(one.features) for one in drawn]), rel=0.05)
    ends = {path for one in drawn for path in one.features if not any(p[:-1] == path for p in one.features)}
    assert outlook["reachable"] >= len(ends)
    assert outlook["distinct_leaves"] == pytest.approx(len(ends), abs=1)
    assert outlook["repeats_at_most"] >= len(drawn) - len({one.features for one in drawn}) - 2


def test_one_temperature_expects_what_the_views_compute(counted: Workspace, ask: Ask) -> None:
    sample = SampleConfig(temperatures=(2.0,), widths=(2, 2, 1))
    found = fine(ask("/api/lab/expect", shape=sample.model_dump(mode="json"), n=50))["outlook"]
    exact = what_if(counted.tree(), task_shape(shape_of(sample)), 2.0, 50)
    assert found["distinct_leaves"] == pytest.approx(exact.expected_distinct_leaves)
    assert found["reachable"] == exact.reachable
    assert found["leaves"] == pytest.approx(exact.expected_leaves)
    assert found["repeats_at_most"] == pytest.approx(exact.repeats_at_most)


def test_an_outlook_follows_an_edit(counted: Workspace, ask: Ask) -> None:
    before = fine(ask("/api/lab/expect", shape={}, n=10))["outlook"]
    counted.trees.edit([operations.AddMany(parent=node_at(counted, "security"), outline="policies\n")])
    counted.trees.edit([operations.SetCount(node=node_at(counted, "security", "policies"), observed=5)])
    assert fine(ask("/api/lab/expect", shape={}, n=10))["outlook"]["reachable"] == before["reachable"] + 1


def test_what_draws_come_to_is_exact_while_the_tree_changes_all_the_time(counted: Workspace) -> None:
    shapes = [SampleConfig.model_validate(shape) for shape in SHAPES]
    at_rest = [Lab(counted.trees).outlook(shape, 100) for shape in shapes]
    lab, over = Lab(counted.trees), threading.Event()

    def write() -> None:
        number = 0
        while not over.is_set():
            number += 1
            counted.trees.edit([operations.Note(node=1, text=f"note {number}")])  # another revision, the same counts

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(10):
            assert [lab.outlook(shape, 100) for shape in shapes] == at_rest
    finally:
        over.set()
        writer.join()


def test_a_shape_that_leaves_nothing_is_said_in_plain_words(counted: Workspace, ask: Ask) -> None:
    status, found = ask("/api/lab/draw", shape={"excluded": [["security"], ["data processing"]]})
    assert status == 400
    assert "nothing is left to draw" in found["error"]["message"]
    status, found = ask("/api/lab/draw", shape={"temperatures": [0]})
    assert (status, found["error"]["kind"]) == (400, "bad input")
    assert "shape.temperatures" in found["error"]["message"]


def test_an_empty_tree_is_said(workspace: Workspace, ask: Ask) -> None:
    workspace.trees.edit([operations.Delete(node=node_at(workspace, name)) for name in ("security", "data processing")])
    status, found = ask("/api/lab/draw", shape={})
    assert status == 400
    assert "no features yet" in found["error"]["message"]


def test_a_named_shape_is_kept_replaced_and_deleted(workspace: Workspace, ask: Ask) -> None:
    found = fine(ask("/api/lab/shapes/keep", name=" rare first ", shape={"temperatures": [9]}))
    assert list(found["shapes"]) == ["rare first"]
    assert found["shapes"]["rare first"]["name"] == "rare first"
    status, refused = ask("/api/lab/shapes/keep", name="rare first", shape={"temperatures": [3]})
    assert (status, refused["error"]["kind"]) == (409, "taken")
    assert workspace.settings().shape("rare first").temperatures == (9.0,)
    fine(ask("/api/lab/shapes/keep", name="rare first", shape={"temperatures": [3]}, replace=True))
    assert workspace.settings().shape("rare first").temperatures == (3.0,)
    assert fine(ask("/api/lab/shapes/drop", name="rare first"))["shapes"] == {}
    assert ask("/api/lab/shapes/drop", name="rare first")[0] == 404


def test_mandatory_features_are_drawn_in_turn_and_kept_with_the_shape(workspace: Workspace, ask: Ask) -> None:
    paths = [["security", "hashing"], ["security"]]
    found = fine(ask("/api/lab/draw", shape={"targets": paths, "widths": [2, 2]}, count=4))
    nodes = [workspace.tree().node(tuple(path)) for path in paths]
    assert found["targets"] == nodes
    marks = [{node: mark for node, _, mark in drawn["rows"]} for drawn in found["draws"]]
    assert [marks[number][nodes[number % 2]] for number in range(4)] == [2] * 4
    fine(ask("/api/lab/shapes/keep", name="aimed", shape={"targets": paths, "widths": [2, 2]}))
    assert workspace.settings().shape("aimed").targets == (("security", "hashing"), ("security",))
    status, refused = ask("/api/lab/draw", shape={"targets": paths, "widths": [2]}, count=0)
    assert (status, "add a width" in refused["error"]["message"]) == (400, True)


def test_a_shape_that_cannot_draw_is_not_kept(workspace: Workspace, ask: Ask) -> None:
    wrong = {"fixed": [["no such thing"]]}
    for path, body in (
        ("/api/lab/shapes/keep", {"name": "x", "shape": wrong}),
        ("/api/lab/shapes/use", {"shape": wrong}),
    ):
        status, found = ask(path, **body)
        assert status == 400
        assert "no such thing" in found["error"]["message"]
    assert ask("/api/lab/shapes/keep", name=" ", shape={})[0] == 400
    assert not workspace.settings().shapes


def test_runs_draw_with_the_shape_in_use_under_its_name_while_it_is_that_shape(workspace: Workspace, ask: Ask) -> None:
    kept = fine(ask("/api/lab/shapes/keep", name="wide", shape={"widths": [6, 2]}))["shapes"]["wide"]
    assert fine(ask("/api/lab/shapes/use", shape=kept))["sample"]["name"] == "wide"
    assert fine(ask("/api/lab/shapes/use", shape={**kept, "mandatory": 1}))["sample"]["name"] == ""
    assert workspace.settings().sample.widths == (6, 2)


def test_a_price_is_remembered_and_used(workspace: Workspace, ask: Ask) -> None:
    assert fine(ask("/api/lab/price", model="big-1", input=2, output=8))["prices"] == {
        "big-1": {"input": 2, "output": 8, "cached_input": None, "batch_discount": 0.5}
    }
    found = fine(ask("/api/lab/cost", n=100, model="big-1"))["estimate"]
    assert found["cost"] is None
    assert "no task has been made" in found["reason"]
    assert ask("/api/lab/price", model="big-1", input=-1, output=8)[0] == 400


def test_tasks_are_made_for_the_leaves_drawn_least(workspace: Workspace, ask: Ask) -> None:
    workspace.add_seeds(Path(sysconfig.get_paths()["stdlib"]) / "shlex.py")
    branch = node_at(workspace, "data processing")
    assert fine(ask("/api/lab/coverage", node=branch))["coverage"]["cold"] == 3
    planned = fine(ask("/api/lab/cold", shape={}, n=2, node=branch))
    aimed = [tuple(leaf["path"]) for leaf in planned["leaves"]]
    assert planned["count"] == len(aimed) == 2
    body = {"shape": {}, "n": 2, "node": branch, "op": "the same request"}
    run_id = fine(ask("/api/lab/make", **body))["run_id"]
    assert fine(ask("/api/lab/make", **body))["run_id"] == run_id
    assert len(workspace.runs()) == 1
    finish(ask, run_id)
    workspace.ingest()
    assert workspace.counts().subtrees == 2
    deadline = time.monotonic() + 20
    while (left := fine(ask("/api/lab/coverage", node=branch))["coverage"]["cold"]) > 1 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert left <= 1


def finish(ask: Ask, run_id: str) -> None:
    """Wait until a run has ended well."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        (run,) = fine(ask("/api/runs/state", run_id=run_id))["runs"]
        if not run["alive"] and run["state"] != "new":
            break
        time.sleep(0.05)
    assert run["state"] == "finished", run
    assert run["targets"] == 2


def test_leaves_that_the_shape_cannot_draw_are_passed_over_and_said(workspace: Workspace, ask: Ask) -> None:
    found = fine(ask("/api/lab/cold", shape={"widths": [2, 2]}, n=5))
    assert {tuple(leaf["path"])[-1] for leaf in found["leaves"]} == {"signing", "merging"}
    assert found["passed_over"] == 3
    assert "lies on level 3" in found["reason"]
    status, refused = ask("/api/lab/make", shape={"widths": [1]}, n=5, op="another request")
    assert status == 400
    assert "no leaf here can be drawn" in refused["error"]["message"]


def test_a_run_that_is_not_there_is_said(workspace: Workspace, ask: Ask) -> None:
    assert ask("/api/runs/state", run_id="nothing")[0] == 404
    assert ask("/api/runs/act", run_id="nothing", action="pause")[0] == 404
    assert fine(ask("/api/runs/state"))["runs"] == []


def test_features_are_named_by_path(workspace: Workspace, ask: Ask) -> None:
    node = node_at(workspace, "security", "hashing")
    assert fine(ask("/api/lab/paths", nodes=[node]))["paths"] == [["security", "hashing"]]
    assert ask("/api/lab/paths", nodes=[10_000])[0] == 404
