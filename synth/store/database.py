"""Records <-> DuckDB. One process owns the file; one writer at a time; readers use cursors of their own."""

import json
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

import duckdb
import pyarrow as pa

from synth.errors import BadInput, NotFound, WorkspaceBusy
from synth.records import KINDS, Record, Verdict
from synth.store.schema import TABLES, migrate

R = TypeVar("R", bound=Record)

DatabaseError = duckdb.Error
"""What the database itself raises, for those who may not know which one it is."""

_PLAIN = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}


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
                config={"autoinstall_known_extensions": False, "autoload_known_extensions": False, "threads": 2},
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
        parse = [name for name in names if _is_json(kind, name)]
        return [_to_record(kind, dict(zip(names, row, strict=True)), parse) for row in rows]

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
        """Store records; those already there are left as they are, but for verdicts. Returns how many there were."""
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
            groups[record.kind].setdefault(record.id, record)
        for kind, group in groups.items():
            batch = _to_arrow(KINDS[kind], list(group.values()))
            if kind == Verdict.kind:
                doubts = [verdict.doubt for verdict in group.values() if isinstance(verdict, Verdict)]
                batch = batch.append_column("doubt", pa.array(doubts, pa.string()))
            # Only a verdict is ever made again: where the sandbox itself had failed.
            verb = "replace" if kind == Verdict.kind else "ignore"
            self._insert_arrow(f"insert or {verb} into {TABLES[kind]} by name select * from batch", batch)
            if run_id is not None:
                rows = pa.table(
                    {"run_id": [run_id] * len(group), "kind": [kind] * len(group), "record_id": list(group)}
                )
                self._insert_arrow("insert or ignore into members by name select * from batch", rows)
        return sum(len(group) for group in groups.values())

    def _insert_arrow(self, sql: str, batch: pa.Table) -> None:
        self._connection.register("batch", batch)
        try:
            self._connection.execute(sql).fetchall()
        finally:
            self._connection.unregister("batch")


def _is_json(kind: type[Record], name: str) -> bool:
    return _arrow_type(kind.model_fields[name].annotation) is None


def _arrow_type(annotation: object) -> pa.DataType | None:
    """The plain column type of a field, or None where it is stored as JSON text."""
    if annotation in _PLAIN:
        return _PLAIN[annotation]
    inner = [part for part in get_args(annotation) if part is not type(None)]
    if get_origin(annotation) is not None and inner and all(isinstance(part, str) for part in inner):
        return pa.string()  # a Literal of strings
    if len(inner) == 1 and type(None) in get_args(annotation):
        return _arrow_type(inner[0])
    return None


def _to_arrow(kind: type[Record], records: list[Record]) -> pa.Table:
    columns: dict[str, pa.Array] = {}
    bodies = [record.model_dump(mode="json") for record in records]
    for name, field in kind.model_fields.items():
        values = [body[name] for body in bodies]
        plain = _arrow_type(field.annotation)
        if plain is None:
            texts = [None if value is None else json.dumps(value, ensure_ascii=False) for value in values]
            columns[name] = pa.array([_storable(text) for text in texts], pa.string())
        elif plain == pa.string():
            columns[name] = pa.array([_storable(value) for value in values], plain)
        else:
            columns[name] = pa.array(values, plain)
    return pa.table(columns)


def _storable(text: str | None) -> str | None:
    """Text without what UTF-8 cannot hold; engines do send lone surrogates."""
    return text if text is None else text.encode("utf-8", "replace").decode("utf-8")


def _to_record(kind: type[R], values: dict[str, Any], parse: Sequence[str]) -> R:
    for name in parse:
        if values[name] is not None:
            values[name] = json.loads(values[name])
    return kind.model_validate(values)
