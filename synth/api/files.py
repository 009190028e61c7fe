"""A branch as a file to be saved: an outline, nested JSON, or a table."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field

from synth.api.bench import Bench
from synth.api.endpoint import Body, Download, Endpoint
from synth.errors import BadInput, NotFound
from synth.records import FeaturePath
from synth.tree.bulk import breadth_first, depth_first
from synth.tree.columns import ROOT, STATUSES, FeatureTree
from synth.tree.formats.outline import outline_line

Column = NDArray[Any]
Form = Literal["outline", "json", "csv"]

FIELDS = ("path", "level", "observed", "estimated", "status", "note", "locked")
_ENDINGS: dict[Form, tuple[str, str]] = {
    "outline": ("txt", "text/plain; charset=utf-8"),
    "json": ("json", "application/json"),
    "csv": ("csv", "text/csv; charset=utf-8"),
}
_AT_ONCE = 10_000
_LONGEST = 60


class ExportBody(Body):
    """Which branch, its top included, in which form; node 0 is the whole tree."""

    node: int = Field(ge=0)
    form: Form


def export(bench: Bench, asked: ExportBody) -> Download:
    """The file of a branch. Raises `NotFound` for a feature that is gone, `BadInput` for an empty tree."""
    with bench.workspace.trees.reading() as tree:
        if not tree.alive(asked.node):
            raise NotFound(f"there is no feature with id {asked.node} any more; choose another one to export.")
        path = tree.path(asked.node)
        branch = branch_of(tree, asked.node)
    if not len(branch.name):
        raise BadInput("the tree is empty: there is nothing to export yet.")
    ending, media_type = _ENDINGS[asked.form]
    content = parts(_lines(asked.form, branch, path))
    return Download(f"{file_name(path)}.{ending}", media_type, content)


@dataclass(frozen=True, slots=True)
class Branch:
    """A feature and all below it as it was at one moment, depth first, in arrays: only parts become Python's own."""

    texts: pa.LargeStringArray
    name: Column
    """Numbers of texts."""
    depth: Column
    observed: Column
    estimated: Column
    status: Column
    locked: Column
    notes: dict[int, str]
    """By row."""


class Row(NamedTuple):
    """What a file tells of a feature; `estimated` is None where there is none."""

    depth: int
    name: str
    observed: int
    estimated: float | None
    status: str
    note: str
    locked: bool

    def told(self) -> dict[str, object]:
        """What is not nothing."""
        found = {field: value for field in FIELDS[4:] if (value := getattr(self, field))}
        counts = {"observed": self.observed or None, "estimated": self.estimated}
        return {**{field: value for field, value in counts.items() if value is not None}, **found}


def branch_of(tree: FeatureTree, node: int) -> Branch:
    """A branch with its top, of the root without. Nobody may change the tree meanwhile."""
    depths = np.zeros(tree.rows, np.int32)
    for depth, level in enumerate(breadth_first(tree, node), start=0 if node == ROOT else 1):
        depths[level] = depth
    nodes = depth_first(tree, node)
    if node != ROOT:
        nodes = np.concatenate([np.array([node], np.int32), nodes])
    notes = tree.column("note")[nodes]
    return Branch(
        texts=tree.strings.array(),
        name=tree.column("name")[nodes],
        depth=depths[nodes],
        observed=tree.column("observed")[nodes],
        estimated=tree.column("estimated")[nodes],
        status=tree.column("status")[nodes],
        locked=tree.column("locked")[nodes],
        notes={row: tree.strings[int(notes[row])] for row in np.flatnonzero(notes).tolist()},
    )


def file_name(path: FeaturePath) -> str:
    """A name for a file, from the name of a feature: letters, digits and hyphens."""
    words = "".join(letter if letter.isalnum() else " " for letter in path[-1]).split() if path else ["tree"]
    return "-".join(words)[:_LONGEST].rstrip("-") or "feature"


def parts(lines: Iterable[str]) -> Iterator[bytes]:
    """Lines as UTF-8, many at a time: no more than that is held of a file."""
    waiting = iter(lines)
    while part := "".join(islice(waiting, _AT_ONCE)):
        yield part.encode()


def _lines(form: Form, branch: Branch, path: FeaturePath) -> Iterator[str]:
    if form == "outline":
        return (outline_line(row.depth, row.name, row.observed, row.estimated) for row in rows(branch))
    return json_lines(rows(branch)) if form == "json" else csv_lines(rows(branch), path[:-1])


def csv_lines(features: Iterable[Row], above: FeaturePath = ()) -> Iterator[str]:
    """A table with one row a feature; a path is a JSON list of names, `above` being those of the branch's parent."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(FIELDS)
    begun = "[" + "".join(f"{_json(name)}, " for name in above)
    keys = [begun]
    for row in features:
        del keys[row.depth + 1 :]
        key = keys[-1] + _json(row.name)
        keys.append(f"{key}, ")
        locked = "true" if row.locked else ""
        level = row.depth + len(above) + 1
        writer.writerow([f"{key}]", level, row.observed or "", row.estimated, row.status, row.note, locked])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def json_lines(features: Iterable[Row]) -> Iterator[str]:
    """Features as objects in each other: `name`, what is not nothing, and `children`; several tops make a list."""
    yield "[\n"
    before = -1
    for row in features:
        if row.depth > before:
            yield ', "children": [\n' if before >= 0 else ""
        else:
            yield "}" + "]}" * (before - row.depth) + ",\n"
        before = row.depth
        yield f"{' ' * row.depth}{_json({'name': row.name, **row.told()})[:-1]}"
    yield "}" + "]}" * before + "\n]\n"


def rows(branch: Branch) -> Iterator[Row]:
    """The rows of a branch; of whole columns Python's own numbers would take many times their space."""
    for first in range(0, len(branch.name), _AT_ONCE):
        part = slice(first, first + _AT_ONCE)
        names = branch.texts.take(pa.array(branch.name[part])).to_pylist()
        estimated = [None if count != count else count for count in branch.estimated[part].tolist()]
        others = (column[part].tolist() for column in (branch.observed, branch.status, branch.locked))
        told = zip(branch.depth[part].tolist(), names, estimated, *others, strict=True)
        for row, (depth, name, guess, observed, status, locked) in enumerate(told, start=first):
            yield Row(depth, name, observed, guess, STATUSES[status], branch.notes.get(row, ""), bool(locked))


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


ENDPOINTS = (Endpoint("/api/tree/export", ExportBody, export),)
