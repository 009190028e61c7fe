"""Claim: drawing subtrees from the columns beats the same algorithm on nested dicts, and never exceeds the shape.

python benchmarks/sampling.py [--nodes 20000] [--draws 3000]
"""

import argparse
import math
import random
import statistics
from dataclasses import dataclass, field

from measure import ratios, save, time_in_turn

from synth.records import CATEGORIES, FeaturePath, Shape
from synth.tree.columns import FeatureTree
from synth.tree.draw import Drawer, draw

SEED = 7
SHAPE = Shape(widths=(5, 2, 1, 1))
TEMPERATURE = 10.0
LEVEL_SHARES = (0.025, 0.3, 0.45, 0.225)
"""Of all nodes, on each level below the categories."""
CAP = 5 + 5 * 2 + 5 * 2 + 5 * 2
"""Nodes that the shape allows in one draw."""


@dataclass(slots=True)
class Node:
    """A node of the nested tree."""

    count: int
    children: dict[str, "Node"] = field(default_factory=dict)


def grow_nested(size: int, rng: random.Random) -> Node:
    """A tree of about `size` nodes as wide on each level as the trees that runs make, with counts of a long tail."""
    root = Node(0, {category: Node(_count(rng)) for category in CATEGORIES[1:]})
    parents = list(root.children.values())
    for share in LEVEL_SHARES:
        fertility = [rng.paretovariate(1.3) for _ in parents]
        level = [Node(_count(rng)) for _ in range(round(share * size))]
        for number, (parent, child) in enumerate(
            zip(rng.choices(parents, fertility, k=len(level)), level, strict=True)
        ):
            parent.children[f"feature {number}"] = child
        parents = level
    return root


def as_columns(root: Node) -> FeatureTree:
    """The same tree, same counts, as the product holds it."""
    rows: list[tuple[FeaturePath, int, None, tuple[str, ...]]] = []
    waiting: list[tuple[FeaturePath, Node]] = [((name,), child) for name, child in root.children.items()]
    while waiting:
        path, node = waiting.pop()
        rows.append((path, node.count, None, ()))
        waiting.extend(((*path, name), child) for name, child in node.children.items())
    return FeatureTree.from_rows(rows)


def draw_nested(root: Node, widths: tuple[int, ...], temperature: float, rng: random.Random) -> list[FeaturePath]:
    """Algorithm 1 level by level as one would write it: Equation 1 over the children of each node, then S draws."""
    drawn: list[FeaturePath] = []

    def below(node: Node, path: FeaturePath) -> None:
        if len(path) == len(widths) or not node.children:
            return
        names = list(node.children)
        total = sum(child.count for child in node.children.values())
        logs = [math.log(child.count / total) / temperature for child in node.children.values()]
        highest = max(logs)
        weights = [math.exp(one - highest) for one in logs]
        for name in sorted(set(rng.choices(names, weights, k=widths[len(path)]))):
            drawn.append((*path, name))
            below(node.children[name], (*path, name))

    below(root, ())
    return drawn


def _count(rng: random.Random) -> int:
    return int(rng.paretovariate(1.1))


def main() -> None:
    """Measure and save the result."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--nodes", type=int, default=20_000)
    parser.add_argument("--draws", type=int, default=3_000)
    options = parser.parse_args()
    nested = grow_nested(options.nodes, random.Random(SEED))
    tree = as_columns(nested)
    sizes: dict[str, list[int]] = {}

    def naive() -> None:
        rng = random.Random(SEED)
        sizes["nested"] = [len(draw_nested(nested, SHAPE.widths, TEMPERATURE, rng)) for _ in range(options.draws)]

    def ours() -> None:
        rng, drawer = random.Random(SEED), Drawer(tree, SHAPE)
        sizes["columns"] = [len(drawer.draw(TEMPERATURE, rng)) for _ in range(options.draws)]

    def ours_once() -> None:
        rng = random.Random(SEED)
        sizes["columns, one at a time"] = [len(draw(tree, SHAPE, TEMPERATURE, rng)) for _ in range(options.draws // 10)]

    seconds = time_in_turn({"nested": naive, "columns": ours, "columns, one at a time": ours_once}, repeats=5)
    rates = {name: [len(sizes[name]) / taken for taken in each] for name, each in seconds.items()}
    save(
        "sampling",
        {
            "nodes": len(tree),
            "draws": options.draws,
            "widths": SHAPE.widths,
            "temperature": TEMPERATURE,
            "subtrees a second": {name: round(statistics.median(each)) for name, each in rates.items()},
            "times faster": ratios(seconds["nested"], seconds["columns"]),
            "nodes a draw": {name: round(statistics.fmean(each), 2) for name, each in sizes.items()},
            "largest draw": {name: max(each) for name, each in sizes.items()},
            "most that the shape allows": CAP,
        },
    )


if __name__ == "__main__":
    main()
