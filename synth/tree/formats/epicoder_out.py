"""EpiCoder's two files on their way out: shape as it was, counts word for word where nothing changed them."""

import json
from collections.abc import Iterator
from json.encoder import encode_basestring_ascii

import numpy as np

from synth.tree.formats.epicoder import JOIN, RECORD
from synth.tree.formats.jsontext import no_constant
from synth.tree.fragment import NO_PARENT, Fragment


def feature_lines(fragment: Fragment) -> Iterator[str]:
    """The nested file: inner nodes are mappings, or lists where all children are leaves; a leaf in a mapping is []."""
    names = [encode_basestring_ascii(name) for name in fragment.name]
    above = fragment.parent.tolist()
    inner = np.zeros(len(names) + 1, np.bool_)  # the last place is that of NO_PARENT
    inner[fragment.parent] = True
    mapping = np.zeros(len(names) + 1, np.bool_)
    mapping[fragment.parent[np.flatnonzero(inner[:-1])]] = True
    mapping[NO_PARENT] = True
    kinds, holds = mapping.tolist(), inner.tolist()
    yield "{"
    open_rows: list[int] = [NO_PARENT]
    fresh = True
    for row, name in enumerate(names):
        while open_rows[-1] != above[row]:
            indent = "    " * (len(open_rows) - 1)
            yield f"\n{indent}{'}' if kinds[open_rows.pop()] else ']'}"
        yield f"{'' if fresh else ','}\n{'    ' * len(open_rows)}{name}"
        fresh = False
        if holds[row]:
            yield ": {" if kinds[row] else ": ["
            open_rows.append(row)
            fresh = True
        elif kinds[above[row]]:
            yield ": []"
    while open_rows:
        indent = "    " * (len(open_rows) - 1)
        yield f"\n{indent}{'}' if kinds[open_rows.pop()] else ']'}"


def frequency_lines(fragment: Fragment) -> Iterator[str]:
    """The flat file, in the order of the file that it came from; nodes without a count have no record."""
    records, places = _records(fragment)
    keys = _joined(fragment)
    for row in _shadowed(keys):
        records[row] = ""
    comma = ""
    yield "{"
    for row in np.argsort(places, kind="stable").tolist():
        if records[row]:
            yield f"{comma}\n    {encode_basestring_ascii(keys[row])}: {records[row]}"
            comma = ","
    yield "\n}"


def _records(fragment: Fragment) -> tuple[list[str], list[int]]:
    """The record of each row, "" without a count, and its place in the file."""
    whole = fragment.observed > 0
    count = np.where(whole, fragment.observed, np.nan_to_num(fragment.estimated))
    has_count = whole | ~np.isnan(fragment.estimated)
    counted = np.flatnonzero(has_count)
    number, total = np.zeros(len(count) + 1), np.zeros(len(count) + 1)
    np.add.at(number, fragment.parent[counted], 1)
    np.add.at(total, fragment.parent[counted], count[counted])
    mean = np.divide(total, number, out=np.ones(len(total)), where=number > 0)
    sources = fragment.source or [""] * len(count)
    told: dict[str, float | None] = {}
    records, places, place = [], [], -1
    rows = zip(sources, count.tolist(), whole.tolist(), has_count.tolist(), mean.tolist(), strict=False)
    for source, value, is_whole, is_counted, below in rows:
        text, mark, number_ = source.rpartition(" #")
        record = text if mark else source
        if mark and number_.isdecimal() and len(number_) < 19:
            place = int(number_)
        if record and record not in told:
            told[record] = _told(record)
        if record and told[record] == value:
            records.append(record)
        elif is_counted:
            shown = int(value) if is_whole else value
            records.append(f'{{"{RECORD[0]}":{shown},"{RECORD[1]}":[{shown}],"{RECORD[2]}":{below}}}')
        else:
            records.append("")
        places.append(place)
    return records, places


def _told(record: str) -> float | None:
    """The frequency in a record; None where it is none."""
    try:
        value = json.loads(record, parse_constant=no_constant)[RECORD[0]]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return value if type(value) in (int, float) else None


def shared_keys(fragment: Fragment) -> int:
    """Features with a count whose joined path is that of a feature before them: the file has no place for it."""
    if not any(JOIN[0] in name for name in fragment.name):
        return 0
    has_count = (fragment.observed > 0) | ~np.isnan(fragment.estimated)
    return sum(bool(has_count[row]) for row in _shadowed(_joined(fragment)))


def _joined(fragment: Fragment) -> list[str]:
    keys: list[str] = []
    for name, above in zip(fragment.name, fragment.parent.tolist(), strict=True):
        keys.append(f"{keys[above]}{JOIN}{name}" if above != NO_PARENT else name)
    return keys


def _shadowed(keys: list[str]) -> Iterator[int]:
    """Rows whose joined path a row before them has: a reader takes it for that one's."""
    if len(set(keys)) < len(keys):
        first = dict(zip(reversed(keys), range(len(keys) - 1, -1, -1), strict=True))
        yield from (row for row, key in enumerate(keys) if first[key] != row)
