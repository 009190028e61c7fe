"""What every reader asks of names, counts and depth, and how it says where a file is wrong."""

import math
from collections.abc import Sequence
from pathlib import Path

from synth.errors import BadInput
from synth.tree.table import MAX_COUNT

MAX_DEPTH = 64
"""Levels of a tree; what is deeper was not written by a person or a model."""

DEPTH_FAULT = f"the tree is more than {MAX_DEPTH} levels deep here; shorten the path"

MAX_LENGTH = 10_000
"""Characters of a name; more is no name but a file in the wrong place."""

MAX_BYTES = 4 << 30
"""Of a packed file when it is unpacked."""

_SHOWN = 60


def show(text: object) -> str:
    """A value as it can be quoted in a message: on one line and not long."""
    try:
        shown = ascii(text) if isinstance(text, str) and not text.isprintable() else repr(text)
    except RecursionError:
        shown = "a value that is nested too deep"
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}..."


def name_fault(name: str) -> str | None:
    """What is wrong with a name and how to mend it; None where it is fit."""
    if not name.strip():
        return "a name is empty; give it at least one letter"
    if len(name) > MAX_LENGTH:
        return f"a name has {len(name):,} characters; the limit is {MAX_LENGTH:,}: shorten {show(name)}"
    try:
        name.encode()
    except UnicodeEncodeError:
        return f"the name {show(name)} holds half a character (a lone surrogate); write the whole character"
    return None


def first_bad_name(names: Sequence[str]) -> int | None:
    """The place of the first unfit name; without a step of Python a name where all are fit."""
    if all(map(str.strip, names)) and max(map(len, names), default=0) <= MAX_LENGTH and encodes("".join(names)):
        return None
    return next(place for place, name in enumerate(names) if name_fault(name))


def encodes(text: str) -> bool:
    """Whether a text holds whole characters only, and can be written."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def observed_fault(value: object) -> str | None:
    """What is wrong with an observed count; None for a whole number from 0 to `MAX_COUNT`."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return f"observed is {show(value)}; it must be a whole number, 0 or more"
    if value != value or value in (math.inf, -math.inf) or value < 0 or value != int(value):
        return f"observed is {show(value)}; it must be a whole number, 0 or more"
    return f"observed is {show(value)}; the largest count is {MAX_COUNT:,}" if value > MAX_COUNT else None


def estimated_fault(value: object) -> str | None:
    """What is wrong with an estimated count; None for a finite number from 0 to `MAX_COUNT`."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value or value < 0:
        return f"estimated is {show(value)}; it must be a number, 0 or more"
    return f"estimated is {show(value)}; the largest count is {MAX_COUNT:,}" if value > MAX_COUNT else None


def is_folder(path: Path) -> bool:
    """Whether there is a folder. Raises BadInput where that cannot be told, as for a name that is too long."""
    try:
        return path.is_dir()
    except OSError as error:
        raise BadInput(f"{path} cannot be used: {error}") from None


def read_bytes(path: Path) -> bytes:
    """The bytes of a file. Raises BadInput where it is missing, a folder, unreadable or empty."""
    try:
        if path.is_dir():
            raise BadInput(f"{path} is a folder; give a file")
        if path.exists() and not path.is_file():
            raise BadInput(f"{path} is no file that can be read twice; save its content to one")
        data = path.read_bytes()
    except FileNotFoundError:
        raise BadInput(f"{path} does not exist; check the name") from None
    except (OSError, ValueError) as error:
        raise BadInput(f"{path} cannot be read: {error}") from None
    if not data:
        raise BadInput(f"{path} is empty; give a file with a tree in it")
    return data


def read_text(path: Path) -> str:
    """The text of a UTF-8 file, without a byte order mark. Raises BadInput with the place of the first bad byte."""
    return decode(read_bytes(path), str(path))


def decode(data: bytes, where: str) -> str:
    """UTF-8 as text, without a byte order mark. Raises BadInput with the place of the first bad byte."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise BadInput(
            f"{where}, line {line}: byte {error.start:,} (0x{data[error.start]:02x}) is not UTF-8; "
            "save the file as UTF-8"
        ) from None
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise BadInput(f"{where} is empty; give a file with a tree in it")
    return text
