"""Claim: what growth costs a step does not grow with the tree, and is far below counting the tree anew after each step.

python benchmarks/tree_growth.py [--sizes 5000 140000 1795310] [--steps 9000]

A step draws a subtree, adds 15 new features below what it drew and estimates their counts from their siblings
(Algorithm 2 of EpiCoder). The nested-dict side adds the same and then counts sums and means anew, as the next step
needs them. Drawing is not timed: `tree_sampling.py` does.
"""

import argparse
import random
import statistics
import time
from collections.abc import Sequence

import nested
from measure import save
from trees import LARGE, MIDDLE, SMALL, made_tree

from synth.records import FeaturePath, Made
from synth.steps.grow import Proposal, draw_for_growth, merge_growth
from synth.tree.columns import FeatureTree

SEED = 7
NEW = 15
"""New features a step, as in the paper: from 5 to 140 thousand in 9,000 steps."""
STEPS_A_SIZE = 300
_MADE = Made(engine="made up", model="none", prompt="grow_features", prompt_hash="", temperature=0.0)


def proposal(tree: FeatureTree, step: int) -> Proposal:
    """What an engine could answer in a step: the drawn subtree and 15 new names below its features."""
    drawn = draw_for_growth(tree, (2, 1, 2, 1), 1.0, SEED, step)
    rng = random.Random(step)
    parents = [rng.choice(drawn[: max(1, len(drawn) // 2)]) for _ in range(NEW)]
    added = tuple((*path, f"grown in {step} as {number}") for number, path in enumerate(parents))
    return Proposal(f"growth-{step}", step, drawn, (*drawn, *added), _MADE)


def steps(tree: FeatureTree, first: int, count: int) -> tuple[list[float], list[tuple[FeaturePath, ...]]]:
    """Seconds of each step, and what it added."""
    seconds, added = [], []
    for step in range(first, first + count):
        made = proposal(tree, step)
        began = time.perf_counter()
        growth = merge_growth(tree, made)
        seconds.append(time.perf_counter() - began)
        added.append(tuple(grown.path for grown in growth.added))
    return seconds, added


def grow_nested(root: nested.Node, added: Sequence[tuple[FeaturePath, ...]]) -> float:
    """Make the same steps with nested dicts. Returns the seconds of the last: add, then count the tree anew."""
    began = time.perf_counter()
    for paths in added:
        began = time.perf_counter()
        for path in paths:
            nested.grow(root, path[:-1], [path[-1]])
    nested.recount(root)
    return time.perf_counter() - began


def at_size(nodes: int) -> dict[str, float]:
    """Milliseconds a step at one size, of both sides."""
    fragment = made_tree(nodes)
    tree, root = FeatureTree.from_fragment(fragment), nested.nested(fragment)
    nested.recount(root)
    ours, added = steps(tree, 0, STEPS_A_SIZE)
    every = STEPS_A_SIZE // (3 if nodes > MIDDLE else 10)
    theirs = [grow_nested(root, added[first : first + every]) for first in range(0, STEPS_A_SIZE, every)]
    return {
        "columns, milliseconds a step": 1000 * statistics.median(ours),
        "mean": 1000 * statistics.fmean(ours),
        "nested, counted anew, milliseconds a step": 1000 * statistics.median(theirs),
    }


def whole_run(first: int, count: int) -> dict[str, object]:
    """From the small tree on, step after step; nested dicts are counted anew after each 50th, taken for the others."""
    fragment = made_tree(first)
    tree, root = FeatureTree.from_fragment(fragment), nested.nested(fragment)
    ours = theirs = 0.0
    every = 50
    for step in range(0, count, every):
        seconds, added = steps(tree, step, min(every, count - step))
        ours += sum(seconds)
        theirs += grow_nested(root, added) * len(added)
    return {
        "steps": count,
        "nodes at the end": len(tree),
        "columns, seconds": round(ours, 3),
        "nested, counted anew after each step, seconds": round(theirs, 1),
        "times faster": round(theirs / ours, 1),
    }


def main() -> None:
    """Measure and save the result."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", type=int, nargs="+", default=[SMALL, MIDDLE, LARGE])
    parser.add_argument("--steps", type=int, default=9_000)
    options = parser.parse_args()
    found = {nodes: at_size(nodes) for nodes in options.sizes}
    base = found[min(found)]["columns, milliseconds a step"]
    save(
        "tree_growth",
        {
            "new features a step": NEW,
            "nodes": {
                f"{nodes}": {name: round(value, 4) for name, value in result.items()}
                | {"times the cost of the smallest": round(result["columns, milliseconds a step"] / base, 2)}
                for nodes, result in found.items()
            },
            "from the smallest on": whole_run(min(options.sizes), options.steps),
        },
    )


if __name__ == "__main__":
    main()
