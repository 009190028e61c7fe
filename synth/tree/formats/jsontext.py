"""JSON texts read member by member, so that a large file reports its progress and says where it is wrong."""

import json
import re
from collections.abc import Callable, Iterator
from json.decoder import scanstring  # type: ignore[attr-defined]  # known to the standard library's own code alone
from typing import Any

from synth.errors import BadInput
from synth.tree.formats.checks import MAX_DEPTH, show

_SPACE = re.compile(r"[ \t\n\r]*")
_COLON = re.compile(r"[ \t\n\r]*:[ \t\n\r]*")
_NEXT = re.compile(r'[ \t\n\r]*(?:,[ \t\n\r]*"|\})')


class Twice(dict[str, Any]):
    """An object in which a key stands twice; it holds that key alone, as `_repeated`."""


def unique_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """For `object_pairs_hook`: raises ValueError where a key stands twice."""
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError(f"{show(next(repeats([key for key, _ in pairs])))} stands twice; keep one")
    return made


def marked_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """For `object_pairs_hook`: a `Twice` where a key stands twice."""
    made = dict(pairs)
    return made if len(made) == len(pairs) else Twice(_repeated=next(repeats([key for key, _ in pairs])))


def repeats(names: list[str]) -> Iterator[str]:
    """Names that stood there before."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            yield name
        seen.add(name)


def no_constant(text: str) -> float:
    """For `parse_constant`: raises ValueError for NaN and Infinity."""
    raise ValueError(f"{text} is no number")


Scan = Callable[[str, int], tuple[Any, int]]
"""Reads the value at a place of a text: the value and where it ends."""


def scanner(hook: Callable[[list[tuple[str, Any]]], object]) -> Scan:
    """Reads one JSON value, `hook` making the objects; it raises StopIteration where there is none."""
    scan: Scan = json.JSONDecoder(object_pairs_hook=hook, parse_constant=no_constant).scan_once  # type: ignore[attr-defined]
    return scan


def members(text: str, where: str, scan: Scan) -> Iterator[tuple[str, Any, int, int]]:
    """Keys and values of the one object that a JSON text holds, with where each value begins and ends.

    Raises BadInput with line and column where the text is something else.
    """
    at = _SPACE.match(text).end()  # type: ignore[union-attr]  # matches nothing at least
    if not text.startswith("{", at):
        raise BadInput(f'{where}{place_of(text, at)}: expected a mapping, as in {{"name": ...}}')
    try:
        at = _SPACE.match(text, at + 1).end()  # type: ignore[union-attr]
        if text.startswith('"', at):
            at += 1
            while True:
                key, at = scanstring(text, at)
                colon = _COLON.match(text, at)
                if not colon:
                    raise BadInput(f"{where}{place_of(text, at)}: expected a colon after {show(key)}")
                start = colon.end()
                value, end = scan(text, start)
                yield key, value, start, end
                at = end
                mark = _NEXT.match(text, at)
                if not mark:
                    raise BadInput(
                        f"{where}{place_of(text, at)}: expected a comma or the closing brace; is the file cut?"
                    )
                at = mark.end()
                if text[at - 1] == "}":
                    break
        elif text.startswith("}", at):
            at += 1
        else:
            raise BadInput(
                f"{where}{place_of(text, at)}: expected a name in quotes or the closing brace; is the file cut?"
            )
    except json.JSONDecodeError as error:
        raise BadInput(f"{where}{place_of(text, error.pos)}: this is no JSON ({error.msg}); is the file cut?") from None
    except StopIteration as error:
        raise BadInput(f"{where}{place_of(text, int(error.value))}: expected a value; is the file cut?") from None
    except RecursionError:
        raise BadInput(
            f"{where}{place_of(text, at)}: this value is nested too deep; the limit is {MAX_DEPTH}"
        ) from None
    except ValueError as error:
        raise BadInput(f"{where}{place_of(text, at)}: this value cannot be read: {error}") from None
    rest = _SPACE.match(text, at).end()  # type: ignore[union-attr]
    if rest != len(text):
        raise BadInput(f"{where}{place_of(text, rest)}: something follows the mapping; remove it")


def place_of(text: str, at: int) -> str:
    """ ", line 1, column 1" for a place in a text."""
    return f", line {text.count(chr(10), 0, at) + 1}, column {at - text.rfind(chr(10), 0, at)}"
