import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from synth.errors import BadInput
from synth.ids import seed_number
from synth.steps.coreset import pick_coreset

Rows = NDArray[np.float32]


def unit_rows(count: int, width: int, seed: int) -> Rows:
    rows = np.random.default_rng(seed).normal(size=(count, width))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def plain_greedy(rows: Rows, size: int, seed: int) -> list[int]:
    exact = rows.astype(np.float64)
    picks = [random.Random(seed_number("coreset", seed)).randrange(len(rows))]
    distances = np.full(len(rows), np.inf)
    while len(picks) < size:
        distances = np.minimum(distances, ((exact - exact[picks[-1]]) ** 2).sum(axis=1))
        distances[picks] = -np.inf
        picks.append(int(np.argmax(distances)))
    return picks


def radius(rows: Rows, picks: list[int]) -> float:
    return max(float(np.min(np.linalg.norm(rows[picks] - row, axis=1))) for row in rows)


@pytest.mark.parametrize(("count", "size", "width"), [(50, 50 - 1, 3), (300, 40, 8), (2000, 200, 16), (1500, 700, 384)])
def test_the_picks_are_those_of_the_plain_greedy(count: int, size: int, width: int) -> None:
    rows = unit_rows(count, width, seed=count)
    assert pick_coreset(rows, size, seed=3) == plain_greedy(rows, size, seed=3)


def test_tight_clusters_are_covered_as_well_as_by_the_plain_greedy() -> None:
    generator = np.random.default_rng(5)
    centres = generator.normal(size=(9, 12))
    points = centres[generator.integers(9, size=900)] + 0.01 * generator.normal(size=(900, 12))
    rows = np.asarray(points / np.linalg.norm(points, axis=1, keepdims=True), np.float32)
    picks = pick_coreset(rows, 150, seed=1)
    assert len(set(picks)) == 150
    assert radius(rows, picks) == pytest.approx(radius(rows, plain_greedy(rows, 150, seed=1)), rel=0.02)
    assert pick_coreset(rows, 9, seed=1) == plain_greedy(rows, 9, seed=1)


@given(st.integers(1, 40), st.integers(1, 45), st.integers(0, 5), st.integers(0, 3))
def test_picks_are_distinct_rows_and_cover_as_well_as_the_plain_greedy(
    count: int, size: int, seed: int, repeats: int
) -> None:
    rows = np.repeat(unit_rows(count, 4, seed), repeats + 1, axis=0)
    picks = pick_coreset(rows, size, seed)
    assert len(picks) == len(set(picks)) == min(size, len(rows))
    if size < len(rows):
        assert radius(rows, picks) <= radius(rows, plain_greedy(rows, size, seed)) + 1e-3


def test_many_equal_rows_are_never_picked_twice() -> None:
    rows = np.repeat(unit_rows(3, 4, seed=0), 400, axis=0)
    picks = pick_coreset(rows, 500, seed=0)
    assert len(set(picks)) == 500
    assert {pick // 400 for pick in picks[:3]} == {0, 1, 2}


def test_the_seed_decides_the_first_pick() -> None:
    rows = unit_rows(200, 8, seed=0)
    assert pick_coreset(rows, 20, seed=1) == pick_coreset(rows, 20, seed=1)
    assert len({pick_coreset(rows, 20, seed=seed)[0] for seed in range(8)}) > 1


def test_a_smaller_core_set_begins_the_larger_one() -> None:
    rows = unit_rows(600, 8, seed=0)
    assert pick_coreset(rows, 300, seed=1)[:77] == pick_coreset(rows, 77, seed=1)


@pytest.mark.parametrize("size", [10, 11, 1000])
def test_a_core_set_as_large_as_the_whole_is_the_whole(size: int) -> None:
    assert pick_coreset(unit_rows(10, 4, seed=0), size, seed=0) == list(range(10))


def test_no_rows_give_no_picks() -> None:
    assert pick_coreset(np.zeros((0, 4), np.float32), 5, seed=0) == []


@pytest.mark.parametrize("size", [0, -1])
def test_a_size_below_one_is_bad_input(size: int) -> None:
    with pytest.raises(BadInput, match="1 or more"):
        pick_coreset(unit_rows(10, 4, seed=0), size, seed=0)


def test_a_vector_that_is_not_finite_is_bad_input() -> None:
    rows = unit_rows(10, 4, seed=0)
    rows[3, 2] = np.nan
    with pytest.raises(BadInput, match="not finite"):
        pick_coreset(rows, 2, seed=0)
