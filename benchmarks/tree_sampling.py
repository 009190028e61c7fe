"""Claim: subtrees are drawn many times faster than from nested dicts, at any size of the tree, and keep the shape.

python benchmarks/tree_sampling.py [--sizes 5000 140000 1795310] [--draws 100000]
"""

import argparse
import random
import statistics

import nested
from measure import ratios, save, time_in_turn
from trees import LARGE, MIDDLE, SMALL, made_tree

from synth.records import Shape
from synth.tree.columns import FeatureTree
from synth.tree.draw import Drawer

SEED = 7
SHAPE = Shape(widths=(5, 2, 1, 1), temperatures=(10.0,))
TEMPERATURE = SHAPE.temperatures[0]
CAP = 5 + 5 * 2 + 5 * 2 + 5 * 2
"""Features that the shape allows in one draw."""
NESTED_DRAWS = 2_000
REPEATS = 5


def compare(nodes: int, draws: int) -> dict[str, object]:
    """Rates and ratios on one tree."""
    fragment = made_tree(nodes)
    tree, root = FeatureTree.from_fragment(fragment), nested.nested(fragment)
    drawn: dict[str, list[int]] = {}

    def plain() -> None:
        rng = random.Random(SEED)
        found = [nested.draw(root, SHAPE.widths, TEMPERATURE, rng) for _ in range(NESTED_DRAWS)]
        drawn["nested"] = [nested.size(one) for one in found]

    def kept() -> None:
        rng, weights = random.Random(SEED), nested.Kept()
        found = [
            nested.draw_with_kept_weights(root, SHAPE.widths, TEMPERATURE, rng, weights)
            for _ in range(5 * NESTED_DRAWS)
        ]
        drawn["nested, weights kept"] = [nested.size(one) for one in found]

    def ours() -> None:
        drawer = Drawer(tree, SHAPE)
        drawn["columns"] = [
            size for part in drawer.batches(SEED, 0, draws) for size in (part.cells >= 0).sum(1).tolist()
        ]

    def with_paths() -> None:
        drawer = Drawer(tree, SHAPE)
        found = [one for part in drawer.batches(SEED, 0, draws) for one in drawer.all_paths(part)]
        drawn["columns, written as paths"] = [len(one) for one in found]

    sides = {"nested": plain, "nested, weights kept": kept, "columns": ours, "columns, written as paths": with_paths}
    seconds = time_in_turn(sides, repeats=REPEATS)
    each = {name: [one / len(drawn[name]) for one in taken] for name, taken in seconds.items()}
    return {
        "subtrees a second": {name: round(1 / statistics.median(one)) for name, one in each.items()},
        "times faster than nested": {
            name: ratios(each["nested"], one) for name, one in each.items() if name != "nested"
        },
        "features a draw": {name: round(statistics.fmean(sizes), 2) for name, sizes in drawn.items()},
        "largest draw": max(max(sizes) for sizes in drawn.values()),
    }


def main() -> None:
    """Measure and save the result."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", type=int, nargs="+", default=[SMALL, MIDDLE, LARGE])
    parser.add_argument("--draws", type=int, default=100_000)
    options = parser.parse_args()
    found = {nodes: compare(nodes, options.draws) for nodes in options.sizes}
    save(
        "tree_sampling",
        {
            "widths": SHAPE.widths,
            "temperature": TEMPERATURE,
            "draws": options.draws,
            "most that the shape allows": CAP,
            "nodes": {f"{nodes}": result for nodes, result in found.items()},
        },
    )


if __name__ == "__main__":
    main()
