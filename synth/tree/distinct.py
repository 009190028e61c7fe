"""Distinct draws: children one after the other, each time among those left."""

import numpy as np
from numpy.typing import NDArray

from synth.tree.chance import Keys, below, uniform
from synth.tree.columns import FeatureTree
from synth.tree.reweight import weigh
from synth.tree.tables import Ids, Places, Tables

_ROUNDS = 8
"""So often a child that was picked before is picked anew; then the weights of those left are computed."""
_AGAIN = 1 << 24
"""Where the numbers of the next round begin: no level is so wide."""


def pick_distinct(tree: FeatureTree, tables: Tables, parents: Ids, slots: Keys, places: Places, taken: Places) -> None:
    """Fill row i of `places` behind its first `taken[i]` with different children, as many as there are and fit.

    Rows must be known to `tables`. Picking again what was picked before is the same as picking among those left.
    """
    width = places.shape[1]
    free = tables.open_width[parents] - _open_taken(tables, places, taken)
    everything = free <= width - taken
    _take_all(tables, parents, places, taken, np.flatnonzero(everything & (free > 0)))
    stuck = np.zeros(len(parents), np.bool_)
    for number in range(width):
        rows = np.flatnonzero(~everything & ~stuck & (taken <= number))
        stuck[_pick_other(tables, parents, slots, places, rows, number)] = True
    for row in np.flatnonzero(stuck).tolist():
        _pick_among_left(tree, tables, int(parents[row]), slots[row], places[row])


def _pick_other(
    tables: Tables, parents: Ids, slots: Keys, places: Places, rows: NDArray[np.int64], number: int
) -> NDArray[np.int64]:
    """Pick the child at `number`. Returns the rows that kept falling on what they have."""
    stuck = rows[tables.total[parents[rows]] == 0]
    rows = rows[tables.total[parents[rows]] > 0]
    for round_ in range(_ROUNDS):
        if not len(rows):
            break
        picked = tables.pick(parents[rows], uniform(below(slots[rows], number + round_ * _AGAIN)))
        again = (places[rows, :number] == picked[:, None]).any(axis=1)
        places[rows[~again], number] = picked[~again]
        rows = rows[again]
    return np.concatenate([stuck, rows])


def _take_all(tables: Tables, parents: Ids, places: Places, taken: Places, rows: NDArray[np.int64]) -> None:
    """All children that may be drawn."""
    start, width = tables.start[parents[rows]], tables.width[parents[rows]]
    plain = (tables.open_width[parents[rows]] == width) & (taken[rows] == 0)
    for number in range(places.shape[1]):
        reach = plain & (number < width)
        places[rows[reach], number] = start[reach] + number
    for row, begin, size in zip(rows[~plain].tolist(), start[~plain].tolist(), width[~plain].tolist(), strict=True):
        found = begin + np.flatnonzero(tables.open[begin : begin + size])
        found = found[~np.isin(found, places[row, : taken[row]])]
        places[row, taken[row] : taken[row] + len(found)] = found


def _pick_among_left(tree: FeatureTree, tables: Tables, parent: int, slot: np.uint64, places: Places) -> None:
    """Go on by the book: Equation 1 over the children that are left, one pick, and again."""
    begin, size = int(tables.start[parent]), int(tables.width[parent])
    nobody = np.iinfo(np.int64).max
    left = begin + np.flatnonzero(tables.open[begin : begin + size])
    left = left[~np.isin(left, places)]
    for number in np.flatnonzero(places == nobody).tolist():
        if not len(left):
            return
        counts = tree.layout().counts_of(tables.child[left])
        sums = np.cumsum(weigh(counts, np.array([len(left)]), tables.temperature, tables.factors(left)))
        key = below(np.array([slot], np.uint64), number + _ROUNDS * _AGAIN)
        place = min(int(np.searchsorted(sums, uniform(key)[0] * sums[-1], side="right")), len(left) - 1)
        places[number] = left[place]
        left = np.delete(left, place)


def _open_taken(tables: Tables, places: Places, taken: Places) -> Places:
    """How many of the places that are taken hold children that could be drawn too."""
    found = np.zeros(len(places), np.int64)
    for row in np.flatnonzero(taken).tolist():
        found[row] = tables.open[places[row, : taken[row]]].sum()
    return found
