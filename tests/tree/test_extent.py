"""Sizes, places and levels are those of a walk, however the tree was changed and whether or not that was told."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.errors import BadInput
from synth.tree import extent as extent_module
from synth.tree.columns import ROOT, FeatureTree
from synth.tree.delta import Delta, apply, compose
from synth.tree.edits import edit
from synth.tree.extent import Extent
from synth.tree.operations import Add, AddMany, Delete, Merge, Move, Operation, Rename, Reorder, SetCount
from tests.tree.strategies import trees

numbers = st.integers(0, 10**6)
asked = st.lists(st.tuples(st.integers(0, 8), numbers, numbers), min_size=1, max_size=8)


def plain_sizes(tree: FeatureTree, deepest: int | None = None) -> list[int]:
    """Sizes by row, node by node."""
    sizes = [int(tree.alive(node)) for node in range(tree.rows)]
    for node in [*tree.nodes()][::-1]:
        if deepest is None or tree.depth(node) <= deepest:
            sizes[tree.parent(node)] += sizes[node]
    return sizes


def plain_places(tree: FeatureTree) -> list[int]:
    """Places by row, in the order of a walk."""
    found = [-1] * tree.rows
    for place, node in enumerate([ROOT, *tree.nodes()]):
        found[node] = place
    return found


def check(extent: Extent, tree: FeatureTree) -> None:
    assert extent.sizes.tolist() == plain_sizes(tree)
    assert extent.places.tolist() == plain_places(tree)
    for level in (0, 1, 2, 9):
        assert extent.down_to(level).tolist() == plain_sizes(tree, level)


def operation(tree: FeatureTree, kind: int, one: int, two: int) -> Operation:
    """Some operation; it may be one that is refused."""
    nodes = [*tree.nodes()] or [ROOT]
    node, other = nodes[one % len(nodes)], nodes[two % len(nodes)]
    operations: Sequence[Operation] = (
        Add(parent=node, name=f"new {two}"),
        AddMany(parent=other, outline=f"x {one}\n  y\n    z\n  w"),
        Delete(node=node),
        Move(node=node, parent=other),
        Move(node=node, parent=ROOT),
        Rename(node=node, name=f"other {two}"),
        SetCount(node=node, observed=two % 100),
        Merge(target=node, sources=(other,)),
        Reorder(parent=node, children=tuple(tree.children(node)[::-1])),
    )
    return operations[kind]


def changed(tree: FeatureTree, batch: Sequence[tuple[int, int, int]]) -> Delta | None:
    """Do what can be done, as one delta; None where nothing can."""
    whole: Delta | None = None
    for kind, one, two in batch:
        try:
            delta = edit(tree, [operation(tree, kind, one, two)])
        except BadInput:
            continue
        whole = delta if whole is None else compose(whole, delta)
    return whole


@given(trees(), asked)
def test_sizes_places_and_levels_are_those_of_a_walk_after_any_change(
    tree: FeatureTree, batch: list[tuple[int, int, int]]
) -> None:
    extent = Extent(tree)
    check(extent, tree)
    changed(tree, batch)
    check(extent, tree)


@given(trees(), st.lists(asked, min_size=1, max_size=3))
def test_sizes_follow_every_change_that_is_told_and_its_undoing(
    tree: FeatureTree, batches: list[list[tuple[int, int, int]]]
) -> None:
    extent = Extent(tree)
    check(extent, tree)
    done = []
    for batch in batches:
        since = tree.revision
        delta = changed(tree, batch)
        if delta is None:
            continue
        extent.edited(delta, since)
        check(extent, tree)
        done.append(delta)
    for delta in [*(one.reversed() for one in reversed(done)), *done]:
        apply(tree, delta)
        extent.edited(delta)
        check(extent, tree)


@given(trees(), asked)
def test_a_change_is_followed_without_computing_all_sizes_anew(
    tree: FeatureTree, batch: list[tuple[int, int, int]]
) -> None:
    extent = Extent(tree)
    assert extent.size(ROOT) == len(tree) + 1
    delta = changed(tree, batch)
    if delta is None:
        return
    extent.edited(delta)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(extent_module, "children_of", None)
        assert extent.sizes.tolist() == plain_sizes(tree)


@given(trees(), asked, st.sampled_from(["_MANY", "_MANY_MOVED", "_DEEPEST"]))
def test_sizes_are_computed_anew_after_a_change_that_is_too_large(
    tree: FeatureTree, batch: list[tuple[int, int, int]], limit: str
) -> None:
    extent = Extent(tree)
    assert extent.size(ROOT) == len(tree) + 1
    delta = changed(tree, batch)
    if delta is not None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(extent_module, limit, 0)
            extent.edited(delta)
    check(extent, tree)


def test_names_and_counts_leave_what_is_computed_where_it_is() -> None:
    tree = chain(3)
    extent = Extent(tree)
    sizes, places, shown = extent.sizes, extent.places, extent.down_to(2)
    extent.edited(edit(tree, [SetCount(node=1, observed=9)]))
    assert extent.places is places
    extent.edited(edit(tree, [Rename(node=1, name="z")]))
    assert extent.places is not places
    assert extent.sizes.base is sizes.base
    assert extent.down_to(2) is shown


def test_a_change_that_was_left_out_is_noticed_by_its_revision() -> None:
    tree = chain(4)
    extent = Extent(tree)
    assert extent.size(1) == 4
    edit(tree, [Move(node=3, parent=ROOT)])
    since = tree.revision
    extent.edited(edit(tree, [Rename(node=1, name="z")]), since)
    assert [extent.size(node) for node in range(5)] == [5, 2, 1, 2, 1]


def test_what_came_and_went_in_one_change_is_a_dead_row() -> None:
    tree = chain(2)
    for below in (ROOT, 2):
        extent = Extent(tree)
        check(extent, tree)
        extent.edited(edit(tree, [Add(parent=below, name="new"), Delete(node=tree.rows)]))
        check(extent, tree)


def test_branches_may_be_moved_out_of_each_other_in_one_change() -> None:
    tree = chain(5)
    extent = Extent(tree)
    assert extent.size(2) == 4
    moves = [Move(node=4, parent=ROOT), Move(node=2, parent=5), Add(parent=3, name="new"), Delete(node=1)]
    extent.edited(edit(tree, moves))
    assert [extent.size(node) for node in range(7)] == [6, 0, 3, 2, 5, 4, 1]


def test_a_chain_of_features_as_deep_as_one_likes_has_sizes_and_places() -> None:
    tree = chain(3_000)
    extent = Extent(tree)
    assert extent.sizes.tolist() == [3_001, *range(3_000, 0, -1)]
    assert extent.places.tolist() == [*range(3_001)]
    extent.edited(edit(tree, [Add(parent=3_000, name="last")]))
    assert (extent.size(ROOT), extent.size(3_001), extent.place(3_001)) == (3_002, 1, 3_001)


@given(trees(), st.sets(st.integers(0, 60)))
def test_kept_nodes_are_counted_with_all_above_them(tree: FeatureTree, chosen: set[int]) -> None:
    kept = np.isin(np.arange(tree.rows), [*chosen])
    marked = {ROOT}
    for node in tree.nodes():
        if node in chosen:
            while node not in marked:
                marked.add(node)
                node = tree.parent(node)
    counts = [int(node in marked) for node in range(tree.rows)]
    for node in [*tree.nodes()][::-1]:
        counts[tree.parent(node)] += counts[node]
    assert Extent(tree).among(kept).tolist() == counts


def test_a_filter_of_another_tree_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        Extent(chain(2)).among(np.zeros(2, np.bool_))


def chain(length: int) -> FeatureTree:
    """Features each below the one before."""
    tree = FeatureTree()
    for node in range(length):
        tree.create(node, f"n{node}")
    return tree
