"""Which seeds show which features: pairs at rest, sets where something changed since the tree was opened."""

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int32]


class Shown:
    """Pairs of a node and the number of a seed that shows it."""

    def __init__(self) -> None:
        self._changed: dict[int, set[int]] = {}
        self._nodes: Ids = np.zeros(0, np.int32)
        self._seeds: Ids = np.zeros(0, np.int32)

    def of(self, node: int) -> set[int]:
        """Numbers of the seeds that show a node."""
        found = self._changed.get(node)
        if found is None:
            first, last = np.searchsorted(self._nodes, [node, node + 1])
            return set(self._seeds[first:last].tolist())
        return set(found)

    def change(self, node: int, seed: int, *, added: bool) -> bool:
        """Note that a seed shows a node, or no longer does. Returns False where that was so already."""
        held = self._changed.get(node)
        if held is None:
            held = self._changed[node] = self.of(node)
        if (seed in held) == added:
            return False
        (held.add if added else held.remove)(seed)
        return True

    def pairs(self) -> tuple[Ids, Ids]:
        """All pairs, sorted by node and seed."""
        if self._changed:
            kept = ~np.isin(self._nodes, np.fromiter(self._changed, np.int32, len(self._changed)))
            fresh = [(node, seed) for node, seeds in self._changed.items() for seed in seeds]
            added = np.array(fresh, np.int32).reshape(-1, 2)
            nodes = np.concatenate([self._nodes[kept], added[:, 0]])
            seeds = np.concatenate([self._seeds[kept], added[:, 1]])
            order = np.lexsort((seeds, nodes))
            self.adopt(nodes[order], seeds[order])
        return self._nodes, self._seeds

    def adopt(self, nodes: Ids, seeds: Ids) -> None:
        """Take pairs, sorted by node, for all there are."""
        self._nodes, self._seeds, self._changed = nodes, seeds, {}
