"""Search for the field above the panes: hits as one types."""

from pydantic import Field

from synth.api.bench import Bench
from synth.api.endpoint import JSON, Body, Endpoint
from synth.tree.search import MAX_QUERY, Mode

MOST_HITS = 200


class SearchBody(Body):
    """What is looked for; see `synth.tree.search` for the modes."""

    query: str = Field(max_length=MAX_QUERY)
    mode: Mode = "substring"
    limit: int = Field(default=50, ge=1, le=MOST_HITS)
    below: int = Field(default=0, ge=0)
    """Only below this feature; 0: anywhere."""


def search(bench: Bench, asked: SearchBody) -> JSON:
    """The first hits, and how many there are: None where there are more than were looked at. Raises `BadInput`."""
    if not asked.query.strip():
        return {"hits": [], "total": 0}
    hits, total = bench.workspace.views.search(asked.query, asked.mode, asked.limit, below=asked.below)
    with bench.workspace.trees.reading() as tree:
        above = [tree.way(hit.node)[:-1] for hit in hits]
    return {
        "hits": [
            {"node": hit.node, "path": hit.path, "above": way, "count": hit.observed or hit.estimated or 0,
             "children": hit.children, "locked": hit.locked, "status": hit.status}
            for hit, way in zip(hits, above, strict=True)
        ],
        "total": total,
    }  # fmt: skip


ENDPOINTS = (Endpoint("/api/tree/search", SearchBody, search, quick=True),)
