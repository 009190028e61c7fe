"""The rows of an outline: which features of a tree are shown one below the other, given what a person has opened.

No list of rows is made. The rows of a branch in which nothing was said are known at once: one where it is closed, its
size where everything below is open. Only nodes with something said at or below them are counted one by one; a row is
found by going down from the top with the sums of the rows of siblings.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from synth.tree.columns import ROOT, FeatureTree
from synth.tree.extent import Extent

Ints = NDArray[np.int32]
Ids = frozenset[int]


@dataclass(frozen=True, slots=True)
class Opened:
    """What a person has opened; ids of features that are gone mean nothing, and every method drops them.

    A node is open if it is in `open`, or else if it is not in `closed` and is open by its branch: the nearest of `flat`
    and `shut` at or above it decides, and where there is none, `level`. The top is always open.
    """

    top: int = ROOT
    """The branch that is shown: its children stand at depth 0. If it is gone: what is left above it."""
    open: Ids = frozenset()
    """Opened one by one."""
    flat: Ids = frozenset()
    """Opened with everything below."""
    closed: Ids = frozenset()
    """Closed one by one, inside what is open by its branch."""
    shut: Ids = frozenset()
    """Closed with everything below, inside what is open by its branch."""
    level: int = 0
    """Features on levels above this one are open; categories are on level 1, whatever the top is."""

    def is_open(self, tree: FeatureTree, node: int) -> bool:
        """Whether what is below a node is shown, where the node is."""
        return node == self.top or node in self.open or (node not in self.closed and self._by_branch(tree, node))

    def living(self, tree: FeatureTree) -> "Opened":
        """The same without what is gone."""
        top = self.top if 0 <= self.top < tree.rows else ROOT
        while not tree.alive(top):
            top = tree.parent(top)
        return self._where(tree.alive, top)

    def expand(self, tree: FeatureTree, node: int) -> "Opened":
        """Open one node."""
        found = self.living(tree)
        return found._expanded(tree, node) if tree.alive(node) else found

    def collapse(self, tree: FeatureTree, node: int, *, filtered: bool = False) -> "Opened":
        """Close one node; what is open below it stays so. `filtered`: under a filter, where all is open by itself."""
        found = self.living(tree)
        if not tree.alive(node) or node == found.top:
            return found
        found = replace(found, open=found.open - {node})
        return replace(found, closed=found.closed | {node}) if filtered or found.is_open(tree, node) else found

    def expand_all(self, tree: FeatureTree, node: int) -> "Opened":
        """Open a node and everything below it."""
        found = self._without(tree, node)
        inside = not tree.alive(node) or found._branch(tree, node)
        return found if inside else replace(found, flat=found.flat | {node})

    def collapse_all(self, tree: FeatureTree, node: int) -> "Opened":
        """Close a node and everything below it."""
        found = self._without(tree, node)
        if node == ROOT:
            return replace(found, level=0)
        stays = not tree.alive(node) or not found._by_branch(tree, node)
        return found if stays else replace(found, shut=found.shut | {node})

    def reveal(self, tree: FeatureTree, node: int) -> "Opened":
        """Open every node above one; where it is not below the top, move the top up until it is."""
        found = self.living(tree)
        if not tree.alive(node):
            return found
        above = _way_up(tree, node)[1:] or [ROOT]
        held = {*_way_up(tree, found.top)}
        found = replace(found, top=next(one for one in above if one in held))
        for one in above[: above.index(found.top)]:
            found = found._expanded(tree, one)
        return found

    def to_level(self, tree: FeatureTree, level: int) -> "Opened":
        """Show so many levels below the top, at least one, and nothing deeper."""
        top = self.living(tree).top
        return Opened(top=top, level=tree.depth(top) + max(level, 1))

    def said_of(self) -> Ids:
        """Every node that something is said of."""
        return self.open | self.flat | self.closed | self.shut

    def mark(self, node: int) -> bool | None:
        """True and False: `node` opens and closes its branch; None: neither."""
        return True if node in self.flat else False if node in self.shut else None

    def _branch(self, tree: FeatureTree, node: int) -> bool | None:
        """The nearest mark at or above a node."""
        return next((mark for mark in map(self.mark, _way_up(tree, node)) if mark is not None), None)

    def _by_branch(self, tree: FeatureTree, node: int) -> bool:
        mark = self._branch(tree, node)
        return tree.depth(node) < self.level if mark is None else mark

    def _expanded(self, tree: FeatureTree, node: int) -> "Opened":
        found = replace(self, closed=self.closed - {node})
        return found if found.is_open(tree, node) else replace(found, open=found.open | {node})

    def _without(self, tree: FeatureTree, branch: int) -> "Opened":
        """What lives, less what is said of a branch, its top included."""
        found = self.living(tree)
        return found._where(lambda node: branch not in _way_up(tree, node), found.top)

    def _where(self, holds: Callable[[int], bool], top: int) -> "Opened":
        open_, flat, closed, shut = (
            frozenset(filter(holds, ids)) for ids in (self.open, self.flat, self.closed, self.shut)
        )
        return replace(self, top=top, open=open_, flat=flat, closed=closed, shut=shut)


@dataclass(frozen=True, slots=True)
class Line:
    """One row."""

    node: int
    """The feature; of a ghost row the one that it is proposed below."""
    depth: int
    open: bool
    """Whether rows of what is below it follow."""
    ghost: int | None = None
    """Of a ghost row: which of those below `node`, from 0."""


class Outline:
    """The rows of one tree as it is now: not for a tree that was changed since."""

    def __init__(
        self,
        tree: FeatureTree,
        opened: Opened,
        extent: Extent,
        *,
        kept: NDArray[np.bool_] | None = None,
        ghosts: Mapping[int, int] | None = None,
    ) -> None:
        """`kept` [tree.rows]: show these and all above them only; what has a shown child is open unless in `closed`.

        `ghosts`: how many features are proposed below a node; each is a row behind its last child, where it is open.
        Raises ValueError where `kept` has another shape.
        """
        self._tree = tree
        self._opened = opened = opened.living(tree)
        self._ghosts = {node: number for node, number in (ghosts or {}).items() if number > 0}
        self._base = tree.depth(opened.top)
        self._mark = opened._branch(tree, opened.top)
        self._extent = extent
        self._among = None if kept is None else extent.among(kept)
        self._rows: dict[int, int] = {}
        """Rows of the branches with something said in them, their tops included."""
        self._odd: dict[int, list[int]] = defaultdict(list)
        """Those branches by the node above."""
        self.total = self._count()
        """Number of rows."""

    def rows(self, first: int, count: int) -> list[Line]:
        """Up to `count` rows from row `first` on; fewer at the end, none beyond it."""
        if count <= 0 or not 0 <= first < self.total:
            return []
        lines: list[Line] = []
        holders = self._enter(first, count)
        while len(lines) < count and holders:
            holder = holders[-1]
            if holder.next < len(holder.children):
                node = holder.children[holder.next]
                holder.next += 1
                below = self._holder(node, holder.depth + 1, self._mark_of(node, holder.mark))
                lines.append(Line(node, holder.depth - self._base, below is not None))
                if below is not None:
                    below.children = self._children(node)[:count].tolist()
                    holders.append(below)
            elif holder.ghost < holder.ghosts:
                lines.append(Line(holder.node, holder.depth - self._base, open=False, ghost=holder.ghost))
                holder.ghost += 1
            else:
                holders.pop()
        return lines

    def find(self, node: int) -> int | None:
        """The row of a node; None where something above is closed, or it is filtered out, gone or not below the top."""
        way = _way_up(self._tree, node) if self._tree.alive(node) else []
        if node == self._opened.top or self._opened.top not in way:
            return None
        row, mark = -1, self._mark
        way = way[: way.index(self._opened.top) + 1][::-1]
        for depth, (above, step) in enumerate(pairwise(way), start=self._base):
            if not self._is_open(above, depth, mark):
                return None
            children = self._children(above)
            at = np.flatnonzero(children == step)
            if not len(at):
                return None
            row += 1 + int(self._rows_of(above, children, depth + 1, mark)[: at[0]].sum())
            mark = self._mark_of(step, mark)
        return row

    def expandable(self, node: int) -> bool:
        """Whether a row has something below it that can be shown: children that pass the filter, or ghosts."""
        return node in self._ghosts or self._rows_below(node, 0, mark=False) > 0

    def _count(self) -> int:
        """Count the rows of each branch with something said in it, from below; of the whole in the end."""
        depths = self._said()
        marks = {self._opened.top: self._mark}
        for node in [*depths][1:]:
            marks[node] = self._mark_of(node, marks[self._tree.parent(node)])
        more: dict[int, int] = defaultdict(int)
        total = 0
        for node, depth in reversed(depths.items()):
            mark, total = marks[node], 0
            if self._is_open(node, depth, mark):
                total = self._rows_below(node, depth, mark) + more[node] + self._ghosts.get(node, 0)
            if node != self._opened.top:
                above = self._tree.parent(node)
                usual = self._usual(node, depth, marks[above])
                self._rows[node] = total + 1 if usual else 0
                self._odd[above].append(node)
                more[above] += self._rows[node] - usual
        return total

    def _said(self) -> dict[int, int]:
        """The top, and the nodes below it with something said at or below them, with their depths; parents first."""
        depths, beside = {self._opened.top: self._base}, set()
        for said in [*self._opened.said_of(), *filter(self._tree.alive, self._ghosts)]:
            way, node = [], said
            while node >= 0 and node not in depths and node not in beside:
                way.append(node)
                node = self._tree.parent(node)
            if node in depths:
                depths.update(zip(reversed(way), range(depths[node] + 1, depths[node] + 1 + len(way)), strict=True))
            else:
                beside.update(way)
        return depths

    def _enter(self, row: int, count: int) -> list["_Holder"]:
        """The nodes on the way from the top to a row, each with what is left to show of it, up to `count` rows."""
        holders = [_Holder(self._opened.top, self._base, self._mark, self._ghosts.get(self._opened.top, 0))]
        while True:
            holder = holders[-1]
            children = self._children(holder.node)
            ends = np.cumsum(self._rows_of(holder.node, children, holder.depth + 1, holder.mark))
            at = int(np.searchsorted(ends, row, side="right"))
            row -= int(ends[at - 1]) if at else 0
            holder.children = children[at : at + count].tolist()
            if at == len(children):
                holder.ghost = row
            if at == len(children) or not row:
                return holders
            holder.next, row = 1, row - 1
            node = holder.children[0]
            mark = self._mark_of(node, holder.mark)
            holders.append(_Holder(node, holder.depth + 1, mark, self._ghosts.get(node, 0)))

    def _holder(self, node: int, depth: int, mark: bool | None) -> "_Holder | None":
        """A node whose rows follow its own; None where none do."""
        ghosts = self._ghosts.get(node, 0)
        if not self._is_open(node, depth, mark) or not (ghosts or self._rows_below(node, depth, mark)):
            return None
        return _Holder(node, depth, mark, ghosts)

    def _rows_of(self, above: int, children: Ints, depth: int, mark: bool | None) -> Ints:
        """Rows of the branches of some children of a node that has this mark."""
        table = self._table(depth, mark)
        rows = np.ones(len(children), np.int32) if table is None else table[children]
        odd = self._odd.get(above)
        if odd:
            at = np.flatnonzero(np.isin(children, np.array(odd, np.int32)))
            rows[at] = [self._rows[node] for node in children[at].tolist()]
        return rows

    def _mark_of(self, node: int, above: bool | None) -> bool | None:
        own = self._opened.mark(node)
        return above if own is None else own

    def _is_open(self, node: int, depth: int, mark: bool | None) -> bool:
        """Whether a node with this mark is open, where it has anything below it."""
        opened = self._opened
        if node == opened.top or self._among is not None:
            return node == opened.top or node not in opened.closed
        if node in opened.open or node in opened.closed:
            return node in opened.open
        return depth < opened.level if mark is None else mark

    def _children(self, node: int) -> Ints:
        """Those that may be shown, in order."""
        children = self._tree.child_ids(node)
        return children if self._among is None else children[self._among[children] > 0]

    def _usual(self, node: int, depth: int, mark: bool | None) -> int:
        """Rows of a branch if nothing was said in it; `mark` is of the node above."""
        table = self._table(depth, mark)
        return 1 if table is None else int(table[node])

    def _rows_below(self, node: int, depth: int, mark: bool | None) -> int:
        """Rows of the branches of all children together if nothing was said in them; `mark` is of the node itself."""
        table = self._table(depth, mark)
        return self._tree.child_count(node) if table is None else max(0, int(table[node]) - 1)

    def _table(self, depth: int, mark: bool | None) -> Ints | None:
        """Rows by node, for nodes of this depth below such a mark; None where each has just its own."""
        if self._among is not None:
            return self._among
        if mark is None:
            return self._extent.down_to(self._opened.level) if depth < self._opened.level else None
        return self._extent.sizes if mark else None


@dataclass(slots=True)
class _Holder:
    """An open node on the way through the rows."""

    node: int
    depth: int
    """In the tree, not in the outline."""
    mark: bool | None
    ghosts: int
    children: list[int] = field(default_factory=list)
    """Those that are still to come, or as many as will be needed."""
    next: int = 0
    ghost: int = 0


def _way_up(tree: FeatureTree, node: int) -> list[int]:
    """A node and all above it, the root last."""
    return [*reversed(tree.way(node)), ROOT]
