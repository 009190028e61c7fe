"""Vectors on disk, keyed by what made them, so that no text is embedded twice across runs and processes."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_FILE = "vectors.sqlite"
_ASKED_AT_ONCE = 500
_WAIT_SECONDS = 30.0


class VectorCache:
    """A SQLite file in a folder; every `put` is one transaction, so a kill leaves whole vectors only.

    A cache is worth time, never correctness: a damaged file is set aside and begun anew, and where nothing
    can be read or written (read-only folder, full disk) the cache holds nothing. One thread at a time.
    """

    def __init__(self, folder: Path) -> None:
        self._connection = _open(folder)

    def get(self, keys: Sequence[bytes]) -> dict[bytes, NDArray[np.float32]]:
        """Return the vectors that are there."""
        found: dict[bytes, NDArray[np.float32]] = {}
        if self._connection is None:
            return found
        try:
            for some in _slices(keys):
                marks = ",".join("?" * len(some))
                rows = self._connection.execute(f"SELECT key, vector FROM vectors WHERE key IN ({marks})", some)
                found.update((key, np.frombuffer(vector, np.float32)) for key, vector in rows)
        except sqlite3.DatabaseError:
            self.close()
        return found

    def put(self, vectors: Mapping[bytes, NDArray[np.float32]]) -> None:
        """Add vectors; one that is there already stays."""
        if self._connection is None:
            return
        rows = [(key, vector.tobytes()) for key, vector in vectors.items()]
        try:
            with self._connection:
                self._connection.executemany("INSERT OR IGNORE INTO vectors VALUES (?, ?)", rows)
        except sqlite3.DatabaseError:
            self.close()

    def close(self) -> None:
        """Release the file; the cache holds nothing from then on."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _open(folder: Path) -> sqlite3.Connection | None:
    path = folder / _FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return _connect(path)
    except (OSError, sqlite3.OperationalError):
        return None
    except sqlite3.DatabaseError:
        return _begin_anew(path)


def _begin_anew(path: Path) -> sqlite3.Connection | None:
    try:
        path.replace(path.with_suffix(".damaged"))
        return _connect(path)
    except (OSError, sqlite3.DatabaseError):
        return None


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_WAIT_SECONDS, check_same_thread=False)
    try:
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB NOT NULL) WITHOUT ROWID"
        )
        connection.commit()
    except sqlite3.DatabaseError:
        connection.close()
        raise
    return connection


def _slices(keys: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    for start in range(0, len(keys), _ASKED_AT_ONCE):
        yield keys[start : start + _ASKED_AT_ONCE]
