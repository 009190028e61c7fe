"""Claim: what growth costs a step does not grow with the tree, and is far below counting the tree anew after each step.

python benchmarks/tree_growth.py [--sizes 5000 140000 1795310] [--steps 9000]

A step draws a subtree, adds 15 new features below what it drew and estimates their counts from their siblings
(Algorithm 2 of EpiCoder). The nested-dict side adds the same and then counts sums and means anew, as the next step
needs them. Drawing is not timed: `tree_sampling.py` does.
"""

import argparse
import gc
import random
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import nested
from measure import save
from trees import LARGE, MIDDLE, SMALL, made_tree, words

from synth.records import FeaturePath, Made
from synth.steps.grow import Proposal, draw_for_growth, estimate_growth
from synth.tree.columns import FeatureTree

SEED = 7
NEW = 15
"""New features a step, as in the paper: from 5 to 140 thousand in 9,000 steps."""
LEVELS = (0.01, 0.09, 0.25, 0.15)
"""How likely a drawn feature of each level gets a new child: about as the levels of the public tree fill."""
ROUNDS, STEPS_A_ROUND = 6, 100
WORDS = words()[0]
_MADE = Made(engine="made up", model="none", prompt="grow_features", prompt_hash="", temperature=0.0)


def proposal(tree: FeatureTree, step: int) -> Proposal:
    """What an engine could answer in a step: the drawn subtree and 15 new names below its features."""
    drawn = draw_for_growth(tree, (2, 1, 2, 1), 1.0, SEED, step)
    rng = random.Random(step)
    shares = [LEVELS[min(len(path), len(LEVELS)) - 1] for path in drawn]
    parents = rng.choices(drawn, shares, k=NEW)
    added = tuple(
        (*path, f"{WORDS[(step * 31 + number * 7) % len(WORDS)]} grown in {step} as {number}")
        for number, path in enumerate(parents)
    )
    return Proposal(f"growth-{step}", step, drawn, (*drawn, *added), _MADE)


@dataclass(slots=True)
class Steps:
    """What a series of steps took, and what it added."""

    counting: list[float] = field(default_factory=list)
    """Seconds of each: means of siblings, new features with their counts, sums brought up to date."""
    checking: list[float] = field(default_factory=list)
    """Seconds of each: names brought into one spelling, near-duplicates of siblings refused."""
    added: list[tuple[FeaturePath, ...]] = field(default_factory=list)


def steps(tree: FeatureTree, first: int, count: int) -> Steps:
    """Make steps one after the other."""
    done = Steps()
    for step in range(first, first + count):
        made = proposal(tree, step)
        began = time.perf_counter()
        growth = estimate_growth(tree, made)
        done.checking.append(time.perf_counter() - began)
        parents = {tree.node(grown.path[:-1]) or 0 for grown in growth.added}
        began = time.perf_counter()
        for parent in parents:
            tree.mean_child_count(parent)
        tree.add_growth(growth)
        done.counting.append(time.perf_counter() - began)
        done.added.append(tuple(grown.path for grown in growth.added))
    return done


def grow_nested(root: nested.Node, added: Sequence[tuple[FeaturePath, ...]]) -> float:
    """Make the same steps with nested dicts. Returns the seconds of the last: add, then count the tree anew."""
    began = time.perf_counter()
    for paths in added:
        began = time.perf_counter()
        for path in paths:
            nested.grow(root, path[:-1], [path[-1]])
    nested.recount(root)
    return time.perf_counter() - began


class Side:
    """Both forms of a tree of one size."""

    def __init__(self, nodes: int) -> None:
        fragment = made_tree(nodes)
        self.tree, self.root = FeatureTree.from_fragment(fragment), nested.nested(fragment)
        nested.recount(self.root)
        self.counting: list[float] = []
        self.checking: list[float] = []
        self.theirs: list[float] = []

    def go(self, first: int) -> None:
        """The next steps of both."""
        done = steps(self.tree, first, STEPS_A_ROUND)
        self.counting += done.counting
        self.checking += done.checking
        self.theirs.append(grow_nested(self.root, done.added))

    def result(self) -> dict[str, float]:
        """Milliseconds a step."""
        return {
            "columns, milliseconds a step": 1000 * statistics.median(self.counting),
            "the same, mean": 1000 * statistics.fmean(self.counting),
            "checking names beside it": 1000 * statistics.median(self.checking),
            "nested, counted anew, milliseconds a step": 1000 * statistics.median(self.theirs),
        }


def by_size(sizes: Sequence[int]) -> dict[int, dict[str, float]]:
    """A few steps at each size in turn, again and again, so that other load on the machine meets all alike."""
    sides = {nodes: Side(nodes) for nodes in sizes}
    gc.freeze()  # the nested trees have millions of objects, which would be looked through while the columns are timed
    for step in range(ROUNDS):
        for side in sides.values():
            side.go(step * STEPS_A_ROUND)
    return {nodes: side.result() for nodes, side in sides.items()}


def whole_run(first: int, count: int) -> dict[str, object]:
    """From the small tree on, step after step; nested dicts are counted anew after each 50th, taken for the others."""
    fragment = made_tree(first)
    tree, root = FeatureTree.from_fragment(fragment), nested.nested(fragment)
    ours = theirs = names = 0.0
    every = 50
    for step in range(0, count, every):
        done = steps(tree, step, min(every, count - step))
        ours += sum(done.counting)
        names += sum(done.checking)
        theirs += grow_nested(root, done.added) * len(done.added)
    return {
        "steps": count,
        "nodes at the end": len(tree),
        "columns, seconds": round(ours, 3),
        "nested, counted anew after each step, seconds": round(theirs, 1),
        "times faster": round(theirs / ours, 1),
        "columns, checking names beside it, seconds": round(names, 3),
    }


def main() -> None:
    """Measure and save the result."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", type=int, nargs="+", default=[SMALL, MIDDLE, LARGE])
    parser.add_argument("--steps", type=int, default=9_000)
    options = parser.parse_args()
    found = by_size(options.sizes)
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
