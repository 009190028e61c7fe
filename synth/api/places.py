"""Where features stand: what is above, beside and below them, for moving, copying and deleting by hand."""

from pydantic import Field

from synth.api.bench import Bench
from synth.api.endpoint import JSON, Body, Endpoint, Many
from synth.api.extents import Extents
from synth.errors import NotFound
from synth.tree.columns import ROOT, FeatureTree
from synth.workspace.views import written

MOST_IDS = 5_000
"""Features that are told of, or listed, by one answer."""


class PlacesBody(Body):
    """Some features."""

    nodes: Many[int] = Field(min_length=1, max_length=MOST_IDS)


class SiblingsBody(Body):
    """A feature."""

    node: int = Field(ge=1)


class ChildrenBody(Body):
    """A feature, 0 for the whole tree."""

    node: int = Field(ge=0)


def places(bench: Bench, asked: PlacesBody) -> JSON:
    """Where each of some features stands; those that are gone are left out."""
    with bench.workspace.trees.reading() as tree:
        extent = bench.part(Extents).now()
        living = [node for node in dict.fromkeys(asked.nodes) if node > 0 and tree.alive(node)]
        return {"places": [_place(tree, node, extent.size(node)) for node in living]}


def siblings(bench: Bench, asked: SiblingsBody) -> JSON:
    """A feature and those beside it, in order: the first `MOST_IDS`. Raises `NotFound`."""
    with bench.workspace.trees.reading() as tree:
        return _children(tree, tree.parent(_living(tree, asked.node)))


def children(bench: Bench, asked: ChildrenBody) -> JSON:
    """What is right below a feature, in order: the first `MOST_IDS`. Raises `NotFound`."""
    with bench.workspace.trees.reading() as tree:
        return _children(tree, _living(tree, asked.node))


def _living(tree: FeatureTree, node: int) -> int:
    if not tree.alive(node):
        raise NotFound(f"there is no feature with id {node} any more.")
    return node


def _children(tree: FeatureTree, node: int) -> dict[str, object]:
    found = tree.child_ids(node)
    return {"nodes": found[:MOST_IDS].tolist(), "whole": len(found) <= MOST_IDS}


def _place(tree: FeatureTree, node: int, size: int) -> dict[str, object]:
    parent = tree.parent(node)
    beside = tree.child_ids(parent)
    at = int((beside == node).argmax())
    around = {
        "before": beside[max(0, at - 1) : at].tolist(),
        "after": beside[at + 1 : at + 3].tolist(),
    }
    return {
        "id": node, "parent": parent, "above": [*reversed(tree.way(parent)), ROOT], "name": tree.name(node),
        "path": written(tree.path(node)), "size": size, "locked": tree.locked(node),
        "ordered": bool(tree.column("rank")[node]), **around,
    }  # fmt: skip


ENDPOINTS = (
    Endpoint("/api/tree/places", PlacesBody, places),
    Endpoint("/api/tree/siblings", SiblingsBody, siblings),
    Endpoint("/api/tree/children", ChildrenBody, children),
)
