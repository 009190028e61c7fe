"""Counts by path, straight from a real DuckDB file."""

from pathlib import Path

import numpy as np
import pytest

from synth.records import FeaturePath
from synth.store import Database
from synth.store.uses import (
    COLUMNS,
    NO_PATH,
    ModelUse,
    Paths,
    marks,
    path_counts,
    subtree_rows,
    subtrees_with,
    task_states,
    tasks_in_rows,
    used_by_model,
)
from tests.examples import ALL, PASSED, REPAIRED, SUBTREE, TASK

NAMES = (
    "a",
    "a > b",
    'say "hi"',
    "🦊",
    "[",
    "]",
    ", ",
    "],",
    '","',
    "\0",
    "\x1f\x7f\u2028\n",
    "\\",
    "",
    "数据",
    "x]",
    "/",
)


@pytest.fixture
def db(tmp_path: Path) -> Database:
    return Database(tmp_path / "workspace.duckdb")


def draws(db: Database, *drawn: tuple[FeaturePath, ...]) -> None:
    """Store subtrees with just these features."""
    db.add([SUBTREE.model_copy(update={"id": f"s-{n}", "features": features}) for n, features in enumerate(drawn)])


def counted(db: Database) -> dict[FeaturePath, tuple[int, int]]:
    """Path -> how often it was drawn, and how often it ended a draw."""
    rows = subtree_rows(db, -1)
    weights = np.zeros((len(rows), len(COLUMNS)), np.int64)
    weights[:, 0] = 1
    found = path_counts(db, rows, weights)
    paths = Paths()
    numbers = paths.take(found.keys)
    above = {
        n: a for numbers_, above_ in paths.levels() for n, a in zip(numbers_.tolist(), above_.tolist(), strict=True)
    }

    def path(number: int) -> FeaturePath:
        return () if number == NO_PATH else (*path(above[number]), paths.names[number])

    counts = found.counts[:, [0, -1]].tolist()
    return {path(number): (row[0], row[1]) for number, row in zip(numbers.tolist(), counts, strict=True)}


def test_any_name_is_counted_where_it_is_and_only_there(db: Database) -> None:
    pairs = [(one, other) for one in NAMES for other in NAMES]
    draws(db, *(((one,), (one, other), (one, other, "end")) for one, other in pairs))
    expected: dict[FeaturePath, tuple[int, int]] = {(one,): (len(NAMES), 0) for one in NAMES}
    expected |= dict.fromkeys(pairs, (1, 0)) | {(*pair, "end"): (1, 1) for pair in pairs}
    assert counted(db) == expected
    for one, other in pairs:
        assert len(subtrees_with(db, (one, other))) == 1, (one, other)
        assert len(subtrees_with(db, (other,))) == len(NAMES), other
    assert subtrees_with(db, ("half \ud800",)).tolist() == []


def test_a_name_that_begins_another_is_not_above_it(db: Database) -> None:
    draws(db, (("a",), ("ab",), ("a", "b"), ("a", "bc"), ('a"',), ('a","b',)))
    assert counted(db) == {
        ("a",): (1, 0), ("ab",): (1, 1), ("a", "b"): (1, 1), ("a", "bc"): (1, 1), ('a"',): (1, 1), ('a","b',): (1, 1),
    }  # fmt: skip


def test_a_draw_counts_a_path_once_and_empty_ones_never(db: Database) -> None:
    draws(db, (("a",), ("a",), ("a", "b"), ("a", "b")), ((),), ())
    assert counted(db) == {("a",): (1, 0), ("a", "b"): (1, 1)}


def test_what_no_draw_has_above_an_end_is_still_a_path(db: Database) -> None:
    draws(db, (("a", "b", "c"), ("a",)))
    assert counted(db) == {("a",): (1, 0), ("a", "b", "c"): (1, 1)}


def test_nothing_gives_nothing(db: Database) -> None:
    assert counted(db) == {}
    assert task_states(db).row.tolist() == []
    assert tasks_in_rows(db, []) == tasks_in_rows(db, [5]) == []
    assert subtrees_with(db, ()).tolist() == []


def test_marks_change_with_whatever_counts(db: Database) -> None:
    seen = {marks(db)}
    for records in ([SUBTREE], [TASK], [REPAIRED], [PASSED.model_copy(update={"outcome": "failed"})], [PASSED]):
        db.add(records)
        assert marks(db) not in seen
        seen.add(marks(db))
    db.ingest("r1", "journal-0000.jsonl", [], 10, 0)
    assert marks(db) not in seen


def test_a_task_has_the_state_of_its_last_attempt(db: Database) -> None:
    db.add(ALL)
    states = task_states(db)
    assert (states.passed.tolist(), states.kept.tolist(), states.known_in.tolist()) == ([1], [1], [0])
    db.add([REPAIRED.model_copy(update={"id": "solution-3", "attempt": 2})])
    assert task_states(db).passed.tolist() == [0]
    db.add([TASK.model_copy(update={"id": "task-x", "subtree_id": "no such subtree"})])
    assert len(task_states(db).row) == 1
    assert tasks_in_rows(db, states.row.tolist())[0].outcome is None


def test_the_attempts_of_a_task_are_counted(db: Database) -> None:
    db.add([SUBTREE, TASK])
    rows = task_states(db).row.tolist()
    assert tasks_in_rows(db, rows)[0].attempts == 0
    db.add([REPAIRED, REPAIRED.model_copy(update={"id": "solution-3", "attempt": 2})])
    assert tasks_in_rows(db, rows)[0].attempts == 2


def test_what_a_feature_used_is_told_by_model_with_all_attempts(db: Database) -> None:
    asked = TASK.made.model_copy(
        update={"engine": "openai", "model": "m", "prompt_tokens": 100, "completion_tokens": 20}
    )
    silent = asked.model_copy(update={"prompt_tokens": None})
    elsewhere = TASK.model_copy(update={"id": "task-x", "subtree_id": "no such subtree", "made": asked})
    db.add([SUBTREE, TASK.model_copy(update={"made": asked}), elsewhere])
    db.add([REPAIRED.model_copy(update={"made": silent})])
    assert used_by_model(db, SUBTREE.features[-1]) == [ModelUse("openai", "m", 100, 40, unknown=1)]
    assert used_by_model(db, ("nowhere",)) == []
