"""What looks wrong in the tree, as lists to work through."""

from pydantic import Field

from synth.api.bench import Bench
from synth.api.endpoint import JSON, Body, Endpoint
from synth.tree.columns import ROOT
from synth.tree.finders import Kind


class FindingsBody(Body):
    """One kind of what looks wrong below a feature."""

    kind: Kind
    below: int = Field(default=ROOT, ge=0)
    by_meaning: bool = False
    limit: int = Field(default=200, ge=1, le=1_000)


def show_findings(bench: Bench, asked: FindingsBody) -> JSON:
    """Findings, worst first, each with the operations that would mend it."""
    found = bench.workspace.views.find(asked.kind, by_meaning=asked.by_meaning, below=asked.below, limit=asked.limit)
    lines = [{"node": one.node, "path": one.path, "reason": one.reason, "operations": one.operations} for one in found]
    return {"findings": lines, "more": len(found) == asked.limit}


ENDPOINTS = (Endpoint("/api/tree/findings", FindingsBody, show_findings),)
