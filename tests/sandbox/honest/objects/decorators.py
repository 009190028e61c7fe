# grade: A-split
import functools, time
CALLS = []
def counted(function):
    @functools.wraps(function)
    def inner(*arguments, **named):
        CALLS.append(function.__name__)
        return function(*arguments, **named)
    return inner
@counted
def add(a, b=1):
    return a + b
@functools.lru_cache(maxsize=None)
def fib(number):
    return number if number < 2 else fib(number - 1) + fib(number - 2)
def calls():
    return len(CALLS)
class Temperature:
    def __init__(self, celsius):
        self.celsius = celsius
    @property
    def fahrenheit(self):
        return self.celsius * 9 / 5 + 32
    @fahrenheit.setter
    def fahrenheit(self, value):
        self.celsius = (value - 32) * 5 / 9
    @classmethod
    def freezing(cls):
        return cls(0)
    @staticmethod
    def unit():
        return "°C"
# --- test_decorators.py
from solution import Temperature, add, calls, fib
def test_add():
    before = calls()
    assert add(2) == 3
    assert add(2, b=5) == 7
    assert calls() == before + 2
def test_fib():
    assert fib(80) == 23416728348467685
def test_temperature():
    t = Temperature(100)
    assert t.fahrenheit == 212
    t.fahrenheit = 32
    assert t.celsius == 0
    assert Temperature.freezing().celsius == 0
    assert Temperature.unit() == "°C"
