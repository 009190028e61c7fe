# grade: A-split
import functools
def apply_all(functions, value):
    return [function(value) for function in functions]
def sort_by(items, key):
    return sorted(items, key=key)
def retry(function, times):
    for attempt in range(times):
        try:
            return function()
        except ValueError:
            if attempt == times - 1:
                raise
class Events:
    def __init__(self):
        self.handlers = {}
    def on(self, name, handler):
        self.handlers.setdefault(name, []).append(handler)
    def fire(self, name, *arguments):
        return [handler(*arguments) for handler in self.handlers.get(name, [])]
def compose(*functions):
    return functools.reduce(lambda f, g: lambda value: g(f(value)), functions)
# --- test_callbacks.py
import pytest
from solution import Events, apply_all, compose, retry, sort_by
def test_apply():
    assert apply_all([str, lambda n: n + 1, abs], -2) == ["-2", -1, 2]
def test_sort():
    assert sort_by(["bb", "a"], len) == ["a", "bb"]
    assert sort_by([(1, "b"), (2, "a")], key=lambda pair: pair[1]) == [(2, "a"), (1, "b")]
def test_retry():
    tries = []
    def work():
        tries.append(1)
        if len(tries) < 3:
            raise ValueError("again")
        return len(tries)
    assert retry(work, 3) == 3
def test_retry_fails():
    def work():
        raise ValueError("never")
    with pytest.raises(ValueError):
        retry(work, 2)
def test_events():
    events = Events()
    seen = []
    events.on("a", seen.append)
    events.on("a", lambda value: value * 2)
    assert events.fire("a", 4) == [None, 8]
    assert seen == [4]
def test_compose():
    assert compose(lambda n: n + 1, lambda n: n * 2)(3) == 8
