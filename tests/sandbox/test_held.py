"""Values cross from the recorder to the host unchanged, whatever their class says about itself."""

import enum
import json
from collections import Counter, OrderedDict, namedtuple
from decimal import Decimal
from fractions import Fraction

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.sandbox.held import Opaque, decode
from synth.sandbox.inside.holding import encode

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.complex_numbers(allow_nan=False)
    | st.text(alphabet=st.characters())
    | st.binary()
    | st.decimals(allow_nan=False, allow_infinity=False, min_value=-1000, max_value=1000)
    | st.fractions()
)
KEYS = st.none() | st.booleans() | st.integers() | st.text() | st.tuples(st.integers(), st.text())
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(KEYS, inner) | st.frozensets(KEYS),
    max_leaves=20,
)


class Liar(int):
    """Equal to all."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = int.__hash__

    def __int__(self) -> int:
        return 4


class Colour(enum.StrEnum):
    """An enumeration of texts."""

    RED = "red"


def through(value: object) -> object:
    """What the host reads of a value."""
    return decode(json.loads(json.dumps(encode(value))))


@given(VALUES)
def test_plain_values_come_back_equal_and_of_their_type(value: object) -> None:
    again = through(value)
    assert again == value
    assert type(again) is type(value)


def test_a_value_of_a_subclass_comes_as_what_its_builtin_holds() -> None:
    pair = namedtuple("pair", "a b")(1, "x")
    assert (through(pair), through(Counter("aab")), through(OrderedDict(a=1))) == ((1, "x"), {"a": 2, "b": 1}, {"a": 1})
    assert (through(Colour.RED), through(Liar(5))) == ("red", 5)
    assert (through(Decimal("1.10")), through(Fraction(1, 3))) == (Decimal("1.10"), Fraction(1, 3))
    assert (through(numpy.int64(3)), through(numpy.float64(0.5))) == (3, 0.5)
    assert through("a\ud800") == "a\ud800"


@pytest.mark.parametrize("value", [object(), [object()], len, int, numpy.array([1]), iter([]), Exception("x")])
def test_what_is_no_plain_data_is_opaque(value: object) -> None:
    assert encode(value) == ["opaque"]


def test_endless_and_large_values_are_opaque() -> None:
    endless: list[object] = []
    endless.append(endless)
    assert encode(endless) == encode(list(range(100_000))) == ["opaque"]
    with pytest.raises(Opaque):
        through(endless)
