"""The stored records that a record is made again from; one that is not there is said plainly."""

from itertools import product
from typing import TypeVar

from synth.errors import NotFound
from synth.records import Answer, Demonstration, Instruction, Record, Score, Solution, Task
from synth.workspace.replaying.past_run import CannotReplay, PastRun

R = TypeVar("R", bound=Record)
Marks = tuple[float | None, float | None]
"""Challenge and diversity."""


class Parents:
    """Looks them up for one run."""

    def __init__(self, run: PastRun) -> None:
        self._run = run

    def one(self, kind: type[R], record_id: str) -> R:
        """One record. Raises `CannotReplay` where it is not there."""
        try:
            return self._run.db.record(kind, record_id)
        except NotFound as error:
            raise CannotReplay(f"its {kind.kind} {record_id} is not in this workspace.") from error

    def all(self, kind: type[R], column: str, record_id: str) -> list[R]:
        """All records of a kind that name another in a column, by id."""
        return self._run.db.records(kind, f"{column} = ? order by id", [record_id])

    def demonstrations(self) -> list[Demonstration]:
        """Those that the run made."""
        return self._run.members(Demonstration, "true order by version, id")

    def marks(self, parent: Instruction) -> list[Marks]:
        """Every pair of scores that the run may have shown with a parent; a root has none."""
        if parent.round == 0:
            return [(None, None)]
        scores = self._run.members(Score, "subject_id = ? order by id", (parent.id,))
        challenges: list[float | None] = [score.value for score in scores if score.name == "challenge"]
        diversities: list[float | None] = [score.value for score in scores if score.name == "diversity"]
        return list(product(challenges or [None], diversities or [None]))

    def exported_text(self, subject_id: str) -> str:
        """What was compared with benchmarks: the question and the last solution, or the answer."""
        if subject_id.startswith(f"{Task.kind}-"):
            task = self.one(Task, subject_id)
            attempts = self._run.members(Solution, "task_id = ? order by attempt desc, id", (subject_id,))
            if not attempts:
                raise CannotReplay(f"the solution of {subject_id} is not in this workspace.")
            return "\n".join([task.question, *(file.text for file in attempts[0].files)])
        instruction = self.one(Instruction, subject_id)
        answers = self._run.members(Answer, "instruction_id = ? order by id", (subject_id,))
        if not answers:
            raise CannotReplay(f"the answer to {subject_id} is not in this workspace.")
        return f"{instruction.text}\n{answers[0].text}"
