"""The numbers about a tree, against a walk over it."""

import json
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from synth.tree.columns import ROOT, STATUSES, FeatureTree
from synth.tree.edits import edit
from synth.tree.operations import Delete, Lock, Note, Rename, SetCount, Status
from synth.tree.stats import SHOWN, CategoryStats, stats
from tests.tree.strategies import trees


@st.composite
def marked_trees(draw: st.DrawFn) -> FeatureTree:
    """A tree that people worked on: some features deleted, renamed, locked, with notes, without a count."""
    tree = draw(trees())
    for node in draw(st.lists(st.integers(1, tree.rows - 1), max_size=8, unique=True)):
        if tree.alive(node):
            other = tree.name(draw(st.integers(1, tree.rows - 1)))
            taken = tree.child(tree.parent(node), other) is not None
            choices = [
                Delete(node=node),
                Note(node=node, text="seen"),
                Status(node=node, status=draw(st.sampled_from(STATUSES))),
                SetCount(node=node, observed=0),
                Lock(node=node) if taken or not other.strip() else Rename(node=node, name=other),
            ]
            if not tree.locked(node):
                edit(tree, [draw(st.sampled_from(choices))] if not locked_around(tree, node) else [choices[1]])
    return tree


def locked_around(tree: FeatureTree, node: int) -> bool:
    return tree.locked(tree.parent(node)) or any(tree.locked(below) for below in tree.nodes(node))


@given(marked_trees())
def test_numbers_are_those_of_a_walk(tree: FeatureTree) -> None:
    found = stats(tree)
    nodes = list(tree.nodes())
    inner = [node for node in nodes if tree.child_count(node)]
    widths = {node: len(tree.children(node)) for node in inner}
    levels = Counter(tree.depth(node) for node in nodes)
    names = Counter(tree.name(node) for node in nodes)
    assert (found.nodes, found.leaves) == (len(tree), len(tree.leaves()))
    assert found.per_level == tuple(levels[depth] for depth in range(1, found.depth + 1))
    assert found.depth == max(levels, default=0)
    assert found.fanout_mean == (sum(widths.values()) / len(inner) if inner else 0.0)
    assert found.fanout_max == max(widths.values(), default=0)
    assert found.widest == (tree.path(min(inner, key=lambda node: (-widths[node], node))) if inner else ())
    assert found.observed == sum(tree.observed(node) > 0 for node in nodes)
    assert found.uncounted == sum(not tree.has_count(node) for node in nodes)
    assert found.observed + found.estimated_only + found.uncounted == found.nodes
    assert found.locked == sum(map(tree.locked, nodes))
    assert found.noted == sum(bool(tree.note(node)) for node in nodes)
    assert found.by_status == {status: sum(tree.status(node) == status for node in nodes) for status in STATUSES}
    assert found.observed_at_categories == sum(map(tree.observed, tree.children(ROOT)))
    assert found.evidence_pairs == sum(len(tree.evidence(node)) for node in nodes)
    assert found.seeds == len({seed for node in nodes for seed in tree.evidence(node)})
    assert found.distinct_names == len(names)
    assert found.repeated_names == sum(number > 1 for number in names.values())
    categories = [
        CategoryStats(tree.name(node), len(list(tree.nodes(node))), tree.count(node)) for node in tree.children(ROOT)
    ]
    assert found.categories == tuple(sorted(categories, key=lambda category: -category.nodes_below)[:SHOWN])
    assert json.loads(json.dumps(found.as_dict())) == found.as_dict()


def test_an_empty_tree_has_numbers_too() -> None:
    found = stats(FeatureTree())
    assert (found.nodes, found.depth, found.fanout_max, found.widest, found.categories) == (0, 0, 0, (), ())
    assert found.as_dict()["per_level"] == []
