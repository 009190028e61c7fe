"""The rules by which tests are judged apart from the solution or together with it."""

import textwrap

import pytest

from synth.records import CodeFile
from synth.sandbox.apart import modules_of, why_together
from tests.sandbox.test_canaries import HOSTILE

SOLUTION = (CodeFile(path="solution.py", text=""), CodeFile(path="pkg/core.py", text=""))


def why(text: str, path: str = "test_it.py", **others: str) -> str | None:
    """Why a test file, with others beside it, is judged together with the solution."""
    file = CodeFile.model_construct(path=path, text=textwrap.dedent(text))
    support = [CodeFile(path=name.replace("__", "/") + ".py", text=more) for name, more in others.items()]
    return why_together(SOLUTION, [file, *support], [path])


APART = {
    "asserts": """\
        from solution import f
        def test_a():
            assert f(1) == 2
            assert f("x") is None
            assert type(f(1)) is int
        """,
    "pytest": """\
        import pytest
        import solution
        from pkg.core import Refused
        @pytest.mark.parametrize(("input", "expected"), [(1, 2), (2, 3)], ids=["a", "b"])
        @pytest.mark.parametrize("id", [1])
        def test_a(input, expected, id):
            assert solution.f(input, id) == pytest.approx(expected)
        def test_b():
            with pytest.raises(Refused, match="no") as seen:
                solution.f(None)
            assert seen.value.code == 3
            assert isinstance(seen.value, (Refused, ValueError))
        """,
    "unittest": """\
        import unittest
        from typing import Any
        from collections import Counter, deque
        from solution import Stack, Color
        class StackTest(unittest.TestCase):
            def setUp(self) -> None:
                self.stack: Any = Stack()
            def test_push(self):
                self.stack.push(1)
                self.stack.size = 3
                self.assertEqual(self.stack.items, [1])
                self.assertIs(self.stack.color, Color.RED)
                self.assertIsInstance(self.stack.count(), Counter)
                del self.stack.items[0]
            def test_pop(self, extra=None):
                with self.assertRaises(IndexError):
                    self.stack.pop()
                for n in range(3):
                    with self.subTest(n=n):
                        self.assertTrue(n >= 0)
        if __name__ == "__main__":
            import sys
            sys.exit(unittest.main())
        """,
    "imports that are not used, and where the solution lies": """\
        import os, sys, random
        from pathlib import Path
        from unittest.mock import patch
        sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
        sys.path.append(str(Path(__file__).parent))
        from solution import f
        def test_a():
            assert f(1) == 2
        """,
    "values of the library": """\
        import datetime as dt, math, json, itertools
        from decimal import Decimal
        from fractions import Fraction
        from urllib.parse import quote
        import urllib.parse
        import numpy as np
        import pandas as pd
        from solution import f
        def helper(x, y):
            return sorted(x, key=lambda z: -z)
        def test_a():
            assert f(Decimal("1.5")) == Fraction(3, 2)
            assert f(dt.date(2020, 1, 1)) == json.loads("[1]")
            np.testing.assert_allclose(f(np.array([1.0])), [math.pi])
            assert f(pd.DataFrame({"a": [1]})).equals(pd.DataFrame({"a": [2]}))
            assert urllib.parse.unquote(f(quote(" "))) == helper([1], 2)
        """,
    "script": """\
        from solution import f
        assert f(1) == 2
        if __name__ == "__main__":
            assert f(2) == 3
            print("ok")
        """,
    "imported inside": """\
        def test_a():
            from solution import f
            def test_inner(x): return f(x)
            assert test_inner(1) == 1
        """,
}

TOGETHER = {
    "def test_a(): assert 1 == 1": "the tests do not import the solution",
    "from solution import *": "the tests import everything from solution",
    "from solution import test_data": "the solution's test_data has the name of a test",
    "from solution import f\ndef test_a(capsys): f()": "the tests use the fixture capsys",
    "from solution import f\ndef test_a(*, tmp_path): f()": "the tests use the fixture tmp_path",
    "from solution import f, fixture\n@fixture\ndef x(): return f()": "the tests have the fixture x",
    "import pytest\nfrom solution import N\n@pytest.fixture(name=N)\ndef x(): return 1": "the tests have the fixture x",
    "import pytest\nfrom solution import f\n@pytest.fixture\ndef x(tmp_path): return f()": (
        "the tests use the fixture tmp_path"
    ),
    "import pytest\nfrom solution import f\n@pytest.fixture\ndef cache(cache): return f()": (
        "the tests use the fixture cache"
    ),
    "import pytest\nfrom solution import f\n@pytest.fixture\ndef x(request): return request.node": (
        "the tests use the fixture request"
    ),
    "from solution import f\ndef test_a(request): assert request.param": "the tests use the fixture request",
    "import pytest\nfrom solution import f\nclass TestA:\n  @pytest.fixture\n  def cache(self): return f()\n"
    "def test_a(cache): pass": "the tests use the fixture cache",
    "import pytest\nfrom solution import f\n@pytest.mark.usefixtures('capsys')\ndef test_a(): f()": (
        "the tests use the mark usefixtures"
    ),
    "from solution import f\ndef pytest_generate_tests(metafunc): f()": "the tests use pytest_generate_tests",
    "from solution import f\npytest_plugins = ['pytester']": "the tests use pytest_plugins",
    "from solution import pytest_runtest_call": "the tests use pytest_runtest_call",
    "import pytest\nfrom solution import f\n@pytest.mark.parametrize('x', [1], indirect=True)\ndef test_a(x): f()": (
        "the tests use the fixture x"
    ),
    "from unittest import mock\nfrom solution import f\nmock.patch('solution.f')": "the tests use unittest.mock",
    "from unittest.mock import patch\nfrom solution import f\n@patch('solution.f')\ndef test_a(): f()": (
        "the tests use unittest.mock"
    ),
    "import unittest.mock\nfrom solution import f\nunittest.mock.patch('x')": "the tests use unittest.mock",
    "import pytest\nfrom solution import f\ndef test_a():\n  with pytest.warns(UserWarning): f()": (
        "the tests use pytest.warns"
    ),
    "from solution import f\nclass T:\n  def test_a(self): self.assertWarns(UserWarning, f)": (
        "the tests use assertWarns"
    ),
    "from solution import f\nclass T:\n  def test_a(self):\n    self.assertLogs()": "the tests use assertLogs",
    "import pandas\nfrom solution import f\nassert f() == pandas.read_csv('a')": "the tests use pandas.read_csv",
    "import os\nfrom solution import f\nassert os.path.exists(f())": "the tests use os",
    "import sys, io\nfrom solution import f\nsys.stdout = io.StringIO()": "the tests use io",
    "import sys\nfrom solution import f\nf(sys.stdout)": "the tests use sys.stdout",
    "import time\nfrom solution import f\nassert time.time()": "the tests use time.time",
    "import asyncio\nfrom solution import f\nassert asyncio.run(f())": "the tests use asyncio",
    "import requests\nfrom solution import f": "the tests use requests",
    "import contextlib\nfrom solution import f\ncontextlib.redirect_stdout(f)": (
        "the tests use contextlib.redirect_stdout"
    ),
    "from solution import f\nassert open(f())": "the tests use open",
    "from solution import f\nassert eval('f()')": "the tests use eval",
    "from solution import f\nassert id(f()) == 1": "the tests use id",
    "from solution import f\nassert f().__dict__ == {}": "the tests use __dict__",
    "from solution import f\nassert getattr(f(), '__dict__') == {}": "the tests use __dict__",
    "from solution import f\nassert __file__": "the tests use __file__",
    "import solution\nsolution.LIMIT = 3": "the tests change solution.LIMIT",
    "import pkg.core as c\nc.LIMIT += 3": "the tests change c.LIMIT",
    "from solution import Stack, f\nStack.size = f()": "the tests change Stack.size",
    "from solution import f\nf.size = 3": "the tests change f.size",
    "from solution import Stack\nStack.Part.size = 3": "the tests change Stack.Part.size",
    "import pathlib\nfrom solution import f\nROOT = pathlib.Path(__file__)\nf(ROOT)": "the tests use pathlib.Path",
    "from solution import Stack\nsetattr(Stack, 'size', 3)": "the tests use setattr",
    "from solution import f\na = f()\ndel a": "the tests delete names",
    **dict.fromkeys(
        (
            "from solution import f\na = (1,)\nassert f(a) is a",
            "from solution import f\na = []\na = f(a)\nassert f(a) is a",
            "from solution import f\ndef test_a(a=1): assert f(a) is a\na = []",
            "from solution import f\ndef test_a(a=1):\n  b = []\n  for b in f(a): assert b is a",
            "from solution import LIMIT, f\nassert f() is LIMIT",
            "from solution import Color, f\nassert f() is Color.Red",
        ),
        "the tests ask whether two objects are the same",
    ),
    "from solution import f\nclass T:\n  def test_a(self): self.assertIs(f(), f())": (
        "the tests ask whether two objects are the same"
    ),
    "from solution import f\nasync def test_a(): assert await f()": "the tests are asynchronous",
    "from solution import Shape\nclass Square(Shape): pass": "the tests derive Square from a class of the solution",
    "import solution\nclass A(metaclass=solution.M): pass": "the tests derive A from a class of the solution",
    "import doctest, solution\ndoctest.testmod(solution)": "the tests use doctest",
    "from typing import Generator\nfrom solution import f\nassert isinstance(f(), Generator)": (
        "the tests ask whether something is a Generator"
    ),
    "import numbers\nfrom solution import f\nassert isinstance(f(), numbers.Number)": (
        "the tests ask whether something is a numbers.Number"
    ),
    "from solution import f\nassert f().__doc__ == ''": "the tests use __doc__",
    "from dataclasses import asdict\nfrom solution import f\nassert asdict(f())": "the tests use dataclasses.asdict",
    "from ..core import f\nassert f()": "the tests import the solution by a relative path",
    "import pytest\nfrom solution import f\n@pytest.mark.asyncio\ndef test_a(): f()": "the tests use the mark asyncio",
    "from solution import A\nmatch A():\n  case A(x): pass": "the tests match patterns of classes",
    "def test_a(:": "test_it.py cannot be read as Python",
}


@pytest.mark.parametrize("name", APART)
def test_ordinary_tests_are_judged_apart(name: str) -> None:
    assert why(APART[name]) is None


@pytest.mark.parametrize("text", TOGETHER)
def test_what_reaches_beyond_values_is_judged_together_and_said(text: str) -> None:
    assert why(text) == TOGETHER[text]


def test_support_modules_of_the_tests_obey_the_same_rules() -> None:
    text = "from support import ONE\nfrom .support import TWO\nfrom tests.support import ONE as SAME\n"
    assert why(text, "tests/test_it.py", tests__support="from solution import f\nONE = TWO = f(1)\n") is None
    assert why(text, "tests/test_it.py", tests__support="import os\nONE = os.sep\n") == "the tests use os"
    assert why("import solution", "tests/test_it.py", tests__conftest="") is None
    hook = "def pytest_runtest_setup(item): pass\n"
    assert why("import solution", "tests/test_it.py", tests__conftest=hook) == "the tests use pytest_runtest_setup"


def test_a_fixture_is_known_where_pytest_finds_it() -> None:
    uses = "def test_it(cache): assert cache == 1\n"
    fixture = "import pytest\nfrom solution import f\n@pytest.fixture\ndef cache(): return f()\n"
    unknown = "the tests use the fixture cache"
    assert why(uses, "tests/test_it.py", tests__conftest=fixture) is None
    assert why(uses, "tests/deep/test_it.py", conftest=fixture) is None
    assert why(fixture + uses, "tests/test_it.py") is None
    assert why("import solution\n" + uses, "tests/test_it.py", other__conftest=fixture) == unknown
    assert why("from .support import cache\n" + uses, "tests/test_it.py", tests__support=fixture) is None
    assert why("from . import support\n" + uses, "tests/test_it.py", tests__support=fixture) == unknown


def test_chance_is_apart_where_the_solution_has_none() -> None:
    for text, said in (
        ("import random\nfrom solution import f\nassert f() == random.random()", "the tests use random"),
        ("from random import Random\nfrom solution import f\nassert f() == Random(1).random()", "the tests use random"),
        ("import numpy as np\nfrom solution import f\nassert f() == np.random.rand()", "the tests use numpy.random"),
        ("from numpy.random import rand\nfrom solution import f\nassert f() == rand()", "the tests use numpy.random"),
    ):
        tests = [CodeFile(path="test_it.py", text=text)]
        assert why_together(SOLUTION, tests, ["test_it.py"]) is None
        drawing = (CodeFile(path="solution.py", text="from random import choice"),)
        assert why_together(drawing, tests, ["test_it.py"]) == said


def test_kinds_are_not_asked_for_where_the_solution_makes_rules_for_them() -> None:
    tests = [CodeFile(path="test_it.py", text="from typing import Iterable\nimport solution\nisinstance(1, Iterable)")]
    assert why_together(SOLUTION, tests, ["test_it.py"]) is None
    solution = (CodeFile(path="solution.py", text="Sequence.register(Mine)"),)
    assert why_together(solution, tests, ["test_it.py"]) == "the tests ask whether something is a Iterable"


def test_every_file_that_is_run_must_have_to_do_with_the_solution() -> None:
    tests = [CodeFile(path="test_a.py", text="import solution"), CodeFile(path="test_b.py", text="def f(): pass")]
    assert why_together(SOLUTION, tests, ["test_a.py"]) is None
    assert why_together(SOLUTION, tests, ["test_a.py", "test_b.py"]) == "the tests do not import the solution"


def test_data_files_shared_names_and_names_of_python_are_judged_together() -> None:
    tests = [CodeFile(path="pkg/tests/test_a.py", text="from pkg.core import f")]
    assert why_together(SOLUTION, tests, ["pkg/tests/test_a.py"]) == "solution and tests share the name pkg"
    tests = [CodeFile(path="test_a.py", text="import queue"), CodeFile(path="data.csv", text="1")]
    assert why_together(SOLUTION, tests, ["test_a.py"]) == "the tests bring the file data.csv"
    solution = (*SOLUTION, CodeFile(path="tests/__init__.py", text='"""Tests."""\n# none\n'))
    tests = [CodeFile(path="tests/test_a.py", text="from pkg.core import f"), CodeFile(path="data.csv", text="1")]
    assert why_together(solution, tests[:1], ["tests/test_a.py"]) is None
    helper = (*solution, CodeFile(path="tests/helper.py", text=""))
    assert why_together(helper, tests[:1], ["tests/test_a.py"]) == "solution and tests share the name tests"
    for name in ("queue", "pytest", "numpy"):
        solution = [CodeFile(path=f"{name}.py", text="")]
        said = why_together(solution, tests[:1], ["test_a.py"])
        assert said == f"the solution has a module with the name of another, {name}"
    assert why_together(SOLUTION, tests[:1], []) == "there is no test file to run"


def test_modules_are_what_can_be_imported_from_the_folder() -> None:
    paths = [
        "a.py",
        "pkg/__init__.py",
        "pkg/x.py",
        "space/deep/y.py",
        "data/x.json",
        "no-name.py",
        "conftest.py",
        "b.txt",
    ]
    assert modules_of([CodeFile(path=path, text="") for path in paths]) == ["a", "pkg", "space"]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_judged_together(text: str) -> None:
    assert why(text) is not None
