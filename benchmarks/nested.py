"""The other side of the tree benchmarks: the same algorithms as one writes them on nested dicts, without a library.

A node holds its count and its children by name. Nothing is kept that such code would not keep, and nothing is done
twice that such code would do once.
"""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from synth.records import FeaturePath
from synth.tree.fragment import NO_PARENT, Fragment


@dataclass(slots=True)
class Node:
    """A node of the nested tree."""

    count: float
    children: dict[str, "Node"] = field(default_factory=dict)
    below: float = 0.0
    """Sum of the counts of its children, as of the last `recount`."""
    mean: float = 1.0
    """Mean count of its children, as of the last `recount`."""


Drawn = dict[str, "Drawn"]
"""A subtree: names with what was drawn below each."""

Kept = dict[int, tuple[list[str], list[float]]]
"""Names and cumulated weights of the children of a node, by the node's `id`."""


def nested(fragment: Fragment) -> Node:
    """The tree of a fragment as nested dicts."""
    root = Node(0.0)
    nodes: list[Node] = []
    rows = zip(
        fragment.parent.tolist(), fragment.name, fragment.observed.tolist(), fragment.estimated.tolist(), strict=True
    )
    for above, name, observed, estimated in rows:
        node = Node(float(observed or (0.0 if estimated != estimated else estimated)))
        (root if above == NO_PARENT else nodes[above]).children[name] = node
        nodes.append(node)
    return root


def weigh(counts: Sequence[float], temperature: float) -> list[float]:
    """Equation 1 up to a factor; all alike where all counts are 0."""
    top = max(counts)
    if not top:
        return [1.0] * len(counts)
    power = 1.0 / temperature
    return [(count / top) ** power for count in counts]


def draw(root: Node, widths: Sequence[int], temperature: float, rng: random.Random) -> Drawn:
    """Algorithm 1 level by level: below each drawn node so many draws with replacement; what falls twice is one."""
    drawn: Drawn = {}
    waiting = [(root, drawn, 0)]
    for node, place, level in waiting:
        if level == len(widths) or not node.children:
            continue
        names = list(node.children)
        weights = weigh([child.count for child in node.children.values()], temperature)
        for name in rng.choices(names, weights, k=widths[level]):
            if name not in place:
                place[name] = {}
                waiting.append((node.children[name], place[name], level + 1))
    return drawn


def draw_with_kept_weights(
    root: Node, widths: Sequence[int], temperature: float, rng: random.Random, kept: Kept
) -> Drawn:
    """As `draw`, but weights are kept from draw to draw: what one writes on second thought."""
    drawn: Drawn = {}
    waiting = [(root, drawn, 0)]
    for node, place, level in waiting:
        if level == len(widths) or not node.children:
            continue
        known = kept.get(id(node))
        if known is None:
            weights = weigh([child.count for child in node.children.values()], temperature)
            known = kept[id(node)] = (list(node.children), list(accumulate(weights)))
        for name in rng.choices(known[0], cum_weights=known[1], k=widths[level]):
            if name not in place:
                place[name] = {}
                waiting.append((node.children[name], place[name], level + 1))
    return drawn


def size(drawn: Drawn) -> int:
    """Features of a drawn subtree."""
    return sum(1 + size(below) for below in drawn.values())


def grow(root: Node, path: FeaturePath, names: Iterable[str]) -> None:
    """Add new names below the node at `path`, each with the mean count of the children that were there (Algorithm 2).

    Sums and means stay what they were until `recount`.
    """
    node = root
    for name in path:
        node = node.children[name]
    for name in names:
        if name not in node.children:
            node.children[name] = Node(node.mean)


def recount(node: Node) -> None:
    """Sum and mean of the children's counts anew, for the node and everything below it."""
    if not node.children:
        return
    total = 0.0
    for child in node.children.values():
        recount(child)
        total += child.count
    node.below = total
    node.mean = total / len(node.children)
