# grade: A-split
# packages: numpy
import numpy as np
def normalised(values):
    array = np.asarray(values, dtype=float)
    return (array - array.mean()) / array.std()
def product(a, b):
    return (np.array(a) @ np.array(b)).tolist()
def largest(values):
    return np.max(np.array(values))
# --- test_arrays.py
import numpy as np
import pytest
from solution import largest, normalised, product
def test_normalised():
    result = normalised([1, 2, 3])
    assert np.allclose(result, [-1.22474487, 0, 1.22474487])
def test_product():
    assert product([[1, 2]], [[3], [4]]) == [[11]]
def test_largest():
    assert largest([1.5, 2.5]) == 2.5
def test_mean():
    assert normalised([4, 8]).mean() == pytest.approx(0)
