"""Tests as they are often written, with fixtures and more: apart, the right solution passes and others do not."""

from textwrap import dedent

import pytest

from synth.records import CodeFile
from synth.sandbox.base import Job, JobResult, Sandbox
from synth.sandbox.mutants import stub

pytestmark = pytest.mark.sandbox

SOLUTION = '''\
from dataclasses import dataclass

class Stack:
    """Last in, first out."""
    made = 0

    def __init__(self, items=()):
        self.items = list(items)
        self.open = True
        Stack.made += 1

    def push(self, item):
        self.items.append(item)
        return self

    def pop(self):
        if not self.items:
            raise IndexError("empty")
        return self.items.pop()

    def close(self):
        self.open = False

    def __len__(self):
        return len(self.items)

    def __iter__(self):
        return iter(self.items)

class Only:
    one = None

    def __new__(cls):
        if cls.one is None:
            cls.one = super().__new__(cls)
        return cls.one

@dataclass(frozen=True)
class Point:
    x: int

class Refused(Exception):
    pass

def parts(text):
    yield from text.split(",")

def number(text):
    try:
        return int(text)
    except ValueError as error:
        raise Refused(text) from error

def ordered(items):
    return sorted(items)

__version__ = "1.2"
'''
HEAD = "import pytest\nfrom solution import Stack\n"

SUITES: dict[str, dict[str, str]] = {
    "an object of the solution": {
        "test_it.py": HEAD
        + """
@pytest.fixture
def stack(): return Stack()
def test_push(stack): assert stack.push(1).pop() == 1
def test_empty(stack):
    assert len(stack) == 0
    with pytest.raises(IndexError, match="empty"): stack.pop()
"""
    },
    "teardown": {
        "test_it.py": HEAD
        + """
CLOSED = []
@pytest.fixture
def stack():
    made = Stack([1])
    yield made
    made.close()
    CLOSED.append(made.open)
def test_first(stack): assert stack.pop() == 1
def test_second(stack): assert CLOSED == [False] and stack.open is True
"""
    },
    "scopes": {
        "test_it.py": HEAD
        + """
@pytest.fixture(scope="module")
def stack(items): return Stack(items)
@pytest.fixture(scope="session")
def items(): return [1, 2]
def test_first(stack): stack.items.append(3); assert len(stack) == 3
def test_second(stack, items): assert stack.pop() == 3 and items == [1, 2]
"""
    },
    "classes and autouse": {
        "test_it.py": HEAD
        + """
class Base:
    @pytest.fixture
    def cache(self): return Stack([7])
class TestStack(Base):
    @pytest.fixture(autouse=True)
    def set_up(self): self.stack = Stack([1])
    def test_own(self): assert self.stack.pop() == 1
    def test_inherited(self, cache): assert cache.pop() == 7
    @pytest.mark.parametrize("item", [1, "a"])
    def test_given(self, cache, item): assert cache.push(item).pop() == item
"""
    },
    "parameters of fixtures": {
        "test_it.py": HEAD
        + """
@pytest.fixture(params=[0, 3], ids=["none", "three"])
def size(request): return request.param
@pytest.fixture
def stack(request: pytest.FixtureRequest): return Stack(range(request.param))
@pytest.mark.parametrize("stack, last", [(1, 0), (2, 1)], indirect=["stack"])
def test_last(stack, last): assert stack.pop() == last
@pytest.mark.parametrize("stack", [2], indirect=True)
def test_size(stack, size): assert len(stack) + size in (2, 5)
"""
    },
    "names, factories and use": {
        "test_it.py": HEAD
        + """
@pytest.fixture(name="stack")
def _stack(make): return make(1, 2)
@pytest.fixture()
def make():
    def build(*items): return Stack(items)
    return build
@pytest.fixture(autouse=True)
def fresh(): Stack.made = 0
@pytest.mark.usefixtures("stack")
def test_made(make): make(); assert Stack.made == 2
def test_pop(stack): assert stack.pop() == 2
"""
    },
    "conftest": {
        "tests/conftest.py": """\
import sys
from pathlib import Path
ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))
import pytest
from solution import Stack
@pytest.fixture
def stack(): return Stack([1])
""",
        "tests/deep/conftest.py": """\
import pytest
@pytest.fixture
def stack(stack): return stack.push(2)
""",
        "tests/test_it.py": "def test_a(stack): assert stack.pop() == 1\n",
        "tests/deep/test_deep.py": "def test_b(stack): assert stack.pop() == 2\n",
    },
    "modules of the tests": {
        "tests/shelf.py": HEAD
        + "@pytest.fixture\ndef stack(): return Stack([1])\ndef fill(stack): return stack.push(2)\n",
        "tests/test_it.py": "from .shelf import fill, stack\ndef test_it(stack): assert fill(stack).pop() == 2\n",
    },
    "identity": {
        "test_it.py": HEAD
        + """
from solution import Only, Refused, number, ordered
def test_chain():
    stack = Stack()
    assert stack.push(1) is stack and Stack() is not stack and type(stack) is Stack
def test_copy():
    items = [2, 1]
    assert ordered(items) is not items and ordered(items) == [1, 2]
def test_only():
    first = Only()
    assert Only() is first
    Only.one = None
    assert Only() is not first
def test_why():
    with pytest.raises(Refused) as seen: number("x")
    assert seen.type is Refused and isinstance(seen.value.__cause__, ValueError)
"""
    },
    "what things are": {
        "test_it.py": HEAD
        + """
from collections.abc import Iterable, Iterator, Sized
from dataclasses import FrozenInstanceError
import solution
from solution import Point, parts
def test_kinds():
    assert isinstance(parts("a"), Iterator) and not isinstance(Stack(), Iterator)
    assert isinstance(Stack(), Iterable) and isinstance(Stack(), Sized)
    assert parts("a,b").__next__() == "a" and Stack().__class__.__name__ == "Stack"
def test_frozen():
    with pytest.raises(FrozenInstanceError): Point(1).x = 2
    with pytest.raises(FrozenInstanceError): setattr(Point(1), "x", 2)
    with pytest.raises(AttributeError): del Point(1).x
def test_words(): assert solution.__version__ == "1.2" and Stack.__doc__ == "Last in, first out."
"""
    },
    "chance and sizes": {
        "test_it.py": """\
import random, sys, time, uuid
import numpy as np
from solution import Stack, number, ordered
def test_random():
    random.seed(1)
    items = [random.randint(0, 9) for _ in range(20)]
    assert ordered(items) == sorted(items)
    assert ordered(np.random.default_rng(1).random(5).tolist())[0] < 1
def test_large(): assert number(str(sys.maxsize)) == sys.maxsize
def test_later(): key = uuid.uuid4(); time.sleep(0.01); assert Stack([key]).pop() == key
"""
    },
}


def judged(sandbox: Sandbox, solution: tuple[CodeFile, ...], suite: dict[str, str]) -> JobResult:
    """What the sandbox says, which may leave files of the tests' folder with the solution."""
    tests = tuple(CodeFile(path=path, text=dedent(text)) for path, text in suite.items())
    init = (CodeFile(path="tests/__init__.py", text='"""Tests."""\n'),)
    return sandbox.verify(Job(solution + (init if "tests/test_it.py" in suite else ()), tests, once=True))


@pytest.mark.parametrize("name", SUITES)
def test_the_right_solution_passes_apart(sandbox: Sandbox, name: str) -> None:
    result = judged(sandbox, (CodeFile(path="solution.py", text=SOLUTION),), SUITES[name])
    assert (result.outcome, result.grade, result.why) == ("passed", "A-split", ""), result.failures


@pytest.mark.parametrize("name", SUITES)
def test_one_that_does_nothing_fails_apart(sandbox: Sandbox, name: str) -> None:
    nothing = stub((CodeFile(path="solution.py", text=SOLUTION),))
    assert nothing is not None
    result = judged(sandbox, nothing, SUITES[name])
    assert (result.outcome, result.grade) == ("failed", "A-split"), result


def test_a_wrong_answer_fails_the_tests_that_ask_for_it_and_no_others(sandbox: Sandbox) -> None:
    wrong = SOLUTION.replace("self.items.pop()", "self.items[0]")
    result = judged(sandbox, (CodeFile(path="solution.py", text=wrong),), SUITES["conftest"])
    assert (result.outcome, result.grade) == ("failed", "A-split")
    assert result.passed_tests == ("tests/test_it.py::test_a",)


def test_what_fails_in_a_fixture_fails_the_test(sandbox: Sandbox) -> None:
    for name, before, after in (
        ("an object of the solution", "Stack.made += 1", "raise OSError"),
        ("teardown", "self.open = False", "raise OSError"),
    ):
        wrong = SOLUTION.replace(before, after)
        result = judged(sandbox, (CodeFile(path="solution.py", text=wrong),), SUITES[name])
        assert (result.outcome, result.grade) == ("failed", "A-split"), result


def test_the_solutions_conftest_gives_no_fixtures(sandbox: Sandbox) -> None:
    forged = "import pytest\n@pytest.fixture\ndef stack(): return [1]\n"
    solution = (CodeFile(path="solution.py", text=SOLUTION), CodeFile(path="tests/deep/conftest.py", text=forged))
    suite = {path: text for path, text in SUITES["conftest"].items() if path != "tests/deep/conftest.py"}
    result = judged(sandbox, solution, suite)
    assert (result.outcome, result.passed_tests) == ("failed", ("tests/test_it.py::test_a",)), result
