"""Algorithm 1 of EpiCoder (section 2.3), applied level by level: many subtrees at once, each drawn under a shape."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from synth.errors import BadInput
from synth.records import FeaturePath, Shape
from synth.tree.bounds import Bounds, cells_of, resolve
from synth.tree.chance import Keys, below, keys, uniform
from synth.tree.columns import ROOT, FeatureTree
from synth.tree.distinct import pick_distinct
from synth.tree.pathtable import PathTable
from synth.tree.tables import Ids, Tables

NOTHING = -1
"""A cell that nothing was drawn into."""
ATTEMPTS = 32
"""So often a draw that breaks a rule is made anew; then what breaks it is taken out."""
_CELLS = 1 << 19
"""Cells that are drawn at once: they fit into a processor's memory."""


@dataclass(frozen=True, slots=True)
class Draws:
    """Subtrees as node ids, one row each."""

    numbers: NDArray[np.int64]
    """Numbers of the draws in their series."""
    cells: Ids
    """(draws, cells): the features of each, parents before children, siblings as shown, `NOTHING` between them."""
    ends: NDArray[np.bool_]
    """(draws, cells): whether a cell holds a leaf of the draw: a feature below which nothing was drawn."""

    def __len__(self) -> int:
        return len(self.numbers)

    def __iter__(self) -> Iterator[Ids]:
        return (row[row != NOTHING] for row in self.cells)


class Drawer:
    """Draws subtrees from a tree. Draw i depends on (seed, i, tree, shape) alone; temperatures are used in turn.

    Raises `BadInput` where the shape cannot be kept (see `bounds.resolve`), or where the tree is empty or everything
    in it is excluded. A tree that changes meanwhile is met as it is when `draw` is called.
    """

    def __init__(self, tree: FeatureTree, shape: Shape) -> None:
        self._tree = tree
        self._shape = shape
        self._look()

    @property
    def bounds(self) -> Bounds:
        """The shape on the tree."""
        return self._bounds

    def draw(self, seed: int, first: int = 0, count: int = 1) -> Draws:
        """Draws `first` to `first + count - 1` of the series that `seed` starts."""
        return next(self.batches(seed, first, count, count), _no_draws())

    def batches(self, seed: int, first: int, count: int, most: int = 0) -> Iterator[Draws]:
        """The same draws, so many at once as take little memory (or `most`)."""
        if self._tree.revision != self._revision:
            self._look()
        size = most or max(1, _CELLS // self._grid.size)
        for begin in range(first, first + count, size):
            numbers = np.arange(begin, min(begin + size, first + count), dtype=np.int64)
            yield self._obey(seed, numbers)

    def paths(self, nodes: Ids) -> tuple[FeaturePath, ...]:
        """The paths of one draw, in its order."""
        return tuple(self._paths.take(nodes))

    def all_paths(self, draws: Draws) -> list[tuple[FeaturePath, ...]]:
        """The paths of each draw, in its order."""
        drawn = draws.cells != NOTHING
        written = self._paths.take(draws.cells[drawn])
        ends = np.cumsum(drawn.sum(axis=1)).tolist()
        return [tuple(written[begin:end]) for begin, end in pairwise([0, *ends])]

    def mandatory(self, seed: int, draws: Draws) -> list[Ids]:
        """For each draw `shape.mandatory` of its leaves, or all there are: the fixed ones first, then any alike."""
        if not self._bounds.mandatory:
            return [np.zeros(0, np.int32)] * len(draws)
        order = uniform(below(keys(seed, draws.numbers)[:, None], np.arange(draws.cells.shape[1]) + _MANDATORY))
        order[~draws.ends] = 2.0
        if self._bounds.named:
            fixed = np.isin(draws.cells, np.fromiter(self._bounds.named, np.int32, len(self._bounds.named)))
            order = np.where(fixed & draws.ends, np.arange(draws.cells.shape[1]) - float(draws.cells.shape[1]), order)
        most = min(self._bounds.mandatory, draws.cells.shape[1])
        chosen = np.argsort(order, axis=1, kind="stable")[:, :most]
        number = np.minimum(draws.ends.sum(axis=1), most)
        cells = np.take_along_axis(draws.cells, chosen, axis=1)
        return [row[:length] for row, length in zip(cells, number.tolist(), strict=True)]

    # inside

    def _look(self) -> None:
        """Bring what follows from the tree up to date."""
        self._revision = self._tree.revision
        self._bounds = resolve(self._tree, self._shape)
        self._grid = Grid(self._bounds.widths)
        self._paths = PathTable(self._tree)
        self._tables = {
            temperature: Tables(self._tree, temperature, self._bounds.excluded, self._bounds.boosts)
            for temperature in self._bounds.temperatures
        }
        root = np.array([ROOT], np.int32)
        tables = self._tables[self._bounds.temperatures[0]]
        tables.prepare(root)
        if not tables.total[ROOT] and ROOT not in self._bounds.fixed:
            raise BadInput(_nothing_to_draw(self._tree))

    def _obey(self, seed: int, numbers: NDArray[np.int64]) -> Draws:
        """Draws that keep the rules: made anew while they break one, at last with what breaks it taken out."""
        cells, ends = self._in_turn(seed, numbers, 0)
        if self._bounds.never or self._bounds.only_with:
            wrong = np.flatnonzero(self._broken(cells))
            for attempt in range(1, ATTEMPTS):
                if not len(wrong):
                    break
                cells[wrong], ends[wrong] = self._in_turn(seed, numbers[wrong], attempt)
                wrong = wrong[self._broken(cells[wrong])]
            for row in wrong.tolist():
                cells[row] = self._prune(cells[row])
                ends[row] = self._grid_ends(cells[row])
        return Draws(numbers, cells, ends)

    def _in_turn(self, seed: int, numbers: NDArray[np.int64], attempt: int) -> tuple[Ids, NDArray[np.bool_]]:
        temperatures = self._bounds.temperatures
        found = keys(seed, numbers, attempt)
        if len(temperatures) == 1:
            return self._levels(found, self._tables[temperatures[0]])
        cells = np.empty((len(numbers), self._grid.size), np.int32)
        ends = np.empty((len(numbers), self._grid.size), np.bool_)
        for place, temperature in enumerate(temperatures):
            rows = np.flatnonzero(numbers % len(temperatures) == place)
            if len(rows):
                cells[rows], ends[rows] = self._levels(found[rows], self._tables[temperature])
        return cells, ends

    def _levels(self, found: Keys, tables: Tables) -> tuple[Ids, NDArray[np.bool_]]:
        """One draw a key: level below level, then brought into depth-first order."""
        levels: list[Ids] = []
        above = np.zeros((len(found), 1), np.int32)
        offset = 0
        for width in self._bounds.widths:
            rows, columns = np.nonzero(above != NOTHING)
            parents = above[rows, columns]
            slots = below(found[rows], offset + columns)
            level = np.full((len(found), above.shape[1], width), NOTHING, np.int32)
            level[rows, columns] = self._children(parents, slots, width, tables)
            offset += above.shape[1]
            above = level.reshape(len(found), -1)
            levels.append(above)
        ends = [
            (level != NOTHING) & ~(deeper.reshape(*level.shape, -1) != NOTHING).any(axis=2)
            for level, deeper in pairwise(levels)
        ]
        ends.append(levels[-1] != NOTHING)
        order = self._grid.order
        return np.concatenate(levels, axis=1)[:, order], np.concatenate(ends, axis=1)[:, order]

    def _children(self, parents: Ids, slots: Keys, width: int, tables: Tables) -> Ids:
        """(parents, width): the drawn children of each, as shown, `NOTHING` behind them."""
        tables.prepare(parents)
        places = np.full((len(parents), width), _LAST, np.int64)
        taken = self._place_fixed(parents, places, tables)
        if self._bounds.distinct:
            pick_distinct(self._tree, tables, parents, slots, places, taken)
        else:
            # as in Algorithm 1: so many draws with replacement, what falls twice counts once
            open_ = tables.total[parents] > 0
            for number in range(width):
                rows = np.flatnonzero(open_ & (taken <= number))
                if len(rows):
                    places[rows, number] = tables.pick(parents[rows], uniform(below(slots[rows], number)))
        if width > 1:
            places.sort(axis=1)
            places[:, 1:][places[:, 1:] == places[:, :-1]] = _LAST
            places.sort(axis=1)
        nothing = places == _LAST
        places[nothing] = 0
        drawn: Ids = tables.child[places]
        drawn[nothing] = NOTHING
        return drawn

    def _place_fixed(self, parents: Ids, places: NDArray[np.int64], tables: Tables) -> NDArray[np.int64]:
        """Put the fixed children first. Returns how many each parent has."""
        taken = np.zeros(len(parents), np.int64)
        for parent, children in self._bounds.fixed.items():
            rows = np.flatnonzero(parents == parent)
            if len(rows):
                start = int(tables.start[parent])
                shown = tables.child[start : start + int(tables.width[parent])]
                places[rows, : len(children)] = start + np.flatnonzero(np.isin(shown, children))
                taken[rows] = len(children)
        return taken

    # rules

    def _broken(self, cells: Ids) -> NDArray[np.bool_]:
        def has(node: int) -> NDArray[np.bool_]:
            found: NDArray[np.bool_] = (cells == node).any(axis=1)
            return found

        broken = np.zeros(len(cells), np.bool_)
        for one, other in self._bounds.never:
            broken |= has(one) & has(other)
        for one, other in self._bounds.only_with:
            broken |= has(one) & ~has(other)
        return broken

    def _prune(self, cells: Ids) -> Ids:
        """Take out of one draw what breaks a rule, with everything below; never what is fixed."""
        cells = cells.copy()
        while self._broken(cells[None])[0]:
            drawn = set(cells.tolist())
            for one, other in self._bounds.never:
                if one in drawn and other in drawn:
                    self._take_out(cells, one if other in self._bounds.held else other)
                    break
            else:
                one = next(one for one, other in self._bounds.only_with if one in drawn and other not in drawn)
                self._take_out(cells, one)
        if (cells == NOTHING).all():
            raise BadInput("the rules leave nothing of a draw; loosen `only_with`, or widen the shape.")
        return cells

    def _take_out(self, cells: Ids, node: int) -> None:
        place = int(np.flatnonzero(cells == node)[0])
        cells[place : place + int(self._grid.span[place])] = NOTHING

    def _grid_ends(self, cells: Ids) -> NDArray[np.bool_]:
        drawn = np.concatenate([[0], np.cumsum(cells != NOTHING)])
        alone: NDArray[np.bool_] = drawn[np.arange(len(cells)) + self._grid.span] - drawn[:-1] == 1
        alone &= cells != NOTHING
        return alone


class Grid:
    """The cells of a shape: level by level they are drawn, depth first they are given out."""

    def __init__(self, widths: tuple[int, ...]) -> None:
        self.size = cells_of(widths)
        spans = [1]  # cells of a subtree whose top lies on each level
        for width in widths[:0:-1]:
            spans.insert(0, 1 + width * spans[0])
        self.order = np.empty(self.size, np.int64)
        """By cell in depth-first order: its place level by level."""
        self.span = np.empty(self.size, np.int64)
        """By cell in depth-first order: cells of its subtree, itself included."""
        first, places = 0, np.zeros(1, np.int64)
        for width, span in zip(widths, spans, strict=True):
            places = (places[:, None] + np.arange(width) * span).ravel()
            self.order[places] = first + np.arange(len(places))
            self.span[places] = span
            first += len(places)
            places = places + 1


_MANDATORY = 1 << 40
"""Where the numbers that choose mandatory leaves begin: no cell has so high a place."""
_LAST = np.iinfo(np.int64).max


def draw(tree: FeatureTree, shape: Shape, seed: int, number: int = 0) -> tuple[FeaturePath, ...]:
    """One subtree: every feature of it, parents before children, siblings as shown. Raises as `Drawer` does."""
    drawer = Drawer(tree, shape)
    return drawer.paths(next(iter(drawer.draw(seed, number))))


def _no_draws() -> Draws:
    return Draws(np.zeros(0, np.int64), np.zeros((0, 0), np.int32), np.zeros((0, 0), np.bool_))


def _nothing_to_draw(tree: FeatureTree) -> str:
    if len(tree):
        return "nothing is left to draw: every category of the tree is excluded or has boost 0; allow at least one."
    return "the tree has no features yet, so nothing can be drawn; extract features from seeds or load a tree first."
