"""A branch as a file to be saved: an outline, nested JSON, or a table."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from synth.api.bench import Bench
from synth.api.endpoint import Body, Download, Endpoint
from synth.errors import BadInput, NotFound
from synth.records import FeaturePath
from synth.tree.columns import ROOT, STATUSES, FeatureTree
from synth.tree.formats.outline import outline_lines
from synth.tree.fragment import NO_PARENT, Fragment

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
        fragment = branch(tree, asked.node)
    if not len(fragment):
        raise BadInput("the tree is empty: there is nothing to export yet.")
    ending, media_type = _ENDINGS[asked.form]
    content = joined(_lines(asked.form, fragment, path))
    return Download(f"{file_name(path)}.{ending}", media_type, content)


def branch(tree: FeatureTree, node: int) -> Fragment:
    """A feature and all below it; without a top of its own for the root."""
    below = tree.to_fragment(node)
    if node == ROOT:
        return below
    below.parent = np.concatenate([[NO_PARENT], below.parent + 1]).astype(np.int32)
    below.name.insert(0, tree.name(node))
    below.observed = np.concatenate([[tree.observed(node)], below.observed])
    below.estimated = np.concatenate([tree.column("estimated")[[node]], below.estimated])
    below.note = {row + 1: note for row, note in below.note.items()}
    if tree.note(node):
        below.note[0] = tree.note(node)
    for name in ("locked", "status"):
        column = tree.column(name)[[node]]
        rest = getattr(below, name)
        setattr(below, name, np.concatenate([column.astype(rest.dtype), rest]))
    return below


def file_name(path: FeaturePath) -> str:
    """A name for a file, from the name of a feature: letters, digits and hyphens."""
    words = "".join(letter if letter.isalnum() else " " for letter in path[-1]).split() if path else ["tree"]
    return "-".join(words)[:_LONGEST].rstrip("-") or "feature"


def joined(lines: Iterable[str]) -> bytes:
    """Lines as UTF-8; many at a time, so that no more than the file itself is held."""
    written = io.BytesIO()
    waiting = iter(lines)
    while part := "".join(islice(waiting, _AT_ONCE)):
        written.write(part.encode())
    return written.getvalue()


def _lines(form: Form, fragment: Fragment, path: FeaturePath) -> Iterator[str]:
    if form == "outline":
        return iter(outline_lines(fragment))
    return json_lines(fragment) if form == "json" else csv_lines(fragment, path[:-1])


def csv_lines(fragment: Fragment, above: FeaturePath = ()) -> Iterator[str]:
    """A table with one row a feature; a path is a JSON list of names, `above` being those of the branch's parent."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(FIELDS)
    begun = "[" + "".join(f"{_json(name)}, " for name in above)
    keys = [begun]
    for depth, name, fields in _rows(fragment):
        del keys[depth + 1 :]
        key = keys[-1] + _json(name)
        keys.append(f"{key}, ")
        locked = "true" if fields.get("locked") else ""
        told = [fields.get(field, "") for field in ("observed", "estimated", "status", "note")]
        writer.writerow([f"{key}]", depth + len(above) + 1, *told, locked])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def json_lines(fragment: Fragment) -> Iterator[str]:
    """Features as objects in each other: `name`, what is not nothing, and `children`; several tops make a list."""
    yield "[\n"
    before = -1
    for depth, name, fields in _rows(fragment):
        if depth > before:
            yield ', "children": [\n' if before >= 0 else ""
        else:
            yield "}" + "]}" * (before - depth) + ",\n"
        before = depth
        yield f"{' ' * depth}{_json({'name': name, **fields})[:-1]}"
    yield "}" + "]}" * before + "\n]\n"


def _rows(fragment: Fragment) -> Iterator[tuple[int, str, dict[str, object]]]:
    """Depth, name and what is not nothing of each row, depth first."""
    depths = [0] * len(fragment)
    for first in range(0, len(fragment), _AT_ONCE):
        part = slice(first, first + _AT_ONCE)
        names = fragment.name[part]
        rows = range(first, first + len(names))
        columns = (_part(column, part) for column in (fragment.parent, fragment.observed, fragment.estimated))
        marks = (_part(column, part, len(names)) for column in (fragment.status, fragment.locked))
        for row, name, parent, observed, estimated, status, locked in zip(rows, names, *columns, *marks, strict=True):
            depth = depths[row] = depths[parent] + 1 if parent != NO_PARENT else 0
            fields: dict[str, object] = {}
            if observed:
                fields["observed"] = observed
            if estimated == estimated:
                fields["estimated"] = estimated
            if status:
                fields["status"] = STATUSES[status]
            if row in fragment.note:
                fields["note"] = fragment.note[row]
            if locked:
                fields["locked"] = True
            yield depth, name, fields


def _part(column: Column | None, part: slice, size: int = 0) -> list[Any]:
    """Some cells as Python's own numbers: of a whole column they would take many times its space."""
    return [0] * size if column is None else column[part].tolist()


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


ENDPOINTS = (Endpoint("/api/tree/export", ExportBody, export),)
