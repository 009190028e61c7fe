"""What asking will come to, as numbers: sums of measured things with a range, and bounds where nothing was measured.

Pure: what was measured comes from `measured`, what bounds it from `bounds`, and `estimating` puts them together.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import sqrt
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from synth.records.base import Frozen
from synth.settings import StepName

Floats = NDArray[np.float64]
Basis = Literal["measured", "other models", "bound"]
"""Where a step's numbers come from: calls of the same model; of other models; the length of the questions and the most
that a reply may have."""

RESAMPLES = 400
_FEW = 5
"""With fewer measured things than these their own scatter says too little: each is taken to be off by half."""
_OFF = 0.5
_LOW, _HIGH = 10, 90
_MANY = 200
"""Measured things from which the mean of a resample is as good as normal."""


class Range(Frozen):
    """A number, and between what it will probably lie: the 10th and the 90th percentile.

    Where nothing was measured, `mean` and `low` are None and `high` is the most that it can come to. All three are None
    where nothing is known.
    """

    mean: float | None = None
    low: float | None = None
    high: float | None = None


class Amounts(Frozen):
    """Calls, tokens and money."""

    calls: Range = Range()
    input_tokens: Range = Range()
    output_tokens: Range = Range()
    cost: Range = Range()
    """In the currency of the prices."""


class StepEstimate(Amounts):
    """What one step will come to."""

    step: StepName
    model: str
    engine: str
    basis: Basis
    rests_on: int = 0
    """Earlier calls that the tokens were measured on."""


class RunEstimate(Amounts):
    """What a run will come to in all, told before anything is asked."""

    steps: tuple[StepEstimate, ...]
    """Those that put questions, in the order of the flow."""
    currency: str
    free: bool = False
    """True where all steps ask the offline engine: nothing is paid."""
    seconds: float | None = None
    """At the pace of the latest run with the same engine; None where there is none."""
    pilot: str | None = None
    """The run that was made to find out, where there was one."""
    notes: tuple[str, ...] = ()
    """What is to be known with it, in sentences."""
    at: str = ""
    """When it was made: ISO 8601, UTC."""


@dataclass(slots=True)
class Amount:
    """A sum of what was measured (its mean and resamples of it) and of what is only bounded."""

    mean: float = 0.0
    samples: Floats = field(default_factory=lambda: np.zeros(RESAMPLES))
    bounded: bool = False
    bound: float = 0.0
    """Of the part that is only bounded."""
    unknown: bool = False

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(
            self.mean + other.mean,
            self.samples + other.samples,
            self.bounded or other.bounded,
            self.bound + other.bound,
            self.unknown or other.unknown,
        )

    def range(self) -> Range:
        """As it is told."""
        if self.unknown:
            return Range()
        low, high = (float(value) for value in np.percentile(np.maximum(self.samples, 0.0), (_LOW, _HIGH)))
        if self.bounded:
            return Range(high=max(high, self.mean) + self.bound)
        return Range(mean=self.mean, low=min(low, self.mean), high=max(high, self.mean))


def exactly(value: float) -> Amount:
    """An amount that is known."""
    return Amount(value, np.full(RESAMPLES, value))


def at_most(value: float) -> Amount:
    """An amount of which only that is known."""
    return Amount(bounded=True, bound=value)


def times(one: Amount, other: Amount) -> Amount:
    """A product of two that were measured apart; bounded where either is."""
    if one.bounded or other.bounded:
        return Amount(bounded=True, bound=_most(one) * _most(other), unknown=one.unknown or other.unknown)
    return Amount(one.mean * other.mean, one.samples * other.samples, unknown=one.unknown or other.unknown)


def mean_of(values: Sequence[float] | Floats, future: float, salt: int) -> Amount:
    """The mean of `future` further values like these: from resamples of the measured mean, widened by their scatter.

    `salt` tells apart what is resampled from the same number of values. The same every time.
    """
    measured = np.asarray(values, np.float64)
    mean = float(measured.mean())
    rng = np.random.default_rng([len(measured), salt])
    if len(measured) < _FEW:
        return Amount(mean, mean * np.exp(rng.standard_normal(RESAMPLES) * _OFF / sqrt(len(measured))))
    spread = float(measured.std(ddof=1))
    if len(measured) > _MANY:
        means = mean + rng.standard_normal(RESAMPLES) * spread / sqrt(len(measured))
    else:
        means = measured[rng.integers(len(measured), size=(RESAMPLES, len(measured)))].mean(axis=1)
    if future > 0:
        means = means + rng.standard_normal(RESAMPLES) * spread / sqrt(max(future, 1.0))
    return Amount(mean, np.maximum(means, 0.0))


def share_of(part: int, whole: int, salt: int) -> Amount:
    """A share that was `part` of `whole` so far; 1 where nothing is known of it."""
    if not whole:
        return exactly(1.0)
    rng = np.random.default_rng([whole, salt])
    return Amount(part / whole, rng.beta(part + 0.5, whole - part + 0.5, RESAMPLES))


def rate_of(counts: Sequence[float], future: float, salt: int) -> Amount:
    """How often something rare comes for each of `future` items, as it came for these; once seen never is not never."""
    total, number = float(sum(counts)), len(counts)
    rng = np.random.default_rng([number, salt])
    rates = rng.gamma(total + 0.5, 1.0 / number, RESAMPLES)
    return Amount(total / number, rng.poisson(rates * max(future, 1.0)) / max(future, 1.0))


def _most(amount: Amount) -> float:
    return max(float(np.percentile(amount.samples, _HIGH)), amount.mean) + amount.bound


def in_words(told: Range, currency: str = "", *, money: bool = False) -> str:
    """A range as a person reads it: `1,200 (900 to 1,600)`, `at most 3,000`, `unknown`.

    `money`: the numbers are amounts; so they are with a `currency`, which is said behind them.
    """
    write = _money if money or currency else _count
    behind = f" {currency}" if currency else ""
    if told.mean is None:
        return "unknown" if told.high is None else f"at most {write(told.high)}{behind}"
    text = write(told.mean)
    if told.low is not None and told.high is not None and (write(told.low), write(told.high)) != (text, text):
        return f"{text}{behind} ({write(told.low)} to {write(told.high)})"
    return f"{text}{behind}"


def _count(value: float) -> str:
    """Three digits of large numbers: more would say more than is known."""
    if value >= 1_000_000:
        return f"{value / 1_000_000:,.3g} M"
    return f"{round(value, -1 if value >= 1000 else 0):,.0f}"


def _money(value: float) -> str:
    return f"{value:,.2f}" if value >= 0.1 or not value else f"{value:.2g}" if value >= 0.0001 else f"{value:.6f}"
