import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from synth.embed import nearest


def unit_rows(count: int, seed: int) -> NDArray[np.float32]:
    rows = np.random.default_rng(seed).normal(size=(count, 8))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


@given(st.integers(1, 30), st.integers(1, 10), st.integers(1, 5), st.integers(0, 100))
def test_the_search_is_exact(count: int, asked: int, k: int, seed: int) -> None:
    vectors, queries = unit_rows(count, seed), unit_rows(asked, seed + 1)
    similarities, ids = nearest(vectors, queries, k)
    assert similarities.shape == ids.shape == (asked, k)
    expected = np.sort(queries @ vectors.T, axis=1)[:, ::-1][:, :k]
    found = min(k, count)
    np.testing.assert_allclose(similarities[:, :found], expected, atol=1e-5)
    np.testing.assert_allclose((queries[:, None, :] * vectors[ids[:, :found]]).sum(axis=2), expected, atol=1e-5)


def test_where_there_are_too_few_vectors_the_id_is_minus_one() -> None:
    similarities, ids = nearest(unit_rows(2, 0), unit_rows(3, 1), 4)
    assert (ids[:, :2] >= 0).all()
    assert (ids[:, 2:] == -1).all()
    assert np.isneginf(similarities[:, 2:]).all()


def test_no_vectors_and_no_queries_are_no_error() -> None:
    assert (nearest(unit_rows(0, 0), unit_rows(2, 0), 1)[1] == -1).all()
    assert nearest(unit_rows(2, 0), unit_rows(0, 0), 3)[1].shape == (0, 3)


def test_what_cannot_be_compared_is_refused() -> None:
    rows = unit_rows(3, 0)
    with pytest.raises(ValueError, match="k is 0"):
        nearest(rows, rows, 0)
    with pytest.raises(ValueError, match="one width"):
        nearest(rows, rows[:, :4], 1)
    with pytest.raises(ValueError, match="one width"):
        nearest(rows, rows[0], 1)
    with pytest.raises(ValueError, match="not finite"):
        nearest(rows, rows * np.float32("nan"), 1)
