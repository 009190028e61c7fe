"""Parquet: the rows of a written JSONL file under a schema that no row can bend."""

import json
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from synth.export.rows import Form

_BATCH = 1000
"""Rows held at once."""


def write_parquet(jsonl: Path, form: Form, scores: Iterable[str], path: Path) -> None:
    """The rows of a JSONL file that `write_jsonl` wrote, in batches. `scores` names the columns of the score struct.

    The schema does not depend on the rows but for those names: empty lists and absent values keep their types.
    """
    schema = _schema(form, sorted(scores))
    with jsonl.open("rb") as lines, pq.ParquetWriter(path, schema, compression="zstd") as writer:
        while batch := list(islice(lines, _BATCH)):
            writer.write_table(pa.Table.from_pylist([json.loads(line) for line in batch], schema=schema))


def _schema(form: Form, scores: list[str]) -> pa.Schema:
    text = pa.string()
    if form == "alpaca":
        return pa.schema([(name, text) for name in ("id", "instruction", "input", "output")])
    if form == "messages":
        return pa.schema([("id", text), ("messages", pa.list_(pa.struct([("role", text), ("content", text)])))])
    counts = pa.struct([(name, pa.int64()) for name in ("collected", "passed", "failed", "skipped")])
    verdict = [("outcome", text), ("tests", counts), ("seconds", pa.float64()), *_how_judged()]
    files = pa.list_(pa.struct([("path", text), ("text", text)]))
    fields = [
        *[(name, text) for name in ("id", "origin")],
        ("proven", pa.bool_()),
        *[(name, text) for name in ("level", "question", "response", "scenario", "instruction")],
        ("files", files),
        ("tests", files),
        ("packages", pa.list_(text)),
        ("verdict", pa.struct(verdict)),
        ("scores", pa.struct([(name, pa.float64()) for name in scores])),
        ("lineage", _lineage_type()),
    ]
    # Parquet has no struct without a field, so without any score there is no such column.
    return pa.schema([field for field in fields if scores or field[0] != "scores"])


def _how_judged() -> list[tuple[str, pa.DataType]]:
    text, number = pa.string(), pa.int64()
    tried = [("stub", text), ("mutants", number), ("killed", number), ("mutation_score", pa.float64())]
    proof = pa.struct([*tried, ("idle", pa.list_(text))])
    said = [(name, text) for name in ("backend", "level", "grade", "why")]
    return [*said, ("flaky", pa.bool_()), ("proof", proof)]


def _lineage_type() -> pa.DataType:
    text, number = pa.string(), pa.int64()
    texts = pa.list_(text)
    paths = pa.list_(texts)
    subtree = [
        ("id", text),
        ("draw", number),
        ("seed", text),
        ("temperature", pa.float64()),
        ("widths", pa.list_(number)),
        ("mandatory", paths),
    ]
    attempt = [("id", text), ("attempt", number), ("outcome", text), ("note", text), ("tests_corrected", text)]
    evolution = [*[(name, text) for name in ("id", "tree", "parent", "origin")], ("round", number), ("draw", number)]
    return pa.struct(
        [
            ("seeds", pa.list_(pa.struct([("feature", texts), ("places", texts)]))),
            ("licences", texts),
            ("features", paths),
            ("subtree", pa.struct(subtree)),
            ("task", pa.struct([("id", text), ("draw", number), ("selected", texts)])),
            ("attempts", pa.list_(pa.struct(attempt))),
            ("evolution", pa.struct(evolution)),
            ("prompts", pa.list_(pa.struct([("name", text), ("hash", text)]))),
            *[(name, text) for name in ("engine", "model", "run")],
        ]
    )
