"""Whatever is done to a tree, in whatever order, it says what plain dictionaries say."""

import threading
import time
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from synth.records import FeaturePath
from synth.tree import delta as delta_module
from synth.tree import merge as merge_module
from synth.tree import table as table_module
from synth.tree.columns import ROOT, FeatureTree
from synth.tree.delta import EditConflict
from synth.tree.fragment import FragmentBuilder
from synth.tree.history import History, MemoryLog
from synth.tree.integrity import faults
from synth.tree.merge import merge_fragment
from synth.tree.names import near_duplicate
from synth.tree.operations import Actor, Add, Delete, Lock, Move, Operation, Rename, Reorder, SetCount
from synth.tree.strings import Strings
from synth.tree.table import MICRO
from tests.tree.strategies import closed, extraction, growth

NAMES = ("a", "b", "c", "dict", "dicts", "Dict", "é", "z")
ANNA = Actor(name="anna")

names = st.sampled_from(NAMES)
paths = st.lists(names, min_size=1, max_size=4).map(tuple)
counts = st.integers(0, 400).map(lambda quarter: quarter / 4)
many = st.lists(st.tuples(paths, counts), min_size=1, max_size=12)
nodes = st.integers(0, 10**6)


@dataclass
class Plain:
    """A feature as a plain value."""

    observed: int = 0
    estimated: float | None = None
    seeds: set[str] = field(default_factory=set)
    locked: bool = False
    rank: int = 0
    below: dict[str, "Plain"] = field(default_factory=dict)

    def shown(self) -> list[tuple[str, "Plain"]]:
        """Children in shown order."""
        return sorted(self.below.items(), key=lambda item: (item[1].rank or 2**32, item[0]))

    def weights(self) -> list[float]:
        """Counts of the children that have one."""
        found = (child.observed or child.estimated for child in self.below.values())
        return [count for count in found if count is not None]

    def walk(self, path: FeaturePath = ()) -> Iterator[tuple[FeaturePath, "Plain"]]:
        """Everything below with its path, as shown."""
        for name, child in self.shown():
            yield (*path, name), child
            yield from child.walk((*path, name))

    def at(self, path: FeaturePath) -> "Plain":
        """What lies at a path."""
        node = self
        for name in path:
            node = node.below[name]
        return node


def plain_extraction(root: Plain, features: list[FeaturePath], seed: str) -> None:
    """As `FeatureTree.add_extraction`."""
    for path in features:
        node = root
        for name in path:
            node = node.below.setdefault(name, Plain())
            if seed not in node.seeds:
                node.seeds.add(seed)
                node.observed += 1


def plain_growth(root: Plain, added: list[tuple[FeaturePath, float]]) -> None:
    """As `FeatureTree.add_growth`, one after the other."""
    for path, estimated in added:
        node: Plain | None = root
        for name in path:
            assert node is not None
            if name not in node.below:
                if node.locked:
                    node = None
                    break
                node.below[name] = Plain()
            node = node.below[name]
        if node is not None and not node.locked:
            node.estimated = estimated


def plain_load(root: Plain, added: dict[FeaturePath, float]) -> None:
    """As `merge_fragment` that sets counts: also of what is merely on the way."""
    for path in sorted(closed([*added])):
        try:
            above = root.at(path[:-1])
        except KeyError:
            continue
        if path[-1] not in above.below and not above.locked:
            above.below[path[-1]] = Plain()
        if path[-1] in above.below and not above.below[path[-1]].locked:
            found = above.below[path[-1]]
            found.observed, found.estimated = 0, added.get(path)


class TreeMachine(RuleBasedStateMachine):
    """A tree with its history beside a plain one; undone states come back by copy."""

    bulk = 2_000
    narrow = 64

    @initialize()
    def begin(self) -> None:
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(table_module, "_BULK", self.bulk)
        self.patch.setattr(table_module, "_NARROW", self.narrow)
        self.patch.setattr(delta_module, "_BULK", self.bulk)
        self.patch.setattr(merge_module, "_BULK", self.bulk)
        self.tree = FeatureTree()
        self.log = MemoryLog()
        self.history = History(self.tree, self.log)
        self.plain = Plain()
        self.before: dict[int, Plain] = {}
        self.states = {0: Plain()}
        self.steps = 0

    def teardown(self) -> None:
        if hasattr(self, "patch"):
            copy = FeatureTree()
            History(copy, self.log, applied=0)
            assert list(faults(copy)) == []
            assert rows_of(copy) == rows_of(self.tree)
            self.patch.undo()

    # observation and growth

    @rule(features=st.lists(paths, min_size=1, max_size=6), seed=st.sampled_from(["s1", "s2", "s3"]))
    def observe(self, features: list[FeaturePath], seed: str) -> None:
        with self.history.batch(Actor(kind="run")):
            self.tree.add_extraction(extraction(features), seed)
        plain_extraction(self.plain, features, seed)

    @rule(added=many, reverse=st.booleans())
    def grow(self, added: list[tuple[FeaturePath, float]], reverse: bool) -> None:
        added = sorted(added, reverse=True) if reverse else added
        with self.history.batch(Actor(kind="run")):
            self.tree.add_growth(growth(added))
        plain_growth(self.plain, added)

    @rule(added=many)
    def grow_in_vain(self, added: list[tuple[FeaturePath, float]]) -> None:
        """A name that is no text, the last of many: nothing of the growth stays."""
        with pytest.raises(ValueError, match="surrogate"), self.history.batch(Actor(kind="run")):
            self.tree.add_growth(growth([*added, (("new", "\ud800"), 1.0)]))

    @rule(added=many)
    def load(self, added: list[tuple[FeaturePath, float]]) -> None:
        made = FragmentBuilder()
        for path, estimated in dict(added).items():
            made.count(made.add_path(path), estimated=estimated)
        with self.history.batch(ANNA):
            merge_fragment(self.tree, made.finish(ordered=False), counts="set")
        plain_load(self.plain, dict(added))

    # edits

    def do(self, operation: Operation) -> None:
        self.history.do([operation], ANNA)

    def pick(self, number: int) -> tuple[int, FeaturePath, Plain] | None:
        known = list(self.plain.walk())
        if not known:
            return None
        path, found = known[number % len(known)]
        node = self.tree.node(path)
        assert node is not None
        return node, path, found

    def free(self, path: FeaturePath) -> bool:
        """Whether neither the feature nor the one above is locked."""
        return not self.plain.at(path).locked and not self.plain.at(path[:-1]).locked

    @rule(number=nodes, name=names, observed=st.integers(0, 5))
    def add(self, number: int, name: str, observed: int) -> None:
        above = self.pick(number)
        if above and name not in above[2].below and not above[2].locked:
            self.do(Add(parent=above[0], name=name, observed=observed))
            above[2].below[name] = Plain(observed=observed)

    @rule(number=nodes, name=names)
    def rename(self, number: int, name: str) -> None:
        found = self.pick(number)
        if found and not found[2].locked and name not in self.plain.at(found[1][:-1]).below:
            self.do(Rename(node=found[0], name=name))
            siblings = self.plain.at(found[1][:-1]).below
            siblings[name] = siblings.pop(found[1][-1])

    @rule(number=nodes, other=nodes)
    def move(self, number: int, other: int) -> None:
        one, two = self.pick(number), self.pick(other)
        if not one or not two or two[1][: len(one[1])] == one[1] or not self.free(one[1]) or two[2].locked:
            return
        if one[1][-1] in two[2].below:
            return
        self.do(Move(node=one[0], parent=two[0]))
        del self.plain.at(one[1][:-1]).below[one[1][-1]]
        two[2].below[one[1][-1]] = one[2]
        one[2].rank = 0

    @rule(number=nodes)
    def delete(self, number: int) -> None:
        found = self.pick(number)
        if found and self.free(found[1]) and not any(below.locked for _, below in found[2].walk()):
            self.do(Delete(node=found[0]))
            del self.plain.at(found[1][:-1]).below[found[1][-1]]

    @rule(number=nodes, data=st.data())
    def reorder(self, number: int, data: st.DataObject) -> None:
        found = self.pick(number)
        if found and not found[2].locked:
            order = data.draw(st.permutations(self.tree.children(found[0])))
            self.do(Reorder(parent=found[0], children=tuple(order)))
            for rank, child in enumerate(order, start=1):
                found[2].below[self.tree.name(child)].rank = rank

    @rule(number=nodes, observed=st.integers(0, 9), estimated=st.none() | counts)
    def count(self, number: int, observed: int, estimated: float | None) -> None:
        found = self.pick(number)
        if found and not found[2].locked:
            clear = estimated is None
            self.do(SetCount(node=found[0], observed=observed, estimated=estimated, clear_estimated=clear))
            found[2].observed, found[2].estimated = observed, estimated

    @rule(number=nodes, locked=st.booleans(), below=st.booleans())
    def lock(self, number: int, locked: bool, below: bool) -> None:
        found = self.pick(number)
        if found:
            self.do(Lock(node=found[0], locked=locked, below=below))
            for part in [found[2], *(part for _, part in found[2].walk() if below)]:
                part.locked = locked

    # there and back

    @precondition(lambda self: self.history.last)
    @rule(number=nodes)
    def undo_the_last(self, number: int) -> None:
        last = self.history.entry(self.history.last)
        if last.action == "do":
            self.history.undo(ANNA, last.number)
            self.plain = deepcopy(self.states[last.number - 1])

    @precondition(lambda self: self.history.last)
    @rule(number=nodes)
    def undo_an_earlier_one(self, number: int) -> None:
        """Either it is refused and nothing has changed, or the tree is sound; the model takes it as it is."""
        done = self.history.in_force()
        if done:
            try:
                self.history.undo(ANNA, done[number % len(done)])
            except EditConflict:
                return
            self.plain = as_plain(self.tree)

    @precondition(lambda self: self.history.last and self.history.entry(self.history.last).action == "undo")
    @rule()
    def redo(self) -> None:
        undone = self.history.entry(self.history.last).targets[0]
        if self.history.can_redo():
            self.history.redo(ANNA)
            if self.history.last - 2 == undone:
                self.plain = deepcopy(self.states[undone])
            else:
                self.plain = as_plain(self.tree)

    @precondition(lambda self: self.history.last)
    @rule(number=nodes)
    def return_to(self, number: int) -> None:
        number %= self.history.last + 1
        self.history.return_to(number, ANNA)
        self.plain = deepcopy(self.states[number])

    @rule()
    def rebuild(self) -> None:
        self.tree.rebuild()

    @rule(number=nodes, name=st.sampled_from([*NAMES, "new", "dIct"]))
    def look(self, number: int, name: str) -> None:
        """Reading fills the caches that the next change must keep right."""
        found = self.pick(number)
        if found:
            alike = [sibling for sibling in sorted(found[2].below) if near_duplicate(sibling, [name]) is not None]
            assert self.tree.near_child(found[0], name) == (alike[0] if alike else None)

    @invariant()
    def the_tree_is_what_the_plain_one_is(self) -> None:
        if not hasattr(self, "plain"):
            return
        assert list(faults(self.tree)) == []
        assert rows_of(self.tree) == [
            (path, found.observed, found.estimated, sorted(found.seeds), found.locked)
            for path, found in self.plain.walk()
        ]
        for node in (ROOT, *self.tree.nodes()):
            found = self.plain.at(self.tree.path(node))
            weights = found.weights()
            assert self.tree.child_count(node) == len(found.below)
            assert [self.tree.name(child) for child in self.tree.children(node)] == [name for name, _ in found.shown()]
            assert {*self.tree.names_below(node)} == {*found.below}
            mean = sum(round(weight * MICRO) for weight in weights) / len(weights) / MICRO if weights else None
            assert self.tree.mean_child_count(node) == mean
        assert len(self.tree) == len(list(self.plain.walk()))
        self.states[self.history.last] = deepcopy(self.plain)


def rows_of(tree: FeatureTree) -> list[tuple[FeaturePath, int, float | None, list[str], bool]]:
    """Everything a tree holds, as shown."""
    return [
        (tree.path(node), tree.observed(node), tree.estimated(node), tree.evidence(node), tree.locked(node))
        for node in tree.nodes()
    ]


def as_plain(tree: FeatureTree) -> Plain:
    """The tree as plain values."""
    root = Plain()
    made = {ROOT: root}
    for node in tree.nodes():
        made[node] = made[tree.parent(node)].below[tree.name(node)] = Plain(
            tree.observed(node),
            tree.estimated(node),
            set(tree.evidence(node)),
            tree.locked(node),
            int(tree.column("rank")[node]),
        )
    return root


class BulkMachine(TreeMachine):
    """The same where few rows are many."""

    bulk = 2
    narrow = 1


def _case(machine: type[TreeMachine]) -> type:
    case = machine.TestCase
    case.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
    found: type = case
    return found


TestTree = _case(TreeMachine)
TestTreeInBulk = _case(BulkMachine)


class Slow(Strings):
    """Texts that take a reader so long that somebody else writes meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self.reader: threading.Thread | None = None
        self.began = threading.Event()

    def __getitem__(self, number: int) -> str:
        if threading.current_thread() is self.reader:
            self.began.set()
            time.sleep(0.05)
        return super().__getitem__(number)


def test_names_looked_up_while_a_child_comes_are_not_kept_without_it() -> None:
    tree = FeatureTree()
    tree.strings = slow = Slow()
    tree.add_extraction(extraction([("top", "a"), ("top", "z")]), "seed-1")
    tree.forget_names()
    slow.reader = threading.Thread(target=tree.names_below, args=(1,))
    slow.reader.start()
    assert slow.began.wait(10)
    tree.create(1, "m")
    slow.reader.join()
    assert list(faults(tree)) == []
    tree.add_extraction(extraction([("top", "m")]), "seed-2")
    tree.add_growth(growth([(("top", "k"), 1.0)]))
    assert [tree.name(child) for child in tree.children(1)] == ["a", "k", "m", "z"]


def test_a_reader_sees_the_children_of_a_parent_while_the_ranges_are_made_anew() -> None:
    tree = FeatureTree()
    tree.add_extraction(extraction([(f"a{i}", f"b{j}") for i in range(40) for j in range(400)]), "seed-1")
    parents = tree.children(ROOT)
    end, wrong = time.monotonic() + 1, []

    def read() -> None:
        while time.monotonic() < end:
            for parent in parents:
                children = tree.child_ids(parent)
                if len(children) != 400 or (tree.column("parent")[children] != parent).any():
                    wrong.append((parent, children))

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    while time.monotonic() < end:
        tree.rebuild()
    for reader in readers:
        reader.join()
    assert wrong == []


def test_siblings_of_equal_rank_stand_by_name_however_the_ranges_are_made() -> None:
    history = History(FeatureTree(), MemoryLog())
    history.do([Add(parent=ROOT, name="top"), *(Add(parent=1, name=name) for name in "cba")], ANNA)
    c, b, a = (history.tree.node(("top", name)) or -1 for name in "cba")
    history.do([Reorder(parent=1, children=(c, a, b))], ANNA)
    gone = history.do([Delete(node=a)], ANNA)
    history.do([Reorder(parent=1, children=(b, c))], ANNA)
    assert gone is not None
    history.undo(ANNA, gone.number)
    shown = history.tree.children(1)
    assert np.unique(history.tree.column("rank")[shown]).tolist() == [1, 2]
    history.tree.rebuild()
    assert history.tree.children(1) == shown
    assert list(faults(history.tree)) == []
