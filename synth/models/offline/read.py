"""From the text of a question back to the plan of a program: the offline engine's way to understand it.

It reads what `describe.py` writes, and also looser text that names functions in backticks and states the constants.
"""

import re

from synth.models.offline.blocks import read_params
from synth.models.offline.plan import ERRORS, Join, Part, Plan
from synth.models.offline.shelf import Shelf

_HEADING = re.compile(r"^#{1,6}[^\n]*?`(\w+)\(", re.MULTILINE)
_NAMED = re.compile(r"`(\w+)\(")
_FILE = re.compile(r"`(?!test)(\w+)\.py`")
_USES = re.compile(r"in this order: ((?:`\w+`(?:, )?)+)")


class Unreadable(ValueError):
    """The text asks for something that the building blocks do not hold; the message says what."""


def read_plan(text: str, shelf: Shelf) -> Plan:
    """The plan that a question asks for. Raises `Unreadable`."""
    sections = _sections(text, shelf)
    layout = _HEADING.split(text, maxsplit=1)[0]
    named = dict.fromkeys(_FILE.findall(layout))
    files = [name for name in named if name != ERRORS]
    module = files[0] if len(files) == 1 else None if files else "solution"
    parts: list[Part] = []
    joins: list[Join] = []
    for name, body in sections:
        if name in shelf.blocks:
            params = read_params(shelf.blocks[name], body)
            if params is None:
                raise Unreadable(f"the text does not state every constant of `{name}`, or not with a known value")
            parts.append(Part(name, params))
        else:
            joins.append(_read_join(name, body, layout, module, shelf))
    known = {part.name for part in parts} | {join.function for join in joins}
    if missing := [name for join in joins for name in join.uses if name not in known]:
        raise Unreadable(f"the text uses `{missing[0]}` but does not describe it")
    return Plan(tuple(parts), tuple(joins), module, errors=ERRORS in named)


def _sections(text: str, shelf: Shelf) -> list[tuple[str, str]]:
    """(function, what is said about it), one for each; without headings the whole text is about every block named."""
    headings = list(_HEADING.finditer(text))
    if headings:
        ends = [heading.start() for heading in headings[1:]] + [len(text)]
        found = [(heading[1], text[heading.end() : end]) for heading, end in zip(headings, ends, strict=True)]
    else:
        found = [(name, text) for name in dict.fromkeys(_NAMED.findall(text)) if name in shelf.blocks]
    if not found:
        raise Unreadable("no function of a building block is named in the text")
    if len({name for name, _ in found}) < len(found):
        raise Unreadable("the text describes a function twice")
    return found


def _read_join(name: str, body: str, layout: str, module: str | None, shelf: Shelf) -> Join:
    plain = " ".join(body.split())
    uses = _USES.search(plain)
    kind = next((joiner.name for joiner in shelf.joiners.values() if joiner.known_by in plain), None)
    if kind is None or uses is None:
        raise Unreadable(f"no building block is called `{name}`")
    home = re.search(rf"`(\w+)\.py` with `{name}`", layout)
    if module is None and home is None:
        raise Unreadable(f"the text does not say which file `{name}` is in")
    return Join(kind, module or (home[1] if home else ""), name, tuple(re.findall(r"\w+", uses[1])))
