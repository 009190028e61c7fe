"""Algorithm 1 level by level: bounds, fixed and excluded features, marginals, sameness."""

import random
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from synth.errors import BadInput
from synth.records import FeaturePath, Shape
from synth.tree.columns import FeatureTree
from synth.tree.draw import Drawer, draw
from tests.tree.strategies import tree_of, trees

widths = st.lists(st.integers(1, 4), min_size=1, max_size=5).map(tuple)
heats = st.sampled_from([0.01, 0.5, 1.0, 3.0, 1000.0])


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
    features = draw(tree, Shape(widths=widths, distinct=distinct), heat, random.Random(seed))
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
    features = draw(tree, Shape(widths=widths), heat, random.Random(seed))
    place = {path: number for number, path in enumerate(tree.paths())}
    assert all(place[one] < place[other] for one, other in pairwise(features))


def test_a_node_below_the_last_level_is_never_drawn() -> None:
    tree = tree_of({("workflow",) + ("x",) * depth: 5 for depth in range(6)})
    assert draw(tree, Shape(widths=(2, 2)), 1, random.Random(0)) == (("workflow",), ("workflow", "x"))


def test_draws_with_replacement_fall_together_as_often_as_they_should() -> None:
    tree = tree_of({("logging",): 3, ("workflow",): 1})
    drawer, rng = Drawer(tree, Shape(widths=(2,))), random.Random(5)
    alone = sum(len(drawer.draw(1, rng)) == 1 for _ in range(4000))
    assert alone / 4000 == pytest.approx(0.75**2 + 0.25**2, abs=0.04)


@pytest.mark.parametrize("heat", [0.5, 1.0, 4.0])
def test_one_draw_follows_equation_1(heat: float) -> None:
    counts = {("algorithm",): 1, ("logging",): 4, ("security",): 0, ("workflow",): 9}
    drawer, rng = Drawer(tree_of(counts), Shape(widths=(1,))), random.Random(11)
    seen = Counter(drawer.draw(heat, rng)[0] for _ in range(6000))
    total = sum(count ** (1 / heat) for count in counts.values() if count)
    for path, count in counts.items():
        expected = count ** (1 / heat) / total if count else 0
        assert seen[path] / 6000 == pytest.approx(expected, abs=0.03 if count else 0)


def test_distinct_draws_follow_one_another_among_those_left() -> None:
    counts = {("algorithm",): 1, ("logging",): 2, ("workflow",): 7}
    drawer, rng = Drawer(tree_of(counts), Shape(widths=(2,), distinct=True)), random.Random(13)
    seen = Counter(drawer.draw(1, rng) for _ in range(6000))
    p = {"algorithm": 0.1, "logging": 0.2, "workflow": 0.7}
    for (one,), (other,) in seen:
        expected = p[one] * p[other] / (1 - p[one]) + p[other] * p[one] / (1 - p[other])
        assert seen[((one,), (other,))] / 6000 == pytest.approx(expected, abs=0.03)
    assert len(seen) == 3


def test_distinct_draws_take_rare_children_too_when_the_width_asks_for_all() -> None:
    tree = tree_of({("algorithm",): 0, ("logging",): 10**9, ("workflow",): 1})
    shape = Shape(widths=(3,), distinct=True)
    assert len(draw(tree, shape, 0.001, random.Random(1))) == 3


def test_a_child_with_count_zero_is_drawn_only_where_all_are_zero() -> None:
    tree = tree_of({("workflow",): 0, ("workflow", "a"): 0, ("workflow", "b"): 0, ("logging",): 3, ("logging", "c"): 0})
    drawer, rng = Drawer(tree, Shape(widths=(1, 1))), random.Random(2)
    assert {drawer.draw(1, rng) for _ in range(50)} == {(("logging",), ("logging", "c"))}
    drawer = Drawer(tree, Shape(widths=(1, 1), excluded=(("logging",),)))
    assert {drawer.draw(1, rng)[1][1] for _ in range(50)} == {"a", "b"}


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
    features = draw(tree, Shape(widths=widths, fixed=fixed, distinct=distinct), heat, random.Random(seed))
    assert set(fixed) <= set(features)
    for parent in [(), *features]:
        if len(parent) < len(widths):
            assert len(children_in(features, parent)) <= widths[len(parent)]


def test_fixed_features_take_places_of_the_width_of_their_level() -> None:
    shape = Shape(widths=(1, 2, 1), fixed=(("workflow", "a1"), ("workflow", "a4", "b0")), distinct=True)
    features = draw(wide_tree(), shape, 1, random.Random(3))
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
    shape = Shape(widths=(4, 6, 6), excluded=excluded, distinct=distinct)
    for path in draw(tree, shape, heat, random.Random(seed)):
        assert not any(path[: len(out)] == out for out in excluded)


def test_excluding_a_name_leaves_one_that_starts_like_it() -> None:
    tree = tree_of({("dependency relations", name): 1 for name in ("torch", "torchvision")})
    shape = Shape(widths=(1, 2), excluded=(("dependency relations", "torch"),), distinct=True)
    assert draw(tree, shape, 1, random.Random(0))[1:] == (("dependency relations", "torchvision"),)


def test_a_boost_multiplies_the_chance_of_its_category() -> None:
    tree = tree_of({("logging",): 1, ("security",): 1, ("workflow",): 2})
    shape = Shape(widths=(1,), boosts=(("security", 4.0), ("workflow", 0.0)))
    drawer, rng = Drawer(tree, shape), random.Random(17)
    seen = Counter(drawer.draw(1, rng)[0][0] for _ in range(4000))
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
        (Shape(excluded=(("algorithm",), ("logging",), ("security",), ("workflow",))), "nothing is left to draw"),
    ],
)
def test_a_shape_that_cannot_be_kept_is_refused_with_the_mend(shape: Shape, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        Drawer(wide_tree(), shape)


def test_an_empty_tree_says_what_to_do() -> None:
    with pytest.raises(BadInput, match=r"no features yet.*extract features"):
        draw(FeatureTree(), Shape(), 1, random.Random(0))


def test_drawing_changes_neither_tree_nor_shape() -> None:
    tree, shape = wide_tree(), Shape(widths=(2, 2, 2), fixed=(("workflow", "a1"),))
    before = (tree.to_rows(), shape.model_dump_json())
    draw(tree, shape, 2, random.Random(0))
    assert (tree.to_rows(), shape.model_dump_json()) == before
