# grade: A-split
import sys
def depth(number):
    return 0 if number == 0 else 1 + depth(number - 1)
def deep(number):
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(number + 1000)
    try:
        return depth(number)
    finally:
        sys.setrecursionlimit(before)
def endless():
    return endless()
def flatten(nested):
    return [leaf for item in nested for leaf in (flatten(item) if isinstance(item, list) else [item])]
# --- test_depth.py
import pytest
from solution import deep, depth, endless, flatten
def test_depth():
    assert depth(800) == 800
def test_deep():
    assert deep(5000) == 5000
def test_endless():
    with pytest.raises(RecursionError):
        endless()
def test_flatten():
    assert flatten([1, [2, [3, [4]]]]) == [1, 2, 3, 4]
