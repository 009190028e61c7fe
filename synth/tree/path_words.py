"""Which features have some words in their path, at any size of the tree."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
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
        self._lower: pa.Array = pa.array([], pa.large_string())
        self._revision = tree.revision
        self._held: dict[str, Mask] = {}
        self._levels: list[NDArray[np.int32]] = []

    def holding(self, words: Sequence[str]) -> Mask:
        """By row, whether every word stands somewhere in the path, letters of any case; never for the root."""
        if self._revision != self._tree.revision:
            self._revision, self._held, self._levels = self._tree.revision, {}, []
        found: Mask = self._tree.layout().alive.copy()
        found[ROOT] = False
        for word in dict.fromkeys(map(_lower, words)):
            held = self._held.get(word)
            if held is None:
                if len(self._held) >= _KEPT:
                    self._held.pop(next(iter(self._held)))
                held = self._held[word] = self._holding(word)
            found &= held
        return found

    def _holding(self, word: str) -> Mask:
        texts = self._tree.strings.array()
        if len(self._lower) != len(texts):
            self._lower = pc.utf8_lower(texts)
        has = pc.match_substring(self._lower, word).to_numpy(zero_copy_only=False)
        found: Mask = has[self._tree.column("name")]
        found[ROOT] = False
        parent = self._tree.column("parent")
        self._levels = self._levels or breadth_first(self._tree)
        for level in self._levels[1:]:
            found[level] |= found[parent[level]]
        return found


def _lower(word: str) -> str:
    """In small letters as the names are: Python alone knows of a sigma that ends a word."""
    whole = word.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    return str(pc.utf8_lower(pa.scalar(whole)).as_py())
