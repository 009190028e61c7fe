"""What many edits put in front of a sibling stands as if each had been put there alone, and takes no longer."""

import time

from hypothesis import given, settings
from hypothesis import strategies as st

from synth.errors import BadInput
from synth.tree.columns import FeatureTree
from synth.tree.edits import edit
from synth.tree.integrity import faults
from synth.tree.operations import Add, AddMany, Move, Operation, Rename

OUTLINE = "a\n a1\n a2\n a3\nb\n b1\n  b11\n b2\nc\n"
NODE = st.integers(0, 13)
OPERATION: st.SearchStrategy[Operation] = st.one_of(
    st.builds(lambda node, parent, before: Move(node=node, parent=parent, before=before), NODE, NODE, NODE),
    st.builds(lambda node, before: Move(node=node, parent=0, before=before), NODE, st.sampled_from([1, 5])),
    st.builds(lambda name, before: Add(parent=1, name=name, before=before), st.sampled_from("xyz"), NODE),
    st.builds(lambda name, before: Add(parent=0, name=name, before=before), st.sampled_from("xyz"), st.just(5)),
    st.builds(lambda node: Rename(node=node, name="renamed"), NODE),
)


def planted() -> FeatureTree:
    tree = FeatureTree()
    edit(tree, [AddMany(parent=0, outline=OUTLINE)])
    return tree


def shape_of(tree: FeatureTree, node: int = 0) -> list[object]:
    return [(child, tree.name(child), shape_of(tree, child)) for child in tree.children(node)]


@settings(max_examples=200, deadline=None)
@given(st.lists(OPERATION, min_size=1, max_size=8))
def test_together_is_the_same_as_one_by_one(operations: list[Operation]) -> None:
    together, alone = planted(), planted()
    failed = [False, False]
    try:
        edit(together, operations)
    except BadInput:
        failed[0] = True
    try:
        for operation in operations:
            edit(alone, [operation])
    except BadInput:
        failed[1] = True
    assert failed[0] == failed[1]
    assert list(faults(together)) == []
    if not failed[0]:
        assert shape_of(together) == shape_of(alone)


def test_a_thousand_features_are_put_in_front_of_another_within_a_moment() -> None:
    tree = FeatureTree()
    edit(tree, [AddMany(parent=0, outline="\n".join(f"f{number:05}" for number in range(5_000)))])
    first, *others = tree.children(0)
    began = time.monotonic()
    edit(tree, [Move(node=node, parent=0, before=first) for node in others[-1_000:]])
    assert time.monotonic() - began < 3
    assert tree.children(0)[:1_001] == [*others[-1_000:], first]
