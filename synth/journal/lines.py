"""Records of one kind in a file, a line each: a sequence that reads them when they are asked for."""

import os
from array import array
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Generic, TypeVar, overload

from synth.records import Record

R = TypeVar("R", bound=Record)


class Lines(Sequence[R], Generic[R]):
    """The records of a file, or some of them; 8 bytes for each are kept."""

    def __init__(self, path: Path, kind: type[R]) -> None:
        """Looks where lines begin; whether they are records shows when they are read."""
        self._kind = kind
        self._file = _Shared(path)
        self._begins = array("Q")
        offset = 0
        with path.open("rb", buffering=1 << 20) as lines:
            for line in lines:
                self._begins.append(offset)
                offset += len(line)
        self.numbers = array("Q", range(len(self._begins)))
        """Which lines of the file these are, in this order."""

    def pick(self, places: Iterable[int]) -> "Lines[R]":
        """Those at `places` of this sequence, in that order."""
        chosen: Lines[R] = Lines.__new__(Lines)
        chosen._kind, chosen._file, chosen._begins = self._kind, self._file, self._begins
        chosen.numbers = array("Q", (self.numbers[place] for place in places))
        return chosen

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> "Lines[R]":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def __len__(self) -> int:
        return len(self.numbers)

    @overload
    def __getitem__(self, place: int) -> R: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[R]: ...

    def __getitem__(self, place: int | slice) -> R | Sequence[R]:
        if isinstance(place, slice):
            return [self[one] for one in range(*place.indices(len(self)))]
        return self._kind.model_validate_json(self._file.line(self._begins[self.numbers[place]]))


class _Shared:
    """One open file for a sequence and all that was picked from it."""

    def __init__(self, path: Path) -> None:
        self._stream = path.open("rb")

    def line(self, offset: int) -> bytes:
        self._stream.seek(offset, os.SEEK_SET)
        return self._stream.readline()

    def close(self) -> None:
        self._stream.close()
