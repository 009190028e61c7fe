"""Subtrees to tasks to solutions to verdicts, repairs and scores: one chain a subtree, many chains side by side."""

import random
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from synth.flow.desk import Desk
from synth.ids import seed_number
from synth.records import Dropped, Level, Record, Ruling, Shape, Solution, Subtree, Task, Verdict, dropped
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

R = TypeVar("R", bound=Record)

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


async def make_samples(desk: Desk, tree: FeatureTree, benchmarks: Benchmarks | None) -> None:
    """Draw the subtrees and run a chain for each; a chain that is over is not gone through again.

    Subtrees are drawn when their turn comes. The tree must not change meanwhile.
    """
    config = desk.config.sample
    if not config.count or not len(tree):
        return
    desk.watch.start("samples", config.count)

    async def chain(subtree: Subtree) -> None:
        temperature = desk.config.tasks.temperature
        reused = desk.has(task_id(desk.asker, subtree, _level(desk, subtree), 0, temperature))
        made = _Chain(desk)
        task = await _one_sample(made, subtree, benchmarks)
        if not made.unfinished:
            said = {"task": None if task is None else task.id}
            desk.end(_ended(subtree.draw), lost=task is None, drops=made.drops, of=said)
        desk.watch.advance("samples", dropped=task is None, reused=reused)

    await desk.each(_open_subtrees(desk, tree), chain)


def proven_tasks(desk: Desk, count: int) -> Iterator[str]:
    """Ids of the tasks with a proven solution among the first `count` draws, in draw order."""
    for draw in range(count):
        if desk.over(_ended(draw)) == "made":
            said = desk.finished.mark(_ended(draw))
            if said is not None:
                yield str(said["task"])


def _open_subtrees(desk: Desk, tree: FeatureTree) -> Iterator[Subtree]:
    """The subtrees whose chains are not over, each journaled first; those that are over get counted on the way.

    One that was drawn by an earlier worker stays what it is, even where the tree has grown otherwise since.
    """
    config = desk.config.sample
    series: Iterator[Subtree] = iter(())
    following = -1
    for draw in range(config.count):
        state = desk.over(_ended(draw))
        if state is not None:
            desk.watch.advance("samples", dropped=state == "dropped", reused=True)
            continue
        drawn = desk.finished.record(f"draw {draw}")
        if not isinstance(drawn, Subtree):
            if following != draw:
                rest = config.count - draw
                series = draw_subtrees(tree, shape_of(config), rest, desk.config.seed, draw, config.targets)
            drawn, following = next(series), draw + 1
            desk.keep(drawn, f"draw {draw}")
        yield drawn


def _ended(draw: int) -> str:
    return f"ended {draw}"


@dataclass(slots=True)
class _Chain:
    """The desk as one chain sees it: what ended early in it is written down."""

    desk: Desk
    drops: list[str] = field(default_factory=list)
    """Ids of what was not made."""
    unfinished: bool = False
    """Whether a resumed run has something to try again."""

    async def once(self, wanted_id: str, kind: type[R], make: Callable[[], Awaitable[R | Dropped]]) -> R | Dropped:
        """As `Desk.once`."""
        record = await self.desk.once(wanted_id, kind, make)
        if isinstance(record, Dropped):
            self.drops.append(wanted_id)
            self.unfinished |= record.retry
        elif isinstance(record, Verdict):
            self.unfinished |= record.unfinished
        return record


async def _one_sample(chain: _Chain, subtree: Subtree, benchmarks: Benchmarks | None) -> Task | None:
    """The task, where a solution of it is proven."""
    desk = chain.desk
    temperature = desk.config.tasks.temperature
    level = _level(desk, subtree)
    task = await chain.once(
        task_id(desk.asker, subtree, level, 0, temperature),
        Task,
        lambda: make_task(desk.asker, subtree, level, 0, temperature),
    )
    if isinstance(task, Dropped):
        return None
    solution = await chain.once(
        solution_id(desk.asker, task, temperature), Solution, lambda: solve_task(desk.asker, task, temperature)
    )
    if isinstance(solution, Dropped):
        return None
    final, verdict = await _prove(chain, task, solution)
    for score in score_solution(final, subtree):
        desk.keep(score)
    if benchmarks is not None:
        text = "\n".join([task.question, *(file.text for file in final.files)])
        desk.keep(check_overlap(task.id, text, benchmarks))
    return task if verdict is not None and verdict.proven else None


async def _prove(chain: _Chain, task: Task, solution: Solution) -> tuple[Solution, Verdict | None]:
    """Verify, repair while rounds are left, then ask once about the tests. Returns the last attempt and its verdict."""
    while True:
        verdict = await _verify(chain, solution)
        if isinstance(verdict, Dropped):
            return solution, None
        if verdict.outcome not in _REPAIRABLE:
            return solution, verdict
        following = await _repair(chain, task, solution, verdict)
        if following is None or (isinstance(following, Dropped) and not following.retry):
            following = await _correct_tests(chain, task, solution, verdict)
        if not isinstance(following, Solution):
            return solution, verdict
        solution = following


async def _repair(chain: _Chain, task: Task, failed: Solution, said: Verdict) -> Solution | Dropped | None:
    """The next attempt; None where no round is left."""
    desk = chain.desk
    temperature = desk.config.tasks.temperature
    repairs = failed.attempt - (failed.tests_change is not None)  # the attempt with corrected tests is no repair
    if repairs >= desk.config.tasks.repair_rounds:
        return None
    return await chain.once(
        repair_id(desk.asker, failed, said, temperature),
        Solution,
        lambda: repair_solution(desk.asker, task, failed, said, temperature),
    )


async def _correct_tests(chain: _Chain, task: Task, failed: Solution, said: Verdict) -> Solution | None:
    """The attempt with corrected tests; None where the judge blames the solution, or is not to be asked (again)."""
    desk = chain.desk
    config = desk.config.tasks
    if not config.review_tests or not config.repair_rounds or failed.tests_change is not None:
        return None
    ruling = await chain.once(
        ruling_id(desk.asker, failed, said),
        Ruling,
        lambda: review_tests(desk.asker, task, failed, said, describe_error(said)),
    )
    if isinstance(ruling, Dropped) or ruling.blames == "solution":
        return None
    corrected = with_corrected_tests(failed, ruling)
    desk.keep(corrected)
    return corrected


async def _verify(chain: _Chain, solution: Solution) -> Verdict | Dropped:
    desk = chain.desk
    sandbox = desk.sandbox
    if sandbox is None:
        return dropped("verify", solution.id, f"verdict-{solution.id}", "this run has no sandbox")
    judging = judging_of(desk.config.tasks)

    async def verify() -> Verdict:
        try:
            return await desk.in_thread(lambda: verify_solution(sandbox, solution, judging, desk.faults))
        finally:
            desk.watch.faults(desk.faults.faults)

    return await chain.once(verdict_id(sandbox, solution, judging), Verdict, verify)


def judging_of(config: TasksConfig) -> Judging:
    """How a config has solutions judged."""
    return Judging(config.timeout_seconds, config.prove_tests, config.mutants, config.recheck)


def _level(desk: Desk, subtree: Subtree) -> Level:
    share = desk.config.tasks.files_share
    return (
        "files" if random.Random(seed_number(desk.config.seed, "level", subtree.draw)).random() < share else "function"
    )


def order_of(tasks: Sequence[str], seed: int) -> list[str]:
    """Ids of tasks in a seeded random order, for choosing Tree-of-Evolution roots."""
    return random.Random(seed_number(seed, "task roots")).sample(list(tasks), len(tasks))
