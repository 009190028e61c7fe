import dataclasses, enum
class Colour(enum.Enum):
    RED = 1
    BLUE = 2
@dataclasses.dataclass(frozen=True, order=True)
class Point:
    x: int
    y: int = 0
    def moved(self, dx):
        return dataclasses.replace(self, x=self.x + dx)
def corners(size):
    return [Point(0, 0), Point(size, size)]
# --- test_points.py
import pytest
from dataclasses import FrozenInstanceError
from solution import Colour, Point, corners
def test_equal():
    assert Point(1, 2) == Point(1, 2)
    assert Point(1, 2) != Point(2, 1)
    assert corners(3) == [Point(0, 0), Point(3, 3)]
def test_moved():
    assert Point(1, 2).moved(3) == Point(4, 2)
def test_frozen():
    with pytest.raises(FrozenInstanceError):
        Point(1).x = 2
def test_colour():
    assert Colour.RED is not Colour.BLUE
    assert Colour["RED"] is Colour.RED
    assert [colour.name for colour in Colour] == ["RED", "BLUE"]
