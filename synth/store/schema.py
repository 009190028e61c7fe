"""Tables and numbered migrations. A table holds one kind of record; its columns are the record's fields.

Verdicts have one more, `doubt`: it is computed from the others by `Verdict.doubt` alone, and empty where proven.
"""

from collections.abc import Callable

import duckdb

TABLES: dict[str, str] = {
    "seed": "seeds",
    "pre_extraction": "pre_extractions",
    "demonstration": "demonstrations",
    "extraction": "extractions",
    "growth": "growths",
    "subtree": "subtrees",
    "task": "tasks",
    "solution": "solutions",
    "verdict": "verdicts",
    "ruling": "rulings",
    "score": "scores",
    "instruction": "instructions",
    "choice": "choices",
    "answer": "answers",
    "dropped": "drops",
}
"""Record kind -> table."""

_FIRST = """
create table seeds (
    id varchar primary key, source varchar, path varchar, line bigint, end_line bigint, name varchar,
    unit varchar, code varchar using compression zstd, licence varchar);
create table pre_extractions (id varchar primary key, seed_id varchar, keywords varchar, made varchar);
create table demonstrations (
    id varchar primary key, version bigint, previous_id varchar, features varchar, added bigint, removed bigint,
    covered double, made varchar);
create table extractions (
    id varchar primary key, seed_id varchar, demonstration_id varchar, features varchar using compression zstd,
    made varchar);
create table growths (
    id varchar primary key, step bigint, drawn varchar, added varchar, refused varchar, made varchar);
create table subtrees (
    id varchar primary key, draw bigint, seed bigint, shape varchar, temperature double, features varchar,
    mandatory varchar);
create table tasks (
    id varchar primary key, subtree_id varchar, level varchar, draw bigint, selected varchar, scenario varchar,
    statement varchar using compression zstd, instruction varchar, made varchar);
create table solutions (
    id varchar primary key, task_id varchar, attempt bigint, previous_id varchar,
    files varchar using compression zstd, tests varchar using compression zstd, packages varchar, note varchar,
    made varchar);
create table verdicts (
    id varchar primary key, solution_id varchar, outcome varchar, tests varchar, failures varchar,
    exit_code bigint, seconds double, peak_mb double, stdout varchar using compression zstd,
    stderr varchar using compression zstd, backend varchar, level varchar);
create table scores (
    id varchar primary key, subject_id varchar, name varchar, value double, reason varchar, "by" varchar);
create table instructions (
    id varchar primary key, tree_id varchar, parent_id varchar, origin_id varchar, round bigint, draw bigint,
    text varchar using compression zstd, made varchar);
create table choices (
    id varchar primary key, subject_id varchar, stage varchar, kept boolean, reason varchar, value double);
create table answers (
    id varchar primary key, instruction_id varchar, text varchar using compression zstd, made varchar);
create table drops (
    id varchar primary key, subject_id varchar, wanted_id varchar, step varchar, reason varchar,
    raw varchar using compression zstd, retry boolean);
create table members (run_id varchar, kind varchar, record_id varchar, primary key (run_id, kind, record_id));
create table ingested (run_id varchar, file varchar, bytes bigint, damaged bigint, primary key (run_id, file));
create table datasets (
    name varchar primary key, created varchar, form varchar, path varchar, "rows" bigint, unproven boolean,
    left_out varchar);
"""


_TREE = """
create table tree_entries (
    number bigint primary key, moment varchar, actor_kind varchar, actor varchar, reason varchar, action varchar,
    summary varchar, operations varchar using compression zstd, targets varchar, "group" varchar, touched bigint,
    delta blob, file varchar);
create table tree_snapshots (name varchar primary key, entry bigint, moment varchar, actor varchar, reason varchar);
create table tree_proposals (
    id varchar primary key, moment varchar, actor varchar, reason varchar, parent bigint, counts varchar,
    fragment blob, file varchar, operations varchar using compression zstd, reasons varchar using compression zstd,
    decisions blob);
"""

_JUDGED = """
alter table verdicts add column grade varchar;
alter table verdicts add column why varchar default '';
alter table verdicts add column proof varchar;
alter table verdicts add column flaky boolean;
alter table verdicts add column doubt varchar;
update verdicts set doubt =
    case when outcome <> 'passed' then outcome when level = 'none' then 'run without isolation' else '' end;
alter table solutions add column tests_change varchar;
create table rulings (
    id varchar primary key, task_id varchar, solution_id varchar, verdict_id varchar, blames varchar, reason varchar,
    tests varchar using compression zstd, change varchar, made varchar);
"""

_JUDGES = "alter table scores add column made varchar"


def _run(script: str) -> Callable[[duckdb.DuckDBPyConnection], None]:
    def change(connection: duckdb.DuckDBPyConnection) -> None:
        for statement in script.split(";"):
            if statement.strip():
                connection.execute(statement)

    return change


MIGRATIONS: tuple[tuple[int, str, Callable[[duckdb.DuckDBPyConnection], None]], ...] = (
    (1, "one table a kind of record", _run(_FIRST)),
    (2, "the history of the tree, its snapshots and proposals", _run(_TREE)),
    (3, "how verdicts were reached, what they are worth, and rulings about tests", _run(_JUDGED)),
    (4, "who gave a score, where it was a judge", _run(_JUDGES)),
)
"""Applied in order, each once, each in a transaction of its own. Only ever appended to."""


def migrate(connection: duckdb.DuckDBPyConnection) -> None:
    """Bring a database to the newest schema."""
    connection.execute("create table if not exists migrations (number integer primary key, name varchar)")
    applied = {row[0] for row in connection.execute("select number from migrations").fetchall()}
    for number, name, change in MIGRATIONS:
        if number in applied:
            continue
        connection.execute("begin")
        try:
            change(connection)
            connection.execute("insert into migrations values (?, ?)", [number, name])
        except BaseException:
            connection.execute("rollback")
            raise
        connection.execute("commit")
