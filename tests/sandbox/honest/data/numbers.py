# grade: A-split
import cmath, math
def factorial(number):
    return math.factorial(number)
def mean(values):
    return sum(values) / len(values) if values else math.nan
def ratio(a, b):
    return a / b if b else math.copysign(math.inf, a)
def roots(a, b, c):
    d = cmath.sqrt(b * b - 4 * a * c)
    return (-b + d) / (2 * a), (-b - d) / (2 * a)
# --- test_numbers.py
import math
import pytest
from solution import factorial, mean, ratio, roots
def test_big():
    assert factorial(50) == 30414093201713378043612608166064768844377641568960512000000000000
def test_nan():
    assert math.isnan(mean([]))
def test_mean():
    assert mean([0.1, 0.2, 0.3]) == pytest.approx(0.2)
def test_infinite():
    assert ratio(1, 0) == math.inf
    assert ratio(-1, 0) == -math.inf
def test_roots():
    assert roots(1, 0, 4) == (2j, -2j)
