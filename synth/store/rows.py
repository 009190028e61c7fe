"""Records as rows: which column a field is, and what stands in it. Lists and objects are stored as JSON text."""

import json
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, TypeVar, get_args, get_origin

import pyarrow as pa
from pydantic import ConfigDict, TypeAdapter
from pydantic_core import PydanticSerializationError

from synth.records import Record, Subtree, Verdict

R = TypeVar("R", bound=Record)

_PLAIN = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}
_SPACED: tuple[type[Record], ...] = (Subtree,)
"""Their JSON is also searched as text, so it keeps the form that it always had: a space behind each comma."""

Cell = Callable[[Any], Any]


def columns_of(kind: type[Record]) -> list[str]:
    """The columns of a kind's table, those first that are fields."""
    return [*kind.model_fields, *(("doubt",) if kind is Verdict else ())]


def to_rows(kind: type[Record], records: Sequence[Record]) -> list[tuple[Any, ...]]:
    """What stands in `columns_of(kind)` for each record."""
    cells = _cells(kind)
    names = [name for name, _ in cells]
    convert = [cell for _, cell in cells]
    rows = []
    for record in records:
        values = record.__dict__  # a record has each of its fields there, and one look-up is quicker than ten
        row = [values[name] if cell is None else cell(values[name]) for name, cell in zip(names, convert, strict=True)]
        if isinstance(record, Verdict):
            row.append(record.doubt)
        rows.append(tuple(row))
    return rows


def to_arrow(kind: type[Record], rows: Sequence[tuple[Any, ...]]) -> pa.Table:
    """The same rows as a table."""
    types = [_arrow_type(kind.model_fields[name].annotation) or pa.string() for name in kind.model_fields]
    types += [pa.string()] * (len(columns_of(kind)) - len(types))
    columns = zip(*rows, strict=True)
    arrays = [pa.array(values, one) for values, one in zip(columns, types, strict=True)]
    return pa.table(dict(zip(columns_of(kind), arrays, strict=True)))


def storable(rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Rows without what UTF-8 cannot hold; engines do send half a character."""
    return [
        tuple(value.encode("utf-8", "replace").decode("utf-8") if isinstance(value, str) else value for value in row)
        for row in rows
    ]


def json_fields(kind: type[Record]) -> list[str]:
    """Fields that are stored as JSON text."""
    return [name for name, field in kind.model_fields.items() if _arrow_type(field.annotation) is None]


def to_record(kind: type[R], values: dict[str, Any], parse: Sequence[str]) -> R:
    """The record of a row; `parse` are its `json_fields`."""
    for name in parse:
        if values[name] is not None:
            values[name] = json.loads(values[name])
    return kind.model_validate(values)


@cache
def _cells(kind: type[Record]) -> tuple[tuple[str, Cell | None], ...]:
    return tuple(
        (name, None if _arrow_type(field.annotation) is not None else _json_cell(kind, field.annotation))
        for name, field in kind.model_fields.items()
    )


def _json_cell(kind: type[Record], annotation: object) -> Cell:
    settings = ConfigDict(ser_json_inf_nan=kind.model_config.get("ser_json_inf_nan", "constants"))
    of_its_own = hasattr(annotation, "model_config")  # such a type takes no other settings
    shape: Any = annotation
    adapter: TypeAdapter[Any] = TypeAdapter(shape) if of_its_own else TypeAdapter(shape, config=settings)

    def spaced(value: object) -> str | None:
        return None if value is None else json.dumps(adapter.dump_python(value, mode="json"), ensure_ascii=False)

    def compact(value: object) -> str | None:
        try:
            return None if value is None else adapter.dump_json(value).decode("utf-8")
        except (PydanticSerializationError, UnicodeError):
            return spaced(value)

    return spaced if kind in _SPACED else compact


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
