"""What draws would give: against all draws of small trees, against many draws of a larger one, and at the edges."""

import random
from collections import Counter
from math import expm1, isclose, log1p, sqrt

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from synth.errors import BadInput
from synth.records import FeaturePath, Shape
from synth.tree.columns import ROOT, FeatureTree
from synth.tree.whatif import WhatIf, what_if
from tests.tree.strategies import tree_of

Counts = dict[FeaturePath, int]
Draws = dict[frozenset[FeaturePath], float]

A, B, C = "algorithm", "data structures", "framework"


def children(counts: Counts, path: FeaturePath) -> list[FeaturePath]:
    return sorted(other for other in counts if other[:-1] == path)


def weights(counts: Counts, shape: Shape, temperature: float, path: FeaturePath) -> dict[FeaturePath, float]:
    """Equation 1 times the boosts, not normalised; excluded children are no children."""
    boosts = dict(shape.boosts) if path == () else {}
    found = [child for child in children(counts, path) if child not in shape.excluded and boosts.get(child[-1], 1) > 0]
    bare = not any(counts[child] for child in found)
    return {
        child: (1.0 if bare else counts[child] ** (1 / temperature) if counts[child] else 0.0)
        * boosts.get(child[-1], 1)
        for child in found
    }


def child_sets(counts: Counts, shape: Shape, temperature: float, path: FeaturePath) -> Draws:
    """All sets of children that one visit of `path` can give, with their chances, pick by pick."""
    fixed = {other[: len(path) + 1] for other in shape.fixed if other[: len(path)] == path and len(other) > len(path)}
    found: Draws = {frozenset(fixed): 1.0}
    every = weights(counts, shape, temperature, path)
    for _ in range(shape.widths[len(path)] - len(fixed)):
        further: Draws = {}
        for held, chance in found.items():
            left = {c: every[c] for c in every if not (shape.distinct and c in held)}
            if left and not any(left.values()):  # only counts of 0 are left: all alike but for their boosts
                boosts = dict(shape.boosts) if path == () else {}
                left = {child: boosts.get(child[-1], 1.0) for child in left}
            if not left:
                further[held] = further.get(held, 0.0) + chance
            for child, weight in left.items():
                key = held | {child}
                further[key] = further.get(key, 0.0) + chance * weight / sum(left.values())
        found = further
    return found


def all_draws(counts: Counts, shape: Shape, temperature: float, path: FeaturePath = ()) -> Draws:
    """Every subtree that can be drawn below `path`, with its chance."""
    if len(path) == len(shape.widths):
        return {frozenset(): 1.0}
    found: Draws = {}
    for chosen, chance in child_sets(counts, shape, temperature, path).items():
        mixed: Draws = {frozenset(): chance}
        for child in chosen:
            below = all_draws(counts, shape, temperature, child)
            joint: Draws = {}
            for one, p in mixed.items():
                for other, q in below.items():
                    key = one | other | {child}
                    joint[key] = joint.get(key, 0.0) + p * q
            mixed = joint
        for subtree, p in mixed.items():
            found[subtree] = found.get(subtree, 0.0) + p
    return found


def ends_of(subtree: frozenset[FeaturePath]) -> set[FeaturePath]:
    return {path for path in subtree if not any(other[:-1] == path for other in subtree)}


def chance_of(found: WhatIf, tree: FeatureTree, path: FeaturePath) -> float:
    node = tree.node(path)
    assert node is not None
    return float(found.marginal[node])


@st.composite
def small(draw: st.DrawFn) -> tuple[Counts, Shape, float]:
    """A tree of up to 3 categories with up to 3 children each, and a shape of two levels."""
    counts: Counts = {}
    for category in draw(st.lists(st.sampled_from([A, B, C]), min_size=1, max_size=3, unique=True)):
        counts[(category,)] = draw(st.integers(0, 6))
        for name in "xyz"[: draw(st.integers(0, 3))]:
            counts[(category, name)] = draw(st.integers(0, 40))
    paths = sorted(counts)
    widths = (draw(st.integers(1, 3)), draw(st.integers(1, 3)))
    fixed = draw(st.lists(st.sampled_from(paths), max_size=1))
    above = {path[:depth] for path in fixed for depth in (1, 2)}
    excluded = [path for path in draw(st.lists(st.sampled_from(paths), max_size=2)) if path not in above]
    boosts = draw(st.lists(st.tuples(st.just(B), st.sampled_from([0.0, 0.5, 3.0])), max_size=1))
    shape = Shape(
        widths=widths,
        fixed=tuple(fixed),
        excluded=tuple(excluded),
        boosts=tuple(boost for boost in boosts if (boost[0],) not in above),
        distinct=draw(st.booleans()),
    )
    return counts, shape, draw(st.sampled_from([1.0, 0.5, 3.0, -1.0, float("inf")]))


@settings(max_examples=300)
@given(small(), st.integers(0, 50))
@example(({(A,): 5, (B,): 0, (C,): 0}, Shape(widths=(2,), distinct=True), 1.0), 5)
def test_small_trees_match_all_their_draws(case: tuple[Counts, Shape, float], draws: int) -> None:
    counts, shape, temperature = case
    tree = tree_of(counts)
    found = what_if(tree, shape, temperature, draws)
    every = all_draws(counts, shape, temperature)
    assert isclose(sum(every.values()), 1.0)
    holds = {path: sum(p for subtree, p in every.items() if path in subtree) for path in counts}
    ends = {path: sum(p for subtree, p in every.items() if path in ends_of(subtree)) for path in counts}
    for path, chance in holds.items():
        assert chance_of(found, tree, path) == pytest.approx(chance, rel=1e-9, abs=1e-14)
    assert found.expected_nodes == pytest.approx(sum(holds.values()))
    assert found.expected_leaves == pytest.approx(sum(ends.values()))
    assert found.reachable == sum(chance > 0 for chance in ends.values())
    assert found.expected_distinct_nodes == pytest.approx(sum(1 - (1 - min(p, 1)) ** draws for p in holds.values()))
    assert found.expected_distinct_leaves == pytest.approx(sum(1 - (1 - min(p, 1)) ** draws for p in ends.values()))
    same = sum(p * p for p in every.values())
    assert found.same == pytest.approx(same)
    repeats = sum(1 - (1 - p) ** draws for p in every.values())  # distinct draws on average
    assert found.expected_equal_pairs == pytest.approx(draws * (draws - 1) / 2 * same)
    assert found.repeats_at_most is not None
    assert found.repeats_at_most >= draws - repeats - 1e-9


@pytest.mark.parametrize(("members", "picks"), [(5, 2), (6, 3), (7, 6), (12, 5), (9, 4)])
@pytest.mark.parametrize("spread", [0.0, 1.0, 3.0, 12.0])
def test_many_picks_match_all_sets(members: int, picks: int, spread: float) -> None:
    """One level, widths above 2: chances over 15 orders of magnitude and more, with and without replacement."""
    source = random.Random(members * picks)
    counts = {(A,): 1} | {(A, f"x{k}"): round(10 ** (spread * source.random())) for k in range(members)}
    tree = tree_of(counts)
    for distinct in (True, False):
        found = what_if(tree, Shape(widths=(1, picks), distinct=distinct), 1.0, 10)
        every = child_sets(counts, Shape(widths=(1, picks), distinct=distinct), 1.0, (A,))
        for path in counts:
            if path != (A,):
                chance = sum(p for chosen, p in every.items() if path in chosen)
                assert chance_of(found, tree, path) == pytest.approx(chance, rel=1e-10)
        assert found.same == pytest.approx(sum(p * p for p in every.values()), rel=1e-9)


@pytest.mark.parametrize(("members", "picks"), [(60, 30), (400, 3), (5000, 5), (200, 150)])
def test_equal_counts_share_the_width(members: int, picks: int) -> None:
    tree = tree_of({(A,): 1} | {(A, f"x{k}"): 7 for k in range(members)})
    found = what_if(tree, Shape(widths=(1, picks), distinct=True), 1.0, 10)
    below = [chance_of(found, tree, (A, f"x{k}")) for k in range(members)]
    assert below == pytest.approx([picks / members] * members, rel=1e-10)
    falling = tree_of({(A,): 1} | {(A, f"x{k}"): 1 + k * k for k in range(members)})
    found = what_if(falling, Shape(widths=(1, picks), distinct=True), 1.0, 10)
    assert found.expected_nodes == pytest.approx(1 + picks, rel=1e-10)


def drawn(tree: FeatureTree, shape: Shape, source: random.Random) -> set[int]:
    """Algorithm 1 in plain words, at temperature 1."""
    found, level = set(), [ROOT]
    for width in shape.widths:
        below = []
        for node in level:
            left = tree.children(node)
            chosen: set[int] = set()
            for _ in range(width):
                open_ = [child for child in left if not (shape.distinct and child in chosen)]
                if open_:
                    chosen.add(source.choices(open_, [tree.count(child) for child in open_])[0])
            below += chosen
        found.update(below)
        level = below
    return found


@pytest.mark.parametrize("distinct", [False, True])
def test_a_larger_tree_matches_many_draws(distinct: bool) -> None:
    source = random.Random(5)
    counts: Counts = {}
    for category in (A, B, C, "functionality", "file operation", "computation operation"):
        counts[(category,)] = source.randint(1, 50)
        for one in range(source.randint(0, 12)):
            counts[(category, f"n{one}")] = source.randint(1, 30)
            for two in range(source.randint(0, 4)):
                counts[(category, f"n{one}", f"m{two}")] = source.randint(1, 9)
    tree = tree_of(counts)
    shape = Shape(widths=(3, 3, 2), distinct=distinct)
    number = 4_000
    found = what_if(tree, shape, 1.0, number)
    samples = [drawn(tree, shape, source) for _ in range(number)]
    hits = np.bincount([node for sample in samples for node in sample], minlength=tree.rows)
    expected = found.marginal * number
    spread = np.sqrt(np.maximum(expected * (1 - found.marginal), 1e-12))
    common = (expected > 5) & (found.marginal < 1)
    assert (np.abs(hits - expected)[common] < 5 * spread[common] + 1).all()
    # nodes of a draw hang together, so the sum of squares is only about one a node
    assert 0.5 < float((((hits - expected) / spread)[common] ** 2).mean()) < 1.7
    sizes = [len(sample) for sample in samples]
    assert abs(np.mean(sizes) - found.expected_nodes) < 5 * np.std(sizes) / sqrt(number) + 1e-9
    assert abs(int((hits > 0).sum()) - found.expected_distinct_nodes) < 6
    ends = [{node for node in sample if not set(tree.children(node)) & sample} for sample in samples]
    assert abs(np.mean([len(found_) for found_ in ends]) - found.expected_leaves) < 0.15
    alike = Counter(map(frozenset, samples))
    assert found.expected_equal_pairs is not None
    pairs = sum(times * (times - 1) / 2 for times in alike.values())
    assert abs(pairs - found.expected_equal_pairs) < 6 * sqrt(found.expected_equal_pairs) + 3


@given(small(), st.sampled_from([1e-9, 1e-3, 1e9, -1e-9, -1.0, -1e9, float("inf"), float("-inf")]), st.booleans())
def test_bounds_hold_at_any_temperature(case: tuple[Counts, Shape, float], temperature: float, distinct: bool) -> None:
    counts, shape, _ = case
    tree = tree_of(counts)
    found = what_if(tree, shape.model_copy(update={"distinct": distinct}), temperature, 1000)
    chance = {path: chance_of(found, tree, path) for path in counts}
    assert np.isfinite(found.marginal).all()
    for path in counts:
        above = chance[path[:-1]] if path[:-1] else 1.0
        assert 0 <= chance[path] <= above <= 1
        if path in shape.excluded:
            assert chance[path] == 0
        if path in shape.fixed:
            assert chance[path] == 1
        below = sum(chance[child] for child in children(counts, path))
        if len(path) < len(shape.widths):
            assert below <= chance[path] * shape.widths[len(path)] + 1e-9
    assert sum(chance[path] for path in counts if len(path) == 1) <= shape.widths[0] + 1e-9
    assert found.expected_leaves <= found.expected_nodes + 1e-9
    assert found.expected_distinct_leaves <= found.reachable + 1e-9
    assert found.same is not None
    assert 0 <= found.same <= 1


def test_cold_draws_without_replacement_take_the_heaviest() -> None:
    tree = tree_of({(A,): 1, (A, "a"): 3, (A, "b"): 2, (A, "c"): 2, (A, "d"): 1, (A, "e"): 0})
    cold = what_if(tree, Shape(widths=(1, 2), distinct=True), 1e-9, 10)
    assert [chance_of(cold, tree, (A, name)) for name in "abcde"] == pytest.approx([1, 0.5, 0.5, 0, 0])
    assert cold.same == pytest.approx(0.5)
    turned = what_if(tree, Shape(widths=(1, 2), distinct=True), -1e-9, 10)
    assert [chance_of(turned, tree, (A, name)) for name in "abcde"] == pytest.approx([0, 0.5, 0.5, 1, 0])


def test_rare_features_keep_their_digits() -> None:
    tree = tree_of({(A,): 1, (A, "common"): 10**12, (A, "rare"): 1})
    found = what_if(tree, Shape(widths=(1, 3)), 1.0, 10**6)
    assert chance_of(found, tree, (A, "rare")) == pytest.approx(3e-12, rel=1e-9)
    assert found.expected_distinct_leaves - 1 == pytest.approx(-expm1(1e6 * log1p(-3e-12)), rel=1e-8)


def test_what_takes_too_long_is_none_and_says_nothing_else_less() -> None:
    tree = tree_of({(A,): 1} | {(A, f"x{k}"): k + 1 for k in range(300)})
    wide = what_if(tree, Shape(widths=(1, 40)), 1.0, 10)
    assert wide.same is None
    assert wide.expected_equal_pairs is None
    assert wide.expected_nodes > 1
    sets = what_if(tree, Shape(widths=(1, 5), distinct=True), 1.0, 10)
    assert sets.same is None
    assert sets.repeats_at_most is None
    assert sets.expected_nodes == pytest.approx(6)


def test_edges() -> None:
    tree = tree_of({(A,): 1, (B,): 1})
    nothing = what_if(tree, Shape(excluded=((A,), (B,))), 1.0, 10)
    assert (nothing.expected_nodes, nothing.reachable, nothing.same) == (0.0, 0, 1.0)
    assert what_if(FeatureTree(), Shape(), 1.0, 3).expected_nodes == 0
    assert not nothing.rules_ignored
    assert what_if(tree, Shape(never=(((A,), (B,)),)), 1.0, 10).rules_ignored
    with pytest.raises(BadInput, match="temperature"):
        what_if(tree, Shape(), 0.0, 10)
    with pytest.raises(BadInput, match="draws"):
        what_if(tree, Shape(), 1.0, -1)
