"""Writing: where an export may go, JSONL, and files that appear whole under their name or not at all."""

import json
import os
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from synth.errors import BadInput
from synth.export.rows import Row

SUFFIXES = (".jsonl", ".parquet")
_BREAKS = {ord(mark): f"\\u{ord(mark):04x}" for mark in "\x85\u2028\u2029"}
"""Line breaks to some readers, though not to JSON; escaped, a row stays on one line for all of them."""


def check_target(out: Path, card: Path, overwrite: bool) -> None:
    """Raise `BadInput` where the name is not one we write, or would replace a file without being told to."""
    if out.suffix.lower() not in SUFFIXES:
        raise BadInput(f"{out}: give the file a name that ends in {' or '.join(SUFFIXES)}.")
    for path in (out, card):
        if path.is_dir():
            raise BadInput(f"{path}: is a folder; choose another file name.")
        if path.exists() and not overwrite:
            raise BadInput(f"{path}: exists already; choose another name, or ask for it to be overwritten.")


@contextmanager
def whole_files(*targets: Path) -> Iterator[tuple[Path, ...]]:
    """Paths to write in place of the targets, moved onto them at the end; after an error nothing is left behind.

    Folders are made. Raises `BadInput` that names the target where the system refuses.
    """
    token = uuid.uuid4().hex[:8]
    drafts = tuple(target.with_name(f".{target.name}.{token}.part") for target in targets)
    try:
        for target in targets:
            target.parent.mkdir(parents=True, exist_ok=True)
        yield drafts
        for draft, target in zip(drafts, targets, strict=True):
            os.replace(draft, target)
    except OSError as error:
        raise BadInput(f"{targets[0]}: cannot be written: {error.strerror or error}.") from error
    finally:
        for draft in drafts:
            with suppress(OSError):
                draft.unlink()


def write_jsonl(rows: Iterable[Row], path: Path) -> None:
    """One JSON object a line, UTF-8, no ASCII escapes but for the line breaks of other readers."""
    with path.open("wb") as file:
        for row in rows:
            line = json.dumps(row, ensure_ascii=False, allow_nan=False).translate(_BREAKS)
            file.write(line.encode("utf-8") + b"\n")
        file.flush()
        os.fsync(file.fileno())
