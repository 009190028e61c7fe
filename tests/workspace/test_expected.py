"""Sums with a range: the range holds the mean, narrows with what is measured, and bounds stay bounds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.workspace.expected import Amount, Range, at_most, exactly, in_words, mean_of, share_of, times

VALUES = st.lists(st.floats(0, 1e6), min_size=1, max_size=40)


@given(VALUES, st.integers(0, 10_000), st.integers(0, 99))
def test_a_mean_is_that_of_the_values_and_its_range_is_the_same_every_time(
    values: list[float], future: int, salt: int
) -> None:
    one, two = mean_of(values, future, salt), mean_of(values, future, salt)
    assert one.mean == pytest.approx(float(np.mean(values)))
    assert one.range() == two.range()
    low, high = one.range().low, one.range().high
    assert low is not None
    assert high is not None
    assert 0 <= low <= high


def width(told: Range) -> float:
    assert told.low is not None
    assert told.high is not None
    return told.high - told.low


def test_more_measured_things_make_a_narrower_range_and_more_future_ones_too() -> None:
    spread = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    few, many = mean_of(spread, 1000, 1).range(), mean_of(spread * 50, 1000, 1).range()
    assert width(few) > 3 * width(many)
    assert width(mean_of(spread * 50, 1, 1).range()) > 5 * width(many)


def test_from_very_few_the_range_is_wide_even_where_they_are_equal() -> None:
    told = mean_of([10.0], 100, 1).range()
    assert width(told) > 5


def test_the_range_holds_what_comes_in_about_eight_of_ten_cases() -> None:
    rng = np.random.default_rng(3)
    inside = 0
    for number in range(400):
        values = rng.gamma(2.0, 500.0, size=140)
        told = mean_of(values[:40], 100, number).range()
        assert told.low is not None
        assert told.high is not None
        inside += told.low <= values[40:].mean() <= told.high
    assert 0.70 < inside / 400 < 0.90


@given(VALUES, VALUES)
def test_sums_and_products_add_up(one: list[float], other: list[float]) -> None:
    left, right = mean_of(one, 10, 1), mean_of(other, 10, 2)
    assert (left + right).mean == pytest.approx(left.mean + right.mean)
    assert times(left, right).mean == pytest.approx(left.mean * right.mean)


def test_a_sum_with_a_bound_in_it_is_a_bound() -> None:
    told = (exactly(10.0) + at_most(5.0)).range()
    assert told == Range(high=15.0)
    assert times(at_most(4.0), exactly(3.0)).range() == Range(high=12.0)
    assert (exactly(1.0) + Amount(unknown=True)).range() == Range()


def test_a_share_is_what_it_was_and_one_where_nothing_is_known() -> None:
    assert share_of(0, 0, 1).range() == Range(mean=1.0, low=1.0, high=1.0)
    told = share_of(8, 10, 1).range()
    assert told.mean == 0.8
    assert told.low is not None
    assert told.low < 0.8


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (Range(), "unknown"),
        (Range(high=1234.0), "at most 1,230"),
        (Range(mean=12.0, low=12.2, high=12.4), "12"),
        (Range(mean=1200.0, low=900.0, high=1604.0), "1,200 (900 to 1,600)"),
        (Range(mean=2_345_678.0), "2.35 M"),
        (Range(mean=0.0, low=0.0, high=0.0), "0"),
    ],
)
def test_numbers_are_said_as_exactly_as_they_are_known(told: Range, words: str) -> None:
    assert in_words(told) == words


def test_money_is_said_with_its_currency() -> None:
    assert in_words(Range(mean=1.234, low=0.9, high=2.0), "USD") == "1.23 USD (0.90 to 2.00)"
    assert in_words(Range(high=0.0123), "USD") == "at most 0.012 USD"
    assert in_words(Range(mean=0.0, low=0.0, high=0.0), "USD") == "0.00 USD"
