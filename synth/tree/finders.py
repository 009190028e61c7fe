"""Looking for what is wrong with a tree: each finding is a place, a reason in words, and operations that would mend it.

Nothing is changed here. The operations of one finding can be applied as they stand, by themselves; after them the next
finding may need another look. Where a lock, or something else, stands in the way, the reason says so and there are no
operations.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from synth.errors import BadInput
from synth.records import FeaturePath
from synth.tree.bulk import breadth_first
from synth.tree.columns import FeatureTree
from synth.tree.finders_meaning import Embed, Progress, find_strays, group_siblings
from synth.tree.formats.checks import MAX_LENGTH
from synth.tree.names import normalise
from synth.tree.operations import Delete, Merge, Move, Operation, SetCount, Status
from synth.tree.table import MAX_COUNT, ROOT

__all__ = ["KINDS", "Embed", "Finding", "Kind", "Progress", "find"]

Kind = Literal["duplicates", "misplaced", "empty names", "chains", "wide parents", "cold leaves"]
KINDS: tuple[Kind, ...] = get_args(Kind)

Proposed = tuple[Operation, ...] | str
"""What to do, or why nothing can be done."""

ALIKE = 0.92
"""Cosine from which two siblings say the same."""
MARGIN = 0.1
"""By so much must another parent be nearer than the own one."""
WIDE = 50
"""Children that a parent may have."""
ALMOST = 0.8
"""An only child with this share of its parent's count leaves the parent nothing to tell."""
MOST = 1_000
"""Operations of one finding."""
_CHUNK = 50_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that looks wrong."""

    kind: Kind
    node: int
    path: FeaturePath
    reason: str
    operations: tuple[Operation, ...]
    """What would mend it, in order; () where nothing can be proposed."""
    score: float
    """The larger, the worse; to be compared within a kind only."""


def find(
    tree: FeatureTree,
    kind: Kind,
    *,
    embed: Embed | None = None,
    below: int = ROOT,
    limit: int = 1_000,
    drawn: Collection[FeaturePath] | None = None,
    alike: float = ALIKE,
    margin: float = MARGIN,
    wide: int = WIDE,
    limit_nodes: int = 100_000,
    progress: Progress | None = None,
) -> list[Finding]:
    """The worst `limit` findings of one kind among the features below `below`, worst first.

    `duplicates`: siblings that say the same by spelling, and with `embed` by meaning (cosine >= `alike`): merge.
    `misplaced` (needs `embed`): small features nearer by `margin` to another parent on that level: move.
    `empty names`: "none", "N/A", "---": delete; what is below goes up.
    `chains`: only children that count about as much as their parent: the child takes the parent's place.
    `wide parents`: more than `wide` children: delete the lightest leaves that neither a seed nor a person speaks for.
    `cold leaves`: no count beside siblings that have one: set their mean. With `drawn`, the paths used so far, also
    leaves that never were: mark them to be reviewed, where nobody said anything yet.

    At most `limit_nodes` names are compared by meaning, those of the upper levels. Raises `BadInput` where `below` is
    gone or `embed` is missing.
    """
    if not tree.alive(below):
        raise BadInput(f"there is no feature with id {below} any more; choose another one to look below.")
    if kind == "misplaced" and embed is None:
        raise BadInput("misplaced features are found by meaning; give the embedding model to compare with (`embed`).")
    search = _Search(tree, below, limit)
    match kind:
        case "duplicates":
            return _duplicates(search, embed, alike, limit_nodes, progress)
        case "misplaced":
            assert embed is not None
            return _misplaced(search, embed, margin, limit_nodes, progress)
        case "empty names":
            return _empty_names(search, progress)
        case "chains":
            return _chains(search)
        case "wide parents":
            return _wide_parents(search, wide)
        case "cold leaves":
            return _cold_leaves(search, drawn)


class _Search:
    """What all finders look at."""

    def __init__(self, tree: FeatureTree, below: int, limit: int) -> None:
        self.tree = tree
        self.layout = tree.layout()
        self.levels = breadth_first(tree, below)
        self.nodes = np.concatenate([np.zeros(0, np.int32), *self.levels])
        self.limit = max(0, limit)

    def worst(self, nodes: NDArray[np.int32], scores: NDArray[np.float64]) -> list[int]:
        """Places of the highest scores, ties by id."""
        found: list[int] = np.lexsort((nodes, -scores))[: self.limit].tolist()
        return found

    def finding(self, kind: Kind, node: int, reason: str, proposed: Proposed, score: float) -> Finding:
        """A finding at `node`."""
        if isinstance(proposed, str):
            return Finding(kind, node, self.tree.path(node), f"{reason}; nothing is proposed, as {proposed}", (), score)
        return Finding(kind, node, self.tree.path(node), reason, proposed, score)

    def said(self, node: int) -> str:
        """A name to be read."""
        name = self.tree.name(node)
        return "the top" if node == ROOT else f"`{name if len(name) <= 60 else name[:59] + '…'}`"

    def placed(self, node: int) -> str:
        """A name with those above it."""
        return f"`{' > '.join(self.tree.path(node))}`" if node != ROOT else "the top"

    def counted(self, node: int) -> str:
        """A name with its count."""
        return f"{self.said(node)} ({_number(self.tree.count(node))})"

    def lock(self, *nodes: int) -> str | None:
        """That one of the nodes is locked, in words."""
        locked = next((node for node in nodes if node != ROOT and self.tree.locked(node)), None)
        return None if locked is None else f"{self.said(locked)} is locked"

    def move_obstacle(self, node: int) -> str | None:
        """Why the name cannot stand anywhere else, in words."""
        name = self.tree.name(node)
        if name.strip() and len(name) <= MAX_LENGTH:
            return None
        return f"{self.said(node)} is {'longer than names may be' if name.strip() else 'blank'}; rename it first"

    def merge_obstacle(self, nodes: Sequence[int]) -> str | None:
        """Why the later nodes cannot be merged into the first, in words."""
        groups = [list(nodes)]
        while groups:
            group = groups.pop()
            if sum(map(self.tree.observed, group)) > MAX_COUNT:
                return f"the counts of {self.said(group[0])} would add up to more than {MAX_COUNT:,}"
            locked = self.lock(*group)
            if locked:
                return locked
            by_name: dict[str, list[int]] = {}
            for node in group:
                for child in self.tree.children(node):
                    by_name.setdefault(self.tree.name(child), []).append(child)
            groups.extend(same for same in by_name.values() if len(same) > 1)
        return next((locked for node in nodes[1:] if (locked := self.lock(*self.tree.nodes(node)))), None)


def _duplicates(
    search: _Search, embed: Embed | None, alike: float, limit_nodes: int, progress: Progress | None
) -> list[Finding]:
    groups = group_siblings(search.tree, search.nodes, embed, alike, limit_nodes, progress)
    weights = search.layout.counts_of(groups.members)
    weights[groups.starts] = 0.0
    scores = np.add.reduceat(weights, groups.starts) if len(groups.starts) else weights
    ends = np.append(groups.starts[1:], len(groups.members))
    found = []
    for index in search.worst(groups.members[groups.starts], scores):
        target, *sources = groups.members[groups.starts[index] : ends[index]].tolist()
        shown = ", ".join(map(search.counted, sources[:5])) + (f" and {len(sources) - 5} more" if sources[5:] else "")
        verb = "says" if len(sources) == 1 else "say"
        cosine = groups.cosine[index]
        how = "" if np.isnan(cosine) else f" by meaning (cosine {cosine:.2f} or more)"
        reason = f"{shown} {verb} the same as {search.counted(target)}{how}"
        proposed, left = _merge(search, target, sources)
        found.append(search.finding("duplicates", target, reason + left, proposed, float(scores[index])))
    return found


def _merge(search: _Search, target: int, sources: Sequence[int]) -> tuple[Proposed, str]:
    """Merge the sources that can be merged; what is left out, in words."""
    locked = search.lock(search.tree.parent(target), target)
    if locked:
        return locked, ""
    obstacles = {source: search.merge_obstacle([target, source]) for source in sources}
    free = [source for source, obstacle in obstacles.items() if obstacle is None]
    stuck = [source for source, obstacle in obstacles.items() if obstacle is not None]
    if not free:
        return obstacles[stuck[0]] or "", ""
    left = f"; {', '.join(map(search.said, stuck[:5]))} stay, as {obstacles[stuck[0]]}" if stuck else ""
    return search.merge_obstacle([target, *free]) or (Merge(target=target, sources=tuple(free)),), left


def _misplaced(
    search: _Search, embed: Embed, margin: float, limit_nodes: int, progress: Progress | None
) -> list[Finding]:
    strays = find_strays(search.tree, search.levels, embed, margin, limit_nodes, progress)
    scores = strays.other - strays.own
    found = []
    coming: set[tuple[int, str]] = set()
    for index in search.worst(strays.node, scores):
        node, better = int(strays.node[index]), int(strays.better[index])
        above = search.tree.parent(node)
        reason = (
            f"{search.said(node)} is nearer to {search.placed(better)} (cosine {strays.other[index]:.2f}) "
            f"than to its parent {search.placed(above)} ({strays.own[index]:.2f})"
        )
        proposed: Proposed | None = search.lock(node, above, better)
        there = search.tree.child(better, search.tree.name(node))
        if proposed is None and there is None:
            name = search.tree.name(node)
            proposed = search.move_obstacle(node) or (Move(node=node, parent=better),)
            if (better, name) in coming:
                proposed = "another of that name would go there too"
            coming.add((better, name))
        elif proposed is None and there is not None:
            reason += ", which has a child of that name"
            proposed = search.merge_obstacle([there, node]) or (Merge(target=there, sources=(node,)),)
        assert proposed is not None
        found.append(search.finding("misplaced", node, reason, proposed, float(scores[index])))
    return found


def _empty_names(search: _Search, progress: Progress | None) -> list[Finding]:
    numbers, inverse = np.unique(search.layout.name[search.nodes], return_inverse=True)
    texts = search.tree.strings.array().take(pa.array(numbers))
    empty: list[bool] = []
    for begin in range(0, len(texts), _CHUNK):
        empty += [normalise(text) is None for text in texts.slice(begin, _CHUNK).to_pylist()]
        if progress is not None:
            progress(len(empty), len(texts))
    nodes = search.nodes[np.array(empty, np.bool_)[inverse]]
    scores = search.layout.counts_of(nodes)
    found = []
    for index in search.worst(nodes, scores):
        node = int(nodes[index])
        above, children = search.tree.parent(node), search.tree.children(node)
        reason = f"{search.counted(node)} names nothing"
        if children:
            reason += f"; its {len(children):,} children belong below {search.said(above)}"
        proposed = _lift(search, node, above, children)
        found.append(
            search.finding("empty names", node, reason + _lost(search, proposed), proposed, float(scores[index]))
        )
    return found


def _chains(search: _Search) -> list[Finding]:
    layout = search.layout
    nodes = search.nodes[(layout.child_len[search.nodes] == 1) & (layout.parent[search.nodes] != ROOT)]
    only = layout.child_list[layout.child_start[nodes]]
    texts = search.tree.strings.array()
    names, below = (texts.take(pa.array(layout.name[rows])) for rows in (nodes, only))
    same = pc.equal(names, below).to_numpy(zero_copy_only=False)
    chosen = same | (layout.counts_of(nodes) * ALMOST <= layout.counts_of(only))
    nodes, only, same = nodes[chosen], only[chosen], same[chosen]
    scores = layout.counts_of(only)
    found = []
    for index in search.worst(nodes, scores):
        node, child = int(nodes[index]), int(only[index])
        above = search.tree.parent(node)
        reason = f"{search.counted(child)} is the only child of {search.counted(node)}"
        proposed: Proposed
        if same[index]:
            reason += "; the inner one of the two would go, with what is below it moved up"
            proposed = search.lock(node) or _lift(search, child, node, search.tree.children(child))
        else:
            reason += f"; {search.said(node)} would go, and {search.said(child)} stand below {search.said(above)}"
            proposed = _lift(search, node, above, [child])
        reason += _lost(search, proposed)
        found.append(search.finding("chains", node, reason, proposed, float(scores[index])))
    return found


def _lost(search: _Search, proposed: Proposed) -> str:
    """What was seen of a feature that is lifted out, or said of it, and goes with it, in words."""
    if isinstance(proposed, str) or not isinstance(proposed[-1], Delete):
        return ""
    node = proposed[-1].node
    seeds = len(search.tree.seeds_of(node))
    known = {
        f"evidence of {seeds:,} seed{'' if seeds == 1 else 's'}": seeds,
        "its note": search.tree.note(node),
        "its status": search.tree.status(node),
    }
    lost = [what for what, there in known.items() if there]
    return f"; lost with it: {', '.join(lost)}" if lost else ""


def _lift(search: _Search, node: int, above: int, children: Sequence[int]) -> Proposed:
    """Delete `node` after its children moved to `above`, its parent; or why that cannot be."""
    locked = search.lock(above, node, *children)
    if locked:
        return locked
    if children and above == ROOT:
        return "its children would become categories; move them below another category first"
    if len(children) >= MOST:
        return f"it has {len(children):,} children; move them in parts"
    clash = next((child for child in children if search.tree.child(above, search.tree.name(child)) is not None), None)
    if clash is not None:
        return f"{search.said(above)} has a child {search.said(clash)} already; merge or rename that first"
    fixed = next((obstacle for child in children if (obstacle := search.move_obstacle(child))), None)
    return fixed or (*(Move(node=child, parent=above) for child in children), Delete(node=node))


def _wide_parents(search: _Search, wide: int) -> list[Finding]:
    layout = search.layout
    nodes = search.nodes[layout.child_len[search.nodes] > wide]
    scores = layout.child_len[nodes].astype(np.float64)
    kept = layout.child_len > 0
    for column in ("locked", "note", "status"):
        kept |= search.tree.column(column) > 0
    kept[search.tree.evidence_pairs()[0]] = True
    found = []
    for index in search.worst(nodes, scores):
        node = int(nodes[index])
        children = search.tree.child_ids(node)
        weights = layout.counts_of(children)
        tail = np.lexsort((children, -weights))[wide:]
        gone = tail[~kept[children[tail]]][::-1][:MOST]
        whole = float(weights.sum())
        share = f", with {weights[gone].sum() / whole:.1%} of the weight of all" if whole else ""
        reason = (
            f"{search.said(node)} has {len(children):,} children; of the {len(tail):,} lightest {len(gone):,} can go "
            f"(leaves without evidence, lock, note or status{share})"
        )
        proposed: Proposed = tuple(Delete(node=child) for child in children[gone].tolist())
        proposed = search.lock(node) or proposed or "none of them can"
        found.append(search.finding("wide parents", node, reason, proposed, float(scores[index])))
    return found


def _cold_leaves(search: _Search, drawn: Collection[FeaturePath] | None) -> list[Finding]:
    layout, rows = search.layout, search.tree.rows
    parent, count = layout.parent[search.nodes], layout.counts_of(search.nodes)
    sums = np.bincount(parent, count, rows)[parent]
    counted = np.bincount(parent[count > 0], minlength=rows)[parent]
    leaf = layout.child_len[search.nodes] == 0
    unreachable = leaf & (count == 0) & (counted > 0)
    cold = unreachable
    if drawn is not None:
        known = [node for path in drawn if (node := search.tree.node(path)) is not None]
        never = leaf & (search.tree.column("status")[search.nodes] == 0)
        never[np.isin(search.nodes, known)] = False
        cold = unreachable | never
    chance = np.where(counted > 0, count / np.where(counted > 0, sums, 1.0), 1.0 / layout.child_len[parent])
    places = np.flatnonzero(cold)
    scores = 1.0 - chance[places]
    found = []
    for index in search.worst(search.nodes[places], scores):
        place = int(places[index])
        node = int(search.nodes[place])
        proposed: Proposed
        if unreachable[place]:
            mean = min(float(sums[place] / counted[place]), float(MAX_COUNT))
            reason = f"{search.said(node)} has no count beside siblings with {_number(mean)} on average: never drawn"
            proposed = search.lock(node) or (SetCount(node=node, estimated=mean),)
        else:
            reason = f"{search.counted(node)} was never drawn; its chance among its siblings is {chance[place]:.2%}"
            proposed = (Status(node=node, status="to review"),)
        found.append(search.finding("cold leaves", node, reason, proposed, float(scores[index])))
    return found


def _number(count: float) -> str:
    return f"{count:,.0f}" if count == round(count) else f"{count:,.3g}" if count < 100 else f"{count:,.1f}"
