"""Subtrees built node by node under a shape with its rules: for plans that no formula gives."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from heapq import heapify, heappop, heappush

from synth.tree.bounds import Bounds
from synth.tree.columns import ROOT, FeatureTree

Progress = Callable[[int, int], None]
"""Gets what is done and all that there is to do."""

EXCLUDED = "excluded by the shape"
DEEPER = "deeper than the levels of the shape"
NARROW = "a level has too few places for what must stand together"
APART = "a rule keeps apart what must stand together"


def closed_off(tree: FeatureTree, bounds: Bounds) -> set[int]:
    """Nodes that no draw holds: excluded ones and categories with a boost of 0."""
    muted = (tree.child(ROOT, name) for name, factor in bounds.boosts.items() if factor == 0)
    held = bounds.held  # what is fixed is in the draw, whatever its boost
    return {*bounds.excluded, *(node for node in muted if node is not None and node not in held)}


class Room:
    """One subtree under construction: what is fixed is in it, and a node comes with all that it needs or not at all."""

    def __init__(self, tree: FeatureTree, bounds: Bounds) -> None:
        self._tree, self._widths, self._held = tree, bounds.widths, bounds.held
        self._closed = closed_off(tree, bounds)
        self._fixed = {parent: len(below) for parent, below in bounds.fixed.items()}
        self._partners: dict[int, list[int]] = {}
        for one, other in bounds.only_with:
            self._partners.setdefault(one, []).append(other)
        self._foes: dict[int, set[int]] = {}
        for one, other in bounds.never:
            self._foes.setdefault(one, set()).add(other)
            self._foes.setdefault(other, set()).add(one)
        self._levels = {ROOT: 0}
        self.start()

    def start(self) -> None:
        """Begin anew, with what is fixed."""
        self.present = set(self._held)
        self._used = dict(self._fixed)

    def places(self, node: int) -> int:
        """How many more children a present node can take."""
        level = self.level(node)
        return self._widths[level] - self._used.get(node, 0) if level < len(self._widths) else 0

    def level(self, node: int) -> int:
        """Names in the node's path."""
        found = self._levels.get(node)
        if found is None:
            found = self._levels[node] = self._tree.depth(node)
        return found

    def why_not(self, *nodes: int) -> str:
        """Why these nodes cannot come in together; "" where they can."""
        return self._against(self._missing(nodes, self.present))

    def add(self, node: int) -> list[int] | None:
        """Take a node in with all it needs. Returns what came in, None where it cannot."""
        missing = self._missing((node,), self.present)
        if self._against(missing):
            return None
        for new in missing:
            parent = self._tree.parent(new)
            self._used[parent] = self._used.get(parent, 0) + 1
        self.present.update(missing)
        return list(missing)

    def least(self, nodes: Iterable[int]) -> set[int]:
        """What is fixed and these nodes with all they need."""
        return {*self._held, *self._missing(nodes, self._held)}

    def _missing(self, nodes: Iterable[int], present: set[int] | frozenset[int]) -> dict[int, None]:
        """The nodes, all above them and what these come only with, where it is not present."""
        missing: dict[int, None] = {}
        waiting = list(nodes)
        while waiting:
            node = waiting.pop()
            while node != ROOT and node not in present and node not in missing:
                missing[node] = None
                waiting.extend(self._partners.get(node, ()))
                node = self._tree.parent(node)
        return missing

    def _against(self, missing: dict[int, None]) -> str:
        more: dict[int, int] = {}
        for node in missing:
            if node in self._closed:
                return EXCLUDED
            if self.level(node) > len(self._widths):
                return DEEPER
            foes = self._foes.get(node)
            if foes and not (foes.isdisjoint(self.present) and foes.isdisjoint(missing)):
                return APART
            parent = self._tree.parent(node)
            more[parent] = more.get(parent, 0) + 1
        return NARROW if any(number > self.places(parent) for parent, number in more.items()) else ""


def pack(
    room: Room, tree: FeatureTree, leaves: Sequence[int], times: int, progress: Progress | None
) -> Iterator[set[int]]:
    """Subtrees that hold each of the leaves `times` times, one by one; each leaf must fit into a room of its own.

    At each node those children come first whose leaves need most visits. Where rules touch nothing that is optimal too.
    """
    needs = _Needs(room, tree, leaves, times)
    todo, done, first = len(leaves) * times, 0, 0
    while done < todo:
        covered = needs.fill(())
        if not covered:
            # rules kept all of the first choices out: begin with any leaf that is left
            while not needs.visits[leaves[first]]:
                first += 1
            covered = needs.fill((leaves[first],))
        needs.visited(covered)
        yield room.least(covered)
        done += len(covered)
        if progress is not None:
            progress(done, todo)


class _Needs:
    """How many visits leaves and the nodes above them still need."""

    def __init__(self, room: Room, tree: FeatureTree, leaves: Sequence[int], times: int) -> None:
        self._room, self._parent = room, tree.parent
        room.start()
        self._held = set(room.present)
        self._leaves = set(leaves)
        self.visits: dict[int, int] = dict.fromkeys(leaves, times)
        self._total: dict[int, int] = {}
        self._below: dict[int, list[tuple[int, int]]] = {}
        self._fixed: dict[int, list[int]] = {}
        layers: dict[int, set[int]] = {}
        for leaf in leaves:
            layers.setdefault(room.level(leaf), set()).add(leaf)
        for level in range(max(layers, default=0), 0, -1):
            for node in sorted(layers.get(level, ())):
                self._take_in(node)
                if level > 1:
                    layers.setdefault(level - 1, set()).add(self._parent(node))

    def _take_in(self, node: int) -> None:
        if node not in self._leaves:
            heapify(self._below.get(node, []))
            self.visits[node] = self._needed(node)
        parent, visits = self._parent(node), self.visits[node]
        if node in self._held:
            self._fixed.setdefault(parent, []).append(node)
        else:
            self._below.setdefault(parent, []).append((-visits, node))
            self._total[parent] = self._total.get(parent, 0) + visits

    def _needed(self, node: int) -> int:
        heap = self._below.get(node, [])
        while heap and self.visits[heap[0][1]] != -heap[0][0]:
            heappop(heap)
        most = max([-heap[0][0] if heap else 0, *(self.visits[child] for child in self._fixed.get(node, ()))])
        places = self._room.places(node)
        return max(most, -(-self._total.get(node, 0) // places)) if places else most

    def fill(self, first: Iterable[int]) -> list[int]:
        """A new subtree in the room that begins with `first`; the leaves in it that need it."""
        self._room.start()
        waiting = [ROOT, *self._held]
        for node in first:
            waiting.extend(self._room.add(node) or ())
        taken: list[tuple[list[tuple[int, int]], tuple[int, int]]] = []
        for node in waiting:  # grows meanwhile
            heap = self._below.get(node)
            while heap and self._room.places(node) > 0:
                entry = heappop(heap)
                if self.visits[entry[1]] != -entry[0] or not entry[0]:
                    continue
                taken.append((heap, entry))
                if entry[1] not in self._room.present:
                    waiting.extend(self._room.add(entry[1]) or ())
        for heap, entry in taken:
            heappush(heap, entry)
        return [node for node in self._room.present if node in self._leaves and self.visits[node]]

    def visited(self, leaves: Iterable[int]) -> None:
        """Each of the leaves got one visit."""
        self._room.start()  # places are counted beside what is fixed
        layers: dict[int, dict[int, int]] = {}
        for leaf in leaves:
            layers.setdefault(self._room.level(leaf), {})[leaf] = self.visits[leaf] - 1
        for level in range(max(layers), 0, -1):
            above: set[int] = set()
            for node, visits in layers.get(level, {}).items():
                parent, before = self._parent(node), self.visits[node]
                if visits == before:
                    continue
                self.visits[node] = visits
                above.add(parent)
                if node not in self._held:
                    self._total[parent] += visits - before
                    heappush(self._below[parent], (-visits, node))
            if level > 1:
                for parent in above:
                    layers.setdefault(level - 1, {})[parent] = self._needed(parent)
