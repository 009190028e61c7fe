"""How often features were drawn, for marks on rows: never waited for, a moment old at most."""

import threading
import time

import numpy as np
from numpy.typing import NDArray

from synth.tree.columns import FeatureTree
from synth.workspace import Workspace

Counts = NDArray[np.int32]

_EVERY_SECONDS = 1.0


class Drawn:
    """The latest counts of draws that are known."""

    def __init__(self, workspace: Workspace) -> None:
        self._trees = workspace.trees
        self._uses = workspace.uses
        self._known: tuple[FeatureTree, Counts] | None = None
        self._asking = threading.Lock()
        self._next = 0.0

    def counts(self) -> Counts | None:
        """By row of the tree, how many subtrees hold it; None where nothing was drawn, or nothing is known yet."""
        if time.monotonic() >= self._next and self._asking.acquire(blocking=False):
            self._next = time.monotonic() + _EVERY_SECONDS
            threading.Thread(target=self._ask, name="drawn", daemon=True).start()
        known = self._known
        return known[1] if known is not None and known[0] is self._trees.tree else None

    def _ask(self) -> None:
        try:
            tree = self._trees.tree
            counts = self._uses.drawn_counts()
            self._known = (tree, counts) if self._uses.ready and counts.any() else None
        finally:
            self._asking.release()
