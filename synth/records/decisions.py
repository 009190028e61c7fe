"""What is said about other records: scores, choices, answers, the instructions they are about, and what was dropped."""

from typing import ClassVar, Literal

from synth.records.base import Made, Record


class Score(Record):
    """One number about one record. "Unscored" is the absence of a score, never 0."""

    kind: ClassVar[str] = "score"
    subject_id: str
    name: str
    value: float
    reason: str = ""
    by: str
    """Who gave it: a module of ours, or `engine/model` for a judge."""
    made: Made | None = None
    """None where a module of ours gave it, and in records from before it was kept."""


class Instruction(Record):
    """A node of a Tree-of-Evolution tree. A root has round 0 and holds the code or task it grows from."""

    kind: ClassVar[str] = "instruction"
    tree_id: str
    """Id of the root."""
    parent_id: str | None
    origin_id: str
    """The seed or task that the root came from."""
    round: int
    draw: int
    text: str
    made: Made | None


class Choice(Record):
    """A decision about one record: kept or not, and why."""

    kind: ClassVar[str] = "choice"
    subject_id: str
    stage: Literal["beam", "collect", "decontaminate"]
    kept: bool
    reason: str
    value: float | None = None
    """V = challenge + diversity for the first two stages; overlapping n-grams for the last."""


class Answer(Record):
    """The answer to a collected instruction, at temperature 0."""

    kind: ClassVar[str] = "answer"
    instruction_id: str
    text: str
    made: Made


class Dropped(Record):
    """An item that ended early: which step, why, and the raw reply where there was one."""

    kind: ClassVar[str] = "dropped"
    subject_id: str
    """The record that the step worked on."""
    wanted_id: str
    """The id that the record would have had; unless `retry`, a resumed run does not try it again."""
    step: str
    reason: str
    raw: str = ""
    retry: bool = False
    """True where no reply came at all: a resumed run tries this item again."""


def dropped(step: str, subject_id: str, wanted_id: str, reason: str, raw: str = "", *, retry: bool = False) -> Dropped:
    """Build the `Dropped` record for an item that ended at `step`."""
    return Dropped(
        id=f"dropped-{wanted_id}",
        subject_id=subject_id,
        wanted_id=wanted_id,
        step=step,
        reason=reason,
        raw=raw,
        retry=retry,
    )
