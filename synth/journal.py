"""The append-only record log of a run: the only thing a worker writes, and what the owner ingests.

One JSON object a line: `{"kind": ..., "record": {...}}`. Every writer has a file of its own, so a line that was cut
off by a kill stays the last of its file and is never read.
"""

import json
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from pydantic import ValidationError

from synth.records import KINDS, Record

_FLUSH_RECORDS = 64
_FLUSH_SECONDS = 0.5


class Journal:
    """Appends records to a new file of a run folder; flushed to disk in small batches."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = _new_file(folder).open("a", encoding="utf-8")
        self._lock = threading.Lock()
        self._waiting = 0
        self._flushed = time.monotonic()

    def append(self, record: Record) -> None:
        """Add one record. It is on disk after the next flush, at most half a second of appends later."""
        line = json.dumps({"kind": record.kind, "record": record.model_dump(mode="json")}, ensure_ascii=True)
        with self._lock:
            self._file.write(line + "\n")
            self._waiting += 1
            if self._waiting >= _FLUSH_RECORDS or time.monotonic() - self._flushed > _FLUSH_SECONDS:
                self._flush()

    def flush(self) -> None:
        """Put everything appended so far on disk."""
        with self._lock:
            if self._waiting:
                self._flush()

    def close(self) -> None:
        """Flush and close."""
        with self._lock:
            self._flush()
            self._file.close()

    def __enter__(self) -> "Journal":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _flush(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())
        self._waiting = 0
        self._flushed = time.monotonic()


@dataclass(frozen=True, slots=True)
class Batch:
    """Records read from one journal file and where the next read starts."""

    records: list[Record]
    offset: int
    """Bytes from the start of the file."""
    damaged: int
    """Complete lines that are no record and were passed over."""


def journal_files(folder: Path) -> list[Path]:
    """The journal files of a run folder, oldest first."""
    return sorted(folder.glob("journal-*.jsonl"))


def read_journal(file: Path, offset: int = 0, most_bytes: int = 8 << 20) -> Batch:
    """Read the complete lines of `file` from byte `offset`, about `most_bytes` at a time."""
    with file.open("rb") as stream:
        stream.seek(offset)
        chunk = stream.read(most_bytes)
        if b"\n" not in chunk:
            chunk += stream.readline()
    end = chunk.rfind(b"\n") + 1
    records: list[Record] = []
    damaged = 0
    for line in chunk[:end].splitlines():
        try:
            entry = json.loads(line)
            records.append(KINDS[entry["kind"]].model_validate(entry["record"]))
        except (ValueError, KeyError, TypeError, RecursionError, ValidationError):
            damaged += 1
    return Batch(records, offset + end, damaged)


def read_run(folder: Path) -> Iterator[Record]:
    """Every record of a run folder, in the order written by each writer."""
    for file in journal_files(folder):
        offset = 0
        while True:
            batch = read_journal(file, offset)
            yield from batch.records
            if batch.offset == offset:
                break
            offset = batch.offset


def _new_file(folder: Path) -> Path:
    number = len(journal_files(folder))
    while True:
        file = folder / f"journal-{number:04d}.jsonl"
        try:
            file.touch(exist_ok=False)
        except FileExistsError:
            number += 1
        else:
            return file
