"""What draws under a shape would give, computed instead of drawn: chances, sizes, coverage, repeats.

A draw goes level by level and what it takes below one node does not depend on what it takes elsewhere, so the chance
that a node is in a draw is its parent's times its own below that parent. Rules (`never`, `only_with`) change draws in
ways that this does not count.

Without `distinct`, w picks with replacement hold a child of chance p with 1 - (1 - p)^w; for `distinct` see `race`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import factorial

import numpy as np
from numpy.typing import NDArray

from synth.errors import BadInput
from synth.records import Shape
from synth.tree.bounds import Bounds, resolve
from synth.tree.columns import ROOT, FeatureTree
from synth.tree.race import Race, inclusion, race_of, same_race
from synth.tree.reweight import check_temperature
from synth.tree.standing import chances_among, children_by_parent

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MOST_PICKS = 32
"""`same` is not computed where more picks than this fall below one node."""
MOST_WORK = 4_000_000_000
"""Nor where the children of a level, times (picks + 1)^4, are more."""

_CELLS = 4_000_000


@dataclass(frozen=True, slots=True, eq=False)
class WhatIf:
    """What to expect of draws under one shape at one temperature. An end is a drawn node with nothing drawn below it.

    Rules are not counted in any of it.
    """

    draws: int
    marginal: Floats
    """The chance that a draw holds the node, by row of the tree; 0 for the root."""
    expected_nodes: float
    """Mean number of features of a draw."""
    expected_leaves: float
    """Mean number of ends of a draw."""
    reachable: int
    """Nodes at which a draw can end."""
    expected_distinct_leaves: float
    """Mean number of nodes at which one or more of all draws end."""
    expected_distinct_nodes: float
    """Mean number of features in one or more of all draws."""
    same: float | None
    """The chance that two draws are the same; None where it would take too long (`MOST_...`, here and in `race`)."""
    expected_equal_pairs: float | None
    """Mean number of pairs of equal draws, exactly: three equal draws are three pairs."""
    repeats_at_most: float | None
    """No less than the mean number of draws that repeat an earlier one; exact where all draws are equally likely."""
    rules_ignored: bool
    """Whether the shape has rules."""


@dataclass(frozen=True, slots=True, eq=False)
class _Level:
    """The children of the nodes of one level that a draw can hold. Groups are numbered like `parents`."""

    parents: NDArray[np.int32]
    children: NDArray[np.int32]
    group: Ints
    chance: Floats
    """p' of each child."""
    fixed: NDArray[np.bool_]
    left: Ints
    """Picks of each group that fixed children leave."""
    race: Race | None


def what_if(tree: FeatureTree, shape: Shape, temperature: float, draws: int) -> WhatIf:
    """What `draws` independent draws at a temperature are like. Where nothing can be drawn all numbers are 0.

    Raises `BadInput` as `resolve` and `check_temperature` do and for fewer than 0 draws.
    """
    check_temperature(temperature)
    if draws < 0:
        raise BadInput(f"the number of draws must be 0 or more, got {draws}.")
    bounds = resolve(tree, shape)
    marginal = np.zeros(tree.rows)
    ends = np.zeros(tree.rows, np.bool_)
    marginal[ROOT] = 1.0
    levels = []
    for level in _levels(tree, bounds, temperature, marginal):
        levels.append(level)
        live = marginal[level.children] > 0
        ends[level.children[live]] = True
        ends[level.parents[level.group[live]]] = False
    marginal[ROOT] = 0.0
    at_ends = marginal[ends]
    same = _same(levels, tree.rows)
    pairs = draws * (draws - 1) / 2
    return WhatIf(
        draws=draws,
        marginal=marginal,
        expected_nodes=float(marginal.sum()),
        expected_leaves=float(at_ends.sum()),
        reachable=len(at_ends),
        expected_distinct_leaves=float(_in_any(at_ends, draws).sum()),
        expected_distinct_nodes=float(_in_any(marginal[marginal > 0], draws).sum()),
        same=same,
        expected_equal_pairs=None if same is None else pairs * same,
        repeats_at_most=None if same is None else _repeats(same, draws),
        rules_ignored=bool(shape.never or shape.only_with),
    )


def _in_any(chance: Floats, times: Ints | int) -> Floats:
    """The chance of one or more hits in so many tries."""
    with np.errstate(divide="ignore", invalid="ignore"):
        missed = times * np.log1p(-np.minimum(chance, 1.0))
    return -np.expm1(np.where(np.asarray(times) > 0, missed, 0.0))


def _repeats(same: float, draws: int) -> float:
    """Draw i misses all before it with E[(1 - P)^i], P its own chance, which is no less than (1 - E[P])^i."""
    pairs = draws * (draws - 1) / 2 * same
    if same * draws < 1e-4:
        return pairs
    return min(pairs, draws - float(_in_any(np.array(same), draws)) / same)


def _levels(tree: FeatureTree, bounds: Bounds, temperature: float, marginal: Floats) -> Iterator[_Level]:
    """Each level of the shape, its chances written into `marginal`."""
    layout = tree.layout()
    held = np.zeros(tree.rows, np.bool_)
    held[list(bounds.held)] = True
    nodes = np.array([ROOT], np.int32)
    for width in bounds.widths:
        parents = nodes[layout.child_len[nodes] > 0]
        if not len(parents):
            return
        children, lengths = children_by_parent(tree, parents)
        group = np.repeat(np.arange(len(parents)), lengths)
        chance = chances_among(tree, children, lengths, temperature, bounds.boosts, bounds.excluded)
        fixed = held[children]
        left = width - np.bincount(group[fixed], minlength=len(parents))
        race = None
        if bounds.distinct:
            race = race_of(tree, bounds, temperature, (children, group, fixed, left))
            inside = np.zeros(len(children))
            inside[race.member] = inclusion(race)
        else:
            inside = _in_any(chance, left[group])
        inside[fixed] = 1.0
        marginal[children] = marginal[parents][group] * inside
        yield _Level(parents, children, group, chance, fixed, left, race)
        nodes = children[marginal[children] > 0]


# two equal draws


def _same(levels: list[_Level], rows: int) -> float | None:
    """The chance that two draws are equal, from the last level up."""
    equal = np.ones(rows)
    for level in reversed(levels):
        below = equal[level.children]
        if level.race is None:
            found = _same_picks(level, below)
        else:
            found = same_race(level.race, len(level.parents), level.group, below)
        if found is None:
            return None
        np.multiply.at(found, level.group[level.fixed], below[level.fixed])
        equal[level.parents] = found
    return float(equal[ROOT])


def _same_picks(level: _Level, below: Floats) -> Floats | None:
    """By parent: the chance that two times `left` picks with replacement give equal sets, equal below too.

    It is w!^2 times the coefficient of s^w t^w in the product of 1 + q (e^ps - 1) (e^pt - 1) over the children, each
    picked in both or in neither, with q the chance to be equal below; picks of fixed children change nothing.
    """
    idle = np.bincount(level.group[level.fixed], level.chance[level.fixed], len(level.parents))
    free = ~level.fixed & (level.chance > 0)
    group, chance, weight = level.group[free], level.chance[free], below[free]
    found = np.ones(len(level.parents))
    drawn = np.bincount(level.group, level.chance, len(level.parents)) > 0
    for number in np.unique(level.left[drawn]):
        mine = drawn & (level.left == number)
        if number == 1:
            once = np.bincount(group, weight * chance**2, len(mine))
            found[mine] = once[mine] + idle[mine] ** 2
        elif number > MOST_PICKS:
            return None
        elif number > 1:
            part = mine[group]
            if int(part.sum()) * (int(number) + 1) ** 4 > MOST_WORK:
                return None
            product = _products(group[part], chance[part], weight[part], int(number))
            tails = np.array([1.0 / factorial(int(number) - k) for k in range(int(number) + 1)])
            for at, series in product:
                rest = idle[at][:, None] ** np.arange(number, -1, -1) * tails
                found[at] = np.einsum("gij,gi,gj->g", series, rest, rest) * float(factorial(int(number))) ** 2
            bare = mine & (np.bincount(group[part], minlength=len(mine)) == 0)
            found[bare] = idle[bare] ** (2 * number)
    return np.minimum(found, 1.0)


def _products(group: Ints, chance: Floats, weight: Floats, degree: int) -> Iterator[tuple[Ints, Floats]]:
    """(groups, products of their children's series): coefficients by power of s and of t, up to the degree."""
    wide = (degree + 1) ** 2
    inverse = np.array([0.0, *(1.0 / factorial(k) for k in range(1, degree + 1))])
    kept: list[Floats] = []
    owners: list[Ints] = []
    for at in range(0, len(group), max(1, _CELLS // wide)):
        part = slice(at, at + max(1, _CELLS // wide))
        side = chance[part, None] ** np.arange(degree + 1) * inverse
        series = weight[part, None, None] * side[:, :, None] * side[:, None, :]
        series[:, 0, 0] = 1.0
        owner, series = _multiplied(group[part], series)
        kept.append(series)
        owners.append(owner)
    if kept:
        # a group that was cut has a product in each piece
        yield _multiplied(np.concatenate(owners), np.concatenate(kept))


def _multiplied(group: Ints, series: Floats) -> tuple[Ints, Floats]:
    """One product for each group: neighbours by pairs until none is left."""
    while len(group) and (np.diff(group) == 0).any():
        first = np.flatnonzero(np.diff(group, prepend=-1))
        even = np.flatnonzero((np.arange(len(group)) - np.repeat(first, np.diff(first, append=len(group)))) % 2 == 0)
        left = series[even]
        paired = np.flatnonzero(group[np.minimum(even + 1, len(group) - 1)] == group[even])
        paired = paired[even[paired] + 1 < len(group)]
        one, other = left[paired], series[even[paired] + 1]
        total = np.zeros_like(one)
        degree = series.shape[1]
        for i in range(degree):
            for j in range(degree):
                total[:, i:, j:] += one[:, i, j, None, None] * other[:, : degree - i, : degree - j]
        left[paired] = total
        group, series = group[even], left
    return group, series
