"""Values that cross between driver and candidate by value, as JSON with tags. Nothing is evaluated or unpickled."""

# ruff: noqa: ANN401 - values of every type pass through here

import base64
import datetime
import math
import re
import sys
import uuid
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path, PosixPath, PurePosixPath
from typing import Any

PLAIN_INTEGER = 1 << 53
MOST_DEEP = 60
"""Tuples inside each other; deeper ones cannot be judged apart."""

Encode = Callable[[Any], Any]
Decode = Callable[[Any], Any]


def text(value: str) -> Any:
    """A string; one with lone surrogates goes as bytes, because JSON would join two of them."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return ["u", packed(value.encode("utf-32-le", "surrogatepass"))]
    return value


def number(value: float) -> Any:
    """A float. The constants `math.nan` and `numpy.nan` keep their identity, as `in` and `==` of lists see it."""
    if math.isfinite(value):
        return value
    if value != value:
        numpy = sys.modules.get("numpy")
        if value is math.nan:
            return ["f", "math.nan"]
        return ["f", "numpy.nan" if numpy is not None and value is numpy.nan else "nan"]
    return ["f", "inf" if value > 0 else "-inf"]


def unnumber(name: str) -> float:
    """The float of `number`."""
    if name == "math.nan":
        return math.nan
    if name == "numpy.nan" and "numpy" in sys.modules:
        nan: float = sys.modules["numpy"].nan
        return nan
    if name in ("inf", "-inf", "nan", "numpy.nan"):
        return float(name.removeprefix("numpy."))
    raise ValueError(name)


def packed(data: bytes) -> str:
    """Bytes as text."""
    return base64.b64encode(data).decode()


def unpacked(data: str) -> bytes:
    """Bytes of `packed`. Raises ValueError."""
    return base64.b64decode(exact(data, str), validate=True)


def exact(value: Any, *kinds: type) -> Any:
    """`value`, which must be of exactly one of these types. Raises ValueError."""
    if type(value) not in kinds:
        raise ValueError(f"a {type(value).__name__} where {kinds[0].__name__} was due")
    return value


def integers(values: list[Any], least: int, most: int) -> list[int]:
    """So many plain integers. Raises ValueError."""
    if not least <= len(values) <= most or any(type(value) is not int for value in values):
        raise ValueError("integers were due")
    return values


def zone(value: Any) -> Any:
    """A time zone: None, a fixed offset or a named one. Raises ValueError for others."""
    if value is None:
        return None
    if type(value) is datetime.timezone:
        offset = value.utcoffset(None)
        name = value.tzname(None)
        plain = datetime.timezone(offset).tzname(None)
        return [*span(offset), None if name == plain else text(name)]
    named = sys.modules.get("zoneinfo")
    if named is not None and type(value) is named.ZoneInfo and value.key:
        return value.key
    raise ValueError("a time zone of its own kind")


def unzone(value: Any, decode: Decode) -> datetime.tzinfo | None:
    """The time zone of `zone`."""
    if value is None:
        return None
    if isinstance(value, str):
        found: datetime.tzinfo = sys.modules["zoneinfo"].ZoneInfo(value)
        return found
    offset = datetime.timedelta(*integers(value[:3], 3, 3))
    if not offset and value[3] is None:
        return datetime.UTC
    return datetime.timezone(offset) if value[3] is None else datetime.timezone(offset, exact(decode(value[3]), str))


def span(value: datetime.timedelta) -> list[int]:
    """Days, seconds, microseconds."""
    return [value.days, value.seconds, value.microseconds]


def moment(value: datetime.datetime, encode: Encode) -> list[Any]:
    """A point in time."""
    parts = [value.year, value.month, value.day, value.hour, value.minute, value.second, value.microsecond]
    return ["dt", parts, value.fold, zone(value.tzinfo)]


def clock(value: datetime.time, encode: Encode) -> list[Any]:
    """A time of day."""
    return ["tm", [value.hour, value.minute, value.second, value.microsecond], value.fold, zone(value.tzinfo)]


def unmoment(kind: Callable[..., Any], count: int, parts: list[Any], decode: Decode) -> Any:
    """The point in time or time of day of `moment` or `clock`."""
    return kind(*integers(parts[0], count, count), tzinfo=unzone(parts[2], decode), fold=exact(parts[1], int))


ENCODERS: dict[type, Callable[[Any, Encode], Any]] = {
    complex: lambda v, e: ["c", number(v.real), number(v.imag)],
    bytes: lambda v, e: ["y", packed(v)],
    frozenset: lambda v, e: ["fs", *map(e, v)],
    range: lambda v, e: ["g", e(v.start), e(v.stop), e(v.step)],
    slice: lambda v, e: ["sl", e(v.start), e(v.stop), e(v.step)],
    type(Ellipsis): lambda v, e: ["."],
    type(NotImplemented): lambda v, e: ["!"],
    Decimal: lambda v, e: ["D", str(v)],
    Fraction: lambda v, e: ["Q", e(v.numerator), e(v.denominator)],
    datetime.date: lambda v, e: ["d", v.year, v.month, v.day],
    datetime.timedelta: lambda v, e: ["td", *span(v)],
    datetime.timezone: lambda v, e: ["tz", zone(v)],
    datetime.datetime: moment,
    datetime.time: clock,
    uuid.UUID: lambda v, e: ["U", v.hex],
    PurePosixPath: lambda v, e: ["pp", e(str(v))],
    PosixPath: lambda v, e: ["p", e(str(v))],
}

DECODERS: dict[str, Callable[[list[Any], Decode], Any]] = {
    "u": lambda p, d: unpacked(p[0]).decode("utf-32-le", "surrogatepass"),
    "f": lambda p, d: unnumber(p[0]),
    "i": lambda p, d: int(exact(p[0], str), 16),
    "t": lambda p, d: tuple([d(part) for part in p]),
    "c": lambda p, d: complex(exact(d(p[0]), float), exact(d(p[1]), float)),
    "y": lambda p, d: unpacked(p[0]),
    "fs": lambda p, d: frozenset([d(part) for part in p]),
    "g": lambda p, d: range(*[exact(d(part), int) for part in p[:3]]),
    "sl": lambda p, d: slice(d(p[0]), d(p[1]), d(p[2])),
    ".": lambda p, d: ...,
    "!": lambda p, d: NotImplemented,
    "D": lambda p, d: Decimal(exact(p[0], str)),
    "Q": lambda p, d: Fraction(exact(d(p[0]), int), exact(d(p[1]), int)),
    "d": lambda p, d: datetime.date(*integers(p, 3, 3)),
    "td": lambda p, d: datetime.timedelta(*integers(p, 3, 3)),
    "tz": lambda p, d: unzone(p[0], d),
    "dt": lambda p, d: unmoment(datetime.datetime, 7, p, d),
    "tm": lambda p, d: unmoment(datetime.time, 4, p, d),
    "U": lambda p, d: uuid.UUID(hex=exact(p[0], str)),
    "pp": lambda p, d: PurePosixPath(exact(d(p[0]), str)),
    "p": lambda p, d: Path(exact(d(p[0]), str)),
}

TYPES: dict[str, type] = {
    kind.__name__: kind
    for kind in (
        *(
            object,
            type,
            type(None),
            bool,
            int,
            float,
            complex,
            str,
            bytes,
            bytearray,
            tuple,
            list,
            dict,
            set,
            frozenset,
        ),
        *(range, slice, Decimal, Fraction, datetime.date, datetime.time, datetime.datetime, datetime.timedelta),
        *(uuid.UUID, OrderedDict, Counter, defaultdict, deque),
    )
}
"""Types that cross by name: to call them does nothing but make a value."""
TYPE_NAMES = {kind: name for name, kind in TYPES.items()}

PATTERN = re.Pattern
