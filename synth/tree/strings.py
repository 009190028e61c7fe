"""The text of a tree: names, notes and what files said about counts, in one append-only table.

A node holds numbers of texts, so a rename writes four bytes and an old state of the tree needs no copy of the text.
Text at rest is one UTF-8 block with offsets, which is mapped into memory rather than read.
"""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

_MEMO = 200_000
"""New texts that are remembered, so that a name met again gets the number that it has."""


class Strings:
    """Texts by number; number 0 is the empty text. A text may have several numbers, a number has one text for ever."""

    def __init__(self, block: NDArray[np.uint8] | None = None, offsets: NDArray[np.int64] | None = None) -> None:
        """Begin with a UTF-8 block whose text i lies between `offsets[i]` and `offsets[i + 1]`, or with "" alone."""
        self._block = np.zeros(0, np.uint8) if block is None else block
        self._offsets = np.zeros(2, np.int64) if offsets is None else offsets
        self._bytes = memoryview(self._block.data)
        self._settled = len(self._offsets) - 1
        self._fresh: list[str] = []
        self._memo: dict[str, int] = {"": 0}

    def __len__(self) -> int:
        return self._settled + len(self._fresh)

    def __getitem__(self, number: int) -> str:
        fresh = self._fresh  # first: another thread may settle them meanwhile, and then the block has them
        settled = self._settled
        if number >= settled:
            return fresh[number - settled]
        return str(self._bytes[self._offsets[number] : self._offsets[number + 1]], "utf-8")

    def __iter__(self) -> Iterator[str]:
        return (self[number] for number in range(len(self)))

    def add(self, text: str) -> int:
        """The number of `text`. Raises ValueError where it holds a lone surrogate, which no file could hold."""
        return self.add_all((text,))[0]

    def add_all(self, texts: Iterable[str]) -> list[int]:
        """The numbers of a few texts. Raises as `add`."""
        memo, fresh, number = self._memo, self._fresh, len(self)
        numbers = []
        for text in texts:
            known = memo.get(text)
            if known is None:
                if not text.isascii():
                    _check(text)
                known = number
                fresh.append(text)
                number += 1
                if len(memo) < _MEMO:
                    memo[text] = known
            numbers.append(known)
        return numbers

    def extend(self, texts: Sequence[str]) -> int:
        """Add texts under new numbers, whether known or not, and do not remember them. Returns the first number.

        Raises as `add`, with nothing added.
        """
        if not "".join(texts).isascii():
            for text in texts:
                _check(text)
        first = len(self)
        self._fresh.extend(texts)
        return first

    def append(self, texts: Iterable[str]) -> int:
        """Add texts under new numbers, one after the other, whether known or not. Returns the first number."""
        first = len(self)
        for number, text in enumerate(texts, start=first):
            self._fresh.append(text)
            self._remember(text, number)
        return first

    def add_many(self, texts: Sequence[str]) -> NDArray[np.int32]:
        """The numbers of many texts, each different text stored once more at the most. Raises as `add`."""
        if len(texts) <= _MEMO // 100:
            return np.array(self.add_all(texts), np.int32)
        try:
            coded = pa.array(texts, pa.large_string()).dictionary_encode()
        except UnicodeEncodeError as error:
            raise ValueError(f"{error.object!r:.80} holds a lone surrogate, which is no text") from error
        first = len(self)
        self._settle(coded.dictionary)
        numbers: NDArray[np.int32] = (coded.indices.to_numpy() + first).astype(np.int32)
        return numbers

    def places(self, numbers: NDArray[np.int32]) -> NDArray[np.int64]:
        """For each number a place that sorts as its text does, in code point order."""
        used, inverse = np.unique(numbers, return_inverse=True)
        found: NDArray[np.int64] = places_of(self.array().take(pa.array(used)))[inverse]
        return found

    def array(self) -> pa.LargeStringArray:
        """All texts, in order; without a copy where nothing was added since the last call."""
        self._settle(None)
        buffers = [None, pa.py_buffer(self._offsets), pa.py_buffer(self._block)]
        return pa.LargeStringArray.from_buffers(len(self), buffers[1], buffers[2])

    def blocks(self) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        """Everything as one block with its offsets, to be stored."""
        self._settle(None)
        return self._block, self._offsets

    def since(self, first: int) -> tuple[str, ...]:
        """The texts from number `first` on."""
        return tuple(self[number] for number in range(first, len(self)))

    def copy(self) -> "Strings":
        """A table that goes on by itself from here; the block is shared."""
        block, offsets = self.blocks()
        return Strings(block, offsets)

    def _remember(self, text: str, number: int) -> None:
        if len(self._memo) >= _MEMO:
            self._memo = {"": 0}
        self._memo.setdefault(text, number)

    def _settle(self, more: pa.LargeStringArray | None) -> None:
        """Move fresh texts, and `more`, into the block."""
        added = pa.array(self._fresh, pa.large_string()) if self._fresh else None
        for array in (added, more):
            if array is not None and len(array):
                offsets = np.frombuffer(array.buffers()[1], np.int64)[array.offset : array.offset + len(array) + 1]
                block = np.frombuffer(array.buffers()[2] or b"", np.uint8)[offsets[0] : offsets[-1]]
                self._offsets = np.concatenate([self._offsets, offsets[1:] - offsets[0] + self._offsets[-1]])
                self._block = np.concatenate([self._block, block])
        # readers in other threads look at the settled part first: it grows before the fresh list is emptied
        self._bytes = memoryview(self._block.data)
        self._settled = len(self._offsets) - 1
        self._fresh = []


def places_of(texts: pa.LargeStringArray) -> NDArray[np.int64]:
    """For each text a place that sorts as the texts do, in code point order; equal texts have one."""
    coded = texts.dictionary_encode()
    places = np.empty(len(coded.dictionary), np.int64)
    places[pc.sort_indices(coded.dictionary).to_numpy()] = np.arange(len(coded.dictionary))
    found: NDArray[np.int64] = places[coded.indices.to_numpy()]
    return found


def _check(text: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError(f"{text!r:.80} holds a lone surrogate, which is no text") from error
