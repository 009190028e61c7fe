"""What so many draws come to, where temperatures take turns."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import expm1, log1p, sqrt

import numpy as np
from numpy.typing import NDArray

from synth.tree.columns import FeatureTree
from synth.tree.whatif import WhatIf

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Outlook:
    """What n draws come to, over the temperatures in turn."""

    draws: int
    features: float
    """Mean number of features of a draw."""
    leaves: float
    """Mean number of ends of a draw."""
    reachable: int
    """Features at which a draw can end."""
    distinct_leaves: float
    """Of these, the mean number at which one or more of the draws end."""
    repeats_at_most: float | None
    """No less than the mean number of draws that repeat an earlier one; None where it would take too long."""
    rules_ignored: bool


@dataclass(frozen=True, slots=True, eq=False)
class Whole:
    """What is kept of a `WhatIf`: only the features that a draw can hold."""

    nodes: NDArray[np.int64]
    chance: Floats
    ends: NDArray[np.bool_]
    same: float | None
    rules_ignored: bool


def condensed(tree: FeatureTree, found: WhatIf) -> Whole:
    """What is kept of a computation over the whole tree."""
    live = found.marginal > 0
    inner = np.zeros(tree.rows, np.bool_)
    inner[tree.column("parent")[np.flatnonzero(live)]] = True
    nodes = np.flatnonzero(live)
    return Whole(nodes, found.marginal[nodes], ~inner[nodes], found.same, found.rules_ignored)


def summed(wholes: Sequence[Whole], draws: int) -> Outlook:
    """One outlook for temperatures in turn: the draw with number i takes the one at i modulo their number."""
    each = [len(range(place, draws, len(wholes))) for place in range(len(wholes))]
    shares = [number / draws if draws else 1 / len(wholes) for number in each]
    size = 1 + max((int(whole.nodes[-1]) for whole in wholes if len(whole.nodes)), default=0)
    missed, ends = np.zeros(size), np.zeros(size, np.bool_)
    for whole, number in zip(wholes, each, strict=True):
        at, chance = whole.nodes[whole.ends], whole.chance[whole.ends]
        ends[at] = True
        missed[at] += number * np.log1p(-np.minimum(chance, 1 - 2**-53))
    return Outlook(
        draws=draws,
        features=sum(share * float(whole.chance.sum()) for share, whole in zip(shares, wholes, strict=True)),
        leaves=sum(share * float(whole.chance[whole.ends].sum()) for share, whole in zip(shares, wholes, strict=True)),
        reachable=int(ends.sum()),
        distinct_leaves=float(-np.expm1(missed[ends]).sum()),
        repeats_at_most=_repeats(wholes, each),
        rules_ignored=wholes[0].rules_ignored,
    )


def _repeats(wholes: Sequence[Whole], each: Sequence[int]) -> float | None:
    """Draws of two temperatures are equal with sum(p q) <= sqrt(sum(p p) sum(q q)), by Cauchy and Schwarz."""
    pairs = 0.0
    for place, (whole, number) in enumerate(zip(wholes, each, strict=True)):
        if whole.same is None:
            return None
        pairs += number * (number - 1) / 2 * whole.same
        for other, its in zip(wholes[:place], each[:place], strict=True):
            pairs += number * its * sqrt(whole.same * (other.same or 0.0))
    same = wholes[0].same
    if len(wholes) == 1 and same and same * each[0] > 1e-4:
        # draw i misses all before it with E[(1 - P)^i], P its own chance, which is no less than (1 - E[P])^i
        pairs = min(pairs, each[0] + (expm1(each[0] * log1p(-same)) / same if same < 1 else -1.0))
    return min(pairs, max(0.0, sum(each) - 1.0))
