"""What names say: siblings that say the same, and features that would fit better below another parent.

Spelling is compared through `names.near_key`, meaning through unit vectors that the caller's `embed` gives. Everything
here answers in arrays of node ids; `finders` puts it into words.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from synth.tree.columns import FeatureTree
from synth.tree.names import near_key, opposed

Vectors = NDArray[np.float32]
Embed = Callable[[Sequence[str]], Vectors]
"""Texts to unit vectors, (n, d)."""

Progress = Callable[[int, int], None]
"""Is told how many of how many names were looked at."""

SMALL = 3
"""A feature with more children than this is a branch of its own: it is not looked at as misplaced."""

_PLAIN = r"^[a-z]+( [a-z]+)*\z"
_CHUNK = 50_000
_EMBEDDED = 2_048
_BLOCK = 8_000_000
"""Cosines held at once: 32 MB."""


@dataclass(frozen=True, slots=True)
class Groups:
    """Siblings that say the same, group after group: `members[starts[i] : starts[i + 1]]`, the one to keep first."""

    members: NDArray[np.int32]
    starts: NDArray[np.int64]
    cosine: NDArray[np.float64]
    """By group: the lowest cosine that brought names together; NaN where spelling did."""


@dataclass(frozen=True, slots=True)
class Strays:
    """Features nearer to another parent than to their own, with both cosines."""

    node: NDArray[np.int32]
    better: NDArray[np.int32]
    own: NDArray[np.float64]
    other: NDArray[np.float64]


def group_siblings(
    tree: FeatureTree,
    nodes: NDArray[np.int32],
    embed: Embed | None,
    alike: float,
    limit_nodes: int,
    progress: Progress | None,
) -> Groups:
    """Group siblings among `nodes` (breadth first, with all their siblings) by spelling, with `embed` by meaning too.

    In a group of one meaning each name is near the one to keep, not only near another member: no chain of small steps
    leads from `parse text` to `print table`.
    """
    layout = tree.layout()
    place = np.full(tree.rows, -1, np.int64)
    place[nodes] = np.arange(len(nodes))
    nodes = nodes[layout.child_len[layout.parent[nodes]] > 1]
    numbers, inverse = np.unique(layout.name[nodes], return_inverse=True)
    texts = tree.strings.array().take(pa.array(numbers))
    key = near_keys(texts, progress)[inverse]
    named = key >= 0  # "..." says nothing, so not the same either
    nodes, key, inverse = nodes[named], key[named], inverse[named]
    above = place[layout.parent[nodes]]
    length = pc.utf8_length(texts).to_numpy()[inverse]
    rank = np.empty(len(nodes), np.int64)
    rank[np.lexsort((nodes, length, -layout.counts_of(nodes)))] = np.arange(len(nodes))
    order = np.lexsort((rank, key, above))
    first = np.ones(len(order), np.bool_)
    first[1:] = (np.diff(above[order]) != 0) | (np.diff(key[order]) != 0)
    starts = np.flatnonzero(first)
    head = np.repeat(order[starts], np.diff(starts, append=len(order)))
    kept = np.arange(len(nodes))
    kept[order] = head
    lowest = np.full(len(nodes), np.nan)
    if embed is not None:
        heads = order[starts]
        heads = heads[np.lexsort((rank[heads], above[heads]))][:limit_nodes]
        into, cosine = _near_heads(embed, texts, inverse[heads], above[heads], alike, progress)
        kept[heads] = heads[into]
        kept = kept[kept]
        lowest[heads] = cosine
    order = np.lexsort((rank, kept != np.arange(len(nodes)), kept))
    starts = np.flatnonzero(np.diff(kept[order], prepend=-1))
    sizes = np.diff(starts, append=len(order))
    order, sizes, whole = order[np.repeat(sizes > 1, sizes)], sizes[sizes > 1], starts[sizes > 1]
    heads = kept[order][np.cumsum(sizes) - sizes] if len(whole) else np.zeros(0, np.int64)
    return Groups(nodes[order], np.cumsum(sizes) - sizes, lowest[heads])


def near_keys(texts: pa.LargeStringArray, progress: Progress | None = None) -> NDArray[np.int64]:
    """A number for each text; texts with the same `near_key` share it. -1 where nothing is left of the text.

    A name of plain words is the sum of its words, so only the vocabulary is looked at for most names.
    """
    plain = pc.match_substring_regex(texts, _PLAIN)
    words = pc.split_pattern(texts.filter(plain), " ")
    coded = words.flatten().dictionary_encode()
    stems = pa.array([near_key(word) for word in coded.dictionary.to_pylist()], pa.string())
    joined = pc.binary_join(pa.ListArray.from_arrays(words.offsets, stems.take(coded.indices)), "")
    others = texts.filter(pc.invert(plain))
    done, keys = len(texts) - len(others), []
    for begin in range(0, len(others), _CHUNK):
        keys += [near_key(text) for text in others.slice(begin, _CHUNK).to_pylist()]
        if progress is not None:
            progress(done + len(keys), len(texts))
    both = pa.concat_arrays([joined.cast(pa.large_string()), pa.array(keys, pa.large_string())]).dictionary_encode()
    codes = both.indices.to_numpy().astype(np.int64)
    codes[codes == pc.index(both.dictionary, "").as_py()] = -1
    is_plain = plain.to_numpy(zero_copy_only=False)
    found = np.empty(len(texts), np.int64)
    found[is_plain], found[~is_plain] = codes[:done], codes[done:]
    return found


def find_strays(
    tree: FeatureTree,
    levels: Sequence[NDArray[np.int32]],
    embed: Embed,
    margin: float,
    limit_nodes: int,
    progress: Progress | None,
) -> Strays:
    """Features whose name is nearer, by `margin`, to another parent on the level of their own than to that one.

    What a parent stands for is the normalised mean of its name and its children, without the feature asked about. Only
    features with up to `SMALL` children are asked about, and of all names the first `limit_nodes`, from the top down.
    """
    layout = tree.layout()
    left, used = limit_nodes, []
    for level in levels:
        used.append(level[: max(0, left)])
        left -= len(level)
    nodes = np.concatenate([np.zeros(0, np.int32), *used])
    numbers, inverse = np.unique(layout.name[nodes], return_inverse=True)
    total = len(numbers) + len(nodes)
    vectors = _vectors(embed, tree.strings.array().take(pa.array(numbers)), total, progress)
    row = np.zeros(tree.rows, np.int64)
    row[nodes] = inverse
    parts: list[tuple[NDArray[np.int32], NDArray[np.int32], Vectors, Vectors]] = []
    done = len(numbers) + (len(used[0]) if used else 0)
    for level in used[1:]:
        starts = np.flatnonzero(np.diff(layout.parent[level], prepend=-1))
        holders = layout.parent[level[starts]]
        if len(holders) > 1:
            mine = np.repeat(np.arange(len(holders)), np.diff(starts, append=len(level)))
            sums = np.add.reduceat(vectors[row[level]], starts) + vectors[row[holders]]
            step = max(1, min(_BLOCK // len(holders), 16_384))
            for begin in range(0, len(level), step):
                part = slice(begin, begin + step)
                best, own, other = _compare(vectors[row[level[part]]], sums, mine[part])
                stray = (other > own + margin) & (layout.child_len[level[part]] <= SMALL)
                parts.append((level[part][stray], holders[best[stray]], own[stray], other[stray]))
                if progress is not None:
                    progress(done + min(begin + step, len(level)), total)
        done += len(level)
    if not parts:
        return Strays(np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0), np.zeros(0))
    found, better, near, nearer = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Strays(found, better, near.astype(np.float64), nearer.astype(np.float64))


def _compare(vectors: Vectors, sums: Vectors, mine: NDArray[np.int64]) -> tuple[NDArray[np.int64], Vectors, Vectors]:
    """Row by row: the best of the other parents, the cosine to the own one and to the best."""
    own = np.einsum("nd,nd->n", _unit(sums[mine] - vectors), vectors)
    cosines = vectors @ _unit(sums).T
    cosines[np.arange(len(vectors)), mine] = -2.0
    best = np.argmax(cosines, axis=1)
    return best, own, cosines[np.arange(len(vectors)), best]


def _near_heads(
    embed: Embed,
    texts: pa.LargeStringArray,
    text: NDArray[np.int64],
    above: NDArray[np.int64],
    alike: float,
    progress: Progress | None,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Into which row each row goes by meaning, and the lowest cosine of those that went into a row (NaN: none did).

    Rows of one parent lie together, the ones to keep first: each takes what is near and not taken yet.
    """
    into, lowest = np.arange(len(text)), np.full(len(text), np.nan)
    starts = np.flatnonzero(np.diff(above, prepend=-2))
    ends = np.append(starts[1:], len(above))
    crowded = ends - starts > 1
    used, row = np.unique(text[np.repeat(crowded, ends - starts)], return_inverse=True)
    vectors = _vectors(embed, texts.take(pa.array(used)), len(used), progress)
    at = 0
    for start, end in zip(starts[crowded].tolist(), ends[crowded].tolist(), strict=True):
        size = end - start
        siblings = vectors[row[at : at + size]]
        at += size

        def _name(place: int, first: int = start) -> str:
            return str(texts[int(text[first + place])].as_py())

        free = np.ones(size, np.bool_)
        step = max(1, _BLOCK // size)
        for begin in range(0, size, step):
            cosines = siblings[begin : begin + step] @ siblings.T
            near = cosines >= alike
            for index in (np.flatnonzero(near.sum(axis=1) > 1)).tolist():
                if free[begin + index]:
                    free[begin + index] = False
                    taken = np.flatnonzero(near[index] & free)
                    own = _name(begin + index)
                    taken = taken[[not opposed(own, _name(place)) for place in taken.tolist()]] if len(taken) else taken
                    if len(taken):
                        free[taken] = False
                        into[start + taken] = start + begin + index
                        lowest[start + begin + index] = cosines[index, taken].min()
    return into, lowest


def _vectors(embed: Embed, texts: pa.LargeStringArray, total: int, progress: Progress | None) -> Vectors:
    parts = []
    for begin in range(0, len(texts), _EMBEDDED):
        parts.append(np.asarray(embed(texts.slice(begin, _EMBEDDED).to_pylist()), np.float32))
        if progress is not None:
            progress(min(begin + _EMBEDDED, len(texts)), total)
    return np.concatenate(parts) if parts else np.zeros((0, 1), np.float32)


def _unit(vectors: Vectors) -> Vectors:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    found: Vectors = vectors / np.maximum(lengths, np.float32(1e-12))
    return found
