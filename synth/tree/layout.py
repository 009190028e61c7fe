"""The live tree as plain arrays: what draws, searches and statistics compute on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Value = float | np.generic
"""One cell: a number, from Python or from a column."""


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
    count: NDArray[np.float64]
    """What draws weigh by: observed where there is one, else estimated, else 0."""
    child_start: NDArray[np.int64]
    child_len: NDArray[np.int32]
    child_list: NDArray[np.int32]
