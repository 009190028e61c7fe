"""Chance that depends on what it is for, not on what was drawn before: numbers by counter instead of by state.

A draw's numbers follow from (seed, draw, attempt, place) alone, so draws can be made in any order, in batches of any
size, and taken up anywhere. The mixing is the finaliser of SplitMix64 (Steele, Lea and Flood, 2014).
"""

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.uint64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11 = (np.uint64(shift) for shift in (30, 27, 31, 11))


def keys(seed: int, numbers: NDArray[np.int64], attempt: int = 0) -> Keys:
    """A 64-bit key for each draw number of the series that `seed` starts."""
    first = mix(np.array([seed & 0xFFFFFFFFFFFFFFFF], np.uint64))
    with np.errstate(over="ignore"):
        found = mix(first + numbers.astype(np.uint64) * _GOLDEN)
    return below(found, attempt) if attempt else found


def below(found: Keys, place: int | NDArray[np.int64]) -> Keys:
    """Keys for a place below each key."""
    with np.errstate(over="ignore"):
        return mix(found + (np.asarray(place, np.uint64) + np.uint64(1)) * _GOLDEN)


def uniform(found: Keys) -> NDArray[np.float64]:
    """Numbers from 0 (included) to 1 (excluded), in steps of 2**-53."""
    numbers: NDArray[np.float64] = (found >> _S11).astype(np.float64) * 2.0**-53
    return numbers


def mix(values: Keys) -> Keys:
    """Every bit of the result depends on every bit of the value."""
    with np.errstate(over="ignore"):
        values = (values ^ (values >> _S30)) * _FIRST
        values = (values ^ (values >> _S27)) * _SECOND
        return values ^ (values >> _S31)
