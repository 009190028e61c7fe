"""Equation 1 of EpiCoder (section 2.3): how likely each child of a node is to be drawn at a temperature."""

from collections.abc import Mapping, Sequence
from math import exp, inf, log

from synth.errors import BadInput
from synth.tree.columns import ROOT, FeatureTree


def reweight(counts: Sequence[float], temperature: float, boosts: Sequence[float] | None = None) -> list[float]:
    """Probabilities p' of Equation 1 for children with these counts; they sum to 1.

    A count of 0 has probability 0, unless all are 0: then all are alike. `boosts` are factors on p', after which the
    probabilities are normalised again; what has factor 0 is left out from the start, and where that is everything all
    probabilities are 0. Raises `BadInput` for a temperature that is not above 0 (infinity is allowed: all alike)
    or for counts and factors that are not finite and 0 or more.
    """
    factors = [1.0] * len(counts) if boosts is None else list(boosts)
    _check(counts, temperature, factors)
    allowed = [count for count, factor in zip(counts, factors, strict=True) if factor > 0]
    if not allowed:
        return [0.0] * len(counts)
    top = max(allowed)
    scores = [_score(count, top, temperature, factor) for count, factor in zip(counts, factors, strict=True)]
    highest = max(scores)
    weights = [exp(score - highest) for score in scores]
    total = sum(weights)
    return [weight / total for weight in weights]


def probabilities(
    tree: FeatureTree, node: int, temperature: float, boosts: Mapping[str, float] | None = None
) -> list[tuple[int, float, float]]:
    """(child, p, p') of each child of `node`, by name; p is the share of its count among its siblings.

    `boosts` are factors by category name: they act at the root alone. Raises as `reweight` does.
    """
    children = tree.children(node)
    counts = [tree.count(child) for child in children]
    factors = [boosts.get(tree.name(child), 1.0) for child in children] if boosts and node == ROOT else None
    return list(zip(children, reweight(counts, 1.0), reweight(counts, temperature, factors), strict=True))


def _score(count: float, top: float, temperature: float, factor: float) -> float:
    """Logarithm of p' up to a constant. Taken relative to the largest count, no temperature can overflow it."""
    if factor == 0 or (count == 0 and top > 0):
        return -inf
    return ((log(count) - log(top)) / temperature if top > 0 else 0.0) + log(factor)


def _check(counts: Sequence[float], temperature: float, factors: Sequence[float]) -> None:
    if not temperature > 0:
        raise BadInput(f"temperature must be above 0, got {temperature}; 1 keeps the distribution, 10 is nearly flat.")
    for what, values in (("counts", counts), ("boosts", factors)):
        for value in values:
            if not 0 <= value < inf:
                raise BadInput(f"{what} must be finite and 0 or more, got {value}.")
