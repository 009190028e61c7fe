"""Reading a dataset: one job a line, whatever else the file holds. A line that is no job says what is wrong with it."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from synth.records import CodeFile

LONGEST_LINE = 64 * 1024 * 1024
"""Bytes; more text than that does not fit into the sandbox."""

_MARK = b"\xef\xbb\xbf"
_SHOWN = 80
_PIECE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a file, without its end."""

    number: int
    """From 1."""
    text: bytes
    """Cut where the line is `long`."""
    long: bool
    digest: str
    """Of this line alone, whole."""
    mark: str
    """Of this line and all before it."""


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of a dataset."""

    id: str | int
    files: tuple[CodeFile, ...]
    tests: tuple[CodeFile, ...]
    packages: tuple[str, ...]


class BadLine(Exception):
    """A line that is no job. The text says what is wrong and how to mend it; `field` is empty for the line itself."""

    def __init__(self, field: str, said: str) -> None:
        super().__init__(said)
        self.field = field


def read_lines(file: BinaryIO, number: int = 0, mark: str = "") -> Iterator[Line]:
    """The lines of a file from where it stands, which is behind line `number` with its `mark`; 0 is the beginning.

    At most `LONGEST_LINE` bytes are held. After each line the file stands behind that line.
    """
    while text := file.readline(LONGEST_LINE + 1):
        number += 1
        if number == 1:
            text = text.removeprefix(_MARK)
        long = len(text) > LONGEST_LINE and not text.endswith(b"\n")
        text = text.removesuffix(b"\n")
        known = hashlib.blake2b(text, digest_size=16)
        while long and (piece := file.readline(_PIECE)):
            known.update(piece.removesuffix(b"\n"))
            if piece.endswith(b"\n"):
                break
        digest = known.hexdigest()
        mark = hashlib.blake2b((mark + digest).encode(), digest_size=16).hexdigest()
        yield Line(number, text, long, digest, mark)


def parse(line: Line) -> Item | None:
    """The job of a line; None for an empty one. Unknown fields are left alone. Raises `BadLine`."""
    if line.long:
        raise BadLine("", f"is longer than {LONGEST_LINE // 1024 // 1024} MiB; give the job less text")
    if not line.text.strip():
        return None
    entry = _object(line.text)
    for name in ("id", "files", "tests"):
        if name not in entry:
            raise BadLine(name, "is missing; give it")
        _refuse_twice(entry, name)
    _refuse_twice(entry, "packages")
    files = _files(entry["files"])
    tests = _names(entry["tests"], "tests")
    for path in tests:
        if path not in files:
            raise BadLine("tests", f"names {shown(path)}, which is not in `files`; add the file or take the name away")
    if len(set(tests)) < len(tests):
        raise BadLine("tests", "names a file twice; name each once")
    packages = entry.get("packages")
    codes = {path: CodeFile(path=path, text=text) for path, text in files.items()}
    return Item(
        id=_id(entry["id"]),
        files=tuple(code for path, code in codes.items() if path not in set(tests)),
        tests=tuple(codes[path] for path in tests),
        packages=() if packages is None else tuple(_names(packages, "packages")),
    )


def shown(value: object) -> str:
    """A value of the file, short and harmless enough to be printed."""
    text = ascii(value) if isinstance(value, str) else str(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


class _Object(dict[str, object]):
    """A JSON object that remembers which of its keys were given twice."""

    def __init__(self, pairs: Sequence[tuple[str, object]]) -> None:
        super().__init__(pairs)
        self.twice: frozenset[str] = frozenset()
        if len(self) < len(pairs):
            times = Counter(key for key, _ in pairs)
            self.twice = frozenset(key for key, count in times.items() if count > 1)


def _object(text: bytes) -> _Object:
    try:
        value = json.loads(text.decode(), object_pairs_hook=_Object)
    except UnicodeDecodeError as error:
        raise BadLine("", f"is not UTF-8 at byte {error.start + 1}; write the file in UTF-8") from None
    except json.JSONDecodeError as error:
        said = error.msg[:1].lower() + error.msg[1:]
        raise BadLine("", f"is not JSON: {said} at column {error.colno}; write one whole object a line") from None
    except RecursionError:
        raise BadLine("", "is nested too deeply; give `files` as one flat object") from None
    except ValueError:
        raise BadLine("", "holds a number with too many digits; shorten it or make it a string") from None
    if not isinstance(value, _Object):
        raise BadLine("", f"is {_kind(value)}, not an object; write one object a line")
    return value


def _refuse_twice(entry: _Object, name: str) -> None:
    if name in entry.twice:
        raise BadLine(name, "is given twice; give it once")


def _id(value: object) -> str | int:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise BadLine("id", f"is {_kind(value)}; make it a string or a whole number")
    return value


def _files(value: object) -> Mapping[str, str]:
    if not isinstance(value, _Object):
        raise BadLine("files", f"is {_kind(value)}; make it an object of paths and texts")
    if value.twice:
        raise BadLine("files", f"gives {shown(min(value.twice))} twice; give each path once")
    files: dict[str, str] = {}
    for path, text in value.items():
        if not isinstance(text, str):
            raise BadLine("files", f"gives {_kind(text)} for {shown(path)}; make it the text of the file")
        files[path] = text
    return files


def _names(value: object, field: str) -> list[str]:
    if not isinstance(value, list):
        raise BadLine(field, f"is {_kind(value)}; make it a list of strings")
    names = [name for name in value if isinstance(name, str)]
    if len(names) < len(value):
        wrong = next(name for name in value if not isinstance(name, str))
        raise BadLine(field, f"holds {_kind(wrong)}; make it a list of strings")
    return names


def _kind(value: object) -> str:
    if value is None:
        return "null"
    kinds = {bool: "a truth value", int: "a number", float: "a number", str: "a string", list: "a list"}
    return kinds.get(type(value), "an object")
