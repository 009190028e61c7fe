"""Which records a run has, and where: 16 bytes for each, however many there are; the records stay on disk."""

import hashlib
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import numpy as np

from synth.journal.entries import MARK, Damaged, Head, read_body, read_head, read_mark
from synth.journal.reading import journal_files
from synth.journal.writing import Place
from synth.records import KINDS, Record

_FRESH = 32_768
"""Entries that are kept as Python objects, before they are packed with the others."""
_FILE_BITS = 44
"""A place is a number: the file above these bits, the byte below."""
LOST = " lost"
"""Behind the second name of an item that was dropped, so that the one need not be read to know."""


class Index:
    """Finds the records and marks of a run by their keys and second names. Used by one thread."""

    def __init__(self, takes: Mapping[str, int] | None = None) -> None:
        """`takes`: ids that a person had tried anew, and how often; what was dropped earlier does not count."""
        self._takes = takes or {}
        self._table = _Table()
        self._files: list[tuple[Path, str]] = []
        """With the kind of its records, where they are not in entries."""
        self._numbers: dict[Path, int] = {}
        self._open: dict[int, IO[bytes]] = {}

    @classmethod
    def of_run(cls, folder: Path, takes: Mapping[str, int] | None = None) -> "Index":
        """Everything that earlier workers of a run have finished."""
        index = cls(takes)
        for file in journal_files(folder):
            index.scan(file)
        return index

    def scan(self, file: Path) -> None:
        """Take in a journal: one pass that looks at the beginning of each line."""
        base, put = self._number(file) << _FILE_BITS, self._put
        offset = 0
        with file.open("rb", buffering=1 << 20) as stream:
            for line in stream:
                try:
                    if line.endswith(b"\n"):
                        head = read_head(line)
                        if self._counts(head, line):
                            put(head, base + offset)
                except Damaged:
                    pass
                offset += len(line)

    def scan_records(self, file: Path, kind: str) -> None:
        """Take in a file with a record of this kind in each line, its `id` first."""
        base, offset = self._number(file, kind) << _FILE_BITS, 0
        with file.open("rb", buffering=1 << 20) as stream:
            for line in stream:
                if line.startswith(b'{"id":"'):
                    self._table.put(_number(line[7 : line.index(b'"', 7)]), base + offset)
                offset += len(line)

    def add(self, key: str, also: str, place: Place) -> None:
        """Take in what was just written."""
        self._put(Head("", key, also), (self._number(place.file) << _FILE_BITS) + place.offset)

    def alias(self, also: str, key: str) -> None:
        """Let what `key` names be found by `also` too."""
        place = self._table.get(_number(key.encode("utf-8", "surrogatepass")))
        if place is not None:
            self._table.put(_number(also.encode()), place)

    def __contains__(self, key: str) -> bool:
        return self._table.get(_number(key.encode("utf-8", "surrogatepass"))) is not None

    def __len__(self) -> int:
        return len(self._table)

    def record(self, key: str) -> Record | None:
        """The record of this key or second name, read from disk."""
        found = self._line(key)
        if found is None:
            return None
        line, kind = found
        try:
            if kind:
                return KINDS[kind].model_validate_json(line)
            return read_body(line, read_head(line))
        except ValueError:
            return None

    def mark(self, key: str) -> Mapping[str, Any] | None:
        """What the mark of this key says, read from disk."""
        found = self._line(key)
        try:
            return None if found is None else read_mark(found[0])
        except Damaged:
            return None

    def close(self) -> None:
        """Close the files."""
        for stream in self._open.values():
            stream.close()
        self._open.clear()

    def __enter__(self) -> "Index":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _counts(self, head: Head, line: bytes) -> bool:
        if head.again:
            return False
        if not self._takes:
            return True
        if head.kind == "dropped":
            return head.take >= self._takes.get(head.key, 0)
        if head.kind == MARK:
            drops = read_mark(line).get("drops", {})
            return all(take >= self._takes.get(key, 0) for key, take in drops.items())
        return True

    def _put(self, head: Head, place: int) -> None:
        self._table.put(_number(head.key.encode("utf-8", "surrogatepass")), place)
        if head.also:
            also = head.also + LOST if head.kind == "dropped" else head.also
            self._table.put(_number(also.encode("utf-8", "surrogatepass")), place)

    def _line(self, key: str) -> tuple[bytes, str] | None:
        place = self._table.get(_number(key.encode("utf-8", "surrogatepass")))
        if place is None:
            return None
        number, offset = place >> _FILE_BITS, place & ((1 << _FILE_BITS) - 1)
        stream = self._open.get(number)
        if stream is None:
            if len(self._open) >= 64:
                self._open.pop(next(iter(self._open))).close()
            stream = self._open[number] = self._files[number][0].open("rb")
        stream.seek(offset)
        return stream.readline(), self._files[number][1]

    def _number(self, file: Path, kind: str = "") -> int:
        if file not in self._numbers:
            self._numbers[file] = len(self._files)
            self._files.append((file, kind))
        return self._numbers[file]


class _Table:
    """64-bit key -> 64-bit value; the last one put counts. Packed and sorted, but for the newest."""

    def __init__(self) -> None:
        self._keys = array("Q")
        self._values = array("Q")
        self._fresh: dict[int, int] = {}

    def put(self, key: int, value: int) -> None:
        self._fresh[key] = value
        if len(self._fresh) >= _FRESH:
            self._pack()

    def get(self, key: int) -> int | None:
        found = self._fresh.get(key)
        if found is not None or not self._keys:
            return found
        at = bisect_left(self._keys, key)
        return self._values[at] if at < len(self._keys) and self._keys[at] == key else None

    def __len__(self) -> int:
        return len(self._keys) + sum(1 for _ in self._unpacked())

    def _unpacked(self) -> Iterator[int]:
        for key in self._fresh:
            at = bisect_left(self._keys, key)
            if at == len(self._keys) or self._keys[at] != key:
                yield key

    def _pack(self) -> None:
        new = np.fromiter(self._fresh, np.uint64, len(self._fresh))
        values = np.fromiter(self._fresh.values(), np.uint64, len(self._fresh))
        order = np.argsort(new)
        new, values = new[order], values[order]
        old, had = np.frombuffer(self._keys, np.uint64), np.frombuffer(self._values, np.uint64)
        at = np.searchsorted(old, new)
        if len(old):
            same = old[np.minimum(at, len(old) - 1)] == new
            had = had.copy()
            had[at[same]] = values[same]
            at, new, values = at[~same], new[~same], values[~same]
        keys, places = array("Q"), array("Q")
        keys.frombytes(np.insert(old, at, new).tobytes())
        places.frombytes(np.insert(had, at, values).tobytes())
        self._keys, self._values = keys, places
        self._fresh = {}


def _number(key: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(key, digest_size=8).digest(), "little")
