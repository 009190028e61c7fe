"""Subtrees to tasks to solutions to verdicts, repairs and scores: one chain a subtree, many chains side by side."""

import random
from collections.abc import Sequence

from synth.flow.desk import Desk
from synth.ids import seed_number
from synth.records import Dropped, Level, Ruling, Shape, Solution, Subtree, Task, Verdict, dropped
from synth.settings import SampleConfig, TasksConfig
from synth.steps.decontaminate import Benchmarks, check_overlap
from synth.steps.draw import draw_subtrees
from synth.steps.repair import describe_error, repair_id, repair_solution
from synth.steps.review_tests import review_tests, ruling_id, with_corrected_tests
from synth.steps.score import score_solution
from synth.steps.solve import solution_id, solve_task
from synth.steps.task import make_task, task_id
from synth.steps.verify import Judging, verdict_id, verify_solution
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
    """Verify, repair while rounds are left, then ask once about the tests. Returns the last attempt and its verdict."""
    while True:
        verdict = await _verify(desk, solution)
        if isinstance(verdict, Dropped):
            return solution, None
        if verdict.outcome not in _REPAIRABLE:
            return solution, verdict
        following = await _repair(desk, task, solution, verdict)
        if following is None or (isinstance(following, Dropped) and not following.retry):
            following = await _correct_tests(desk, task, solution, verdict)
        if not isinstance(following, Solution):
            return solution, verdict
        solution = following


async def _repair(desk: Desk, task: Task, failed: Solution, said: Verdict) -> Solution | Dropped | None:
    """The next attempt; None where no round is left."""
    temperature = desk.config.tasks.temperature
    repairs = failed.attempt - (failed.tests_change is not None)  # the attempt with corrected tests is no repair
    if repairs >= desk.config.tasks.repair_rounds:
        return None
    return await desk.once(
        repair_id(desk.asker, failed, said, temperature),
        Solution,
        lambda: repair_solution(desk.asker, task, failed, said, temperature),
    )


async def _correct_tests(desk: Desk, task: Task, failed: Solution, said: Verdict) -> Solution | None:
    """The attempt with corrected tests; None where the judge blames the solution, or is not to be asked (again)."""
    config = desk.config.tasks
    if not config.review_tests or not config.repair_rounds or failed.tests_change is not None:
        return None
    ruling = await desk.once(
        ruling_id(desk.asker, failed, said),
        Ruling,
        lambda: review_tests(desk.asker, task, failed, said, describe_error(said)),
    )
    if isinstance(ruling, Dropped) or ruling.blames == "solution":
        return None
    corrected = with_corrected_tests(failed, ruling)
    desk.keep(corrected)
    return corrected


async def _verify(desk: Desk, solution: Solution) -> Verdict | Dropped:
    sandbox = desk.sandbox
    if sandbox is None:
        return dropped("verify", solution.id, f"verdict-{solution.id}", "this run has no sandbox")
    judging = judging_of(desk.config.tasks)

    async def verify() -> Verdict:
        try:
            return await desk.in_thread(lambda: verify_solution(sandbox, solution, judging, desk.faults))
        finally:
            desk.watch.faults(desk.faults.faults)

    return await desk.once(verdict_id(sandbox, solution, judging), Verdict, verify)


def judging_of(config: TasksConfig) -> Judging:
    """How a config has solutions judged."""
    return Judging(config.timeout_seconds, config.prove_tests, config.mutants, config.recheck)


def _level(desk: Desk, subtree: Subtree) -> Level:
    share = desk.config.tasks.files_share
    return (
        "files" if random.Random(seed_number(desk.config.seed, "level", subtree.draw)).random() < share else "function"
    )


def order_of(tasks: Sequence[Task], seed: int) -> list[Task]:
    """The tasks in a seeded random order, for choosing Tree-of-Evolution roots."""
    return random.Random(seed_number(seed, "task roots")).sample(list(tasks), len(tasks))
