"""How features stand among their siblings: shares of the counts, and Equation 1's chances, for some rows at a time.

What is computed is what Equation 1 gives for the whole tree, bit by bit, but only for the parents asked about.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, prod

import numpy as np
from numpy.typing import NDArray

from synth.errors import BadInput, NotFound
from synth.tree.bulk import children_of
from synth.tree.columns import ROOT, FeatureTree
from synth.tree.reweight import check_temperature, factors_of, weigh

Floats = NDArray[np.float64]
Nodes = NDArray[np.int32]
Places = NDArray[np.int64]

_MOST_PARENTS = 1_000
_MOST_CHILDREN = 100_000
"""Parents, and children of theirs, that are kept beyond those of the latest question."""


@dataclass(frozen=True, slots=True)
class Part:
    """A child among its siblings."""

    node: int
    count: float
    """What draws weigh it by."""
    before: float
    """Its share of the siblings' counts; 0 where none of them has a count."""
    after: float
    """Its chance p' to be drawn."""


@dataclass(frozen=True, slots=True)
class Distribution:
    """The children of a feature, the largest counts first, and what the others add up to."""

    parts: tuple[Part, ...]
    more: int
    """Children that are not among the parts; the totals are theirs, 0 where there are none."""
    count: float
    before: float
    after: float


@dataclass(frozen=True, slots=True, eq=False)
class _Siblings:
    """All children of one parent, as shown."""

    nodes: Nodes
    by_id: Places
    """The places that sort `nodes`."""
    total: float
    """Sum of their counts."""
    chances: Floats

    def places(self, nodes: Nodes) -> Places:
        return self.by_id[np.searchsorted(self.nodes, nodes, sorter=self.by_id)]


class Standing:
    """Shares and chances in one tree at one temperature; parents met before are kept as long as the tree stays."""

    def __init__(
        self,
        tree: FeatureTree,
        temperature: float = 1.0,
        boosts: Mapping[str, float] | None = None,
        excluded: Collection[int] = (),
    ) -> None:
        """`boosts` are factors by category name. Raises as `check_weighing`."""
        check_weighing(tree, temperature, boosts or {}, excluded)
        self._tree = tree
        self._temperature = temperature
        self._boosts = dict(boosts or {})
        self._excluded = frozenset(excluded)
        self._revision = tree.revision
        self._kept: dict[int, _Siblings] = {}

    def shares(self, nodes: Sequence[int] | Nodes) -> Floats:
        """Each node's count over the sum of its siblings' and its own; 0 where no sibling has a count.

        0 for the root and for features that are gone. Raises `NotFound` for a number that never was a feature.
        """
        found = np.zeros(len(nodes))
        for siblings, asked, wanted in self._groups(nodes):
            if siblings.total > 0:
                found[asked] = self._tree.layout().counts_of(wanted) / siblings.total
        return found

    def chances(self, nodes: Sequence[int] | Nodes) -> Floats:
        """The chance p' of each node among its siblings; 0 for what is excluded and as `shares`. Raises as `shares`."""
        found = np.zeros(len(nodes))
        for siblings, asked, wanted in self._groups(nodes):
            found[asked] = siblings.chances[siblings.places(wanted)]
        return found

    def reach(self, node: int) -> float:
        """The chance that a draw of one child a level passes through the node; 1 for the root. Raises `NotFound`."""
        check_alive(self._tree, node)
        return float(prod(self.chances(self._tree.way(node)).tolist()))

    def distribution(self, parent: int, most: int = 12) -> Distribution:
        """The children of a feature or of the root before and after reweighting, up to `most` one by one.

        Raises `NotFound`, and `BadInput` for a negative `most`.
        """
        check_alive(self._tree, parent)
        if most < 0:
            raise BadInput(f"the number of children to tell one by one must be 0 or more, got {most}.")
        siblings = self._siblings(np.array([parent], np.int32))[parent]
        counts = self._tree.layout().counts_of(siblings.nodes)
        before = counts / siblings.total if siblings.total > 0 else np.zeros(len(counts))
        told = largest(counts, most)
        others = np.ones(len(counts), np.bool_)
        others[told] = False
        columns = (siblings.nodes[told], counts[told], before[told], siblings.chances[told])
        return Distribution(
            parts=tuple(Part(*row) for row in zip(*(column.tolist() for column in columns), strict=True)),
            more=int(others.sum()),
            count=float(counts[others].sum()),
            before=float(before[others].sum()),
            after=float(siblings.chances[others].sum()),
        )

    def _groups(self, nodes: Sequence[int] | Nodes) -> list[tuple[_Siblings, Places, Nodes]]:
        """By parent: its children, which of the nodes are among them, and these nodes."""
        layout = self._tree.layout()
        asked = np.asarray(nodes, np.int64)
        beyond = asked[(asked < 0) | (asked >= layout.rows)]
        if len(beyond):
            raise NotFound(f"the tree has no feature {int(beyond[0])}; choose one that exists.")
        rows = np.flatnonzero(layout.alive[asked] & (asked != ROOT))
        wanted = asked[rows].astype(np.int32)
        if not len(wanted):
            return []
        above = layout.parent[wanted]
        order = np.argsort(above, kind="stable")
        parents, starts = np.unique(above[order], return_index=True)
        found = self._siblings(parents)
        return [
            (found[parent], rows[mine], wanted[mine])
            for parent, mine in zip(parents.tolist(), np.split(order, starts[1:]), strict=True)
        ]

    def _siblings(self, parents: Nodes) -> dict[int, _Siblings]:
        """The children of all these parents at least."""
        if self._revision != self._tree.revision:
            self._revision, self._kept = self._tree.revision, {}
        kept = self._kept
        missing = [parent for parent in parents.tolist() if parent not in kept]
        if missing:
            new = self._weighed(np.array(missing, np.int32))
            held = sum(len(one.nodes) for group in (kept, new) for one in group.values())
            if len(kept) + len(new) > _MOST_PARENTS or held > _MOST_CHILDREN:
                kept = {parent: kept[parent] for parent in parents.tolist() if parent in kept}
            # never emptied in place: who asks at the same time goes on with what they have
            kept = self._kept = kept | new
        return kept

    def _weighed(self, parents: Nodes) -> dict[int, _Siblings]:
        layout = self._tree.layout()
        children, widths = children_by_parent(self._tree, parents)
        chances = chances_among(self._tree, children, widths, self._temperature, self._boosts, self._excluded)
        counts = layout.counts_of(children)
        ends = np.cumsum(widths)
        found = {}
        for parent, start, end in zip(parents.tolist(), (ends - widths).tolist(), ends.tolist(), strict=True):
            nodes = children[start:end].copy()
            found[parent] = _Siblings(
                nodes, np.argsort(nodes), float(counts[start:end].sum()), chances[start:end].copy()
            )
        return found


def children_by_parent(tree: FeatureTree, parents: Nodes) -> tuple[Nodes, Places]:
    """All children of some parents, one parent after the other and as shown, and how many each has."""
    layout = tree.layout()
    widths = layout.child_len[parents].astype(np.int64)
    return children_of(layout.child_start[parents], widths, layout.child_list), widths


def chances_among(
    tree: FeatureTree,
    children: Nodes,
    widths: Places,
    temperature: float,
    boosts: Mapping[str, float],
    excluded: Collection[int],
) -> Floats:
    """p' of all children of some parents, which come as `children_by_parent` gives them."""
    widths = widths[widths > 0]
    if not len(widths):
        return np.zeros(0)
    layout = tree.layout()
    categories = (layout.parent[children[np.cumsum(widths) - widths]] == ROOT).any()
    # only categories are boosted, and factors that are all 1 cost as much as others
    factors = factors_of(tree, children, excluded, boosts if categories else {})
    return parts(weigh(layout.counts_of(children), widths, temperature, factors), widths)


def parts(weights: Floats, widths: Places) -> Floats:
    """Each weight over the sum of its group, 0 where that is 0; group g holds the next `widths[g]` (1 or more)."""
    totals = np.add.reduceat(weights, np.cumsum(widths) - widths)
    found: Floats = weights / np.repeat(np.where(totals > 0, totals, 1.0), widths)
    return found


def largest(values: Floats, most: int) -> Places:
    """The places of the `most` largest values, these first; of equal ones those that come first."""
    if len(values) > most > 0:
        least = np.partition(values, len(values) - most)[len(values) - most]
        above = np.flatnonzero(values > least)
        found = np.concatenate([above, np.flatnonzero(values == least)[: most - len(above)]])
    else:
        found = np.arange(min(len(values), most))
    return found[np.argsort(-values[found], kind="stable")]


def check_alive(tree: FeatureTree, node: int) -> None:
    """Raises `NotFound` where the number is no feature of the tree as it is now, nor the root."""
    if not tree.alive(node):
        raise NotFound(f"the tree has no feature {node}, or no longer has it; choose one that exists.")


def check_weighing(
    tree: FeatureTree, temperature: float, boosts: Mapping[str, float], excluded: Collection[int]
) -> None:
    """Raises `BadInput` for a temperature of 0 or NaN and for a boost that is no factor, `NotFound` for what cannot
    be excluded as it never was a feature."""
    check_temperature(temperature)
    for name, factor in boosts.items():
        if not (isfinite(factor) and factor >= 0):
            raise BadInput(f"the boost of `{name}` must be finite and 0 or more, got {factor}.")
    for node in (min(excluded), max(excluded)) if excluded else ():
        if not 0 <= node < tree.rows:
            raise NotFound(f"the tree has no feature {node} to exclude; leave it out.")
