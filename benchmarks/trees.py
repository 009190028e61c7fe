"""The trees that the benchmarks stand on: made up, deterministic, about as wide, deep and worded as those that exist.

The sizes of the levels follow the census of the public tree (17, 1,527, 21,739, 113,348, 613,311, 33,801, 781); in a
smaller tree the upper levels keep a larger share, as they fill first. Fan-out is Pareto with 1.3 up to about 10,000
children, counts are Pareto with 1.1, names are two to four words of the lexicon. What was made is kept in the system's
folder for temporary files.
"""

import hashlib
import json
import os
import re
import tempfile
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from json.encoder import encode_basestring_ascii
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from synth.records import CATEGORIES
from synth.tree.formats.epicoder_out import feature_lines
from synth.tree.fragment import NO_PARENT, Fragment

SMALL, MIDDLE, LARGE = 5_000, 140_000, 1_795_310
"""Nodes: a tree of seeds alone, a grown one, the public one."""

FEATURES, FREQUENCIES = "features.json", "frequencies.json"
"""The two files of `write_epicoder`."""

CENSUS = (17, 1_527, 21_739, 113_348, 613_311, 33_801, 781)
_KEPT = (1.0, 0.5, 0.7, 1.0, 1.0, 1.0, 1.0)
"""A level of the census shrinks with the tree's scale to this power."""
_OBSERVED = (1.0, 0.95, 0.8, 0.5, 0.25, 0.2, 0.2)
"""By level: how many of the children of an observed feature are observed too; the others were grown."""
_FANOUT, _TAIL = 1.3, 1.1
_WIDEST = 10_000
_WORDS = 1_500
_PROPER = ("Bézier", "Gröbner", "Erdős", "Lévy", "naïve", "Python", "SQL", "HTTP", "JSON", "GPU", "A*", "C++", "B-tree")
"""Words with capitals, marks and letters beyond ASCII: names have them, and search must not stumble over them."""
_LENGTHS = (0.45, 0.85, 1.0)
"""Cumulated shares of names of two, three and four words."""
_LARGEST = 1_000_000
_SEED = 7
_VERSION = 1
_LINES = 20_000

Ints = NDArray[np.int64]


def made_tree(nodes: int, cache: Path | None = None) -> Fragment:
    """The tree of so many nodes, from `cache` where it was made before; rows depth first, siblings in no order.

    Raises ValueError for fewer than 100 nodes.
    """
    path = (cache or cache_folder()) / f"tree-{nodes}-{_fingerprint()}.parquet"
    if not path.exists():
        _keep(make_tree(nodes), path)
    table = pq.read_table(path)
    return Fragment(
        parent=table["parent"].to_numpy(),
        name=table["name"].to_pylist(),
        observed=table["observed"].to_numpy(),
        estimated=table["estimated"].to_numpy(),
    )


def epicoder_files(nodes: int, cache: Path | None = None) -> Path:
    """The folder with the two files of the tree of so many nodes, written where it is missing."""
    folder = (cache or cache_folder()) / f"epicoder-{nodes}-{_fingerprint()}"
    if not folder.exists():
        draft = folder.with_name(f"{folder.name}.{os.getpid()}")
        write_epicoder(made_tree(nodes, cache), draft)
        draft.rename(folder)
    return folder


def cache_folder() -> Path:
    """Where trees are kept between runs."""
    return Path(tempfile.gettempdir()) / "espalier-benchmarks"


def make_tree(nodes: int) -> Fragment:
    """Make the tree of so many nodes: under 30 s for the largest."""
    rng = np.random.default_rng(_SEED)
    sizes = level_sizes(nodes)
    parent, order = _grow(sizes, rng)
    level = np.repeat(np.arange(len(sizes)), sizes)[order]
    observed, estimated = _count(parent, level, rng)
    return Fragment(parent.astype(np.int32), _name(parent, rng), observed, estimated)


def level_sizes(nodes: int) -> list[int]:
    """Nodes on each of the seven levels; they add up to `nodes`."""
    if nodes < 100:
        raise ValueError(f"a tree with seven levels needs at least 100 nodes, got {nodes}")
    free = nodes - CENSUS[0]
    scale = free / (sum(CENSUS) - CENSUS[0])
    weights = [size * min(scale, 1.0) ** (kept - 1.0) for size, kept in zip(CENSUS[1:], _KEPT[1:], strict=True)]
    sizes = [CENSUS[0], *(max(1, round(free * weight / sum(weights))) for weight in weights)]
    sizes[sizes.index(max(sizes))] += nodes - sum(sizes)
    return sizes


def write_epicoder(fragment: Fragment, folder: Path) -> None:
    """Write the two files in the form and the layout of the public ones, line by line."""
    folder.mkdir(parents=True, exist_ok=True)
    _write_lines(folder / FEATURES, feature_lines(fragment))
    _write_lines(folder / FREQUENCIES, _frequency_lines(fragment))


def words() -> tuple[list[str], NDArray[np.float64]]:
    """The vocabulary and how often each word comes, cumulated to 1."""
    found: Counter[str] = Counter()
    for file in sorted((Path(__file__).resolve().parents[1] / "data" / "lexicon").glob("*.json")):
        if not file.stem.startswith(("signs", "names", "live", "challenge", "words")):
            found.update(re.findall(r"[a-z]{3,}", file.read_text(encoding="utf-8").lower()))
    commonest = sorted(found, key=lambda word: (-found[word], word))[: _WORDS - len(_PROPER)]
    shares = np.array([found[word] for word in commonest] + [20] * len(_PROPER), np.float64)
    sums = np.cumsum(shares)
    return [*commonest, *_PROPER], sums / sums[-1]


def _grow(sizes: list[int], rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Parent rows in depth-first order, and the row by level that stands at each place."""
    parents: list[Ints] = [np.full(sizes[0], NO_PARENT, np.int64)]
    first = 0
    for above, size in pairwise(sizes):
        fertility = np.cumsum(_fertility(above, size, rng))
        chosen = np.searchsorted(fertility, rng.random(size) * fertility[-1], side="right")
        if not first:
            chosen[: min(size, above)] = np.arange(min(size, above))  # no category stays empty
        parents.append(np.sort(chosen) + first)
        first += above
    parent = np.concatenate(parents)
    place = _depth_first(parent, sizes)
    order = np.argsort(place)
    above_place = np.where(parent == NO_PARENT, NO_PARENT, place[parent])
    return above_place[order], order


def _fertility(parents: int, children: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """How likely each parent is to get a child; none gets most of them, nor many more than `_WIDEST`."""
    drawn = _pareto(_FANOUT, parents, rng)
    for _ in range(10):  # a cap makes the sum smaller, and the next cap with it
        drawn = np.minimum(drawn, drawn.sum() * min(0.2, _WIDEST / children))
    return drawn


def _depth_first(parent: Ints, sizes: list[int]) -> Ints:
    """The place of each row: after its parent and the whole subtrees of the siblings before it."""
    ends = np.cumsum(sizes)
    levels = [slice(int(end - size), int(end)) for size, end in zip(sizes, ends, strict=True)]
    below = np.ones(len(parent), np.int64)
    for level in levels[:0:-1]:
        np.add.at(below, parent[level], below[level])
    place = np.cumsum(below[levels[0]]) - below[levels[0]]
    places = [place]
    for level in levels[1:]:
        before = np.cumsum(below[level]) - below[level]
        starts = np.flatnonzero(np.diff(parent[level], prepend=-1))
        first = np.repeat(before[starts], np.diff(starts, append=len(before)))
        above = places[-1][parent[level] - (level.start - len(places[-1]))]
        places.append(above + 1 + before - first)
    return np.concatenate(places)


def _count(parent: Ints, level: Ints, rng: np.random.Generator) -> tuple[Ints, NDArray[np.float64]]:
    """Observed counts, nowhere smaller than below; estimates, most of them no whole number, for the others."""
    size = len(parent)
    lucky = rng.random(size) < np.array(_OBSERVED)[level]
    counts = np.minimum(_pareto(_TAIL, size, rng), _LARGEST).astype(np.int64)
    depths = [np.flatnonzero(level == depth) for depth in range(int(level.max()) + 1)]
    for rows in depths[1:]:
        lucky[rows] &= lucky[parent[rows]]
    observed = np.where(lucky, counts, 0)
    for rows in depths[:0:-1]:
        np.maximum.at(observed, parent[rows], observed[rows])
    return observed, np.where(lucky, np.nan, counts / (1 + (rng.random(size) * 3).astype(np.int64)))


def _name(parent: Ints, rng: np.random.Generator) -> list[str]:
    """Names that no sibling has; categories have their own."""
    vocabulary, sums = words()
    size = len(parent)
    picks = np.zeros((size, 4), np.int64)  # 0 = no word
    waiting = np.flatnonzero(parent != NO_PARENT)
    while len(waiting):
        drawn = np.searchsorted(sums, rng.random((len(waiting), 4)), side="right") + 1
        length = 2 + np.searchsorted(_LENGTHS, rng.random(len(waiting)), side="right")
        picks[waiting] = np.where(np.arange(4) < length[:, None], drawn, 0)
        code = picks @ (len(vocabulary) + 1) ** np.arange(4)
        _, word = np.unique(code, return_inverse=True)
        key = parent * (int(word.max()) + 1) + word
        _, first = np.unique(key, return_index=True)
        again = np.ones(size, np.bool_)
        again[first] = False
        again[parent == NO_PARENT] = False
        waiting = np.flatnonzero(again)
    categories = iter(CATEGORIES)
    known = ["", *vocabulary]
    return [" ".join(known[pick] for pick in row if pick) if row[0] else next(categories) for row in picks.tolist()]


def _pareto(shape: float, size: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """At least 1. From `random` alone, the method that is least likely to give other numbers some day."""
    return np.asarray((1.0 - rng.random(size)) ** (-1.0 / shape))


def _frequency_lines(fragment: Fragment) -> Iterator[str]:
    """Flat: path joined with ---, its count, the counts it had, the mean count of its children."""
    whole = fragment.observed > 0
    count = np.where(whole, fragment.observed, np.nan_to_num(fragment.estimated))
    number, total = np.zeros(len(count) + 1), np.zeros(len(count) + 1)
    np.add.at(number, fragment.parent, 1)
    np.add.at(total, fragment.parent, count)
    mean = np.divide(total, number, out=np.ones(len(total)), where=number > 0)
    yield "{"
    open_rows, keys = [NO_PARENT], [""]
    rows = zip(fragment.parent.tolist(), fragment.name, count.tolist(), whole.tolist(), mean.tolist(), strict=False)
    for row, (above, name, value, is_whole, below) in enumerate(rows):
        while open_rows[-1] != above:
            open_rows.pop()
            keys.pop()
        text = encode_basestring_ascii(name)[1:-1]
        keys.append(f"{keys[-1]}---{text}" if keys[-1] else text)
        open_rows.append(row)
        shown = int(value) if is_whole else value
        yield (
            f'{"," if row else ""}\n    "{keys[-1]}": {{\n        "frequency": {shown},\n        "his_frequencies": [\n'
            f'            {shown}\n        ],\n        "avg_sub_frequency": {below}\n    }}'
        )
    yield "\n}"


def _write_lines(path: Path, lines: Iterator[str]) -> None:
    waiting: list[str] = []
    with path.open("w", encoding="utf-8") as file:
        for line in lines:
            waiting.append(line)
            if len(waiting) >= _LINES:
                file.write("".join(waiting))
                waiting.clear()
        file.write("".join(waiting))


def _keep(fragment: Fragment, path: Path) -> None:
    columns = {
        "parent": fragment.parent,
        "name": fragment.name,
        "observed": fragment.observed,
        "estimated": fragment.estimated,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    pq.write_table(pa.table(columns), draft)
    draft.rename(path)


def _fingerprint() -> str:
    """Changes with the lexicon, so that a tree from before is not taken for this one."""
    return hashlib.sha256(json.dumps([_VERSION, words()[0]]).encode()).hexdigest()[:8]
