"""For each prompt: the items of a workspace that it can be shown on, and the step that asks with it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from synth.ask import Asker
from synth.errors import NotFound
from synth.records import FeaturePath, Growth, Instruction, Level, PreExtraction, Seed, Solution, Subtree, Task, Verdict
from synth.steps.answer import answer_instruction
from synth.steps.evolve import evolve_instruction, judge_challenge, plant_seed
from synth.steps.extract import extract_features, pre_extract_keywords, refine_demonstration
from synth.steps.grow import propose_growth
from synth.steps.repair import describe_error, repair_solution
from synth.steps.review_tests import review_tests
from synth.steps.solve import solve_task
from synth.steps.task import make_task
from synth.store import Database, prompted, queries
from synth.workspace import prompt_examples as example
from synth.workspace.previewing import Item, Source

MOST_ITEMS = 50
"""Offered, the newest."""

_KEYWORDS = 120
_HEAT = 0.7
"""A temperature, which no prompt shows."""


@dataclass(frozen=True, slots=True)
class _Attempt:
    task: Task
    solution: Solution
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class _Drawn:
    subtree: Subtree
    level: Level


@dataclass(frozen=True, slots=True)
class _Rated:
    instruction: Instruction
    challenge: float | None
    diversity: float | None


def _seed_item(seed: Seed) -> Item:
    return Item.of(seed.id, f"{seed.name} in {seed.path}:{seed.line}")


def _seed_source(ask: Callable[[Asker, Seed], Awaitable[object]]) -> Source[Seed]:
    return Source(
        "seeds",
        lambda db: prompted.newest_seeds(db, MOST_ITEMS),
        lambda db, wanted: db.record(Seed, wanted),
        _seed_item,
        ask,
        example.SEED,
    )


def _keywords(db: Database) -> list[tuple[str, ...]]:
    read = prompted.newest(db, PreExtraction, MOST_ITEMS)
    words = dict.fromkeys(word for one in reversed(read) for word in one.keywords)
    return [tuple(words)[:_KEYWORDS]] if words else []


def _all_keywords(db: Database, wanted: str) -> tuple[str, ...]:
    for words in _keywords(db):
        if wanted == "keywords":
            return words
    raise NotFound(f"no keywords `{wanted}` in this workspace; `keywords` stands for those read last.")


def _paths(paths: Sequence[FeaturePath]) -> str:
    return ", ".join(" > ".join(path) for path in paths)


def _growth_item(growth: Growth) -> Item:
    return Item.of(growth.id, f"step {growth.step}: {_paths(growth.drawn[-3:])}")


def _drawn(db: Database, subtrees: Sequence[Subtree]) -> list[_Drawn]:
    levels = prompted.levels_of(db, [subtree.id for subtree in subtrees])
    return [_Drawn(one, "files" if levels.get(one.id) == "files" else "function") for one in subtrees]


def _attempts(db: Database, solutions: Sequence[Solution]) -> list[_Attempt]:
    found = []
    for solution in solutions:
        verdict = prompted.verdict_of(db, solution.id)
        tasks = db.records(Task, "id = ?", [solution.task_id])
        if verdict is not None and tasks:
            found.append(_Attempt(tasks[0], solution, verdict))
    return found


def _attempt(db: Database, wanted: str) -> _Attempt:
    for found in _attempts(db, [db.record(Solution, wanted)]):
        return found
    raise NotFound(f"solution `{wanted}` has no verdict, so there is no error to show.")


def _attempt_item(found: _Attempt) -> Item:
    said = f"attempt {found.solution.attempt}, {found.verdict.outcome}: {found.task.instruction}"
    return Item.of(found.solution.id, said)


def _attempt_source(ask: Callable[[Asker, _Attempt], Awaitable[object]]) -> Source[_Attempt]:
    return Source(
        "failed solutions",
        lambda db: _attempts(db, prompted.newest_failed(db, MOST_ITEMS)),
        _attempt,
        _attempt_item,
        ask,
        _Attempt(example.TASK, example.SOLUTION, example.VERDICT),
    )


def _rated(db: Database, instructions: Sequence[Instruction]) -> list[_Rated]:
    scores = queries.scores_of(db, [one.id for one in instructions])
    named = {one.id: {score.name: score.value for score in scores[one.id]} for one in instructions}
    return [_Rated(one, named[one.id].get("challenge"), named[one.id].get("diversity")) for one in instructions]


def _rated_source(ask: Callable[[Asker, _Rated], Awaitable[object]]) -> Source[_Rated]:
    return Source(
        "instructions",
        lambda db: _rated(db, prompted.newest_questions(db, MOST_ITEMS)),
        lambda db, wanted: _rated(db, [db.record(Instruction, wanted)])[0],
        lambda found: Item.of(found.instruction.id, found.instruction.text),
        ask,
        _Rated(example.INSTRUCTION, 4.0, 6.3),
    )


def _instruction_source(ask: Callable[[Asker, Instruction], Awaitable[object]]) -> Source[Instruction]:
    return Source(
        "instructions",
        lambda db: prompted.newest_questions(db, MOST_ITEMS),
        lambda db, wanted: db.record(Instruction, wanted),
        lambda found: Item.of(found.id, found.text),
        ask,
        example.INSTRUCTION,
    )


SOURCES: dict[str, Source[Any]] = {
    "pre_extract": _seed_source(lambda asker, seed: pre_extract_keywords(asker, seed, _HEAT)),
    "cluster_features": Source(
        "keywords",
        _keywords,
        _all_keywords,
        lambda words: Item("keywords", f"the {len(words)} keywords read last"),
        lambda asker, words: refine_demonstration(asker, words, None, 1, _HEAT),
        example.KEYWORDS,
    ),
    "extract_features": _seed_source(lambda asker, seed: extract_features(asker, seed, None, _HEAT)),
    "grow_features": Source(
        "growth steps",
        lambda db: prompted.newest(db, Growth, MOST_ITEMS),
        lambda db, wanted: db.record(Growth, wanted),
        _growth_item,
        lambda asker, growth: propose_growth(asker, growth.drawn, growth.step, _HEAT),
        example.GROWTH,
    ),
    "make_task": Source(
        "subtrees",
        lambda db: _drawn(db, prompted.newest_subtrees(db, MOST_ITEMS)),
        lambda db, wanted: _drawn(db, [db.record(Subtree, wanted)])[0],
        lambda found: Item.of(found.subtree.id, f"{found.level}: {_paths(found.subtree.mandatory)}"),
        lambda asker, found: make_task(asker, found.subtree, found.level, 0, _HEAT),
        _Drawn(example.SUBTREE, "function"),
    ),
    "solve_task": Source(
        "tasks",
        lambda db: prompted.newest(db, Task, MOST_ITEMS),
        lambda db, wanted: db.record(Task, wanted),
        lambda task: Item.of(task.id, f"{task.level}: {task.instruction}"),
        lambda asker, task: solve_task(asker, task, _HEAT),
        example.TASK,
    ),
    "repair_solution": _attempt_source(
        lambda asker, found: repair_solution(asker, found.task, found.solution, found.verdict, _HEAT)
    ),
    "review_tests": _attempt_source(
        lambda asker, found: review_tests(
            asker, found.task, found.solution, found.verdict, describe_error(found.verdict)
        )
    ),
    "judge_challenge": _instruction_source(judge_challenge),
    "evolve_from_code": _seed_source(
        lambda asker, seed: evolve_instruction(asker, plant_seed(seed), 0, None, None, _HEAT)
    ),
    "evolve_from_question": _rated_source(
        lambda asker, found: evolve_instruction(asker, found.instruction, 0, found.challenge, found.diversity, _HEAT)
    ),
    "answer_instruction": _instruction_source(answer_instruction),
}
"""By prompt."""
