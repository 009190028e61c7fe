# grade: A-split
def fibonacci():
    a, b = 0, 1
    while True:
        yield a
        a, b = b, a + b
def take(count, items):
    return [item for item, _ in zip(items, range(count))]
class Countdown:
    def __init__(self, start):
        self.start = start
    def __iter__(self):
        return iter(range(self.start, 0, -1))
def lines(text):
    yield from text.splitlines()
# --- test_generators.py
from itertools import islice
from solution import Countdown, fibonacci, lines, take
def test_fibonacci():
    assert list(islice(fibonacci(), 6)) == [0, 1, 1, 2, 3, 5]
def test_take():
    assert take(2, [5, 6, 7]) == [5, 6]
def test_countdown():
    assert list(Countdown(3)) == [3, 2, 1]
    assert sum(Countdown(3)) == 6
def test_lines():
    generator = lines("a\nb")
    assert next(generator) == "a"
    assert next(generator) == "b"
    assert next(generator, None) is None
