"""Which entries of a history changed which features."""

import numpy as np
from numpy.typing import NDArray

from synth.tree.delta import Delta


class Touched:
    """Which entries changed which rows: as runs of neighbouring rows, or as a bit for each row where that is less."""

    def __init__(self) -> None:
        self.known: set[int] = set()
        self._runs: list[NDArray[np.int32]] = [np.zeros((0, 3), np.int32)]
        """Number of the entry, first and last row."""
        self._bits: dict[int, NDArray[np.uint8]] = {}
        self._same: dict[int, int] = {}

    def add(self, number: int, delta: Delta) -> None:
        """Note what an entry changed."""
        self.known.add(number)
        parts = [*(cells.nodes for cells in delta.cells.values()), delta.evidence.nodes]
        if 0 < sum(map(len, parts)) < delta.rows // 16:
            nodes = delta.nodes()
            ends = np.flatnonzero(np.diff(nodes) != 1)
            firsts, lasts = nodes[np.append(0, ends + 1)], nodes[np.append(ends, len(nodes) - 1)]
        else:  # for many rows, marks are faster than sorting and take less memory meanwhile
            marked = np.zeros(delta.rows + 2, np.bool_)
            for part in parts:
                marked[part + 1] = True
            edges = np.flatnonzero(np.diff(marked))
            firsts, lasts = edges[::2], edges[1::2] - 1
            if 12 * len(firsts) > delta.rows // 8:
                self._bits[number] = np.packbits(marked[1:])
                return
        self._runs.append(np.stack([np.full(len(firsts), number), firsts, lasts], axis=1).astype(np.int32))

    def add_same(self, number: int, other: int) -> None:
        """Note that an undo or redo changed what the entry that it is about did."""
        self.known.add(number)
        self._same[number] = other

    def entries(self, nodes: NDArray[np.int64]) -> set[int]:
        """The entries that changed any of some rows, given in ascending order."""
        runs = np.concatenate(self._runs)
        self._runs = [runs]
        hit = np.searchsorted(nodes, runs[:, 2], side="right") > np.searchsorted(nodes, runs[:, 1])
        found = set(runs[hit, 0].tolist())
        for number, bits in self._bits.items():
            there = nodes[(nodes >= 0) & (nodes < 8 * len(bits))]
            if (bits[there >> 3] & (128 >> (there & 7))).any():
                found.add(number)
        return found | {number for number, other in self._same.items() if other in found}
