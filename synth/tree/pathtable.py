"""Paths of many nodes at once: each is built once, on its parent's, and looked up by number afterwards."""

import numpy as np
from numpy.typing import NDArray

from synth.records import FeaturePath
from synth.tree.columns import ROOT, FeatureTree

_MOST = 500_000
"""Paths that are kept; beyond that all are forgotten and built anew as they are met."""


class PathTable:
    """The paths of a tree that does not change meanwhile."""

    def __init__(self, tree: FeatureTree) -> None:
        self._tree = tree
        self._forget()

    def take(self, nodes: NDArray[np.int32]) -> list[FeaturePath]:
        """The path of each node, in order."""
        places = self._place[nodes]
        missing = nodes[places == 0]
        if len(missing):
            if self._end + len(missing) > _MOST:
                self._forget()
                missing = nodes
            for node in np.unique(missing).tolist():
                self._add(node)
            places = self._place[nodes]
        found: list[FeaturePath] = self._paths[places].tolist()
        return found

    def _forget(self) -> None:
        self._place = np.zeros(self._tree.rows, np.int32)
        self._paths = np.empty(64, object)
        self._paths[0] = ()
        self._place[ROOT] = 0
        self._end = 1

    def _add(self, node: int) -> FeaturePath:
        place = int(self._place[node])
        if place or node == ROOT:
            known: FeaturePath = self._paths[place]
            return known
        path = (*self._add(self._tree.parent(node)), self._tree.name(node))
        if self._end == len(self._paths):
            wider = np.empty(2 * self._end, object)
            wider[: self._end] = self._paths
            self._paths = wider
        self._paths[self._end] = path
        self._place[node] = self._end
        self._end += 1
        return path
