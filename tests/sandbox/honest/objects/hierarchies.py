# grade: A-split
from abc import ABC, abstractmethod
import math
from typing import Generic, Protocol, TypeVar
Item = TypeVar("Item")
class Shape(ABC):
    @abstractmethod
    def area(self): ...
    def describe(self):
        return f"{type(self).__name__} of {self.area():.2f}"
class Circle(Shape):
    def __init__(self, radius):
        self.radius = radius
    def area(self):
        return math.pi * self.radius**2
class Square(Shape):
    def __init__(self, side):
        self.side = side
    def area(self):
        return self.side**2
class Stack(Generic[Item]):
    def __init__(self):
        self._items: list[Item] = []
    def push(self, item: Item) -> None:
        self._items.append(item)
    def pop(self) -> Item:
        if not self._items:
            raise IndexError("empty")
        return self._items.pop()
    def __len__(self):
        return len(self._items)
def total(shapes):
    return sum(shape.area() for shape in shapes)
# --- test_shapes.py
import pytest
from solution import Circle, Shape, Square, Stack, total
def test_area():
    assert Square(3).area() == 9
    assert Circle(1).area() == pytest.approx(3.14159, abs=1e-4)
def test_describe():
    assert Square(2).describe() == "Square of 4.00"
def test_kinds():
    assert isinstance(Circle(1), Shape)
    assert issubclass(Square, Shape)
def test_abstract():
    with pytest.raises(TypeError):
        Shape()
def test_total():
    assert total([Square(1), Square(2)]) == 5
def test_stack():
    stack = Stack()
    stack.push("a")
    stack.push("b")
    assert len(stack) == 2
    assert stack.pop() == "b"
    stack.pop()
    with pytest.raises(IndexError):
        stack.pop()
