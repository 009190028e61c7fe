"""Rows of the outline as the browser draws them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from synth.api.proposed import Ghost, Proposed
from synth.steps.draw import LANGUAGE
from synth.tree.columns import STATUSES, FeatureTree
from synth.tree.outline import Line, Outline
from synth.tree.standing import Standing
from synth.workspace.uses import Uses

Row = dict[str, object]


def row_lines(
    tree: FeatureTree,
    outline: Outline,
    lines: Sequence[Line],
    standing: Standing,
    proposed: Proposed,
    uses: Uses,
) -> dict[str, object]:
    """Rows with shares and marks, and the features above the first of them with their parents."""
    nodes = np.array([line.node for line in lines if line.ghost is None], np.int32)
    drawn = uses.drawn_among(nodes)
    cold = [False] * len(nodes) if drawn is None else (drawn == 0).tolist()
    known = zip(standing.shares(nodes).tolist(), standing.chances(nodes).tolist(), cold, strict=True)
    below, about = proposed.below(), proposed.about()
    places = _Places(tree)
    rows = []
    for line in lines:
        if line.ghost is not None:
            rows.append(_ghost_row(line, below[line.node][line.ghost]))
            continue
        share, chance, undrawn = next(known)
        place, behind = places.of(line.node)
        marks = _marks(tree, line.node, undrawn=undrawn)
        if line.node in about or line.node in below:
            marks["proposed"] = True
        rows.append(
            {
                "id": line.node,
                "parent": tree.parent(line.node),
                "depth": line.depth,
                "name": tree.name(line.node),
                "children": tree.child_count(line.node),
                "below": outline.expandable(line.node),
                "open": line.open,
                "observed": tree.observed(line.node),
                "estimated": tree.estimated(line.node),
                "share": round(share, 6),
                "chance": round(chance, 6),
                "place": place,
                "next": behind,
                "siblings": tree.child_count(tree.parent(line.node)),
                "marks": marks,
            }
        )
    return {"rows": rows, "above": _above(tree, lines[0].node) if lines else []}


def _ghost_row(line: Line, ghost: Ghost) -> Row:
    return {
        "ghost": {"proposal": ghost.proposal, "item": ghost.item},
        "parent": line.node,
        "depth": line.depth + ghost.deeper,
        "name": ghost.name,
        "estimated": ghost.estimated,
        "reason": ghost.reason,
    }


def _marks(tree: FeatureTree, node: int, *, undrawn: bool) -> Row:
    """What is to be marked on a row; what is not said is not so."""
    marks: Row = {}
    if tree.locked(node):
        marks["locked"] = True
    if note := tree.note(node):
        marks["note"] = note[:300]
    if status := tree.column("status")[node]:
        marks["status"] = STATUSES[int(status)]
    if seeds := len(tree.seeds_of(node)):
        marks["evidence"] = seeds
    # the language is told to tasks, never drawn
    if undrawn and not tree.child_count(node) and tree.path(node)[:1] != LANGUAGE:
        marks["cold"] = True
    return marks


def _above(tree: FeatureTree, node: int) -> list[tuple[int, int]]:
    """The features above a node, each with its own parent."""
    return [(one, tree.parent(one)) for one in tree.way(node)[:-1]]


class _Places:
    """The places of nodes among their siblings; those of one parent are asked in the order in which they stand."""

    def __init__(self, tree: FeatureTree) -> None:
        self._tree = tree
        self._children: dict[int, tuple[NDArray[np.int32], int]] = {}

    def of(self, node: int) -> tuple[int, int | None]:
        """From 1; and the sibling behind it, where siblings have an order of their own."""
        parent = self._tree.parent(node)
        children, at = self._children.get(parent) or (self._tree.child_ids(parent), 0)
        if at >= len(children) or children[at] != node:
            at = int(np.flatnonzero(children == node)[0])
        self._children[parent] = (children, at + 1)
        ordered = at + 1 < len(children) and self._tree.column("rank")[node] > 0
        return at + 1, int(children[at + 1]) if ordered else None
