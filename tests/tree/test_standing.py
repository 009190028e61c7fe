"""Standing among siblings: the same numbers as for the whole tree, for the rows asked about, in the tree as it is."""

from math import inf, nan, prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.errors import BadInput, NotFound
from synth.tree.columns import ROOT, FeatureTree
from synth.tree.reweight import reweight
from synth.tree.standing import Standing, largest
from tests.tree.chances import chances
from tests.tree.strategies import tree_of, trees

temperatures = st.sampled_from([5e-324, 0.01, 0.5, 1.0, 10.0, 1e308, inf, -2.0, -1e-9])
BOOSTS = {"workflow": 3.0, "logging": 0.0}


@given(trees(), temperatures, st.sampled_from([{}, BOOSTS]), st.data())
def test_chances_are_bit_by_bit_those_of_the_whole_tree(
    tree: FeatureTree, temperature: float, boosts: dict[str, float], data: st.DataObject
) -> None:
    nodes = list(tree.nodes())
    excluded = set(data.draw(st.lists(st.sampled_from(nodes), max_size=4)))
    whole = chances(tree, temperature, excluded, boosts)
    standing = Standing(tree, temperature, boosts, excluded)
    asked = data.draw(st.lists(st.sampled_from([ROOT, *nodes]), max_size=8))
    assert standing.chances(asked).tolist() == whole[asked].tolist()
    assert standing.chances(np.arange(tree.rows, dtype=np.int32)).tolist() == whole.tolist()
    for node in asked:
        way = [tree.node(tree.path(node)[:depth]) for depth in range(1, tree.depth(node) + 1)]
        assert standing.reach(node) == pytest.approx(prod(whole[one] for one in way))


@given(trees(), st.data())
def test_shares_are_counts_over_the_sum_of_the_siblings(tree: FeatureTree, data: st.DataObject) -> None:
    nodes = list(tree.nodes())
    excluded = set(data.draw(st.lists(st.sampled_from(nodes), max_size=4)))
    found = Standing(tree, 3.0, BOOSTS, excluded).shares(nodes)
    for node, share in zip(nodes, found.tolist(), strict=True):
        total = sum(tree.count(sibling) for sibling in tree.children(tree.parent(node)))
        assert share == pytest.approx(tree.count(node) / total if total else 0.0)


@given(trees(), temperatures, st.integers(0, 5), st.data())
def test_a_distribution_tells_the_largest_and_adds_up_the_others(
    tree: FeatureTree, temperature: float, most: int, data: st.DataObject
) -> None:
    parent = data.draw(st.sampled_from([ROOT, *tree.nodes()]))
    children = sorted(tree.children(parent), key=lambda child: -tree.count(child))
    counts = [tree.count(child) for child in children]
    after = reweight(counts, temperature)
    before = [count / (sum(counts) or 1) for count in counts]
    found = Standing(tree, temperature).distribution(parent, most)
    assert [part.node for part in found.parts] == children[:most]
    assert [part.count for part in found.parts] == counts[:most]
    assert [part.before for part in found.parts] == pytest.approx(before[:most])
    assert [part.after for part in found.parts] == pytest.approx(after[:most], abs=1e-15)
    assert found.more == len(children[most:])
    rest = [sum(counts[most:]), sum(before[most:]), sum(after[most:])]
    assert [found.count, found.before, found.after] == pytest.approx(rest, abs=1e-12)


def test_an_edit_changes_what_is_told_at_once() -> None:
    tree = tree_of({("io",): 1, ("net",): 3})
    io, net = tree.children(ROOT)
    standing = Standing(tree)
    assert standing.chances([io, net]).tolist() == [0.25, 0.75]
    tree.change(io, observed=9)
    assert standing.chances([io, net]).tolist() == [0.75, 0.25]
    assert standing.shares([io]).tolist() == [0.75]
    new = tree.create(ROOT, "text", observed=12)
    assert standing.shares([io, new, net]).tolist() == [0.375, 0.5, 0.125]


def test_nothing_is_asked_of_an_empty_tree() -> None:
    standing = Standing(FeatureTree(), 2.0)
    assert standing.chances([]).tolist() == standing.shares([]).tolist() == []
    assert standing.chances([ROOT]).tolist() == standing.shares([ROOT]).tolist() == [0.0]
    assert standing.reach(ROOT) == 1.0
    assert standing.distribution(ROOT).parts == ()


def test_what_is_gone_stands_nowhere_and_leads_nowhere() -> None:
    tree = tree_of({("io",): 1, ("net",): 3})
    io, net = tree.children(ROOT)
    tree.change(net, alive=0)
    standing = Standing(tree)
    assert standing.chances([io, net]).tolist() == standing.shares([io, net]).tolist() == [1.0, 0.0]
    for gone in (net, 99, -1):
        with pytest.raises(NotFound, match="no longer has it"):
            standing.reach(gone)
        with pytest.raises(NotFound, match="choose one that exists"):
            standing.distribution(gone)
    for never in (99, -1):
        with pytest.raises(NotFound, match=f"no feature {never};"):
            standing.chances([io, never])


def test_where_no_sibling_has_a_count_all_are_drawn_alike_and_none_has_a_share() -> None:
    tree = tree_of({("io",): 0, ("net",): 0})
    standing = Standing(tree, 7.0)
    assert standing.chances(tree.children(ROOT)).tolist() == [0.5, 0.5]
    assert standing.shares(tree.children(ROOT)).tolist() == [0.0, 0.0]
    assert [part.before for part in standing.distribution(ROOT).parts] == [0.0, 0.0]


def test_what_is_excluded_altogether_is_never_reached() -> None:
    tree = tree_of({("io",): 1, ("io", "csv"): 2, ("net",): 3})
    nodes = list(tree.nodes())
    standing = Standing(tree, 1.0, None, nodes)
    assert standing.chances(nodes).tolist() == [0.0, 0.0, 0.0]
    assert [standing.reach(node) for node in nodes] == [0.0, 0.0, 0.0]
    only_above = Standing(tree, 1.0, None, {tree.node(("io",)) or -1})
    assert only_above.chances([tree.node(("io", "csv")) or -1]).tolist() == [1.0]
    assert only_above.reach(tree.node(("io", "csv")) or -1) == 0.0


def test_more_parents_than_are_kept_are_answered_for_all_the_same() -> None:
    tree = tree_of({("c", f"{n}", *below): n % 7 + 1 for n in range(10_050) for below in ((), ("x",), ("y",))})
    whole = chances(tree, 2.0)
    standing = Standing(tree, 2.0)
    nodes = np.arange(1, tree.rows)
    for _ in range(2):
        for asked in np.array_split(nodes, 4):
            assert standing.chances(asked.tolist()).tolist() == whole[asked].tolist()


@pytest.mark.parametrize("temperature", [0, nan])
def test_a_temperature_that_is_none_is_refused(temperature: float) -> None:
    with pytest.raises(BadInput, match="temperature must be a number other than 0"):
        Standing(FeatureTree(), temperature)


@pytest.mark.parametrize("factor", [-1.0, inf, nan])
def test_a_boost_that_is_no_factor_is_refused(factor: float) -> None:
    with pytest.raises(BadInput, match="boost of `io`"):
        Standing(FeatureTree(), 1.0, {"io": factor})


@pytest.mark.parametrize("excluded", [{2}, {-1}, {0, 10**12}])
def test_what_never_was_a_feature_cannot_be_excluded(excluded: set[int]) -> None:
    with pytest.raises(NotFound, match="to exclude"):
        Standing(tree_of({("io",): 1}), 1.0, None, excluded)


def test_a_negative_number_of_parts_is_refused() -> None:
    with pytest.raises(BadInput, match="0 or more, got -1"):
        Standing(FeatureTree()).distribution(ROOT, -1)


@given(st.lists(st.sampled_from([0.0, 1.0, 2.5, 7.0])), st.integers(0, 12))
def test_the_largest_come_in_order_and_of_equal_ones_the_first(values: list[float], most: int) -> None:
    plainly = sorted(range(len(values)), key=lambda place: -values[place])[:most]
    assert largest(np.array(values), most).tolist() == plainly
