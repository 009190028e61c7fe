"""An index of names: the different names of a tree, folded and sorted, in one block of bytes, with the nodes of each.

Names are compared as `str.casefold` leaves them and not normalised: a composed letter and the same letter with a
combining mark are two. UTF-8 sorts as code points do, and no letter's bytes begin inside another's, so that all but
edit distances is done on bytes. The index itself never changes: `Names` is the index with what the tree changed since.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import compress

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from synth.tree.columns import FeatureTree
from synth.tree.table import ROOT

Ids = NDArray[np.int64]
Nodes = NDArray[np.int32]
Mask = NDArray[np.bool_]

_END = b"\xff"
"""After each name; UTF-8 has no such byte, so no match runs over the end of a name."""
_FIRST, _GROWTH, _LARGEST = 64, 4, 100_000
"""Names in the first portion of a scan, by how much portions grow, and to what."""
_DENSE = 25
"""Where one name in so many matches, testing each is faster than jumping from match to match."""
_FEWEST, _MOST, _SHARE = 1_000, 20_000, 20
"""An index is behind once more rows changed than one in `_SHARE`, within these bounds."""
_LISTED = 200_000
"""Changed rows from which listing them takes longer than an index."""
_CELLS = 2_000_000
"""Cells of one table of edit distances."""
_PORTION = 100_000
"""Names whose letters are looked up at once."""


@dataclass(frozen=True, slots=True, eq=False)
class Named:
    """What an index is made of, as of one moment: the tree may change while one is made."""

    held: NDArray[np.int32]
    """As `numbers` gives it."""
    parent: Nodes
    texts: pa.LargeStringArray
    revision: int

    @classmethod
    def of(cls, tree: FeatureTree) -> "Named":
        """What a tree's index is made of."""
        return cls(numbers(tree), tree.column("parent").copy(), tree.strings.array(), tree.revision)


class NameIndex:
    """The names of a tree's live nodes as they were when it was built; a name's id is its place in sorted order."""

    def __init__(self, named: Named) -> None:
        self.held = named.held
        """Row -> number of the node's name, -1 where there was no live node."""
        self.rows = len(self.held)
        live = np.flatnonzero(self.held >= 0)
        used = np.unique(self.held[live])
        texts = fold(named.texts.take(pa.array(used)))
        order = pc.sort_indices(texts)
        texts = texts.take(order)
        new = np.ones(len(texts), np.bool_)
        if len(texts):
            new[1:] = pc.not_equal(texts[1:], texts[:-1]).to_numpy(zero_copy_only=False)
        place = np.empty(len(used), np.int32)
        place[order.to_numpy()] = np.cumsum(new) - 1
        texts = texts.filter(pa.array(new))
        self.size = len(texts)
        self.text_id = np.full(self.rows, -1, np.int32)
        """Row -> id of its name."""
        self.text_id[live] = place[np.searchsorted(used, self.held[live])]
        ids = self.text_id[live]
        self.nodes = live[np.argsort(ids, kind="stable")].astype(np.int32)
        """All live nodes, by name, then id."""
        self.first = np.concatenate([[0], np.cumsum(np.bincount(ids, minlength=self.size))])
        """Id of a name -> where its nodes begin in `nodes`; one more entry closes the last."""
        ended = pc.binary_join_element_wise(
            texts.cast(pa.large_binary()), pa.scalar(_END, pa.large_binary()), pa.scalar(b"", pa.large_binary())
        )
        self._offsets = np.frombuffer(ended.buffers()[1], np.int64)[: self.size + 1] if self.size else np.zeros(1, "i8")
        self._block = bytes(memoryview(ended.buffers()[2])[: self._offsets[-1]]) if self.size else b""
        self._texts = pa.LargeBinaryArray.from_buffers(
            pa.large_binary(), self.size, [None, pa.py_buffer(self._offsets), pa.py_buffer(self._block)]
        )
        inner = np.bincount(named.parent[live], minlength=self.rows).astype(np.bool_)
        inner[ROOT] = False
        self.inner = np.flatnonzero(inner).astype(np.int32)
        """Nodes with children, whose names a path may ask for all at once: their texts lie together."""
        self._inner_texts = self._texts.take(pa.array(self.text_id[self.inner]))
        lengths = pc.utf8_length(texts).to_numpy()
        self._by_length = np.argsort(lengths, kind="stable").astype(np.int32)
        self._length_first = np.concatenate([[0], np.cumsum(np.bincount(lengths))])
        self._signature = _signatures(self._block, self._offsets)[self._by_length]

    @property
    def nbytes(self) -> int:
        """Memory in bytes."""
        arrays = (self.held, self.text_id, self.nodes, self.first, self._offsets)
        more = (self._by_length, self._length_first, self._signature, self.inner)
        return sum(array.nbytes for array in arrays + more) + len(self._block) + int(self._inner_texts.nbytes)

    def text(self, text_id: int) -> str:
        """The folded name with this id."""
        return self._bytes(text_id).decode()

    def place(self, text: bytes) -> int:
        """Number of names before `text`: its id, where it is a name."""
        return bisect_left(range(self.size), text, key=self._bytes)

    def exact(self, text: bytes) -> int:
        """The id of the name `text`; -1 where there is none."""
        place = self.place(text)
        return place if place < self.size and self._bytes(place) == text else -1

    def beginning(self, start: bytes) -> tuple[int, int]:
        """First id of the names that begin with `start`, and the id after the last."""
        return self.place(start), self.place(start + _END)

    def nodes_of(self, ids: Ids) -> Nodes:
        """The nodes of several names, one name after the other."""
        if len(ids) and ids[-1] - ids[0] == len(ids) - 1:  # they ascend, so none is left out
            return self.nodes[self.first[ids[0]] : self.first[ids[-1] + 1]]
        widths = self.first[ids + 1] - self.first[ids]
        ends = np.cumsum(widths)
        total = int(ends[-1]) if len(ends) else 0
        return self.nodes[np.repeat(self.first[ids] - (ends - widths), widths) + np.arange(total)]

    def contain(self, ids: Ids | Nodes, part: bytes) -> Mask:
        """Which of these names contain `part`."""
        return _contain(self._texts.take(pa.array(ids)), part)

    def inner_contain(self, part: bytes) -> Mask:
        """Which of the nodes `inner` have a name that contains `part`."""
        return _contain(self._inner_texts, part)

    def containing(self, part: bytes) -> Iterator[tuple[Ids, bool]]:
        """Ids of the names that contain `part`, ascending, in portions that grow, and whether this is the last one."""
        done, portion = 0, _FIRST
        while done < self.size:
            position = int(self._offsets[done])
            found: list[int] = []
            while len(found) < portion:
                position = self._block.find(part, position)
                if position < 0:
                    break
                found.append(position)
                position = self._block.index(_END, position) + 1
            ids = np.searchsorted(self._offsets, np.array(found, np.int64), side="right") - 1
            yield ids, position < 0
            if position < 0:
                return
            last, done = done, int(ids[-1]) + 1
            portion = min(portion * _GROWTH, _LARGEST)
            while done < self.size and len(ids) * _DENSE > done - last:
                last, done = done, min(done + portion, self.size)
                ids = np.flatnonzero(_contain(self._texts[last:done], part)) + last
                yield ids, done == self.size
                portion = min(portion * _GROWTH, _LARGEST)

    def alike(self, text: str, most: int) -> tuple[Ids, NDArray[np.int8]]:
        """Ids of the names at an edit distance of at most `most` from `text`, ascending, and their distances.

        An edit takes at most one letter away and brings at most one, so what is left of either set of letters without
        the other is at most `most`: a comparison of two bit sets, which leaves few names to measure.
        """
        bounds = np.clip([len(text) - most, len(text) + most + 1], 0, len(self._length_first) - 1)
        span = slice(*self._length_first[bounds].tolist())
        block = coded(text) + _END
        own = _signatures(block, np.array([0, len(block)]))[0]
        theirs = self._signature[span]
        near = np.bitwise_count(theirs & ~own) <= most
        near &= np.bitwise_count(own & ~theirs) <= most
        ids = np.sort(self._by_length[span][near]).astype(np.int64)
        found = distances([self.text(one) for one in ids.tolist()], text, most)
        kept = found <= most
        return ids[kept], found[kept]

    def _bytes(self, text_id: int) -> bytes:
        return self._block[self._offsets[text_id] : self._offsets[text_id + 1] - 1]


Fresh = tuple[str, int, int]
"""Folded name, node, number of the name."""


@dataclass(frozen=True, slots=True)
class Names:
    """The index, and what the tree changed since it was built, as of one revision."""

    revision: int
    index: NameIndex
    stale: Mask | None
    """Rows of which the index is wrong; None where it is right of all."""
    fresh: list[Fresh]
    """Live nodes that the index does not know under their name, sorted."""
    fresh_nodes: Nodes
    """The nodes alone."""

    behind: bool = False
    """Whether so much changed that another index is worth making."""

    @classmethod
    def of(cls, named: Named) -> "Names":
        """All indexed."""
        return cls(named.revision, NameIndex(named), None, [], np.zeros(0, np.int32))

    def follow(self, tree: FeatureTree) -> "Names":
        """As the tree is now: what changed is listed, or all indexed anew where that is most of it."""
        revision, index, now = tree.revision, self.index, numbers(tree)
        both = min(index.rows, len(now))
        changed = np.flatnonzero(now[:both] != index.held[:both])
        moved = len(changed) + abs(index.rows - len(now))
        if moved > _LISTED:
            return Names.of(Named.of(tree))
        behind = moved > min(max(_FEWEST, index.rows // _SHARE), _MOST)
        stale = np.zeros(index.rows, np.bool_)
        stale[changed] = True
        stale[both:] = True
        rows = np.concatenate([changed, np.arange(both, len(now))])
        rows = rows[now[rows] >= 0]
        # what stays is in order already, so that the sort below is a merge
        nodes, known = self.fresh_nodes, np.zeros(len(self.fresh), np.bool_)
        there = np.flatnonzero(nodes < len(now))
        known[there] = now[nodes[there]] == [self.fresh[place][2] for place in there.tolist()]
        known &= np.isin(nodes, rows)
        fresh = list(compress(self.fresh, known.tolist()))
        rows = rows[~np.isin(rows, nodes[known])]
        named = zip(rows.tolist(), now[rows].tolist(), strict=True)
        fresh += [(tree.strings[number].casefold(), node, number) for node, number in named]
        fresh.sort()
        nodes = np.array([node for _, node, _ in fresh], np.int32)
        return Names(revision, index, stale if stale.any() else None, fresh, nodes, behind)

    def current(self, nodes: Nodes) -> Nodes:
        """Those of the index's nodes of which it is right."""
        return nodes if self.stale is None else nodes[~self.stale[nodes]]

    def hold(self, nodes: Nodes, part: str) -> Mask:
        """Which of these live nodes have a name that contains `part`; the root has none."""
        found = np.zeros(len(nodes), np.bool_)
        known = np.flatnonzero((nodes < self.index.rows) & (nodes != ROOT))
        if self.stale is not None:
            known = known[~self.stale[nodes[known]]]
        if len(known) * 2 > len(self.index.inner):
            held = np.zeros(self.index.rows, np.uint8)
            held[self.index.inner] = self.index.inner_contain(coded(part)).view(np.uint8) + 1
            answers = held[nodes[known]]
            found[known] = answers == 2
            known = known[answers == 0]
        found[known] = self.index.contain(self.index.text_id[nodes[known]], coded(part))
        if self.fresh:
            holding = np.array([part in text for text, *_ in self.fresh])
            found |= np.isin(nodes, self.fresh_nodes[holding])
        return found


def coded(text: str) -> bytes:
    """UTF-8; a lone surrogate becomes bytes that no name holds."""
    return text.encode("utf-8", "surrogatepass")


def numbers(tree: FeatureTree) -> NDArray[np.int32]:
    """Row -> number of the node's name, -1 for the root and dead rows."""
    found = np.where(tree.column("alive").view(np.bool_), tree.column("name"), np.int32(-1))
    found[ROOT] = -1
    return found


def fold(texts: pa.LargeStringArray) -> pa.LargeStringArray:
    """`str.casefold` of each text; only those beyond ASCII are taken one by one."""
    folded = pc.ascii_lower(texts)
    beyond = pc.invert(pc.string_is_ascii(texts))
    if not pc.any(beyond).as_py():
        return folded
    rest = pa.array([text.casefold() for text in texts.filter(beyond).to_pylist()], pa.large_string())
    return pc.replace_with_mask(folded, beyond, rest)


def distances(texts: Sequence[str], query: str, most: int) -> NDArray[np.int8]:
    """Optimal string alignment distance of each text to `query`, `most` + 1 for all that lie further away.

    Insertions, deletions, substitutions and swaps of neighbours cost 1 each, and no part is edited twice.
    """
    at_once = max(1, _CELLS // (len(query) + most + 1))
    parts = [_distances(texts[start : start + at_once], query, most) for start in range(0, len(texts), at_once)]
    return np.concatenate([np.zeros(0, np.int8), *parts])


def _distances(texts: Sequence[str], query: str, most: int) -> NDArray[np.int8]:
    """One table for all texts, row by row; only cells at most `most` off the diagonal can matter."""
    wide, far = len(query) + most, np.int8(most + 1)
    lengths = np.array([len(text) for text in texts])
    fits = np.flatnonzero(lengths <= wide)
    lengths = lengths[fits]
    theirs = np.full((wide, len(fits)), -1, np.int32)
    place = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    theirs[place, np.repeat(np.arange(len(fits)), lengths)] = _letters("".join(texts[row] for row in fits.tolist()))
    own = _letters(query)
    above = np.repeat(np.minimum(np.arange(wide + 1), far).astype(np.int8)[:, None], len(fits), axis=1)
    before = above
    for row in range(1, len(query) + 1):
        low, high = max(1, row - most), row + most
        now = np.full_like(above, far)
        now[0] = min(row, most + 1)
        best = np.minimum(above[low - 1 : high] + (theirs[low - 1 : high] != own[row - 1]), above[low : high + 1] + 1)
        if row > 1 and high > 1:
            second = max(low, 2)
            swapped = theirs[second - 2 : high - 1] == own[row - 1]
            swapped &= theirs[second - 1 : high] == own[row - 2]
            part = best[second - low :]
            np.minimum(part, before[second - 2 : high - 1] + 1, out=part, where=swapped)
        np.minimum(best, far, out=now[low : high + 1])
        for column in range(low, high + 1):
            np.minimum(now[column], now[column - 1] + 1, out=now[column])
        before, above = above, now
    found = np.full(len(texts), far)
    found[fits] = above[lengths, np.arange(len(fits))]
    return found


def _letters(text: str) -> NDArray[np.int32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.int32)


def _contain(texts: pa.LargeBinaryArray, part: bytes) -> Mask:
    found: Mask = pc.match_substring(texts, part).to_numpy(zero_copy_only=False)
    return found


def _letter_bits() -> NDArray[np.uint64]:
    """First byte of a letter -> its bit. The bytes that follow, and the end of a name, have none."""
    bits = np.zeros(256, np.uint64)
    for byte in [*range(0x80), *range(0xC0, 0xF8)]:
        letter = byte - ord("a")
        bits[byte] = 1 << (letter if 0 <= letter < 26 else 26 + byte % 38)
    return bits


_BITS = _letter_bits()


def _signatures(block: bytes, offsets: NDArray[np.int64]) -> NDArray[np.uint64]:
    """The set of letters of each name, as bits."""
    size = len(offsets) - 1
    found = np.zeros(size, np.uint64)
    letters = np.frombuffer(block, np.uint8)
    for start in range(0, size, _PORTION):
        edges = offsets[start : min(start + _PORTION, size) + 1]
        part = _BITS[letters[edges[0] : edges[-1]]]
        found[start : start + _PORTION] = np.bitwise_or.reduceat(part, edges[:-1] - edges[0])
    return found
