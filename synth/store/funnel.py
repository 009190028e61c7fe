"""Totals, the funnel and token usage: how much was made, and why the rest was dropped."""

from dataclasses import dataclass

from synth.records import (
    MADE_KINDS,
    Answer,
    Extraction,
    Growth,
    Instruction,
    Ruling,
    Solution,
    Task,
)
from synth.store.database import ASKED_FOR, OF_RUN, Database
from synth.store.failures import STILL_LOST
from synth.store.schema import TABLES


@dataclass(frozen=True, slots=True)
class Counts:
    """How much of each noun the workspace holds."""

    seeds: int
    extractions: int
    growths: int
    subtrees: int
    tasks: int
    solutions: int
    verdicts: int
    proven: int
    """Tasks with a solution that is proven, see `Verdict.doubt`."""
    scores: int
    trees: int
    """Tree-of-Evolution trees."""
    instructions: int
    """Evolved ones; roots are not counted."""
    collected: int
    answers: int
    datasets: int


@dataclass(frozen=True, slots=True)
class Stage:
    """One line of the funnel."""

    name: str
    count: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Drop:
    """Why items ended early: the step, the reason's first words, how many, and one reason in full."""

    step: str
    reason: str
    count: int
    example: str


@dataclass(frozen=True, slots=True)
class Funnel:
    """Made, passed, repaired, kept, and why the rest was dropped."""

    stages: tuple[Stage, ...]
    drops: tuple[Drop, ...]


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one prompt; None where an endpoint did not say."""

    prompt: str
    calls: int
    prompt_tokens: int | None
    completion_tokens: int | None


def counts(db: Database) -> Counts:
    """Totals of the workspace."""
    names = ("seeds", "extractions", "growths", "subtrees", "tasks", "solutions", "verdicts", "scores")
    totals = {name: _one(db, f"select count(*) from {name}") for name in names}
    return Counts(
        **totals,
        proven=_one(db, _PROVEN.format(extra="")),
        trees=_one(db, "select count(*) from instructions where round = 0"),
        instructions=_one(db, "select count(*) from instructions where round > 0"),
        collected=_one(db, "select count(*) from choices where stage = 'collect' and kept"),
        answers=_one(db, "select count(*) from answers"),
        datasets=_one(db, "select count(*) from datasets"),
    )


_PROVEN = """select count(distinct s.task_id) from solutions s join verdicts v on v.solution_id = s.id
    where v.doubt = '' {extra}"""


def funnel(db: Database, run_id: str | None = None) -> Funnel:
    """The funnel of one run, or of the whole workspace."""
    return Funnel(_sample_stages(db, run_id) + _evolution_stages(db, run_id), _drops(db, run_id))


def _sample_stages(db: Database, run_id: str | None) -> tuple[Stage, ...]:
    def number(table: str, kind: str, extra: str = "true") -> int:
        return _one(db, f"select count(*) from {table} where {OF_RUN.format(id='id', kind=kind)} and {extra}", run_id)

    def solved(extra: str) -> int:
        return _one(db, _PROVEN.format(extra=f"and {OF_RUN.format(id='s.id', kind='solution')} {extra}"), run_id)

    overlapping = "and s.task_id in (select subject_id from choices where stage = 'decontaminate' and not kept)"
    proven = solved("")
    return (
        Stage("seeds read", number("extractions", "extraction")),
        Stage("growth steps", number("growths", "growth")),
        Stage("subtrees drawn", number("subtrees", "subtree")),
        Stage("tasks made", number("tasks", "task")),
        Stage("first drafts", number("solutions", "solution", "attempt = 0")),
        Stage("passed at once", solved("and s.attempt = 0")),
        Stage("repaired", solved("and s.attempt > 0"), _corrected(solved("and s.tests_change is not null"))),
        Stage("proven", proven),
        Stage("kept", proven - solved(overlapping), "proven and free of benchmark overlap"),
    )


def _evolution_stages(db: Database, run_id: str | None) -> tuple[Stage, ...]:
    mine = OF_RUN.format(id="id", kind="choice")
    return (
        Stage(
            "instructions evolved",
            _one(
                db,
                f"select count(*) from instructions where {OF_RUN.format(id='id', kind='instruction')} and round > 0",
                run_id,
            ),
        ),
        Stage("went on", _one(db, f"select count(*) from choices where {mine} and stage = 'beam' and kept", run_id)),
        Stage(
            "collected", _one(db, f"select count(*) from choices where {mine} and stage = 'collect' and kept", run_id)
        ),
        Stage(
            "answered", _one(db, f"select count(*) from answers where {OF_RUN.format(id='id', kind='answer')}", run_id)
        ),
    )


def _drops(db: Database, run_id: str | None) -> tuple[Drop, ...]:
    ended = db.rows(
        f"""select step, trim(split_part(reason, ':', 1)) as why, count(*), min(reason) from drops
        where {STILL_LOST}
        group by step, why order by count(*) desc, step, why""",
        [run_id, run_id],
    )
    unproven = db.rows(
        f"""select doubt, doubt <> outcome, count(*), min(stderr) from (
            select arg_max(v.doubt, s.attempt) as doubt, arg_max(v.outcome, s.attempt) as outcome,
                arg_max(v.stderr, s.attempt) as stderr
            from solutions s join verdicts v on v.solution_id = s.id
            where {OF_RUN.format(id="s.id", kind="solution")} group by s.task_id)
        where doubt <> '' group by all order by 2, 1""",
        [run_id, run_id],
    )
    stopped = db.rows(
        f"""select stage, trim(split_part(reason, ':', 1)) as why, count(*), min(reason) from choices
        where not kept and {OF_RUN.format(id="id", kind="choice")} group by stage, why order by stage, why""",
        [run_id, run_id],
    )
    return tuple(
        [Drop(*row) for row in ended]
        + [
            Drop("verify", f"passed, but {doubt}" if passed else f"last attempt {doubt}", count, (text or "")[-300:])
            for doubt, passed, count, text in unproven
        ]
        + [Drop(*row) for row in stopped]
    )


def usage(db: Database, run_id: str | None = None) -> list[Usage]:
    """Calls and tokens a prompt, over every record that an engine made."""
    found: list[Usage] = []
    for kind in (Extraction, Growth, Task, Solution, Ruling, Instruction, Answer):
        own = ASKED_FOR if kind is Solution else "true"
        rows = db.rows(
            f"""select made->>'$.prompt', count(*), sum(cast(made->>'$.prompt_tokens' as bigint)),
                sum(cast(made->>'$.completion_tokens' as bigint)) from {TABLES[kind.kind]}
            where made is not null and {own} and {OF_RUN.format(id="id", kind=kind.kind)} group by 1 order by 1""",
            [run_id, run_id],
        )
        found += [Usage(*row) for row in rows]
    return found


def prompt_hashes(db: Database, run_id: str | None = None) -> dict[str, list[str]]:
    """Which texts of each prompt were used, by their hashes."""
    found: dict[str, set[str]] = {}
    for kind in MADE_KINDS:
        rows = db.rows(
            f"""select distinct made->>'$.prompt', made->>'$.prompt_hash' from {TABLES[kind.kind]}
            where made is not null and {OF_RUN.format(id="id", kind=kind.kind)}""",
            [run_id, run_id],
        )
        for prompt, hashed in rows:
            found.setdefault(prompt, set()).add(hashed)
    return {prompt: sorted(hashes) for prompt, hashes in sorted(found.items())}


def _corrected(number: int) -> str:
    return f"{number:,} of them with corrected tests" if number else ""


def _one(db: Database, sql: str, *run_id: str | None) -> int:
    return db.number(sql, [value for value in run_id for _ in range(2)])
