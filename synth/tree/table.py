"""The columns of a tree, one row a node, and what follows from them: the children of a node as a range, their sums.

Cells are what a node is; everything else here can be computed from them (`rebuild`). A row is never used twice and a
dead row keeps its cells, so an id means the same node for ever, and a reader in another thread meets stale nodes at
worst, never missing ones. Every cell is written by `change` or `apply`, which tell the recorder what was there before.
"""

import threading
from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth.tree.layout import CELLS, DERIVED, Layout, Recorder, Value, shown_order, sort_rank, weighed
from synth.tree.shown import Shown
from synth.tree.strings import Strings

ROOT = 0
"""The node above the categories; it is no feature and carries no count."""

_PLACE = frozenset(("parent", "name", "rank", "alive"))
_COUNTS = frozenset(("observed", "estimated"))

MICRO = 1_000_000
"""Counts are added up in millionths, as integers: the sum does not depend on the order of the merges."""

MAX_COUNT = 10**9
"""Largest count of a node."""
MAX_SUM = 9 * 10**12
"""Largest sum of the counts of a node's children; in millionths it just fits into 64 bits."""

_NARROW = 64
"""Children up to which a list is faster than moving parts of an array."""
_BULK = 2_000
"""From so many rows on, computing the child ranges anew is worth its price."""


class Table:
    """Rows, their cells, the child ranges and the evidence."""

    def __init__(self) -> None:
        self.strings = Strings()
        self.seeds = Strings()
        """Ids of the seeds that evidence names."""
        self.rows = 1
        """Rows in use, dead ones and the root included."""
        self.revision = 0
        """Changes with every change."""
        self.recorder: Recorder | None = None
        self._live = 0
        self._columns = {name: np.zeros(16, kind) for name, kind in (CELLS | DERIVED).items()}
        self._columns["parent"][ROOT] = -1
        self._columns["alive"][ROOT] = 1
        self._columns["estimated"][ROOT] = np.nan
        self._bind()
        self._list = np.zeros(64, np.int32)
        self._list_end = 0
        self._room: dict[int, int] = {}
        """Places that a parent's range has, where that is more than its children need."""
        self._lookup: dict[int, dict[str, int]] = {}
        # while ranges move or names are looked up, so that no reader keeps what is past
        self._guard = threading.RLock()
        self._shown = Shown()
        self._sorted: dict[int, tuple[list[str], int]] = {}
        """Of parents met by `create_many`: names of the children as shown, and how many of them have a rank."""

    # reading

    def column(self, name: str) -> NDArray[Any]:
        """One column over all rows; not to be written."""
        return self._columns[name][: self.rows]

    def child_ids(self, node: int) -> NDArray[np.int32]:
        """A copy of the children of a node, in shown order."""
        with self._guard:
            start = self._start[node]
            return self._list[start : start + self._width[node]].copy()

    def names_below(self, node: int) -> dict[str, int]:
        """Children by name; not to be written."""
        found = self._lookup.get(node)
        if found is None:
            with self._guard:
                start, width = int(self._start[node]), int(self._width[node])
                names, _ = self._sort_names(node, start, width)
                if len(self._lookup) > 100_000:
                    self._lookup = {}
                found = self._lookup[node] = dict(zip(names, self._list[start : start + width].tolist(), strict=True))
        return found

    def seeds_of(self, node: int) -> set[int]:
        """Numbers of the seeds that show a node."""
        return self._shown.of(node)

    def layout(self) -> Layout:
        """The tree as arrays: those that the tree itself uses, nothing copied."""
        return Layout(
            rows=self.rows,
            parent=self.column("parent"),
            name=self.column("name"),
            rank=self.column("rank"),
            alive=self.column("alive").view(np.bool_),
            observed=self.column("observed"),
            estimated=self.column("estimated"),
            child_start=self.column("start"),
            child_len=self.column("width"),
            child_list=self._list,
        )

    # writing

    def create(self, parent: int, name: str, **cells: Value) -> int:
        """A new live row below `parent`. Returns its id. Raises ValueError where the name is no text."""
        number = self.strings.add(name)
        node = self.rows
        self._reserve(node + 1)
        self.rows += 1
        self.change(node, parent=parent, name=number, alive=1, **({"estimated": np.nan} | cells))
        return node

    def create_many(self, parents: Sequence[int], names: Sequence[str], estimated: Sequence[float]) -> int:
        """New live rows without an observed count, one after the other. Returns the id of the first.

        As `create` for each, in a fifth of the time. A parent may be one of the new rows; no name may be known below
        its parent. Raises ValueError, with nothing changed, where a name is no text.
        """
        first, size = self.rows, len(names)
        text = self.strings.extend(names)
        self._reserve(first + size)
        self.rows += size
        self.revision += 1
        new = slice(first, first + size)
        self._parent[new], self._estimated[new], self._alive[new] = parents, estimated, 1
        self._name[new] = np.arange(text, text + size)
        self._live += size
        below: dict[int, list[int]] = {}
        for node, parent in enumerate(parents, start=first):
            below.setdefault(parent, []).append(node)
        for parent, nodes in below.items():
            with self._guard:
                self._attach_many(parent, nodes, [names[node - first] for node in nodes])
            counts = [estimated[node - first] for node in nodes]
            counted = [round(count * MICRO) for count in counts if count == count]
            if counted:
                self._add_sum(parent, sum(counted), len(counted))
        return first

    def change(self, node: int, **cells: Value) -> None:
        """Write cells of one row; the child ranges and the sums follow."""
        self.revision += 1
        placed, counted = not _PLACE.isdisjoint(cells), not _COUNTS.isdisjoint(cells)
        alive = bool(self._alive[node])
        if alive and placed:
            with self._guard:
                self._detach(node)
        elif alive and counted:
            self._add_up(node, -1)
        for name, value in cells.items():
            column = self._columns[name]
            if self.recorder is not None:
                self.recorder.cell(name, node, column[node])
            column[node] = value
        alive = bool(self._alive[node])
        if alive and placed:
            with self._guard:
                self._attach(node)
        elif alive and counted:
            self._add_up(node, 1)

    def change_many(self, nodes: NDArray[np.int32], columns: dict[str, NDArray[Any]]) -> None:
        """Write cells of many rows; as `change` for each, but large numbers in one go."""
        if len(nodes) <= _BULK:
            for index, node in enumerate(nodes.tolist()):
                self.change(node, **{name: values[index] for name, values in columns.items()})
            return
        if self.recorder is not None:
            for name in columns:
                for node, before in zip(nodes.tolist(), self._columns[name][nodes].tolist(), strict=True):
                    self.recorder.cell(name, node, before)
        self.write_many({name: (nodes, values) for name, values in columns.items()}, self.rows)
        self.revision += 1
        if not _PLACE.isdisjoint(columns) or not _COUNTS.isdisjoint(columns):
            self.rebuild()

    def add_evidence(self, node: int, seed: int) -> bool:
        """Note that a seed shows a node. Returns False where that was known."""
        return self._change_shown(node, seed, added=True)

    def remove_evidence(self, node: int, seed: int) -> bool:
        """Forget that a seed shows a node. Returns False where it was not known."""
        return self._change_shown(node, seed, added=False)

    def write_many(self, columns: dict[str, tuple[NDArray[np.int32], NDArray[Any]]], rows: int) -> None:
        """Write many cells at once, unrecorded, and bring the table to `rows` rows; `rebuild` must follow."""
        self._reserve(rows)
        self.rows = max(self.rows, rows)
        for name, (nodes, values) in columns.items():
            self._columns[name][nodes] = values

    def rebuild(self) -> None:
        """Compute the child ranges and the sums anew from the cells: the time of one sort over all live nodes."""
        self.revision += 1
        alive = np.flatnonzero(self.column("alive"))[1:].astype(np.int32)
        listed = alive[shown_order(self._parent[alive], self._rank[alive], self._name[alive], self.strings)]
        above = self._parent[listed]
        starts = np.flatnonzero(np.diff(above, prepend=-1))
        holders = above[starts]
        counted = (self._observed[listed] > 0) | ~np.isnan(self._estimated[listed])
        counts = weighed(self._observed[listed], self._estimated[listed])
        with self._guard:
            for name in DERIVED:
                self._columns[name][: self.rows] = 0
            self._start[holders] = starts
            self._width[holders] = np.diff(starts, append=len(above))
            if len(starts):
                self._child_sum[holders] = np.add.reduceat(np.rint(counts * MICRO).astype(np.int64), starts)
                self._child_counted[holders] = np.add.reduceat(counted.astype(np.int32), starts)
            self._list, self._list_end, self._live = listed, len(listed), len(listed)
            self._room = {}
            self.forget_names()

    def resize(self, rows: int) -> None:
        """Have exactly `rows` rows: fewer only where the last ones are dead and blank."""
        self._reserve(rows)
        self.rows = rows
        self.revision += 1

    def forget_names(self) -> None:
        """Drop what was derived from names, as after a change in which one stood twice below a parent for a while."""
        self._lookup = {}
        self._sorted = {}

    # children

    def _detach(self, node: int) -> None:
        parent = int(self._parent[node])
        start, width = int(self._start[parent]), int(self._width[parent])
        place = start + int(np.flatnonzero(self._list[start : start + width] == node)[0])
        self._list[place : start + width - 1] = self._list[place + 1 : start + width]
        self._room.setdefault(parent, width)
        self._width[parent] = width - 1
        self._live -= 1
        self._sorted.pop(parent, None)
        self._add_up(node, -1)
        known = self._lookup.get(parent)
        if known is not None:
            known.pop(self.strings[self._name[node]], None)
        self._left(parent)

    def _attach(self, node: int) -> None:
        parent = int(self._parent[node])
        start, width = int(self._start[parent]), int(self._width[parent])
        name = self.strings[self._name[node]]
        place = self._place(start, width, sort_rank(self._rank[node]), name)
        if width >= self._room.get(parent, width):
            start = self._move_range(parent, start, width + 1)
        at = start + place
        self._list[at + 1 : start + width + 1] = self._list[at : start + width]
        self._list[at] = node
        self._width[parent] = width + 1
        self._live += 1
        self._sorted.pop(parent, None)
        self._add_up(node, 1)
        known = self._lookup.get(parent)
        if known is not None:
            known[name] = node
        self._came(parent, [name])

    def _attach_many(self, parent: int, nodes: list[int], names: list[str]) -> None:
        """Put new children without a rank in their places; sums are not touched."""
        start, width = int(self._start[parent]), int(self._width[parent])
        shown, ranked = self._sorted.get(parent) or self._sort_names(parent, start, width)
        if width + len(nodes) > self._room.get(parent, width):
            start = self._move_range(parent, start, width + len(nodes))
        self._width[parent] = width + len(nodes)
        fresh = sorted(zip(names, nodes, strict=True))
        if width <= _NARROW:
            ids = self._list[start : start + width].tolist()
            for name, node in fresh:
                place = bisect_left(shown, name, ranked)
                shown.insert(place, name)
                ids.insert(place, node)
            self._list[start : start + len(ids)] = ids
        else:
            # from the last to the first: everything behind a new child moves once, by as many as come before it
            upper = start + width
            for before in range(len(fresh) - 1, -1, -1):
                name, node = fresh[before]
                place = bisect_left(shown, name, ranked)
                shown.insert(place, name)
                place += start
                self._list[place + before + 1 : upper + before + 1] = self._list[place:upper]
                self._list[place + before] = node
                upper = place
        known = self._lookup.get(parent)
        if known is not None:
            known.update(zip(names, nodes, strict=True))
        self._came(parent, names)

    def _sort_names(self, parent: int, start: int, width: int) -> tuple[list[str], int]:
        """Names of the children as shown; those with a rank come first, in an order of their own."""
        ids = self._list[start : start + width]
        if len(self._sorted) > 10_000:
            self._sorted = {}
        names = [self.strings[number] for number in self._name[ids].tolist()]
        found = self._sorted[parent] = names, int(np.count_nonzero(self._rank[ids]))
        return found

    def _left(self, parent: int) -> None:
        """A child left; for what stands on this table."""

    def _came(self, parent: int, names: Sequence[str]) -> None:
        """Children came; for what stands on this table."""

    def _place(self, start: int, width: int, rank: int, name: str) -> int:
        """Where a child belongs among its siblings: bisection, as they are sorted."""
        low, high = 0, width
        while low < high:
            middle = (low + high) // 2
            other = self._list[start + middle]
            other_rank = sort_rank(self._rank[other])
            if other_rank < rank or (other_rank == rank and self.strings[self._name[other]] < name):
                low = middle + 1
            else:
                high = middle
        return low

    def _move_range(self, parent: int, start: int, needed: int) -> int:
        """Give a parent a range with room for twice the children it needs places for, at the end of the list."""
        room, width = max(4, 2 * needed), int(self._width[parent])
        if self._list_end + room > len(self._list):
            wider = np.zeros(self._list_end + room + len(self._list) // 4, np.int32)
            wider[: self._list_end] = self._list[: self._list_end]
            self._list = wider
        end = self._list_end
        self._list[end : end + width] = self._list[start : start + width]
        self._start[parent] = end
        self._list_end = end + room
        self._room[parent] = room
        return end

    def _add_up(self, node: int, sign: int) -> None:
        """Add a node's count to its parent's sum, or take it off."""
        observed, estimated = self._observed[node], self._estimated[node]
        if observed > 0 or estimated == estimated:
            micro = sign * round(float(observed if observed > 0 else estimated) * MICRO)
            self._add_sum(int(self._parent[node]), micro, sign)

    def _add_sum(self, parent: int, micro: int, counted: int) -> None:
        """Change the sum of a parent; beyond `MAX_SUM`, which is then refused and taken back, it runs around."""
        total = int(self._child_sum[parent]) + micro
        self._child_sum[parent] = total if abs(total) < 2**63 else (total + 2**63) % 2**64 - 2**63
        self._child_counted[parent] += counted

    # evidence

    def _change_shown(self, node: int, seed: int, *, added: bool) -> bool:
        if not self._shown.change(node, seed, added=added):
            return False
        self.revision += 1
        if self.recorder is not None:
            self.recorder.evidence(node, seed, added)
        return True

    def evidence_pairs(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """All evidence as (node, seed number) pairs, sorted."""
        return self._shown.pairs()

    # memory

    def adopt(self, columns: dict[str, NDArray[Any]], child_list: NDArray[np.int32], rows: int, live: int) -> None:
        """Take columns and a child list as they are; each column needs at least `rows` places."""
        self._columns, self.rows, self._live = columns, rows, live
        self._list, self._list_end = child_list, len(child_list)
        self._bind()
        self.revision += 1

    def adopt_evidence(self, nodes: NDArray[np.int32], seeds: NDArray[np.int32]) -> None:
        """Take evidence pairs, sorted by node."""
        self._shown.adopt(nodes, seeds)

    def _reserve(self, rows: int) -> None:
        have = len(self._parent)
        if rows <= have:
            return
        for name, column in self._columns.items():
            wider = np.zeros(rows + rows // 4 + 16, column.dtype)
            wider[:have] = column
            self._columns[name] = wider
        self._bind()

    def _bind(self) -> None:
        """Columns as attributes: half the time of a look-up for each cell."""
        columns = self._columns
        self._parent, self._name, self._rank = columns["parent"], columns["name"], columns["rank"]
        self._observed, self._estimated, self._alive = columns["observed"], columns["estimated"], columns["alive"]
        self._start, self._width = columns["start"], columns["width"]
        self._child_sum, self._child_counted = columns["child_sum"], columns["child_counted"]
