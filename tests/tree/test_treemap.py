"""Maps: shares as one would work them out by hand, the largest first, and nothing lost in the buckets."""

from math import inf, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.errors import BadInput, NotFound
from synth.tree.columns import ROOT, FeatureTree
from synth.tree.fragment import Fragment
from synth.tree.treemap import LOOKED_AT, Area, Blocks, Weighing, blocks
from tests.tree.chances import chances
from tests.tree.plain import equation_1
from tests.tree.strategies import tree_of, trees

AREAS: tuple[Area, ...] = ("observed", "estimated", "count", "chance")
areas = st.sampled_from(AREAS)
temperatures = st.sampled_from([0.5, 1.0, 10.0, -2.0])
everything = 10**6


def weight(tree: FeatureTree, node: int, area: Area) -> float:
    """What a child is weighed by, but for chances."""
    if area == "observed":
        return tree.observed(node)
    return (tree.estimated(node) or 0.0) if area == "estimated" else tree.count(node)


def plainly(tree: FeatureTree, top: int, weigh: Weighing) -> dict[int, float]:
    """The share of every feature below the top, and the top's."""
    found = {top: 1.0}
    for node in [top, *tree.nodes(top)]:
        children = tree.children(node)
        if weigh.area == "chance":
            left = {str(child): tree.count(child) for child in children if child not in weigh.excluded}
            weights = equation_1(left, weigh.temperature) if left else {}
            weights = {
                name: share * weigh.boosts.get(tree.name(int(name)), 1.0) if node == ROOT else share
                for name, share in weights.items()
            }
        else:
            weights = {str(child): weight(tree, child, weigh.area) for child in children}
        total = sum(weights.values())
        for child in children:
            found[child] = found[node] * (weights.get(str(child), 0.0) / total if total else 0.0)
    return found


def check(tree: FeatureTree, made: Blocks, most: int, shares: dict[int, float]) -> None:
    """What holds of every map."""
    assert len(made) <= most
    assert (made.parent[0], made.depth[0], made.share[0], made.more[0]) == (-1, 0, 1.0, 0)
    shown = {int(node) for node, more in zip(made.node, made.more, strict=True) if not more}
    assert len(shown) == (made.more == 0).sum()
    for row in range(len(made)):
        node, more, above = int(made.node[row]), int(made.more[row]), int(made.parent[row])
        if row:
            assert above < row
            assert made.depth[row] == made.depth[above] + 1
            assert made.node[above] == (node if more else tree.parent(node))
            assert not made.more[above]
        if more:
            assert more > 1
            hidden = [shares[child] for child in tree.children(node) if child not in shown and shares[child] > 0]
            assert more == len(hidden)
            assert made.share[row] == pytest.approx(sum(hidden))
        else:
            assert made.share[row] == pytest.approx(shares[node])
        inside = made.share[made.parent == row]
        assert (np.diff(inside) <= 0).all()
        if len(inside):
            assert inside.sum() == pytest.approx(made.share[row])


@given(trees(), areas, temperatures, st.data())
def test_a_map_with_room_shows_every_feature_that_has_a_share(
    tree: FeatureTree, area: Area, temperature: float, data: st.DataObject
) -> None:
    nodes = list(tree.nodes())
    excluded = frozenset(data.draw(st.lists(st.sampled_from(nodes), max_size=3)))
    weigh = Weighing(area, temperature, {"workflow": 3.0}, excluded)
    top = data.draw(st.sampled_from([ROOT, *nodes]))
    shares = plainly(tree, top, weigh)
    made = blocks(tree, top, weigh, most=everything, deepest=99)
    check(tree, made, everything, shares)
    assert sorted(made.node.tolist()) == sorted(node for node, share in shares.items() if share > 0)
    assert not made.more.any()


@given(trees(), areas, st.integers(1, 25), st.sampled_from([0.0, 0.01, 0.2, 0.5]), st.integers(0, 4), st.data())
def test_a_map_without_room_keeps_its_limits_and_loses_nothing(
    tree: FeatureTree, area: Area, most: int, smallest: float, deepest: int, data: st.DataObject
) -> None:
    weigh = Weighing(area, 2.0)
    top = data.draw(st.sampled_from([ROOT, *tree.nodes()]))
    made = blocks(tree, top, weigh, most=most, smallest=smallest, deepest=deepest)
    check(tree, made, most, plainly(tree, top, weigh))
    assert made.depth.max() <= deepest
    for row in np.flatnonzero((made.more == 0) & (made.share < smallest)).tolist():
        beside = np.flatnonzero(made.parent == made.parent[row])
        assert (made.share[beside] < smallest).sum() == 1, "only a feature that a bucket of one stands for"


@given(trees(), st.sampled_from([5e-324, 0.3, 1.0, 50.0, inf, -3.0]), st.booleans())
def test_areas_of_chances_are_those_of_draws_of_one_child_a_level(
    tree: FeatureTree, temperature: float, leave_out: bool
) -> None:
    excluded = frozenset(list(tree.nodes())[::3]) if leave_out else frozenset()
    boosts = {"workflow": 0.25, "logging": 4.0}
    whole = chances(tree, temperature, excluded, boosts)
    made = blocks(tree, ROOT, Weighing("chance", temperature, boosts, excluded), most=everything, deepest=99)
    expected = {ROOT: 1.0}
    for node in tree.nodes():
        expected[node] = expected[tree.parent(node)] * float(whole[node])
    assert dict(zip(made.node.tolist(), made.share.tolist(), strict=True)) == {
        node: share for node, share in expected.items() if share > 0
    }


def random_tree(seed: int, size: int) -> FeatureTree:
    """A tree whose counts differ all."""
    rng = np.random.default_rng(seed)
    parent = [-1, *(int(rng.integers(-1, row)) for row in range(1, size))]
    return FeatureTree.from_fragment(
        Fragment(
            parent=np.array(parent, np.int32),
            name=[f"n{row}" for row in range(size)],
            observed=np.zeros(size, np.int64),
            estimated=rng.pareto(1.0, size) + 1e-3,
        )
    )


def room_of(tree: FeatureTree, shown: set[int], shares: dict[int, float]) -> int:
    """Blocks of a map of these features with their buckets."""
    open_nodes = {tree.parent(node) for node in shown if node != ROOT}
    hidden = {node: [c for c in tree.children(node) if c not in shown and shares[c] > 0] for node in open_nodes}
    return len(shown) + sum(bool(children) for children in hidden.values())


@given(st.integers(0, 10**6), st.integers(2, 120), st.integers(2, 60))
def test_the_largest_of_all_branches_come_first(seed: int, size: int, most: int) -> None:
    tree = random_tree(seed, size)
    weigh = Weighing("count")
    shares = plainly(tree, ROOT, weigh)
    shown: set[int] = set()
    for node in sorted(shares, key=lambda node: (-shares[node], tree.depth(node))):
        if room_of(tree, shown | {node}, shares) > most:
            break
        shown.add(node)
    made = blocks(tree, ROOT, weigh, most=most, deepest=99)
    found = set(made.node[made.more == 0].tolist())
    assert shown <= found
    for node in found - shown:
        siblings = [child for child in tree.children(tree.parent(node)) if child not in shown]
        assert siblings == [node], "only a feature that a bucket of one stands for"


@pytest.mark.parametrize("most", [1_500, everything])
def test_a_large_map_is_opened_in_more_than_one_go(most: int) -> None:
    tree = random_tree(1, 15_000)
    shares = plainly(tree, ROOT, Weighing("count"))
    made = blocks(tree, ROOT, Weighing("count"), most=most, deepest=99)
    check(tree, made, most, shares)
    assert len(made) >= min(most, tree.rows) - 1
    shown = set(made.node[made.more == 0].tolist())
    largest_hidden = max((share for node, share in shares.items() if node not in shown), default=0.0)
    for node in shown:
        if shares[node] < largest_hidden:
            siblings = [child for child in tree.children(tree.parent(node)) if shares[child] < largest_hidden]
            assert siblings == [node], "only a feature that a bucket of one stands for"


def test_small_siblings_share_one_bucket_and_a_bucket_of_one_is_the_feature() -> None:
    tree = tree_of({("a",): 60, ("b",): 30, ("c",): 7, ("d",): 3})
    a, b, c, d = tree.children(ROOT)
    made = blocks(tree, ROOT, Weighing("observed"), smallest=0.1)
    assert made.node.tolist() == [ROOT, a, b, ROOT]
    assert made.more.tolist() == [0, 0, 0, 2]
    assert made.share.tolist() == pytest.approx([1, 0.6, 0.3, 0.1])
    assert made.parent.tolist() == [-1, 0, 0, 0]
    assert blocks(tree, ROOT, Weighing("observed"), smallest=0.05).node.tolist() == [ROOT, a, b, c, d]


def test_a_bucket_stands_among_its_siblings_by_its_share() -> None:
    tree = tree_of({("a",): 30, ("b",): 20, **{(f"c{n}",): 1 for n in range(50)}})
    made = blocks(tree, ROOT, Weighing("count"), smallest=0.1)
    assert made.more.tolist() == [0, 50, 0, 0]


def test_the_top_shows_a_bucket_where_all_its_children_are_small_and_others_stay_closed() -> None:
    tree = tree_of({("a",): 1, **{("a", f"{n}"): 1 for n in range(10)}})
    a = tree.children(ROOT)[0]
    made = blocks(tree, a, Weighing("count"), smallest=0.5)
    assert (made.node.tolist(), made.more.tolist()) == ([a, a], [0, 10])
    assert blocks(tree, ROOT, Weighing("count"), smallest=0.5).node.tolist() == [ROOT, a]


@pytest.mark.parametrize("area", AREAS)
def test_an_empty_tree_is_one_block(area: Area) -> None:
    made = blocks(FeatureTree(), ROOT, Weighing(area))
    assert (made.node.tolist(), made.share.tolist(), made.parent.tolist()) == ([ROOT], [1.0], [-1])


def test_children_without_weight_are_not_shown_but_may_be_drawn() -> None:
    tree = tree_of({("a",): 0, ("b",): 0})
    for area in ("observed", "estimated", "count"):
        assert len(blocks(tree, ROOT, Weighing(area))) == 1
    assert blocks(tree, ROOT, Weighing("chance")).share.tolist() == [1.0, 0.5, 0.5]


def test_one_child_has_the_share_of_its_parent() -> None:
    tree = tree_of({("a",): 0, ("a", "b"): 3, ("a", "b", "c"): 1})
    assert blocks(tree, tree.children(ROOT)[0], Weighing("count")).share.tolist() == [1.0, 1.0, 1.0]
    assert len(blocks(tree, ROOT, Weighing("count"))) == 1, "a category without a count has no area"


@pytest.mark.parametrize("area", ["count", "chance"])
def test_ten_thousand_equal_children_are_shown_as_far_as_there_is_room(area: Area) -> None:
    tree = tree_of({("a",): 1, **{("a", f"{n:05}"): 5 for n in range(10_000)}})
    a = tree.children(ROOT)[0]
    made = blocks(tree, a, Weighing(area, 3.0), most=50)
    assert len(made) == 50
    assert made.more.tolist() == [0, 10_000 - 48, *[0] * 48]
    assert made.node[2:].tolist() == tree.children(a)[:48]
    assert made.share[1:].sum() == pytest.approx(1)


def test_below_zero_the_rarest_have_the_largest_area() -> None:
    tree = tree_of({("a",): 1, ("b",): 4, ("c",): 0})
    a, b, _ = tree.children(ROOT)
    made = blocks(tree, ROOT, Weighing("chance", -1.0))
    assert (made.node.tolist(), made.share.tolist()) == ([ROOT, a, b], pytest.approx([1, 0.8, 0.2]))


@pytest.mark.parametrize(("temperature", "shares"), [(inf, [1, 0.5, 0.5]), (5e-324, [1, 1]), (-5e-324, [1, 1])])
def test_extreme_temperatures_have_a_map(temperature: float, shares: list[float]) -> None:
    tree = tree_of({("a",): 1, ("b",): 4, ("c",): 0})
    assert blocks(tree, ROOT, Weighing("chance", temperature)).share.tolist() == pytest.approx(shares)


def test_where_everything_is_excluded_only_the_top_is_left() -> None:
    tree = tree_of({("a",): 1, ("a", "b"): 4})
    made = blocks(tree, ROOT, Weighing("chance", excluded=frozenset(tree.nodes())))
    assert made.node.tolist() == [ROOT]


def test_features_stay_closed_once_enough_children_were_looked_at() -> None:
    wide, many = 9_000, LOOKED_AT // 9_000 + 3
    counts = np.ones((many, wide), np.int64)
    counts[:, 0] = 10**6  # a child that would be shown, if it were seen
    tree = FeatureTree.from_fragment(
        Fragment(
            parent=np.concatenate([np.full(many, -1), np.repeat(np.arange(many), wide)]).astype(np.int32),
            name=[f"c{n:02}" for n in range(many)] + [f"{n}" for n in range(wide)] * many,
            observed=np.concatenate([np.arange(1000, 1000 - many, -1), counts.ravel()]),
            estimated=np.full(many + many * wide, nan),
        )
    )
    made = blocks(tree, ROOT, Weighing("count"), most=200)
    assert (made.depth == 1).sum() == many
    opened = np.unique(made.parent[made.depth == 2]).tolist()
    assert opened == list(range(1, 1 + len(opened))), "the largest are opened first"
    assert 0 < len(opened) < many
    assert len(np.unique(made.parent[made.depth == 2])) * wide >= LOOKED_AT


def test_a_top_that_is_gone_is_not_found() -> None:
    tree = tree_of({("a",): 1, ("b",): 1})
    gone = tree.children(ROOT)[1]
    tree.change(gone, alive=0)
    for top in (gone, 99, -1):
        with pytest.raises(NotFound, match=f"no feature {top}, or no longer has it"):
            blocks(tree, top, Weighing())
    assert gone not in blocks(tree, ROOT, Weighing()).node


@pytest.mark.parametrize(
    ("weigh", "limits", "said"),
    [
        (Weighing("size"), {}, "no area `size`; choose observed"),  # type: ignore[arg-type]
        (Weighing("chance", 0.0), {}, "temperature must be"),
        (Weighing("chance", nan), {}, "temperature must be"),
        (Weighing("chance", boosts={"io": -1.0}), {}, "boost of `io`"),
        (Weighing(), {"most": 0}, "at least 1 block, got 0"),
        (Weighing(), {"deepest": -1}, "got -1"),
        (Weighing(), {"smallest": nan}, "smallest share"),
    ],
)
def test_weighings_and_limits_that_make_no_map_are_refused(
    weigh: Weighing, limits: dict[str, float], said: str
) -> None:
    with pytest.raises(BadInput, match=said):
        blocks(FeatureTree(), ROOT, weigh, **limits)  # type: ignore[arg-type]
