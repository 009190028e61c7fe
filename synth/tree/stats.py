"""What a tree holds, in numbers: size, shape, counts, what people said, evidence."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from synth.records import FeaturePath
from synth.tree.bulk import breadth_first
from synth.tree.columns import STATUSES, FeatureTree
from synth.tree.table import ROOT

SHOWN = 20
"""Categories that are told one by one."""


@dataclass(frozen=True, slots=True)
class CategoryStats:
    """A category: how many features lie below it, and its count."""

    name: str
    nodes_below: int
    count: float


@dataclass(frozen=True, slots=True)
class Stats:
    """Numbers about a tree; the root is no feature and counts nowhere."""

    nodes: int
    leaves: int
    depth: int
    """Names in the longest path."""
    per_level: tuple[int, ...]
    """Features on each level, categories first."""
    fanout_mean: float
    """Children of a feature that has any, on average; 0.0 where none has."""
    fanout_max: int
    widest: FeaturePath
    """The feature with the most children, the first by id of many; () where none has any."""
    observed: int
    """Features that some seed or import shows."""
    estimated_only: int
    """Features with no count but that which growth gave them."""
    uncounted: int
    locked: int
    noted: int
    by_status: dict[str, int]
    """Features by `columns.STATUSES`."""
    observed_at_categories: int
    """Sum of the observed counts of the categories."""
    evidence_pairs: int
    """Pairs of a feature and a seed that shows it."""
    seeds: int
    """Different seeds among them."""
    categories: tuple[CategoryStats, ...]
    """The largest by features below, up to `SHOWN`."""
    distinct_names: int
    repeated_names: int
    """Different names that stand at more than one place."""

    def as_dict(self) -> dict[str, Any]:
        """The numbers as JSON can hold them."""
        found = asdict(self)
        found["per_level"], found["widest"] = list(self.per_level), list(self.widest)
        found["categories"] = list(found["categories"])
        return found


def stats(tree: FeatureTree) -> Stats:
    """Count everything, in array operations over the whole tree."""
    layout = tree.layout()
    levels = breadth_first(tree)
    nodes = np.flatnonzero(layout.alive)[1:]
    width = layout.child_len[nodes]
    inner = nodes[width > 0]
    widest = int(inner[np.argmax(layout.child_len[inner])]) if len(inner) else ROOT
    observed = layout.observed[nodes] > 0
    estimated_only = ~observed & ~np.isnan(layout.estimated[nodes])
    statuses = np.bincount(tree.column("status")[nodes], minlength=len(STATUSES)).tolist()
    evidence_nodes, evidence_seeds = tree.evidence_pairs()
    seeds = evidence_seeds[layout.alive[evidence_nodes]]
    names = _places_by_name(tree, nodes)
    return Stats(
        nodes=len(nodes),
        leaves=len(nodes) - len(inner),
        depth=len(levels),
        per_level=tuple(len(level) for level in levels),
        fanout_mean=float(layout.child_len[inner].mean()) if len(inner) else 0.0,
        fanout_max=int(layout.child_len[widest]) if len(inner) else 0,
        widest=tree.path(widest),
        observed=int(observed.sum()),
        estimated_only=int(estimated_only.sum()),
        uncounted=len(nodes) - int(observed.sum()) - int(estimated_only.sum()),
        locked=int(np.count_nonzero(tree.column("locked")[nodes])),
        noted=int(np.count_nonzero(tree.column("note")[nodes])),
        by_status=dict(zip(STATUSES, statuses, strict=True)),
        observed_at_categories=int(layout.observed[levels[0]].sum()) if levels else 0,
        evidence_pairs=len(seeds),
        seeds=len(np.unique(seeds)),
        categories=_categories(tree, levels),
        distinct_names=len(names),
        repeated_names=int((names > 1).sum()),
    )


def _categories(tree: FeatureTree, levels: list[NDArray[np.int32]]) -> tuple[CategoryStats, ...]:
    if not levels:
        return ()
    layout = tree.layout()
    category = np.zeros(tree.rows, np.int32)
    category[levels[0]] = np.arange(len(levels[0]))
    below = np.zeros(len(levels[0]), np.int64)
    for level in levels[1:]:
        category[level] = category[layout.parent[level]]
        below += np.bincount(category[level], minlength=len(below))
    largest = np.argsort(-below, kind="stable")[:SHOWN]
    chosen = levels[0][largest].tolist()
    return tuple(
        CategoryStats(tree.name(node), number, tree.count(node))
        for node, number in zip(chosen, below[largest].tolist(), strict=True)
    )


def _places_by_name(tree: FeatureTree, nodes: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many features have each name; a text that has several numbers is one name."""
    places = np.bincount(tree.column("name")[nodes], minlength=1)
    numbers = np.flatnonzero(places)
    coded = tree.strings.array().take(pa.array(numbers)).dictionary_encode()
    if len(coded.dictionary) == len(numbers):
        return places[numbers]
    found = np.zeros(len(coded.dictionary), np.int64)
    np.add.at(found, coded.indices.to_numpy(), places[numbers])
    return found
