"""The tree: features as columns, merged from extractions, widened by growth, edited by people, drawn from and exported.

A node is a row number that never changes its meaning; the columns hold its parent, name, counts, lock, status, note and
evidence (`table`). Children are looked up by (parent, name), so no name needs escaping and no path is ever compared as
text.
"""

from bisect import insort
from collections.abc import Iterable, Iterator, Sequence
from math import nan

from synth.records import Extraction, FeaturePath, Growth
from synth.tree.fragment import NO_PARENT, Fragment, FragmentBuilder
from synth.tree.layout import Layout
from synth.tree.names import near_key
from synth.tree.operations import STATUSES
from synth.tree.table import MAX_COUNT, MICRO, ROOT, Table

__all__ = ["MAX_COUNT", "ROOT", "STATUSES", "FeatureTree", "Layout", "Row"]

_KEPT_OUT = -1

Row = tuple[FeaturePath, int, float | None, list[str]]
"""A node at rest: path, observed, estimated, evidence."""


class FeatureTree(Table):
    """Features with counts: `observed` (distinct seeds that show it) and `estimated` (given by growth), kept apart.

    A node has a count where it was observed or estimated. It may be a leaf in one source and inner in another.
    """

    def __init__(self) -> None:
        super().__init__()
        self._alike: dict[int, dict[str, list[str]]] = {}
        self._newcomers: dict[int, list[str]] = {}
        """Children that came to nodes of `_alike` and are not in it yet."""
        self._seed_numbers: dict[str, int] = {}

    def __len__(self) -> int:
        """Number of features; the root is none."""
        return self._live

    # reading

    def alive(self, node: int) -> bool:
        """Whether the id means a node of the tree as it is now."""
        return 0 <= node < self.rows and bool(self._alive[node])

    def node(self, path: Sequence[str]) -> int | None:
        """The node at `path`; None where there is none. The empty path is the root."""
        node = ROOT
        for name in path:
            found = self.names_below(node).get(name)
            if found is None:
                return None
            node = found
        return node

    def child(self, node: int, name: str) -> int | None:
        """The child of `node` called `name`."""
        return self.names_below(node).get(name)

    def near_child(self, node: int, name: str) -> str | None:
        """The child of `node` that says the same as `name` (see `names.near_duplicate`), the first by name of many."""
        found = self._alike.get(node)
        if found is None:
            found = self._alike[node] = {}
            for sibling in sorted(self.names_below(node)):
                found.setdefault(near_key(sibling), []).append(sibling)
        for sibling in self._newcomers.pop(node, ()):
            insort(found.setdefault(near_key(sibling), []), sibling)
        alike = found.get(near_key(name))
        return alike[0] if alike else None

    def way(self, node: int) -> list[int]:
        """The features from the category down to `node`, which is the last; none for the root."""
        found = []
        while node > ROOT:
            found.append(node)
            node = int(self._parent[node])
        return found[::-1]

    def path(self, node: int) -> FeaturePath:
        """Names from the category down to `node`."""
        return tuple(self.strings[self._name[one]] for one in self.way(node))

    def parent(self, node: int) -> int:
        """The node above; -1 above the root."""
        return int(self._parent[node])

    def name(self, node: int) -> str:
        """The node's own name; empty for the root."""
        return self.strings[self._name[node]]

    def depth(self, node: int) -> int:
        """Names in its path: 1 for a category, 0 for the root."""
        return len(self.way(node))

    def children(self, node: int) -> list[int]:
        """Children as they are shown: those with a rank first, the others by name in code point order."""
        return [int(child) for child in self.child_ids(node).tolist()]

    def child_count(self, node: int) -> int:
        """Number of children."""
        return int(self._width[node])

    def observed(self, node: int) -> int:
        """How many distinct seeds show the feature, or what an import says of that; growth never changes it."""
        return int(self._observed[node])

    def estimated(self, node: int) -> float | None:
        """The count that growth gave it (Algorithm 2); None for a feature that was never grown."""
        value = float(self._estimated[node])
        return None if value != value else value

    def has_count(self, node: int) -> bool:
        """True where the node was observed or estimated."""
        return bool(self._observed[node] > 0 or self._estimated[node] == self._estimated[node])

    def count(self, node: int) -> float:
        """What draws weigh it by: `observed` where there is one, else `estimated`, else 0."""
        return self.observed(node) or self.estimated(node) or 0.0

    def evidence(self, node: int) -> list[str]:
        """Ids of the seeds that show it, sorted."""
        return sorted(self.seeds[seed] for seed in self.seeds_of(node))

    def locked(self, node: int) -> bool:
        """Whether only observation may still change it."""
        return bool(self._columns["locked"][node])

    def status(self, node: int) -> str:
        """One of `STATUSES`."""
        return STATUSES[int(self._columns["status"][node])]

    def note(self, node: int) -> str:
        """What a person wrote about it."""
        return self.strings[self._columns["note"][node]]

    def source(self, node: int) -> str:
        """What the file it came from says about its counts, word for word, as long as nothing changed them."""
        return self.strings[self._columns["source"][node]]

    def mean_child_count(self, node: int) -> float | None:
        """Mean count of the children that have one, in constant time; None where none has."""
        counted = int(self._child_counted[node])
        return int(self._child_sum[node]) / counted / MICRO if counted else None

    def nodes(self, top: int = ROOT) -> Iterator[int]:
        """Every node below `top`: parents before children, siblings as shown."""
        waiting = self.child_ids(top)[::-1].tolist()
        while waiting:
            node = waiting.pop()
            yield node
            if self._width[node]:
                waiting.extend(self.child_ids(node)[::-1].tolist())

    def paths(self) -> list[FeaturePath]:
        """Every feature: parents before children, siblings as shown."""
        return [path for _, path in self._walk()]

    def leaves(self) -> list[FeaturePath]:
        """Features without children, in the order of `paths`."""
        return [path for node, path in self._walk() if not self._width[node]]

    # merging

    def add_extraction(self, extraction: Extraction, seed_id: str) -> None:
        """Count `seed_id` once for each node that the extraction shows, parents included.

        The order of extractions does not matter, nor does adding one twice. A lock keeps nothing out: a seed is a fact.
        """
        seed = self.seed_number(seed_id)
        shown: dict[int, None] = {}
        for path in extraction.features:
            node = ROOT
            for name in path:
                node = self._ensure(node, name)
                shown[node] = None
        for node in shown:
            if self.add_evidence(node, seed):
                self.change(node, observed=int(self._observed[node]) + 1, source=0)

    def add_growth(self, growth: Growth) -> None:
        """Add what one growth step added, with its estimates; observed counts and locked features stay as they are."""
        rows = self.rows
        known: dict[FeaturePath, int] = {(): ROOT}
        below: dict[int, tuple[dict[str, int], bool]] = {_KEPT_OUT: ({}, True)}
        """Of parents: their children by name, and whether they take no new ones."""
        parents: list[int] = []
        names: list[str] = []
        estimates: list[float] = []

        def place(path: FeaturePath, estimated: float) -> int:
            """The node at a path; new ones get their row later; `_KEPT_OUT` where a lock is in the way."""
            parent = known.get(path[:-1])
            if parent is None:
                parent = place(path[:-1], nan)
            held = below.get(parent)
            if held is None:
                held = below[parent] = self._growable(parent) if parent < rows else ({}, False)
            node = held[0].get(path[-1])
            if node is None:
                if held[1]:
                    node = _KEPT_OUT
                else:
                    node = rows + len(names)
                    parents.append(parent)
                    names.append(path[-1])
                    estimates.append(estimated)
            known[path] = node
            return node

        for grown in growth.added:
            node = known.get(grown.path)
            if node is None:
                node = place(grown.path, grown.estimated)
            if node >= rows:
                estimates[node - rows] = grown.estimated
            elif node != _KEPT_OUT and not self.locked(node):
                self.change(node, estimated=grown.estimated, source=0)
        if names:
            self.create_many(parents, names, estimates)

    # whole trees

    def to_rows(self) -> list[Row]:
        """Paths, counts and evidence, parents before children; equal trees give equal rows."""
        return [(path, self.observed(node), self.estimated(node), self.evidence(node)) for node, path in self._walk()]

    @classmethod
    def from_rows(cls, rows: Iterable[tuple[Sequence[str], int, float | None, Iterable[str]]]) -> "FeatureTree":
        """Rebuild a tree from `to_rows`; a missing parent is added without a count.

        Raises ValueError that names the row with an empty or repeated path or a count below 0.
        """
        made, seen = FragmentBuilder(), set()
        evidence: dict[int, tuple[str, ...]] = {}
        for number, (path, observed, estimated, seeds) in enumerate(rows, start=1):
            place = made.add_path(path)
            if place == NO_PARENT or place in seen:
                raise ValueError(f"row {number}: the path {list(path)} is {'repeated' if path else 'empty'}")
            if observed < 0 or not 0 <= (estimated or 0) < float("inf"):
                raise ValueError(f"row {number}: counts of {list(path)} must be finite and 0 or more")
            seen.add(place)
            made.count(place, observed, estimated)
            evidence[place] = tuple(sorted(set(seeds)))
        fragment = made.finish(ordered=False)
        fragment.evidence = evidence
        return cls.from_fragment(fragment)

    @classmethod
    def from_fragment(cls, fragment: Fragment) -> "FeatureTree":
        """A tree that holds just these nodes, in the time of reading them: row i becomes node i + 1."""
        from synth.tree.bulk import load  # the bulk operations stand on this class

        tree = cls()
        load(tree, fragment)
        return tree

    def to_fragment(self, top: int = ROOT) -> Fragment:
        """Everything below `top` as columns on their way out, parents before children, siblings as shown."""
        from synth.tree.bulk import unload

        return unload(self, top)

    def seed_number(self, seed_id: str) -> int:
        """The number under which evidence names a seed."""
        if len(self._seed_numbers) != len(self.seeds) - 1:
            self._seed_numbers = {text: number for number, text in enumerate(self.seeds) if number}
        found = self._seed_numbers.get(seed_id)
        if found is None:
            found = self._seed_numbers[seed_id] = self.seeds.append([seed_id])
        return found

    def _growable(self, parent: int) -> tuple[dict[str, int], bool]:
        return self.names_below(parent), parent != ROOT and self.locked(parent)

    def _ensure(self, parent: int, name: str) -> int:
        found = self.names_below(parent).get(name)
        return self.create(parent, name) if found is None else found

    def _walk(self) -> Iterator[tuple[int, FeaturePath]]:
        """Nodes with their paths, each built on its parent's: no walk to the root per node."""
        waiting: list[tuple[int, FeaturePath]] = [(ROOT, ())]
        while waiting:
            node, path = waiting.pop()
            if node != ROOT:
                yield node, path
            if self._width[node]:
                waiting.extend((child, (*path, self.name(child))) for child in self.child_ids(node)[::-1].tolist())

    def _left(self, parent: int) -> None:
        self._alike.pop(parent, None)
        self._newcomers.pop(parent, None)

    def _came(self, parent: int, names: Sequence[str]) -> None:
        if parent in self._alike:
            self._newcomers.setdefault(parent, []).extend(names)

    def forget_names(self) -> None:
        """Drop what was derived from names."""
        super().forget_names()
        self._alike = {}
        self._newcomers = {}
