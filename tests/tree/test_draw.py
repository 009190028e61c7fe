"""Algorithm 1 level by level: bounds, fixed and excluded features, marginals, sameness."""

import random
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from synth.errors import BadInput
from synth.records import FeaturePath, Shape
from synth.tree.columns import FeatureTree
from synth.tree.draw import NOTHING, Drawer, draw
from tests.tree import plain
from tests.tree.strategies import tree_of, trees

widths = st.lists(st.integers(1, 4), min_size=1, max_size=5).map(tuple)
heats = st.sampled_from([0.01, 0.5, 1.0, 3.0, 1000.0, -0.01, -4.0, float("inf")])


def many(tree: FeatureTree, shape: Shape, seed: int, count: int) -> list[tuple[FeaturePath, ...]]:
    """The first draws of a series, as paths."""
    drawer = Drawer(tree, shape)
    return [drawer.paths(nodes) for nodes in drawer.draw(seed, 0, count)]


def children_in(features: tuple[FeaturePath, ...], parent: FeaturePath) -> list[FeaturePath]:
    return [path for path in features if path[:-1] == parent]


def wide_tree() -> FeatureTree:
    counts = {(category,): 10 for category in ("algorithm", "logging", "security", "workflow")}
    for category in [path[0] for path in counts]:
        for a in range(6):
            counts[(category, f"a{a}")] = a + 1
            for b in range(6):
                counts[(category, f"a{a}", f"b{b}")] = b + 1
    return tree_of(counts)


@given(trees(), widths, heats, st.booleans(), st.integers(0, 2**64))
def test_a_draw_is_a_subtree_that_never_exceeds_its_shape(
    tree: FeatureTree, widths: tuple[int, ...], heat: float, distinct: bool, seed: int
) -> None:
    features = draw(tree, Shape(widths=widths, distinct=distinct, temperatures=(heat,)), seed)
    assert features
    assert all(tree.node(path) is not None for path in features)
    assert all(len(path) == 1 or path[:-1] in features[:place] for place, path in enumerate(features))
    assert max(map(len, features)) <= len(widths)
    for parent in [(), *features]:
        if len(parent) < len(widths):
            available = len(tree.children(tree.node(parent) or 0))
            found = len(children_in(features, parent))
            assert min(1, available) <= found <= min(widths[len(parent)], available)
            assert not distinct or found == min(widths[len(parent)], available)


@given(trees(), widths, heats, st.integers(0, 2**64))
def test_the_result_is_in_the_order_of_the_tree(
    tree: FeatureTree, widths: tuple[int, ...], heat: float, seed: int
) -> None:
    features = draw(tree, Shape(widths=widths, temperatures=(heat,)), seed)
    place = {path: number for number, path in enumerate(tree.paths())}
    assert all(place[one] < place[other] for one, other in pairwise(features))


def test_a_node_below_the_last_level_is_never_drawn() -> None:
    tree = tree_of({("workflow",) + ("x",) * depth: 5 for depth in range(6)})
    assert draw(tree, Shape(widths=(2, 2)), 0) == (("workflow",), ("workflow", "x"))


def test_draws_with_replacement_fall_together_as_often_as_they_should() -> None:
    tree = tree_of({("logging",): 3, ("workflow",): 1})
    alone = sum(len(drawn) == 1 for drawn in many(tree, Shape(widths=(2,)), 5, 4000))
    assert alone / 4000 == pytest.approx(0.75**2 + 0.25**2, abs=0.04)


@pytest.mark.parametrize("heat", [0.5, 1.0, 4.0])
def test_one_draw_follows_equation_1(heat: float) -> None:
    counts = {("algorithm",): 1, ("logging",): 4, ("security",): 0, ("workflow",): 9}
    seen = Counter(drawn[0] for drawn in many(tree_of(counts), Shape(widths=(1,), temperatures=(heat,)), 11, 6000))
    total = sum(count ** (1 / heat) for count in counts.values() if count)
    for path, count in counts.items():
        expected = count ** (1 / heat) / total if count else 0
        assert seen[path] / 6000 == pytest.approx(expected, abs=0.03 if count else 0)


def test_distinct_draws_follow_one_another_among_those_left() -> None:
    counts = {("algorithm",): 1, ("logging",): 2, ("workflow",): 7}
    seen = Counter(many(tree_of(counts), Shape(widths=(2,), distinct=True), 13, 6000))
    p = {"algorithm": 0.1, "logging": 0.2, "workflow": 0.7}
    for (one,), (other,) in seen:
        expected = p[one] * p[other] / (1 - p[one]) + p[other] * p[one] / (1 - p[other])
        assert seen[((one,), (other,))] / 6000 == pytest.approx(expected, abs=0.03)
    assert len(seen) == 3


def test_distinct_draws_take_rare_children_too_when_the_width_asks_for_all() -> None:
    tree = tree_of({("algorithm",): 0, ("logging",): 10**9, ("workflow",): 1})
    shape = Shape(widths=(3,), distinct=True, temperatures=(0.001,))
    assert len(draw(tree, shape, 1)) == 3
    assert {len(drawn) for drawn in many(tree, shape.model_copy(update={"widths": (2,)}), 1, 50)} == {2}


def test_a_child_with_count_zero_is_drawn_only_where_all_are_zero() -> None:
    tree = tree_of({("workflow",): 0, ("workflow", "a"): 0, ("workflow", "b"): 0, ("logging",): 3, ("logging", "c"): 0})
    assert set(many(tree, Shape(widths=(1, 1)), 2, 50)) == {(("logging",), ("logging", "c"))}
    shape = Shape(widths=(1, 1), excluded=(("logging",),))
    assert {drawn[1][1] for drawn in many(tree, shape, 2, 50)} == {"a", "b"}


@given(st.data(), widths, heats, st.booleans(), st.integers(0, 2**64))
def test_fixed_features_are_always_there_and_the_shape_still_holds(
    data: st.DataObject, widths: tuple[int, ...], heat: float, distinct: bool, seed: int
) -> None:
    tree = wide_tree()
    within = [path for path in tree.paths() if len(path) <= len(widths)]
    fixed = tuple(data.draw(st.lists(st.sampled_from(within), max_size=3)))
    for depth, width in enumerate(widths):
        together = Counter(path[:depth] for path in {path[: depth + 1] for path in fixed if len(path) > depth})
        assume(all(number <= width for number in together.values()))
    shape = Shape(widths=widths, fixed=fixed, distinct=distinct, temperatures=(heat,))
    features = draw(tree, shape, seed)
    assert set(fixed) <= set(features)
    for parent in [(), *features]:
        if len(parent) < len(widths):
            assert len(children_in(features, parent)) <= widths[len(parent)]


def test_fixed_features_take_places_of_the_width_of_their_level() -> None:
    shape = Shape(widths=(1, 2, 1), fixed=(("workflow", "a1"), ("workflow", "a4", "b0")), distinct=True)
    features = draw(wide_tree(), shape, 3)
    assert children_in(features, ()) == [("workflow",)]
    assert children_in(features, ("workflow",)) == [("workflow", "a1"), ("workflow", "a4")]
    assert children_in(features, ("workflow", "a4")) == [("workflow", "a4", "b0")]


@given(st.data(), heats, st.booleans(), st.integers(0, 2**64))
def test_excluded_features_and_all_below_them_are_never_drawn(
    data: st.DataObject, heat: float, distinct: bool, seed: int
) -> None:
    tree = wide_tree()
    excluded = tuple(data.draw(st.lists(st.sampled_from(tree.paths()), max_size=6)))
    assume({path for path in excluded if len(path) == 1} != {path for path in tree.paths() if len(path) == 1})
    shape = Shape(widths=(4, 6, 6), excluded=excluded, distinct=distinct, temperatures=(heat,))
    for path in draw(tree, shape, seed):
        assert not any(path[: len(out)] == out for out in excluded)


def test_excluding_a_name_leaves_one_that_starts_like_it() -> None:
    tree = tree_of({("dependency relations", name): 1 for name in ("torch", "torchvision")})
    shape = Shape(widths=(1, 2), excluded=(("dependency relations", "torch"),), distinct=True)
    assert draw(tree, shape, 0)[1:] == (("dependency relations", "torchvision"),)


def test_a_boost_multiplies_the_chance_of_its_category() -> None:
    tree = tree_of({("logging",): 1, ("security",): 1, ("workflow",): 2})
    shape = Shape(widths=(1,), boosts=(("security", 4.0), ("workflow", 0.0)))
    seen = Counter(drawn[0][0] for drawn in many(tree, shape, 17, 4000))
    assert seen["security"] / 4000 == pytest.approx(0.8, abs=0.03)
    assert seen["workflow"] == 0


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        (Shape(widths=()), "at least one width"),
        (Shape(widths=(2, 0)), "each 1 or more"),
        (Shape(fixed=(("workflow", "nowhere"),)), "`workflow > nowhere` is not in the tree"),
        (Shape(fixed=((),)), "not in the tree"),
        (Shape(widths=(2, 2), fixed=(("workflow", "a1", "b1"),)), "level 3, but the shape ends at level 2"),
        (Shape(widths=(1, 2), fixed=(("workflow",), ("logging",))), "2 features below the root .* level 1 .* width 1"),
        (
            Shape(widths=(1, 1, 1), fixed=(("workflow", "a1"), ("workflow", "a2", "b1"))),
            "2 features below workflow .* level 2 .* width 1; widen",
        ),
        (Shape(fixed=(("workflow", "a1"),), excluded=(("workflow",),)), "excluded by `workflow`"),
        (Shape(boosts=(("algorithms", 2.0),)), "`algorithms`, which is no category"),
        (Shape(boosts=(("algorithm", -2.0),)), "boost of `algorithm`"),
        (Shape(temperatures=(1.0, 0.0)), "other than 0"),
        (Shape(widths=(100, 100, 100, 100)), "the most is 1,000,000"),
        (Shape(never=((("workflow",), ("workflow",)),)), "with itself"),
        (
            Shape(fixed=(("workflow",), ("logging",)), never=((("workflow",), ("logging",)),)),
            "both fixed, but a rule keeps them apart",
        ),
        (
            Shape(fixed=(("workflow", "a1"),), only_with=((("workflow", "a1"), ("logging",)),)),
            "comes only with `logging`; fix that too",
        ),
        (Shape(excluded=(("algorithm",), ("logging",), ("security",), ("workflow",))), "nothing is left to draw"),
    ],
)
def test_a_shape_that_cannot_be_kept_is_refused_with_the_mend(shape: Shape, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        Drawer(wide_tree(), shape)


def test_an_empty_tree_says_what_to_do() -> None:
    with pytest.raises(BadInput, match=r"no features yet.*extract features"):
        draw(FeatureTree(), Shape(), 0)


def test_drawing_changes_neither_tree_nor_shape() -> None:
    tree, shape = wide_tree(), Shape(widths=(2, 2, 2), fixed=(("workflow", "a1"),))
    before = (tree.to_rows(), shape.model_dump_json())
    draw(tree, shape, 0)
    assert (tree.to_rows(), shape.model_dump_json()) == before


# against the paper in plain Python

SMALL: dict[FeaturePath, float] = {
    ("a",): 5,
    ("b",): 1,
    ("c",): 2,
    ("a", "x"): 3,
    ("a", "y"): 0,
    ("a", "z"): 1,
    ("b", "x"): 0,
    ("b", "y"): 0,
    ("c", "x"): 7,
}


def fits(seen: Counter[frozenset[FeaturePath]], expected: dict[frozenset[FeaturePath], float], draws: int) -> bool:
    """Pearson's chi-square at a level of about 1e-6 (Wilson and Hilferty's approximation), rare outcomes pooled."""
    assert set(seen) <= {outcome for outcome, p in expected.items() if p > 0}
    common = {outcome: p for outcome, p in expected.items() if p * draws >= 8}
    rest = 1 - sum(common.values())
    cells = [(seen[outcome], p * draws) for outcome, p in common.items()]
    if rest * draws >= 8:
        cells.append((draws - sum(number for number, _ in cells), rest * draws))
    statistic = sum((number - mean) ** 2 / mean for number, mean in cells)
    freedom = len(cells) - 1
    bound = freedom * (1 - 2 / (9 * freedom) + 4.75 * (2 / (9 * freedom)) ** 0.5) ** 3
    return statistic < bound


@pytest.mark.parametrize("distinct", [False, True])
@pytest.mark.parametrize("heat", [0.5, 1.0, 10.0, -3.0])
def test_whole_subtrees_come_as_often_as_they_should(heat: float, distinct: bool) -> None:
    expected = plain.every_draw(plain.nested(SMALL), (2, 2), heat, distinct=distinct)
    assert sum(expected.values()) == pytest.approx(1)
    shape = Shape(widths=(2, 2), temperatures=(heat,), distinct=distinct)
    seen = Counter(frozenset(drawn) for drawn in many(tree_of(SMALL), shape, 23, 30_000))
    assert fits(seen, expected, 30_000)


def test_the_chi_square_test_can_fail() -> None:
    expected = plain.every_draw(plain.nested(SMALL), (2, 2), 1.3)
    seen = Counter(frozenset(drawn) for drawn in many(tree_of(SMALL), Shape(widths=(2, 2)), 23, 30_000))
    assert not fits(seen, expected, 30_000)


@given(trees(), st.sampled_from([(1,), (2, 2), (3, 1, 2)]), st.sampled_from([0.7, 1.0, 5.0]))
def test_what_can_be_drawn_is_what_plain_python_can_draw(
    tree: FeatureTree, widths: tuple[int, ...], heat: float
) -> None:
    root = plain.nested({path: tree.count(tree.node(path) or 0) for path in tree.paths()})
    rng = random.Random(1)
    theirs = Counter(path for _ in range(300) for path in plain.draw(root, widths, heat, rng))
    ours = Counter(path for drawn in many(tree, Shape(widths=widths, temperatures=(heat,)), 1, 300) for path in drawn)
    for path in {*ours, *theirs}:
        spread = (max(ours[path], theirs[path], 1) * 2) ** 0.5
        assert abs(ours[path] - theirs[path]) < 6 * spread


@pytest.mark.parametrize("heat", [1.0, 0.1])
def test_children_of_a_very_wide_parent_come_by_their_weight(heat: float) -> None:
    counts: dict[FeaturePath, int] = {("w",): 1}
    counts |= {("w", f"n{number:05}"): 1 if number % 3 else 0 for number in range(10_000)}
    counts[("w", "n05000")] = 10_000
    tree = tree_of(counts)
    drawer = Drawer(tree, Shape(widths=(1, 1), temperatures=(heat,)))
    nodes = np.concatenate([batch.cells[:, 1] for batch in drawer.batches(3, 0, 40_000)])
    heavy = (nodes == tree.node(("w", "n05000"))).mean()
    others = sum(counts[path] for path in counts if path != ("w", "n05000")) - 1
    weight = 10_000 ** (1 / heat)
    assert heavy == pytest.approx(weight / (weight + others), abs=0.02)
    assert (tree.layout().counts_of(nodes) > 0).all()


# batches, numbers, rules


@given(trees(), widths, heats, st.booleans(), st.integers(0, 2**64), st.integers(1, 7))
def test_a_draw_does_not_depend_on_the_others_of_its_batch(
    tree: FeatureTree, widths: tuple[int, ...], heat: float, distinct: bool, seed: int, size: int
) -> None:
    shape = Shape(widths=widths, temperatures=(heat, 2.0), distinct=distinct, mandatory=2)
    drawer = Drawer(tree, shape)
    whole = drawer.draw(seed, 3, 12)
    parts = list(Drawer(tree, shape).batches(seed, 3, 12, size))
    assert np.concatenate([part.cells for part in parts]).tolist() == whole.cells.tolist()
    assert np.concatenate([part.ends for part in parts]).tolist() == whole.ends.tolist()
    chosen = [nodes.tolist() for part in parts for nodes in drawer.mandatory(seed, part)]
    assert chosen == [nodes.tolist() for nodes in drawer.mandatory(seed, whole)]


@given(trees(), widths, heats, st.integers(0, 2**64))
def test_ends_are_the_features_below_which_nothing_was_drawn(
    tree: FeatureTree, widths: tuple[int, ...], heat: float, seed: int
) -> None:
    drawer = Drawer(tree, Shape(widths=widths, temperatures=(heat,)))
    draws = drawer.draw(seed, 0, 3)
    for cells, ends in zip(draws.cells, draws.ends, strict=True):
        features = drawer.paths(cells[cells != NOTHING])
        inner = {path[:-1] for path in features}
        assert set(drawer.paths(cells[ends])) == {path for path in features if path not in inner}


def test_a_drawer_follows_the_tree() -> None:
    tree = tree_of({("workflow",): 1})
    drawer = Drawer(tree, Shape(widths=(5, 1)))
    assert drawer.paths(next(iter(drawer.draw(1)))) == (("workflow",),)
    tree.change(tree.create(tree.node(("workflow",)) or 0, "new"), observed=3)
    assert drawer.paths(next(iter(drawer.draw(1)))) == (("workflow",), ("workflow", "new"))


@given(st.data(), heats, st.booleans(), st.integers(0, 2**64))
def test_rules_hold_in_every_draw(data: st.DataObject, heat: float, distinct: bool, seed: int) -> None:
    tree = wide_tree()
    pairs = st.tuples(st.sampled_from(tree.paths()), st.sampled_from(tree.paths())).filter(
        lambda pair: pair[0] != pair[1]
    )
    never = tuple(data.draw(st.lists(pairs, max_size=3)))
    only_with = tuple(data.draw(st.lists(pairs, max_size=2)))
    shape = Shape(widths=(3, 2, 2), temperatures=(heat,), distinct=distinct, never=never, only_with=only_with)
    try:
        drawn = many(tree, shape, seed, 20)
    except BadInput as error:
        if "leave nothing" not in str(error):
            raise
        return
    for features in drawn:
        held = set(features)
        assert held
        assert not any(one in held and other in held for one, other in never)
        assert all(other in held for one, other in only_with if one in held)
        assert all(len(path) == 1 or path[:-1] in held for path in features)


def test_a_rule_that_is_rarely_kept_by_chance_is_kept_by_pruning() -> None:
    tree = tree_of({("a",): 10**9, ("b",): 10**9, ("a", "x"): 1, ("b", "x"): 1, ("b", "x", "y"): 1})
    apart = Shape(widths=(2, 1, 1), distinct=True, never=((("a", "x"), ("b", "x")),))
    assert set(many(tree, apart, 1, 20)) == {(("a",), ("a", "x"), ("b",))}
    fixed = apart.model_copy(update={"fixed": (("b", "x", "y"),)})
    assert set(many(tree, fixed, 1, 20)) == {(("a",), ("b",), ("b", "x"), ("b", "x", "y"))}
    lonely = Shape(widths=(2, 1, 1), distinct=True, only_with=((("b",), ("a", "z")),))
    assert set(many(tree, lonely, 1, 20)) == {(("a",), ("a", "x"))}


def test_draws_that_keep_a_rule_come_as_often_as_among_those_that_do() -> None:
    everything = plain.every_draw(plain.nested(SMALL), (2, 2), 1.0)
    kept = {drawn: p for drawn, p in everything.items() if not {("a", "x"), ("c", "x")} <= drawn}
    expected = {drawn: p / sum(kept.values()) for drawn, p in kept.items()}
    shape = Shape(widths=(2, 2), never=((("a", "x"), ("c", "x")),))
    seen = Counter(frozenset(drawn) for drawn in many(tree_of(SMALL), shape, 29, 30_000))
    assert fits(seen, expected, 30_000)
