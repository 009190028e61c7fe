"""A workspace's replies by the question: one SQLite file, shared by all workers, each writing from one thread.

A reply is on its way to disk before it is handed on, so what was answered once is never paid for again, whatever is
killed. Reading takes no thread and no lock: the file is in WAL mode, where writers do not stand in a reader's way.
"""

import asyncio
import errno
import fcntl
import json
import logging
import os
import queue
import sqlite3
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synth.errors import CannotWrite, EspalierError
from synth.models.base import Reply

_VERSION = 1
_WAIT_SECONDS = 30.0
_WRITE_TOGETHER = 512
_PACKED_FROM = 1024
"""Characters from which a reply is compressed."""
_SCHEMA = f"""
create table if not exists replies (
    key blob primary key, model text not null, created real not null, reply blob not null);
pragma user_version = {_VERSION};
"""
_PUT = "insert or replace into replies values (?, ?, ?, ?)"
_GET = "select created, reply from replies where key = ?"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Kept:
    """What the file holds."""

    replies: int
    size: int
    """Bytes on disk."""
    models: dict[str, int]
    """Replies by model, the most first."""


@dataclass(slots=True)
class _Write:
    key: bytes
    model: str
    reply: Reply
    since: float
    loop: asyncio.AbstractEventLoop
    done: "asyncio.Future[None]"


class Replies:
    """The replies of one workspace. Open one a process; `close` writes out what is waiting."""

    def __init__(self, path: Path) -> None:
        """Open or create; a damaged file is set aside. Raises `CannotWrite` where none can be written there."""
        self.path = path
        self._waiting: queue.SimpleQueue[_Write | None] = queue.SimpleQueue()
        self._local = threading.local()
        self._readers: list[sqlite3.Connection] = []
        self._warned = False
        self._broken: CannotWrite | None = None
        self._place: tuple[int, int] | None = None
        """Device and number of the file that is written to."""
        self._writer_connection = self._open()
        self._claims = self._open_claims()
        self._writer = threading.Thread(target=self._write, name="replies", daemon=True)
        self._writer.start()

    def get(self, key: bytes, since: float = 0.0) -> Reply | None:
        """The reply to a question, marked as a hit; None where there is none, or none from `since` (Unix time) on."""
        try:
            row = self._reader().execute(_GET, (key,)).fetchone()
            return _read(row[1]) if row is not None and row[0] >= since else None
        except (sqlite3.Error, ValueError, TypeError, zlib.error) as error:
            # The question is asked anew, and what is wrong with the file comes out where the answer is written.
            if not self._warned:
                _log.warning("%s: a reply cannot be read (%s); such questions are asked again", self.path, error)
            self._warned = True
            return None

    def claim(self, key: bytes) -> bool:
        """Whether no other process is asking this question; then it is ours until `release`, or until we are killed."""
        try:
            fcntl.lockf(self._claims, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _byte_of(key))
        except OSError as error:
            # A disk without such locks is no reason not to ask.
            return error.errno not in (errno.EACCES, errno.EAGAIN)
        return True

    def release(self, key: bytes) -> None:
        """The question is no longer in flight."""
        with suppress(OSError):
            fcntl.lockf(self._claims, fcntl.LOCK_UN, 1, _byte_of(key))

    def check(self) -> None:
        """Raises `CannotWrite` where a reply could not be kept: the next one would be paid and lost, too."""
        if self._broken is not None:
            raise self._broken

    async def put(self, key: bytes, model: str, reply: Reply, since: float = 0.0) -> None:
        """Keep a reply; returns when it is written. Raises `CannotWrite` where that fails: nothing more is asked.

        It is kept as one from `since` (Unix time) or later, even where the clock was set back meanwhile.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        self._waiting.put(_Write(key, model, reply, since, loop, done))
        await done

    def close(self) -> None:
        """Write what is waiting and let go of the file."""
        self._waiting.put(None)
        self._writer.join()
        for connection in (*self._readers, self._writer_connection):
            connection.close()
        os.close(self._claims)

    def _open_claims(self) -> int:
        path = self.path.with_name(self.path.name + ".asking")  # a file of its own: closing it gives up what is claimed
        try:
            return os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            self._writer_connection.close()
            raise self._unwritable(error) from error

    def _reader(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = _connect(self.path)
            connection.execute("pragma query_only = on")
            self._local.connection = connection
            self._readers.append(connection)
        return connection

    def _open(self) -> sqlite3.Connection:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with _alone(self.path):
                connection = self._open_alone()
                self._place = _place(self.path)
                return connection
        except (OSError, sqlite3.Error) as error:
            raise self._unwritable(error) from error

    def _open_alone(self) -> sqlite3.Connection:
        try:
            return _prepared(self.path)
        except sqlite3.OperationalError:
            raise  # locked, full, not allowed: nothing is wrong with the file
        except sqlite3.DatabaseError as error:
            _set_aside(self.path, str(error))
            return _prepared(self.path)

    def _write(self) -> None:
        while True:
            batch, last = self._next_batch()
            if batch:
                problem = self._store(batch)
                for loop in {item.loop for item in batch}:
                    with suppress(RuntimeError):  # a loop that is closed waits for nothing
                        loop.call_soon_threadsafe(_settle, [item.done for item in batch if item.loop is loop], problem)
            if last:
                return

    def _next_batch(self) -> tuple[list[_Write], bool]:
        """What is waiting, at least one; and whether nothing more will come."""
        batch: list[_Write] = []
        item = self._waiting.get()
        while item is not None:
            batch.append(item)
            if len(batch) >= _WRITE_TOGETHER:
                return batch, False
            try:
                item = self._waiting.get_nowait()
            except queue.Empty:
                return batch, False
        return batch, True

    def _store(self, batch: list[_Write]) -> CannotWrite | None:
        now = time.time()
        rows = [(item.key, item.model, max(now, item.since), _pack(item.reply)) for item in batch]
        try:
            try:
                if _place(self.path) != self._place:  # SQLite would go on writing to what nobody finds any more
                    _log.warning("%s was moved or deleted while in use; a new one is begun", self.path)
                    self._begin_anew("it was put there while in use")
                _put(self._writer_connection, rows)
            except sqlite3.OperationalError:
                raise
            except sqlite3.DatabaseError as error:
                self._begin_anew(str(error))
                _put(self._writer_connection, rows)
        except (OSError, sqlite3.Error) as error:
            self._broken = self._unwritable(error)
        return self._broken

    def _begin_anew(self, why: str) -> None:
        """Set the damaged file aside, unless another process has done so already."""
        self._writer_connection.close()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with _alone(self.path):
            try:
                self._writer_connection = _prepared(self.path, thorough=True)
            except sqlite3.OperationalError:
                raise
            except sqlite3.DatabaseError:
                _set_aside(self.path, why)
                self._writer_connection = _prepared(self.path)
            self._place = _place(self.path)
        self._local = threading.local()  # readers of the old file open the new one at their next question

    def _unwritable(self, error: Exception) -> CannotWrite:
        return CannotWrite(
            f"{self.path}: replies cannot be kept there: {error}. Nothing more is asked, so that no answer is paid for "
            "and lost. Make room or make the folder writable, then resume the run."
        )


def look_into(path: Path) -> Kept:
    """What the file holds. Raises `EspalierError` where it cannot be read."""
    if not path.exists():
        return Kept(0, 0, {})
    try:
        with closing(_connect(path)) as connection:
            rows = connection.execute(
                "select model, count(*) from replies group by model order by 2 desc, 1"
            ).fetchall()
    except sqlite3.Error as error:
        raise EspalierError(f"{path} cannot be read: {error}. A run that needs it sets it aside.") from error
    models = {str(model): int(count) for model, count in rows}
    return Kept(sum(models.values()), size_on_disk(path), models)


def size_on_disk(path: Path) -> int:
    """Bytes of the file and of what belongs to it."""
    return sum(file.stat().st_size for file in _files(path) if file.exists())


def clear(path: Path, model: str = "") -> int:
    """Forget all replies, or those of one model; workers may go on meanwhile. Returns how many there were."""
    if not path.exists():
        return 0
    try:
        with _alone(path), closing(_prepared(path)) as connection:
            where, values = ("where model = ?", (model,)) if model else ("", ())
            count = connection.execute(f"delete from replies {where}", values).rowcount
            with suppress(sqlite3.OperationalError):  # in use: the room is used again, if not given back
                connection.execute("vacuum")
                connection.execute("pragma wal_checkpoint(truncate)").fetchall()
    except (OSError, sqlite3.Error) as error:
        raise EspalierError(f"{path} cannot be cleared: {error}. Stop the runs that use it, or delete it.") from error
    return int(count)


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False)


def _prepared(path: Path, *, thorough: bool = False) -> sqlite3.Connection:
    """An open file with its table. Raises `sqlite3.DatabaseError` for one that is damaged or of another version."""
    connection = _connect(path)
    try:
        connection.execute("pragma journal_mode = wal").fetchone()
        connection.execute("pragma synchronous = normal")
        version = connection.execute("pragma user_version").fetchone()[0]
        if version not in (0, _VERSION):
            raise sqlite3.DatabaseError(f"it is of version {version}, this program writes {_VERSION}")
        connection.executescript(_SCHEMA)
        connection.execute("select key, model, created, reply from replies limit 1").fetchone()
        if thorough and (said := connection.execute("pragma quick_check(1)").fetchone()[0]) != "ok":
            raise sqlite3.DatabaseError(str(said))
    except BaseException:
        connection.close()
        raise
    return connection


def _put(connection: sqlite3.Connection, rows: list[tuple[bytes, str, float, bytes]]) -> None:
    connection.execute("begin immediate")
    try:
        connection.executemany(_PUT, rows)
        connection.execute("commit")
    except BaseException:
        with suppress(sqlite3.Error):
            connection.execute("rollback")
        raise


def _set_aside(path: Path, why: str) -> None:
    number = 1
    while (kept := path.with_name(f"{path.name}.damaged-{number}")).exists():
        number += 1
    path.rename(kept)
    for file in _files(path)[1:]:
        file.unlink(missing_ok=True)
    _log.warning("%s is damaged (%s): set aside as %s; a new one is begun", path, why, kept.name)


def _byte_of(key: bytes) -> int:
    """Where in the file of claims a question has its byte; the file itself stays empty."""
    return int.from_bytes(key[:8]) >> 2


def _place(path: Path) -> tuple[int, int] | None:
    try:
        status = os.stat(path)
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


def _files(path: Path) -> list[Path]:
    return [path.with_name(path.name + end) for end in ("", "-wal", "-shm")]


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Of all processes of the workspace, only one opens, sets aside or clears the file at a time."""
    with path.with_name(path.name + ".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _settle(waiting: "list[asyncio.Future[None]]", problem: CannotWrite | None) -> None:
    for done in waiting:
        if done.done():
            continue
        if problem is None:
            done.set_result(None)
        else:
            done.set_exception(problem)


_FIELDS: dict[str, object] = {
    "text": ...,
    "model": ...,
    "finish": "stop",
    "prompt_tokens": None,
    "completion_tokens": None,
    "seconds": 0.0,
    "note": "",
    "cached_tokens": None,
    "raw": "",
    "structured": False,
    "batch": False,
    "attempts": 1,
}
"""Of a reply, with what is not written down."""


def _pack(reply: Reply) -> bytes:
    body = {name: value for name, usual in _FIELDS.items() if (value := getattr(reply, name)) != usual}
    text = json.dumps(body, separators=(",", ":")).encode("ascii")
    return zlib.compress(text, 1) if len(text) > _PACKED_FROM else text


def _read(packed: bytes) -> Reply:
    body: dict[str, Any] = json.loads(packed if packed[:1] == b"{" else zlib.decompress(packed))
    return Reply(hit=True, **body)
