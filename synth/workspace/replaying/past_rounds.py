"""Rounds of a Tree-of-Evolution forest, scored and chosen from again: pure but for the embedding of texts."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from synth.records import Choice, Instruction, Score
from synth.steps.select import collect_tree, keep_best, overall, score_diversity
from synth.workspace.replaying.past_run import PastRun


@dataclass(frozen=True)
class PastRound:
    """One round of a run over all its trees, from the stored instructions and challenge scores."""

    run: PastRun
    number: int

    @cached_property
    def instructions(self) -> list[Instruction]:
        """By id, as in the run."""
        return self.run.members(Instruction, "round = ? order by id", (self.number,))

    @cached_property
    def challenge(self) -> dict[str, float]:
        """What the judge gave, by instruction."""
        ours = {instruction.id for instruction in self.instructions}
        scores = self.run.members(Score, "name = 'challenge' order by id")
        return {score.subject_id: score.value for score in scores if score.subject_id in ours}

    @cached_property
    def vectors(self) -> NDArray[np.float32]:
        """One unit row an instruction."""
        return self.run.embedder.embed([instruction.text for instruction in self.instructions])

    @cached_property
    def diversity(self) -> list[Score]:
        """Of every instruction that has one."""
        return score_diversity(self.instructions, self.challenge, self.vectors, self.run.embedder.name)

    @cached_property
    def values(self) -> dict[str, float]:
        """V of every scored instruction."""
        diversity = {score.subject_id: score.value for score in self.diversity}
        return {one: overall(value, diversity.get(one)) for one, value in self.challenge.items()}

    def beam(self) -> list[Choice]:
        """Which instructions of the round go on."""
        before: Mapping[str, float] = PastRound(self.run, self.number - 1).values if self.number > 1 else {}
        parents = {item.id: before.get(item.parent_id or "") for item in self.instructions}
        return keep_best(self.instructions, self.values, parents, self.run.config.evolve.keep)

    def collect(self, tree_id: str) -> list[Choice]:
        """Which of those that one tree keeps are collected."""
        kept = {choice.subject_id for choice in self.beam() if choice.kept}
        rows = [row for row, one in enumerate(self.instructions) if one.tree_id == tree_id and one.id in kept]
        members = [self.instructions[row] for row in rows]
        return collect_tree(members, self.values, self.vectors[rows], self.run.config.evolve.distance)
