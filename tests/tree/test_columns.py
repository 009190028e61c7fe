"""The tree as columns: merging, counts, evidence, order, rows."""

import random
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.records import FeaturePath
from synth.tree.columns import ROOT, FeatureTree
from synth.tree.names import near_duplicate
from tests.tree.strategies import closed, extraction, growth, path_lists, paths, tree_of, trees


def count_of(tree: FeatureTree, *path: str) -> int:
    node = tree.node(path)
    assert node is not None
    return tree.observed(node)


def test_each_seed_counts_once_for_a_node_and_for_everything_above_it() -> None:
    tree = FeatureTree()
    tree.add_extraction(extraction([("workflow", "load", "load csv"), ("workflow", "load")]), "seed-b")
    tree.add_extraction(extraction([("workflow", "load", "load csv")]), "seed-b")
    tree.add_extraction(extraction([("workflow", "save")]), "seed-a")
    assert count_of(tree, "workflow") == 2
    assert count_of(tree, "workflow", "load") == 1
    assert count_of(tree, "workflow", "load", "load csv") == 1
    assert tree.evidence(tree.children(ROOT)[0]) == ["seed-a", "seed-b"]
    assert len(tree) == 4


@given(st.lists(path_lists, min_size=1, max_size=3))
def test_the_order_of_extractions_changes_nothing(features: list[list[FeaturePath]]) -> None:
    seen = []
    for order in permutations(range(len(features))):
        tree = FeatureTree()
        for number in order:
            tree.add_extraction(extraction(features[number]), f"seed-{number}")
        seen.append(tree.to_rows())
    assert all(rows == seen[0] for rows in seen)


@given(path_lists)
def test_adding_an_extraction_twice_changes_nothing(features: list[FeaturePath]) -> None:
    tree = FeatureTree()
    tree.add_extraction(extraction(features), "seed-1")
    before = tree.to_rows()
    tree.add_extraction(extraction(features), "seed-1")
    assert tree.to_rows() == before


@given(path_lists)
def test_the_tree_holds_exactly_the_paths_and_their_parents(features: list[FeaturePath]) -> None:
    tree = FeatureTree()
    tree.add_extraction(extraction(features), "seed-1")
    assert set(tree.paths()) == closed(features)
    assert len(tree.paths()) == len(tree)


@given(trees())
def test_parents_come_before_children_and_siblings_by_name(tree: FeatureTree) -> None:
    seen: list[FeaturePath] = [()]
    for path in tree.paths():
        assert path[:-1] in seen
        assert not any(earlier[:-1] == path[:-1] and earlier[-1] > path[-1] for earlier in seen if earlier)
        seen.append(path)


@given(trees())
def test_nodes_paths_names_and_depths_agree(tree: FeatureTree) -> None:
    for node, path in zip(tree.nodes(), tree.paths(), strict=True):
        assert tree.node(path) == node
        assert tree.path(node) == path
        assert tree.name(node) == path[-1]
        assert tree.depth(node) == len(path)
        assert tree.parent(node) == tree.node(path[:-1])
    assert tree.leaves() == [path for path in tree.paths() if not tree.children(tree.node(path) or ROOT)]


@given(trees())
def test_rows_bring_back_the_same_tree(tree: FeatureTree) -> None:
    rebuilt = FeatureTree.from_rows(tree.to_rows())
    assert rebuilt.to_rows() == tree.to_rows()
    assert [rebuilt.mean_child_count(rebuilt.node(path) or ROOT) for path in tree.paths()] == [
        tree.mean_child_count(tree.node(path) or ROOT) for path in tree.paths()
    ]


@given(trees())
def test_the_mean_over_children_is_that_of_those_with_a_count(tree: FeatureTree) -> None:
    for node in [ROOT, *tree.nodes()]:
        counts = [tree.count(child) for child in tree.children(node) if tree.has_count(child)]
        expected = sum(counts) / len(counts) if counts else None
        assert tree.mean_child_count(node) == (None if expected is None else pytest.approx(expected, abs=1e-5))


@given(trees(), st.lists(st.tuples(paths, st.floats(0, 1000)), max_size=8))
def test_growth_changes_no_observed_count_and_no_evidence(
    tree: FeatureTree, added: list[tuple[FeaturePath, float]]
) -> None:
    before = {path: (observed, evidence) for path, observed, _, evidence in tree.to_rows()}
    tree.add_growth(growth(added))
    after = {path: (observed, evidence) for path, observed, _, evidence in tree.to_rows()}
    assert {path: after[path] for path in before} == before
    assert all(after[path] == (0, []) for path in after.keys() - before.keys())


def test_a_grown_feature_that_a_seed_shows_later_weighs_what_was_observed() -> None:
    tree = FeatureTree()
    tree.add_growth(growth([(("workflow",), 6.5)]))
    (node,) = tree.children(ROOT)
    assert tree.count(node) == 6.5
    tree.add_extraction(extraction([("workflow",)]), "seed-1")
    assert (tree.count(node), tree.observed(node), tree.estimated(node)) == (1, 1, 6.5)
    assert tree.mean_child_count(ROOT) == 1


@given(trees(), paths, st.data())
def test_the_near_child_is_the_first_child_that_is_a_near_duplicate_also_after_growth(
    tree: FeatureTree, new: FeaturePath, data: st.DataObject
) -> None:
    parents = [ROOT, *tree.nodes()]
    asked = data.draw(st.sampled_from([tree.path(node)[-1] for node in tree.nodes()]))
    for _ in range(2):
        for node in parents:
            names = [tree.name(child) for child in tree.children(node)]
            assert tree.near_child(node, asked) == near_duplicate(asked, names)
        tree.add_growth(growth([(new, 1.0), ((new[0], asked.upper()), 1.0), ((new[0], f" {asked}"), 1.0)]))


def test_names_that_start_alike_share_nothing() -> None:
    tree = FeatureTree()
    tree.add_extraction(extraction([("dependency relations", "torch")]), "seed-1")
    tree.add_extraction(extraction([("dependency relations", "torchvision", "io")]), "seed-2")
    assert count_of(tree, "dependency relations", "torch") == 1
    assert tree.children(tree.node(("dependency relations", "torch")) or ROOT) == []


def test_a_name_may_hold_separators_quotes_and_any_script() -> None:
    odd = ["a---b", "a > b", "a/b", 'say "hi"', "it's", "数据 清洗", "\n", "", "torch\\", "🐍"]
    tree = FeatureTree()
    tree.add_extraction(extraction([("workflow", name, "below") for name in odd]), "seed-1")
    assert [tree.node(("workflow", name)) is not None for name in odd] == [True] * len(odd)
    assert tree.node(("workflow", "a", "b")) is None
    assert FeatureTree.from_rows(tree.to_rows()).to_rows() == tree.to_rows()


def test_a_feature_that_is_leaf_here_and_inner_there_keeps_both_counts() -> None:
    tree = FeatureTree()
    tree.add_extraction(extraction([("logging", "log errors")]), "seed-1")
    tree.add_extraction(extraction([("logging", "log errors", "log a traceback")]), "seed-2")
    assert count_of(tree, "logging", "log errors") == 2
    assert count_of(tree, "logging", "log errors", "log a traceback") == 1


def test_ten_thousand_children_are_found_and_sorted_whatever_their_order_of_arrival() -> None:
    wanted = [("workflow", f"step {number:05}") for number in range(10_000)]
    shuffled = random.Random(3).sample(wanted, len(wanted))
    tree = FeatureTree()
    tree.add_extraction(extraction(shuffled), "seed-1")
    assert tree.paths() == [("workflow",), *wanted]
    assert tree.mean_child_count(tree.children(ROOT)[0]) == 1


def test_the_sum_over_children_does_not_depend_on_the_order_of_merges() -> None:
    added = [(("workflow", f"step {number}"), 0.1 * number) for number in range(200)]
    means = []
    for order in (added, added[::-1]):
        tree = FeatureTree()
        tree.add_growth(growth(order))
        means.append(tree.mean_child_count(tree.children(ROOT)[0]))
    assert means[0] == means[1]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (((), 1, None, []), "empty"),
        ((("workflow",), 1, None, []), "repeated"),
        ((("security",), -1, None, []), "0 or more"),
        ((("security",), 0, float("nan"), []), "finite"),
    ],
)
def test_a_row_that_cannot_be_is_refused_by_its_number(
    row: tuple[FeaturePath, int, float | None, list[str]], problem: str
) -> None:
    with pytest.raises(ValueError, match=f"row 2.*{problem}"):
        FeatureTree.from_rows([(("workflow",), 1, None, []), row])


def test_a_node_without_any_count_is_told_from_one_with_count_zero() -> None:
    tree = FeatureTree.from_rows([(("workflow", "load"), 0, None, []), (("workflow", "save"), 0, 0.0, [])])
    load, save = tree.children(tree.children(ROOT)[0])
    assert (tree.has_count(load), tree.has_count(save)) == (False, True)
    assert tree.mean_child_count(tree.parent(load)) == 0


def test_changing_what_a_tree_hands_out_does_not_change_the_tree() -> None:
    tree = tree_of({("workflow",): 1, ("security",): 2})
    tree.children(ROOT).clear()
    tree.evidence(tree.children(ROOT)[0]).append("seed-x")
    assert tree.to_rows() == [(("security",), 2, None, []), (("workflow",), 1, None, [])]
