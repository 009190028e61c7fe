"""Algorithm 1 of EpiCoder (section 2.3), applied level by level: a subtree drawn under a shape."""

import random
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from synth.errors import BadInput
from synth.records import CATEGORIES, FeaturePath, Shape
from synth.tree.columns import ROOT, FeatureTree
from synth.tree.reweight import reweight

_UNIT = 10**12
"""Probabilities are rounded to 12 decimals and added up as integers, so the last bit of a machine's `exp` draws nothing
else. Chance comes from `Random.random` alone: the one method that Python promises never to change."""


def draw(tree: FeatureTree, shape: Shape, temperature: float, rng: random.Random) -> tuple[FeaturePath, ...]:
    """Draw one subtree: every node of it, parents before children, siblings by name.

    A node on level d gets up to `widths[d]` children and levels end with `widths`, so the shape is never exceeded.
    Raises `BadInput` as `Drawer` does.
    """
    return Drawer(tree, shape).draw(temperature, rng)


class Drawer:
    """Draws many subtrees from a tree that does not change meanwhile.

    Raises `BadInput` where the shape cannot be kept: it has no widths, a boost names no category, a fixed path is not
    in the tree, is excluded, lies below the last level or has more fixed siblings than the width; or where the tree
    is empty or everything in it is excluded.
    """

    def __init__(self, tree: FeatureTree, shape: Shape) -> None:
        self._tree = tree
        self._shape = shape
        self._boosts = dict(shape.boosts)
        self._excluded = {node for path in shape.excluded if (node := tree.node(path)) is not None}
        self._sums: dict[tuple[int, float], tuple[list[int], list[int]]] = {}
        self._check_shape()
        self._fixed = self._fixed_children()
        if not self._open_children(ROOT) and ROOT not in self._fixed:
            raise BadInput(_nothing_to_draw(tree))

    def draw(self, temperature: float, rng: random.Random) -> tuple[FeaturePath, ...]:
        """Draw one subtree; see `draw`."""
        drawn: list[FeaturePath] = []
        waiting: list[tuple[int, FeaturePath]] = [(ROOT, ())]
        while waiting:
            node, path = waiting.pop()
            if node != ROOT:
                drawn.append(path)
            if len(path) < len(self._shape.widths):
                chosen = self._draw_children(node, self._shape.widths[len(path)], temperature, rng)
                waiting.extend((child, (*path, self._tree.name(child))) for child in reversed(chosen))
        return tuple(drawn)

    def _draw_children(self, node: int, width: int, temperature: float, rng: random.Random) -> list[int]:
        chosen = set(self._fixed.get(node, ()))
        if self._shape.distinct:
            chosen.update(self._draw_distinct(node, width - len(chosen), chosen, temperature, rng))
        else:
            children, sums = self._cumulated(node, temperature)
            # as in Algorithm 1: so many draws with replacement, what falls twice counts once
            for _ in range(width - len(chosen)):
                if children:
                    chosen.add(children[_pick(sums, rng)])
        return sorted(chosen, key=self._tree.name)

    def _draw_distinct(
        self, node: int, number: int, taken: set[int], temperature: float, rng: random.Random
    ) -> list[int]:
        """`number` different children, or all there are: one after the other, each time among those left."""
        left = [child for child in self._open_children(node) if child not in taken]
        chosen: list[int] = []
        while left and len(chosen) < number:
            chosen.append(left.pop(_pick(self._weigh(node, left, temperature), rng)))
        return chosen

    def _cumulated(self, node: int, temperature: float) -> tuple[list[int], list[int]]:
        """Children that may be drawn and their cumulated probabilities; kept, since most draws pass the same nodes."""
        key = (node, temperature)
        if key not in self._sums:
            children = self._open_children(node)
            self._sums[key] = (children, self._weigh(node, children, temperature))
        return self._sums[key]

    def _weigh(self, node: int, children: Sequence[int], temperature: float) -> list[int]:
        counts = [self._tree.count(child) for child in children]
        boosts = [self._boost(child) for child in children] if node == ROOT else None
        return list(accumulate(round(p * _UNIT) for p in reweight(counts, temperature, boosts)))

    def _open_children(self, node: int) -> list[int]:
        children = [child for child in self._tree.children(node) if child not in self._excluded]
        return [child for child in children if self._boost(child) > 0] if node == ROOT else children

    def _boost(self, category: int) -> float:
        return self._boosts.get(self._tree.name(category), 1.0)

    def _fixed_children(self) -> dict[int, list[int]]:
        """Children that are in every draw, by parent."""
        fixed: dict[int, list[int]] = {}
        for path in self._shape.fixed:
            for parent, child in self._steps(path):
                below = fixed.setdefault(parent, [])
                if child not in below:
                    below.append(child)
        for parent, below in fixed.items():
            self._check_width(parent, below)
        return fixed

    def _steps(self, path: FeaturePath) -> list[tuple[int, int]]:
        """(parent, child) for each node on a fixed path."""
        shown = " > ".join(path)
        if not path or self._tree.node(path) is None:
            raise BadInput(f"fixed feature `{shown}` is not in the tree; check its spelling or take it out of `fixed`.")
        if len(path) > len(self._shape.widths):
            raise BadInput(
                f"fixed feature `{shown}` lies on level {len(path)}, but the shape ends at level"
                f" {len(self._shape.widths)}; add a width or fix a feature above it."
            )
        steps, parent = [], ROOT
        for depth in range(1, len(path) + 1):
            child = self._tree.node(path[:depth])
            assert child is not None
            if child in self._excluded:
                raise BadInput(
                    f"fixed feature `{shown}` is excluded by `{' > '.join(path[:depth])}`; drop one of both."
                )
            steps.append((parent, child))
            parent = child
        return steps

    def _check_width(self, parent: int, fixed: Sequence[int]) -> None:
        level = self._tree.depth(parent)
        width = self._shape.widths[level]
        if len(fixed) > width:
            place = " > ".join(self._tree.path(parent)) or "the root"
            raise BadInput(
                f"{len(fixed)} features below {place} are fixed, but level {level + 1} of the shape has width {width};"
                " widen that level or fix fewer."
            )

    def _check_shape(self) -> None:
        if not self._shape.widths or min(self._shape.widths) < 1:
            raise BadInput(f"`widths` needs at least one width, each 1 or more, got {list(self._shape.widths)}.")
        known = {*CATEGORIES, *(self._tree.name(node) for node in self._tree.children(ROOT))}
        for name, factor in self._boosts.items():
            if name not in known:
                raise BadInput(f"`boosts` names `{name}`, which is no category; the categories are {sorted(known)}.")
            if not 0 <= factor < float("inf"):
                raise BadInput(f"the boost of `{name}` must be finite and 0 or more, got {factor}.")


def _pick(sums: Sequence[int], rng: random.Random) -> int:
    """Index drawn with the probabilities behind the cumulated `sums`; one of weight 0 is never drawn."""
    target = min(int(rng.random() * sums[-1]), sums[-1] - 1)
    return bisect_right(sums, target)


def _nothing_to_draw(tree: FeatureTree) -> str:
    if len(tree):
        return "nothing is left to draw: every category of the tree is excluded or has boost 0; allow at least one."
    return "the tree has no features yet, so nothing can be drawn; extract features from seeds or load a tree first."
