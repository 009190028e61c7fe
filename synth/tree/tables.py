"""Tables to draw children from: made for the parents that draws come to, kept for all draws of a temperature.

A child's weight is a whole number, so the last bit of a machine's `exp` draws nothing else. A guide (Chen and Asau,
1974) points near the child that a number falls on, so that a pick takes the same time under any parent.
"""

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth.tree.bulk import children_of
from synth.tree.columns import FeatureTree
from synth.tree.reweight import factors_of, weigh

UNIT = 2.0**38
"""Weight of the likeliest child; what is less likely by more than this is not drawn."""
_STEPS = 4

Ids = NDArray[np.int32]
Places = NDArray[np.int64]


class Tables:
    """Cumulated weights and guides of the parents met so far."""

    def __init__(
        self, tree: FeatureTree, temperature: float, excluded: Collection[int], boosts: Mapping[str, float]
    ) -> None:
        self._tree = tree
        self.temperature = temperature
        self._excluded = excluded
        self._boosts = boosts
        rows = tree.rows
        self._known = np.zeros(rows, np.bool_)
        self.start = np.zeros(rows, np.int64)
        """By parent: where its children begin in `child`."""
        self.width = np.zeros(rows, np.int64)
        """By parent: its children, those that are never drawn included."""
        self.total = np.zeros(rows, np.int64)
        """By parent: sum of the weights of its children; 0 where none can be drawn."""
        self.open_width = np.zeros(rows, np.int64)
        """By parent: its children that are not left out."""
        self._end = 0
        self._child = np.zeros(64, np.int32)
        self._sums = np.zeros(64, np.int64)
        self._guide = np.zeros(64, np.int64)
        self._factor = np.zeros(64, np.float64)
        self._open = np.zeros(64, np.bool_)

    @property
    def child(self) -> Ids:
        """Children of the known parents, one range after the other, as shown."""
        return self._child

    @property
    def open(self) -> NDArray[np.bool_]:
        """By place in `child`: whether the child is not left out."""
        return self._open

    def factors(self, places: Places) -> NDArray[np.float64]:
        """The factor of the child at each place: its boost, 0 where it is left out."""
        return self._factor[places]

    def prepare(self, parents: Ids) -> None:
        """Make the tables of those parents that have none yet."""
        missing = parents[~self._known[parents]]
        if len(missing):
            self._add(np.unique(missing))

    def pick(self, parents: Ids, numbers: NDArray[np.float64]) -> Places:
        """The place in `child` on which each number from [0, 1) falls; `total` of its parent must be above 0."""
        start, width, total = self.start[parents], self.width[parents], self.total[parents]
        target = np.minimum((numbers * total).astype(np.int64), total - 1)
        place = self._guide[start + (numbers * width).astype(np.int64)]
        behind = np.flatnonzero(self._sums[place] <= target)
        for _ in range(_STEPS):
            if not len(behind):
                return place
            place[behind] += 1
            behind = behind[self._sums[place[behind]] <= target[behind]]
        low, high, wanted = place[behind], (start + width)[behind] - 1, target[behind]
        while (low < high).any():
            middle = (low + high) // 2
            above = self._sums[middle] > wanted
            high = np.where(above, middle, high)
            low = np.where(above, low, np.minimum(middle + 1, high))
        place[behind] = low
        return place

    def _add(self, parents: Ids) -> None:
        self._known[parents] = True
        layout = self._tree.layout()
        parents = parents[layout.child_len[parents] > 0]
        if not len(parents):
            return
        widths = layout.child_len[parents].astype(np.int64)
        children = children_of(layout.child_start[parents], widths, layout.child_list)
        factors = factors_of(self._tree, children, self._excluded, self._boosts)
        weights = np.rint(weigh(layout.counts_of(children), widths, self.temperature, factors) * UNIT).astype(np.int64)
        starts = np.cumsum(widths) - widths
        running = np.cumsum(weights)
        base = running[starts] - weights[starts]
        totals = running[starts + widths - 1] - base
        self._make_room(len(children))
        fresh = slice(self._end, self._end + len(children))
        self._child[fresh] = children
        self._sums[fresh] = running - np.repeat(base, widths)
        self._guide[fresh] = self._end + _guide(running, base, starts, widths, totals)
        self.start[parents] = self._end + starts
        self.width[parents] = widths
        self.total[parents] = totals
        self._factor[fresh] = 1.0 if factors is None else factors
        self._open[fresh] = self._factor[fresh] > 0
        self.open_width[parents] = np.add.reduceat(self._open[fresh].astype(np.int64), starts)
        self._end += len(children)

    def _make_room(self, more: int) -> None:
        if self._end + more > len(self._child):
            size = (self._end + more) * 2
            self._child = _wider(self._child, size)
            self._sums = _wider(self._sums, size)
            self._guide = _wider(self._guide, size)
            self._factor = _wider(self._factor, size)
            self._open = _wider(self._open, size)


def _guide(running: Places, base: Places, starts: Places, widths: Places, totals: Places) -> Places:
    """For each of `width` equal parts of a parent's weight: the first child that reaches beyond its beginning.

    Begins a little early, so that no rounding of a number can fall before it.
    """
    step = np.repeat(totals / widths, widths)
    part = np.arange(len(running)) - np.repeat(starts, widths)
    begins = np.maximum(np.floor(part * step * (1 - 2.0**-48)) - 2, 0).astype(np.int64)
    found = np.searchsorted(running, np.repeat(base, widths) + begins, side="right")
    # where nothing weighs anything the search runs past the end; nothing is picked there
    guide: Places = np.minimum(found, np.repeat(starts + widths - 1, widths))
    return guide


def _wider(array: NDArray[Any], size: int) -> NDArray[Any]:
    wider = np.zeros(size, array.dtype)
    wider[: len(array)] = array
    return wider
