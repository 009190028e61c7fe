"""Subtrees to tasks to solutions to verdicts, repairs and scores: one chain a subtree, many chains side by side."""

import random
from collections.abc import Sequence

from synth.flow.desk import Desk
from synth.ids import seed_number
from synth.records import Dropped, Level, Shape, Solution, Subtree, Task, Verdict, dropped
from synth.settings import SampleConfig
from synth.steps.decontaminate import Benchmarks, check_overlap
from synth.steps.draw import draw_subtrees
from synth.steps.repair import repair_id, repair_solution
from synth.steps.score import score_solution
from synth.steps.solve import solution_id, solve_task
from synth.steps.task import make_task, task_id
from synth.steps.verify import verdict_id, verify_solution
from synth.tree.columns import FeatureTree

_REPAIRABLE = ("failed", "error", "timeout", "memory_limit", "output_limit", "not_collected")


def shape_of(config: SampleConfig) -> Shape:
    """The shape that a config describes."""
    return Shape(
        widths=config.widths,
        temperatures=config.temperatures,
        mandatory=config.mandatory,
        fixed=config.fixed,
        excluded=config.excluded,
        boosts=tuple(sorted(config.boosts.items())),
        distinct=config.distinct,
        never=config.never,
        only_with=config.only_with,
    )


async def make_samples(desk: Desk, tree: FeatureTree, benchmarks: Benchmarks | None) -> list[Task]:
    """Draw the subtrees and run a chain for each. Returns the tasks with a proven solution, in draw order."""
    config = desk.config.sample
    if not config.count or not len(tree):
        return []
    subtrees = list(draw_subtrees(tree, shape_of(config), config.count, desk.config.seed, targets=config.targets))
    for subtree in subtrees:
        desk.keep(subtree)
    desk.watch.start("samples", len(subtrees))
    proven: dict[str, Task] = {}

    async def chain(subtree: Subtree) -> None:
        temperature = desk.config.tasks.temperature
        reused = task_id(desk.asker, subtree, _level(desk, subtree), 0, temperature) in desk.finished
        task = await _one_sample(desk, subtree, benchmarks)
        if task is not None:
            proven[subtree.id] = task
        desk.watch.advance("samples", dropped=task is None, reused=reused)

    await desk.each(subtrees, chain)
    return [proven[subtree.id] for subtree in subtrees if subtree.id in proven]


async def _one_sample(desk: Desk, subtree: Subtree, benchmarks: Benchmarks | None) -> Task | None:
    temperature = desk.config.tasks.temperature
    level = _level(desk, subtree)
    task = await desk.once(
        task_id(desk.asker, subtree, level, 0, temperature),
        Task,
        lambda: make_task(desk.asker, subtree, level, 0, temperature),
    )
    if isinstance(task, Dropped):
        return None
    solution = await desk.once(
        solution_id(desk.asker, task, temperature), Solution, lambda: solve_task(desk.asker, task, temperature)
    )
    if isinstance(solution, Dropped):
        return None
    final, verdict = await _prove(desk, task, solution)
    for score in score_solution(final, subtree):
        desk.keep(score)
    if benchmarks is not None:
        text = "\n".join([task.question, *(file.text for file in final.files)])
        desk.keep(check_overlap(task.id, text, benchmarks))
    return task if verdict is not None and verdict.proven else None


async def _prove(desk: Desk, task: Task, solution: Solution) -> tuple[Solution, Verdict | None]:
    """Verify, and repair while rounds are left. Returns the last attempt and its verdict."""
    temperature = desk.config.tasks.temperature
    while True:
        verdict = await _verify(desk, solution)
        rounds_left = desk.config.tasks.repair_rounds - solution.attempt
        if isinstance(verdict, Dropped):
            return solution, None
        if verdict.proven or rounds_left < 1 or verdict.outcome not in _REPAIRABLE:
            return solution, verdict
        failed, said = solution, verdict

        async def repair(failed: Solution = failed, said: Verdict = said) -> Solution | Dropped:
            return await repair_solution(desk.asker, task, failed, said, temperature)

        repaired = await desk.once(repair_id(desk.asker, failed, said, temperature), Solution, repair)
        if isinstance(repaired, Dropped):
            return solution, verdict
        solution = repaired


async def _verify(desk: Desk, solution: Solution) -> Verdict | Dropped:
    sandbox, timeout = desk.sandbox, desk.config.tasks.timeout_seconds
    if sandbox is None:
        return dropped("verify", solution.id, f"verdict-{solution.id}", "this run has no sandbox")

    async def verify() -> Verdict:
        return await desk.in_thread(lambda: verify_solution(sandbox, solution, timeout))

    return await desk.once(verdict_id(sandbox, solution, timeout), Verdict, verify)


def _level(desk: Desk, subtree: Subtree) -> Level:
    share = desk.config.tasks.files_share
    return (
        "files" if random.Random(seed_number(desk.config.seed, "level", subtree.draw)).random() < share else "function"
    )


def order_of(tasks: Sequence[Task], seed: int) -> list[Task]:
    """The tasks in a seeded random order, for choosing Tree-of-Evolution roots."""
    return random.Random(seed_number(seed, "task roots")).sample(list(tasks), len(tasks))
