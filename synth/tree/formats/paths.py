"""From paths to rows and back, in array operations."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from synth.errors import BadInput
from synth.tree.columns import FeatureTree
from synth.tree.formats.checks import DEPTH_FAULT, MAX_DEPTH, first_bad_name, name_fault, show
from synth.tree.fragment import NO_PARENT, Fragment


@dataclass(slots=True)
class Placed:
    """The tree that a list of paths makes, and where each path ends in it."""

    parent: NDArray[np.int32]
    name: list[str]
    row: NDArray[np.int64]
    """The row at the end of each path."""


def place_paths(offsets: NDArray[np.int64], names: pa.Array, where: Callable[[int], str]) -> Placed:
    """The tree of paths, path i being `names[offsets[i]:offsets[i + 1]]`; parents that no path ends at are made.

    Siblings stand in the order in which paths first go through them. Raises BadInput, with `where(i)`, for a path that
    is empty or too deep and for a name that is unfit.
    """
    depth = np.diff(offsets)
    for unfit in (depth == 0, depth > MAX_DEPTH):
        if unfit.any():
            path = int(np.argmax(unfit))
            raise BadInput(f"{where(path)}: {DEPTH_FAULT if depth[path] else 'the path is empty; give it a name'}")
    coded = names.dictionary_encode()
    vocabulary: list[str] = coded.dictionary.to_pylist()
    codes = coded.indices.to_numpy().astype(np.int64)
    bad = first_bad_name(vocabulary)
    if bad is not None:
        path = int(np.searchsorted(offsets, np.argmax(codes == bad), side="right")) - 1
        raise BadInput(f"{where(path)}: {name_fault(vocabulary[bad])}")
    return _number(offsets[:-1], depth, codes, vocabulary)


def _number(
    starts: NDArray[np.int64], depth: NDArray[np.int64], codes: NDArray[np.int64], vocabulary: list[str]
) -> Placed:
    """Level by level: paths that agree up to a level share a node there."""
    node = np.full(len(starts), NO_PARENT, np.int64)
    parents, named, firsts, levels = [], [], [], []
    made = 0
    open_paths = np.arange(len(starts))
    for level in range(int(depth.max()) if len(depth) else 0):
        open_paths = open_paths[depth[open_paths] > level]
        key = (node[open_paths] + 1) * len(vocabulary) + codes[starts[open_paths] + level]
        known, first, inverse = np.unique(key, return_index=True, return_inverse=True)
        parents.append(known // len(vocabulary) - 1)
        named.append(known % len(vocabulary))
        firsts.append(open_paths[first])
        levels.append(np.full(len(known), level))
        node[open_paths] = made + inverse
        made += len(known)
    if not made:
        return Placed(np.zeros(0, np.int32), [], node)
    parent = np.concatenate(parents)
    order = np.lexsort((np.concatenate(levels), np.concatenate(firsts)))
    place = np.empty(made, np.int64)
    place[order] = np.arange(made)
    above = np.where(parent == NO_PARENT, NO_PARENT, place[parent])[order].astype(np.int32)
    name = [vocabulary[code] for code in np.concatenate(named)[order].tolist()]
    return Placed(above, name, place[node])


def first_repeat(rows: NDArray[np.int64]) -> tuple[int, int] | None:
    """The first path that ends where one before it does, as (earlier, later); None where there is none."""
    known, first, inverse = np.unique(rows, return_index=True, return_inverse=True)
    if len(known) == len(rows):
        return None
    later = int(np.argmax(first[inverse] != np.arange(len(rows))))
    return int(first[inverse[later]]), later


def refuse_repeats(placed: Placed, where: Callable[[int], str], path: Callable[[int], object]) -> None:
    """Raises BadInput where two paths are the same."""
    twice = first_repeat(placed.row)
    if twice:
        earlier, later = twice
        raise BadInput(f"{where(later)}: the path {show(path(later))} already stands in {where(earlier)}; remove one")


def depths(parent: NDArray[np.int32]) -> NDArray[np.int64]:
    """Names in the path of each row; `MAX_DEPTH` + 1 where there are more, so that no chain takes for ever."""
    depth = np.zeros(len(parent), np.int64)
    rows, above = np.arange(len(parent)), parent
    for _ in range(MAX_DEPTH + 1):
        depth[rows] += 1
        kept = above != NO_PARENT
        rows, above = rows[kept], parent[above[kept]]
    return depth


def flat_paths(parent: NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Offsets and rows: path i runs through `rows[offsets[i]:offsets[i + 1]]`."""
    depth = depths(parent)
    offsets = np.concatenate([[0], np.cumsum(depth)])
    rows = np.empty(int(offsets[-1]), np.int64)
    place, current = offsets[1:] - 1, np.arange(len(parent))
    while len(current):
        rows[place] = current
        above = parent[current]
        kept = above != NO_PARENT
        place, current = place[kept] - 1, above[kept]
    return offsets, rows


def path_array(fragment: Fragment) -> pa.Array:
    """The path of every row as an Arrow array of lists."""
    offsets, rows = flat_paths(fragment.parent)
    names = pa.array(fragment.name, pa.large_string()).take(pa.array(rows))
    return pa.LargeListArray.from_arrays(pa.array(offsets), names)


def depth_first(fragment: Fragment) -> Fragment:
    """The same tree with each node's subtree behind it and siblings as shown; itself where it is so already.

    Raises BadInput where it is deeper than any reader takes.
    """
    size = len(fragment)
    depth = depths(fragment.parent)
    if size and depth.max() > MAX_DEPTH:
        deepest = int(np.argmax(depth))
        raise BadInput(f"{show(' > '.join(fragment.path(deepest)))}: {DEPTH_FAULT}")
    below = np.ones(size, np.int64)
    for level in range(int(depth.max()) if size else 0, 1, -1):
        rows = np.flatnonzero(depth == level)
        np.add.at(below, fragment.parent[rows], below[rows])
    inner = np.flatnonzero(fragment.parent != NO_PARENT)
    above = fragment.parent[inner]
    if fragment.ordered and bool((inner + below[inner] <= above + below[above]).all()):
        return fragment
    return FeatureTree.from_fragment(fragment).to_fragment()
