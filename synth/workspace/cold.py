"""How much of the tree tasks have drawn, and tasks for what they have not: the leaves drawn least."""

from dataclasses import dataclass

import numpy as np

from synth.errors import BadInput
from synth.flow import shape_of
from synth.records import FeaturePath
from synth.settings import Engine, ExtractConfig, GrowConfig, RunConfig, SampleConfig
from synth.steps.draw import LANGUAGE, check_targets
from synth.tree.bulk import breadth_first
from synth.tree.columns import ROOT, FeatureTree
from synth.tree.standing import check_alive
from synth.workspace.tree import TreeKeeper
from synth.workspace.uses import Uses

MOST_TASKS = 1_000
"""Leaves that one run may aim at."""
_SPARE = 200


@dataclass(frozen=True, slots=True)
class Coverage:
    """The leaves of a branch, those of the language's category left out."""

    leaves: int
    cold: int
    """Leaves that no subtree drew."""
    ready: bool
    """False until what was generated is counted for the first time."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A leaf to aim at."""

    node: int
    path: FeaturePath
    drawn: int


@dataclass(frozen=True, slots=True)
class Aims:
    """The leaves drawn least that a shape can draw, in the order of need."""

    leaves: tuple[Leaf, ...]
    passed_over: int
    """Leaves drawn as little that the shape cannot draw: too deep, or excluded."""
    reason: str
    """Why the first of those cannot be drawn."""


def coverage(keeper: TreeKeeper, uses: Uses, branch: int = ROOT) -> Coverage:
    """How many leaves of a branch tasks have not drawn. Raises `NotFound`."""
    ready, cold = uses.ready, uses.cold()
    with keeper.reading() as tree:
        check_alive(tree, branch)
        layout = tree.layout()
        leaves = layout.alive & (layout.child_len == 0)
        leaves[ROOT] = False
        language = tree.node(LANGUAGE)
        for nodes in breadth_first(tree, language) if language is not None else ():
            leaves[nodes] = False
        if language is not None:
            leaves[language] = False
        if branch != ROOT:
            inside = np.zeros(len(leaves), np.bool_)
            inside[branch] = True
            for nodes in breadth_first(tree, branch):
                inside[nodes] = True
            leaves &= inside
        cold = leaves[: len(cold)] & cold[: len(leaves)]
        return Coverage(int(leaves.sum()), int(cold.sum()), ready)


def aims(keeper: TreeKeeper, uses: Uses, sample: SampleConfig, count: int, branch: int = ROOT) -> Aims:
    """Up to `count` leaves to make tasks for.

    Raises `BadInput` where the shape does not fit the tree or `count` is not 1 to `MOST_TASKS`, and `NotFound`.
    """
    if not 1 <= count <= MOST_TASKS:
        raise BadInput(f"one run makes 1 to {MOST_TASKS:,} tasks for cold leaves, not {count:,}.")
    with keeper.reading() as tree:
        check_alive(tree, branch)
        check_targets(tree, shape_of(sample), ())
    nodes = uses.coldest(4 * count + _SPARE, branch)
    drawn = uses.counts("drawn")
    with keeper.reading() as tree:
        return _drawable(tree, sample, [(node, int(drawn[node])) for node in nodes.tolist() if tree.alive(node)], count)


def run_for(sample: SampleConfig, found: Aims, engine: Engine, name: str, seed: int) -> RunConfig:
    """A run that makes a task for each leaf and changes the tree in no way. Raises `BadInput` where there is none."""
    if not found.leaves:
        raise BadInput(f"no leaf here can be drawn under this shape: {found.reason or 'there is none.'}")
    targets = tuple(leaf.path for leaf in found.leaves)
    return RunConfig(
        name=name[:80],
        seed=seed,
        engine=engine,
        extract=ExtractConfig(enabled=False),
        grow=GrowConfig(steps=0),
        sample=sample.model_copy(update={"count": len(targets), "targets": targets}),
    )


def _drawable(tree: FeatureTree, sample: SampleConfig, nodes: list[tuple[int, int]], count: int) -> Aims:
    shape = shape_of(sample)
    leaves: list[Leaf] = []
    passed_over, reason = 0, ""
    for node, drawn in nodes:
        path = tree.path(node)
        try:
            check_targets(tree, shape, (path,))
        except BadInput as error:
            passed_over, reason = passed_over + 1, reason or str(error)
        else:
            leaves.append(Leaf(node, path, drawn))
            if len(leaves) == count:
                break
    return Aims(tuple(leaves), passed_over, reason)
