"""Records <-> DuckDB. One process owns the file; one writer at a time; readers use cursors of their own."""

import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import duckdb
import pyarrow as pa

from synth.errors import BadInput, NotFound, WorkspaceBusy
from synth.records import KINDS, Dropped, Record, Verdict
from synth.store.rows import columns_of, json_fields, storable, to_arrow, to_record, to_rows
from synth.store.schema import TABLES, migrate

R = TypeVar("R", bound=Record)

DatabaseError = duckdb.Error
"""What the database itself raises, for those who may not know which one it is."""

_CHECKPOINT = "128MB"
"""Of the log that a kill leaves to be read again when the file is opened. Each checkpoint packs the last 122,880 rows
of a table anew, so that many of them cost more than all the writing."""
_REPLACED = (Verdict.kind, Dropped.kind)
"""Kinds that are made again: where the sandbox itself had failed, and where a person had it tried anew."""

ASKED_FOR = "made->>'$.prompt' <> 'review_tests'"
"""SQL condition on solutions: made by a call of its own. One with corrected tests came with the ruling on them."""

OF_RUN = "(? is null or {id} in (select record_id from members where run_id = ? and kind = '{kind}'))"
"""SQL condition: made by the run given twice as a parameter, or any run where that is None."""


class Database:
    """The workspace's DuckDB file."""

    def __init__(self, path: Path) -> None:
        """Open or create. Raises `WorkspaceBusy` where another process has it, `BadInput` where it is no database."""
        try:
            self._connection = duckdb.connect(
                str(path),
                config={
                    "autoinstall_known_extensions": False,
                    "autoload_known_extensions": False,
                    "threads": 2,
                    "checkpoint_threshold": _CHECKPOINT,
                },
            )
        except duckdb.IOException as error:
            if "lock" in str(error).lower():
                raise WorkspaceBusy(
                    f"{path.parent} is open in another Espalier (the app or a command). "
                    "Close it, or use another folder with --workspace."
                ) from error
            raise BadInput(f"{path} cannot be opened as a workspace database: {error}") from error
        except duckdb.Error as error:
            raise BadInput(f"{path} cannot be opened as a workspace database: {error}") from error
        self._writing = threading.RLock()
        self._depth = 0
        migrate(self._connection)

    def close(self) -> None:
        """Close the file; waits for a write that is under way."""
        with self._writing:
            self._connection.close()

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query, read with a cursor of its own."""
        with self._connection.cursor() as cursor:
            return cursor.execute(sql, list(parameters)).fetchall()

    def number(self, sql: str, parameters: Sequence[object] = ()) -> int:
        """The one number that a query gives."""
        return int(self.rows(sql, parameters)[0][0])

    def records(self, kind: type[R], where: str = "true", parameters: Sequence[object] = ()) -> list[R]:
        """Records of one kind; `where` may go on with `order by` and `limit`."""
        names = list(kind.model_fields)
        columns = ", ".join(f'"{name}"' for name in names)
        rows = self.rows(f"select {columns} from {TABLES[kind.kind]} where {where}", parameters)
        parse = json_fields(kind)
        return [to_record(kind, dict(zip(names, row, strict=True)), parse) for row in rows]

    def record(self, kind: type[R], record_id: str) -> R:
        """One record. Raises `NotFound`."""
        found = self.records(kind, "id = ?", [record_id])
        if not found:
            raise NotFound(f"no {kind.kind} `{record_id}` in this workspace.")
        return found[0]

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything written in the block is stored together when it ends, or not at all. Blocks may nest."""
        with self._writing:
            if self._depth == 0:
                self._connection.execute("begin")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth -= 1
                if self._depth == 0:
                    self._connection.execute("rollback")
                raise
            self._depth -= 1
            if self._depth == 0:
                self._connection.execute("commit")

    def add(self, records: Iterable[Record], run_id: str | None = None) -> int:
        """Store records; those there already stay, but for verdicts and drops. Returns how many there were."""
        with self.transaction():
            return self._insert(records, run_id)

    def ingest(self, run_id: str, file: str, records: Iterable[Record], end: int, damaged: int) -> int:
        """Store what a journal file says up to byte `end`, and that it was read so far, in one transaction."""
        with self.transaction():
            count = self._insert(records, run_id)
            self._connection.execute(
                "insert into ingested values (?, ?, ?, ?) on conflict do update "
                "set bytes = excluded.bytes, damaged = ingested.damaged + excluded.damaged",
                [run_id, file, end, damaged],
            )
        return count

    def missing(self, kind: str, ids: Sequence[str]) -> set[str]:
        """Which of these ids no record of the kind has yet."""
        found = self.rows(f"select id from {TABLES[kind]} where id in (select unnest(?))", [list(ids)])
        return set(ids) - {row[0] for row in found}

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> None:
        """Run one writing statement."""
        with self._writing:
            self._connection.execute(sql, list(parameters)).fetchall()

    def _insert(self, records: Iterable[Record], run_id: str | None) -> int:
        groups: dict[str, dict[str, Record]] = defaultdict(dict)
        for record in records:
            if record.kind in _REPLACED:
                groups[record.kind][record.id] = record
            else:
                groups[record.kind].setdefault(record.id, record)
        for kind, group in groups.items():
            self._store(KINDS[kind], list(group), list(group.values()))
            if run_id is not None:
                rows = pa.table(
                    {"run_id": [run_id] * len(group), "kind": [kind] * len(group), "record_id": list(group)}
                )
                self._insert_arrow("insert or ignore into members by name select * from batch", rows)
        return sum(len(group) for group in groups.values())

    def _store(self, kind: type[Record], ids: Sequence[str], records: Sequence[Record]) -> None:
        """Append those that are new; of those that are there, replace what may be made again."""
        table = TABLES[kind.kind]
        there = self._there(table, ids)
        new = [record for record in records if record.id not in there] if there else records
        if new:
            self._append(kind, to_rows(kind, new))
        if there and kind.kind in _REPLACED:
            again = storable(to_rows(kind, [record for record in records if record.id in there]))
            self._insert_arrow(f"insert or replace into {table} by name select * from batch", to_arrow(kind, again))

    def _there(self, table: str, ids: Sequence[str]) -> set[str]:
        found = self._connection.execute(f"select id from {table} where id in (select unnest(?))", [list(ids)])
        return {row[0] for row in found.fetchall()}

    def _append(self, kind: type[Record], rows: list[tuple[Any, ...]]) -> None:
        try:
            self._append_as_they_are(kind, rows)
        except UnicodeError:
            self._append_as_they_are(kind, storable(rows))

    def _append_as_they_are(self, kind: type[Record], rows: list[tuple[Any, ...]]) -> None:
        appender = self._connection.appender(TABLES[kind.kind], columns=columns_of(kind))
        try:
            appender.append_rows(rows)
        except BaseException:
            appender.clear()
            raise
        appender.flush()

    def _insert_arrow(self, sql: str, batch: pa.Table) -> None:
        self._connection.register("batch", batch)
        try:
            self._connection.execute(sql).fetchall()
        finally:
            self._connection.unregister("batch")
