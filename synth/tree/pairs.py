"""Plans for pairs: few subtrees that hold every two of some chosen features together.

One subtree after the other takes in the feature that makes most open pairs with those already in it, as long as one
does. That is near the best, but not it; how near, the lower bound tells.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from synth.errors import BadInput
from synth.records import FeaturePath, Shape
from synth.tree.bounds import Bounds, resolve
from synth.tree.columns import ROOT, FeatureTree
from synth.tree.packing import Progress, Room
from synth.tree.plan import Plan, places_of

MOST_FEATURES = 1_000
"""Half a million pairs."""

Flags = NDArray[np.bool_]


def cover_pairs(
    tree: FeatureTree, shape: Shape, features: Sequence[FeaturePath], progress: Progress | None = None
) -> Plan:
    """Subtrees of which one or more hold each pair of the features that the shape and its rules let come together.

    `unreachable` counts pairs; its examples are two texts, the paths joined by ` > `. A feature and one above it are a
    pair like any other. `progress` gets the pairs held so far and all that can be. Raises `BadInput` as `resolve` does,
    for a feature that is not in the tree and for more than `MOST_FEATURES`.
    """
    bounds = resolve(tree, shape)
    nodes = _nodes(tree, features)
    room = Room(tree, bounds)
    open_, reasons = _open_pairs(room, nodes)
    lower_bound = _lower_bound(tree, room, bounds, nodes, open_)
    place = places_of(tree).tolist()
    todo, subtrees = int(open_.sum()) // 2, []
    left = todo
    while left:
        subtrees.append(tuple(sorted(room.least(_fill(room, nodes, open_)), key=place.__getitem__)))
        left = int(open_.sum()) // 2
        if progress is not None:
            progress(todo - left, todo)
    shown = [" > ".join(tree.path(node)) for node in nodes]
    unreachable = [(why, len(pairs), tuple(shown[one] for one in pairs[0])) for why, pairs in sorted(reasons.items())]
    return Plan(tuple(subtrees), lower_bound, tuple(unreachable))


def _nodes(tree: FeatureTree, features: Sequence[FeaturePath]) -> list[int]:
    nodes: dict[int, None] = {}
    for path in features:
        node = tree.node(path)
        if node is None or node == ROOT:
            raise BadInput(f"feature `{' > '.join(path)}` is not in the tree; check its spelling or leave it out.")
        nodes[node] = None
    if len(nodes) > MOST_FEATURES:
        raise BadInput(f"{len(nodes):,} features make too many pairs; choose {MOST_FEATURES:,} or fewer.")
    return list(nodes)


def _open_pairs(room: Room, nodes: Sequence[int]) -> tuple[Flags, dict[str, list[tuple[int, int]]]]:
    """Which pairs can come together (symmetric), and the others by reason."""
    room.start()
    open_ = np.zeros((len(nodes), len(nodes)), np.bool_)
    reasons: dict[str, list[tuple[int, int]]] = {}
    alone = [room.why_not(node) for node in nodes]
    for one, node in enumerate(nodes):
        for other in range(one + 1, len(nodes)):
            why = alone[one] or alone[other] or room.why_not(node, nodes[other])
            if why:
                reasons.setdefault(why, []).append((one, other))
            else:
                open_[one, other] = open_[other, one] = True
    return open_, reasons


def _fill(room: Room, nodes: Sequence[int], open_: Flags) -> list[int]:
    """Fill the room with features, most new pairs first, and close their pairs. Returns those that made new ones."""
    room.start()
    number = {node: at for at, node in enumerate(nodes)}
    degree = open_.sum(1)
    chosen = [number[node] for node in room.present if node in number]
    gain = open_[chosen].sum(0)
    waiting = np.ones(len(nodes), np.bool_)
    waiting[chosen] = False
    best = int(np.argmax(np.where(waiting, degree, -1)))
    while degree[best] and waiting[best]:
        waiting[best] = False
        came = [number[node] for node in room.add(nodes[best]) or () if node in number]
        chosen += came
        waiting[came] = False
        gain += open_[came].sum(0)
        best = int(np.argmax(np.where(waiting & (gain > 0), gain * (len(nodes) + 1) + degree, -1)))
        if not gain[best]:
            break
    both = np.ix_(chosen, chosen)
    useful = [nodes[chosen[at]] for at in np.flatnonzero(open_[both].any(axis=1)).tolist()]
    open_[both] = False
    return useful


def _lower_bound(tree: FeatureTree, room: Room, bounds: Bounds, nodes: Sequence[int], open_: Flags) -> int:
    """No plan has fewer subtrees: a subtree holds at most so many of the features at or below each node, hence so many
    pairs of those below two nodes apart, of those below one, of all, and of one with the others."""
    if not open_.any():
        return 0
    below: dict[int, set[int]] = {}
    for at, node in enumerate(nodes):
        for one in tree.way(node):
            below.setdefault(one, set()).add(at)
    most: dict[int, int] = dict.fromkeys(below, 0)
    for node in nodes:
        most[node] = 1
    children: dict[int, list[int]] = {}
    room.start()
    for node in sorted(below, key=room.level, reverse=True):
        most[node] += _most_below(children.get(node, ()), most, bounds, room.places(node))
        children.setdefault(tree.parent(node), []).append(node)
    all_ = _most_below(children[ROOT], most, bounds, room.places(ROOT))
    ways = list(below)
    holds = np.zeros((len(ways), len(nodes)), np.float32)
    for row, node in enumerate(ways):
        holds[row, list(below[node])] = 1.0
    pairs = holds @ open_.astype(np.float32) @ holds.T
    apart = holds @ holds.T == 0
    limit = np.array([max(most[node], 1) for node in ways], np.float32)
    across = np.where(apart, np.ceil(pairs / np.outer(limit, limit) - 1e-3), 0.0)
    within = np.ceil(np.diag(pairs) / np.maximum(limit * (limit - 1), 1) - 1e-3)
    total, degree = int(open_.sum()) // 2, int(open_.sum(1).max())
    whole = -(-total * 2 // (all_ * (all_ - 1)))
    return max(int(across.max()), int(within.max()), whole, -(-degree // (all_ - 1)))


def _most_below(children: Sequence[int], most: dict[int, int], bounds: Bounds, places: int) -> int:
    """The most features that a subtree can have below a node: those in fixed children and in the best others."""
    fixed = sum(most[child] for child in children if child in bounds.held)
    others = sorted((most[child] for child in children if child not in bounds.held), reverse=True)
    return fixed + sum(others[: max(places, 0)])
