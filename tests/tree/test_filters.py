"""Filters: what passes each condition and all of them, told as one would by looking at every feature."""

from math import inf, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.errors import BadInput
from synth.tree.columns import ROOT, STATUSES, FeatureTree
from synth.tree.filters import Filter, Origin, matching
from synth.tree.path_words import PathWords
from tests.tree.strategies import tree_of, trees

ORIGINS: tuple[Origin, ...] = ("", "observed", "estimated", "both")
ranges = st.tuples(st.integers(-1, 5), st.integers(0, 5)).map(lambda ends: (min(ends), max(ends)))
amounts = st.sampled_from([(0.0, 0.0), (1.0, 1.0), (1.0, inf), (0.5, 2.0), (-inf, inf), (2.0, 900.0)])
filters = st.builds(
    Filter,
    words=st.lists(st.sampled_from(["a", "to", "TORCH", "flow", "数", "--", "zz"]), max_size=2).map(" ".join),
    levels=st.none() | ranges,
    origin=st.sampled_from(ORIGINS),
    counts=st.none() | amounts,
    status=st.none() | st.sampled_from(STATUSES),
    locked=st.booleans(),
    noted=st.booleans(),
    leaves=st.booleans(),
)


@st.composite
def marked_trees(draw: st.DrawFn) -> FeatureTree:
    """A tree with locks, notes, statuses and features that are gone."""
    tree = draw(trees())
    for node in list(tree.nodes()):
        if draw(st.booleans()):
            note = tree.strings.add(draw(st.sampled_from(["", "why?"])))
            tree.change(node, locked=draw(st.integers(0, 1)), status=draw(st.integers(0, 3)), note=note)
    leaf = draw(st.sampled_from([node for node in tree.nodes() if not tree.child_count(node)]))
    tree.change(leaf, alive=0)
    return tree


def plainly(tree: FeatureTree, asked: Filter, node: int) -> bool:
    """Whether one feature passes, condition by condition."""
    path = [name.lower() for name in tree.path(node)]
    observed, estimated = tree.observed(node) > 0, tree.estimated(node) is not None
    origin = {(True, False): "observed", (False, True): "estimated", (True, True): "both"}.get((observed, estimated))
    return (
        all(any(word.lower() in name for name in path) for word in asked.words.split())
        and (asked.levels is None or asked.levels[0] <= len(path) <= asked.levels[1])
        and asked.origin in ("", origin)
        and (asked.counts is None or asked.counts[0] <= tree.count(node) <= asked.counts[1])
        and asked.status in (None, tree.status(node))
        and (tree.locked(node) or not asked.locked)
        and (tree.note(node) != "" or not asked.noted)
        and (not tree.child_count(node) or not asked.leaves)
    )


@given(marked_trees(), st.lists(filters, min_size=1, max_size=4), st.data())
def test_what_passes_is_what_meets_every_condition(tree: FeatureTree, asked: list[Filter], data: st.DataObject) -> None:
    nodes = list(tree.nodes())
    kept = PathWords(tree)
    proposed = data.draw(st.none() | st.sets(st.integers(-2, tree.rows + 2)))
    cold = data.draw(st.none() | st.lists(st.booleans(), max_size=tree.rows + 3))
    for one in asked:
        expected = [
            node
            for node in nodes
            if plainly(tree, one, node)
            and (proposed is None or node in proposed)
            and (cold is None or (node < len(cold) and cold[node]))
        ]
        mask = None if cold is None else np.array(cold, np.bool_)
        for words in (None, kept):
            found = matching(tree, one, proposed=proposed, cold=mask, words=words)
            assert len(found) == tree.rows
            assert np.flatnonzero(found).tolist() == sorted(expected)


@given(marked_trees())
def test_an_empty_filter_lets_every_feature_pass_but_the_root_and_what_is_gone(tree: FeatureTree) -> None:
    assert np.flatnonzero(matching(tree, Filter())).tolist() == sorted(tree.nodes())


@pytest.mark.parametrize(
    "asked",
    [
        Filter("a"),
        Filter(levels=(1, 9)),
        Filter(origin="both"),
        Filter(counts=(0, inf)),
        Filter(status=""),
        Filter(locked=True),
        Filter(noted=True),
        Filter(leaves=True),
    ],
)
def test_a_filter_with_any_condition_is_not_empty(asked: Filter) -> None:
    assert not asked.empty


def test_a_filter_of_blanks_is_empty() -> None:
    assert Filter().empty
    assert Filter(words=" \t ").empty


def test_an_empty_tree_has_nothing_to_pass() -> None:
    for asked in (Filter(), Filter("a"), Filter(levels=(1, 3), origin="both", counts=(0, inf), status="", leaves=True)):
        assert matching(FeatureTree(), asked, proposed=[0, 5], cold=np.zeros(0, np.bool_)).tolist() == [False]


def test_words_that_were_looked_for_before_follow_an_edit() -> None:
    tree = tree_of({("io",): 9, ("io", "read csv"): 2, ("net",): 9})
    kept = PathWords(tree)
    assert matching(tree, Filter("csv IO"), words=kept).sum() == 1
    new = tree.create(tree.children(ROOT)[0], "write CSV", observed=1)
    found = matching(tree, Filter("csv IO"), words=kept)
    assert (found.sum(), bool(found[new])) == (2, True)
    tree.change(new, alive=0)
    assert matching(tree, Filter("csv IO"), words=kept).sum() == 1


def test_what_was_found_is_the_asker_s_own() -> None:
    tree = tree_of({("io",): 9})
    kept = PathWords(tree)
    matching(tree, Filter("io"), words=kept)[:] = False
    assert matching(tree, Filter("io"), words=kept).sum() == 1


def test_more_words_than_are_kept_are_found_all_the_same() -> None:
    tree = tree_of({(letter,): 1 for letter in "abcdefghijkl"})
    kept = PathWords(tree)
    for letter in "abcdefghijklabc":
        assert matching(tree, Filter(letter), words=kept).sum() == 1
    assert matching(tree, Filter("a b c d e f g h i j k l"), words=kept).sum() == 0


def test_hostile_words_find_nothing_and_break_nothing() -> None:
    tree = tree_of({("<b>io</b>",): 9, (".*",): 1})
    assert matching(tree, Filter("<b>")).sum() == 1
    assert matching(tree, Filter(".*")).sum() == 1
    assert matching(tree, Filter("\ud800")).sum() == 0
    assert matching(tree, Filter("x" * 100_000)).sum() == 0


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (Filter(levels=(3, 2)), "levels go from 3 to 2"),
        (Filter(counts=(inf, 1)), "counts go from inf to 1"),
        (Filter(counts=(nan, 1)), "the smaller one first"),
        (Filter(status="done"), "no status `done`; choose to review"),
        (Filter(origin="grown"), "no origin `grown`"),  # type: ignore[arg-type]
    ],
)
def test_conditions_that_no_feature_could_meet_are_refused(asked: Filter, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        matching(FeatureTree(), asked)
