"""EpiCoder's two files: the nested features, and counts by the path joined with `---`.

    features.json      {"workflow": {"logging": ["info logging", "debug logging"], "file access": []}}
    frequencies.json   {"workflow---logging": {"frequency": 4, "his_frequencies": [4], "avg_sub_frequency": 1.5}}

A name may hold `---` itself, so a key is never split: the joined path of each node is looked up.
"""

import json
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from synth.errors import BadInput
from synth.tree.formats.checks import (
    DEPTH_FAULT,
    MAX_DEPTH,
    estimated_fault,
    first_bad_name,
    name_fault,
    read_text,
    show,
)
from synth.tree.formats.jsontext import Twice, marked_object, members, place_of, scanner, unique_object
from synth.tree.fragment import NO_PARENT, Fragment
from synth.tree.table import MAX_COUNT

FEATURES, FREQUENCIES = "features.json", "frequencies.json"
JOIN = "---"
RECORD = ("frequency", "his_frequencies", "avg_sub_frequency")

Progress = Callable[[int, int], None]

MOST_LETTERS = 1 << 30
"""Characters of all joined paths."""

_STEPS = 200
"""Reports of progress a file, about."""

_SCAN_FEATURES = scanner(marked_object)
_SCAN_RECORD = scanner(list)


@dataclass(slots=True)
class _Features:
    """The nodes read so far, depth first."""

    where: str
    parent: "array[int]" = field(default_factory=lambda: array("i"))
    name: list[str] = field(default_factory=list)
    key: list[str] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)
    letters: int = 0
    """Characters of all keys."""

    def add(self, category: str, value: object) -> None:
        """Add a category with everything below it. Raises BadInput with the path of what is no tree."""
        self.parent.append(NO_PARENT)
        self.name.append(category)
        self.key.append(category)
        row = len(self.name) - 1
        open_nodes = [(row, self._below(value, category))]
        parent, name, key = self.parent, self.name, self.key
        while open_nodes:
            above, items = open_nodes[-1]
            before = key[above] + JOIN
            for child, below in items:
                row = len(name)
                parent.append(above)
                name.append(child)
                key.append(before + child)
                self._grow(len(key[row]), key[row])
                if not below and below in ([], {}, None, ""):
                    continue
                if len(open_nodes) >= MAX_DEPTH - 1:
                    raise BadInput(f"{self.where}, at {show(key[row])}: {DEPTH_FAULT}")
                leaves = self._leaves(below)
                if leaves is None:
                    open_nodes.append((row, self._below(below, key[row])))
                    break
                parent.extend([row] * len(leaves))
                name += leaves
                joined = key[row] + JOIN
                self._grow(len(joined) * len(leaves) + sum(map(len, leaves)), joined)
                key += [joined + leaf for leaf in leaves]
            else:
                open_nodes.pop()

    def _grow(self, letters: int, key: str) -> None:
        """Raises BadInput where long names over many others would make joined paths that fit into no memory."""
        self.letters += letters
        if self.letters > MOST_LETTERS:
            raise BadInput(
                f"{self.where}, at {show(key)}: the joined paths have more than {MOST_LETTERS:,} characters;"
                " shorten names"
            )

    def _leaves(self, value: object) -> list[str] | None:
        """The names of a list of leaves; None for anything else."""
        if type(value) is not list:
            return None
        try:
            "".join(value)
        except TypeError:
            return None
        return value if len(set(value)) == len(value) else None

    def _below(self, value: object, key: str) -> Iterator[tuple[str, object]]:
        """Names and what stands below each, for a mapping or a list of names and mappings."""
        place = f"{self.where}, at {show(key)}"
        if isinstance(value, Twice):
            raise BadInput(f"{place}: {show(value['_repeated'])} stands twice in one mapping; keep one")
        if isinstance(value, dict):
            return iter(value.items())
        if value is None or value == "":
            return iter(())
        if not isinstance(value, list):
            hint = f"; is this {FREQUENCIES}?" if key.endswith(f"{JOIN}{RECORD[0]}") else ""
            raise BadInput(
                f"{place}: expected a mapping or a list of names, got {show(value)}"
                f"{hint or '; write {}, [] or null for a leaf'}"
            )
        found: dict[str, object] = {}
        merged: dict[str, list[object]] = {}
        for item in value:
            if isinstance(item, str):
                pairs: list[tuple[str, object]] = [(item, None)]
            elif isinstance(item, dict):
                pairs = list(self._below(item, key))
            else:
                raise BadInput(f"{place}: a list may hold names and mappings, got {show(item)}")
            for name, below in pairs:
                if name in found:
                    self.repeated.append(f"{key}{JOIN}{name}")
                    if name not in merged:
                        merged[name] = found[name] = [*_as_list(found[name])]
                    merged[name] += _as_list(below)
                else:
                    found[name] = below
        return iter(found.items())


def _as_list(value: object) -> list[object]:
    if isinstance(value, list):
        return value
    return [] if value in (None, "") else [value]


@dataclass(slots=True)
class _Counts:
    """What the frequencies say, by row."""

    observed: list[int]
    estimated: list[float]
    source: list[str]
    order: "array[int]" = field(default_factory=lambda: array("i"))
    """Rows in the order of the file."""
    unknown: dict[str, None] = field(default_factory=dict)
    """Keys of no node."""


def read_epicoder(features: Path, frequencies: Path | None, progress: Progress) -> tuple[Fragment, list[str]]:
    """The tree of the two files, with notes. Raises BadInput with file and place."""
    sizes = [_size(features), _size(frequencies) if frequencies else 0]
    total = sum(sizes)
    progress(0, total)
    nodes = _read_features(features, lambda share: progress(int(share * sizes[0]), total))
    rows = dict(zip(reversed(nodes.key), range(len(nodes.key) - 1, -1, -1), strict=True))
    size = len(nodes.name)
    notes = []
    if nodes.repeated:
        notes.append(_some(len(nodes.repeated), "repeated name in a list, taken as one", nodes.repeated[0]))
    if len(rows) < size:
        twice = next(key for row, key in enumerate(nodes.key) if rows[key] != row)
        notes.append(_some(size - len(rows), "joined path of two features, its count given to the first", twice))
    nodes.key = []
    counts = _Counts([0] * size, [float("nan")] * size, [""] * size)
    if frequencies:
        _read_counts(frequencies, rows, counts, lambda share: progress(sizes[0] + int(share * sizes[1]), total))
        if counts.unknown:
            what = f"path in {frequencies.name} of no feature, left out"
            notes.append(_some(len(counts.unknown), what, next(iter(counts.unknown))))
        if len(counts.order) < size:
            notes.append(f"features without a count in {frequencies.name}: {size - len(counts.order):,}")
    else:
        notes.append("no file with frequencies was given: the features have no counts")
    progress(total, total)
    return _fragment(nodes, counts), notes


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except (OSError, ValueError):
        return 0


def _some(number: int, what: str, example: str) -> str:
    """A note on one case, or on many and the first of them."""
    return f"{what}: {show(example)}" + (f" and {number - 1:,} more" if number > 1 else "")


def _read_features(path: Path, progress: Callable[[float], None]) -> _Features:
    text = read_text(path)
    nodes = _Features(str(path))
    categories: set[str] = set()
    for category, value, _, end in members(text, str(path), _SCAN_FEATURES):
        if category in categories:
            raise BadInput(f"{path}{place_of(text, end)}: the category {show(category)} stands twice; keep one")
        categories.add(category)
        nodes.add(category, value)
        progress(end / len(text))
    if not nodes.name:
        raise BadInput(f"{path} holds no features; give a file with a tree in it")
    bad = first_bad_name(nodes.name)
    if bad is not None:
        raise BadInput(f"{path}, at {show(nodes.key[bad])}: {name_fault(nodes.name[bad])}")
    return nodes


def _read_counts(path: Path, rows: dict[str, int], counts: _Counts, progress: Callable[[float], None]) -> None:
    text = read_text(path)
    step = len(text) // _STEPS
    reported = step
    known: dict[str, str] = {}
    observed, estimated, source, order, unknown = (
        counts.observed,
        counts.estimated,
        counts.source,
        counts.order,
        counts.unknown,
    )
    for key, value, start, end in members(text, str(path), _SCAN_RECORD):
        row = rows.get(key)
        if row is None:
            if key in unknown:
                raise BadInput(f"{path}{place_of(text, start)}: {show(key)} stands twice; keep one")
            unknown[key] = None
            continue
        if source[row]:
            raise BadInput(f"{path}{place_of(text, start)}: {show(key)} stands twice; keep one")
        raw = text[start:end]
        plain = raw[0] == "{" and len(value) == 3 and (value[0][0], value[1][0], value[2][0]) == RECORD
        if plain and raw.count('"') == 6:
            count, record = value[0][1], "".join(raw.split())  # no text in it: all space is layout
        else:
            try:
                count, record = _odd_record(raw, key)
            except ValueError as error:  # to count the lines of each odd record would take for ever
                raise BadInput(f"{path}{place_of(text, start)}: {error}") from None
        kind = type(count)
        if kind is int and 0 <= count <= MAX_COUNT:
            observed[row] = count
        elif kind is float and 0 <= count <= MAX_COUNT:
            if count.is_integer():
                observed[row] = int(count)
            else:
                estimated[row] = count
        else:
            fault = (estimated_fault(count) or "").replace("estimated", RECORD[0], 1)
            raise BadInput(f"{path}{place_of(text, start)}: {show(key)}: {fault}")
        source[row] = known.setdefault(record, record)
        order.append(row)
        if end > reported:
            progress(end / len(text))
            reported = end + step


def _odd_record(raw: str, key: str) -> tuple[object, str]:
    """The count and the compact text of a record with other fields than the usual, or in another order.

    Raises ValueError with the key where it is none.
    """
    try:
        record = json.loads(raw, object_pairs_hook=unique_object)
        text = json.dumps(record, separators=(",", ":"), allow_nan=False)
    except ValueError as error:
        raise ValueError(f"{show(key)} cannot be used: {error}") from None
    except RecursionError:
        raise ValueError(f"{show(key)} cannot be used: this value is nested too deep") from None
    if not isinstance(record, dict) or RECORD[0] not in record:
        raise ValueError(f'{show(key)} must hold a mapping with "{RECORD[0]}", got {show(raw)}')
    return record[RECORD[0]], text


def _fragment(nodes: _Features, counts: _Counts) -> Fragment:
    """Where the frequencies do not follow the tree, what they said ends with the place at which they said it."""
    order = np.array(counts.order, np.int64)
    if len(order) and (np.diff(order) < 0).any():
        for place, row in enumerate(counts.order):
            counts.source[row] += f" #{place}"
    return Fragment(
        parent=np.array(nodes.parent, np.int32),
        name=nodes.name,
        observed=np.array(counts.observed, np.int64),
        estimated=np.array(counts.estimated, np.float64),
        source=counts.source if len(order) else None,
    )
