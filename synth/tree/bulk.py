"""Whole trees at once: from a fragment into columns and back, in array operations instead of node by node."""

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from synth.tree.columns import FeatureTree
from synth.tree.fragment import NO_PARENT, Fragment
from synth.tree.strings import places_of
from synth.tree.table import ROOT


def load(tree: FeatureTree, fragment: Fragment) -> None:
    """Fill an empty tree: row i of the fragment becomes node i + 1."""
    size = len(fragment)
    nodes = np.arange(1, size + 1, dtype=np.int32)
    columns = fragment_cells(tree, fragment)
    columns["parent"] = np.where(fragment.parent == NO_PARENT, ROOT, fragment.parent + 1)
    columns["rank"] = ranks(fragment)
    columns["alive"] = np.ones(size, np.uint8)
    tree.write_many({name: (nodes, values) for name, values in columns.items()}, size + 1)
    tree.rebuild()
    for row, seeds in fragment.evidence.items():
        for seed_id in seeds:
            tree.add_evidence(row + 1, tree.seed_number(seed_id))


def fragment_cells(tree: FeatureTree, fragment: Fragment) -> dict[str, NDArray[Any]]:
    """The cells of a fragment's rows but for their place: texts go into the tree's tables."""
    columns: dict[str, NDArray[Any]] = {
        "name": tree.strings.add_many(fragment.name),
        "observed": fragment.observed,
        "estimated": fragment.estimated,
    }
    if fragment.locked is not None:
        columns["locked"] = fragment.locked.astype(np.uint8)
    if fragment.status is not None:
        columns["status"] = fragment.status
    if fragment.note:
        notes = np.zeros(len(fragment), np.int32)
        notes[list(fragment.note)] = tree.strings.add_many(list(fragment.note.values()))
        columns["note"] = notes
    if fragment.source is not None:
        columns["source"] = tree.strings.add_many(fragment.source)
    return columns


def ranks(fragment: Fragment) -> NDArray[np.int32]:
    """Places among siblings, from 1; 0 for all of a parent whose children stand in the order of their names anyway."""
    size = len(fragment)
    if not fragment.ordered or not size:
        return np.zeros(size, np.int32)
    order = np.argsort(fragment.parent, kind="stable")
    parents = fragment.parent[order]
    starts = np.flatnonzero(np.diff(parents, prepend=NO_PARENT - 1))
    widths = np.diff(starts, append=size)
    place = np.arange(size) - np.repeat(starts, widths)
    by_name = places_of(pa.array(fragment.name, pa.large_string()))[order]
    falls = np.diff(by_name, prepend=0) < 0
    falls[starts] = False
    unsorted = np.logical_or.reduceat(falls, starts)
    found = np.zeros(size, np.int32)
    found[order] = np.where(np.repeat(unsorted, widths), place + 1, 0)
    return found


def unload(tree: FeatureTree, top: int = ROOT) -> Fragment:
    """Everything below `top`: parents before children, siblings as shown."""
    nodes = depth_first(tree, top)
    place = np.full(tree.rows, NO_PARENT, np.int32)
    place[nodes] = np.arange(len(nodes), dtype=np.int32)
    parent = place[tree.column("parent")[nodes]]
    texts = tree.strings.array()
    evidence_nodes, evidence_seeds = tree.evidence_pairs()
    evidence: dict[int, list[str]] = {}
    for node, seed in zip(evidence_nodes.tolist(), evidence_seeds.tolist(), strict=True):
        if place[node] != NO_PARENT:
            evidence.setdefault(int(place[node]), []).append(tree.seeds[seed])
    notes, sources = tree.column("note")[nodes], tree.column("source")[nodes]
    noted = np.flatnonzero(notes)
    return Fragment(
        parent=parent,
        name=texts.take(pa.array(tree.column("name")[nodes])).to_pylist(),
        observed=tree.column("observed")[nodes].copy(),
        estimated=tree.column("estimated")[nodes].copy(),
        ordered=bool(tree.column("rank")[nodes].any()),
        locked=tree.column("locked")[nodes].astype(np.bool_),
        status=tree.column("status")[nodes].copy(),
        note={int(row): tree.strings[int(notes[row])] for row in noted},
        source=texts.take(pa.array(sources)).to_pylist() if sources.any() else None,
        evidence={row: tuple(sorted(seeds)) for row, seeds in evidence.items()},
    )


def depth_first(tree: FeatureTree, top: int = ROOT) -> NDArray[np.int32]:
    """Ids of all nodes below `top`, parents before children, siblings as shown."""
    levels = breadth_first(tree, top)
    size = np.ones(tree.rows, np.int64)
    parent = tree.column("parent")
    for level in reversed(levels):
        np.add.at(size, parent[level], size[level])
    # a node's place: after its parent and after the subtrees of the siblings before it
    place = np.zeros(tree.rows, np.int64)
    for level in levels:
        before = np.cumsum(size[level]) - size[level]
        first = np.flatnonzero(np.diff(parent[level], prepend=-1))
        widths = np.diff(first, append=len(level))
        place[level] = place[parent[level]] + 1 + before - np.repeat(before[first], widths)
    nodes = np.concatenate([np.zeros(0, np.int32), *levels])
    ordered = np.empty(len(nodes), np.int32)
    ordered[place[nodes] - 1] = nodes
    return ordered


def breadth_first(tree: FeatureTree, top: int = ROOT) -> list[NDArray[np.int32]]:
    """Ids of the nodes on each level below `top`, the children of a node together and as shown."""
    layout = tree.layout()
    levels: list[NDArray[np.int32]] = []
    level = np.array([top], np.int32)
    while True:
        level = children_of(layout.child_start[level], layout.child_len[level], layout.child_list)
        if not len(level):
            return levels
        levels.append(level)


def children_of(
    starts: NDArray[np.int64], widths: NDArray[np.integer[Any]], child_list: NDArray[np.int32]
) -> NDArray[np.int32]:
    """All children of several nodes, one after the other."""
    ends = np.cumsum(widths)
    total = int(ends[-1]) if len(ends) else 0
    return child_list[np.repeat(starts - (ends - widths), widths) + np.arange(total)]
