"""Deltas and fragments as bytes, for whatever keeps them."""

import json
import struct
import zlib
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from synth.tree.delta import Cells, Delta, Evidence
from synth.tree.fragment import Fragment
from synth.tree.layout import CELLS

_SMALL = 1 << 16
"""Bytes from which on compressing takes longer than it saves."""


def delta_to_bytes(delta: Delta) -> bytes:
    """A delta at rest: a JSON head with its texts, then the arrays, little-endian."""
    arrays: list[NDArray[Any]] = []
    head: dict[str, Any] = {
        "first": delta.first,
        "rows": delta.rows,
        "texts": delta.texts,
        "seeds": delta.seeds,
        "cells": {},
        "evidence": len(delta.evidence.nodes),
    }
    for name, cells in delta.cells.items():
        blank = not cells.before.view(f"i{cells.before.itemsize}").any()
        head["cells"][name] = [len(cells.nodes), blank]
        arrays += [cells.nodes, cells.after] if blank else [cells.nodes, cells.before, cells.after]
    arrays += [delta.evidence.nodes, delta.evidence.seeds, delta.evidence.signs]
    body = b"".join(np.ascontiguousarray(array).tobytes() for array in arrays)
    title = json.dumps(head, ensure_ascii=False).encode()
    raw = struct.pack("<I", len(title)) + title + body
    return b"d" + raw if len(raw) > _SMALL else b"z" + zlib.compress(raw, 1)


def delta_from_bytes(data: bytes) -> Delta:
    """Read `delta_to_bytes`. Raises ValueError where the bytes are something else."""
    if data[:1] not in (b"d", b"z"):
        raise ValueError("these bytes are no delta")
    try:
        return _read_delta(memoryview(data[1:] if data[:1] == b"d" else zlib.decompress(data[1:])))
    except (zlib.error, struct.error, KeyError, TypeError, IndexError, AttributeError, OverflowError) as error:
        raise ValueError(f"these bytes are no delta: {error}") from error


def _read_delta(raw: memoryview) -> Delta:
    (length,) = struct.unpack_from("<I", raw)
    head = json.loads(bytes(raw[4 : 4 + length]))
    place = 4 + length

    def take(kind: str, size: int) -> NDArray[Any]:
        nonlocal place
        found: NDArray[Any] = np.frombuffer(raw, kind, size, place)
        place += found.nbytes
        return found

    cells = {}
    for name, (size, blank) in head["cells"].items():
        nodes = take("i4", size)
        before = np.zeros(size, CELLS[name]) if blank else take(CELLS[name], size)
        cells[name] = Cells(nodes, before, take(CELLS[name], size))
    size = head["evidence"]
    evidence = Evidence(take("i4", size), take("i4", size), take("i1", size))
    texts, seeds = ((int(head[name][0]), tuple(head[name][1])) for name in ("texts", "seeds"))
    return Delta(head["first"], head["rows"], cells, evidence, texts, seeds)


def fragment_to_bytes(fragment: Fragment) -> bytes:
    """A fragment at rest, as an Arrow stream."""
    size = len(fragment)
    table = pa.table(
        {
            "parent": pa.array(fragment.parent),
            "name": pa.array(fragment.name, pa.large_string()).dictionary_encode(),
            "observed": pa.array(fragment.observed),
            "estimated": pa.array(fragment.estimated),
            "locked": pa.array(np.zeros(size, np.bool_) if fragment.locked is None else fragment.locked),
            "status": pa.array(np.zeros(size, np.uint8) if fragment.status is None else fragment.status),
            "note": pa.array([fragment.note.get(row, "") for row in range(size)], pa.large_string()),
            "source": pa.array(fragment.source or [""] * size, pa.large_string()).dictionary_encode(),
            "evidence": pa.array([fragment.evidence.get(row, ()) for row in range(size)], pa.list_(pa.string())),
        },
        metadata={"ordered": str(int(fragment.ordered))},
    )
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue().to_pybytes())


def fragment_from_bytes(data: bytes) -> Fragment:
    """Read `fragment_to_bytes`. Raises ValueError where the bytes are something else."""
    try:
        table = pa.ipc.open_stream(data).read_all()
        column = {name: table.column(name).combine_chunks() for name in table.column_names}
        notes = column["note"].to_pylist()
        sources = _plain(column["source"])
        shown = column["evidence"].to_pylist()
        return Fragment(
            parent=column["parent"].to_numpy().astype(np.int32),
            name=_plain(column["name"]),
            observed=column["observed"].to_numpy().astype(np.int64),
            estimated=column["estimated"].to_numpy(zero_copy_only=False).astype(np.float64),
            ordered=table.schema.metadata[b"ordered"] == b"1",
            locked=column["locked"].to_numpy(zero_copy_only=False).astype(np.bool_),
            status=column["status"].to_numpy().astype(np.uint8),
            note={row: note for row, note in enumerate(notes) if note},
            source=sources if any(sources) else None,
            evidence={row: tuple(seeds) for row, seeds in enumerate(shown) if seeds},
        )
    except (pa.ArrowException, OSError, KeyError, TypeError) as error:
        raise ValueError(f"these bytes are no fragment: {error}") from error


def _plain(column: pa.Array) -> list[str]:
    decoded = column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
    return [str(text) for text in decoded.to_pylist()]
