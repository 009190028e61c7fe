"""Plans: as few subtrees under a shape as hold every leaf; what chance would hardly give, packed on purpose.

A subtree visits a node or does not. A leaf needs `times` visits. A node whose children need n1, n2, ... visits can give
w of its children one visit at each of its own, so it needs V = max(ceil((n1 + n2 + ...) / w), n1, n2, ...) of them, and
no plan does with fewer. V are enough: number the children's visits one child after the other and give number i to visit
i mod V; the numbers of one child are at most V and follow one another, so no visit has it twice, and none has more than
w. Hence the need of the root, computed from the leaves up, is the least number of subtrees, and dealing out from the
root down attains it. Fixed children are in every visit of their parent and take places of it; both halves stand with
the places that they leave. Rules can make more subtrees necessary: then they are packed one by one (`packing`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synth.errors import BadInput
from synth.records import FeaturePath, Shape
from synth.tree.bounds import Bounds, resolve
from synth.tree.bulk import breadth_first, depth_first
from synth.tree.columns import ROOT, FeatureTree
from synth.tree.packing import DEEPER, EXCLUDED, Progress, Room, closed_off, pack

__all__ = ["Plan", "Unreachable", "as_paths", "cover_leaves", "places_of"]

Nodes = NDArray[np.int32]
Ints = NDArray[np.int64]

Unreachable = tuple[str, int, FeaturePath]
"""Why, how many, and the first of them."""

CROWDED = "fixed features take every place beside it"
_STATES = ("", EXCLUDED, CROWDED, DEEPER)


@dataclass(frozen=True, slots=True)
class Plan:
    """Subtrees with what they are for, what that needs and what is fixed; widths are not filled up beyond that."""

    subtrees: tuple[tuple[int, ...], ...]
    """Node ids, parents first, siblings as shown."""
    lower_bound: int
    """No plan has fewer subtrees."""
    unreachable: tuple[Unreachable, ...]
    """What no subtree can hold, by reason."""


def as_paths(tree: FeatureTree, plan: Plan) -> tuple[tuple[FeaturePath, ...], ...]:
    """The subtrees of a plan as paths, like the features of a draw."""
    known: dict[int, FeaturePath] = {ROOT: ()}
    for subtree in plan.subtrees:
        for node in subtree:
            if node not in known:
                known[node] = (*known[tree.parent(node)], tree.name(node))
    return tuple(tuple(known[node] for node in subtree) for subtree in plan.subtrees)


def places_of(tree: FeatureTree) -> Ints:
    """Where each node stands among all, parents first, siblings as shown; by row."""
    nodes = depth_first(tree)
    place = np.zeros(tree.rows, np.int64)
    place[nodes] = np.arange(1, len(nodes) + 1)
    return place


def cover_leaves(
    tree: FeatureTree, shape: Shape, branch: int = ROOT, times: int = 1, progress: Progress | None = None
) -> Plan:
    """Subtrees that hold every leaf at or below `branch` `times` times or more, each leaf once in a subtree.

    Leaves are nodes without children, whatever their counts. Without rules there are as few as can be. `progress` gets
    how many visits of leaves are packed, and of how many. Raises `BadInput` as `resolve` does, for a branch that is
    not in the tree and for fewer than 1 times.
    """
    if times < 1:
        raise BadInput(f"`times` must be 1 or more, got {times}.")
    if not tree.alive(branch):
        raise BadInput(f"no feature has the id {branch}; choose another branch, or the root (0) for the whole tree.")
    bounds = resolve(tree, shape)
    cover = _Cover(tree, bounds, branch)
    ruled = cover.ruled()
    room = Room(tree, bounds)
    cover.drop({leaf: reason for leaf in ruled if (reason := room.why_not(leaf))})
    need = cover.needs(times)
    if ruled:
        place = cover.place.tolist()
        packed = pack(room, tree, cover.leaves.tolist(), times, progress)
        subtrees = tuple(tuple(sorted(nodes, key=place.__getitem__)) for nodes in packed)
    else:
        subtrees = cover.dealt(need)
        if progress is not None:
            progress(len(cover.leaves) * times, len(cover.leaves) * times)
    # what keeps apart is never visited at once
    lower_bound = max([int(need[ROOT]), *(int(need[one] + need[other]) for one, other in bounds.never)])
    return Plan(subtrees, lower_bound, tuple(cover.unreachable))


class _Cover:
    """Leaves to cover and what a subtree can hold; arrays are by row of the tree."""

    def __init__(self, tree: FeatureTree, bounds: Bounds, branch: int) -> None:
        self._tree, self._bounds = tree, bounds
        self._parent = tree.column("parent")
        self._held = np.zeros(tree.rows, np.bool_)
        self._held[list(bounds.held)] = True
        self._taken = np.zeros(tree.rows, np.int64)
        for parent, below in bounds.fixed.items():
            self._taken[parent] = len(below)
        self.place = places_of(tree)
        self._levels: list[Nodes] = [np.array([ROOT], np.int32)]
        state = self._states()
        inside = np.concatenate([np.array([branch], np.int32), depth_first(tree, branch)])
        leaves = inside[(tree.layout().child_len[inside] == 0) & (inside != ROOT)]
        self.leaves = leaves[state[leaves] == 0]
        self.unreachable: list[Unreachable] = []
        for number, reason in enumerate(_STATES[1:], start=1):
            self._report(reason, leaves[state[leaves] == number])

    def _states(self) -> NDArray[np.int8]:
        """Why a subtree cannot hold a node, an index into `_STATES`; `_levels` gets those that it can hold."""
        closed = np.zeros(self._tree.rows, np.bool_)
        closed[list(closed_off(self._tree, self._bounds))] = True
        state = np.zeros(self._tree.rows, np.int8)
        for level, nodes in enumerate(breadth_first(self._tree)):
            above = self._parent[nodes]
            own = state[above]
            own[(own == 0) & closed[nodes]] = _STATES.index(EXCLUDED)
            if level < len(self._bounds.widths):
                crowded = (self._taken[above] >= self._bounds.widths[level]) & ~self._held[nodes]
                own[(own == 0) & crowded] = _STATES.index(CROWDED)
                self._levels.append(nodes[own == 0])
            else:
                own[own == 0] = _STATES.index(DEEPER)
            state[nodes] = own
        return state

    def _report(self, reason: str, leaves: Nodes) -> None:
        if len(leaves):
            self.unreachable.append((reason, len(leaves), self._tree.path(int(leaves[0]))))

    def ruled(self) -> list[int]:
        """Leaves to cover that rules touch, or touch something above."""
        ruled = np.zeros(self._tree.rows, np.bool_)
        ruled[[node for pair in self._bounds.never for node in pair]] = True
        ruled[[one for one, _ in self._bounds.only_with]] = True
        for nodes in self._levels[1:]:
            ruled[nodes] |= ruled[self._parent[nodes]]
        found: list[int] = self.leaves[ruled[self.leaves]].tolist()
        return found

    def drop(self, reasons: dict[int, str]) -> None:
        """Leave out leaves that no subtree can hold."""
        for reason in sorted(set(reasons.values())):
            self._report(reason, np.array([leaf for leaf, why in reasons.items() if why == reason], np.int32))
        self.leaves = self.leaves[~np.isin(self.leaves, list(reasons))]

    def needs(self, times: int) -> Ints:
        """The least number of visits of each node."""
        need = np.zeros(self._tree.rows, np.int64)
        need[self.leaves] = times
        total, most = np.zeros_like(need), np.zeros_like(need)
        widths = self._bounds.widths
        for level in reversed(range(len(self._levels))):
            nodes = self._levels[level]
            if level < len(widths):
                left = np.maximum(widths[level] - self._taken[nodes], 1)  # without a place nothing else is below
                need[nodes] = np.maximum(need[nodes], np.maximum(most[nodes], -(-total[nodes] // left)))
            above = self._parent[nodes] if level else nodes
            if level:
                free = ~self._held[nodes]
                np.add.at(total, above[free], need[nodes[free]])
                np.maximum.at(most, above, need[nodes])
        return need

    def dealt(self, need: Ints) -> tuple[tuple[int, ...], ...]:
        """So many subtrees as the root needs visits: each child's visits dealt out to its parent's, level by level."""
        size = int(need[ROOT])
        visits = need.copy()
        first = np.zeros_like(need)
        """Where the visits of a node begin among those of its level."""
        subtree = np.arange(size)
        nodes_in, subtree_in = [np.zeros(0, np.int32)], [np.zeros(0, np.int64)]
        for level in self._levels[1:] if size else []:
            nodes = level[(need[level] > 0) | self._held[level]]
            above = self._parent[nodes]
            held = self._held[nodes]
            visits[nodes] = np.where(held, visits[above], need[nodes])
            counts = visits[nodes]
            first[nodes] = np.cumsum(counts) - counts
            free = np.where(held, 0, counts)
            before = np.cumsum(free) - free
            group = np.flatnonzero(np.diff(above, prepend=-1))
            before -= np.repeat(before[group], np.diff(group, append=len(above)))
            number = np.arange(counts.sum()) - np.repeat(first[nodes] - np.where(held, 0, before), counts)
            subtree = subtree[np.repeat(first[above], counts) + number % np.repeat(visits[above], counts)]
            nodes_in.append(np.repeat(nodes, counts))
            subtree_in.append(subtree)
        nodes, owner = np.concatenate(nodes_in), np.concatenate(subtree_in)
        order = np.lexsort((self.place[nodes], owner))
        listed = nodes[order].tolist()
        ends = np.cumsum(np.bincount(owner, minlength=size)).tolist()
        return tuple(tuple(listed[start:end]) for start, end in zip([0, *ends], ends, strict=False))
