"""How the children of a node share its draws, before and after reweighting."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from synth.records import CATEGORIES, FeaturePath
from synth.tree.columns import FeatureTree
from synth.tree.reweight import reweight

_LANGUAGE: FeaturePath = CATEGORIES[:1]


@dataclass(frozen=True, slots=True)
class Probability:
    """One child's share of the draw, as observed and after Equation 1."""

    name: str
    count: float
    original: float
    reweighted: float


def shares(
    tree: FeatureTree,
    path: FeaturePath,
    temperature: float,
    boosts: Mapping[str, float],
    excluded: Collection[FeaturePath],
) -> list[Probability]:
    """The children of the node at `path`, as shown; see `Workspace.probabilities`."""
    node = tree.node(path)
    children = [child for child in tree.children(node) if tree.path(child) != _LANGUAGE] if node is not None else []
    names = [tree.name(child) for child in children]
    counts = [tree.count(child) for child in children]
    factors = [0.0 if (*path, name) in excluded else 1.0 if path else boosts.get(name, 1.0) for name in names]
    found = zip(names, counts, reweight(counts, 1.0), reweight(counts, temperature, factors), strict=True)
    return [Probability(*share) for share in found]
