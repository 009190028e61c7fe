"""What differs between two states of a tree: added, removed, moved, renamed, counts changed. Nodes are told by id."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from synth.records import FeaturePath
from synth.tree.columns import FeatureTree
from synth.tree.delta import Delta
from synth.tree.table import ROOT

Kind = Literal["added", "removed", "moved", "renamed", "counts"]

KINDS: tuple[Kind, ...] = ("added", "removed", "moved", "renamed", "counts")


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. A node that was moved and renamed gives two."""

    kind: Kind
    node: int
    before: FeaturePath
    """Its path in the first state; empty where it was not there."""
    after: FeaturePath
    counts_before: tuple[int, float | None] = (0, None)
    """Observed and estimated."""
    counts_after: tuple[int, float | None] = (0, None)


@dataclass(frozen=True, slots=True)
class Diff:
    """The differences, counted at once and looked at one by one."""

    first: "View"
    then: "View"
    nodes: dict[Kind, NDArray[np.int32]]

    @property
    def counts(self) -> dict[Kind, int]:
        """How many differences of each kind there are."""
        return {kind: len(nodes) for kind, nodes in self.nodes.items()}

    def changes(self, kind: Kind, first: int = 0, limit: int | None = None) -> Iterator[Change]:
        """Differences of one kind, by node id."""
        last = None if limit is None else first + limit
        for node in self.nodes[kind][first:last].tolist():
            yield Change(
                kind=kind,
                node=node,
                before=() if kind == "added" else self.first.path(node),
                after=() if kind == "removed" else self.then.path(node),
                counts_before=self.first.counts(node),
                counts_after=self.then.counts(node),
            )


class View:
    """The tree as it was: the tree as it is, seen through the delta that leads there."""

    def __init__(self, tree: FeatureTree, way: Delta) -> None:
        self._tree = tree
        self._way = way

    def cells(self, name: str, nodes: NDArray[np.int32]) -> NDArray[Any]:
        """Cells of one column."""
        found: NDArray[Any] = self._tree.column(name)[nodes].copy()
        changed = self._way.cells.get(name)
        if changed is not None and len(changed.nodes):
            places = np.minimum(np.searchsorted(changed.nodes, nodes), len(changed.nodes) - 1)
            there = changed.nodes[places] == nodes
            found[there] = changed.after[places[there]]
        return found

    def path(self, node: int) -> FeaturePath:
        """Names from the category down to `node`."""
        names = []
        while node != ROOT:
            names.append(self._tree.strings[int(self._cell("name", node))])
            node = int(self._cell("parent", node))
        return tuple(reversed(names))

    def counts(self, node: int) -> tuple[int, float | None]:
        """Observed and estimated."""
        if not self._cell("alive", node):
            return 0, None
        estimated = float(self._cell("estimated", node))
        return int(self._cell("observed", node)), None if estimated != estimated else estimated

    def _cell(self, name: str, node: int) -> float:
        found: float = self.cells(name, np.array([node], np.int32))[0].item()
        return found


def diff(tree: FeatureTree, to_first: Delta, to_then: Delta, between: Delta) -> Diff:
    """The differences between two states, given the deltas from the tree as it is to each, and between them."""
    first, then = View(tree, to_first), View(tree, to_then)
    nodes = between.nodes()
    was, is_now = first.cells("alive", nodes) == 1, then.cells("alive", nodes) == 1
    both = nodes[was & is_now]
    names = [_texts(tree, view.cells("name", both)) for view in (first, then)]
    renamed = np.array([before != after for before, after in zip(*names, strict=True)], np.bool_)
    moved = first.cells("parent", both) != then.cells("parent", both)
    counted = first.cells("observed", both) != then.cells("observed", both)
    estimates = [view.cells("estimated", both).view(np.int64) for view in (first, then)]
    counted |= estimates[0] != estimates[1]
    return Diff(
        first,
        then,
        {
            "added": nodes[~was & is_now],
            "removed": nodes[was & ~is_now],
            "moved": both[moved],
            "renamed": both[renamed] if len(both) else both,
            "counts": both[counted],
        },
    )


def _texts(tree: FeatureTree, numbers: NDArray[Any]) -> list[str]:
    return [tree.strings[int(number)] for number in numbers]
