"""Equation 1 for a whole tree at once: what is computed for some parents at a time is compared with it, bit by bit."""

from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray

from synth.tree.bulk import children_of
from synth.tree.columns import FeatureTree
from synth.tree.reweight import check_temperature, factors_of, weigh

Floats = NDArray[np.float64]


def chances(
    tree: FeatureTree, temperature: float, excluded: Collection[int] = (), boosts: Mapping[str, float] | None = None
) -> Floats:
    """p' of every node among its siblings, by row of the tree; 0 for the root and for what is excluded.

    `boosts` are factors by category name. Raises `BadInput` as `reweight` does.
    """
    check_temperature(temperature)
    layout = tree.layout()
    holders = np.flatnonzero(layout.child_len)
    widths = layout.child_len[holders].astype(np.int64)
    children = children_of(layout.child_start[holders], widths, layout.child_list)
    found = np.zeros(tree.rows)
    if len(children):
        weights = weigh(
            layout.counts_of(children), widths, temperature, factors_of(tree, children, excluded, boosts or {})
        )
        totals = np.add.reduceat(weights, np.cumsum(widths) - widths)
        found[children] = weights / np.repeat(np.where(totals > 0, totals, 1.0), widths)
    return found
