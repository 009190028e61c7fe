"""The store: real DuckDB files, idempotent ingest, one owner."""

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.errors import BadInput, NotFound, WorkspaceBusy
from synth.records import KINDS, Proof, Record, Seed, Solution, Task, Verdict
from synth.store import Database
from synth.store.funnel import counts, funnel, usage
from synth.store.queries import (
    any_without_isolation,
    attempts,
    evolution,
    forest,
    rulings_of,
    score_values,
    seed_page,
    task_rows,
)
from synth.store.schema import MIGRATIONS, TABLES
from tests.examples import ALL, CHILD, FAILED, MADE, PASSED, REPAIRED, RULING, SEED, TASK


@pytest.fixture
def db(tmp_path: Path) -> Database:
    database = Database(tmp_path / "workspace.duckdb")
    database.add(ALL, "r0001-demo")
    return database


@pytest.mark.parametrize("record", ALL, ids=lambda record: record.id)
def test_every_record_comes_back_as_it_was(db: Database, record: Record) -> None:
    assert db.record(type(record), record.id) == record


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_table_has_exactly_the_fields_of_its_record(db: Database, kind: str) -> None:
    rows = db.rows("select column_name from information_schema.columns where table_name = ?", [TABLES[kind]])
    computed = {"doubt"} if kind == "verdict" else set()
    assert {row[0] for row in rows} == set(KINDS[kind].model_fields) | computed


def test_adding_again_changes_nothing_and_the_first_word_stands(db: Database) -> None:
    db.add([TASK.model_copy(update={"instruction": "Something else."})], "r0002-again")
    assert db.record(Task, TASK.id) == TASK
    assert db.rows("select run_id from members where record_id = ? order by 1", [TASK.id]) == [
        ("r0001-demo",),
        ("r0002-again",),
    ]


def test_what_was_ingested_is_remembered_with_its_place(db: Database) -> None:
    db.ingest("r1", "journal-0000.jsonl", [SEED], 100, 2)
    db.ingest("r1", "journal-0000.jsonl", [], 150, 1)
    assert db.rows("select bytes, damaged from ingested") == [(150, 3)]


def test_a_failed_ingest_leaves_nothing_behind(db: Database) -> None:
    def broken() -> "list[Record]":
        raise OSError("the disk is gone")

    before = db.rows("select count(*) from members")
    with pytest.raises(OSError, match="disk"):
        db.ingest("r9", "journal-0000.jsonl", (record for _ in [0] for record in broken()), 10, 0)
    assert db.rows("select count(*) from members") == before
    db.add([SEED], "r9")


def test_a_second_process_is_told_who_is_in_the_way(db: Database, tmp_path: Path) -> None:
    code = "import sys; from pathlib import Path; from synth.store import Database; Database(Path(sys.argv[1]))"
    result = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "workspace.duckdb")], capture_output=True, text=True, check=False
    )
    assert WorkspaceBusy.__name__ in result.stderr
    assert "is open in another Espalier" in result.stderr
    db.close()
    Database(tmp_path / "workspace.duckdb").close()


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "workspace.duckdb"
    path.write_text("this is my diary", encoding="utf-8")
    with pytest.raises(BadInput, match=r"workspace\.duckdb cannot be opened"):
        Database(path)
    assert path.read_text(encoding="utf-8") == "this is my diary"


def test_an_unknown_id_is_named(db: Database) -> None:
    with pytest.raises(NotFound, match="task-77"):
        db.record(Task, "task-77")


@given(st.text(max_size=60), st.text(max_size=60))
@settings(max_examples=40, deadline=None)
def test_any_unicode_text_is_stored(one: str, two: str) -> None:
    database = Database(Path(":memory:"))
    seed = SEED.model_copy(update={"name": one, "code": two})
    database.add([seed])
    assert database.record(Seed, seed.id) == seed
    database.close()


def test_the_funnel_counts_what_the_run_made(db: Database) -> None:
    stages = {stage.name: stage.count for stage in funnel(db, "r0001-demo").stages}
    assert stages == {
        "seeds read": 1,
        "growth steps": 1,
        "subtrees drawn": 1,
        "tasks made": 1,
        "first drafts": 1,
        "passed at once": 0,
        "repaired": 1,
        "proven": 1,
        "kept": 1,
        "instructions evolved": 1,
        "went on": 1,
        "collected": 1,
        "answered": 1,
    }
    assert [(drop.step, drop.reason, drop.count) for drop in funnel(db).drops] == [("task", "declined", 1)]
    assert all(stage.count == 0 for stage in funnel(db, "r0009-other").stages)
    assert counts(db).proven == 1


def test_tasks_are_found_by_their_words_and_outcome(db: Database) -> None:
    rows, total = task_rows(db, "PRICES", "passed", None, 10, 0)
    assert total == 1
    assert (rows[0].id, rows[0].attempts, rows[0].outcome, rows[0].run_id) == ("task-1", 2, "passed", "r0001-demo")
    assert task_rows(db, "", "failed", None, 10, 0) == ([], 0)
    assert task_rows(db, "'; drop table tasks; --", None, None, 10, 0) == ([], 0)
    assert seed_page(db, "cart", 10, 0) == ([SEED], 1)


def test_attempts_come_in_order_with_their_verdicts(db: Database) -> None:
    tries = attempts(db, ["task-1"])["task-1"]
    assert [(solution.attempt, verdict.outcome if verdict else None) for solution, verdict in tries] == [
        (0, "failed"),
        (1, "passed"),
    ]
    assert score_values(db, ["cyclomatic", "absent"]) == {"cyclomatic": [2.0], "absent": []}


def test_a_tree_of_evolution_shows_scores_and_choices(db: Database) -> None:
    (tree,) = forest(db)
    assert (tree.instructions, tree.kept, tree.collected, tree.best) == (1, 1, 1, 4.0)
    root, child = evolution(db, tree.tree_id)
    assert root.value is None
    assert child.instruction == CHILD
    assert child.value == 4.0
    assert child.diversity is None
    assert child.beam is not None
    assert child.beam.kept
    assert child.answer is not None


def test_verdicts_from_before_grades_were_kept_stay_and_say_what_they_said(tmp_path: Path) -> None:
    path = tmp_path / "old.duckdb"
    with duckdb.connect(path) as connection:
        connection.execute("create table migrations (number integer primary key, name varchar)")
        for number, name, change in MIGRATIONS[:2]:
            change(connection)
            connection.execute("insert into migrations values (?, ?)", [number, name])
        for record, outcome in ((PASSED, "passed"), (FAILED, "failed")):
            connection.execute(
                "insert into verdicts values (?, ?, ?, ?, '[]', 0, 0.2, null, '', '', 'bubblewrap', 'strong')",
                [record.id, record.solution_id, outcome, record.tests.model_dump_json()],
            )
    database = Database(path)
    old = database.record(Verdict, PASSED.id)
    assert (old.grade, old.why, old.proof, old.flaky, old.proven) == (None, "", None, None, True)
    assert database.rows("select id, doubt from verdicts order by id") == [(FAILED.id, "failed"), (PASSED.id, "")]
    database.add([TASK, *(record for record in ALL if isinstance(record, Solution))])
    assert counts(database).proven == 1
    database.close()


DOUBTS = {
    "flaky": {"flaky": True},
    "its tests pass for a solution that does nothing": {"proof": Proof(stub="passed", mutants=2)},
    "run without isolation": {"level": "none"},
}


@pytest.mark.parametrize("doubt", sorted(DOUBTS))
def test_a_pass_in_doubt_is_counted_nowhere_as_proven_and_the_funnel_says_why(db: Database, doubt: str) -> None:
    db.add([PASSED.model_copy(update=DOUBTS[doubt])])
    assert db.record(Verdict, PASSED.id).doubt == doubt
    assert counts(db).proven == 0
    stages = {stage.name: stage.count for stage in funnel(db).stages}
    assert (stages["repaired"], stages["proven"], stages["kept"]) == (0, 0, 0)
    assert ("verify", f"passed, but {doubt}", 1) in [(drop.step, drop.reason, drop.count) for drop in funnel(db).drops]
    assert score_values(db, ["cyclomatic"]) == {"cyclomatic": []}
    assert any_without_isolation(db) == (doubt == "run without isolation")


def test_a_ruling_counts_as_one_call_and_its_attempt_as_none(db: Database) -> None:
    made = MADE.model_copy(update={"prompt": "review_tests", "prompt_tokens": 50, "completion_tokens": 5})
    ruling = RULING.model_copy(update={"id": "ruling-2", "made": made})
    corrected = REPAIRED.model_copy(
        update={"id": "solution-3", "attempt": 2, "tests_change": RULING.change, "made": made}
    )
    db.add([ruling, corrected, PASSED.model_copy(update={"id": "verdict-3", "solution_id": "solution-3"})])
    (used,) = [use for use in usage(db) if use.prompt == "review_tests"]
    assert (used.calls, used.prompt_tokens, used.completion_tokens) == (1, 50, 5)
    (repaired,) = [stage for stage in funnel(db).stages if stage.name == "repaired"]
    assert repaired.note == "1 of them with corrected tests"
    assert rulings_of(db, ["solution-2", "solution-3"])["solution-2"].reason == "1 + 2 is 3"
