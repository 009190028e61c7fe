"""Lists of features for tables: those whose path holds some words, in an order, at any size of the tree."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from synth.tree.bulk import breadth_first, depth_first
from synth.tree.columns import FeatureTree

Order = Literal["path", "count", "children"]

Nodes = NDArray[np.int32]

_KEPT = 4


class Listing:
    """Lists of one tree; the latest are kept as long as the tree stays as it is."""

    def __init__(self, tree: FeatureTree) -> None:
        self._tree = tree
        self._lower: pa.Array = pa.array([], pa.large_string())
        self._kept: dict[tuple[int, tuple[str, ...], Order], Nodes] = {}

    def nodes(self, words: Sequence[str] = (), order: Order = "path") -> Nodes:
        """Features with every word somewhere in their path, letters of any case.

        `path`: parents before children, siblings as shown; `count` and `children`: the most first, then by path.
        """
        wanted = tuple(dict.fromkeys(map(_lower, words)))
        key = (self._tree.revision, wanted, order)
        found = self._kept.get(key)
        if found is None:
            found = depth_first(self._tree)
            for word in wanted:
                found = found[self._holding(word)[found]]
            if order == "count":
                found = found[np.argsort(-self._tree.layout().counts_of(found), kind="stable")]
            elif order == "children":
                found = found[np.argsort(-self._tree.layout().child_len[found], kind="stable")]
            self._kept = {known: nodes for known, nodes in self._kept.items() if known[0] == key[0]}
            if len(self._kept) >= _KEPT:
                self._kept.pop(next(iter(self._kept)))
            self._kept[key] = found
        return found

    def _holding(self, word: str) -> NDArray[np.bool_]:
        """By row, whether the name or one above it holds the word."""
        texts = self._tree.strings.array()
        if len(self._lower) != len(texts):
            self._lower = pc.utf8_lower(texts)
        has = pc.match_substring(self._lower, word).to_numpy(zero_copy_only=False)
        found: NDArray[np.bool_] = has[self._tree.column("name")]
        found[0] = False
        parent = self._tree.column("parent")
        for level in breadth_first(self._tree)[1:]:
            found[level] |= found[parent[level]]
        return found


def _lower(word: str) -> str:
    """In small letters as the names are: Python alone knows of a sigma that ends a word."""
    whole = word.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    return str(pc.utf8_lower(pa.scalar(whole)).as_py())
