"""Edits of many features at once, worked out before anything is done: renaming by a pattern, pruning a branch."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from synth.errors import BadInput
from synth.tree.bulk import breadth_first
from synth.tree.columns import ROOT, FeatureTree
from synth.tree.operations import Delete, Merge, Operation, Rename

Nodes = NDArray[np.int32]

MOST = 100_000
"""Features that one sweep may change by name."""
_MOST_ADDED = 200_000_000
"""Bytes by which all names together may become longer while they are looked at."""


@dataclass(frozen=True, slots=True)
class Renaming:
    """What a pattern does to one feature's name."""

    node: int
    before: str
    after: str
    problem: str
    """Why it is not renamed; empty where it is."""
    operation: Operation | None


def branch(tree: FeatureTree, top: int) -> Nodes:
    """Every feature below `top`, level by level. Raises `BadInput` where it is gone."""
    if not tree.alive(top):
        raise BadInput(f"there is no feature with id {top} any more; choose another branch.")
    return np.concatenate([np.zeros(0, np.int32), *breadth_first(tree, top)])


def rename_by_pattern(
    tree: FeatureTree, nodes: Nodes, pattern: str, replacement: str, *, regex: bool = False, merge: bool = False
) -> list[Renaming]:
    """What replacing `pattern` in the names of `nodes` does; features whose name stays are left out.

    A regex is RE2's, which takes linear time whatever the pattern; `\\1` in the replacement is its first group. Where a
    sibling has the new name already, the feature is merged into it with `merge`, else left alone with the reason.
    Raises `BadInput` for a pattern that cannot be read, or one that changes more than `MOST` names.
    """
    if not pattern:
        raise BadInput("the pattern is empty; write what is to be replaced.")
    numbers, place = np.unique(tree.column("name")[nodes], return_inverse=True)
    before = tree.strings.array().take(pa.array(numbers))
    try:
        _check_growth(before, pattern, replacement, regex=regex)
        replaced = (pc.replace_substring_regex if regex else pc.replace_substring)(before, pattern, replacement)
    except pa.ArrowInvalid as error:
        raise BadInput(
            f"the pattern cannot be read: {str(error).splitlines()[0]}. Mend it, or search for plain text."
        ) from error
    after = pc.utf8_trim_whitespace(replaced)
    differs = pc.not_equal(before, after).to_numpy(zero_copy_only=False)
    changed = nodes[differs[place]]
    if len(changed) > MOST:
        raise BadInput(
            f"the pattern changes {len(changed):,} names; {MOST:,} can be changed at once. Narrow the branch."
        )
    texts = dict(zip(numbers[differs].tolist(), after.filter(pa.array(differs)).to_pylist(), strict=True))
    taken: dict[int, dict[str, int]] = {}
    """By parent: names that come by this sweep, and whose they become."""
    return [_renaming(tree, node, texts[int(tree.column("name")[node])], merge, taken) for node in changed.tolist()]


def _check_growth(names: pa.Array, pattern: str, replacement: str, *, regex: bool) -> None:
    """Raises `BadInput` where the names would take so much room that the whole process may end by it."""
    lengths = pc.binary_length(names).to_numpy(zero_copy_only=False).astype(np.float64)
    # each reference to a group, like `\\1`, may bring a whole name in
    each = len(replacement.encode()) + replacement.count("\\") * lengths
    if ((lengths + 1) * each).sum() <= _MOST_ADDED:
        return
    times = (pc.count_substring_regex if regex else pc.count_substring)(names, pattern)
    if (times.to_numpy(zero_copy_only=False) * each).sum() > _MOST_ADDED:
        raise BadInput("the replacement would make the names too long to hold; write a shorter one.")


def _renaming(tree: FeatureTree, node: int, after: str, merge: bool, taken: dict[int, dict[str, int]]) -> Renaming:
    parent, before = tree.parent(node), tree.name(node)
    if not after:
        return Renaming(node, before, after, "nothing would be left of the name", None)
    if tree.locked(node):
        return Renaming(node, before, after, "it is locked", None)
    new = taken.setdefault(parent, {})
    sibling = tree.child(parent, after)
    if sibling is None:
        sibling = new.get(after)
    if sibling is None:
        new[after] = node
        return Renaming(node, before, after, "", Rename(node=node, name=after))
    if not merge:
        return Renaming(node, before, after, "a sibling has this name already", None)
    if tree.locked(sibling):
        return Renaming(node, before, after, "the sibling of this name is locked", None)
    return Renaming(node, before, after, "", Merge(target=sibling, sources=(node,)))


def prune(
    tree: FeatureTree, top: int, *, deepest: int | None = None, least: float | None = None, grown_only: bool = False
) -> tuple[Delete, ...]:
    """What to delete below `top` so that no feature lies deeper than level `deepest`, or counts less than `least`.

    Levels are those of the whole tree: categories have 1. A feature goes for its count only where all below it goes
    too, so nothing that counts enough loses its place. With `grown_only` what some seed shows, or a count of its own
    was given, stays. Locked features, and everything above them, stay. Raises `BadInput` where neither bound is given.
    """
    if deepest is None and least is None:
        raise BadInput("say down to which level, or from which count on, features stay.")
    nodes = branch(tree, top)
    goes = np.zeros(tree.rows, np.bool_)
    if deepest is not None:
        level = tree.depth(top)
        for below in breadth_first(tree, top):
            level += 1
            goes[below] = level > deepest
    if least is not None:
        goes[nodes] |= tree.layout().counts_of(nodes) < least
    if grown_only:
        goes[nodes] &= tree.column("observed")[nodes] == 0
    goes[nodes] &= tree.column("locked")[nodes] == 0
    parent = tree.column("parent")
    for below in reversed(breadth_first(tree, top)):  # what must stay keeps what is above it
        goes[parent[below[~goes[below]]]] = False
    if top != ROOT and tree.locked(top):
        raise BadInput(f"`{tree.name(top)}` is locked; unlock it first.")
    first = nodes[goes[nodes] & ~goes[parent[nodes]]]
    return tuple(Delete(node=node) for node in _unlocked_above(tree, first))


def _unlocked_above(tree: FeatureTree, nodes: Nodes) -> Sequence[int]:
    """Nodes whose parent is not locked: the children of a locked feature stay."""
    parents = tree.column("parent")[nodes]
    kept: list[int] = nodes[(tree.column("locked")[parents] == 0) | (parents == ROOT)].tolist()
    return kept
