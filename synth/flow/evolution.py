"""Tree-of-Evolution: roots, rounds of scored children, the beam, collection, answers (ToE 3, appendix C)."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from synth.errors import EspalierError
from synth.flow.desk import Desk
from synth.records import Answer, Dropped, Instruction, Score
from synth.steps.answer import answer_id, answer_instruction
from synth.steps.decontaminate import Benchmarks, check_overlap
from synth.steps.evolve import challenge_id, evolve_instruction, instruction_id, judge_challenge
from synth.steps.select import collect_tree, keep_best, overall, score_diversity


@dataclass(slots=True)
class _Forest:
    """What the latest round has made."""

    challenge: dict[str, float] = field(default_factory=dict)
    diversity: dict[str, float] = field(default_factory=dict)
    values: dict[str, float] = field(default_factory=dict)
    """V of every scored instruction; roots have none."""
    vectors: dict[str, NDArray[np.float32]] = field(default_factory=dict)

    def keep_only(self, active: Sequence[Instruction]) -> None:
        """Forget what the next round does not ask for."""
        self.vectors.clear()
        for numbers in (self.challenge, self.diversity, self.values):
            kept = {one.id: numbers[one.id] for one in active if one.id in numbers}
            numbers.clear()
            numbers.update(kept)


async def evolve_forest(desk: Desk, roots: Sequence[Instruction], benchmarks: Benchmarks | None) -> None:
    """Run all rounds over all trees at once, collect round by round, answer what was collected."""
    if not roots:
        return
    for root in roots:
        desk.keep(root)
    forest = _Forest()
    active = list(roots)
    collected: list[str] = []
    for number in range(1, desk.config.evolve.rounds + 1):
        children = await _one_round(desk, forest, active, number)
        active = _beam(desk, forest, children)
        collected += _collect(desk, forest, active)
        forest.keep_only(active)
        if not active:
            break
    if desk.config.evolve.answer:
        await _answer(desk, collected, benchmarks)


async def _one_round(desk: Desk, forest: _Forest, parents: Sequence[Instruction], number: int) -> list[Instruction]:
    """Make and score the round's children. Returns them by id, so that nothing depends on who was first."""
    draws = [(parent, draw) for parent in parents for draw in range(desk.config.evolve.children)]
    step = f"evolve round {number}"
    desk.watch.start(step, len(draws))
    made: list[Instruction] = []

    async def child(item: tuple[Instruction, int]) -> None:
        parent, draw = item
        reused = await _child(desk, forest, parent, draw, made)
        desk.watch.advance(step, dropped=reused is None, reused=bool(reused))

    await desk.each(draws, child)
    children = sorted(made, key=lambda instruction: instruction.id)
    vectors = await asyncio.to_thread(desk.embedder.embed, [instruction.text for instruction in children])
    forest.vectors.update({child.id: vector for child, vector in zip(children, vectors, strict=True)})
    for score in score_diversity(children, forest.challenge, vectors, desk.embedder.name):
        desk.keep(score)
        forest.diversity[score.subject_id] = score.value
    for instruction in children:
        if instruction.id in forest.challenge:
            forest.values[instruction.id] = overall(
                forest.challenge[instruction.id], forest.diversity.get(instruction.id)
            )
    return children


async def _child(desk: Desk, forest: _Forest, parent: Instruction, draw: int, made: list[Instruction]) -> bool | None:
    """Evolve and judge one child. Returns whether it was finished before; None where it was dropped."""
    challenge, diversity = forest.challenge.get(parent.id), forest.diversity.get(parent.id)
    temperature = desk.config.evolve.temperature
    wanted = instruction_id(desk.asker, parent, draw, challenge, diversity, temperature)
    reused = desk.has(wanted)
    instruction = await desk.once(
        wanted,
        Instruction,
        lambda: evolve_instruction(desk.asker, parent, draw, challenge, diversity, temperature),
    )
    if isinstance(instruction, Dropped):
        return None
    made.append(instruction)
    score = await desk.once(
        challenge_id(desk.asker, instruction), Score, lambda: judge_challenge(desk.asker, instruction)
    )
    if isinstance(score, Score):
        forest.challenge[instruction.id] = score.value
    return reused


def _beam(desk: Desk, forest: _Forest, children: Sequence[Instruction]) -> list[Instruction]:
    parents = {child.id: forest.values.get(child.parent_id or "") for child in children}
    choices = keep_best(children, forest.values, parents, desk.config.evolve.keep)
    for choice in choices:
        desk.keep(choice)
    kept = {choice.subject_id for choice in choices if choice.kept}
    return [child for child in children if child.id in kept]


def _collect(desk: Desk, forest: _Forest, kept: Sequence[Instruction]) -> list[str]:
    """Within each tree, ids of the round's kept instructions that are far enough from one another."""
    trees: dict[str, list[Instruction]] = defaultdict(list)
    for instruction in kept:
        trees[instruction.tree_id].append(instruction)
    collected: list[str] = []
    for tree_id in sorted(trees):
        members = trees[tree_id]
        vectors = np.stack([forest.vectors[member.id] for member in members])
        choices = collect_tree(members, forest.values, vectors, desk.config.evolve.distance)
        for choice in choices:
            desk.keep(choice)
        taken = {choice.subject_id for choice in choices if choice.kept}
        collected += [member.id for member in members if member.id in taken]
    return collected


async def _answer(desk: Desk, collected: Sequence[str], benchmarks: Benchmarks | None) -> None:
    desk.watch.start("answer", len(collected))

    async def answer(wanted_id: str) -> None:
        instruction = desk.find(wanted_id, Instruction)
        if not isinstance(instruction, Instruction):
            raise EspalierError(f"{desk.journal.file.parent}: what was collected cannot be read back; resume the run.")
        wanted = answer_id(desk.asker, instruction)
        reused = desk.has(wanted)
        record = await desk.once(wanted, Answer, lambda: answer_instruction(desk.asker, instruction))
        if benchmarks is not None and isinstance(record, Answer):
            desk.keep(check_overlap(instruction.id, f"{instruction.text}\n{record.text}", benchmarks))
        desk.watch.advance("answer", dropped=isinstance(record, Dropped), reused=reused)

    await desk.each(collected, answer)
