"""Draws that each hold a chosen feature as a leaf that the task must use."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.errors import BadInput
from synth.records import FeaturePath, Shape, Subtree
from synth.steps.draw import draw_subtrees
from synth.tree.columns import FeatureTree
from tests.steps.test_draw import build_tree
from tests.tree.strategies import trees

TARGETS: tuple[FeaturePath, ...] = (("logging", "a", "x"), ("workflow", "b"), ("algorithm",))


def leaves(subtree: Subtree) -> set[FeaturePath]:
    """What has nothing below it in the draw."""
    inner = {path[:-1] for path in subtree.features}
    return {path for path in subtree.features if path not in inner}


def test_each_draw_holds_its_target_as_the_first_of_its_mandatory_leaves() -> None:
    shape = Shape(widths=(2, 2, 1), temperatures=(1.0, 9.0), mandatory=2)
    drawn = list(draw_subtrees(build_tree(), shape, 60, seed=5, targets=TARGETS))
    assert [subtree.draw for subtree in drawn] == list(range(60))
    assert len({subtree.id for subtree in drawn}) == 60
    for subtree in drawn:
        assert subtree.mandatory[0] == TARGETS[subtree.draw % 3]
        assert set(subtree.mandatory) <= leaves(subtree)
        assert len(set(subtree.mandatory)) == min(2, len(leaves(subtree)))
        assert subtree.shape == shape
        assert subtree.temperature == shape.temperatures[subtree.draw % 2]


def test_a_target_is_mandatory_even_where_the_shape_asks_for_none_or_fixes_others() -> None:
    (one,) = draw_subtrees(build_tree(), Shape(widths=(2, 1), mandatory=0), 1, seed=5, targets=TARGETS[1:2])
    assert one.mandatory == (("workflow", "b"),)
    shape = Shape(widths=(2, 1), mandatory=1, fixed=(("algorithm", "c"),))
    (two,) = draw_subtrees(build_tree(), shape, 1, seed=5, targets=TARGETS[1:2])
    assert two.mandatory == (("workflow", "b"),)
    assert ("algorithm", "c") in two.features


def test_a_series_with_targets_can_be_taken_up_at_any_draw() -> None:
    tree, shape = build_tree(), Shape(widths=(2, 2, 1), temperatures=(1.0, 5.0))
    whole = list(draw_subtrees(tree, shape, 120, seed=3, targets=TARGETS))
    assert list(draw_subtrees(tree, shape, 70, seed=3, first=50, targets=TARGETS)) == whole[50:]
    assert list(draw_subtrees(tree, shape, 0, seed=3, targets=TARGETS)) == []
    plain = list(draw_subtrees(tree, shape, 120, seed=3))
    assert not {subtree.id for subtree in plain} & {subtree.id for subtree in whole}


@settings(deadline=None, max_examples=60)
@given(trees(), st.data())
def test_whatever_the_tree_the_target_is_a_mandatory_leaf_and_the_widths_hold(
    tree: FeatureTree, data: st.DataObject
) -> None:
    fit = [path for path in tree.paths() if path[0] != "programming language" and len(path) <= 3]
    if not fit:
        return
    targets = data.draw(st.lists(st.sampled_from(fit), min_size=1, max_size=4))
    for subtree in draw_subtrees(tree, Shape(widths=(2, 1, 2)), 6, seed=1, targets=targets):
        target = targets[subtree.draw % len(targets)]
        assert subtree.mandatory[0] == target
        assert target in leaves(subtree)
        for path in subtree.features:
            assert path[:-1] == () or path[:-1] in subtree.features
            below = sum(other[:-1] == path for other in subtree.features)
            assert len(path) == 3 or below <= (2, 1, 2)[len(path)]


@pytest.mark.parametrize(
    ("shape", "target", "said"),
    [
        (Shape(), ("logging", "q"), "target `logging > q` is not in the tree"),
        (Shape(widths=(2, 2)), ("logging", "a", "x"), "lies on level 3, but the shape ends at level 2"),
        (Shape(excluded=(("logging",),)), ("logging", "a"), "target `logging > a` is excluded by `logging`"),
        (Shape(fixed=(("logging", "a", "x"),)), ("logging", "a"), "no leaf of a draw where `logging > a > x` is fixed"),
        (Shape(widths=(1, 1), fixed=(("workflow",),)), ("logging",), "cannot be drawn: 2 features below the root"),
        (Shape(only_with=((("logging",), ("workflow",)),)), ("logging",), "cannot be drawn: .*comes only with"),
        (Shape(), ("programming language", "a"), "which tasks are told apart"),
    ],
)
def test_a_target_that_no_draw_can_hold_is_named_before_the_first_draw(
    shape: Shape, target: FeaturePath, said: str
) -> None:
    with pytest.raises(BadInput, match=said):
        draw_subtrees(build_tree(), shape, 1, seed=1, targets=(("algorithm", "a"), target))
