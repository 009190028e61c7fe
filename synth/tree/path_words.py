"""Which features have some words in their path, at any size of the tree."""

from collections.abc import Sequence

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from synth.tree.bulk import breadth_first
from synth.tree.columns import ROOT, FeatureTree

Mask = NDArray[np.bool_]

_KEPT = 8


class PathWords:
    """Words in the paths of one tree; what the latest words gave is kept as long as the tree stays as it is."""

    def __init__(self, tree: FeatureTree) -> None:
        self._tree = tree
        self._revision = tree.revision
        self._held: dict[str, Mask] = {}
        self._levels: list[NDArray[np.int32]] = []

    def holding(self, words: Sequence[str]) -> Mask:
        """By row, whether every word stands somewhere in the path, letters of any case; never for the root."""
        if self._revision != self._tree.revision:
            self._revision, self._held, self._levels = self._tree.revision, {}, []
        found: Mask = self._tree.layout().alive.copy()
        found[ROOT] = False
        for word in dict.fromkeys(words):
            held = self._held.get(word)
            if held is None:
                if len(self._held) >= _KEPT:
                    self._held.pop(next(iter(self._held)))
                held = self._held[word] = self._holding(word)
            found &= held
        return found

    def _holding(self, word: str) -> Mask:
        whole = word.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
        has = pc.match_substring(self._tree.strings.array(), whole, ignore_case=True).to_numpy(zero_copy_only=False)
        found: Mask = has[self._tree.column("name")]
        found[ROOT] = False
        parent = self._tree.column("parent")
        self._levels = self._levels or breadth_first(self._tree)
        for level in self._levels[1:]:
            found[level] |= found[parent[level]]
        return found
