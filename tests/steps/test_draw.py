"""Drawing subtrees for tasks: series, temperatures, mandatory leaves, sameness on any machine."""

import os
import subprocess
import sys
from collections import Counter

import pytest

from synth.errors import BadInput
from synth.records import FeaturePath, Shape, Subtree
from synth.settings import ROOT
from synth.steps.draw import draw_subtrees
from synth.tree.columns import FeatureTree
from synth.tree.draw import draw


def build_tree() -> FeatureTree:
    """Three categories and the language, each with four features of two parts."""
    rows: list[tuple[FeaturePath, int, None, list[str]]] = []
    for number, category in enumerate(("algorithm", "logging", "programming language", "workflow"), start=1):
        rows.append(((category,), 10 * number, None, []))
        for a in "abcd":
            rows.append(((category, a), number + ord(a) - 96, None, []))
            rows.extend(((category, a, b), ord(b) - 119, None, []) for b in "xy")
    return FeatureTree.from_rows(rows)


def test_a_draw_records_what_made_it() -> None:
    shape = Shape(widths=(2, 2, 1), temperatures=(1.0, 5.0))
    first, second, third = draw_subtrees(build_tree(), shape, 3, seed=7)
    assert [subtree.draw for subtree in (first, second, third)] == [0, 1, 2]
    assert [subtree.temperature for subtree in (first, second, third)] == [1.0, 5.0, 1.0]
    assert (first.seed, first.shape) == (7, shape)
    assert len({first.id, second.id, third.id}) == 3


def test_a_series_can_be_taken_up_at_any_draw() -> None:
    tree, shape = build_tree(), Shape(widths=(2, 2, 1), temperatures=(1.0, 5.0, 9.0))
    whole = list(draw_subtrees(tree, shape, 20, seed=3))
    assert list(draw_subtrees(tree, shape, 7, seed=3, first=13)) == whole[13:]
    assert list(draw_subtrees(tree, shape, 0, seed=3)) == []


def test_other_seeds_draw_something_else() -> None:
    series = [[s.features for s in draw_subtrees(build_tree(), Shape(widths=(2, 2)), 10, seed)] for seed in range(3)]
    assert series[0] != series[1] != series[2] != series[0]


def test_the_language_is_never_drawn_and_cannot_be_fixed() -> None:
    tree = build_tree()
    for subtree in draw_subtrees(tree, Shape(widths=(4, 1), distinct=True), 10, seed=1):
        assert [path for path in subtree.features if len(path) == 1] == [("algorithm",), ("logging",), ("workflow",)]
        assert subtree.shape.excluded == ()
    with pytest.raises(BadInput, match="programming language"):
        draw_subtrees(tree, Shape(fixed=(("programming language", "a"),)), 1, seed=1)


def test_mandatory_features_are_leaves_of_the_draw_and_fixed_ones_come_first() -> None:
    fixed = (("logging", "a", "x"), ("workflow", "b", "y"))
    shape = Shape(widths=(3, 2, 2), fixed=fixed, mandatory=3)
    for subtree in draw_subtrees(build_tree(), shape, 30, seed=4):
        inner = {path[:-1] for path in subtree.features}
        assert subtree.mandatory[:2] == fixed
        assert len(subtree.mandatory) == 3 == len(set(subtree.mandatory))
        assert all(path in subtree.features and path not in inner for path in subtree.mandatory)


def test_a_fixed_feature_with_children_in_the_draw_is_no_mandatory_leaf() -> None:
    shape = Shape(widths=(1, 1, 1), fixed=(("logging", "a"),), mandatory=5)
    (subtree,) = draw_subtrees(build_tree(), shape, 1, seed=4)
    assert subtree.mandatory == (subtree.features[-1],)
    assert len(subtree.mandatory[0]) == 3


def test_every_leaf_is_as_likely_to_be_mandatory() -> None:
    tree = FeatureTree.from_rows([(("workflow", name), 1, None, []) for name in "abcd"])
    shape = Shape(widths=(1, 4), distinct=True, mandatory=2)
    subtrees = draw_subtrees(tree, shape, 2000, seed=9)
    seen = Counter(path[-1] for subtree in subtrees for path in subtree.mandatory)
    assert all(seen[name] / 2000 == pytest.approx(0.5, abs=0.05) for name in "abcd")
    assert [subtree.mandatory for subtree in draw_subtrees(tree, Shape(widths=(1, 4), mandatory=0), 3, 9)] == [()] * 3


@pytest.mark.parametrize("temperatures", [(), (1.0, 0.0), (float("nan"),)])
def test_temperatures_that_cannot_be_are_refused_before_the_first_draw(temperatures: tuple[float, ...]) -> None:
    with pytest.raises(BadInput, match="`temperatures`"):
        draw_subtrees(build_tree(), Shape(temperatures=temperatures), 1, seed=0)


def test_a_tree_with_nothing_to_draw_is_refused_before_the_first_draw() -> None:
    with pytest.raises(BadInput, match="no features yet"):
        draw_subtrees(FeatureTree(), Shape(), 1, seed=0)
    only_language = FeatureTree.from_rows([(("programming language", "python"), 3, None, [])])
    with pytest.raises(BadInput, match="nothing is left to draw"):
        draw_subtrees(only_language, Shape(), 1, seed=0)


def test_how_often_a_category_is_drawn_follows_equation_1() -> None:
    shape = Shape(widths=(1,), temperatures=(2.0,))
    seen = Counter(subtree.features[0][0] for subtree in draw_subtrees(build_tree(), shape, 5000, seed=21))
    roots = {"algorithm": 10**0.5, "logging": 20**0.5, "workflow": 40**0.5}
    for category, root in roots.items():
        assert seen[category] / 5000 == pytest.approx(root / sum(roots.values()), abs=0.03)


SCRIPT = """
from synth.records import Shape
from synth.steps.draw import draw_subtrees
from tests.steps.test_draw import build_tree
shape = Shape(widths=(2, 3, 1), temperatures=(0.7, 10.0), fixed=(("logging", "b"),), excluded=(("workflow", "a"),),
              boosts=(("algorithm", 3.0),), mandatory=3)
for distinct in (False, True):
    for subtree in draw_subtrees(build_tree(), shape.model_copy(update={"distinct": distinct}), 25, seed=5):
        print(subtree.model_dump_json())
"""


def test_the_same_seed_draws_the_same_under_any_hash_seed() -> None:
    outputs = [
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hash_seed in ("1", "4242")
    ]
    assert outputs[0] == outputs[1]
    subtrees = [Subtree.model_validate_json(line) for line in outputs[0].splitlines()]
    assert len({subtree.features for subtree in subtrees}) > 10


def test_the_draws_of_a_seed_stay_what_they_are() -> None:
    """Written down so that a change of Python, platform or our own code that would change data is noticed."""
    features = draw(build_tree(), Shape(widths=(2, 1)), 2024)
    (subtree,) = draw_subtrees(build_tree(), Shape(widths=(2, 2, 1)), 1, seed=7)
    assert [" > ".join(path) for path in features] == [
        "logging",
        "logging > d",
        "programming language",
        "programming language > c",
    ]
    assert [" > ".join(path) for path in subtree.features if len(path) == 3] == [
        "logging > d > y",
        "workflow > a > y",
        "workflow > d > y",
    ]
    assert subtree.mandatory == (("logging", "d", "y"), ("workflow", "a", "y"))
