"""The map of a branch over HTTP: its blocks as short columns, what paints them, and the way down to a feature."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from synth.api.bench import Bench
from synth.api.endpoint import JSON, Body, Endpoint, Many
from synth.errors import NotFound
from synth.steps.draw import LANGUAGE
from synth.tree.columns import ROOT, FeatureTree
from synth.tree.treemap import Area, Blocks, Weighing, blocks

Colour = Literal["depth", "origin", "coverage", "passes"]

_LONGEST_NAME = 120
"""Letters of a name that are sent: no block is wider."""
_DEEPEST = {"treemap": 6, "icicle": 8}


class MapBody(Body):
    """Which branch, how it is measured and painted, and how much of it the screen can show."""

    top: int = Field(default=ROOT, ge=0)
    area: Area = "count"
    colour: Colour = "depth"
    temperature: float = 1.0
    boosts: dict[str, float] = Field(default_factory=dict, max_length=10_000)
    excluded: Many[tuple[str, ...]] = Field(default=(), max_length=10_000)
    """Paths that draws leave out; those that are not in the tree do not matter."""
    most: int = Field(default=2_000, ge=1, le=3_000)
    smallest: float = Field(default=0.0, ge=0, le=1)
    """Share of the map below which a block is not worth drawing."""
    mode: Literal["treemap", "icicle"] = "treemap"


class WayBody(Body):
    """A feature to be found."""

    node: int = Field(ge=0)


def draw_map(bench: Bench, asked: MapBody) -> JSON:
    """The blocks of a branch in columns. Where its top is gone, the map is that of the nearest feature above it."""
    paint = painted(bench, asked.colour)
    with bench.workspace.trees.reading() as tree:
        top = living(tree, asked.top)
        excluded = frozenset(node for path in (*asked.excluded, LANGUAGE) if (node := tree.node(path)))
        known = {name: factor for name, factor in asked.boosts.items() if tree.child(ROOT, name) is not None}
        weighing = Weighing(asked.area, asked.temperature, known, excluded)
        found = blocks(
            tree, top, weighing, most=asked.most, smallest=asked.smallest, deepest=_DEEPEST[asked.mode]
        )  # fmt: skip
        return {
            **columns(tree, found),
            "values": None if paint is None else values(paint, found, told_apart(tree, found)),
            "crumbs": [{"id": node, "name": tree.name(node)} for node in (ROOT, *tree.way(top))],
            "features": len(tree),
        }


def columns(tree: FeatureTree, found: Blocks) -> dict[str, object]:
    """Blocks as the browser reads them: lists of one length; buckets have no name and no counts."""
    own = found.more == 0
    estimated = tree.column("estimated")[found.node]
    known = own & ~np.isnan(estimated)
    names = zip(tree.column("name")[found.node].tolist(), own.tolist(), strict=True)
    return {
        "node": found.node.tolist(),
        "parent": found.parent.tolist(),
        "depth": found.depth.tolist(),
        "share": four_digits(found.share).tolist(),
        "more": found.more.tolist(),
        "names": [tree.strings[number][:_LONGEST_NAME] if named else "" for number, named in names],
        "observed": np.where(own, tree.column("observed")[found.node], 0).tolist(),
        "estimated": _short(four_digits(np.where(known, estimated, 0.0)), known),
        "children": np.where(own, tree.column("width")[found.node], 0).tolist(),
    }


def painted(bench: Bench, colour: Colour) -> NDArray[np.float64] | NDArray[np.int32] | None:
    """What blocks are painted by, by row of the tree; NaN where there is nothing to say.

    None where the browser knows it already, and until what was generated is counted for the first time.
    """
    if colour not in ("coverage", "passes"):
        return None
    uses = bench.workspace.uses
    found = uses.counts("drawn") if colour == "coverage" else uses.pass_rates()
    return found if uses.ready else None


def values(
    paint: NDArray[np.float64] | NDArray[np.int32], found: Blocks, apart: NDArray[np.bool_]
) -> list[float | int | None]:
    """The values of blocks; None for buckets, for what no draw can hold (`apart`) and where there is nothing to say."""
    # features that came while the counts were read have none yet
    column = paint[np.minimum(found.node, len(paint) - 1)]
    said = (found.more == 0) & (found.node < len(paint)) & ~np.isnan(column) & ~apart
    shown = np.where(said, column, 0).astype(np.float64)
    return _short(np.round(shown, 3), said)


def told_apart(tree: FeatureTree, found: Blocks) -> NDArray[np.bool_]:
    """Which blocks lie in the language's category: it is told to tasks, never drawn, so it is not cold either."""
    apart = np.zeros(len(found), np.bool_)
    language = tree.node(LANGUAGE)
    if language is not None:
        apart[0] = language in tree.way(int(found.node[0]))
        for row, (node, above) in enumerate(zip(found.node[1:].tolist(), found.parent[1:].tolist(), strict=True), 1):
            apart[row] = node == language or apart[above]
    return apart


def four_digits(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Numbers of 0 or more, rounded to four significant digits: a pixel needs no more, and they are short to send."""
    positive = np.maximum(numbers, 1e-300)
    exponent = 3 - np.floor(np.log10(positive))
    scale = 10.0 ** np.minimum(exponent, 300)
    return np.where(numbers > 0, np.round(positive * scale) / scale, 0.0)


def way(bench: Bench, asked: WayBody) -> JSON:
    """The features from the root down to one, both included. Raises `NotFound`."""
    with bench.workspace.trees.reading() as tree:
        if not tree.alive(asked.node):
            raise NotFound(f"there is no feature with id {asked.node} any more.")
        return {"way": [ROOT, *tree.way(asked.node)]}


def living(tree: FeatureTree, node: int) -> int:
    """The feature, or the nearest above it that is still there; the root for an id that never was."""
    if not 0 <= node < tree.rows:
        return ROOT
    while not tree.alive(node):
        node = tree.parent(node)
    return node


def _short(numbers: NDArray[np.float64], said: NDArray[np.bool_]) -> list[float | int | None]:
    """Numbers in a list, whole ones without a point, None where there is nothing to say."""
    return [
        None if not known else int(number) if number == int(number) else number
        for number, known in zip(numbers.tolist(), said.tolist(), strict=True)
    ]


ENDPOINTS = (
    Endpoint("/api/tree/map", MapBody, draw_map, quick=True),
    Endpoint("/api/tree/map/way", WayBody, way, quick=True),
)
