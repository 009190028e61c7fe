"""Merging fragments and nodes: order does not matter, little by little is the same as at once, locks hold."""

import random
from itertools import permutations
from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.errors import BadInput
from synth.tree.columns import ROOT, FeatureTree
from synth.tree.delta import recording
from synth.tree.edits import edit
from synth.tree.fragment import NO_PARENT, Fragment, FragmentBuilder
from synth.tree.history import History, MemoryLog
from synth.tree.integrity import faults
from synth.tree.merge import Merged, merge_fragment
from synth.tree.operations import Lock, Merge, Note, Reorder
from synth.tree.segment import copy_tree
from synth.tree.table import MAX_COUNT
from tests.tree.strategies import names, tree_of
from tests.tree.test_history import ANNA, cells, state, sums

Path = tuple[str, ...]

few = st.sampled_from(["a", "b", "c", "d"])
short_paths = st.lists(few | names, min_size=1, max_size=4).map(tuple)


def fragment_of(counts: dict[Path, tuple[int, float | None]], evidence: dict[Path, tuple[str, ...]]) -> Fragment:
    """A fragment with these counts; what is above them comes along."""
    builder = FragmentBuilder()
    for path, (observed, estimated) in counts.items():
        builder.count(builder.add_path(path), observed, estimated)
    fragment = builder.finish(ordered=False)
    place = {path: row for row, path in enumerate(fragment.paths())}
    fragment.evidence = {place[path]: seeds for path, seeds in evidence.items() if path in place}
    return fragment


@st.composite
def fragments(draw: st.DrawFn) -> Fragment:
    """A few paths that often meet, some with counts, estimates (halves, so that sums are exact) and evidence."""
    halves = st.integers(0, 60).map(lambda number: number / 2)
    counts = draw(st.dictionaries(short_paths, st.tuples(st.integers(0, 99), st.none() | halves), max_size=8))
    seeds = st.lists(st.sampled_from(["s1", "s2", "s3"]), min_size=1, unique=True).map(tuple)
    return fragment_of(counts, draw(st.dictionaries(st.sampled_from(sorted(counts)), seeds)) if counts else {})


def everything(tree: FeatureTree) -> object:
    """What merges must agree on, apart from ids."""
    return [(*row, tree.has_count(node)) for row, node in zip(tree.to_rows(), tree.nodes(), strict=True)]


@given(st.lists(fragments(), min_size=1, max_size=3))
def test_fragments_add_up_in_any_order(parts: list[Fragment]) -> None:
    expected: dict[Path, int] = {}
    for part in parts:
        for row, path in enumerate(part.paths()):
            expected[path] = expected.get(path, 0) + int(part.observed[row])
    seen = []
    for order in permutations(parts):
        tree = FeatureTree()
        for part in order:
            merge_fragment(tree, part)
        assert {path: count for path, (count, _) in sums(tree).items()} == expected
        assert list(faults(tree)) == []
        seen.append(everything(tree))
    assert all(rows == seen[0] for rows in seen)


@given(fragments(), fragments(), fragments())
def test_fragments_may_be_put_together_first(first: Fragment, second: Fragment, third: Fragment) -> None:
    left, right, rest = FeatureTree(), FeatureTree(), FeatureTree()
    for part in (first, second, third):
        merge_fragment(left, part)
    for part in (second, third):
        merge_fragment(rest, part)
    merge_fragment(right, first)
    merge_fragment(right, rest.to_fragment())
    assert everything(left) == everything(right)


@given(st.lists(fragments(), min_size=3, max_size=3), st.permutations([1, 2]))
def test_merging_nodes_is_the_same_as_merging_their_fragments(parts: list[Fragment], order: list[int]) -> None:
    tree = FeatureTree()
    tops = [tree.create(ROOT, f"top {number}") for number in range(3)]
    for top, part in zip(tops, parts, strict=True):
        merge_fragment(tree, part, top)
    for number in order:
        edit(tree, [Merge(target=tops[0], sources=(tops[number],))])
    together = FeatureTree()
    for part in parts:
        merge_fragment(together, part)
    again = FeatureTree.from_fragment(tree.to_fragment(tops[0]))
    assert everything(again) == everything(together)
    assert list(faults(tree)) == []


@given(fragments(), fragments(), st.sampled_from(["add", "set", "keep"]))
def test_what_happens_to_counts_that_are_there(
    first: Fragment, second: Fragment, counts: Literal["add", "set", "keep"]
) -> None:
    tree = FeatureTree()
    merge_fragment(tree, first)
    before = {path: (observed, estimated) for path, observed, estimated, _ in tree.to_rows()}
    given_counts = {path: (int(second.observed[row]), second.estimated[row]) for row, path in enumerate(second.paths())}
    made = merge_fragment(tree, second, counts=counts)
    assert made.met == len(before.keys() & given_counts.keys())
    assert made.created == len(given_counts.keys() - before.keys())
    for path, observed, estimated, _ in tree.to_rows():
        was, new = before.get(path), given_counts.get(path)
        if was is None or new is None:
            expected = was or (new[0], None if np.isnan(new[1]) else new[1])  # type: ignore[index]
        elif counts == "keep":
            expected = was
        elif counts == "set":
            expected = (new[0], None if np.isnan(new[1]) else new[1])
        else:
            parts = [value for value in (was[1], None if np.isnan(new[1]) else new[1]) if value is not None]
            expected = (was[0] + new[0], sum(parts) if parts else None)
        assert (observed, estimated) == expected


@given(fragments(), fragments())
def test_replace_makes_the_tree_the_fragment(first: Fragment, second: Fragment) -> None:
    tree, wanted = FeatureTree(), FeatureTree()
    merge_fragment(tree, first)
    merge_fragment(wanted, second)
    history = History(tree, MemoryLog())
    before = state(tree)
    with history.batch(ANNA) as batch:
        merge_fragment(tree, second, replace=True)
    assert [row[:3] for row in tree.to_rows()] == [row[:3] for row in wanted.to_rows()]
    assert list(faults(tree)) == []
    if batch.entry is not None:
        history.undo(ANNA)
    assert state(tree) == before


def small() -> FeatureTree:
    """a (locked, 3) with child b (2) with child c (1); d (4)."""
    tree = FeatureTree()
    counts: dict[Path, tuple[int, float | None]] = {
        ("a",): (3, 1.5), ("a", "b"): (2, None), ("a", "b", "c"): (1, None), ("d",): (4, None),
    }  # fmt: skip
    merge_fragment(tree, fragment_of(counts, {("a",): ("s1",)}))
    edit(tree, [Lock(node=1)])
    return tree


@pytest.mark.parametrize("counts", ["add", "set", "keep"])
def test_a_lock_keeps_counts_and_new_children_out(counts: Literal["add", "set", "keep"]) -> None:
    tree = small()
    paths: list[Path] = [("a", "b"), ("a", "x"), ("a", "x", "y"), ("a", "b", "n")]
    part = fragment_of({("a",): (9, 9.0), **dict.fromkeys(paths, (9, None))}, {})
    made = merge_fragment(tree, part, counts=counts)
    assert (made.blocked, made.created, made.met) == (2, 1, 2)
    assert made.nodes.tolist().count(-1) == 2
    assert (tree.observed(1), tree.estimated(1), tree.children(1)) == (3, 1.5, [2])
    assert tree.observed(2) == {"add": 11, "set": 9, "keep": 2}[counts]
    assert tree.node(("a", "b", "n")) is not None
    assert merge_fragment(tree, part, 1, counts=counts).blocked == 5


def test_replace_leaves_what_is_locked_its_children_and_what_is_above() -> None:
    tree = small()
    made = merge_fragment(tree, fragment_of({("e",): (1, None)}, {}), replace=True)
    assert tree.paths() == [("a",), ("a", "b"), ("e",)]
    assert made.removed == 2
    assert tree.observed(1) == 3
    tree = small()
    edit(tree, [Lock(node=1, locked=False), Lock(node=3)])
    merge_fragment(tree, fragment_of({("a",): (7, None)}, {}), replace=True)
    assert tree.paths() == [("a",), ("a", "b"), ("a", "b", "c")]
    assert [tree.observed(node) for node in (1, 2, 3)] == [7, 2, 1]


def test_replace_below_a_node_leaves_the_rest() -> None:
    tree = small()
    merge_fragment(tree, fragment_of({("n",): (5, None)}, {}), 4, replace=True)
    merge_fragment(tree, fragment_of({("m",): (5, None)}, {}), 4, replace=True)
    assert tree.paths() == [("a",), ("a", "b"), ("a", "b", "c"), ("d",), ("d", "m")]
    assert tree.observed(4) == 4


def test_evidence_is_united_and_comes_from_an_import_too() -> None:
    tree = small()
    part = fragment_of(
        {("a",): (0, None), ("d",): (0, None), ("f",): (0, None)}, {("a",): ("s1", "s2"), ("f",): ("s3",)}
    )
    merge_fragment(tree, part)
    assert tree.evidence(1) == ["s1", "s2"]
    assert tree.evidence(tree.node(("f",)) or 0) == ["s3"]


def bad(**changes: object) -> Fragment:
    """A fragment of two rows with something wrong."""
    values: dict[str, object] = {
        "parent": np.array([NO_PARENT, 0], np.int32),
        "name": ["d", "x"],
        "observed": np.array([1, 2], np.int64),
        "estimated": np.array([np.nan, 1.0]),
    }
    return Fragment(**(values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("part", "said"),
    [
        (bad(observed=np.array([1, MAX_COUNT + 1])), "`d > x`.*1,000,000,000"),
        (bad(observed=np.array([-1, 0])), "`d` must lie between 0"),
        (bad(estimated=np.array([np.inf, 0.0])), "`d` must lie between 0"),
        (bad(estimated=np.array([0.0, -0.5])), "`d > x` must lie"),
        (bad(observed=np.array([MAX_COUNT, 0])), "add up to more than 1,000,000,000"),
        (bad(name=["n", "n"], parent=np.array([-1, -1], np.int32)), "`n` comes twice"),
        (bad(name=["d", "d"], parent=np.array([-1, -1], np.int32)), "`d` comes twice"),
    ],
)  # fmt: skip
def test_a_bad_fragment_changes_nothing_and_says_where(part: Fragment, said: str) -> None:
    tree = small()
    before, rows = cells(tree), tree.to_rows()
    with pytest.raises(BadInput, match=said), recording(tree):
        merge_fragment(tree, part)
    assert cells(tree) == before
    assert tree.to_rows() == rows
    assert list(faults(tree)) == []


@pytest.mark.parametrize("parent", [5, 99, 10**9])
def test_nothing_is_merged_below_what_is_gone(parent: int) -> None:
    tree = small()
    tree.create(ROOT, "gone")
    tree.change(5, alive=0)
    with pytest.raises(BadInput, match=f"id {parent}"):
        merge_fragment(tree, bad(), parent)


def wide(size: int, seed: int) -> Fragment:
    """Random rows of up to seven levels with everything that a row can carry."""
    rng = random.Random(seed)
    builder = FragmentBuilder()
    while len(builder) < size:
        depth, row = rng.randint(1, 7), NO_PARENT
        for _ in range(depth):
            row = builder.add(
                row, f"{rng.choice('zyxwabc')}{rng.randint(0, 40) if row == NO_PARENT else rng.randint(0, 4)}"
            )
        builder.count(row, rng.randint(0, 50), rng.choice([None, rng.randint(0, 99) / 2]))
    fragment = builder.finish(ordered=True)
    rows = range(len(fragment))
    fragment.locked = np.array([rng.random() < 0.05 for _ in rows])
    fragment.status = np.array([rng.randint(0, 3) for _ in rows], np.uint8)
    fragment.note = {row: f"note {row}" for row in rng.sample(rows, 200)}
    fragment.source = [rng.choice(["", f"{row}.0"]) for row in rows]
    fragment.evidence = {row: (f"s{row % 17}", f"s{row % 5}x") for row in rng.sample(rows, 300)}
    return fragment


def piece(fragment: Fragment, rows: list[int]) -> Fragment:
    """Some rows whose parents are among them."""
    place = {row: index for index, row in enumerate(rows)} | {NO_PARENT: NO_PARENT}
    source = fragment.source or []
    assert fragment.locked is not None and fragment.status is not None  # noqa: PT018
    return Fragment(
        parent=np.array([place[int(fragment.parent[row])] for row in rows], np.int32),
        name=[fragment.name[row] for row in rows],
        observed=fragment.observed[rows],
        estimated=fragment.estimated[rows],
        ordered=fragment.ordered,
        locked=fragment.locked[rows],
        status=fragment.status[rows],
        note={place[row]: text for row, text in fragment.note.items() if row in place},
        source=[source[row] for row in rows],
        evidence={place[row]: seeds for row, seeds in fragment.evidence.items() if row in place},
    )


def shown(tree: FeatureTree) -> list[tuple[object, ...]]:
    """All there is to see of a tree, by path."""
    return [
        (*row, tree.locked(node), tree.status(node), tree.note(node), tree.source(node))
        for row, node in zip(tree.to_rows(), tree.nodes(), strict=True)
    ]


@pytest.mark.parametrize("start", ["empty", "filled"])
def test_many_rows_at_once_are_as_many_rows_one_by_one(start: str) -> None:
    fragment = wide(6_000, 1)
    tree = FeatureTree()
    if start == "filled":
        merge_fragment(tree, wide(1_500, 2))
        merge_fragment(tree, wide(300, 3))
        edit(tree, [Lock(node=1, below=True), Lock(node=7), Note(node=9, text="held")])
        edit(tree, [Reorder(parent=12, children=tuple(tree.children(12)[::-1]))])
    one_by_one = copy_tree(tree)
    history, slow = History(tree, MemoryLog()), History(one_by_one, MemoryLog())
    before = cells(tree)
    with history.batch(ANNA):
        made = merge_fragment(tree, fragment)
    assert made.created > 3_000
    assert list(faults(tree)) == []

    with slow.batch(ANNA):
        merged = by_category(one_by_one, fragment)
    assert sum(part.created for part in merged) == made.created
    assert sorted(shown(one_by_one), key=category) == sorted(shown(tree), key=category)
    if start == "empty":
        assert FeatureTree.from_fragment(fragment).to_rows() == tree.to_rows()
        assert shown(FeatureTree.from_fragment(fragment)) == shown(tree)
    history.undo(ANNA)
    assert [column[: len(old)] for column, old in zip(cells(tree), before, strict=True)] == before
    assert list(faults(tree)) == []
    history.redo(ANNA)
    assert list(faults(tree)) == []


def category(row: tuple[object, ...]) -> str:
    """What to sort by so that the order within a category stays."""
    path = row[0]
    assert isinstance(path, tuple)
    return str(path[0])


def by_category(tree: FeatureTree, fragment: Fragment) -> list[Merged]:
    """Merge each category by itself, counts of those that come again added only once."""
    top = np.arange(len(fragment))
    above = np.where(fragment.parent == NO_PARENT, top, fragment.parent)
    while (above[above] != above).any():
        above = above[above]
    parts = [piece(fragment, np.flatnonzero(above == category).tolist()) for category in np.unique(above)]
    assert all(len(part) < 2_000 for part in parts)
    return [merge_fragment(tree, part) for part in parts]


def test_a_name_that_comes_twice_among_many_rows_takes_all_of_them_back() -> None:
    tree = small()
    before = cells(tree)
    size = 3_000
    fragment = Fragment(
        parent=np.full(size, NO_PARENT, np.int32),
        name=[f"n{row}" for row in range(size - 1)] + ["n7"],
        observed=np.ones(size, np.int64),
        estimated=np.full(size, np.nan),
    )
    with pytest.raises(BadInput, match="two `n7`"), recording(tree):
        merge_fragment(tree, fragment)
    assert cells(tree) == before
    assert list(faults(tree)) == []


def test_an_import_brings_its_remarks_where_there_are_none_and_a_replacement_everywhere() -> None:
    tree = tree_of({("a",): 1, ("b",): 1, ("c",): 1})
    a, b, c = tree.children(0)
    tree.change(b, note=tree.strings.add("ours"), status=1)
    tree.change(c, locked=1)
    made = FragmentBuilder()
    for name in "abc":
        made.count(made.add(NO_PARENT, name), 5)
    fragment = made.finish()
    fragment.note = {0: "theirs", 1: "theirs", 2: "theirs"}
    fragment.status = np.array([2, 2, 2], np.uint8)
    fragment.locked = np.array([True, False, False])
    merge_fragment(tree, fragment, counts="add")
    assert [tree.note(node) for node in (a, b, c)] == ["theirs", "ours", ""]
    assert [tree.status(node) for node in (a, b, c)] == ["reviewed", "to review", ""]
    assert [tree.locked(node) for node in (a, b, c)] == [True, False, True]
    tree.change(a, locked=0)
    merge_fragment(tree, fragment, replace=True)
    assert [tree.note(node) for node in (a, b, c)] == ["theirs", "theirs", ""]
    assert [tree.status(node) for node in (a, b, c)] == ["reviewed", "reviewed", ""]


def test_counts_below_one_parent_may_not_add_up_to_more_than_a_sum_holds() -> None:
    made = FragmentBuilder()
    top = made.add(NO_PARENT, "top")
    for number in range(9_400):
        made.count(made.add(top, f"n{number}"), MAX_COUNT)
    tree = FeatureTree()
    with pytest.raises(BadInput, match=r"counts below `top` would add up"), recording(tree):
        merge_fragment(tree, made.finish())
    assert len(tree) == 0
    assert list(faults(tree)) == []
