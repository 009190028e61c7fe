"""Lineage: where a record comes from, up to its seeds, and what came of it, down to verdicts, scores and answers."""

from synth.workspace.lineage.showing import Came, Lineage, LineageNode

__all__ = ["Came", "Lineage", "LineageNode"]
