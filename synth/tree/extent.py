"""How far the branches of a tree reach: features in each, its place in depth-first order, rows down to a level.

Each is computed for the whole tree at once when it is first asked for, level by level in array operations, and kept as
long as the tree stays as it is. Whoever changes the tree may say how, by `Extent.edited`: then sizes follow small
changes at the price of what changed. Not for several threads at a time.
"""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from synth.tree.bulk import children_of
from synth.tree.delta import Cells, Delta
from synth.tree.table import ROOT, Table

Ints = NDArray[np.int32]

_MANY = 100_000
"""From so many features that came or went on, sizes are computed anew."""
_MANY_MOVED = 1_000
_DEEPEST = 10_000
"""Steps up from a feature after which sizes are computed anew: no tree is so deep, but a wrong report may lead far."""
_UNTOLD = Cells(np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0, np.int32))


class Extent:
    """Sizes and places of one tree, by row; arrays are not to be written and hold until the next change."""

    def __init__(self, tree: Table) -> None:
        self._tree = tree
        self._revision = tree.revision
        self._sizes: Ints | None = None
        """May be longer than the tree has rows."""
        self._places: Ints | None = None
        self._shown: tuple[int, Ints] | None = None

    @property
    def sizes(self) -> Ints:
        """By row: features of the branch, its top included; 0 for a dead row. The root counts as one."""
        self._refresh()
        if self._sizes is None:
            self._sizes = _added_up(self._tree, _levels(self._tree))
        return self._sizes[: self._tree.rows]

    @property
    def places(self) -> Ints:
        """By row: place in depth-first order, siblings as shown; 0 for the root, -1 for a dead row."""
        self._refresh()
        if self._places is None:
            self._places = _placed(self._tree, self.sizes)
        return self._places

    def size(self, node: int) -> int:
        """Features of the branch of `node`, itself included; 0 for a dead row."""
        return int(self.sizes[node])

    def place(self, node: int) -> int:
        """Place of `node` in depth-first order; 0 for the root, -1 for a dead row."""
        return int(self.places[node])

    def down_to(self, level: int) -> Ints:
        """By row: features of the branch that are on no deeper level than `level`, and the top in any case.

        Categories are on level 1. The latest is kept.
        """
        self._refresh()
        if self._shown is None or self._shown[0] != level:
            self._shown = (level, _added_up(self._tree, _levels(self._tree, level)))
        return self._shown[1]

    def among(self, kept: NDArray[np.bool_]) -> Ints:
        """By row: how many of the kept nodes and of all those above them the branch holds; the root is always held.

        Dead rows of `kept` [tree.rows] do not count. Raises ValueError where it has another shape.
        """
        if kept.shape != (self._tree.rows,):
            raise ValueError(f"a filter of {kept.shape} does not fit a tree of {self._tree.rows} rows")
        sizes, places = self.sizes, self.places
        nodes = np.flatnonzero(_with_all_above(self._tree, kept))
        held = np.zeros(int(sizes[ROOT]) + 1, np.int32)
        held[places[nodes] + 1] = 1
        before = np.cumsum(held, dtype=np.int32)
        found = np.zeros(self._tree.rows, np.int32)
        found[nodes] = before[places[nodes] + sizes[nodes]] - before[places[nodes]]
        return found

    def edited(self, delta: Delta, since: int | None = None) -> None:
        """Bring sizes up to date after `delta`, where that is cheap; forget what it made wrong.

        To be called after each change, before anything is read. `since`: the tree's revision right before the change;
        what is kept from another revision is forgotten. Without it, a change left out before makes sizes wrong.
        """
        if since is not None and since != self._revision:
            self._forget()
        grown = delta.rows > delta.first
        if grown or not delta.cells.keys().isdisjoint(("parent", "alive")):
            self._shown = None
            if self._sizes is not None and not self._follow(self._sizes, delta):
                self._sizes = None
        if grown or not delta.cells.keys().isdisjoint(("parent", "alive", "rank", "name")):
            self._places = None
        self._revision = self._tree.revision

    def _refresh(self) -> None:
        if self._revision != self._tree.revision:
            self._forget()
            self._revision = self._tree.revision

    def _forget(self) -> None:
        self._sizes = self._places = self._shown = None

    def _follow(self, sizes: Ints, delta: Delta) -> bool:
        """Change sizes as the tree was changed. Returns False where they have to be computed anew."""
        alive, parent = delta.cells.get("alive", _UNTOLD), delta.cells.get("parent", _UNTOLD)
        moved = np.setdiff1d(parent.nodes, alive.nodes, assume_unique=True)
        if len(alive.nodes) > _MANY or len(moved) > _MANY_MOVED:
            return False
        rows = self._tree.rows
        if rows > len(sizes):
            self._sizes = wider = np.zeros(rows + rows // 8, np.int32)
            wider[: len(sizes)] = sizes
            sizes = wider
        change = _Change(sizes, self._tree.column("parent"), parent)
        came = alive.after.astype(np.int8) - alive.before
        done = (
            change.add(alive.nodes[came < 0], -1, before=True)
            and change.move(moved.tolist())
            and change.add(alive.nodes[came > 0], 1, before=False)
        )
        return done and int(sizes[ROOT]) == np.count_nonzero(self._tree.column("alive"))


class _Change:
    """Sizes on their way from before a change to after it, and who was above whom then."""

    def __init__(self, sizes: Ints, parent: Ints, changed: Cells) -> None:
        self._sizes = sizes
        self._parent = parent
        self._changed = changed

    def add(self, nodes: Ints, sign: int, *, before: bool) -> bool:
        """Count nodes in or out, in their own size and in all above. Returns False where that does not end."""
        for _ in range(_DEEPEST):
            if not len(nodes):
                return True
            np.add.at(self._sizes, nodes, sign)
            nodes = self._above(nodes, before=before)
            nodes = nodes[nodes >= 0]
        return False

    def move(self, moved: list[int]) -> bool:
        """Take branches out where they were and add them where they are. Returns False where a way up does not end."""
        old = [self._way_up(node, before=True) for node in moved]
        new = [self._way_up(node, before=False) for node in moved]
        if max(map(len, [*old, *new]), default=0) > _DEEPEST:
            return False
        # a branch that is moved may hold others: those first on the way out, and last on the way in
        for way in sorted(old, key=len, reverse=True):
            self._sizes[way[1:]] -= self._sizes[way[0]]
        for way in sorted(new, key=len):
            self._sizes[way[1:]] += self._sizes[way[0]]
        return True

    def _way_up(self, node: int, *, before: bool) -> list[int]:
        """A node and all above it, the root last."""
        way = [node]
        while way[-1] != ROOT and len(way) <= _DEEPEST:
            way.append(int(self._above(np.array(way[-1:], np.int32), before=before)[0]))
        return way

    def _above(self, nodes: Ints, *, before: bool) -> Ints:
        above = self._parent[nodes]
        if before and len(self._changed.nodes):
            at = np.minimum(np.searchsorted(self._changed.nodes, nodes), len(self._changed.nodes) - 1)
            above = np.where(self._changed.nodes[at] == nodes, self._changed.before[at], above)
        return above


def _levels(tree: Table, most: int | None = None) -> list[Ints]:
    """The root, then the nodes of each level down to `most`, the children of a node together and as shown."""
    layout = tree.layout()
    levels = [np.array([ROOT], np.int32)]
    while most is None or len(levels) <= most:
        level = children_of(layout.child_start[levels[-1]], layout.child_len[levels[-1]], layout.child_list)
        if not len(level):
            break
        levels.append(level)
    return levels


def _holders(tree: Table, levels: list[Ints]) -> Iterator[tuple[Ints, Ints, NDArray[np.int64], Ints]]:
    """For each level but the last: nodes with children, how many, and where these begin in the level below; that."""
    width = tree.column("width")
    for upper, lower in pairwise(levels):
        widths = width[upper]
        holding = widths > 0
        widths = widths[holding]
        yield upper[holding], widths, np.cumsum(widths, dtype=np.int64) - widths, lower


def _added_up(tree: Table, levels: list[Ints]) -> Ints:
    """By row: nodes of the branch that are on one of the levels, and its top in any case; 0 for a dead row."""
    sizes = tree.column("alive").astype(np.int32)
    for holders, _, starts, lower in reversed(list(_holders(tree, levels))):
        sizes[holders] += np.add.reduceat(sizes[lower], starts, dtype=np.int32)
    return sizes


def _placed(tree: Table, sizes: Ints) -> Ints:
    """By row: after the parent and after the branches of the siblings before."""
    places = np.full(tree.rows, -1, np.int32)
    places[ROOT] = 0
    for holders, widths, starts, lower in _holders(tree, _levels(tree)):
        ends = np.cumsum(sizes[lower], dtype=np.int32)
        before = ends - sizes[lower]
        places[lower] = before + np.repeat(places[holders] + 1 - before[starts], widths)
    return places


def _with_all_above(tree: Table, kept: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The nodes of a mask that are alive, all above them, and the root."""
    marked: NDArray[np.bool_] = kept & tree.layout().alive
    marked[ROOT] = True
    parent = tree.column("parent")
    nodes = np.flatnonzero(marked)[1:]
    while len(nodes):
        nodes = parent[nodes]
        nodes = nodes[~marked[nodes]]
        marked[nodes] = True
    return marked
