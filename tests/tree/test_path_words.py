"""Words in paths: every word somewhere in the path, letters of any case, and the tree as it is now."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from synth.tree.columns import FeatureTree
from synth.tree.path_words import PathWords
from tests.tree.strategies import tree_of, trees

words = st.lists(st.sampled_from(["a", "to", "torch", "DATA", "flow", "数", "--", '"', "zz"]), max_size=3)


def plainly(tree: FeatureTree, words: Sequence[str]) -> set[int]:
    """The same, name by name."""
    return {
        node
        for node in tree.nodes()
        if all(any(word.lower() in name.lower() for name in tree.path(node)) for word in words)
    }


def held(found: PathWords, words: Sequence[str]) -> set[int]:
    """Ids instead of marks."""
    return set(found.holding(words).nonzero()[0].tolist())


@given(trees(), st.lists(words, min_size=1, max_size=12))
def test_features_with_every_word_in_their_path_are_found(tree: FeatureTree, asked: list[list[str]]) -> None:
    found = PathWords(tree)
    for wanted in asked:
        assert held(found, wanted) == plainly(tree, wanted)
    top = tree.children(0)[0]
    tree.change(tree.create(top, "torch data flow"), observed=99)
    for wanted in asked:
        assert held(found, wanted) == plainly(tree, wanted)


def test_a_word_may_stand_in_any_name_of_the_path() -> None:
    tree = tree_of({("io",): 9, ("io", "read csv"): 2, ("io", "write csv"): 5, ("net",): 9})
    assert {tree.name(node) for node in held(PathWords(tree), ["CSV", "io"])} == {"write csv", "read csv"}


def test_an_empty_tree_holds_nothing() -> None:
    assert held(PathWords(FeatureTree()), ["a"]) == set()


def test_letters_that_are_small_in_more_than_one_way_are_found() -> None:
    tree = tree_of({("ΟΔΟΣ",): 1, ("İzmir",): 1})
    found = PathWords(tree)
    for name in ("ΟΔΟΣ", "οδοσ", "İzmir"):
        assert len(held(found, [name])) == 1
    assert held(found, ["\ud800"]) == set()
