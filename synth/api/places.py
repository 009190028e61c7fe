"""Where features stand: what is above, beside and below them, for moving, copying and deleting by hand."""

from pydantic import Field

from synth.api.bench import Bench
from synth.api.endpoint import JSON, Body, Endpoint
from synth.api.extents import Extents
from synth.errors import NotFound
from synth.tree.columns import FeatureTree
from synth.workspace.views import written

MOST_IDS = 5_000
"""Features that are told of, or listed, by one answer."""


class PlacesBody(Body):
    """Some features."""

    nodes: tuple[int, ...] = Field(min_length=1, max_length=MOST_IDS)


class SiblingsBody(Body):
    """A feature."""

    node: int = Field(ge=1)


def places(bench: Bench, asked: PlacesBody) -> JSON:
    """Where each of some features stands; those that are gone are left out."""
    with bench.workspace.trees.reading() as tree:
        extent = bench.part(Extents).now()
        living = [node for node in dict.fromkeys(asked.nodes) if node > 0 and tree.alive(node)]
        return {"places": [_place(tree, node, extent.size(node)) for node in living]}


def siblings(bench: Bench, asked: SiblingsBody) -> JSON:
    """A feature and those beside it, in order: the first `MOST_IDS`. Raises `NotFound`."""
    with bench.workspace.trees.reading() as tree:
        if not tree.alive(asked.node):
            raise NotFound(f"there is no feature with id {asked.node} any more.")
        found = tree.child_ids(tree.parent(asked.node))
        return {"nodes": found[:MOST_IDS].tolist(), "whole": len(found) <= MOST_IDS}


def _place(tree: FeatureTree, node: int, size: int) -> dict[str, object]:
    parent = tree.parent(node)
    beside = tree.child_ids(parent)
    at = int((beside == node).argmax())
    around = {
        "before": beside[max(0, at - 1) : at].tolist(),
        "after": beside[at + 1 : at + 3].tolist(),
    }
    above = [node]
    while above[-1] > 0:
        above.append(tree.parent(above[-1]))
    return {
        "id": node, "parent": parent, "above": above[1:], "name": tree.name(node), "path": written(tree.path(node)),
        "size": size, "locked": tree.locked(node), "ordered": bool(tree.column("rank")[node]), **around,
    }  # fmt: skip


ENDPOINTS = (
    Endpoint("/api/tree/places", PlacesBody, places),
    Endpoint("/api/tree/siblings", SiblingsBody, siblings),
)
