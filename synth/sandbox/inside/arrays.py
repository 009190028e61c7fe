"""numpy and pandas values by structure: types, shapes and bytes. Only where the packages are loaded already."""

# ruff: noqa: ANN401 - values of every type pass through here

import re
import sys
from typing import Any

from synth.sandbox.inside.values import Decode, Encode, exact, integers, packed, unpacked

KINDS = frozenset({"np", "df", "se"})
"""Kinds of shared containers that are kept alike as a whole."""
PLAIN = re.compile(r"[<>|=][biufcSUMm]\d{1,6}(\[\d{0,9}[a-zA-Z]{1,2}\])?")
EXTENSION = re.compile(r"U?Int(8|16|32|64)|Float(32|64)|boolean")


def container(value: Any) -> str | None:
    """The kind of an array, a frame or a series; None for other values."""
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return None
    if type(value) is numpy.ndarray:
        return "np"
    pandas = sys.modules.get("pandas")
    if pandas is not None:
        if type(value) is pandas.DataFrame:
            return "df"
        if type(value) is pandas.Series:
            return "se"
    return None


def make(kind: str) -> Any:
    """A stand-in that the first `fill` replaces. Raises KeyError where the package is not loaded."""
    if kind == "np":
        return sys.modules["numpy"].zeros(0)
    pandas = sys.modules["pandas"]
    return pandas.DataFrame() if kind == "df" else pandas.Series(dtype="float64")


def content(value: Any, kind: str, encode: Encode) -> Any:
    """All that makes the value. Raises ValueError where it has parts that do not cross."""
    if kind == "np":
        return array(value, encode)
    if value.attrs:
        raise ValueError("a pandas object with attributes")
    if kind == "se":
        return [index(value.index, encode), column(value.array, encode), encode(value.name)]
    columns = [column(value.iloc[:, place].array, encode) for place in range(value.shape[1])]
    return [index(value.index, encode), index(value.columns, encode), columns]


def build(kind: str, parts: Any, decode: Decode) -> Any:
    """A new value of `content`. Raises ValueError and the like for rubbish."""
    if kind == "np":
        return unarray(parts, decode)
    pandas = sys.modules["pandas"]
    rows = unindex(parts[0], decode)
    columns = [uncolumn(part, decode) for part in (parts[1:2] if kind == "se" else parts[2])]
    series = [pandas.Series(data, index=rows, dtype=data.dtype) for data in columns]
    if kind == "se":
        return series[0].rename(decode(parts[2]))
    frame = pandas.DataFrame(dict(enumerate(series)), index=rows)
    frame.columns = unindex(parts[1], decode)
    return frame


def fill(thing: Any, kind: str, parts: Any, decode: Decode) -> None:
    """Write new contents into an array, frame or series in place."""
    fresh = build(kind, parts, decode)
    if kind == "np":
        if thing.dtype != fresh.dtype or thing.shape != fresh.shape:
            raise ValueError("an array that changed its shape")
        thing[...] = fresh
    elif kind == "se" and len(thing) == len(fresh) and thing.dtype == fresh.dtype:
        thing.iloc[:] = fresh.to_numpy() if isinstance(fresh.dtype, sys.modules["numpy"].dtype) else fresh.array
        thing.index = fresh.index
        thing.name = fresh.name
    else:
        thing._update_inplace(fresh)


def array(value: Any, encode: Encode) -> Any:
    """Type, shape and bytes of an array, or its elements where they are objects."""
    kind = value.dtype.str
    if kind == "|O":
        items = value.ravel().tolist()
        if any(container(item) for item in items):
            raise ValueError("an array of arrays")
        return [kind, list(value.shape), [encode(item) for item in items]]
    if not PLAIN.fullmatch(kind) or value.dtype.names is not None:
        raise ValueError(f"an array of type {kind}")
    return [kind, list(value.shape), packed(value.tobytes())]


def unarray(parts: Any, decode: Decode) -> Any:
    """The array of `array`, its own memory."""
    numpy = sys.modules["numpy"]
    kind, shape, data = parts
    integers(shape, 0, 32)
    if kind == "|O":
        flat = numpy.empty(len(data), dtype=object)
        for place, item in enumerate(data):
            flat[place] = decode(item)
        return flat.reshape(shape)
    if not PLAIN.fullmatch(exact(kind, str)):
        raise ValueError(kind)
    return numpy.frombuffer(unpacked(data), dtype=numpy.dtype(kind)).reshape(shape).copy()


def scalar(value: Any, encode: Encode) -> Any:
    """A numpy or pandas value that does not change, tagged; None for everything else."""
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return None
    kind = type(value)
    if isinstance(value, numpy.generic):
        return ["ns", array(numpy.asarray(value), encode)] if PLAIN.fullmatch(value.dtype.str) else None
    if isinstance(value, numpy.dtype) and PLAIN.fullmatch(value.str):
        return ["nd", value.str]
    pandas = sys.modules.get("pandas")
    if pandas is None:
        return None
    if value is pandas.NaT:
        return ["pn", "NaT"]
    if value is pandas.NA:
        return ["pn", "NA"]
    if kind is pandas.Timestamp:
        zone = None if value.tz is None else str(value.tz)
        return ["pt", int(value.value if value.unit == "ns" else value.as_unit("ns").value), value.unit, zone]
    if kind is pandas.Timedelta:
        return ["pd", int(value.as_unit("ns").value), value.unit]
    if isinstance(value, pandas.Index):
        return ["pi", index(value, encode)]
    return None


def unscalar(tag: str, parts: list[Any], decode: Decode) -> Any:
    """The value of `scalar`. Raises KeyError, ValueError and the like for rubbish."""
    numpy = sys.modules["numpy"]
    if tag == "ns":
        return unarray(parts[0], decode)[()]
    if tag == "nd":
        if not PLAIN.fullmatch(exact(parts[0], str)):
            raise ValueError(parts[0])
        return numpy.dtype(parts[0])
    pandas = sys.modules["pandas"]
    if tag == "pn":
        return {"NaT": pandas.NaT, "NA": pandas.NA}[parts[0]]
    if tag == "pt":
        point = pandas.Timestamp(exact(parts[0], int), unit="ns", tz="UTC" if parts[2] else None).as_unit(parts[1])
        return point.tz_convert(exact(parts[2], str)) if parts[2] else point
    if tag == "pd":
        return pandas.Timedelta(exact(parts[0], int), unit="ns").as_unit(parts[1])
    return unindex(parts[0], decode)


def index(value: Any, encode: Encode) -> Any:
    """Rows' or columns' labels."""
    pandas = sys.modules["pandas"]
    names = [encode(name) for name in value.names]
    if type(value) is pandas.RangeIndex:
        return ["r", names, value.start, value.stop, value.step]
    if type(value) is pandas.MultiIndex:
        return ["m", names, [index(level, encode) for level in value.levels], [codes.tolist() for codes in value.codes]]
    if type(value) in (pandas.DatetimeIndex, pandas.TimedeltaIndex):
        return ["t", names, column(value.array, encode), None if value.freq is None else value.freqstr]
    if type(value) is pandas.Index:
        return ["i", names, column(value.array, encode)]
    raise ValueError(f"a pandas {type(value).__name__}")


def unindex(parts: Any, decode: Decode) -> Any:
    """The labels of `index`."""
    pandas = sys.modules["pandas"]
    names = [decode(name) for name in parts[1]]
    if parts[0] == "r":
        return pandas.RangeIndex(*integers(parts[2:], 3, 3), name=names[0])
    if parts[0] == "m":
        levels = [unindex(level, decode) for level in parts[2]]
        return pandas.MultiIndex(levels, parts[3], names=names)
    data = uncolumn(parts[2], decode)
    labels = pandas.Index(data, name=names[0], dtype=data.dtype)
    if parts[0] == "t" and parts[3] is not None:
        labels.freq = exact(parts[3], str)
    return labels


def column(value: Any, encode: Encode) -> Any:
    """One column: a plain array, or the name of its type and its elements."""
    pandas = sys.modules["pandas"]
    numpy = sys.modules["numpy"]
    kind = value.dtype
    if isinstance(value, pandas.arrays.NumpyExtensionArray) or isinstance(kind, numpy.dtype):
        return ["n", array(numpy.asarray(value), encode)]
    if isinstance(kind, pandas.StringDtype):
        return ["s", kind.storage, kind.na_value is pandas.NA, [encode(item) for item in value.tolist()]]
    if isinstance(kind, pandas.DatetimeTZDtype):
        return ["z", kind.unit, str(kind.tz), array(value.tz_convert("UTC").tz_localize(None).to_numpy(), encode)]
    if isinstance(kind, pandas.CategoricalDtype):
        return ["c", index(kind.categories, encode), bool(kind.ordered), value.codes.tolist()]
    if EXTENSION.fullmatch(str(kind)):
        return ["x", str(kind), [encode(item) for item in value.tolist()]]
    raise ValueError(f"a column of type {kind}")


def uncolumn(parts: Any, decode: Decode) -> Any:
    """The column of `column`."""
    pandas = sys.modules["pandas"]
    if parts[0] == "n":
        return unarray(parts[1], decode)
    if parts[0] == "s":
        missing = pandas.NA if parts[2] else sys.modules["numpy"].nan
        kind = pandas.StringDtype(storage=exact(parts[1], str), na_value=missing)
        return pandas.array([decode(item) for item in parts[3]], dtype=kind)
    if parts[0] == "z":
        return pandas.array(unarray(parts[3], decode)).tz_localize("UTC").tz_convert(exact(parts[2], str))
    if parts[0] == "c":
        return pandas.Categorical.from_codes(parts[3], unindex(parts[1], decode), ordered=bool(parts[2]))
    if parts[0] == "x" and EXTENSION.fullmatch(parts[1]):
        return pandas.array([decode(item) for item in parts[2]], dtype=parts[1])
    raise ValueError("an odd column")
