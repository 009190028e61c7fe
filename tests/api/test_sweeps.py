"""Many features at once: looked at first, done as one batch, one undo away."""

import threading

import pytest

from synth.api.endpoint import Refused
from synth.api.tidy import Look
from synth.workspace import Workspace, operations
from tests.api.conftest import Ask, node_at


def test_the_impact_of_a_deletion_tells_what_goes_and_what_stands_in_the_way(ask: Ask, workspace: Workspace) -> None:
    inside = node_at(workspace, "security", "hashing", "salted hash")
    workspace.trees.edit([operations.Note(node=inside, text="keep"), operations.Lock(node=inside)])
    delete = {"kind": "delete", "node": node_at(workspace, "security")}
    status, told = ask("/api/tree/impact", operations=[delete])
    assert status == 200
    assert told["impact"]["gone"] == 4
    assert told["impact"]["noted"] == 1
    assert told["impact"]["locked"] == [["security", "hashing", "salted hash"]]
    assert workspace.trees.history.last == 3


def test_renaming_by_a_pattern_is_shown_and_then_done_as_one_batch(ask: Ask, workspace: Workspace) -> None:
    sweep = {"kind": "rename", "pattern": "step ([0-9])", "replacement": r"phase \1", "regex": True}
    _, shown = ask("/api/tree/preview", sweep=sweep)
    assert [(one["before"], one["after"]) for one in shown["renamings"]] == [
        ("step 1", "phase 1"),
        ("step 2", "phase 2"),
    ]
    assert workspace.trees.history.last == 2
    status, told = ask("/api/tree/sweep", sweep=sweep, rev=2, op="operation-1")
    assert (status, told["rev"]) == (200, 3)
    assert "phase 1" in workspace.tree().names_below(node_at(workspace, "data processing", "cleaning"))
    ask("/api/tree/undo", rev=3, op="operation-2")
    assert "step 1" in workspace.tree().names_below(node_at(workspace, "data processing", "cleaning"))


def test_names_that_would_meet_are_told_and_left_or_merged(ask: Ask, workspace: Workspace) -> None:
    sweep = {"kind": "rename", "pattern": " [0-9]", "replacement": "", "regex": True}
    _, shown = ask("/api/tree/preview", sweep=sweep)
    assert (shown["operations"], shown["problems"]) == (1, 1)
    assert shown["renamings"][0]["problem"] == "a sibling has this name already"
    ask("/api/tree/sweep", sweep=sweep | {"merge": True}, rev=2, op="operation-1")
    cleaning = node_at(workspace, "data processing", "cleaning")
    assert list(workspace.tree().names_below(cleaning)) == ["step"]


@pytest.mark.parametrize("pattern", ["(", "[z-a]", "(?<x>a)\\1", "a{99999}"])
def test_a_pattern_that_cannot_be_read_is_said(ask: Ask, pattern: str) -> None:
    status, told = ask("/api/tree/preview", sweep={"kind": "rename", "pattern": pattern, "regex": True})
    assert status == 400
    assert "pattern" in told["error"]["message"]


def test_a_pattern_made_to_take_for_ever_does_not(ask: Ask, workspace: Workspace) -> None:
    workspace.trees.edit([operations.Add(parent=0, name="a" * 5_000 + "b")])
    status, _ = ask(
        "/api/tree/preview", sweep={"kind": "rename", "pattern": "(a+)+$", "replacement": "", "regex": True}
    )
    assert status == 200


def test_pruning_by_level_keeps_what_is_locked_and_all_above_it(ask: Ask, workspace: Workspace) -> None:
    workspace.trees.edit([operations.Lock(node=node_at(workspace, "security", "hashing", "salted hash"))])
    sweep = {"kind": "prune", "deepest": 1}
    _, shown = ask("/api/tree/preview", sweep=sweep)
    assert shown["impact"]["gone"] == 5
    ask("/api/tree/sweep", sweep=sweep, rev=3, op="operation-1")
    assert sorted(" > ".join(path) for path in workspace.tree().paths()) == [
        "data processing", "security", "security > hashing", "security > hashing > salted hash",
    ]  # fmt: skip


def test_pruning_by_count_takes_no_place_from_what_counts_enough(ask: Ask, workspace: Workspace) -> None:
    tree = workspace.tree()
    big = node_at(workspace, "data processing", "cleaning", "step 2")
    least = tree.count(big)
    ask("/api/tree/sweep", sweep={"kind": "prune", "least": least}, rev=2, op="operation-1")
    assert tree.alive(big)
    assert all(
        tree.count(node) >= least or any(tree.count(below) >= least for below in tree.nodes(node))
        for node in tree.nodes()
    )


def test_a_sweep_without_bounds_or_effect_is_refused(ask: Ask) -> None:
    assert ask("/api/tree/preview", sweep={"kind": "prune"})[0] == 400
    assert ask("/api/tree/preview", sweep={"kind": "rename", "pattern": ""})[0] == 400
    assert ask("/api/tree/sweep", sweep={"kind": "rename", "pattern": "zzz"}, rev=2, op="operation-1")[0] == 400


def test_the_history_is_told_newest_first_in_pages_and_any_point_can_be_returned_to(
    ask: Ask, workspace: Workspace
) -> None:
    for number in range(5):
        workspace.trees.edit([operations.Add(parent=0, name=f"category {number}")])
    _, first = ask("/api/tree/history", count=3)
    assert [line["number"] for line in first["lines"]] == [7, 6, 5]
    _, rest = ask("/api/tree/history", count=3, before=first["next"])
    assert [line["number"] for line in rest["lines"]] == [4, 3, 2]
    before = workspace.tree().paths()
    status, told = ask("/api/tree/return", number=2, rev=7, op="operation-1")
    assert status == 200
    assert workspace.tree().node(("category 0",)) is None
    ask("/api/tree/undo", rev=told["rev"], op="operation-2")
    assert workspace.tree().paths() == before


def test_what_going_back_would_change_is_told_first(ask: Ask, workspace: Workspace) -> None:
    trees = workspace.trees
    hashing = node_at(workspace, "security", "hashing")
    below = 1 + len(list(workspace.tree().nodes(hashing)))
    trees.edit([operations.Add(parent=0, name="new"), operations.Delete(node=hashing)])
    trees.edit([operations.Rename(node=node_at(workspace, "security"), name="safety")])
    status, told = ask("/api/tree/return_impact", number=2)
    assert status == 200
    assert told["changes"] == {"added": below, "removed": 1, "moved": 0, "renamed": 1, "counts": 0}
    assert workspace.tree().node(("safety",)) is not None
    assert ask("/api/tree/return_impact", number=99)[0] == 404


def test_a_state_gets_a_name_that_the_history_shows(ask: Ask, workspace: Workspace) -> None:
    status, told = ask("/api/tree/snapshot", name=" before the clean-up ", rev=2, op="operation-1")
    assert (status, told["name"], told["number"]) == (200, "before the clean-up", 2)
    workspace.trees.edit([operations.Add(parent=0, name="new")])
    _, history = ask("/api/tree/history")
    assert [line["names"] for line in history["lines"]] == [[], [{"name": "before the clean-up", "entry": 2}], []]
    status, told = ask("/api/tree/snapshot", name="before the clean-up", rev=3, op="operation-2")
    assert status == 400
    assert "already" in told["error"]["message"]


def test_a_merge_tells_how_many_children_meet_a_namesake(ask: Ask, workspace: Workspace) -> None:
    workspace.trees.edit([operations.AddMany(parent=0, outline="a\n  x\n    y\n  z\nb\n  x\n    y\n    w\n")])
    a, b = node_at(workspace, "a"), node_at(workspace, "b")
    _, told = ask("/api/tree/impact", operations=[{"kind": "merge", "target": a, "sources": [b]}])
    assert (told["met"], told["impact"]["merged"]) == (2, 1)
    size = len(workspace.tree())
    ask("/api/tree/edit", rev=3, op="operation-1", operations=[{"kind": "merge", "target": a, "sources": [b]}])
    assert len(workspace.tree()) == size - 1 - told["met"]


def test_a_look_holds_nobody_up_and_ends_when_it_is_stopped(ask: Ask, workspace: Workspace) -> None:
    free, met = [], []

    def told(done: int, total: int) -> None:
        met.append((done, total))
        if len(met) == 1:
            other = threading.Thread(
                target=lambda: free.append(workspace.trees.edit([operations.Add(parent=0, name="n")]))
            )
            other.start()
            other.join(timeout=30)
        raise KeyboardInterrupt

    workspace.trees.edit([operations.AddMany(parent=0, outline="odd-1\nodd-2\n")])
    with pytest.raises(KeyboardInterrupt):
        workspace.views.find("duplicates", progress=told)
    assert len(free) == 1
    look = Look()
    look.told(1, 2)
    look.stopped = True
    with pytest.raises(Refused, match=r"stopped|409"):
        look.told(2, 2)
    assert ask("/api/tree/look", look="nobody")[1]["total"] == 0


def test_findings_come_with_operations_that_mend_them(ask: Ask, workspace: Workspace) -> None:
    workspace.trees.edit([operations.AddMany(parent=0, outline="security\n  Hashing\n  n/a\n")])
    _, told = ask("/api/tree/findings", kind="duplicates")
    assert {"hashing", "Hashing"} >= {told["findings"][0]["path"][-1]}
    status, _ = ask("/api/tree/edit", rev=3, op="operation-1", operations=told["findings"][0]["operations"])
    assert status == 200
    assert (
        len(
            [name for name in workspace.tree().names_below(node_at(workspace, "security")) if name.lower() == "hashing"]
        )
        == 1
    )
    _, told = ask("/api/tree/findings", kind="empty names")
    assert told["findings"][0]["path"][-1] == "n/a"
