# grade: A-split
import multiprocessing
def cube(number):
    return number**3
def cubes(numbers):
    with multiprocessing.Pool(3) as pool:
        return pool.map(cube, numbers)
# --- test_cubes.py
from solution import cube, cubes
def test_cubes():
    assert cubes([1, 2, 3]) == [1, 8, 27]
def test_cube():
    assert cube(-2) == -8
def test_empty():
    assert cubes([]) == []
