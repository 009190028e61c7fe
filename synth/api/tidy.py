"""What looks wrong in the tree, as lists to work through."""

import threading
from dataclasses import dataclass

from pydantic import Field

from synth.api.bench import Bench
from synth.api.endpoint import JSON, Body, Endpoint, Refused
from synth.api.serving import stopping
from synth.tree.columns import ROOT
from synth.tree.finders import Kind
from synth.workspace import Workspace


class FindingsBody(Body):
    """One kind of what looks wrong below a feature."""

    kind: Kind
    below: int = Field(default=ROOT, ge=0)
    by_meaning: bool = False
    limit: int = Field(default=200, ge=1, le=1_000)
    look: str = Field(default="", max_length=64)
    """A name under which others may ask how far it is, and stop it."""


class LookBody(Body):
    """A look that is under way."""

    look: str = Field(min_length=1, max_length=64)
    stop: bool = False


@dataclass(slots=True)
class Look:
    """How far a look through the tree is, in names; what is not told yet is 0."""

    done: int = 0
    total: int = 0
    stopped: bool = False

    def told(self, done: int, total: int) -> None:
        """Is told by the finder. Raises `Refused` where somebody stopped it, or the server."""
        self.done, self.total = done, total
        if self.stopped or stopping():
            raise Refused(409, "stopped", "stopped before it was through.")


class Looks:
    """The looks that are under way, by name."""

    def __init__(self, workspace: Workspace) -> None:
        self._views = workspace.views
        self._lock = threading.Lock()
        self._under_way: dict[str, Look] = {}

    def find(self, asked: FindingsBody) -> JSON:
        """Findings, worst first. Raises `Refused` where it was stopped."""
        look = Look()
        with self._lock:
            self._under_way[asked.look] = look
        try:
            found = self._views.find(
                asked.kind, by_meaning=asked.by_meaning, below=asked.below, limit=asked.limit, progress=look.told
            )
        finally:
            with self._lock:
                self._under_way.pop(asked.look, None)
        lines = [
            {"node": one.node, "path": one.path, "reason": one.reason, "operations": one.operations} for one in found
        ]
        return {"findings": lines, "more": len(found) == asked.limit}

    def state(self, asked: LookBody) -> JSON:
        """How far a look is; one that is not under way has no names."""
        with self._lock:
            look = self._under_way.get(asked.look, Look())
        look.stopped |= asked.stop
        return {"done": look.done, "total": look.total}


def show_findings(bench: Bench, asked: FindingsBody) -> JSON:
    """Findings, worst first, each with the operations that would mend it."""
    return bench.part(Looks).find(asked)


def show_look(bench: Bench, asked: LookBody) -> JSON:
    """How far a look is, or its end."""
    return bench.part(Looks).state(asked)


ENDPOINTS = (
    Endpoint("/api/tree/findings", FindingsBody, show_findings),
    Endpoint("/api/tree/look", LookBody, show_look),
)
