# grade: A-split
import contextlib, contextvars
LOG = []
class Step:
    def __init__(self, name):
        self.name = name
    def __enter__(self):
        LOG.append(f"in {self.name}")
        return self
    def __exit__(self, kind, error, trace):
        LOG.append(f"out {self.name}")
        return kind is KeyError
@contextlib.contextmanager
def doubled(number):
    yield number * 2
current = contextvars.ContextVar("current", default="nobody")
def as_user(name):
    token = current.set(name)
    try:
        return current.get()
    finally:
        current.reset(token)
def log():
    return list(LOG)
# --- test_steps.py
from solution import Step, as_user, doubled, log
def test_step():
    with Step("a") as step:
        assert step.name == "a"
    assert log()[-2:] == ["in a", "out a"]
def test_swallowed():
    with Step("b"):
        raise KeyError("x")
    assert log()[-1] == "out b"
def test_doubled():
    with doubled(4) as number:
        assert number == 8
def test_user():
    assert as_user("me") == "me"
