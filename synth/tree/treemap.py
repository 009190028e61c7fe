"""The blocks of a map of a branch (treemap or icicle): who has which share, and what is too small for the screen.

Only what may be shown is looked at: the children of the largest features, level by level, never the whole tree.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from synth.errors import BadInput
from synth.tree.columns import FeatureTree
from synth.tree.standing import (
    Floats,
    Nodes,
    Places,
    chances_among,
    check_alive,
    check_weighing,
    children_by_parent,
    largest,
    parts,
)

Area = Literal["observed", "estimated", "count", "chance"]
"""Counts in seeds, counts given by growth, what draws weigh by, and the chance p' in a draw."""

LOOKED_AT = 200_000
"""Children that a map looks at beyond its top's, or 100 a block where that is more; then features stay closed."""
_AT_ONCE = 400
"""Features that are opened together, or a quarter of those that wait: opening the largest spares many of the others."""


@dataclass(frozen=True, slots=True)
class Weighing:
    """What splits a feature's area among its children; all but `area` counts for "chance" alone."""

    area: Area = "count"
    temperature: float = 1.0
    boosts: Mapping[str, float] = field(default_factory=dict)
    """Factors by category name."""
    excluded: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """A map, one row a block: parents before children, siblings largest first. What has no share has no block."""

    node: Nodes
    parent: Nodes
    """The row of the block around it; -1 for the top."""
    depth: Nodes
    """Levels below the top."""
    share: Floats
    """Of the whole map; the blocks in a block add up to it."""
    more: Nodes
    """0: a feature. n: a bucket of n small siblings, whose `node` is their parent."""

    def __len__(self) -> int:
        return len(self.node)


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """Features that were looked at, parents before children. No share is larger than that of the one above."""

    node: Nodes
    above: Places
    """The place of the parent; -1 for the top."""
    depth: Nodes
    share: Floats

    def at(self, chosen: Places) -> "_Seen":
        return _Seen(self.node[chosen], self.above[chosen], self.depth[chosen], self.share[chosen])

    @staticmethod
    def joined(several: "list[_Seen]") -> "_Seen":
        return _Seen(
            np.concatenate([one.node for one in several]),
            np.concatenate([one.above for one in several]),
            np.concatenate([one.depth for one in several]),
            np.concatenate([one.share for one in several]),
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Lead:
    """The largest of those, these first: their places, and which may be opened."""

    place: Places
    seen: _Seen
    waits: NDArray[np.bool_]

    def joined(self, other: "_Lead", most: int) -> "_Lead":
        both = _Seen.joined([self.seen, other.seen])
        kept = largest(both.share, most)
        place, waits = np.concatenate([self.place, other.place]), np.concatenate([self.waits, other.waits])
        return _Lead(place[kept], both.at(kept), waits[kept])


def blocks(
    tree: FeatureTree,
    top: int,
    weigh: Weighing,
    *,
    most: int = 2_000,
    smallest: float = 0.0,
    deepest: int = 6,
) -> Blocks:
    """The map of the branch of `top`: up to `most` blocks, `deepest` levels, the largest shares of all levels first.

    What is below `smallest` or finds no room is put into one bucket per parent; a bucket of one is that feature. A
    parent none of whose children has a block stays closed, without a bucket, but for the top.

    Raises `NotFound` for a top that is gone, `BadInput` for an unknown area or limits that are none, and as
    `check_weighing`.
    """
    check_alive(tree, top)
    _check(weigh, most, smallest, deepest)
    check_weighing(tree, weigh.temperature, weigh.boosts, weigh.excluded)
    seen, order = _look(tree, top, weigh, most, smallest, deepest)
    return _arranged(seen, _chosen(seen, order, most, smallest), bucket_at_top=most > 1)


def _check(weigh: Weighing, most: int, smallest: float, deepest: int) -> None:
    if weigh.area not in get_args(Area):
        raise BadInput(f"a map has no area `{weigh.area}`; choose {', '.join(get_args(Area))}.")
    if most < 1:
        raise BadInput(f"a map has at least 1 block, got {most} as the most.")
    if deepest < 0:
        raise BadInput(f"a map shows 0 levels or more below its top, got {deepest}.")
    if not smallest >= 0:
        raise BadInput(f"the smallest share of a map must be 0 or more, got {smallest}.")


def _look(
    tree: FeatureTree, top: int, weigh: Weighing, most: int, smallest: float, deepest: int
) -> tuple[_Seen, Places]:
    """Open the largest again and again. What is not among the `most` largest, or below them, never will be.

    Returns all that was looked at and the places of the largest, these first.
    """
    width = tree.column("width")

    def lead_of(new: _Seen, size: int, least: float) -> _Lead:
        chosen = np.flatnonzero(new.share > least)
        large = new.at(chosen)
        return _Lead(
            chosen + size, large, (width[large.node] > 0) & (large.depth < deepest) & (large.share >= smallest)
        )

    seen = [_Seen(np.array([top], np.int32), np.array([-1]), np.zeros(1, np.int32), np.ones(1))]
    size, left = 1, max(LOOKED_AT, 100 * most) + int(width[top])
    lead = lead_of(seen[0], 0, 0.0)
    while left > 0 and lead.waits.any():
        waiting = np.flatnonzero(lead.waits)
        opened = waiting[: max(_AT_ONCE, len(waiting) // 4)]
        widths = width[lead.seen.node[opened]].cumsum(dtype=np.int64)
        opened = opened[: np.searchsorted(widths, left) + 1]
        left -= int(widths[len(opened) - 1])
        lead.waits[opened] = False
        new = _below(tree, lead.seen.at(opened), lead.place[opened], weigh)
        least = float(lead.seen.share[-1]) if len(lead.place) == most else 0.0
        lead = lead.joined(lead_of(new, size, least), most)
        seen.append(new)
        size += len(new.node)
    return _Seen.joined(seen), lead.place


def _below(tree: FeatureTree, opened: _Seen, places: Places, weigh: Weighing) -> _Seen:
    """The children that have a share of some features that have children."""
    children, widths = children_by_parent(tree, opened.node)
    if weigh.area == "chance":
        split = chances_among(tree, children, widths, weigh.temperature, weigh.boosts, weigh.excluded)
    else:
        split = parts(_weights(tree, children, weigh.area), widths)
    share = np.repeat(opened.share, widths) * split
    kept = np.flatnonzero(share > 0)
    above = np.repeat(np.arange(len(widths)), widths)[kept]
    return _Seen(children[kept], places[above], opened.depth[above] + np.int32(1), share[kept])


def _weights(tree: FeatureTree, nodes: Nodes, area: Area) -> Floats:
    layout = tree.layout()
    if area == "observed":
        return layout.observed[nodes].astype(np.float64)
    if area == "estimated":
        return np.nan_to_num(layout.estimated[nodes], nan=0.0)
    return layout.counts_of(nodes)


def _chosen(seen: _Seen, order: Places, most: int, smallest: float) -> NDArray[np.bool_]:
    """Which features have a block of their own: the largest, as many as there is room for with their buckets.

    `order` are their places, the largest first; the top comes before all others and has its room.
    """
    order = order[1:]
    order = order[seen.share[order] >= smallest]
    above = seen.above[order]
    siblings = np.bincount(seen.above[1:], minlength=len(seen.node))[above]
    grouped = np.argsort(above, kind="stable")
    starts = np.flatnonzero(np.diff(above[grouped], prepend=-1))
    rank = np.empty(len(order), np.int64)
    rank[grouped] = np.arange(len(order)) - np.repeat(starts, np.diff(starts, append=len(order)))
    # the first of several siblings brings the bucket of the others along; the last takes its place
    room = 1 + ((rank == 0) & (siblings > 1)) - ((rank == siblings - 1) & (siblings > 1))
    fitting = np.searchsorted(room.cumsum(), most - 1, side="right")
    chosen = np.zeros(len(seen.node), np.bool_)
    chosen[0] = True
    chosen[order[:fitting]] = True
    return chosen


def _arranged(seen: _Seen, chosen: NDArray[np.bool_], *, bucket_at_top: bool) -> Blocks:
    """The chosen and the buckets beside them, in order."""
    size = len(seen.node)
    is_open = np.zeros(size, np.bool_)
    is_open[seen.above[1:][chosen[1:]]] = True
    is_open[0] = bucket_at_top
    rest = np.flatnonzero(~chosen & is_open[seen.above])
    above = seen.above[rest]
    number = np.bincount(above, minlength=size)
    share = np.bincount(above, seen.share[rest], size)
    alone = rest[number[above] == 1]
    places = np.sort(np.concatenate([np.flatnonzero(chosen), alone]))
    buckets = np.flatnonzero(number > 1)
    return _sorted(
        np.concatenate([places, np.full(len(buckets), -1)]),
        np.concatenate([seen.node[places], seen.node[buckets]]),
        np.concatenate([seen.above[places], buckets]),
        np.concatenate([seen.depth[places], seen.depth[buckets] + 1]),
        np.concatenate([seen.share[places], share[buckets]]),
        np.concatenate([np.zeros(len(places), np.int64), number[buckets]]),
    )


def _sorted(places: Places, node: Nodes, above: Places, depth: Nodes, share: Floats, more: Places) -> Blocks:
    """Rows level by level, on each by parent, then largest first; `places` (-1: a bucket) is what `above` names."""
    row_of = np.full(int(max(places.max(), above.max())) + 2, -1, np.int32)  # the last is for -1, the top's parent
    order: list[Places] = []
    rows = 0
    for level in range(int(depth.max()) + 1):
        here = np.flatnonzero(depth == level)
        here = here[np.lexsort((-share[here], row_of[above[here]]))]
        own = places[here] >= 0
        row_of[places[here[own]]] = np.flatnonzero(own) + rows
        rows += len(here)
        order.append(here)
    at = np.concatenate(order)
    return Blocks(node[at], row_of[above[at]], depth[at], share[at], more[at].astype(np.int32))
