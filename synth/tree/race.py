"""Children picked without replacement, one after the other among those left: chances to be in, and to be equal twice.

The order of the picks is that in which clocks ring which run at the children's rates: a child is in where fewer than w
others ring before its own clock, an integral over the time at which that rings. Over the logarithm of time it is
smooth and falls off fast on both sides, so that sums at even steps give it to about 12 digits; all terms are positive.
"""

from dataclasses import dataclass
from math import comb

import numpy as np
from numpy.typing import NDArray

from synth.tree.bounds import Bounds
from synth.tree.columns import FeatureTree
from synth.tree.reweight import factors_of

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MOST_SETS = 1_000_000
"""Equal sets of 3 or more picks are not computed where these sets, times children, are more in all."""

_GAP = 300.0
"""A sibling e^300 times as likely as the next is taken before it: chances below 1e-130 count as none."""
_EARLY, _LATE = -36.0, 4.0
"""Log-time before the first clock's mean at which nothing rang, and after the last one's at which all did."""
_CELLS = 4_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Race:
    """Children picked without replacement, in blocks: a block is taken whole before the next one begins."""

    member: Ints
    """Places in the level's children, by group and then by falling chance."""
    block: Ints
    score: Floats
    """Logarithm of each member's weight in its block; the first one's is 0."""
    start: Ints
    size: Ints
    picks: Ints
    """How many of each block are taken."""


def race_of(
    tree: FeatureTree,
    bounds: Bounds,
    temperature: float,
    level: tuple[NDArray[np.int32], Ints, NDArray[np.bool_], Ints],
) -> Race:
    """The race below each parent of a level: children, the group of each, which are fixed; the picks of each group."""
    children, group, fixed, left = level
    factors = factors_of(tree, children, bounds.excluded, bounds.boosts)
    factor = np.ones(len(children)) if factors is None else factors
    member = np.flatnonzero((factor > 0) & ~fixed)
    counts, of = tree.layout().counts_of(children[member]), group[member]
    bare = counts == 0
    logs = np.log(counts, where=~bare, out=np.zeros(len(member)))
    lead = np.full(len(left), -np.inf)
    np.maximum.at(lead, of[~bare], np.sign(temperature) * logs[~bare])
    with np.errstate(over="ignore"):  # as in `weigh`, relative to the heaviest so that ties stay ties
        score = np.where(bare, 0.0, (logs - np.sign(temperature) * np.where(bare, 0.0, lead[of])) / temperature)
    score = np.maximum(score, -1e300) + np.log(factor[member])
    order = np.lexsort((-score, bare, of))
    member, of, bare, score = member[order], of[order], bare[order], score[order]
    first = np.ones(len(member), np.bool_)
    first[1:] = (np.diff(of) > 0) | np.diff(bare) | (np.diff(score) < -_GAP)
    start = np.flatnonzero(first)
    size = np.diff(start, append=len(member))
    before = start - np.searchsorted(of, of[start])
    block = np.cumsum(first) - 1
    return Race(member, block, score - score[start][block], start, size, np.clip(left[of[start]] - before, 0, size))


def inclusion(race: Race) -> Floats:
    """The chance of each member of a race to be picked."""
    inside: Floats = (race.picks == race.size).astype(np.float64)[race.block]
    for number in np.unique(race.picks[(race.picks < race.size) & (race.picks > 0)]):
        blocks = np.flatnonzero((race.picks == number) & (race.picks < race.size))
        blocks = blocks[np.argsort(race.size[blocks], kind="stable")]
        if number <= 2:
            places = _members(race, blocks)
            inside[places] = (_shares(race) if number == 1 else _of_two(race))[places]
            continue
        while len(blocks):
            # blocks of about one size at a time, the shorter ones filled up with clocks that never ring
            shortest = int(race.size[blocks[0]])
            together = int(np.searchsorted(race.size[blocks], shortest + shortest // 4, side="right"))
            together = min(together, max(1, _CELLS // (500 * int(number) * shortest)))
            batch, blocks = blocks[:together], blocks[together:]
            columns = np.arange(race.size[batch].max())
            real = columns < race.size[batch][:, None]
            places = np.where(real, race.start[batch][:, None] + columns, 0)
            scores = np.where(real, race.score[places], -np.inf)
            inside[places[real]] = _integral(scores, int(number))[real]
    inside[inside > 1] = 1.0  # by the last bit
    return inside


def _members(race: Race, blocks: Ints) -> Ints:
    """Places in the race of all members of some blocks."""
    ends = np.cumsum(race.size[blocks])
    return np.repeat(race.start[blocks] - (ends - race.size[blocks]), race.size[blocks]) + np.arange(ends[-1])


def _shares(race: Race) -> Floats:
    """Each member's share of the weight of its block."""
    if not len(race.start):
        return np.zeros(0)
    weights = np.exp(race.score)
    shares: Floats = weights / np.add.reduceat(weights, race.start)[race.block]
    return shares


def _of_two(race: Race) -> Floats:
    """Each member's chance to be one of two picked: p_i (1 + the sum over the others of p_j / (1 - p_j))."""
    share = _shares(race)
    rest = 1.0 - share
    others = share.copy()
    others[race.start] = 0.0
    rest[race.start] = np.add.reduceat(others, race.start)  # beside the heaviest, 1 - p leaves no digits
    odds = np.divide(share, rest, out=np.zeros(len(share)), where=rest > 0)
    light = odds.copy()
    light[race.start] = 0.0
    before = np.add.reduceat(odds, race.start)[race.block] - odds
    before[race.start] = np.add.reduceat(light, race.start)
    found: Floats = share * (1.0 + before)
    return found


def _integral(scores: Floats, picks: int) -> Floats:
    """Chances to be among the first `picks` (1 or more) to ring; scores by (block, member), falling, from 0."""
    step = min(0.2, 0.5 / picks**0.5)
    last = _LATE - float(scores[:, picks].min())
    times = np.arange(_EARLY, last + step, step)
    found = np.zeros(scores.shape)
    piece = max(8, _CELLS // (scores.size * picks))
    for at in range(0, len(times), piece):
        found += _integral_over(scores, picks, times[at : at + piece])
    total: Floats = found * step
    return total


def _integral_over(scores: Floats, picks: int, times: Floats) -> Floats:
    """The sum of the integrand over these logarithms of time.

    For each member the chance that fewer than `picks` of all others rang, in two passes over a tree of halves: up, how
    many rang in each part; down, how likely it is that with n in the part they are few enough.
    """
    rate = np.exp(np.minimum(scores[:, :, None] + times, 50.0))
    wait = np.exp(-rate)
    layers = [np.stack([wait, -np.expm1(-rate)], axis=-1)]  # by (block, part, time): chances of 0, 1, ... that rang
    while layers[-1].shape[1] > 1:
        layer = layers[-1]
        if layer.shape[1] % 2:
            still = np.zeros_like(layer[:, :1])
            still[..., 0] = 1.0
            layer = layers[-1] = np.concatenate([layer, still], axis=1)
        one, other = layer[:, ::2], layer[:, 1::2]
        merged = np.zeros((*one.shape[:3], min(2 * layer.shape[3] - 1, picks)))
        for rang in range(layer.shape[3]):
            room = min(layer.shape[3], merged.shape[3] - rang)
            merged[..., rang : rang + room] += one[..., rang, None] * other[..., :room]
        layers.append(merged)
    few = np.ones_like(layers[-1])
    for layer in reversed(layers[:-1]):
        few = few[:, : layer.shape[1] // 2]
        halves = np.zeros_like(layer)
        for rang in range(layer.shape[3]):
            room = min(layer.shape[3], few.shape[3] - rang)
            halves[:, ::2, :, :room] += layer[:, 1::2, :, rang, None] * few[..., rang : rang + room]
            halves[:, 1::2, :, :room] += layer[:, ::2, :, rang, None] * few[..., rang : rang + room]
        few = halves
    found: Floats = (rate * wait * few[:, : scores.shape[1], :, 0]).sum(2)
    return found


def same_race(race: Race, groups: int, group: Ints, below: Floats) -> Floats | None:
    """By parent: the chance that two times picks without replacement give equal sets, equal below too."""
    found = np.ones(groups)
    whole = (race.picks == race.size)[race.block]
    np.multiply.at(found, group[race.member[whole]], below[race.member[whole]])
    shares, budget = _shares(race), MOST_SETS
    parts = np.flatnonzero((race.picks > 0) & (race.picks < race.size))
    single = parts[race.picks[parts] == 1]
    if len(single):
        once = np.bincount(race.block, below[race.member] * shares**2, len(race.start))
        np.multiply.at(found, group[race.member[race.start[single]]], once[single])
    for block in parts[race.picks[parts] > 1].tolist():
        members = slice(race.start[block], race.start[block] + race.size[block])
        weight, equal, picks = np.exp(race.score[members]), below[race.member[members]], int(race.picks[block])
        if picks > 2:
            budget -= comb(len(weight), picks) * len(weight)
            if budget < 0 or weight[picks] < 1e-250:
                return None
        chance = _same_pair(weight, equal) if picks == 2 else _same_sets(weight.tolist(), equal.tolist(), picks)
        found[group[race.member[race.start[block]]]] *= chance
    return np.minimum(found, 1.0)


def _same_pair(weight: Floats, equal: Floats) -> float:
    """Two picks: sum over pairs of (p_i p_j (1 / (1 - p_i) + 1 / (1 - p_j)))^2 q_i q_j; the heaviest comes first."""
    share = weight / weight.sum()
    rest = 1.0 - share
    rest[0] = share[1:].sum()
    product, late = share**2 * equal, 1.0 / rest

    def crossed(one: Floats, other: Floats) -> float:
        """The sum over i other than j of one_i other_j, the heaviest apart: it can leave no digits of the rest."""
        tail = one[1:].sum() * other[1:].sum() - (one[1:] * other[1:]).sum()
        return float(one[0] * other[1:].sum() + one[1:].sum() * other[0] + max(tail, 0.0))

    return crossed(product * late**2, product) + crossed(product * late, product * late)


def _same_sets(weight: list[float], equal: list[float], picks: int) -> float:
    """Any number of picks, by all sets that they can give."""
    sets = {0: (1.0, 1.0)}
    for _ in range(picks):
        larger: dict[int, tuple[float, float]] = {}
        for held, (chance, alike) in sets.items():
            open_ = [place for place in range(len(weight)) if not held >> place & 1]
            rate = chance / sum(weight[place] for place in open_)
            for place in open_:
                key = held | 1 << place
                larger[key] = (larger.get(key, (0.0, 0.0))[0] + rate * weight[place], alike * equal[place])
        sets = larger
    return sum(chance**2 * alike for chance, alike in sets.values())
