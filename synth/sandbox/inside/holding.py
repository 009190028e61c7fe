"""Values that tests compare with expectations which the host holds back: recorded here, compared there.

A test that was rewritten by the host calls `_held_(number, value)` where a literal stood. What is recorded is plain
data, taken with the builtin types' own methods; a value that cannot be taken apart so is recorded as opaque.
"""

import builtins
from collections.abc import Callable, Iterable
from typing import Any

NAME = "_held_"
"""By which tests call it; a builtin while they run."""

Encoded = list[Any]
_DEEPEST = 60
_MOST = 20_000


def record() -> list[tuple[int, Encoded]]:
    """Offer `_held_` to the tests; the list that it fills."""
    found: list[tuple[int, Encoded]] = []

    def held(number: int, value: object) -> bool:
        found.append((number, encode(value)))
        return True

    setattr(builtins, NAME, held)
    return found


def encode(value: object) -> Encoded:
    """A value as tagged lists of text and numbers; `["opaque"]` where it is no plain data."""
    left = [_MOST]
    try:
        return _encode(value, left, 0)
    except (_Opaque, RecursionError):
        return ["opaque"]


class _Opaque(Exception):
    """Something is not plain data, or too much of it."""


def _encode(value: object, left: list[int], depth: int) -> Encoded:
    left[0] -= 1
    if left[0] < 0 or depth > _DEEPEST:
        raise _Opaque
    if value is None or value is True or value is False:
        return ["constant", value]
    for base, take in _LEAVES:
        if isinstance(value, base) and base in type(value).__mro__:
            return [base.__name__, take(value)]
    for base, parts in _CONTAINERS:
        if isinstance(value, base) and base in type(value).__mro__:
            return [base.__name__, [_encode(part, left, depth + 1) for part in parts(value)]]
    if type(value).__module__ == "numpy" and hasattr(value, "item") and getattr(value, "ndim", 1) == 0:
        return _encode(value.item(), left, depth + 1)
    if type(value).__module__ in ("decimal", "fractions"):
        return ["number", type(value).__name__, str(value)]
    raise _Opaque


def _pairs(value: dict[object, object]) -> Iterable[object]:
    for key, item in dict.items(value):
        yield key
        yield item


_LEAVES: tuple[tuple[type, Callable[[Any], object]], ...] = (
    (int, lambda value: hex(int.__int__(value))),
    (float, lambda value: float.__repr__(float.__float__(value))),
    (complex, lambda value: [float.__repr__(part) for part in _parts(value)]),
    (str, lambda value: [ord(sign) for sign in str.__iter__(value)] if _odd(value) else str.__str__(value)),
    (bytes, lambda value: bytes.hex(value)),
    (bytearray, lambda value: bytearray.hex(value)),
)
_CONTAINERS: tuple[tuple[type, Callable[[Any], Iterable[object]]], ...] = (
    (list, lambda value: list.__iter__(value)),
    (tuple, lambda value: tuple.__iter__(value)),
    (dict, _pairs),
    (set, lambda value: set.__iter__(value)),
    (frozenset, lambda value: frozenset.__iter__(value)),
)


def _parts(value: complex) -> tuple[float, float]:
    return complex.real.__get__(value), complex.imag.__get__(value)


def _odd(value: str) -> bool:
    """Whether JSON would not bring it back as it is."""
    return any("\ud800" <= sign <= "\udfff" for sign in str.__iter__(value))
