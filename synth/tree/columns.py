"""The tree: features as columns, merged from extractions, widened by growth, drawn from and exported.

A node is a row number; the columns hold its parent, name, observed count, estimated count and evidence. Children are
looked up by (parent, name), so no name needs escaping and no path is ever compared as text.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Sequence

from synth.records import Extraction, FeaturePath, Growth
from synth.tree.names import near_key

ROOT = 0
"""The node above the categories; it is no feature and carries no count."""

Row = tuple[FeaturePath, int, float | None, list[str]]
"""A node at rest: path, observed, estimated, evidence."""

_MICRO = 1_000_000
"""Counts are added up in millionths, as integers: the sum does not depend on the order of the merges."""


class FeatureTree:
    """Features with counts: `observed` (distinct seeds that show it) and `estimated` (given by growth), kept apart.

    A node has a count where it was observed or estimated. It may be a leaf in one source and inner in another.
    """

    def __init__(self) -> None:
        self._parent = [-1]
        self._name = [""]
        self._observed = [0]
        self._estimated: list[float | None] = [None]
        self._evidence: list[list[str]] = [[]]
        self._lookup: dict[int, dict[str, int]] = {}
        self._ordered: dict[int, list[int]] = {}
        self._alike: dict[int, dict[str, str]] = {}
        self._child_sum: dict[int, int] = {}
        self._child_counted: dict[int, int] = {}

    def __len__(self) -> int:
        """Number of features; the root is none."""
        return len(self._name) - 1

    def node(self, path: Sequence[str]) -> int | None:
        """The node at `path`; None where there is none. The empty path is the root."""
        node = ROOT
        for name in path:
            found = self.child(node, name)
            if found is None:
                return None
            node = found
        return node

    def child(self, node: int, name: str) -> int | None:
        """The child of `node` called `name`."""
        children = self._lookup.get(node)
        return None if children is None else children.get(name)

    def near_child(self, node: int, name: str) -> str | None:
        """The child of `node` that says the same as `name` (see `names.near_duplicate`), the first where many do."""
        if node not in self._alike:
            names = [self._name[child] for child in self._ordered.get(node, ())]
            self._alike[node] = {near_key(sibling): sibling for sibling in reversed(names)}
        return self._alike[node].get(near_key(name))

    def path(self, node: int) -> FeaturePath:
        """Names from the category down to `node`."""
        names = []
        while node != ROOT:
            names.append(self._name[node])
            node = self._parent[node]
        return tuple(reversed(names))

    def parent(self, node: int) -> int:
        """The node above; -1 above the root."""
        return self._parent[node]

    def name(self, node: int) -> str:
        """The node's own name; empty for the root."""
        return self._name[node]

    def depth(self, node: int) -> int:
        """Names in its path: 1 for a category, 0 for the root."""
        return len(self.path(node))

    def children(self, node: int) -> list[int]:
        """Children by name, in code point order."""
        return list(self._ordered.get(node, ()))

    def observed(self, node: int) -> int:
        """How many distinct seeds show the feature; growth never changes it."""
        return self._observed[node]

    def estimated(self, node: int) -> float | None:
        """The count that growth gave it (Algorithm 2); None for a feature that was never grown."""
        return self._estimated[node]

    def has_count(self, node: int) -> bool:
        """True where the node was observed or estimated."""
        return self._observed[node] > 0 or self._estimated[node] is not None

    def count(self, node: int) -> float:
        """What draws weigh it by: `observed` where there is one, else `estimated`, else 0."""
        return self._observed[node] or self._estimated[node] or 0.0

    def evidence(self, node: int) -> list[str]:
        """Ids of the seeds that show it, sorted."""
        return list(self._evidence[node])

    def mean_child_count(self, node: int) -> float | None:
        """Mean count of the children that have one, in constant time; None where none has."""
        counted = self._child_counted.get(node, 0)
        return self._child_sum[node] / counted / _MICRO if counted else None

    def nodes(self) -> Iterator[int]:
        """Every node but the root: parents before children, siblings by name."""
        waiting = list(reversed(self._ordered.get(ROOT, ())))
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(reversed(self._ordered.get(node, ())))

    def paths(self) -> list[FeaturePath]:
        """Every feature: parents before children, siblings by name."""
        return [path for _, path in self._walk()]

    def leaves(self) -> list[FeaturePath]:
        """Features without children, in the order of `paths`."""
        return [path for node, path in self._walk() if node not in self._ordered]

    def add_extraction(self, extraction: Extraction, seed_id: str) -> None:
        """Count `seed_id` once for each node that the extraction shows, parents included.

        The order of extractions does not matter, nor does adding one twice.
        """
        shown: dict[int, None] = {}
        for path in extraction.features:
            node = ROOT
            for name in path:
                node = self._ensure(node, name)
                shown[node] = None
        for node in shown:
            self._observe(node, seed_id)

    def add_growth(self, growth: Growth) -> None:
        """Add what one growth step added, with its estimates; observed counts stay as they are."""
        for grown in growth.added:
            self._set_counts(self._ensure_path(grown.path), estimated=grown.estimated)

    def to_rows(self) -> list[Row]:
        """Everything the tree knows, parents before children; equal trees give equal rows."""
        return [
            (path, self._observed[node], self._estimated[node], list(self._evidence[node]))
            for node, path in self._walk()
        ]

    @classmethod
    def from_rows(cls, rows: Iterable[tuple[Sequence[str], int, float | None, Iterable[str]]]) -> "FeatureTree":
        """Rebuild a tree from `to_rows`; a missing parent is added without a count.

        Raises ValueError that names the row with an empty or repeated path or a count below 0.
        """
        tree = cls()
        seen: set[int] = set()
        for number, (path, observed, estimated, evidence) in enumerate(rows, start=1):
            node = tree._ensure_path(path)
            if node == ROOT or node in seen:
                raise ValueError(f"row {number}: the path {list(path)} is {'repeated' if path else 'empty'}")
            if observed < 0 or not 0 <= (estimated or 0) < float("inf"):
                raise ValueError(f"row {number}: counts of {list(path)} must be finite and 0 or more")
            seen.add(node)
            tree._evidence[node] = sorted(set(evidence))
            tree._set_counts(node, observed=observed, estimated=estimated)
        return tree

    def _walk(self) -> Iterator[tuple[int, FeaturePath]]:
        """Nodes with their paths, each built on its parent's: no walk to the root per node."""
        waiting: list[tuple[int, FeaturePath]] = [(ROOT, ())]
        while waiting:
            node, path = waiting.pop()
            if node != ROOT:
                yield node, path
            children = self._ordered.get(node)
            if children:
                waiting.extend((child, (*path, self._name[child])) for child in reversed(children))

    def _ensure_path(self, path: Sequence[str]) -> int:
        node = ROOT
        for name in path:
            node = self._ensure(node, name)
        return node

    def _ensure(self, parent: int, name: str) -> int:
        children = self._lookup.setdefault(parent, {})
        found = children.get(name)
        if found is not None:
            return found
        node = len(self._name)
        self._parent.append(parent)
        self._name.append(name)
        self._observed.append(0)
        self._estimated.append(None)
        self._evidence.append([])
        children[name] = node
        if parent in self._alike:
            alike, key = self._alike[parent], near_key(name)
            alike[key] = min(name, alike.get(key, name))
        insort(self._ordered.setdefault(parent, []), node, key=self._name.__getitem__)
        return node

    def _observe(self, node: int, seed_id: str) -> None:
        evidence = self._evidence[node]
        place = bisect_left(evidence, seed_id)
        if place < len(evidence) and evidence[place] == seed_id:
            return
        evidence.insert(place, seed_id)
        self._set_counts(node, observed=self._observed[node] + 1)

    def _set_counts(self, node: int, observed: int | None = None, estimated: float | None = None) -> None:
        """Set what is given and keep the parent's sum and number of counted children true."""
        parent, had, before = self._parent[node], self.has_count(node), self.count(node)
        if observed is not None:
            self._observed[node] = observed
        if estimated is not None:
            self._estimated[node] = estimated
        change = round(self.count(node) * _MICRO) - round(before * _MICRO)
        self._child_sum[parent] = self._child_sum.get(parent, 0) + change
        self._child_counted[parent] = self._child_counted.get(parent, 0) + self.has_count(node) - had
