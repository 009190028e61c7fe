"""The columns of a tree, and the live tree as plain arrays: what draws, searches and statistics compute on."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from synth.tree.strings import Strings

CELLS: dict[str, str] = {
    "parent": "i4",
    "name": "i4",
    "rank": "i4",
    "observed": "i8",
    "estimated": "f8",
    "alive": "u1",
    "locked": "u1",
    "status": "u1",
    "note": "i4",
    "source": "i4",
}
"""Column -> type. `name`, `note` and `source` are numbers of texts, `estimated` is NaN where there is none."""

DERIVED: dict[str, str] = {"start": "i8", "width": "i4", "child_sum": "i8", "child_counted": "i4"}
"""Where the children of a node lie in the child list, how many, and the sum and number of their counts."""

UNRANKED = 2**32 - 1
"""What a node without a rank sorts by: behind those that have one."""

Value = float | np.generic
"""One cell: a number, from Python or from a column."""


class Recorder(Protocol):
    """Is told what a change overwrites."""

    def cell(self, column: str, node: int, before: Value) -> None:
        """One cell is about to be written."""

    def evidence(self, node: int, seed: int, added: bool) -> None:
        """A seed was added to what shows a node, or taken away."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The live tree as arrays, indexed by node id; not to be written.

    The children of n, in shown order: `child_list[child_start[n] : child_start[n] + child_len[n]]`. Ranges lie in any
    order and may have unused places between them.
    """

    rows: int
    parent: NDArray[np.int32]
    name: NDArray[np.int32]
    rank: NDArray[np.int32]
    alive: NDArray[np.bool_]
    observed: NDArray[np.int64]
    estimated: NDArray[np.float64]
    child_start: NDArray[np.int64]
    child_len: NDArray[np.int32]
    child_list: NDArray[np.int32]

    def counts_of(self, nodes: NDArray[np.int32]) -> NDArray[np.float64]:
        """What draws weigh some nodes by: observed where there is one, else estimated, else 0."""
        return weighed(self.observed[nodes], self.estimated[nodes])


def weighed(observed: NDArray[np.int64], estimated: NDArray[np.float64]) -> NDArray[np.float64]:
    """One count for two."""
    counts: NDArray[np.float64] = np.where(observed > 0, observed, np.nan_to_num(estimated, nan=0.0))
    return counts


def shown_order(
    parent: NDArray[np.int32], rank: NDArray[np.int32], name: NDArray[np.int32], strings: Strings
) -> NDArray[np.int64]:
    """The order that puts rows by parent and siblings as they are shown: by rank, then by name."""
    ranked = (rank.astype(np.int64) - 1) % (UNRANKED + 1)
    # names matter where there is no rank; the others are taken for "" unless two siblings have the same
    order = np.lexsort((strings.places(np.where(rank == 0, name, 0)), ranked, parent))
    same = (np.diff(parent[order]) == 0) & (np.diff(ranked[order]) == 0) & (rank[order[1:]] > 0)
    if same.any():
        order = np.lexsort((strings.places(name), ranked, parent))
    return order


def sort_rank(rank: int) -> int:
    """Nodes with a rank come first, by rank; the others, with rank 0, follow by name."""
    return int(rank) - 1 if rank else UNRANKED
