"""Writing a journal. A line is with the system when `append` returns, and on the disk after the next `flush`."""

import os
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

from synth.errors import CannotWrite
from synth.journal.entries import write_mark, write_record
from synth.journal.reading import journal_files
from synth.records import Record


class Place(NamedTuple):
    """Where a line begins."""

    file: Path
    offset: int


class Journal:
    """Appends to a new file of a run folder.

    A kill loses nothing that was appended, a power cut what was appended since the last flush. Once something could
    not be written, nothing more is: what follows half a line could not be read.
    """

    def __init__(self, folder: Path) -> None:
        """Raises `CannotWrite`."""
        self._lock = threading.Lock()
        self._broken: CannotWrite | None = None
        self._size = 0
        self._waiting = False
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self.file, self._descriptor = _new_file(folder)
        except OSError as error:
            raise _explain(folder, error) from error

    def append(self, record: Record, also: str = "", take: int = 0) -> Place:
        """Add a record, found by its id and by `also`. Raises `CannotWrite`."""
        return self._write(write_record(record, also, take))

    def mark(self, key: str, of: Mapping[str, Any]) -> Place:
        """Say that a piece of work is over. Raises `CannotWrite`."""
        return self._write(write_mark(key, of))

    def check(self) -> None:
        """Raises `CannotWrite` where an earlier line or flush failed."""
        if self._broken is not None:
            raise self._broken

    def flush(self) -> None:
        """Put everything appended so far on disk. Raises `CannotWrite`."""
        with self._lock:
            self.check()
            if self._waiting:
                self._waiting = False
                try:
                    os.fsync(self._descriptor)
                except OSError as error:
                    raise self._break(error) from error

    def close(self) -> None:
        """Flush and close. Raises `CannotWrite` where the flush fails; what failed before was told."""
        try:
            if self._broken is None:
                self.flush()
        finally:
            os.close(self._descriptor)

    def __enter__(self) -> "Journal":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _write(self, line: bytes) -> Place:
        with self._lock:
            self.check()
            place = Place(self.file, self._size)
            rest = memoryview(line)
            try:
                while rest:
                    rest = rest[os.write(self._descriptor, rest) :]
            except OSError as error:
                raise self._break(error) from error
            self._size += len(line)
            self._waiting = True
            return place

    def _break(self, error: OSError) -> CannotWrite:
        self._broken = _explain(self.file, error)
        with suppress(OSError):  # where that fails too, half a line is the last of its file, and passed over
            os.ftruncate(self._descriptor, self._size)
        return self._broken


def _explain(path: Path, error: OSError) -> CannotWrite:
    why = error.strerror or str(error)
    return CannotWrite(
        f"{path} cannot be written: {why}. Nothing more is asked; what is written stays. Make room on that disk or the "
        "folder writable, then resume the run."
    )


def _new_file(folder: Path) -> tuple[Path, int]:
    number = len(journal_files(folder))
    while True:
        file = folder / f"journal-{number:04d}.jsonl"
        try:
            return file, os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o644)
        except FileExistsError:
            number += 1
