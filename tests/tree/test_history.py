"""Any sequence of operations, undone and redone in any order: what must always hold."""

import random
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from synth.errors import BadInput, EspalierError
from synth.tree.columns import ROOT, STATUSES, FeatureTree
from synth.tree.delta import Delta, EditConflict, recording
from synth.tree.history import History, MemoryLog
from synth.tree.integrity import faults
from synth.tree.operations import (
    Actor,
    Add,
    Delete,
    Lock,
    Merge,
    Move,
    Note,
    Operation,
    Rename,
    Reorder,
    SetCount,
    Status,
)
from synth.tree.segment import copy_tree
from synth.tree.table import CELLS

from .strategies import extraction, growth, names, tree_of

ANNA = Actor(name="anna")
RUN = Actor(kind="run", name="run-1")


def state(tree: FeatureTree) -> object:
    """Everything that a tree is: live rows with all cells and texts, in shown order, and the evidence."""
    numbers = [name for name in CELLS if name not in ("name", "note", "source")]
    return [
        (
            node,
            tree.path(node),
            [tree.column(name)[node].tobytes() for name in numbers],
            tree.note(node),
            tree.source(node),
            tree.evidence(node),
        )
        for node in tree.nodes()
    ]


def cells(tree: FeatureTree) -> list[bytes]:
    """All cells of all rows, dead ones included."""
    return [tree.column(name).tobytes() for name in CELLS]


class Editing(RuleBasedStateMachine):
    """A person, a run and a clock that is turned back."""

    @initialize(seed=st.integers(0, 2**16))
    def start(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.history = History(FeatureTree(), MemoryLog())
        self.tree = self.history.tree
        self.states = {0: state(self.tree)}
        self.locked: dict[int, int] = {}

    def pick(self) -> int:
        live = list(self.tree.nodes())
        return self.rng.choice(live) if live else 0

    def attempt(self, *operations: Operation) -> None:
        """Do them; where one is refused nothing may have changed."""
        before, last = state(self.tree), self.history.last
        try:
            entry = self.history.do(operations, ANNA)
        except BadInput:
            assert state(self.tree) == before
            assert self.history.last == last
        else:
            assert (entry is None) == (state(self.tree) == before)
        self.note_state()

    def note_state(self) -> None:
        self.states.setdefault(self.history.last, state(self.tree))
        alive = [node for node in self.tree.nodes() if self.tree.locked(node)]
        self.locked = {node: self.tree.parent(node) for node in alive}

    @rule(name=names, at_root=st.booleans(), count=st.integers(0, 9))
    def add(self, name: str, at_root: bool, count: int) -> None:
        before = self.pick() if count > 6 else None
        self.attempt(Add(parent=ROOT if at_root else self.pick(), name=name, observed=count, before=before))

    @rule(name=names)
    def rename(self, name: str) -> None:
        self.attempt(Rename(node=self.pick(), name=name))

    @rule(at_root=st.booleans(), ordered=st.booleans())
    def move(self, at_root: bool, ordered: bool) -> None:
        parent = ROOT if at_root else self.pick()
        siblings = self.tree.children(parent)
        before = self.rng.choice(siblings) if siblings and ordered else None
        self.attempt(Move(node=self.pick(), parent=parent, before=before))

    @rule(by_name=st.booleans())
    def reorder(self, by_name: bool) -> None:
        parent = self.tree.parent(self.pick()) if len(self.tree) else ROOT
        children = self.tree.children(parent)
        self.rng.shuffle(children)
        self.attempt(Reorder(parent=parent, children=() if by_name else tuple(children)))

    @rule(number=st.integers(1, 3))
    def merge(self, number: int) -> None:
        target, sources = self.pick(), tuple(self.pick() for _ in range(number))
        total = sum(self.tree.observed(node) for node in self.tree.nodes())
        held = dict(self.locked)
        self.attempt(Merge(target=target, sources=sources))
        assert sum(self.tree.observed(node) for node in self.tree.nodes()) == total
        assert all(self.tree.parent(node) == parent for node, parent in held.items())

    @rule()
    def delete(self) -> None:
        held = set(self.locked)
        self.attempt(Delete(node=self.pick()))
        assert all(self.tree.alive(node) for node in held)

    @rule(observed=st.none() | st.integers(0, 50), estimated=st.none() | st.floats(0, 50))
    def set_count(self, observed: int | None, estimated: float | None) -> None:
        self.attempt(SetCount(node=self.pick(), observed=observed, estimated=estimated))

    @rule(locked=st.booleans(), below=st.booleans())
    def lock(self, locked: bool, below: bool) -> None:
        self.attempt(Lock(node=self.pick(), locked=locked, below=below))

    @rule(text=names, status=st.sampled_from(STATUSES))
    def remark(self, text: str, status: str) -> None:
        node = self.pick()
        self.attempt(Note(node=node, text=text), Status(node=node, status=status))

    @rule(
        paths=st.lists(st.lists(names, min_size=1, max_size=3).map(tuple), min_size=1, max_size=4),
        seed=st.integers(1, 4),
    )
    def observe(self, paths: list[tuple[str, ...]], seed: int) -> None:
        with self.history.batch(RUN, group="run-1", summary="read features"):
            self.tree.add_extraction(extraction(paths), f"seed-{seed}")
        self.note_state()

    @rule(path=st.lists(names, min_size=1, max_size=3).map(tuple), estimated=st.floats(0, 50))
    def grow(self, path: tuple[str, ...], estimated: float) -> None:
        held = {node: (self.tree.parent(node), self.tree.count(node), self.tree.children(node)) for node in self.locked}
        with self.history.batch(RUN, group="run-1", summary="grow"):
            self.tree.add_growth(growth([(path, estimated)]))
        self.note_state()
        for node, then in held.items():
            assert (self.tree.parent(node), self.tree.count(node), self.tree.children(node)) == then

    @rule()
    def undo(self) -> None:
        self.turn_back(lambda: self.history.undo(ANNA))

    @rule()
    def undo_any(self) -> None:
        done = self.history.in_force()
        if done:
            self.turn_back(lambda: self.history.undo(ANNA, self.rng.choice(done)))

    @rule()
    def undo_run(self) -> None:
        self.turn_back(lambda: self.history.undo_group("run-1", ANNA))

    @rule()
    def redo(self) -> None:
        self.turn_back(lambda: self.history.redo(ANNA))

    def turn_back(self, turn: object) -> None:
        before, last = state(self.tree), self.history.last
        try:
            turn()  # type: ignore[operator]
        except EspalierError:
            assert state(self.tree) == before
            assert self.history.last == last
        self.note_state()

    @rule()
    def return_to_any(self) -> None:
        number = self.rng.randint(0, self.history.last)
        self.history.return_to(number, ANNA)
        assert state(self.tree) == self.states[number]
        self.note_state()

    @rule()
    def undo_of_the_latest_restores_the_identical_tree(self) -> None:
        last = self.history.last
        if last and self.history.entry(last).action == "do":
            then = cells(self.tree)
            self.history.undo(ANNA, last)
            assert state(self.tree) == self.states[last - 1]
            self.note_state()
            self.history.redo(ANNA) if self.history.can_redo() else None
            assert state(self.tree) == self.states[last]
            assert cells(self.tree)[: len(then)] == then
            self.note_state()

    @rule()
    def replay(self) -> None:
        again = History(FeatureTree(), self.history._log, applied=0)
        assert state(again.tree) == state(self.tree)
        assert again.in_force() == self.history.in_force()
        assert again.can_redo() == self.history.can_redo()

    @invariant()
    def nothing_is_wrong(self) -> None:
        assert list(faults(self.tree)) == []
        for path in self.tree.paths():
            assert self.tree.node(path[:-1]) is not None
            assert self.tree.path(self.tree.node(path) or 0) == path


TestEditing = Editing.TestCase
TestEditing.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


def sums(tree: FeatureTree) -> dict[tuple[str, ...], tuple[int, list[str]]]:
    """Path -> observed and evidence: what merges must agree on whatever their order."""
    return {tree.path(node): (tree.observed(node), tree.evidence(node)) for node in tree.nodes()}


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_merging_is_associative_and_commutative_on_counts(order: tuple[int, int]) -> None:
    tree = tree_of({("a",): 1, ("a", "x"): 2, ("b",): 3, ("b", "x"): 4, ("b", "y"): 5, ("c",): 6, ("c", "y", "z"): 7})
    a, b, c = (tree.node((name,)) or 0 for name in "abc")
    sources = {1: b, 2: c}
    history = History(tree, MemoryLog())
    for number in order:
        history.do([Merge(target=a, sources=(sources[number],))], ANNA)
    assert {path: count for path, (count, _) in sums(tree).items()} == {
        ("a",): 10, ("a", "x"): 6, ("a", "y"): 5, ("a", "y", "z"): 7,
    }  # fmt: skip
    other = tree_of({("a",): 1, ("a", "x"): 2, ("b",): 3, ("b", "x"): 4, ("b", "y"): 5, ("c",): 6, ("c", "y", "z"): 7})
    ids = [other.node((name,)) or 0 for name in "abc"]
    History(other, MemoryLog()).do(
        [Merge(target=ids[1], sources=(ids[2],)), Merge(target=ids[0], sources=(ids[1],))], ANNA
    )
    assert sums(other) == sums(tree)


def test_an_edit_that_fails_half_way_leaves_no_trace() -> None:
    tree = tree_of({("a",): 1, ("b",): 1})
    before = cells(tree)
    with pytest.raises(BadInput, match="`b2`"):
        History(tree, MemoryLog()).do(
            [Add(parent=ROOT, name="new"), Delete(node=1), Rename(node=2, name="b2"), Add(parent=ROOT, name="b2")], ANNA
        )  # fmt: skip
    assert cells(tree) == before


def test_a_name_that_a_refused_edit_brought_first_is_there_after_a_restart() -> None:
    log = MemoryLog()
    history = History(FeatureTree(), log)
    history.do([Add(parent=ROOT, name="other")], ANNA)
    with pytest.raises(BadInput):
        history.do([Add(parent=ROOT, name="torch"), Add(parent=ROOT, name="torch")], ANNA)
    with suppress(RuntimeError), history.batch(ANNA):
        history.tree.add_evidence(1, history.tree.seed_number("seed-1"))
        raise RuntimeError
    history.do([Add(parent=ROOT, name="torch"), Add(parent=ROOT, name="last")], ANNA)
    with history.batch(ANNA):
        history.tree.add_evidence(1, history.tree.seed_number("seed-1"))
    again = FeatureTree()
    History(again, log, applied=0)
    assert again.paths() == history.tree.paths()
    assert again.evidence(1) == ["seed-1"]


def test_undo_of_what_others_built_on_is_refused_and_says_so() -> None:
    history = History(FeatureTree(), MemoryLog())
    history.do([Add(parent=ROOT, name="a")], ANNA)
    with history.batch(RUN, group="run-1"):
        history.tree.add_extraction(extraction([("a", "b")]), "seed-1")
    with pytest.raises(EditConflict, match="`b` stands below"):
        history.undo(ANNA)
    history.undo_group("run-1", ANNA)
    history.undo(ANNA)
    assert len(history.tree) == 0


def test_a_group_is_not_undone_past_what_came_in_between() -> None:
    history = History(FeatureTree(), MemoryLog())
    for number, run in enumerate(("run-1", "run-2", "run-1"), start=1):
        with history.batch(RUN, group=run):
            history.tree.add_extraction(extraction([("a", "b")]), f"seed-{number}")
    before = cells(history.tree)
    with pytest.raises(EditConflict, match="another change came in between"):
        history.undo_group("run-1", ANNA)
    assert cells(history.tree) == before
    history.undo(ANNA, 3)
    history.undo_group("run-2", ANNA)
    history.undo_group("run-1", ANNA)
    assert len(history.tree) == 0


def test_a_person_undoes_own_edits_not_what_a_run_added_meanwhile() -> None:
    history = History(tree_of({("a",): 1}), MemoryLog())
    history.do([Rename(node=1, name="better")], ANNA)
    with history.batch(RUN, group="run-1"):
        history.tree.add_extraction(extraction([("c",)]), "seed-1")
    history.undo(ANNA)
    assert history.tree.paths() == [("a",), ("c",)]


def test_what_cannot_be_stored_is_taken_back() -> None:
    class Full(MemoryLog):
        def append(self, entry: object, delta: object) -> None:
            raise OSError("no space left on device")

    tree = tree_of({("a",): 1})
    with pytest.raises(OSError, match="no space"):
        History(tree, Full()).do([Rename(node=1, name="b")], ANNA)
    assert tree.paths() == [("a",)]


def test_a_copy_goes_on_by_itself() -> None:
    tree = tree_of({("a",): 1, ("a", "b"): 2})
    copy = copy_tree(tree)
    with recording(copy):
        copy.create(1, "c")
        copy.change(2, name=copy.strings.add("other"))
    assert tree.paths() == [("a",), ("a", "b")]
    assert copy.paths() == [("a",), ("a", "c"), ("a", "other")]


def asked(history: History, rows: int) -> list[list[int]]:
    """What the history says of each row."""
    return [[entry.number for entry in history.of_node(node)] for node in range(rows)]


def read_all(history: History, rows: int) -> list[list[int]]:
    """The same from every delta."""
    held = [(entry.number, set(history.delta(entry).nodes().tolist())) for entry in history.entries()]
    return [[number for number, nodes in held if node in nodes] for node in range(rows)]


@pytest.mark.parametrize("seed", range(3))
def test_what_changed_a_feature_is_what_the_deltas_say(seed: int) -> None:
    chance = random.Random(seed)
    log = MemoryLog()
    history = History(FeatureTree(), log)
    history.do([Add(parent=ROOT, name=f"n{number}") for number in range(200)], ANNA)
    for number in range(60):
        nodes = list(history.tree.nodes())
        step = chance.randrange(7)
        if step == 0:  # scattered over many rows
            history.do([Note(node=node, text=f"note {number}") for node in nodes[::2]], ANNA)
        elif step == 1:
            history.do([Add(parent=chance.choice(nodes), name=f"new {number}")], ANNA)
        elif step == 2:
            with history.batch(RUN, group="run-1"):
                history.tree.add_extraction(extraction([("e", f"x{number % 3}")]), f"seed-{number}")
        elif step == 3 and history.in_force()[1:]:
            history.undo(ANNA)
        elif step == 4 and history.can_redo():
            history.redo(ANNA)
        elif step == 5:
            history.return_to(history.last - 2 if history.last > 3 else 1, ANNA)
        else:
            history.do([Note(node=chance.choice(nodes), text=f"note {number}")], ANNA)
        if number % 7 == 0:
            history.of_node(chance.choice(nodes))
    history.do([Note(node=1, text="a"), Note(node=3, text="a")], ANNA, group="g")
    history.do([Note(node=1, text="b"), Note(node=3, text="")], ANNA, group="g")
    history.undo_group("g", ANNA)
    rows = history.tree.rows
    expected = read_all(history, rows)
    assert asked(history, rows) == expected
    assert asked(History(history.tree, log), rows) == expected
    some = [chance.randrange(rows) for _ in range(3)] + [-1, rows + 10**6]
    for after in (0, 10, history.last - 1, history.last, history.last + 5, -3):
        found = [entry.number for entry in History(history.tree, log).changed_since(after, some)]
        assert found == sorted({n for node in some[:3] for n in expected[node] if n > after}), after
        assert found == [entry.number for entry in history.changed_since(after, some)]
    assert history.changed_since(0, ()) == []


def test_what_changed_since_reads_later_deltas_only_and_each_once() -> None:
    class Counting(MemoryLog):
        def __init__(self) -> None:
            super().__init__()
            self.read: list[int] = []

        def delta(self, number: int) -> Delta:
            self.read.append(number)
            return super().delta(number)

    log = Counting()
    history = History(FeatureTree(), log)
    history.do([Add(parent=ROOT, name="a")], ANNA)
    for number in range(20):
        history.do([Note(node=1, text=f"note {number}")], ANNA)
    assert [entry.number for entry in history.changed_since(18, [1])] == [19, 20, 21]
    assert log.read == [19, 20, 21]
    assert len(history.of_node(1)) == len(history.of_node(1)) == 21
    assert sorted(log.read) == list(range(1, 22))
    history.do([Note(node=1, text="again")], ANNA)
    assert [entry.number for entry in history.changed_since(21, [1, 5])] == [22]
    assert log.read[21:] == [22]


def test_what_touched_much_of_a_large_tree_is_kept_small() -> None:
    rows = 200_000
    log = MemoryLog()
    history = History(FeatureTree(), log)
    with history.batch(ANNA):
        history.tree.create_many([ROOT] * rows, [f"n{number}" for number in range(rows)], [1.0] * rows)
    for odd in (1, 2, 1):
        nodes = np.arange(odd, rows, 2, dtype=np.int32)
        with history.batch(ANNA):
            history.tree.change_many(nodes, {"observed": history.tree.column("observed")[nodes] + odd})
    assert [entry.number for entry in history.of_node(7)] == [1, 2, 4]
    assert [entry.number for entry in history.of_node(8)] == [1, 3]
    assert [entry.number for entry in history.of_node(rows)] == [1]
    assert history.of_node(rows + 1) == history.of_node(ROOT) == []
    held = history._touched
    assert (
        sum(runs.nbytes for runs in held._runs) + sum(bits.nbytes for bits in held._bits.values()) < 3 * rows / 8 + 200
    )
