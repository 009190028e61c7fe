"""Many at once: what is shown is what is stored, and no answer comes from before a change."""

import itertools
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from synth.records import Grown, Growth, Made
from synth.tree.columns import ROOT, FeatureTree
from synth.tree.integrity import faults
from synth.workspace import Workspace
from tests.api.conftest import OUTLINE, Ask

_number = itertools.count()
EVERYTHING = {"open": [], "flat": [ROOT], "closed": [], "shut": []}


def named() -> str:
    return f"request-{next(_number)}"


# what is shown after any edit


def walked(tree: FeatureTree, top: int = ROOT, depth: int = 0) -> list[tuple[int, int]]:
    """Every feature below one with its depth, as an outline with everything open shows them."""
    rows: list[tuple[int, int]] = []
    for child in tree.children(top):
        rows += [(child, depth), *walked(tree, child, depth + 1)]
    return rows


def share_of(tree: FeatureTree, node: int) -> float:
    total = sum(tree.count(child) for child in tree.children(tree.parent(node)))
    return tree.count(node) / total if total else 0.0


class Shown:
    """Compares what the routes answer with what follows from the tree alone."""

    def __init__(self, ask: Ask, workspace: Workspace) -> None:
        self._ask, self._workspace = ask, workspace
        self.view = ""

    def check(self) -> None:
        tree = self._workspace.tree()
        assert list(faults(tree)) == []
        self.outline(tree)
        self.filtered(tree)
        self.map(tree)
        for node in [ROOT, *random.Random(tree.revision).sample(sorted(tree.nodes()), min(3, len(tree)))]:
            self.inspector(tree, node)
        self.lab(tree)

    def outline(self, tree: FeatureTree) -> None:
        known = {"view": self.view} if self.view else {"opened": EVERYTHING}
        status, shown = self._ask("/api/tree/outline", **known, count=300)
        assert status == 200, shown
        self.view = shown["view"]
        rows = walked(tree)
        assert shown["total"] == len(rows)
        assert shown["features"] == len(tree)
        own = [row for row in shown["rows"] if "ghost" not in row]
        assert [(row["id"], row["depth"]) for row in own] == rows
        for row in own:
            node = row["id"]
            assert (row["name"], row["parent"]) == (tree.name(node), tree.parent(node))
            assert (row["observed"], row["estimated"]) == (tree.observed(node), tree.estimated(node))
            assert row["share"] == pytest.approx(share_of(tree, node), abs=1e-6)
            siblings = tree.children(tree.parent(node))
            alike = 0.0 if any(map(tree.count, siblings)) else 1 / len(siblings)
            assert row["chance"] == pytest.approx(share_of(tree, node) or alike, abs=1e-6)
            assert row["children"] == len(tree.children(node))
            assert row["place"] == tree.children(tree.parent(node)).index(node) + 1
            assert row["marks"].get("locked", False) == tree.locked(node)

    def filtered(self, tree: FeatureTree) -> None:
        _, shown = self._ask("/api/tree/outline", opened=EVERYTHING, filter={"words": "a"}, count=300)
        fits = {node for node in tree.nodes() if any("a" in name.lower() for name in tree.path(node))}
        above = {up for node in fits for up in _above(tree, node)}
        assert {row["id"] for row in shown["rows"]} == fits | above
        _, found = self._ask("/api/tree/search", query="step", limit=200)
        assert {hit["node"] for hit in found["hits"]} == {n for n in tree.nodes() if "step" in tree.name(n).lower()}

    def map(self, tree: FeatureTree) -> None:
        _, shown = self._ask("/api/tree/map", most=3000, colour="coverage")
        whole = {ROOT: 1.0}
        for node, _depth in walked(tree):
            whole[node] = whole[tree.parent(node)] * share_of(tree, node)
        deep = {node for node in whole if len(tree.path(node)) <= 6 and whole[node] > 0}
        blocks = dict(zip(shown["node"], shown["share"], strict=True))
        assert set(blocks) == deep
        for node, share in blocks.items():
            assert share == pytest.approx(whole[node], rel=1e-3)

    def inspector(self, tree: FeatureTree, node: int) -> None:
        status, told = self._ask("/api/tree/node", node=node)
        assert status == 200
        assert told["size"] == len(walked(tree, node))
        assert told["share"] == pytest.approx(share_of(tree, node) if node else 1.0)
        assert [step["node"] for step in told["path"]] == ([*_above(tree, node)[::-1], node] if node else [])
        assert told["children"] == len(tree.children(node))
        for part in told["distribution"]["parts"]:
            assert part["before"] == pytest.approx(share_of(tree, part["node"]))

    def lab(self, tree: FeatureTree) -> None:
        leaves = [node for node in tree.nodes() if not tree.children(node)]
        _, covered = self._ask("/api/lab/coverage")
        assert covered["coverage"]["leaves"] == len(leaves)
        assert covered["coverage"]["cold"] == len(leaves)
        shape = {"widths": [3, 2, 2, 2, 2, 2, 2], "temperatures": [2.0]}
        status, drawn = self._ask("/api/lab/draw", shape=shape, count=2)
        if not len(tree):
            assert status == 400
            return
        assert status == 200, drawn
        for one in drawn["draws"]:
            assert all(tree.alive(row[0]) for row in one["rows"])
        assert {int(node): name for node, name in drawn["names"].items()}.items() <= {
            (node, tree.name(node)) for node in tree.nodes()
        }
        heaviest = sorted(tree.children(ROOT), key=lambda child: -tree.count(child))
        assert [part["node"] for part in drawn["chances"]["parts"]] == heaviest[:18]


def _above(tree: FeatureTree, node: int) -> list[int]:
    found = []
    while node > ROOT and (node := tree.parent(node)) > ROOT:
        found.append(node)
    return found


NODE = st.integers(0, 40)
NAME = st.sampled_from(["a", "b", "step 9", "Äpfel", "x" * 300, "step 1", "salted hash"])
OPERATION = st.one_of(
    st.builds(lambda parent, name: {"kind": "add", "parent": parent, "name": name}, NODE, NAME),
    st.builds(lambda node, name: {"kind": "rename", "node": node, "name": name}, NODE, NAME),
    st.builds(lambda node, parent: {"kind": "move", "node": node, "parent": parent}, NODE, NODE),
    st.builds(lambda node, other: {"kind": "move", "node": node, "parent": 0, "before": other}, NODE, NODE),
    st.builds(lambda node, other: {"kind": "merge", "target": node, "sources": [other]}, NODE, NODE),
    st.builds(lambda node: {"kind": "delete", "node": node}, NODE),
    st.builds(lambda node, n: {"kind": "set count", "node": node, "observed": n}, NODE, st.integers(0, 9)),
    st.builds(lambda node, n: {"kind": "set count", "node": node, "estimated": n}, NODE, st.floats(0, 9)),
    st.builds(lambda node: {"kind": "lock", "node": node}, NODE),
    st.builds(lambda node: {"kind": "lock", "node": node, "locked": False, "below": True}, NODE),
    st.just({"kind": "add many", "parent": 0, "outline": OUTLINE}),
)
STEP = st.one_of(
    st.lists(OPERATION, min_size=1, max_size=3).map(lambda found: ("edit", {"operations": found})),
    st.lists(OPERATION, min_size=1, max_size=1).map(lambda found: ("edit", {"operations": found})),
    st.sampled_from([("undo", {}), ("redo", {})]),
    st.integers(0, 4).map(lambda number: ("return", {"number": number})),
    st.just(("sweep", {"sweep": {"kind": "rename", "pattern": "e", "replacement": "a", "merge": True}})),
    st.just(("sweep", {"sweep": {"kind": "prune", "deepest": 2}})),
    st.just(("edit", {"operations": [{"kind": "delete", "node": node} for node in (1, 5)]})),
)


@settings(max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(STEP, min_size=1, max_size=6))
def test_after_any_edit_every_pane_is_what_follows_from_the_tree_alone(
    steps: list[tuple[str, dict[str, Any]]], ask: Ask, workspace: Workspace
) -> None:
    shown = Shown(ask, workspace)
    shown.check()
    for path, body in steps:
        status, told = ask(f"/api/tree/{path}", rev=workspace.trees.history.last, op=named(), **body)
        assert status in (200, 400, 404, 409), told
        shown.check()


# many at once


def grown(step: int, parent: tuple[str, ...]) -> Growth:
    made = Made(engine="offline", model="offline-2", prompt="grow", prompt_hash="0", temperature=0.7)
    added = tuple(Grown(path=(*parent, f"grown {step}-{number}"), estimated=1.0, basis="tree") for number in range(5))
    return Growth(id=f"growth-{step}", step=step, drawn=(parent,), added=added, refused=(), made=made)


def test_what_many_do_at_once_is_what_is_stored_and_shown(client: TestClient, workspace: Workspace) -> None:
    ends = time.monotonic() + 6.0
    wrong: list[object] = []
    done = itertools.count()

    def send(path: str, **body: object) -> dict[str, Any]:
        answer = client.post(f"/api/{path}", json=body)
        told: dict[str, Any] = answer.json()
        if answer.status_code >= 500:
            wrong.append((path, body, told))
        next(done)
        return told

    def change(path: str, **body: object) -> dict[str, Any]:
        return send(f"tree/{path}", rev=workspace.trees.history.last, op=named(), **body)

    def editing(dice: random.Random) -> None:
        kind = dice.choice(("add", "rename", "delete", "move", "set count", "add many"))
        node, other = dice.randrange(1, 60), dice.randrange(0, 60)
        operation: dict[str, object] = {
            "add": {"parent": other, "name": f"new {dice.randrange(9)}"},
            "rename": {"node": node, "name": f"called {dice.randrange(99)}"},
            "delete": {"node": node},
            "move": {"node": node, "parent": other},
            "set count": {"node": node, "observed": dice.randrange(9)},
            "add many": {"parent": 0, "outline": OUTLINE},
        }[kind]
        change("edit", operations=[{"kind": kind, **operation}])

    def going_back(dice: random.Random) -> None:
        change(dice.choice(("undo", "redo")))
        time.sleep(0.01)

    def reading(dice: random.Random) -> None:
        told = send("tree/outline", opened=EVERYTHING, count=300)
        rows = [row["id"] for row in told["rows"] if "ghost" not in row]
        whole = told["total"] <= 300 and told["features"] != len(rows)
        if len(rows) != len(set(rows)) or whole:
            wrong.append(("rows", told["rev"], told["features"], len(rows)))
        send("tree/map", colour="coverage", area=dice.choice(("count", "chance")))
        send("tree/search", query="e", limit=100)
        send("tree/node", node=dice.randrange(60))
        send("lab/draw", shape={"widths": [3, 2]}, count=2)
        send("lab/coverage")

    def deciding(dice: random.Random) -> None:
        for one in send("tree/proposals")["proposals"][:1]:
            items = send("tree/proposal_items", proposal=one["id"], count=5)["items"]
            for item in items[:2]:
                change("decide", proposal=one["id"], accept=dice.random() < 0.5, items=[item["item"]])

    def running(dice: random.Random) -> None:
        step = next(done)
        parent = dice.choice([("security",), ("data processing",), ("from the run",)])
        workspace.trees.observe("run-1", [grown(step, parent)], review=dice.random() < 0.5)
        time.sleep(0.02)

    def until_the_end(what: Callable[[random.Random], None], seed: int) -> None:
        dice = random.Random(seed)
        while time.monotonic() < ends and not wrong:
            what(dice)

    jobs = [editing, editing, editing, going_back, reading, reading, reading, deciding, running]
    with ThreadPoolExecutor(len(jobs)) as pool:
        for job in [pool.submit(until_the_end, what, seed) for seed, what in enumerate(jobs)]:
            job.result()
    assert wrong == []
    assert next(done) > 200
    tree, history = workspace.tree(), workspace.trees.history
    assert list(faults(tree)) == []
    shown = client.post("/api/tree/outline", json={"opened": EVERYTHING, "count": 300}).json()
    last, rows = history.last, [(tree.path(node), tree.observed(node), tree.estimated(node)) for node in tree.nodes()]
    proposals = [(one.id, one.decisions.tolist()) for one in workspace.trees.proposals()]
    workspace.close()
    again = Workspace(workspace.folder)
    try:
        tree = again.tree()
        assert list(faults(tree)) == []
        assert again.trees.history.last == last == shown["rev"]
        assert [(tree.path(n), tree.observed(n), tree.estimated(n)) for n in tree.nodes()] == rows
        names = [row["name"] for row in shown["rows"] if "ghost" not in row]
        assert names == [tree.name(node) for node, _ in walked(tree)][: len(names)]
        assert [(one.id, one.decisions.tolist()) for one in again.trees.proposals()] == proposals
    finally:
        again.close()
