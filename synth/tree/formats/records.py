"""One record a node: JSON lines, DeepFabric's leaf paths, and tables of comma-separated values.

    {"path": ["workflow", "logging"], "observed": 12, "status": "reviewed", "evidence": ["seed-1"]}

Only what differs from "nothing" is written. A path is a list, so no name needs escaping.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from synth.errors import BadInput
from synth.tree.columns import STATUSES
from synth.tree.formats.checks import (
    encodes,
    estimated_fault,
    first_bad_name,
    name_fault,
    observed_fault,
    read_text,
    show,
)
from synth.tree.formats.jsontext import no_constant, unique_object
from synth.tree.formats.paths import Placed, place_paths, refuse_repeats
from synth.tree.fragment import Fragment

FIELDS = ("path", "observed", "estimated", "locked", "status", "note", "evidence")
FIELD_LIMIT = 64_000_000
"""Characters in one cell of a CSV file."""

Steps = Callable[[float], None]
"""Is told which share of a text was read."""

_LEVEL = re.compile(r"level[ _-]?([1-9]\d?)", re.IGNORECASE)
_REPORT = 5_000


class _Rows:
    """Records read so far, checked one by one."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._line: list[int] = []
        self._names: list[str] = []
        self._ends: list[int] = [0]
        self.observed: list[int] = []
        self.estimated: list[float] = []
        self.locked: list[bool] = []
        self.status: list[int] = []
        self.note: dict[int, str] = {}
        self.evidence: dict[int, tuple[str, ...]] = {}

    def __len__(self) -> int:
        return len(self._line)

    def place(self, number: int) -> str:
        """Where record `number` stands."""
        return f"{self._where}, line {self._line[number]}"

    def path(self, number: int) -> list[str]:
        """The path of record `number`."""
        return self._names[self._ends[number] : self._ends[number + 1]]

    def add(self, line: int, fields: dict[str, object]) -> None:
        """Take a record. Raises BadInput that names the line and the field."""
        self._line.append(line)
        number = len(self._line) - 1
        place = self.place(number)
        path = fields.get("path")
        if not isinstance(path, list) or not all(type(name) is str for name in path):
            raise BadInput(f'{place}: "path" must be a list of names, got {show(path)}')
        self._names += path
        self._ends.append(len(self._names))
        if len(fields) == 1:
            fault: str | None = None
        else:
            unknown = [name for name in fields if name not in FIELDS]
            fault = f"{show(unknown[0])} is no field; known are {', '.join(FIELDS)}" if unknown else None
            fault = fault or self._values(number, fields)
        if fault:
            raise BadInput(f"{place}: {fault}")
        if len(self.observed) == number:
            self.observed.append(0)
            self.estimated.append(float("nan"))
            self.locked.append(False)
            self.status.append(0)

    def _values(self, number: int, fields: dict[str, object]) -> str | None:
        """Take everything but the path; what is wrong with it."""
        observed, estimated = fields.get("observed", 0), fields.get("estimated")
        fault = observed_fault(observed) or (None if estimated is None else estimated_fault(estimated))
        if fault:
            return fault
        locked, status = fields.get("locked", False), fields.get("status", "")
        if not isinstance(locked, bool):
            return f'"locked" is {show(locked)}; it must be true or false'
        if status not in STATUSES:
            return f'"status" is {show(status)}; it must be one of {", ".join(map(repr, STATUSES[1:]))} or ""'
        note, evidence = fields.get("note", ""), fields.get("evidence", [])
        if not isinstance(note, str) or not encodes(note):
            return f'"note" is {show(note)}; it must be a text'
        if not isinstance(evidence, list) or not all(type(seed) is str and seed and encodes(seed) for seed in evidence):
            return f'"evidence" is {show(evidence)}; it must be a list of seed ids'
        self.observed.append(int(observed))  # type: ignore[call-overload]  # a number without fault
        self.estimated.append(float("nan") if estimated is None else float(estimated))  # type: ignore[arg-type]
        self.locked.append(locked)
        self.status.append(STATUSES.index(str(status)))
        if note:
            self.note[number] = note
        if evidence:
            self.evidence[number] = tuple(sorted(set(evidence)))
        return None

    def placed(self) -> Placed:
        """The tree of the paths."""
        if not self._line:
            raise BadInput(f"{self._where} holds no features; give a file with a tree in it")
        bad = first_bad_name(self._names)
        if bad is not None:
            number = int(np.searchsorted(self._ends, bad, side="right")) - 1
            raise BadInput(f"{self.place(number)}: {name_fault(self._names[bad])}")
        return place_paths(np.array(self._ends, np.int64), pa.array(self._names, pa.large_string()), self.place)

    def fragment(self) -> Fragment:
        """The tree with what the records say about it. Raises BadInput where two say it about one path."""
        placed = self.placed()
        refuse_repeats(placed, self.place, self.path)
        return fragment_of(
            placed,
            np.array(self.observed, np.int64),
            np.array(self.estimated, np.float64),
            np.array(self.locked, np.bool_),
            np.array(self.status, np.uint8),
            self.note,
            self.evidence,
        )


def fragment_of(
    placed: Placed,
    observed: NDArray[Any],
    estimated: NDArray[Any],
    locked: NDArray[Any],
    status: NDArray[Any],
    note: dict[int, str],
    evidence: dict[int, tuple[str, ...]],
) -> Fragment:
    """The fragment of records that end at the rows of `placed`; rows between have nothing."""
    size = len(placed.name)
    fragment = Fragment(placed.parent, placed.name, np.zeros(size, np.int64), np.full(size, np.nan))
    fragment.observed[placed.row] = observed
    fragment.estimated[placed.row] = estimated
    if locked.any():
        fragment.locked = np.zeros(size, np.bool_)
        fragment.locked[placed.row] = locked
    if status.any():
        fragment.status = np.zeros(size, np.uint8)
        fragment.status[placed.row] = status
    fragment.note = {int(placed.row[number]): text for number, text in note.items()}
    fragment.evidence = {int(placed.row[number]): seeds for number, seeds in evidence.items()}
    return fragment


def read_jsonl(path: Path, steps: Steps) -> Fragment:
    """The tree of our JSON lines. Raises BadInput with line and field."""
    rows = _Rows(str(path))
    for number, record in _json_lines(path, read_text(path), steps):
        rows.add(number, record)
    return rows.fragment()


def lists_features(path: Path) -> bool:
    """Whether a JSON text is a list of objects, as the workbench writes a branch."""
    begun = read_text(path)[:100].split(maxsplit=1)
    return "".join(begun).startswith("[{")


def read_nested(path: Path) -> Fragment:
    """The tree of features in each other: lists of objects with `name`, what there is to tell, and `children`.

    Raises BadInput with the line, as far as each feature begins one.
    """
    rows = _Rows(str(path))
    tops = json_value(read_text(path), str(path))
    waiting: list[tuple[list[str], object]] = [([], feature) for feature in reversed(_list(tops, str(path)))]
    while waiting:
        above, feature = waiting.pop()
        place = f"{path}, line {len(rows) + 2}"
        if not isinstance(feature, dict) or "path" in feature or not isinstance(feature.get("name"), str):
            raise BadInput(f'{place}: expected a mapping with a name, as in {{"name": ...}}, got {show(feature)}')
        here = [*above, feature.pop("name")]
        waiting += [(here, child) for child in reversed(_list(feature.pop("children", []), place))]
        rows.add(len(rows) + 2, {"path": here, **feature})
    return rows.fragment()


def _list(value: object, place: str) -> list[object]:
    if not isinstance(value, list):
        raise BadInput(f"{place}: expected a list of features, got {show(value)}")
    return value


def read_deepfabric(path: Path, steps: Steps) -> tuple[Fragment, list[str]]:
    """The tree of DeepFabric's leaf paths, with notes. Raises BadInput with the line."""
    rows = _Rows(str(path))
    for number, record in _json_lines(path, read_text(path), steps):
        others = [key for key in record if key != "path"]
        if others:
            raise BadInput(f'{path}, line {number}: {show(others[0])} is no field of DeepFabric\'s; only "path" is')
        rows.add(number, record)
    placed = rows.placed()
    repeated = len(rows) - len(np.unique(placed.row))
    size = len(placed.name)
    notes = [f"{repeated:,} of the lines repeat a path from before and were skipped"] if repeated else []
    return Fragment(placed.parent, placed.name, np.zeros(size, np.int64), np.full(size, np.nan)), notes


def only_paths(path: Path) -> bool:
    """Whether the first record has nothing but a path, as DeepFabric's have."""
    _, record = next(_json_lines(path, read_text(path), lambda share: None))
    return list(record) == ["path"]


def _json_lines(path: Path, text: str, steps: Steps) -> Iterator[tuple[int, dict[str, object]]]:
    lines = text.split("\n")
    for number, line in enumerate(lines, start=1):
        if number % _REPORT == 0:
            steps(number / len(lines))
        if line and not line.isspace():
            place = f"{path}, line {number}"
            record = json_value(line, place)
            if not isinstance(record, dict):
                raise BadInput(f'{place}: expected a mapping, as in {{"path": ["name"]}}, got {show(line)}')
            yield number, record


def json_value(text: str, place: str) -> object:
    """The value of a JSON text. Raises BadInput with the place and the column."""
    try:
        value: object = json.loads(text, object_pairs_hook=unique_object, parse_constant=no_constant)
    except json.JSONDecodeError as error:
        raise BadInput(f"{place}, column {error.pos + 1}: this is no JSON ({error.msg}); is the file cut?") from None
    except RecursionError:
        raise BadInput(f"{place}: this value is nested too deep") from None
    except ValueError as error:
        raise BadInput(f"{place}: {error}") from None
    return value


def read_csv(path: Path, steps: Steps) -> Fragment:
    """The tree of a table with a `path` column or columns `level_1`, `level_2`, ... Raises BadInput with the line."""
    text = read_text(path)
    rows = _Rows(str(path))
    columns: list[str] = []
    levels: list[int] = []
    done = 0
    for number, cells in _csv_lines(text, path):
        place = f"{path}, line {number}"
        done += sum(map(len, cells)) + len(cells)
        if not columns:
            columns = [cell.strip().lower() for cell in cells]
            levels = _header(columns, place)
            continue
        if len(cells) != len(columns):
            raise BadInput(f"{place}: the line has {len(cells)} cells, the header {len(columns)}; is a quote missing?")
        fields: dict[str, object] = {"path": _levels([cells[column] for column in levels], place)} if levels else {}
        for column, cell in zip(columns, cells, strict=True):
            if cell and column in FIELDS:
                fields[column] = cell if column in ("status", "note") else _cell(cell, f'{place}, "{column}"')
        rows.add(number, fields)
        if number % _REPORT == 0:
            steps(min(1.0, done / len(text)))
    return rows.fragment()


def _csv_lines(text: str, path: Path) -> Iterator[tuple[int, list[str]]]:
    """Lines that hold something, with the number of the line that each begins in."""
    before = csv.field_size_limit(FIELD_LIMIT)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    number = 1
    try:
        for cells in reader:
            if cells:
                yield number, cells
            number = reader.line_num + 1
    except csv.Error as error:
        raise BadInput(f"{path}, line {number}: this is no CSV ({error}); is a quote missing?") from None
    finally:
        csv.field_size_limit(before)


_FOLLOWS = "level"
"""A column that tables for people have; it says nothing that the path does not, and is passed over."""


def _header(columns: list[str], place: str) -> list[int]:
    """Which columns are levels, from the first level on. Raises BadInput for a header that says too little."""
    found = {int(match[1]): column for column, name in enumerate(columns) if (match := _LEVEL.fullmatch(name))}
    unknown = [name for name in columns if name not in (*FIELDS, _FOLLOWS) and not _LEVEL.fullmatch(name)]
    if unknown:
        raise BadInput(
            f"{place}: {show(unknown[0])} is no column; known are {', '.join(FIELDS)} and level_1, level_2, ..."
        )
    if len(set(columns)) < len(columns):
        raise BadInput(f"{place}: a column stands twice in the header; keep one")
    if bool(found) == ("path" in columns) or sorted(found) != list(range(1, len(found) + 1)):
        raise BadInput(
            f"{place}: the header needs either a column path or the columns level_1, level_2, ... without a gap"
        )
    return [found[level] for level in sorted(found)]


def _levels(cells: Sequence[str], place: str) -> list[str]:
    path = list(cells)
    while path and not path[-1]:
        path.pop()
    if "" in path:
        raise BadInput(f"{place}: level_{path.index('') + 1} is empty, but one after it is not; fill it")
    return path


def _cell(cell: str, place: str) -> object:
    """The value of a cell; spreadsheets write truth in capitals."""
    return json_value(cell.lower() if cell in ("TRUE", "FALSE", "True", "False") else cell, place)


def jsonl_lines(fragment: Fragment) -> Iterator[str]:
    """One record a node; the first always has a count, which tells the file from DeepFabric's."""
    for row, (path, fields) in enumerate(_records(fragment)):
        record = {"path": path, **({} if row else {"observed": 0}), **fields}
        yield json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n"


def deepfabric_lines(fragment: Fragment) -> Iterator[str]:
    """One path a leaf."""
    inner = np.zeros(len(fragment) + 1, np.bool_)
    inner[fragment.parent] = True
    for path, has_children in zip(fragment.paths(), inner[:-1].tolist(), strict=True):
        if not has_children:
            yield json.dumps({"path": path}, ensure_ascii=False) + "\n"


def csv_lines(fragment: Fragment) -> Iterator[str]:
    """A table with one row a node, path and evidence as JSON."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(FIELDS)
    for path, fields in _records(fragment):
        shown = {**fields, "path": path}
        writer.writerow(
            value if isinstance(value := shown.get(name, ""), str) else json.dumps(value, ensure_ascii=False)
            for name in FIELDS
        )
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def _records(fragment: Fragment) -> Iterator[tuple[tuple[str, ...], dict[str, object]]]:
    """Path and what is not nothing, of each row."""
    size = len(fragment)
    locked = [False] * size if fragment.locked is None else fragment.locked.tolist()
    status = [0] * size if fragment.status is None else fragment.status.tolist()
    observed, estimated = fragment.observed.tolist(), fragment.estimated.tolist()
    for row, path in enumerate(fragment.paths()):
        fields: dict[str, object] = {}
        if observed[row]:
            fields["observed"] = observed[row]
        if estimated[row] == estimated[row]:
            fields["estimated"] = estimated[row]
        if locked[row]:
            fields["locked"] = True
        if status[row]:
            fields["status"] = STATUSES[status[row]]
        if note := fragment.note.get(row):
            fields["note"] = note
        if evidence := fragment.evidence.get(row):
            fields["evidence"] = list(evidence)
        yield path, fields
