"""Features per category of what a solution was made from (EpiCoder Table 15)."""

from collections import Counter
from collections.abc import Sequence

from synth.records import CATEGORIES, FeaturePath

COUNTED = tuple(category for category in CATEGORIES if category != "programming language")
"""The sixteen columns of Table 15."""


def feature_counts(features: Sequence[FeaturePath]) -> dict[str, float]:
    """Return `features_<category>` for each of the sixteen, and `features_total`, their sum.

    Only the leaves among `features` count, and a category without anything below it is none.
    """
    inner = {path[:depth] for path in features for depth in range(1, len(path))}
    leaves = {path for path in features if len(path) > 1} - inner
    counts = Counter(path[0] for path in leaves)
    values = {column(category): float(counts[category]) for category in COUNTED}
    return values | {"features_total": sum(values.values())}


def column(category: str) -> str:
    """The score name of a category."""
    return f"features_{category.replace(' ', '_')}"
