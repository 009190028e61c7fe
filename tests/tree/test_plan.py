"""Plans: every subtree keeps to the shape, every reachable leaf or pair is held, and no plan of leaves is shorter."""

from collections import Counter
from itertools import chain, combinations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from synth.errors import BadInput
from synth.records import FeaturePath, Shape
from synth.tree.columns import FeatureTree
from synth.tree.pairs import cover_pairs
from synth.tree.plan import Plan, as_paths, cover_leaves
from tests.tree.strategies import closed, tree_of

A, B, C = "algorithm", "data structures", "framework"
Subtree = frozenset[FeaturePath]


def starts(path: FeaturePath, above: FeaturePath) -> bool:
    return path[: len(above)] == above


def keeps(subtree: Subtree, shape: Shape) -> bool:
    """Whether a set of paths is a subtree that a draw under the shape could give."""
    widths = Counter(path[:-1] for path in subtree)
    muted = tuple((name,) for name, factor in shape.boosts if factor == 0)
    return (
        closed(list(subtree)) == subtree
        and all(len(path) <= len(shape.widths) for path in subtree)
        and all(number <= shape.widths[len(parent)] for parent, number in widths.items())
        and not any(starts(path, out) for path in subtree for out in (*shape.excluded, *muted))
        and all(path in subtree for path in shape.fixed)
        and not any(one in subtree and other in subtree for one, other in shape.never)
        and not any(one in subtree and other not in subtree for one, other in shape.only_with)
    )


def all_subtrees(paths: list[FeaturePath], shape: Shape) -> list[Subtree]:
    """Every set of paths that keeps to the shape."""
    found = [frozenset(closed(list(shape.fixed)))]
    for path in sorted(paths):
        found += [held | {path} for held in found if path not in held and (len(path) == 1 or path[:-1] in held)]
    return [held for held in found if keeps(held, shape)]


def fewest(subtrees: list[Subtree], leaves: list[FeaturePath], times: int) -> int:
    """The least number of subtrees that hold each of the leaves so many times, by trying all."""
    holds = {tuple(leaf in subtree for leaf in leaves) for subtree in subtrees}
    states, number = {(times,) * len(leaves)}, 0
    while (0,) * len(leaves) not in states:
        states = {
            tuple(max(left - has, 0) for left, has in zip(state, held, strict=True))
            for state in states
            for held in holds
        }
        number += 1
    return number


def check(tree: FeatureTree, plan: Plan, shape: Shape) -> list[Subtree]:
    """What holds for each plan; returns its subtrees as sets."""
    place = {path: at for at, path in enumerate(tree.paths())}
    found = []
    for subtree in as_paths(tree, plan):
        assert list(subtree) == sorted(set(subtree), key=place.__getitem__)
        assert keeps(frozenset(subtree), shape)
        found.append(frozenset(subtree))
    assert plan.lower_bound <= len(found)
    return found


def small_paths(draw: st.DrawFn, most: int) -> list[FeaturePath]:
    path = st.builds(
        lambda category, below: (category, *below),
        st.sampled_from([A, B, C]),
        st.lists(st.sampled_from("xyz"), max_size=2),
    )
    return sorted(closed(draw(st.lists(path, min_size=1, max_size=most))))


def shapes(draw: st.DrawFn, paths: list[FeaturePath], rules: bool) -> Shape:
    some = st.sampled_from(paths)
    fixed = draw(st.lists(some, max_size=2)) if draw(st.booleans()) else []
    excluded = [path for path in draw(st.lists(some, max_size=1)) if not any(starts(one, path) for one in fixed)]
    pairs = st.lists(st.tuples(some, some).filter(lambda pair: pair[0] != pair[1]), max_size=2)
    return Shape(
        widths=tuple(draw(st.lists(st.integers(1, 3), min_size=1, max_size=3))),
        fixed=tuple(fixed),
        excluded=tuple(excluded),
        boosts=((C, 0.0),) if draw(st.booleans()) and not any(path[0] == C for path in fixed) else (),
        never=tuple(draw(pairs)) if rules else (),
        only_with=tuple(draw(pairs)) if rules else (),
    )


@st.composite
def cases(draw: st.DrawFn, rules: bool, most: int = 6) -> tuple[FeatureTree, Shape]:
    paths = small_paths(draw, most)
    return tree_of(dict.fromkeys(paths, 1)), shapes(draw, paths, rules)


def planned(tree: FeatureTree, shape: Shape, branch: FeaturePath, times: int) -> Plan:
    node = tree.node(branch)
    assert node is not None
    try:
        return cover_leaves(tree, shape, node, times)
    except BadInput:
        assume(False)
        raise


def check_cover(
    case: tuple[FeatureTree, Shape], branch: FeaturePath, times: int
) -> tuple[Plan, list[Subtree], list[FeaturePath]]:
    """Coverage of one plan against all subtrees; returns also all of them and the leaves that some of them hold."""
    tree, shape = case
    plan = planned(tree, shape, branch, times)
    found = check(tree, plan, shape)
    every = all_subtrees(tree.paths(), shape)
    leaves = [path for path in tree.leaves() if starts(path, branch)]
    reachable = [leaf for leaf in leaves if any(leaf in subtree for subtree in every)]
    assert all(sum(leaf in subtree for subtree in found) >= times for leaf in reachable)
    assert sum(number for _, number, _ in plan.unreachable) == len(leaves) - len(reachable)
    assert all(example in leaves and example not in reachable for _, _, example in plan.unreachable)
    needless = closed([*leaves, *shape.fixed, *chain(*shape.only_with)])
    assert all(path in needless for subtree in found for path in subtree)
    return plan, every, reachable


@st.composite
def branches(draw: st.DrawFn, case: tuple[FeatureTree, Shape]) -> FeaturePath:
    return draw(st.sampled_from([(), (), *case[0].paths()]))


@settings(max_examples=300)
@given(st.data(), cases(rules=False), st.integers(1, 2))
def test_no_plan_is_shorter_without_rules(data: st.DataObject, case: tuple[FeatureTree, Shape], times: int) -> None:
    plan, every, leaves = check_cover(case, data.draw(branches(case)), times)
    assert len(plan.subtrees) == plan.lower_bound == (fewest(every, leaves, times) if leaves else 0)


@settings(max_examples=300)
@given(st.data(), cases(rules=True), st.integers(1, 2))
def test_rules_are_kept(data: st.DataObject, case: tuple[FeatureTree, Shape], times: int) -> None:
    plan, every, leaves = check_cover(case, data.draw(branches(case)), times)
    assert plan.lower_bound <= (fewest(every, leaves, times) if leaves else 0) <= len(plan.subtrees)


@given(cases(rules=False, most=40), st.integers(1, 3))
def test_rules_that_change_nothing_cost_nothing(case: tuple[FeatureTree, Shape], times: int) -> None:
    """Packing one by one needs no more subtrees than dealing out."""
    tree, shape = case
    dealt = planned(tree, shape, (), times)
    rules = tuple((path, path[:1]) for path in tree.paths() if len(path) > 1)
    packed = planned(tree, shape.model_copy(update={"only_with": rules}), (), times)
    assert len(packed.subtrees) == len(dealt.subtrees) == packed.lower_bound
    check(tree, packed, shape)


@settings(max_examples=200)
@given(st.data(), cases(rules=True))
def test_every_possible_pair_is_together(data: st.DataObject, case: tuple[FeatureTree, Shape]) -> None:
    tree, shape = case
    features = data.draw(st.lists(st.sampled_from(tree.paths()), max_size=8, unique=True))
    try:
        plan = cover_pairs(tree, shape, features)
    except BadInput:
        assume(False)
        raise
    found, every = check(tree, plan, shape), all_subtrees(tree.paths(), shape)
    impossible = 0
    for one, other in combinations(features, 2):
        if any(one in subtree and other in subtree for subtree in every):
            assert any(one in subtree and other in subtree for subtree in found)
        else:
            impossible += 1
    assert sum(number for _, number, _ in plan.unreachable) == impossible
    assert len(set(found)) == len(found)


def test_a_plan_by_hand() -> None:
    counts = {(A,): 3, (A, "a"): 1, (A, "b"): 1, (A, "c"): 0, (B,): 9, (B, "d"): 8, (B, "d", "deep"): 1, (C,): 1}
    tree = tree_of(counts)
    plan = cover_leaves(tree, Shape(widths=(2, 2), excluded=((C,),)))
    assert as_paths(tree, plan) == (((A,), (A, "a"), (A, "c")), ((A,), (A, "b")))
    assert plan.lower_bound == 2
    assert [(number, example) for _, number, example in plan.unreachable] == [(1, (C,)), (1, (B, "d", "deep"))]
    fixed = cover_leaves(tree, Shape(widths=(2, 1, 1), fixed=((A, "a"),)))
    assert [(number, example) for _, number, example in fixed.unreachable] == [(2, (A, "b"))]
    assert len(fixed.subtrees) == 2
    assert "fixed" in fixed.unreachable[0][0]


def test_pairs_by_hand() -> None:
    tree = tree_of({(A,): 1, (A, "a"): 1, (A, "b"): 1, (B,): 1, (B, "c"): 1, (C,): 1, (C, "d"): 1})
    features = [(A, "a"), (A, "b"), (B, "c"), (C, "d"), (C, "d")]
    whole = cover_pairs(tree, Shape(widths=(3, 2)), features)
    assert (len(whole.subtrees), whole.lower_bound, whole.unreachable) == (1, 1, ())
    narrow = cover_pairs(tree, Shape(widths=(3, 1), never=(((B,), (C, "d")),)), features)
    assert [(number, example) for _, number, example in narrow.unreachable] == [
        (1, (f"{A} > a", f"{A} > b")),
        (1, (f"{B} > c", f"{C} > d")),
    ]
    assert len(narrow.subtrees) == 4
    assert cover_pairs(tree, Shape(), features[:1]).subtrees == ()


def test_a_thousand_leaves_under_rules() -> None:
    """Two categories that keep apart, and one that comes only with another: the plan attains its bound."""
    counts: dict[FeaturePath, int] = {}
    for category in (A, B, C, "functionality", "file operation", "computation operation"):
        counts[(category,)] = 1
        for one in range(12):
            counts[(category, f"n{one}")] = 1
            counts |= {(category, f"n{one}", f"m{two}"): 1 for two in range(1 + 3 * one)}
    tree, seen = tree_of(counts), []
    shape = Shape(widths=(4, 2, 2), never=(((A,), (B,)),), only_with=((("file operation",), (C,)),))
    plan = cover_leaves(tree, shape, progress=lambda done, all_: seen.append((done, all_)))
    found = check(tree, plan, shape)
    assert set(tree.leaves()) <= set(chain(*found))
    assert len(found) == plan.lower_bound == 108  # 54 for each of the two that keep apart
    assert seen[-1] == (len(tree.leaves()), len(tree.leaves()))


def test_bad_input() -> None:
    tree = tree_of({(A,): 1})
    with pytest.raises(BadInput, match="times"):
        cover_leaves(tree, Shape(), times=0)
    with pytest.raises(BadInput, match="branch"):
        cover_leaves(tree, Shape(), branch=77)
    with pytest.raises(BadInput, match="not in the tree"):
        cover_pairs(tree, Shape(), [(B,)])
    assert cover_leaves(FeatureTree(), Shape()).subtrees == ()
