"""Lists of features: every word in the path, in the order asked for, and the tree as it is now."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from synth.tree.columns import FeatureTree
from synth.tree.listing import Listing, Order
from tests.tree.strategies import tree_of, trees

words = st.lists(st.sampled_from(["a", "to", "torch", "DATA", "flow", "数", "--", '"', "zz"]), max_size=3)
orders: st.SearchStrategy[Order] = st.sampled_from(["path", "count", "children"])


def plainly(tree: FeatureTree, words: Sequence[str], order: Order) -> list[int]:
    """The same, name by name."""
    found = [
        node
        for node in tree.nodes()
        if all(any(word.lower() in name.lower() for name in tree.path(node)) for word in words)
    ]
    if order == "count":
        found.sort(key=lambda node: -tree.count(node))
    elif order == "children":
        found.sort(key=lambda node: -tree.child_count(node))
    return found


@given(trees(), st.lists(st.tuples(words, orders), min_size=1, max_size=6))
def test_lists_hold_the_features_with_every_word_in_their_path(
    tree: FeatureTree, asked: list[tuple[list[str], Order]]
) -> None:
    listing = Listing(tree)
    for wanted, order in asked:
        assert listing.nodes(wanted, order).tolist() == plainly(tree, wanted, order)
    top = tree.children(0)[0]
    tree.change(tree.create(top, "torch data flow"), observed=99)
    for wanted, order in asked:
        assert listing.nodes(wanted, order).tolist() == plainly(tree, wanted, order)


def test_a_word_may_stand_in_any_name_of_the_path() -> None:
    tree = tree_of({("io",): 9, ("io", "read csv"): 2, ("io", "write csv"): 5, ("net",): 9})
    found = [tree.name(node) for node in Listing(tree).nodes(["CSV", "io"], "count").tolist()]
    assert found == ["write csv", "read csv"]


def test_an_empty_tree_lists_nothing() -> None:
    assert Listing(FeatureTree()).nodes(["a"], "count").tolist() == []


def test_letters_that_are_small_in_more_than_one_way_are_found() -> None:
    tree = tree_of({("ΟΔΟΣ",): 1, ("İzmir",): 1})
    listing = Listing(tree)
    for name in ("ΟΔΟΣ", "οδοσ", "İzmir"):
        assert len(listing.nodes([name])) == 1
    assert len(listing.nodes(["\ud800"])) == 0
