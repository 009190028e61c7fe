"""Gather what one exported row is made of: the task or instruction, every attempt, scores, and the seeds behind it."""

from collections.abc import Iterator, Sequence

from synth.errors import NotFound
from synth.export.sample import Sample
from synth.records import Answer, FeaturePath, Instruction, Subtree, Task
from synth.store import Database, queries
from synth.tree.columns import FeatureTree

_CHUNK = 400
_PLACES = 3
"""Seeds named per feature; the rest are in the workspace."""


class Gatherer:
    """Assembles samples against one state of the workspace."""

    def __init__(self, db: Database, tree: FeatureTree) -> None:
        self._db = db
        self._tree = tree
        self._seeds = queries.seed_places(db)

    def task(self, task_id: str) -> Sample:
        """The sample of one task. Raises `NotFound`."""
        return next(self._of_tasks([self._db.record(Task, task_id)]))

    def all(self, run_id: str | None, left_out: dict[str, int]) -> Iterator[Sample]:
        """Every sample of a run or of the workspace; what overlaps a benchmark is only counted, in `left_out`."""
        overlapping = queries.overlapping(self._db)
        tasks = queries.of_run(self._db, Task, run_id)
        for first in range(0, len(tasks), _CHUNK):
            for sample in self._of_tasks(tasks[first : first + _CHUNK]):
                if sample.task is not None and sample.task.id in overlapping:
                    left_out["overlaps a benchmark"] = left_out.get("overlaps a benchmark", 0) + 1
                else:
                    yield sample
        for answer in queries.of_run(self._db, Answer, run_id):
            if answer.instruction_id in overlapping:
                left_out["overlaps a benchmark"] = left_out.get("overlaps a benchmark", 0) + 1
            else:
                yield self._of_answer(answer)

    def _of_tasks(self, tasks: Sequence[Task]) -> Iterator[Sample]:
        attempts = queries.attempts(self._db, [task.id for task in tasks])
        finals = [attempts[task.id][-1][0].id for task in tasks if attempts.get(task.id)]
        scores = queries.scores_of(self._db, finals)
        subtrees = queries.subtrees_of(self._db, tasks)
        rulings = queries.rulings_of(self._db, [s.id for tries in attempts.values() for s, _ in tries])
        runs = queries.runs_of(self._db, "task", [task.id for task in tasks])
        for task in tasks:
            tries = tuple(attempts.get(task.id, ()))
            solution, verdict = tries[-1] if tries else (None, None)
            subtree = subtrees.get(task.subtree_id)
            evidence, licences = self._evidence(subtree)
            yield Sample(
                task=task,
                subtree=subtree,
                solution=solution,
                verdict=verdict,
                attempts=tries,
                rulings=tuple(rulings[solution.id] for solution, _ in tries if solution.id in rulings),
                scores=tuple(scores.get(solution.id, ())) if solution else (),
                instruction=None,
                answer=None,
                evidence=evidence,
                licences=licences,
                run_ids=tuple(runs[task.id]),
            )

    def _of_answer(self, answer: Answer) -> Sample:
        instruction = self._db.record(Instruction, answer.instruction_id)
        place, licence = self._seeds.get(self._origin(instruction), ("", ""))
        return Sample(
            task=None,
            subtree=None,
            solution=None,
            verdict=None,
            attempts=(),
            scores=tuple(queries.scores_of(self._db, [instruction.id])[instruction.id]),
            instruction=instruction,
            answer=answer,
            evidence=(((), (place,)),) if place else (),
            licences=(licence,) if licence else (),
            run_ids=tuple(queries.runs_of(self._db, "answer", [answer.id])[answer.id]),
        )

    def _origin(self, instruction: Instruction) -> str:
        try:
            return self._db.record(Instruction, instruction.tree_id).origin_id
        except NotFound:
            return instruction.origin_id

    def _evidence(
        self, subtree: Subtree | None
    ) -> tuple[tuple[tuple[FeaturePath, tuple[str, ...]], ...], tuple[str, ...]]:
        """Where seeds show the drawn features, and the licences of those seeds."""
        found: list[tuple[FeaturePath, tuple[str, ...]]] = []
        licences: dict[str, None] = {}
        for path in subtree.features if subtree else ():
            node = self._tree.node(path)
            shown = [self._seeds[s] for s in self._tree.evidence(node)[:_PLACES] if s in self._seeds] if node else []
            if shown:
                found.append((path, tuple(place for place, _ in shown)))
                licences.update(dict.fromkeys(licence for _, licence in shown))
        return tuple(found), tuple(sorted(licences))
