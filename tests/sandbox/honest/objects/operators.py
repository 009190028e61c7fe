import functools
@functools.total_ordering
class Money:
    def __init__(self, cents):
        self.cents = cents
    def __add__(self, other):
        return Money(self.cents + other.cents)
    def __mul__(self, factor):
        return Money(self.cents * factor)
    __rmul__ = __mul__
    def __eq__(self, other):
        return isinstance(other, Money) and self.cents == other.cents
    def __lt__(self, other):
        return self.cents < other.cents
    def __hash__(self):
        return hash(self.cents)
    def __repr__(self):
        return f"Money({self.cents})"
class Box:
    def __init__(self, *items):
        self.items = list(items)
    def __len__(self):
        return len(self.items)
    def __getitem__(self, key):
        return self.items[key]
    def __contains__(self, item):
        return item in self.items
    def __bool__(self):
        return bool(self.items)
# --- test_money.py
from solution import Box, Money
def test_sum():
    assert Money(3) + Money(4) == Money(7)
    assert 2 * Money(3) == Money(3) * 2
def test_order():
    assert Money(1) < Money(2) <= Money(2)
    assert sorted([Money(2), Money(1)]) == [Money(1), Money(2)]
    assert max(Money(1), Money(5)).cents == 5
def test_set():
    assert len({Money(1), Money(1), Money(2)}) == 2
def test_text():
    assert repr(Money(3)) == "Money(3)"
def test_box():
    assert len(Box(1, 2)) == 2
    assert Box(1, 2)[1] == 2
    assert 3 in Box(3)
    assert not Box()
