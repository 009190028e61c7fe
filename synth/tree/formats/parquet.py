"""Parquet: one row a node, the path a list of texts. Tables that others made may leave columns out."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from synth.errors import BadInput
from synth.tree.columns import STATUSES
from synth.tree.formats.checks import (
    MAX_BYTES,
    estimated_fault,
    observed_fault,
    read_bytes,
    show,
)
from synth.tree.formats.paths import path_array, place_paths, refuse_repeats
from synth.tree.formats.records import FIELDS, fragment_of
from synth.tree.fragment import Fragment
from synth.tree.table import MAX_COUNT

_BROKEN = (pa.ArrowException, OSError, ValueError, TypeError, KeyError, OverflowError, MemoryError)


def write_parquet(fragment: Fragment, out: Path) -> None:
    """One row a node."""
    size = len(fragment)
    status = np.zeros(size, np.uint8) if fragment.status is None else fragment.status
    evidence = np.zeros(size + 1, np.int64)
    evidence[np.array(list(fragment.evidence), np.int64) + 1] = [len(seeds) for seeds in fragment.evidence.values()]
    seeds = [seed for row in sorted(fragment.evidence) for seed in fragment.evidence[row]]
    notes = [""] * size
    for row, note in fragment.note.items():
        notes[row] = note
    columns = {
        "path": path_array(fragment),
        "observed": pa.array(fragment.observed),
        "estimated": pa.array(fragment.estimated, mask=np.isnan(fragment.estimated)),
        "locked": pa.array(np.zeros(size, np.bool_) if fragment.locked is None else fragment.locked),
        "status": pa.array(STATUSES).take(pa.array(status)),
        "note": pa.array(notes, pa.large_string()),
        "evidence": pa.LargeListArray.from_arrays(pa.array(np.cumsum(evidence)), pa.array(seeds, pa.large_string())),
    }
    pq.write_table(pa.table(columns), out, compression="zstd")


def read_parquet(path: Path) -> Fragment:
    """The tree of a Parquet table with a `path` column. Raises BadInput with row and column."""
    try:
        table = _parquet_table(path, read_bytes(path))
    except _BROKEN as error:
        raise BadInput(f"{path} is no usable Parquet file: {_first_line(error)}") from None
    size = table.num_rows
    if not size:
        raise BadInput(f"{path} holds no features; give a file with a tree in it")
    unknown = [name for name in table.column_names if name not in FIELDS]
    if unknown or "path" not in table.column_names or len(set(table.column_names)) < len(table.column_names):
        shown = show(unknown[0]) if unknown else "the table"
        raise BadInput(
            f"{path}: {shown} does not fit; the columns may be {', '.join(FIELDS)}, each once, and path must be"
        )

    def where(row: int) -> str:
        return f"{path}, row {row + 1}"

    columns = _Columns(table, where)
    offsets, names = columns.lists("path")
    placed = place_paths(offsets, names, where)
    refuse_repeats(placed, where, lambda row: table["path"][row].as_py())
    evidence_at, seeds = columns.lists("evidence")
    texts, holders = seeds.to_pylist(), np.flatnonzero(np.diff(evidence_at)).tolist()
    if "" in texts:
        raise BadInput(f'{path}, "evidence": a seed id is empty; remove it')
    notes = columns.texts("note")
    return fragment_of(
        placed,
        columns.observed(),
        columns.estimated(),
        columns.truth("locked"),
        columns.status(),
        {row: note for row, note in enumerate(notes.to_pylist()) if note},
        {row: tuple(sorted(set(texts[evidence_at[row] : evidence_at[row + 1]]))) for row in holders},
    )


def _parquet_table(path: Path, data: bytes) -> pa.Table:
    file = pq.ParquetFile(pa.BufferReader(data))
    groups = [file.metadata.row_group(number) for number in range(file.metadata.num_row_groups)]
    columns = [group.column(number) for group in groups for number in range(group.num_columns)]
    size = max(sum(group.total_byte_size for group in groups), 8 * sum(column.num_values for column in columns))
    if size <= MAX_BYTES:
        size = _size_of_texts(data, file.schema)
    if size > MAX_BYTES:
        raise BadInput(f"{path} unpacks to {size:,} bytes; the limit is {MAX_BYTES:,}")
    table = file.read().combine_chunks()
    table.validate(full=True)
    return table


def _size_of_texts(data: bytes, schema: pq.ParquetSchema) -> int:
    """Bytes of all texts: one that stands often may be in the file once, but is written out for each row."""
    leaves = [schema.column(number) for number in range(len(schema))]
    texts = [leaf.path for leaf in leaves if leaf.physical_type == "BYTE_ARRAY"]
    batches = pq.ParquetFile(pa.BufferReader(data), read_dictionary=texts).iter_batches()
    return sum(_size_of(column) for batch in batches for column in batch.columns)


def _size_of(array: pa.Array) -> int:
    if pa.types.is_dictionary(array.type):
        lengths = pc.fill_null(pc.binary_length(array.dictionary), 0)
        return int(pc.sum(lengths.take(array.indices)).as_py() or 0)
    if pa.types.is_struct(array.type):
        return sum(map(_size_of, array.flatten()))
    return _size_of(array.flatten()) if pa.types.is_nested(array.type) else 0


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


class _Columns:
    """Columns of a table that someone else may have made, each as the type that it should have; missing = nothing."""

    def __init__(self, table: pa.Table, where: Callable[[int], str]) -> None:
        self._table = table
        self._where = where

    def lists(self, name: str) -> tuple[NDArray[np.int64], pa.Array]:
        """Offsets and texts of a column of lists; a null is an empty list."""
        column = self._column(name)
        if column is None:
            return np.zeros(self._table.num_rows + 1, np.int64), pa.array([], pa.large_string())
        kind = column.type
        is_list = pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
        if not is_list or not _is_text(kind.value_type):
            raise self._unfit(name, "a list of texts", kind)
        width = pc.fill_null(pc.list_value_length(column), 0).to_numpy(zero_copy_only=False).astype(np.int64)
        offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(width)])
        texts = pc.list_flatten(column).cast(pa.large_string())
        if texts.null_count:
            row = int(np.searchsorted(offsets, np.argmax(texts.is_null().to_numpy(zero_copy_only=False)), "right")) - 1
            raise BadInput(f'{self._where(row)}, "{name}": the list holds a null; remove it')
        return offsets, texts

    def texts(self, name: str) -> pa.Array:
        """A column of texts; a null is ""."""
        column = self._column(name)
        if column is None:
            return pa.array([""] * self._table.num_rows, pa.large_string())
        if not _is_text(column.type):
            raise self._unfit(name, "text", column.type)
        return pc.fill_null(column.cast(pa.large_string()), "")

    def observed(self) -> NDArray[np.int64]:
        """Whole counts; a null is 0."""
        values = self._numbers("observed", 0.0)
        fit = (values >= 0) & (values <= MAX_COUNT) & (values == np.floor(values))
        self._check("observed", values, fit, observed_fault)
        return values.astype(np.int64)

    def estimated(self) -> NDArray[np.float64]:
        """Estimates; a null is NaN, and so is a NaN."""
        values = self._numbers("estimated", np.nan)
        self._check("estimated", values, ~((values < 0) | (values > MAX_COUNT)), estimated_fault)
        return values

    def truth(self, name: str) -> NDArray[np.bool_]:
        """True or false; a null is false."""
        column = self._column(name)
        if column is None:
            return np.zeros(self._table.num_rows, np.bool_)
        if not pa.types.is_boolean(column.type):
            raise self._unfit(name, "true or false", column.type)
        found: NDArray[np.bool_] = pc.fill_null(column, False).to_numpy(zero_copy_only=False)
        return found

    def status(self) -> NDArray[np.uint8]:
        """Indices into `STATUSES`."""
        texts = self.texts("status")
        found = pc.index_in(texts, pa.array(STATUSES, pa.large_string()))
        if found.null_count:
            row = int(np.argmax(found.is_null().to_numpy(zero_copy_only=False)))
            known = ", ".join(map(repr, STATUSES[1:]))
            raise BadInput(
                f'{self._where(row)}: "status" is {show(texts[row].as_py())}; it must be one of {known} or ""'
            )
        return np.asarray(found.to_numpy(), np.uint8)

    def _numbers(self, name: str, missing: float) -> NDArray[np.float64]:
        column = self._column(name)
        if column is None:
            return np.full(self._table.num_rows, missing)
        if not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
            raise self._unfit(name, "numbers", column.type)
        numbers = column.cast(pa.float64(), safe=False)
        found: NDArray[np.float64] = pc.fill_null(numbers, missing).to_numpy(zero_copy_only=False)
        return found

    def _column(self, name: str) -> pa.Array | None:
        """The column in one piece, without a dictionary; None where it is missing or was written without a type."""
        if name not in self._table.column_names or pa.types.is_null(self._table[name].type):
            return None
        column = self._table[name]
        try:
            parts = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
        except pa.ArrowInvalid:  # more than 2 GB of text with offsets of 32 bits
            raise BadInput(f'{self._where(0)}: the column "{name}" holds too much text; shorten it') from None
        return parts.dictionary_decode() if pa.types.is_dictionary(parts.type) else parts

    def _check(
        self, name: str, values: NDArray[np.float64], fit: NDArray[np.bool_], fault: Callable[[object], str | None]
    ) -> None:
        if not fit.all():
            row = int(np.argmin(fit))
            raise BadInput(f"{self._where(row)}: {fault(float(values[row])) or name}")

    def _unfit(self, name: str, wanted: str, kind: pa.DataType) -> BadInput:
        return BadInput(f'{self._where(0)}: the column "{name}" must hold {wanted}, not {kind}')


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))
