"""What is asked about prompts: real items to show one on, and how many records each of its hashes made."""

from collections.abc import Sequence
from typing import TypeVar

from synth.records import (
    MADE_KINDS,
    Instruction,
    Record,
    Seed,
    Solution,
    Subtree,
    Verdict,
)
from synth.store.database import ASKED_FOR, Database
from synth.store.schema import TABLES

R = TypeVar("R", bound=Record)

_FAILED = "select solution_id from verdicts where outcome not in ('passed', 'infra_error')"


def made_with(db: Database, prompt: str) -> dict[str, int]:
    """Hash of a prompt's text -> records that were made with it."""
    found: dict[str, int] = {}
    for kind in MADE_KINDS:
        own = ASKED_FOR if kind is Solution else "true"
        rows = db.rows(
            f"""select made->>'$.prompt_hash', count(*) from {TABLES[kind.kind]}
            where made is not null and made->>'$.prompt' = ? and {own} group by 1 order by 2 desc, 1""",
            [prompt],
        )
        for used, count in rows:
            found[str(used)] = found.get(str(used), 0) + int(count)
    return found


def newest(db: Database, kind: type[R], most: int, where: str = "true") -> list[R]:
    """The records of a kind that were stored last, the newest first."""
    return db.records(kind, f"{where} order by rowid desc limit {most:d}")


def newest_seeds(db: Database, most: int) -> list[Seed]:
    """Seeds stored last."""
    return newest(db, Seed, most)


def newest_subtrees(db: Database, most: int) -> list[Subtree]:
    """Subtrees stored last."""
    return newest(db, Subtree, most)


def levels_of(db: Database, subtree_ids: Sequence[str]) -> dict[str, str]:
    """Subtree -> the level of the task made from it, where there is one."""
    if not subtree_ids:
        return {}
    marks = ", ".join("?" * len(subtree_ids))
    rows = db.rows(f"select subtree_id, min(level) from tasks where subtree_id in ({marks}) group by 1", subtree_ids)
    return {str(row[0]): str(row[1]) for row in rows}


def newest_failed(db: Database, most: int) -> list[Solution]:
    """Attempts stored last of those that did not pass."""
    return newest(db, Solution, most, f"id in ({_FAILED})")


def verdict_of(db: Database, solution_id: str) -> Verdict | None:
    """What the tests said of an attempt."""
    found = db.records(Verdict, "solution_id = ? limit 1", [solution_id])
    return found[0] if found else None


def newest_questions(db: Database, most: int) -> list[Instruction]:
    """Instructions stored last, roots left out."""
    return newest(db, Instruction, most, "round > 0")
