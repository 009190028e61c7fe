"""Edits of many features from the browser: what they would do first, then the edit, as one batch."""

from typing import Literal

import numpy as np
from pydantic import Field

from synth.api.bench import Bench
from synth.api.edits import MOST_OPERATIONS, Change, Done, lies_in, refuse_stale, taken_whole, told
from synth.api.endpoint import JSON, Body, Endpoint, Many
from synth.errors import BadInput
from synth.tree.columns import ROOT, FeatureTree
from synth.tree.impact import Impact, impact, met_below
from synth.tree.operations import Merge, Operation
from synth.tree.sweep import Renaming, branch, prune, rename_by_pattern

_SHOWN = 200


class ImpactBody(Body):
    """Operations that somebody thinks of doing."""

    operations: Many[Operation] = Field(min_length=1, max_length=MOST_OPERATIONS)


class RenameBody(Body):
    """Replace a pattern in the names of chosen features, or of a whole branch."""

    kind: Literal["rename"] = "rename"
    pattern: str = Field(max_length=1_000)
    replacement: str = Field(default="", max_length=1_000)
    regex: bool = False
    merge: bool = False
    nodes: Many[int] = Field(default=(), max_length=MOST_OPERATIONS)
    below: int = Field(default=ROOT, ge=0)
    """The branch, where no features are named."""


class PruneBody(Body):
    """Delete what lies too deep, or counts too little, below a feature."""

    kind: Literal["prune"] = "prune"
    below: int = Field(default=ROOT, ge=0)
    deepest: int | None = Field(default=None, ge=0, le=1_000)
    least: float | None = Field(default=None, ge=0)
    grown_only: bool = False


class PreviewBody(Body):
    """A sweep to be looked at."""

    sweep: RenameBody | PruneBody = Field(discriminator="kind")


class SweepBody(Change):
    """A sweep to be done."""

    sweep: RenameBody | PruneBody = Field(discriminator="kind")
    reason: str = Field(default="", max_length=2_000)
    anyway: bool = False


def show_impact(bench: Bench, asked: ImpactBody) -> JSON:
    """What the operations would take away, and which features they name that go with another one anyway."""
    with bench.workspace.trees.reading() as tree:
        tops = {node for operation in asked.operations for node in taken_whole(operation)}
        inside = [node for node in tops if lies_in(tree, tree.parent(node), tops)]
        met = sum(
            met_below(tree, one.target, [node for node in one.sources if tree.alive(node)])
            for one in asked.operations
            if isinstance(one, Merge) and tree.alive(one.target)
        )
        return {"impact": told_impact(impact(tree, asked.operations)), "inside": inside, "met": met}


def preview(bench: Bench, asked: PreviewBody) -> JSON:
    """What a sweep would do: how many features, the first of them, and what stands in the way."""
    with bench.workspace.trees.reading() as tree:
        if isinstance(asked.sweep, RenameBody):
            return _shown_renamings(tree, _renamings(tree, asked.sweep))
        operations = prune(
            tree, asked.sweep.below, deepest=asked.sweep.deepest, least=asked.sweep.least,
            grown_only=asked.sweep.grown_only,
        )  # fmt: skip
        return {"operations": len(operations), "impact": told_impact(impact(tree, operations, _SHOWN))}


def sweep(bench: Bench, asked: SweepBody) -> JSON:
    """Do a sweep, on the tree as it is now."""

    def change() -> JSON:
        trees = bench.workspace.trees
        with trees.reading() as tree:
            operations = _operations(tree, asked.sweep)
            if not operations:
                raise BadInput("there is nothing to change: no feature fits.")
            if not asked.anyway:
                refuse_stale(bench.workspace, asked.rev, operations)
            return told(bench.workspace, trees.edit(operations, reason=asked.reason or _said(asked.sweep)))

    return bench.part(Done).once(asked.op, change)


def told_impact(found: Impact) -> dict[str, object]:
    """An impact as the browser shows it."""
    return {
        "gone": found.gone, "merged": found.merged, "moved": found.moved, "renamed": found.renamed,
        "seeds": found.seeds, "observed": found.observed, "noted": found.noted,
        "locked": found.locked, "examples": found.examples,
    }  # fmt: skip


def _operations(tree: FeatureTree, asked: RenameBody | PruneBody) -> tuple[Operation, ...]:
    if isinstance(asked, PruneBody):
        return prune(tree, asked.below, deepest=asked.deepest, least=asked.least, grown_only=asked.grown_only)
    return tuple(one.operation for one in _renamings(tree, asked) if one.operation is not None)


def _renamings(tree: FeatureTree, asked: RenameBody) -> list[Renaming]:
    nodes = branch(tree, asked.below)
    if asked.nodes:
        nodes = np.array(sorted({node for node in asked.nodes if node != ROOT and tree.alive(node)}), np.int32)
    return rename_by_pattern(tree, nodes, asked.pattern, asked.replacement, regex=asked.regex, merge=asked.merge)


def _shown_renamings(tree: FeatureTree, found: list[Renaming]) -> JSON:
    shown = [
        {"node": one.node, "path": tree.path(one.node)[:-1], "before": one.before, "after": one.after,
         "problem": one.problem, "merges": one.operation is not None and one.operation.kind == "merge"}
        for one in sorted(found, key=lambda one: not one.problem)[:_SHOWN]
    ]  # fmt: skip
    return {
        "operations": sum(one.operation is not None for one in found),
        "problems": sum(bool(one.problem) for one in found),
        "renamings": shown,
    }


def _said(asked: RenameBody | PruneBody) -> str:
    """The sweep in words, as the reason that the history keeps."""
    if isinstance(asked, RenameBody):
        return f"replaced `{asked.pattern}` by `{asked.replacement}`"
    parts = [
        f"deeper than level {asked.deepest}" if asked.deepest is not None else "",
        f"counted less than {asked.least:g}" if asked.least is not None else "",
    ]
    return f"pruned what is {' or '.join(part for part in parts if part)}"


ENDPOINTS = (
    Endpoint("/api/tree/impact", ImpactBody, show_impact),
    Endpoint("/api/tree/preview", PreviewBody, preview),
    Endpoint("/api/tree/sweep", SweepBody, sweep),
)
