"""Our own form, which loses nothing: a zip file with the tree in Arrow's form and its history as JSON lines."""

import io
import struct
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from synth.errors import BadInput
from synth.tree.codec import fragment_from_bytes, fragment_to_bytes
from synth.tree.columns import STATUSES
from synth.tree.formats.checks import (
    DEPTH_FAULT,
    MAX_BYTES,
    MAX_DEPTH,
    decode,
    first_bad_name,
    name_fault,
    read_bytes,
    show,
)
from synth.tree.formats.paths import depths
from synth.tree.formats.records import json_value
from synth.tree.fragment import NO_PARENT, Fragment
from synth.tree.table import MAX_COUNT

TREE, HISTORY = "tree.arrow", "history.jsonl"

_PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Python unpacks the others whole, whatever size a member claims to have."""

_BROKEN_ZIP = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    KeyError,
    RuntimeError,  # encrypted, or packed in a way that Python does not know
    OverflowError,
    MemoryError,
)
_BROKEN_ARROW = (pa.ArrowException, OSError, ValueError, TypeError, KeyError, OverflowError, MemoryError)


def write_own(fragment: Fragment, history: Sequence[str], out: Path) -> None:
    """The zip file; the tree is packed already, so it is only stored."""
    with zipfile.ZipFile(out, "w") as file:
        file.writestr(TREE, fragment_to_bytes(fragment))
        if history:
            file.writestr(HISTORY, "".join(f"{entry}\n" for entry in history), zipfile.ZIP_DEFLATED)


def read_own(path: Path) -> tuple[Fragment, tuple[str, ...]]:
    """Tree and history. Raises BadInput where the file is broken or says what no tree can be."""
    packed = _members(path)
    if TREE not in packed:
        raise BadInput(f"{path} holds no {TREE}; it is no export of ours, or it was packed anew")
    fragment = _fragment(packed[TREE], f"{path}, {TREE}")
    return fragment, _history(packed.get(HISTORY, b""), f"{path}, {HISTORY}")


def _members(path: Path) -> dict[str, bytes]:
    data = read_bytes(path)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            known = [info for info in file.infolist() if info.filename in (TREE, HISTORY)]
            if any(info.compress_type not in _PACKINGS for info in known):
                raise BadInput(f"{path} is packed in a way that ours never are; export it again")
            size = sum(info.file_size for info in known)
            if size > MAX_BYTES:
                raise BadInput(f"{path} unpacks to {size:,} bytes; the limit is {MAX_BYTES:,}")
            return {info.filename: _unpacked(file, info) for info in known}
    except _BROKEN_ZIP as error:
        raise BadInput(f"{path} is a broken zip file ({error}); export or copy it again") from None


def _unpacked(file: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """A member, never unpacked beyond the size that the directory gives it."""
    with file.open(info) as member:
        return member.read(info.file_size)


def _fragment(data: bytes, where: str) -> Fragment:
    try:
        table = pa.ipc.open_stream(data).read_all()
        table.validate(full=True)
        if not table.schema.equals(_schema()) or (table.schema.metadata or {}).get(b"ordered") not in (b"0", b"1"):
            raise BadInput(f"{where}: the columns are not those of a tree; export it again")
        if any(column.null_count for column in table.columns):
            raise BadInput(f"{where}: a column holds a null; export it again")
        fragment = fragment_from_bytes(data)
        if None in [seed for seeds in fragment.evidence.values() for seed in seeds]:
            raise BadInput(f"{where}: the evidence holds a null; export it again")
    except _BROKEN_ARROW as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise BadInput(f"{where} is broken ({reason}); export or copy it again") from None
    _check(fragment, where)
    return fragment


def _schema() -> pa.Schema:
    nothing = Fragment(np.zeros(0, np.int32), [], np.zeros(0, np.int64), np.zeros(0, np.float64))
    return pa.ipc.open_stream(fragment_to_bytes(nothing)).schema


def _check(fragment: Fragment, where: str) -> None:
    """Raises BadInput with the row for the first thing that cannot be in a tree."""
    size = len(fragment)
    parent, name = fragment.parent, fragment.name

    def refuse(unfit: NDArray[np.bool_], why: str) -> None:
        if unfit.any():
            raise BadInput(f"{where}, row {int(np.argmax(unfit)) + 1}: {why}; export it again")

    refuse((parent < NO_PARENT) | (parent >= np.arange(size)), "the parent does not come before it")
    bad = first_bad_name(name)
    if bad is not None:
        raise BadInput(f"{where}, row {bad + 1}: {name_fault(name[bad])}")
    observed, estimated = fragment.observed, fragment.estimated
    refuse((observed < 0) | (observed > MAX_COUNT), "the observed count is below 0 or too large")
    refuse((estimated < 0) | (estimated > MAX_COUNT), "the estimated count is below 0 or too large")
    if fragment.status is not None:
        refuse(fragment.status >= len(STATUSES), "the status is unknown")
    depth = depths(parent)
    if size and depth.max() > MAX_DEPTH:
        raise BadInput(f"{where}, row {int(np.argmax(depth)) + 1}: {DEPTH_FAULT}")
    seen = set(zip(parent.tolist(), name, strict=True))
    if len(seen) < size:
        raise BadInput(f"{where}: {_twice(fragment)} stands twice below one parent; export it again")


def _twice(fragment: Fragment) -> str:
    seen: set[tuple[int, str]] = set()
    for pair in zip(fragment.parent.tolist(), fragment.name, strict=True):
        if pair in seen:
            return show(pair[1])
        seen.add(pair)
    raise AssertionError("no name stands twice")


def _history(data: bytes, where: str) -> tuple[str, ...]:
    if not data:
        return ()
    entries = [entry for entry in decode(data, where).split("\n") if entry.strip()]
    for number, entry in enumerate(entries, start=1):
        json_value(entry, f"{where}, line {number}")
    return tuple(entries)
