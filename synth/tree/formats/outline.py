"""Outlines: one name a line, a child further to the right than its parent; and lists in Markdown.

    data processing  [12]
        parsing  [7, est 3.5]
        "- a name that would be misread"

Both carry names, order and counts. A name that would be misread is written as a JSON string.
"""

import json
import re
from collections.abc import Iterator

import numpy as np

from synth.errors import BadInput
from synth.tree.formats.checks import DEPTH_FAULT, MAX_DEPTH, estimated_fault, name_fault, observed_fault, show
from synth.tree.fragment import NO_PARENT, Fragment, FragmentBuilder

_LINES = re.compile(r"\r\n|\n|\r")
_BULLET = re.compile(r"[-*+•][ \t]+")
_NUMBERED = re.compile(r"(?:[-*+•]|\d{1,9}[.)])[ \t]+")
_HEADING = re.compile(r"(#{1,6})[ \t]+")
_NUMBER = r"[-+]?(?:\d+(?:\.\d*)?(?:[eE][-+]?\d+)?|\.\d+|nan|inf(?:inity)?)"
_COUNTS = re.compile(rf"\[(?:({_NUMBER})(?:, est ({_NUMBER}))?|est ({_NUMBER}))\]", re.IGNORECASE)
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_MARKUP = re.compile(r"([\\`*_<>\[\]&~|#])")
_DECODER = json.JSONDecoder()


def read_outline(text: str, where: str) -> Fragment:
    """The tree of an outline that is indented by tabs or spaces. Raises BadInput with `where` and the line."""
    builder, seen = FragmentBuilder(), _Seen(where)
    open_lines: list[tuple[str, int]] = []
    for number, line in _lines(text):
        content = line.lstrip(" \t")
        indent = line[: len(line) - len(content)]
        above = _parent(open_lines, indent, f"{where}, line {number}")
        name, observed, estimated = _entry(_strip(content, _BULLET), f"{where}, line {number}")
        row = seen.add(builder, above, name, number)
        builder.count(row, observed, estimated)
        open_lines.append((indent, row))
    return _finish(builder, where)


def read_markdown(text: str, where: str) -> Fragment:
    """The tree of nested lists, headings being the levels above them. Raises BadInput with `where` and the line."""
    builder, seen = FragmentBuilder(), _Seen(where)
    headings: list[tuple[int, int]] = []
    items: list[tuple[str, int]] = []
    for number, line in _lines(text):
        place = f"{where}, line {number}"
        content = line.lstrip(" \t")
        indent = line[: len(line) - len(content)]
        heading, bullet = _HEADING.match(content), _NUMBERED.match(f"{content} ")
        if heading and not indent:
            items.clear()
            while headings and headings[-1][0] >= len(heading[1]):
                headings.pop()
            above = headings[-1][1] if headings else NO_PARENT
            content = content[heading.end() :]
        elif bullet:
            above = _parent(items, indent, place)
            above = headings[-1][1] if above == NO_PARENT and headings else above
            content = content[bullet.end() :]
        else:
            raise BadInput(f'{place}: {show(content)} is neither a list item nor a heading; begin it with "- "')
        if len(items) + len(headings) >= MAX_DEPTH:
            raise BadInput(f"{place}: {DEPTH_FAULT}")
        name, observed, estimated = _entry(content.strip(), place, markdown=True)
        row = seen.add(builder, above, name, number, again=heading is not None)
        builder.count(row, observed, estimated)
        if heading and not indent:
            headings.append((len(heading[1]), row))
        else:
            items.append((indent, row))
    return _finish(builder, where)


def outline_lines(fragment: Fragment) -> Iterator[str]:
    """The outline of a depth-first fragment, four spaces a level."""
    for depth, name, counts in _entries(fragment):
        yield f"{'    ' * depth}{_written(name)}{counts}\n"


def outline_line(depth: int, name: str, observed: int, estimated: float | None) -> str:
    """One feature as a line of an outline."""
    return f"{'    ' * depth}{_written(name)}{_counts(observed, estimated)}\n"


def markdown_lines(fragment: Fragment) -> Iterator[str]:
    """Nested bullets of a depth-first fragment, two spaces a level, with markup escaped."""
    for depth, name, counts in _entries(fragment):
        shown = _written(name)
        if shown == name:
            shown = _MARKUP.sub(r"\\\1", name)
        yield f"{'  ' * depth}- {shown}{counts}\n"


class _Seen:
    """Refuses a name that stands twice below one parent."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._line: list[int] = []

    def add(self, builder: FragmentBuilder, above: int, name: str, number: int, *, again: bool = False) -> int:
        row = builder.add(above, name)
        if row == len(self._line):
            self._line.append(number)
        elif not again:
            raise BadInput(
                f"{self._where}, line {number}: {show(name)} already stands below the same parent, "
                f"in line {self._line[row]}; remove one"
            )
        return row


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines that hold something, with their numbers; a line ends at a line feed or a carriage return only."""
    for number, line in enumerate(_LINES.split(text.removeprefix("\ufeff")), start=1):
        if line.strip():
            yield number, line.rstrip()


def _strip(content: str, bullet: re.Pattern[str]) -> str:
    found = bullet.match(content)
    return content[found.end() :] if found else content


def _parent(open_lines: list[tuple[str, int]], indent: str, place: str) -> int:
    """The row above a line with this indent; lines that it closes are taken off."""
    if open_lines and indent != open_lines[-1][0] and not indent.startswith(open_lines[-1][0]):
        known = [used for used, _ in open_lines]
        if indent not in known:
            raise BadInput(f"{place}: the indent is that of no line above; indent it as its siblings are")
        del open_lines[known.index(indent) + 1 :]
    if open_lines and indent == open_lines[-1][0]:
        open_lines.pop()
    if len(open_lines) >= MAX_DEPTH:
        raise BadInput(f"{place}: {DEPTH_FAULT}")
    return open_lines[-1][1] if open_lines else NO_PARENT


def _entry(content: str, place: str, *, markdown: bool = False) -> tuple[str, int | None, float | None]:
    """Name, observed and estimated count of a line without indent and bullet."""
    if content.startswith('"'):
        try:
            name, end = _DECODER.raw_decode(content)
        except ValueError:
            raise BadInput(
                f'{place}: the name in quotes is no JSON string; close the quote or write it as \\"'
            ) from None
        rest = content[end:].strip()
        counts = _COUNTS.fullmatch(rest)
        if counts is None and rest:
            raise BadInput(f"{place}: {show(rest)} follows a name in quotes; only counts may, as in [12]")
    else:
        start = content.rfind("[") if content.endswith("]") else -1
        apart = start > 0 and content[start - 1] in " \t"  # "list[3]" is a name
        counts = _COUNTS.fullmatch(content, start) if apart else None
        name = (content[:start] if counts else content).strip()
        name = _ESCAPED.sub(r"\1", name) if markdown else name
    fault = name_fault(name)
    if fault:
        raise BadInput(f"{place}: {fault}")
    if counts is None:
        return name, None, None
    observed, estimated = counts[1], counts[2] or counts[3]
    fault = (observed and observed_fault(float(observed))) or (estimated and estimated_fault(float(estimated)))
    if fault:
        raise BadInput(f"{place}: {fault}")
    return name, int(float(observed)) if observed else None, float(estimated) if estimated else None


def _finish(builder: FragmentBuilder, where: str) -> Fragment:
    if not len(builder):
        raise BadInput(f"{where} holds no names; write one on each line")
    return builder.finish()


def _entries(fragment: Fragment) -> Iterator[tuple[int, str, str]]:
    """Depth, name and counts as text of each row."""
    depths: list[int] = []
    known = ~np.isnan(fragment.estimated)
    rows = zip(
        fragment.parent.tolist(),
        fragment.name,
        fragment.observed.tolist(),
        fragment.estimated.tolist(),
        known.tolist(),
        strict=True,
    )
    for above, name, observed, estimated, has_estimate in rows:
        depth = depths[above] + 1 if above != NO_PARENT else 0
        depths.append(depth)
        yield depth, name, _counts(observed, estimated if has_estimate else None)


def _counts(observed: int, estimated: float | None) -> str:
    counts = [str(observed)] if observed else []
    counts += [] if estimated is None else [f"est {estimated!r}"]
    return f"  [{', '.join(counts)}]" if counts else ""


def _written(name: str) -> str:
    """The name as it stands, or as a JSON string where it would be read as something else."""
    plain = (
        name.isprintable()
        and name == name.strip()
        and name
        and name[0] != '"'
        and not _NUMBERED.match(f"{name} ")
        and not name.endswith("]")
    )
    return name if plain else json.dumps(name, ensure_ascii=not name.isprintable())
