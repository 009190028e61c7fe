"""Reading what a job recorded for held expectations: hostile text to plain values, never anything but data."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

_MOST_DIGITS = 4_000


class Opaque(Exception):
    """What was recorded is no plain value."""


def decode(encoded: list[Any]) -> object:
    """The value that `synth.sandbox.inside.holding.encode` took apart. Raises `Opaque`, and nothing else."""
    try:
        return _decode(encoded)
    except (ValueError, TypeError, KeyError, IndexError, ArithmeticError, RecursionError) as error:
        raise Opaque(str(error)) from error


def _decode(encoded: list[Any]) -> object:
    kind, content, *rest = encoded
    if kind == "constant" and (content is None or isinstance(content, bool)):
        return content
    if kind == "number":
        return _number(content, rest[0])
    if kind in ("list", "tuple", "set", "frozenset", "dict"):
        return _container(kind, [_decode(part) for part in content])
    if kind == "str" and isinstance(content, list):
        return "".join(map(chr, content))
    if kind == "complex":
        return complex(float(content[0]), float(content[1]))
    if not isinstance(content, str):
        raise ValueError(kind)
    if kind == "str":
        return content
    return _leaf(kind, content)


def _leaf(kind: str, content: str) -> object:
    if kind == "int":
        return int(content, 16)
    if kind == "float":
        return float(content)
    raw = bytes.fromhex(content)
    return {"bytes": raw, "bytearray": bytearray(raw)}[kind]


def _container(kind: str, parts: Sequence[Any]) -> object:
    if kind == "dict":
        return dict(zip(_every_other(parts), _every_other(parts[1:]), strict=True))
    return {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}[kind](parts)


def _every_other(parts: Sequence[Any]) -> Iterable[Any]:
    return parts[::2]


def _number(kind: str, text: str) -> object:
    if len(text) > _MOST_DIGITS or "e" in text.lower():
        return Decimal(text) if kind == "Decimal" and len(text) <= _MOST_DIGITS else _no(kind)
    return {"Decimal": Decimal, "Fraction": Fraction}[kind](text)


def _no(kind: str) -> object:
    raise ValueError(kind)
