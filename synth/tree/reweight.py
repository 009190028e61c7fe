"""Equation 1 of EpiCoder (section 2.3): how likely each child of a node is to be drawn at a temperature."""

from collections.abc import Collection, Mapping, Sequence
from math import isnan

import numpy as np
from numpy.typing import NDArray

from synth.errors import BadInput
from synth.tree.columns import ROOT, FeatureTree

Floats = NDArray[np.float64]


def check_temperature(temperature: float, what: str = "the temperature") -> None:
    """Raises `BadInput` that names `what` for 0 and for NaN; infinity makes all that have a count alike."""
    if isnan(temperature) or temperature == 0:
        raise BadInput(
            f"{what} must be a number other than 0, got {temperature}; 1 keeps the distribution, 10 is nearly flat,"
            " a negative one turns it over."
        )


def reweight(counts: Sequence[float], temperature: float, boosts: Sequence[float] | None = None) -> list[float]:
    """Probabilities p' of Equation 1 for children with these counts; they sum to 1.

    A count of 0 has probability 0, unless all are 0: then all are alike. Below 0 the rarest counts most. `boosts` are
    factors on p', after which the probabilities are normalised again; what has factor 0 is left out from the start,
    and where that is everything all probabilities are 0. Raises `BadInput` for a temperature of 0 or NaN, or for
    counts and factors that are not finite and 0 or more.
    """
    check_temperature(temperature)
    values = np.array(counts, np.float64)
    factors = None if boosts is None else np.array(boosts, np.float64)
    for what, given in (("counts", values), ("boosts", factors)):
        if given is not None and not (np.isfinite(given) & (given >= 0)).all():
            raise BadInput(f"{what} must be finite and 0 or more, got {given.tolist()}.")
    if not len(values):
        return []
    weights = weigh(values, np.array([len(values)]), temperature, factors)
    total = weights.sum()
    return [float(weight) for weight in (weights / total if total else weights)]


def weigh(counts: Floats, widths: NDArray[np.int64], temperature: float, factors: Floats | None = None) -> Floats:
    """Equation 1 for many groups of siblings at once, up to a factor for each group: its largest weight is 1.

    Group g holds the next `widths[g]` (1 or more) of the counts. Taken relative to the heaviest sibling, no
    temperature can overflow. In a group where every factor is 0 every weight is 0.
    """
    starts = np.cumsum(widths) - widths
    seen = counts > 0 if factors is None else (counts > 0) & (factors > 0)
    logs = np.log(counts, where=seen, out=np.full(len(counts), -np.inf if temperature > 0 else np.inf))
    lead = np.maximum.reduceat(logs, starts) if temperature > 0 else np.minimum.reduceat(logs, starts)
    with np.errstate(invalid="ignore", over="ignore", divide="ignore", under="ignore"):
        scores = (logs - np.repeat(lead, widths)) / temperature
        scores[~seen] = -np.inf
        bare = np.repeat(np.isinf(lead), widths)
        scores[bare] = 0.0
        if factors is not None:
            scores += np.log(factors)
            highest = np.maximum.reduceat(scores, starts)
            scores -= np.repeat(np.where(np.isinf(highest), 0.0, highest), widths)
        weights: Floats = np.exp(scores)
    return weights


def factors_of(
    tree: FeatureTree, nodes: NDArray[np.int32], excluded: Collection[int], boosts: Mapping[str, float]
) -> Floats | None:
    """The factor of each node: its boost where it is a category, 0 where it is excluded; None where all are 1."""
    if not excluded and not boosts:
        return None
    factors = np.ones(len(nodes))
    if boosts:
        for place in np.flatnonzero(tree.column("parent")[nodes] == ROOT):
            factors[place] = boosts.get(tree.name(int(nodes[place])), 1.0)
    if excluded:
        factors[np.isin(nodes, np.fromiter(excluded, np.int32, len(excluded)))] = 0.0
    return factors
