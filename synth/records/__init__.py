"""The nouns: what passes from one step to the next, is journaled, stored and exported.

Every record is frozen and forbids unknown fields. Its `id` is the hash of what made it (see `ids`).
"""

from synth.records.base import CATEGORIES, FeaturePath, Frozen, Made, Record
from synth.records.decisions import Answer, Choice, Dropped, Instruction, Score, dropped
from synth.records.features import (
    Demonstration,
    Extraction,
    Grown,
    Growth,
    PreExtraction,
    Refused,
    Seed,
    Shape,
    Subtree,
)
from synth.records.solutions import (
    CodeFile,
    Failure,
    Grade,
    Level,
    Outcome,
    Proof,
    Ruling,
    Solution,
    Task,
    TestCounts,
    TestsChange,
    Verdict,
)
from synth.records.spending import Spend, coins

__all__ = [
    "CATEGORIES",
    "KINDS",
    "MADE_KINDS",
    "Answer",
    "Choice",
    "CodeFile",
    "Demonstration",
    "Dropped",
    "Extraction",
    "Failure",
    "FeaturePath",
    "Frozen",
    "Grade",
    "Grown",
    "Growth",
    "Instruction",
    "Level",
    "Made",
    "Outcome",
    "PreExtraction",
    "Proof",
    "Record",
    "Refused",
    "Ruling",
    "Score",
    "Seed",
    "Shape",
    "Solution",
    "Spend",
    "Subtree",
    "Task",
    "TestCounts",
    "TestsChange",
    "Verdict",
    "coins",
    "dropped",
]

KINDS: dict[str, type[Record]] = {
    model.kind: model
    for model in (
        Seed,
        PreExtraction,
        Demonstration,
        Extraction,
        Growth,
        Subtree,
        Task,
        Solution,
        Verdict,
        Ruling,
        Score,
        Instruction,
        Choice,
        Answer,
        Dropped,
    )
}

MADE_KINDS: tuple[type[Record], ...] = tuple(kind for kind in KINDS.values() if "made" in kind.model_fields)
"""Kinds that say which engine made a record, and with which prompt."""
