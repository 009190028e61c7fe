"""Proposals: looked at item by item, decided in part, undone as one, and never a half of what was wanted."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.errors import BadInput
from synth.tree.columns import ROOT
from synth.tree.delta import EditConflict
from synth.tree.fragment import Fragment, FragmentBuilder
from synth.tree.history import History, MemoryLog
from synth.tree.integrity import faults
from synth.tree.merge import Counts, merge_fragment
from synth.tree.operations import Actor, Add, AddMany, Delete, Lock, Merge, Operation, Rename, Reorder, SetCount
from synth.tree.proposals import OPEN, REFUSED, SAME, Proposal, deletions_for, select_rows, subject
from tests.tree.strategies import tree_of
from tests.tree.test_history import ANNA, cells, state

ENGINE = Actor(kind="engine", name="reviewer")
Path = tuple[str, ...]


def fragment_of(counts: dict[Path, int]) -> Fragment:
    """Rows in this order; what is above them comes along."""
    builder = FragmentBuilder()
    for path, count in counts.items():
        builder.count(builder.add_path(path), count)
    return builder.finish()


def proposed(
    counts: dict[Path, int], operations: tuple[Operation, ...] = (), how: Counts = "add", parent: int = ROOT
) -> Proposal:
    """A proposal of these rows and operations."""
    fragment = fragment_of(counts)
    return Proposal("p1", "now", ENGINE, "it is missing", parent, how, fragment, operations)


def start() -> History:
    """a (1) with b (2); c (3)."""
    return History(tree_of({("a",): 1, ("a", "b"): 2, ("c",): 3}), MemoryLog())


NEW: dict[Path, int] = {("a",): 0, ("a", "b"): 5, ("a", "x"): 1, ("a", "x", "y"): 2, ("n",): 3, ("n", "m"): 4}
"""Items 0 same, 1 counts, 2 to 5 new."""


def states(proposal: Proposal, history: History) -> str:
    """One letter an item."""
    return "".join(said[0] for said in proposal.states(set(history.in_force())))


def test_items_say_what_would_change_and_what_they_stand_on() -> None:
    history = start()
    proposal = proposed(NEW, (Rename(node=3, name="see"), Merge(target=1, sources=(3,))))
    proposal.reasons = {1: "seen five times"}
    items = list(proposal.items(history))
    assert [item.number for item in items] == list(range(8))
    assert [item.kind for item in items] == ["same", "count", "add", "add", "add", "add", "rename", "merge"]
    assert [item.path for item in items[:6]] == list(NEW)
    assert [item.path for item in items[6:]] == [("c",), ("a",)]
    assert [item.depends_on for item in items] == [None, None, 0, 2, None, 4, None, None]
    assert [item.reason for item in items[:2]] == ["it is missing", "seen five times"]
    assert items[1].summary == "observed 2 plus observed 5"
    assert items[3].summary == "add observed 2"
    assert items[6].summary == "rename `c` to `see`"
    assert [item.observed for item in items[:6]] == list(NEW.values())
    assert [item.number for item in proposal.items(history, 3, 2)] == [3, 4]
    assert list(proposal.items(history, 8)) == []
    assert {item.state for item in items} == {"open"}


def test_items_follow_the_tree_and_become_stale() -> None:
    history = start()
    proposal = proposed({("n",): 0, ("a", "b"): 0}, how="keep")
    history.do([Add(parent=ROOT, name="n")], ANNA)
    assert [item.kind for item in proposal.items(history)] == ["same", "same", "same"]
    assert proposal.accept(history, ANNA) is None
    assert states(proposal, history) == "aaa"
    assert proposal.accept(history, ANNA) is None
    assert proposal.refuse(history, [1]) == 1
    assert states(proposal, history) == "ara"


def test_some_are_accepted_and_what_is_above_comes_along() -> None:
    history = start()
    proposal = proposed(NEW)
    entry = proposal.accept(history, ANNA, [3])
    assert entry is not None
    assert (entry.group, entry.reason) == ("proposal p1", "it is missing")
    assert "reviewer" in entry.summary
    assert states(proposal, history) == "aoaaoo"
    assert history.tree.observed(history.tree.node(("a", "x")) or 0) == 1
    assert history.tree.node(("n",)) is None
    proposal.accept(history, ANNA, [5])
    assert states(proposal, history) == "aoaaaa"
    assert history.tree.observed(2) == 2
    proposal.accept(history, ANNA)
    assert history.tree.observed(2) == 7
    assert states(proposal, history) == "aaaaaa"


def test_all_are_accepted_and_undone_as_one() -> None:
    history = start()
    before, all_cells = state(history.tree), cells(history.tree)
    proposal = proposed(NEW, (Rename(node=3, name="see"), Delete(node=2)))
    entry = proposal.accept(history, ANNA)
    assert entry is not None
    assert history.last == 1
    assert entry.operations == proposal.operations
    assert history.tree.paths() == [("a",), ("a", "x"), ("a", "x", "y"), ("n",), ("n", "m"), ("see",)]
    assert states(proposal, history) == "aaaaaaaa"
    after = state(history.tree)
    history.undo(ANNA)
    assert states(proposal, history) == "oooooooo"
    assert state(history.tree) == before
    assert [column[: len(old)] for column, old in zip(cells(history.tree), all_cells, strict=True)] == all_cells
    history.redo(ANNA)
    assert state(history.tree) == after
    assert states(proposal, history) == "aaaaaaaa"
    history.undo_group("proposal p1", ANNA)
    assert state(history.tree) == before
    proposal.accept(history, ANNA, [4])
    assert states(proposal, history) == "ooooaooo"


def test_what_is_refused_takes_along_what_is_below() -> None:
    history = start()
    proposal = proposed(NEW, (Delete(node=3),))
    assert proposal.refuse(history, [2]) == 2
    assert states(proposal, history) == "oorrooo"
    for item, said in ((2, "item 2 is refused already"), (3, "item 3 is refused already")):
        with pytest.raises(BadInput, match=said):
            proposal.accept(history, ANNA, [item])
    proposal.accept(history, ANNA)
    assert states(proposal, history) == "aarraaa"
    assert history.tree.node(("a", "x")) is None
    with pytest.raises(BadInput, match="item 4 was accepted already; undo"):
        proposal.refuse(history, [4])
    history.undo(ANNA)
    assert proposal.refuse(history) == 5
    assert states(proposal, history) == "rrrrrrr"
    assert proposal.refuse(history) == 0


def test_what_stands_below_something_refused_has_no_place() -> None:
    history = start()
    proposal = proposed(NEW)
    proposal.refuse(history, [3])
    proposal.decisions[2] = -1
    proposal.decisions[3] = 0
    before = state(history.tree)
    with pytest.raises(BadInput, match="item 2 above it was refused"):
        proposal.accept(history, ANNA, [3])
    assert state(history.tree) == before


@pytest.mark.parametrize("item", [-1, 6, 10**9])
def test_an_item_that_is_not_there_is_refused(item: int) -> None:
    history = start()
    proposal = proposed(NEW)
    for decide in (lambda: proposal.accept(history, ANNA, [0, item]), lambda: proposal.refuse(history, [0, item])):
        with pytest.raises(BadInput, match=f"no item {item}.*0 to 5"):
            decide()
    assert states(proposal, history) == "oooooo"
    assert history.last == 0


def test_a_deciding_again_is_refused() -> None:
    history = start()
    proposal = proposed(NEW)
    proposal.accept(history, ANNA, [4])
    with pytest.raises(BadInput, match="item 4 is accepted already"):
        proposal.accept(history, ANNA, [4, 5])
    assert states(proposal, history) == "ooooao"


@pytest.mark.parametrize(
    ("breaks", "said"),
    [
        (Delete(node=3), "id 3"),
        (Lock(node=3), "`c` is locked"),
        (Add(parent=ROOT, name="see"), "`see` already"),
    ],
)
def test_one_item_that_cannot_be_done_leaves_all_undone(breaks: Operation, said: str) -> None:
    history = start()
    proposal = proposed(NEW, (Rename(node=3, name="see"),))
    history.do([breaks], ANNA)
    before, all_cells = state(history.tree), cells(history.tree)
    with pytest.raises(BadInput, match=said):
        proposal.accept(history, ANNA)
    assert state(history.tree) == before
    assert cells(history.tree) == all_cells
    assert states(proposal, history) == "ooooooo"
    assert len(list(proposal.items(history))) == 7
    assert proposal.accept(history, ANNA, range(6)) is not None


def test_a_proposal_below_a_feature() -> None:
    history = start()
    proposal = proposed({("b",): 1, ("z", "y"): 2}, parent=1)
    assert [item.kind for item in proposal.items(history)] == ["count", "add", "add"]
    proposal.accept(history, ANNA, [2])
    assert history.tree.observed(history.tree.node(("a", "z", "y")) or 0) == 2
    history.do([Delete(node=1)], ANNA)
    assert [item.kind for item in proposal.items(history)] == ["add", "add", "add"]
    with pytest.raises(BadInput, match="id 1"):
        proposal.accept(history, ANNA, [0])
    assert list(faults(history.tree)) == []


def test_a_lock_keeps_proposed_features_out() -> None:
    history = start()
    history.do([Lock(node=1)], ANNA)
    proposal = proposed({("a",): 50, ("a", "x"): 1, ("a", "b"): 5})
    proposal.accept(history, ANNA)
    assert history.tree.observed(1) == 1
    assert history.tree.children(1) == [2]
    assert history.tree.observed(2) == 7


def test_what_a_lock_keeps_out_stays_open_until_it_is_unlocked() -> None:
    history = start()
    history.do([Lock(node=1)], ANNA)
    proposal = proposed({("a",): 0, ("a", "x"): 1, ("a", "x", "y"): 1, ("new",): 1})
    entry = proposal.accept(history, ANNA)
    assert entry is not None
    assert entry.summary.startswith("accept 2 of 4")
    assert proposal.states(set(history.in_force())) == ["accepted", "open", "open", "accepted"]
    assert proposal.accept(history, ANNA) is None
    assert proposal.states(set(history.in_force())) == ["accepted", "open", "open", "accepted"]
    history.do([Lock(node=1, locked=False)], ANNA)
    proposal.accept(history, ANNA)
    assert proposal.states(set(history.in_force())) == ["accepted"] * 4
    assert history.tree.node(("a", "x", "y")) is not None


@pytest.mark.parametrize("how", ["add", "set", "keep"])
def test_accepting_one_by_one_is_the_same_as_accepting_all(how: Counts) -> None:
    at_once, one_by_one = start(), start()
    counts: dict[Path, int] = {("a",): 9, ("a", "b"): 5, ("a", "x"): 1, ("a", "x", "y"): 2, ("n",): 3, ("n", "m"): 4}
    proposed(counts, how=how).accept(at_once, ANNA)
    proposal = proposed(counts, how=how)
    for item in range(len(proposal)):
        if states(proposal, one_by_one)[item] == "o":
            proposal.accept(one_by_one, ANNA, [item])
    assert one_by_one.tree.to_rows() == at_once.tree.to_rows()


def test_what_is_above_brings_its_name_alone() -> None:
    rows = select_rows(fragment_of(NEW), [3])
    assert list(rows.paths()) == [("a",), ("a", "x"), ("a", "x", "y")]
    assert rows.observed.tolist() == [0, 0, 2]
    assert len(select_rows(fragment_of(NEW), [])) == 0


def test_replacing_proposes_to_delete_what_is_not_held_and_nothing_that_a_lock_holds() -> None:
    tree = tree_of({("a",): 1, ("a", "b"): 1, ("a", "b", "c"): 1, ("a", "d"): 1, ("e",): 1, ("e", "f"): 1})
    wanted = fragment_of({("a",): 1, ("a", "b"): 1, ("x",): 1})
    gone = [tree.path(operation.node) for operation in deletions_for(tree, wanted)]
    assert gone == [("a", "b", "c"), ("a", "d"), ("e",)]
    history = History(tree, MemoryLog())
    for locked, kept in ((("a",), [("a", "d")]), (("a", "b"), [("a", "b", "c")]), (("e", "f"), [("e",), ("e", "f")])):
        history.do([Lock(node=tree.node(locked) or 0)], ANNA)
        operations = deletions_for(tree, wanted)
        proposal = Proposal("p2", "now", ENGINE, "", ROOT, "set", wanted, operations)
        proposal.accept(history, ANNA)
        assert all(tree.node(path) is not None for path in kept)
        assert set(tree.paths()) == {("a",), ("a", "b"), ("x",), *kept}
        replaced = tree.paths()
        history.undo(ANNA)
        with history.batch(ANNA):
            merge_fragment(tree, wanted, replace=True)
        assert tree.paths() == replaced
        history.undo(ANNA)
        history.undo(ANNA)
    assert deletions_for(tree, fragment_of({}), tree.node(("e",)) or 0) == (Delete(node=tree.node(("e", "f")) or 0),)


def test_the_subject_of_an_operation() -> None:
    assert subject(Merge(target=4, sources=(2,))) == 4
    assert [subject(one) for one in (Add(parent=3, name="x"), AddMany(parent=3, outline=""))] == [3, 3]
    assert [subject(one) for one in (Reorder(parent=3, children=()), SetCount(node=5))] == [3, 5]


few = st.lists(st.sampled_from("abcd"), min_size=1, max_size=4).map(tuple)


@settings(max_examples=60)
@given(st.dictionaries(few, st.integers(0, 9), min_size=1, max_size=12), st.integers(0, 2**16))
def test_any_order_of_deciding_leaves_a_sound_tree_and_the_states_agree(counts: dict[Path, int], seed: int) -> None:
    rng = random.Random(seed)
    history = start()
    proposal = proposed(counts)
    accepted: dict[int, set[int]] = {}
    settled: set[int] = set()
    for _ in range(8):
        choice = rng.random()
        item = rng.randrange(len(proposal))
        try:
            if choice < 0.5:
                was = states(proposal, history)
                entry = proposal.accept(history, ANNA, [item] if choice < 0.4 else None)
                now = states(proposal, history)
                fresh = {number for number in range(len(now)) if now[number] != was[number]}
                settled |= set() if entry else fresh
                accepted |= {entry.number: fresh} if entry else {}
            elif choice < 0.7:
                proposal.refuse(history, [item])
            elif choice < 0.9:
                history.undo(ANNA)
            else:
                history.redo(ANNA)
        except (BadInput, EditConflict):
            pass
        assert list(faults(history.tree)) == []
        now = states(proposal, history)
        held = settled.union(*(accepted.get(entry, set()) for entry in history.in_force()))
        refused = {number for number, letter in enumerate(now) if letter == "r"}
        assert {number for number, letter in enumerate(now) if letter == "a"} == held - refused
        paths = set(history.tree.paths())
        for number, path in enumerate(proposal.fragment.paths()):
            assert now[number] != "a" or path in paths or number in settled


@given(st.lists(st.sampled_from([OPEN, REFUSED, SAME, 1, 2, 3]), max_size=8), st.sets(st.integers(1, 3)))
def test_open_items_are_those_whose_state_is_open(decisions: list[int], in_force: set[int]) -> None:
    proposal = Proposal("p", "", ANNA, "", operations=tuple(Delete(node=1) for _ in decisions))
    proposal.decisions = np.array(decisions, np.int32)
    states = proposal.states(in_force)
    assert proposal.open_items(in_force).tolist() == [place for place, state in enumerate(states) if state == "open"]
