"""Exceptions that cross: by value where their class is a known one, else as objects of the side that made them."""

import binascii
import builtins
import configparser
import copy
import csv
import dataclasses
import decimal
import json
import queue
import re
import shutil
import struct
import subprocess
import zlib
from typing import Any

from synth.sandbox.inside.values import Decode, Encode

KNOWN: dict[str, type[BaseException]] = {
    **{
        name: kind
        for name, kind in vars(builtins).items()
        if isinstance(kind, type) and issubclass(kind, BaseException) and kind.__name__ == name
    },
    **{
        f"{kind.__module__}.{kind.__qualname__}": kind
        for kind in (
            *(json.JSONDecodeError, dataclasses.FrozenInstanceError, queue.Empty, queue.Full, re.error, struct.error),
            *(binascii.Error, csv.Error, copy.Error, zlib.error, shutil.Error, subprocess.SubprocessError),
            *(subprocess.CalledProcessError, subprocess.TimeoutExpired),
            *(kind for kind in vars(configparser).values() if isinstance(kind, type) and issubclass(kind, Exception)),
            *(kind for kind in vars(decimal).values() if isinstance(kind, type) and issubclass(kind, ArithmeticError)),
        )
    },
}
"""Classes that mean the same on both sides; never a test framework's."""
NAMES = {kind: name for name, kind in KNOWN.items()}
PLACES: dict[type[BaseException], tuple[str, ...]] = {
    ImportError: ("name", "path"),
    NameError: ("name",),
    AttributeError: ("name",),
    SyntaxError: ("msg", "filename", "lineno", "offset", "text", "end_lineno", "end_offset"),
}


def by_value(error: BaseException, encode: Encode) -> list[Any]:
    """The parts of an exception of a known class. Raises what `encode` raises."""
    kind = type(error)
    arguments = error.args
    if isinstance(error, json.JSONDecodeError):
        arguments = (error.msg, error.doc, error.pos)
    elif isinstance(error, OSError) and error.filename is not None:
        arguments = (error.errno, error.strerror, error.filename, None, error.filename2)
    extra = {name: value for name, value in vars(error).items() if not name.startswith("__")}
    for base, names in PLACES.items():
        if isinstance(error, base):
            extra.update((name, getattr(error, name)) for name in names)
    flat = [part for name, value in extra.items() if value is not None for part in (encode(name), encode(value))]
    return ["e", NAMES[kind], [encode(part) for part in arguments], flat]


def from_value(parts: list[Any], decode: Decode) -> BaseException:
    """The exception of `by_value`. Raises ValueError, TypeError, KeyError and the like for rubbish."""
    kind = KNOWN[parts[1]]
    arguments = [decode(part) for part in parts[2]]
    flat = parts[3]
    extra = {decode(flat[place]): decode(flat[place + 1]) for place in range(0, len(flat), 2)}
    try:
        error = kind(*arguments)
    except (TypeError, ValueError):
        error = kind.__new__(kind)
        error.args = tuple(arguments)
    if not isinstance(error, kind):
        raise ValueError("an exception that is none")
    slots = [name for base, names in PLACES.items() if isinstance(error, base) for name in names]
    for name, value in extra.items():
        if name in slots:
            setattr(error, name, value)
        elif type(name) is str and not name.startswith("__"):
            vars(error)[name] = value
    return error
