"""What operations would take away, told before they are done; nothing is changed to find it out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synth.records import FeaturePath
from synth.tree.bulk import children_of
from synth.tree.columns import ROOT, FeatureTree
from synth.tree.operations import Delete, Merge, Move, Operation, Rename

Nodes = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Impact:
    """What a batch would take away from the tree, or put elsewhere."""

    gone: int
    """Features that would be deleted, with all that lies below them."""
    merged: int
    """Features that would become part of others: their counts and seeds go there."""
    moved: int
    """Features that would lie elsewhere, with all that lies below them."""
    renamed: int
    seeds: int
    """Seeds that show something that would be deleted."""
    observed: int
    """The largest observed count among what would be deleted."""
    noted: int
    """Features that would be deleted and about which a person wrote a note or a status."""
    locked: tuple[FeaturePath, ...]
    """Locked features that stand in the way, some of them."""
    examples: tuple[FeaturePath, ...]
    """Some of what would be deleted or merged, the largest first."""


def impact(tree: FeatureTree, operations: Sequence[Operation], examples: int = 12) -> Impact:
    """What the operations would take away. Features that are no longer there are passed over."""
    deleted = _alive(tree, (one.node for one in operations if isinstance(one, Delete)))
    merged = _alive(tree, (node for one in operations if isinstance(one, Merge) for node in one.sources))
    moved = _alive(tree, (one.node for one in operations if isinstance(one, Move)))
    renamed = _alive(tree, (one.node for one in operations if isinstance(one, Rename)))
    gone = with_below(tree, deleted)
    shown, seeds = tree.evidence_pairs()
    observed = tree.column("observed")[gone]
    noted = (tree.column("note")[gone] != 0) | (tree.column("status")[gone] != 0)
    tops = np.concatenate([deleted, merged])
    heaviest = tops[np.argsort(-tree.layout().counts_of(tops), kind="stable")]
    return Impact(
        gone=len(gone),
        merged=len(merged),
        moved=len(with_below(tree, moved)),
        renamed=len(renamed),
        seeds=len(np.unique(seeds[np.isin(shown, gone)])) if len(gone) else 0,
        observed=int(observed.max(initial=0)),
        noted=int(noted.sum()),
        locked=_locks(tree, np.concatenate([gone, with_below(tree, merged), moved, renamed]), tops),
        examples=tuple(tree.path(node) for node in heaviest[:examples].tolist()),
    )


def met_below(tree: FeatureTree, target: int, sources: Sequence[int]) -> int:
    """Features below merged ones that would become one with a namesake, children of children included."""
    groups, met = [[target, *sources]], 0
    while groups:
        by_name: dict[str, list[int]] = {}
        for node in groups.pop():
            for name, child in tree.names_below(node).items():
                by_name.setdefault(name, []).append(child)
        same = [nodes for nodes in by_name.values() if len(nodes) > 1]
        met += sum(len(nodes) - 1 for nodes in same)
        groups.extend(same)
    return met


def with_below(tree: FeatureTree, tops: Nodes) -> Nodes:
    """Features with everything below them, each once."""
    layout = tree.layout()
    found, level = [tops], tops
    while len(level):
        level = children_of(layout.child_start[level], layout.child_len[level], layout.child_list)
        found.append(level)
    return np.unique(np.concatenate(found))


def _alive(tree: FeatureTree, nodes: Iterable[int]) -> Nodes:
    return np.array(sorted({node for node in nodes if node != ROOT and tree.alive(node)}), np.int32)


def _locks(tree: FeatureTree, nodes: Nodes, tops: Nodes) -> tuple[FeaturePath, ...]:
    """Locks on the features, and on what those lie right below that would leave."""
    above = tree.column("parent")[tops]
    every = np.unique(np.concatenate([nodes, above[above != ROOT]]))
    return tuple(tree.path(node) for node in every[tree.column("locked")[every] != 0][:5].tolist())
