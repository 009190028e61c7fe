"""What the sampling lab asks: subtrees drawn as tasks draw them, exact chances, and what n draws come to."""

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import lcm
from time import monotonic
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from synth.errors import BadInput
from synth.flow import shape_of
from synth.ids import seed_number
from synth.records import FeaturePath, Shape, Subtree
from synth.settings import SampleConfig
from synth.steps.draw import LANGUAGE, aimed_shape, check_targets, task_shape
from synth.tree.bounds import Bounds, resolve
from synth.tree.columns import ROOT, FeatureTree
from synth.tree.draw import NOTHING, Drawer
from synth.tree.race import inclusion, race_of
from synth.tree.segment import copy_tree
from synth.tree.standing import chances_among, check_alive, children_by_parent, largest, parts
from synth.tree.whatif import what_if
from synth.workspace.outlook import Outlook, Whole, condensed, summed
from synth.workspace.tree import TreeKeeper

_KEPT = 4
"""Computations over the whole tree that are kept; each takes 9 bytes a feature."""

_SERIES, _MOST_SERIES = 4, 16
"""Temperatures, and targets at them, whose draws are kept; each takes a few MB of a tree of 1.8 million features."""
_MOST_KEPT = 256
_RESTLESS = 5.0
"""Seconds after a computation that was overtaken in which the next ones are made on a copy of the tree at once."""
_MOST_CATEGORIES = 1_000

Floats = NDArray[np.float64]
Nodes = NDArray[np.int32]
Key = TypeVar("Key")
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Cell:
    """A feature of a drawn subtree."""

    node: int
    depth: int
    """1 for a category."""
    end: bool
    """Whether nothing was drawn below it."""
    mandatory: bool


@dataclass(frozen=True, slots=True)
class DrawnTree:
    """One draw, parents before children."""

    number: int
    temperature: float
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Chance:
    """A feature among its siblings."""

    node: int
    name: str
    count: float
    before: float
    """Its share of the siblings' counts."""
    after: float
    """Its chance p' at the first temperature, Equation 1."""
    drawn: float
    """The chance that a draw holds it, over the temperatures in turn; rules are not counted."""


@dataclass(frozen=True, slots=True)
class Chances:
    """The children of a feature, the largest counts first; `rest` sums up the others, with -1 for a node."""

    parent: int
    parts: tuple[Chance, ...]
    more: int
    rest: Chance | None
    chosen: Chance | None
    """The feature asked about, where it is not the root."""


class Lab:
    """Questions of the sampling lab; nobody changes the tree while one is answered."""

    def __init__(self, keeper: TreeKeeper) -> None:
        self._keeper = keeper
        self._whole: OrderedDict[tuple[int, str, float], Whole] = OrderedDict()
        self._outlooks: OrderedDict[tuple[int, str, int], Outlook] = OrderedDict()
        self._drawn: OrderedDict[tuple[int, int, str], _Series] = OrderedDict()
        self._lock = threading.Lock()
        self._restless = 0.0
        """Until when the tree is taken for one that a run changes all the time."""

    def draws(self, sample: SampleConfig, count: int, seed: int) -> tuple[list[DrawnTree], dict[int, str]]:
        """The first draws of the series that a run with this seed makes, and the names of the features in them.

        Raises `BadInput` where the shape does not fit the tree.
        """
        series = seed_number(Subtree.kind, seed)
        with self._keeper.reading() as tree:
            check_targets(tree, shape_of(sample), sample.targets)
            made: list[DrawnTree] = []
            in_turn = list(_turns(sample, count))
            for temperature, target, turns in in_turn:
                made += self._table(tree, sample, temperature, target, len(in_turn)).take(series, turns)
            made.sort(key=lambda drawn: drawn.number)
            names = {cell.node: tree.name(cell.node) for drawn in made for cell in drawn.cells}
            return made, names

    def chances(self, sample: SampleConfig, node: int = ROOT, most: int = 18) -> Chances:
        """The children of a feature (of a leaf: its siblings) before and after reweighting, and the feature itself.

        Raises `NotFound` where it is gone, and `BadInput` where the shape does not fit the tree.
        """
        with self._keeper.reading() as tree:
            check_alive(tree, node)
            bounds = resolve(tree, task_shape(shape_of(sample)))
            parent = node if tree.child_count(node) or node == ROOT else tree.parent(node)
            told = _below(tree, bounds, parent, node, most)
            if told.chosen is not None or node == ROOT:
                return told
            above = _below(tree, bounds, tree.parent(node), node, 0)
            return Chances(told.parent, told.parts, told.more, told.rest, above.chosen)

    def outlook(self, sample: SampleConfig, draws: int) -> Outlook:
        """What so many draws come to; computed over the whole tree and kept until tree or shape change.

        Nobody waits meanwhile: a second passes at 1.8 million features. Raises `BadInput` where the shape does not fit.
        """
        shape = sample.model_copy(update={"name": "", "count": 0, "mandatory": 0, "targets": ()})
        with self._lock:
            key = (self._keeper.tree.revision, shape.model_dump_json(), draws)
            found = self._outlooks.get(key)
            if found is None:
                wholes = self._beside(shape) if monotonic() >= self._restless else None
                if wholes is None:
                    self._restless = monotonic() + _RESTLESS
                    with self._keeper.reading() as tree:
                        still = copy_tree(tree)
                    wholes = [_whole(still, shape, temperature) for temperature in shape.temperatures]
                found = _keep(self._outlooks, key, summed(wholes, draws), 64)
            return found

    def named(self, nodes: Sequence[int]) -> list[FeaturePath]:
        """The paths of features. Raises `NotFound`."""
        with self._keeper.reading() as tree:
            for node in nodes:
                check_alive(tree, node)
            return [tree.path(node) for node in nodes]

    def at(self, paths: Sequence[FeaturePath]) -> list[int | None]:
        """The features at paths; None where there is none."""
        with self._keeper.reading() as tree:
            return [tree.node(path) for path in paths]

    def categories(self) -> list[int]:
        """The features that can be boosted."""
        with self._keeper.reading() as tree:
            return tree.children(ROOT)[:_MOST_CATEGORIES]

    def _table(
        self, tree: FeatureTree, sample: SampleConfig, temperature: float, target: FeaturePath | None, turns: int
    ) -> "_Series":
        """The draws at one temperature: a slider changes one, and those of the others stay."""
        plain = shape_of(sample.model_copy(update={"temperatures": (temperature,)}))
        shape = task_shape(plain) if target is None else aimed_shape(tree, plain, target)
        key = (id(tree), tree.revision, shape.model_dump_json())
        aim = None if target is None else tree.node(target)
        found = self._drawn.get(key)
        if found is None:
            most = min(max(_SERIES, turns), _MOST_SERIES)
            found = _keep(self._drawn, key, _Series(tree, shape, aim), most)
        self._drawn.move_to_end(key)
        return found

    def _beside(self, sample: SampleConfig) -> list[Whole] | None:
        """What is known of each temperature, computed while others use the tree; None where it changed meanwhile."""
        tree, shape = self._keeper.tree, _bare(sample).model_dump_json()
        revision = tree.revision
        found = {}
        try:
            for temperature in sample.temperatures:
                kept = self._whole.get((revision, shape, temperature))
                found[temperature] = kept or _whole(tree, sample, temperature)
        except (IndexError, ValueError, BadInput):  # of a tree in the middle of a change, or of the shape
            if self._unchanged(tree, revision):
                raise
        if not self._unchanged(tree, revision):
            return None
        for temperature, whole in found.items():
            _keep(self._whole, (revision, shape, temperature), whole, max(_KEPT, len(sample.temperatures)))
        return [found[temperature] for temperature in sample.temperatures]

    def _unchanged(self, tree: FeatureTree, revision: int) -> bool:
        with self._keeper.reading() as now:
            return now is tree and now.revision == revision


class _Series:
    """Draws at one temperature of a tree that does not change meanwhile."""

    def __init__(self, tree: FeatureTree, shape: Shape, target: int | None) -> None:
        self._tree = tree
        self._target = target
        self._most = max(shape.mandatory, 1)
        self._drawer = Drawer(tree, shape)
        self._temperature = shape.temperatures[0]
        self._known: dict[tuple[int, int], DrawnTree] = {}

    def take(self, series: int, numbers: range) -> list[DrawnTree]:
        """The draws with these numbers: what a number draws depends on no other, so each is drawn once."""
        if len(self._known) > _MOST_KEPT:
            self._known.clear()
        missing = [number for number in numbers if (series, number) not in self._known]
        if missing and numbers.step == 1:
            self._draw(series, missing[0], missing[-1] + 1 - missing[0])
        else:
            for number in missing:
                self._draw(series, number, 1)
        return [self._known[series, number] for number in numbers]

    def _draw(self, series: int, first: int, count: int) -> None:
        draws = self._drawer.draw(series, first, count)
        rows = zip(draws.numbers.tolist(), draws.cells, draws.ends, self._drawer.mandatory(series, draws), strict=True)
        for number, cells, ends, mandatory in rows:
            chosen = mandatory.tolist()
            if self._target is not None:
                others = [node for node in chosen if node != self._target]
                chosen = [self._target, *others][: self._most]
            self._known[series, number] = _drawn(self._tree, number, self._temperature, cells, ends, chosen)


def _turns(sample: SampleConfig, count: int) -> Iterator[tuple[float, FeaturePath | None, range]]:
    """Temperatures and targets as draws take them in turn, and which draws take them."""
    temperatures, targets = sample.temperatures, sample.targets or (None,)
    period = lcm(len(temperatures), len(targets))
    for first in range(min(period, max(count, 1)) if sample.targets else period):
        yield temperatures[first % len(temperatures)], targets[first % len(targets)], range(first, count, period)


def _drawn(
    tree: FeatureTree, number: int, temperature: float, cells: Nodes, ends: NDArray[np.bool_], mandatory: Sequence[int]
) -> DrawnTree:
    chosen = set(mandatory)
    places = np.flatnonzero(cells != NOTHING)
    nodes = cells[places]
    depth = {ROOT: 0}
    rows = []
    for node, parent, end in zip(
        nodes.tolist(), tree.column("parent")[nodes].tolist(), ends[places].tolist(), strict=True
    ):
        depth[node] = depth[parent] + 1
        rows.append(Cell(node, depth[node], end, end and node in chosen))
    return DrawnTree(number, temperature, tuple(rows))


def _below(tree: FeatureTree, bounds: Bounds, parent: int, node: int, most: int) -> Chances:
    """Up to `most` children of `parent`, and `node` where it is one of them."""
    children, widths = children_by_parent(tree, np.array([parent], np.int32))
    if not len(children):
        return Chances(parent, (), 0, None, None)
    language = tree.node(LANGUAGE) if parent == ROOT else None
    counts = tree.layout().counts_of(children)
    before = parts(np.where(children == (-1 if language is None else language), 0.0, counts), widths)
    after = chances_among(tree, children, widths, bounds.temperatures[0], bounds.boosts, bounds.excluded)
    reached = [_held(tree, bounds, temperature, parent) for temperature in bounds.temperatures]
    insides = [_inside(tree, bounds, temperature, parent) for temperature in bounds.temperatures]
    drawn = np.mean([reach * inside for reach, inside in zip(reached, insides, strict=True)], axis=0)

    def told(place: int) -> Chance:
        child = int(children[place])
        return Chance(child, tree.name(child), float(counts[place]), float(before[place]), float(after[place]),
                      float(drawn[place]))  # fmt: skip

    shown = [place for place in largest(counts, most + 1).tolist() if children[place] != language][:most]
    others = np.ones(len(children), np.bool_)
    others[shown] = False
    others &= children != (-1 if language is None else language)
    rest = None
    if others.any():
        rest = Chance(-1, "", float(counts[others].sum()), float(before[others].sum()), float(after[others].sum()), 0.0)
    mine = np.flatnonzero(children == node)
    return Chances(
        parent=parent,
        parts=tuple(told(place) for place in shown),
        more=int(others.sum()),
        rest=rest,
        chosen=told(int(mine[0])) if len(mine) else None,
    )


def _held(tree: FeatureTree, bounds: Bounds, temperature: float, node: int) -> float:
    """The chance that a draw at one temperature holds a feature; 1 for the root."""
    chance = 1.0
    while node != ROOT and chance:
        parent = tree.parent(node)
        children, _ = children_by_parent(tree, np.array([parent], np.int32))
        chance *= float(_inside(tree, bounds, temperature, parent)[np.flatnonzero(children == node)[0]])
        node = parent
    return chance


def _inside(tree: FeatureTree, bounds: Bounds, temperature: float, parent: int) -> Floats:
    """By child: the chance to be drawn where the parent is; what `what_if` computes for all parents at once."""
    children, widths = children_by_parent(tree, np.array([parent], np.int32))
    level = tree.depth(parent)
    if level >= len(bounds.widths):
        return np.zeros(len(children))
    fixed = np.isin(children, bounds.fixed.get(parent, ()))
    left = np.array([bounds.widths[level] - int(fixed.sum())])
    if bounds.distinct:
        inside = np.zeros(len(children))
        race = race_of(tree, bounds, temperature, (children, np.zeros(len(children), np.int64), fixed, left))
        inside[race.member] = inclusion(race)
    else:
        chance = chances_among(tree, children, widths, temperature, bounds.boosts, bounds.excluded)
        inside = _in_any(chance, left)
    inside[fixed] = 1.0
    return inside


def _in_any(chance: Floats, times: NDArray[np.int64] | int) -> Floats:
    with np.errstate(divide="ignore"):
        missed: Floats = -np.expm1(np.where(times > np.int64(0), times, 0) * np.log1p(-np.minimum(chance, 1 - 2**-53)))
    return missed


def _whole(tree: FeatureTree, sample: SampleConfig, temperature: float) -> Whole:
    return condensed(tree, what_if(tree, _bare(sample), temperature, 1))


def _bare(sample: SampleConfig) -> Shape:
    """The shape of a task without its temperatures: each is computed by itself."""
    return task_shape(shape_of(sample.model_copy(update={"temperatures": (1.0,)})))


def _keep(kept: OrderedDict[Key, Value], key: Key, value: Value, most: int) -> Value:
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > most:
        kept.popitem(last=False)
    return value
