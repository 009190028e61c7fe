"""Honest programs get an honest verdict."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from synth.records import TestCounts
from synth.sandbox.base import Sandbox
from tests.sandbox.programs import HONEST, LAYOUTS
from tests.sandboxed import run

pytestmark = pytest.mark.sandbox

CALC = {"calc.py": "def add(a, b):\n    return a + b\n"}


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_program_passes(sandbox: Sandbox, name: str) -> None:
    result = run(sandbox, HONEST[name], CALC)
    assert (result.outcome, result.failures, result.exit_code) == ("passed", (), 0), result


@pytest.mark.parametrize("name", LAYOUTS)
def test_tests_may_lie_beside_the_code_or_in_folders(sandbox: Sandbox, name: str) -> None:
    code = {
        "app/__init__.py": "from app.core import f\n",
        "app/core.py": "from app.parts import ONE\ndef f():\n    return ONE\n",
        "app/parts.py": "ONE = 1\n",
    }
    assert run(sandbox, LAYOUTS[name], code).outcome == "passed"


def test_a_wrong_program_fails_with_a_readable_message(sandbox: Sandbox) -> None:
    test = """\
        from calc import add
        def test_right():
            assert add(1, 2) == 3
        def test_wrong():
            assert add(1, 2) == 4
        """
    result = run(sandbox, test, CALC)
    assert (result.outcome, result.exit_code) == ("failed", 0)
    assert result.tests == TestCounts(collected=2, passed=1, failed=1)
    (failure,) = result.failures
    assert failure.test == "test_it.py::test_wrong"
    assert "assert 3 == 4" in failure.message
    assert "test_it.py:5" in failure.message


def test_a_wrong_script_fails_where_it_stopped(sandbox: Sandbox) -> None:
    result = run(sandbox, "from calc import add\nassert add(1, 2) == 3\nassert add(2, 2) == 5\n", CALC)
    assert (result.outcome, result.tests) == ("failed", TestCounts(collected=1, failed=1))
    assert "line 3" in result.failures[0].message
    assert "assert add(2, 2) == 5" in result.failures[0].message


def test_failed_subtests_and_teardowns_are_failures(sandbox: Sandbox) -> None:
    test = """\
        import unittest
        class Sub(unittest.TestCase):
            def test_sub(self):
                with self.subTest("x"):
                    self.assertEqual(1, 2)
            def test_good(self):
                pass
        class Torn(unittest.TestCase):
            def tearDown(self):
                raise ValueError("torn")
            def test_tear(self):
                pass
        """
    result = run(sandbox, test)
    assert (result.outcome, result.tests) == ("failed", TestCounts(collected=3, passed=1, failed=2))


@pytest.mark.parametrize(
    ("test", "said"),
    [
        ("def test_a(:\n", "SyntaxError"),
        ("import not_there\ndef test_a():\n    pass\n", "ModuleNotFoundError"),
        ("1 / 0\ndef test_a():\n    pass\n", "ZeroDivisionError"),
    ],
)
def test_a_test_file_that_cannot_be_imported_is_an_error(sandbox: Sandbox, test: str, said: str) -> None:
    result = run(sandbox, test)
    assert result.outcome == "error"
    assert said in result.failures[0].message


def test_a_message_has_a_bound_and_no_addresses(sandbox: Sandbox) -> None:
    test = """\
        def test_long():
            raise ValueError("x" * 100_000 + "the end")
        def test_object():
            assert object() is None
        """
    long, with_object = run(sandbox, test).failures
    assert len(long.message) < 2100
    assert "the end" in long.message
    assert "object at 0x...>" in with_object.message


def test_what_the_program_prints_is_kept_as_it_is(sandbox: Sandbox) -> None:
    test = """\
        import os, sys
        def test_a():
            print("größe", end="")
            os.write(2, b"\\x00\\xff")
        """
    result = run(sandbox, test)
    assert (result.outcome, result.stdout, result.stderr) == ("passed", "größe", "\0\ufffd")


def test_the_same_job_says_the_same_twice(sandbox: Sandbox) -> None:
    test = """\
        def test_a():
            print({"a", "b", "c", "d"}, hash("x"))
            assert {"a", "b", "c"} == {object()}
        """
    first, second = run(sandbox, test), run(sandbox, test)
    assert (first.failures, first.stdout) == (second.failures, second.stdout)


def test_eight_jobs_at_once_do_not_mix(sandbox: Sandbox) -> None:
    tests = [f"def test_a():\n    print({n})\n    assert {n} % 2 == 0\n" for n in range(16)]
    with ThreadPoolExecutor(8) as threads:
        results = list(threads.map(lambda test: run(sandbox, test), tests))
    assert [result.outcome for result in results] == ["passed", "failed"] * 8
    assert [result.stdout for result in results] == [f"{n}\n" for n in range(16)]


def test_the_largest_size_of_the_tests_is_told(sandbox: Sandbox) -> None:
    result = run(sandbox, "def test_a():\n    assert len(b'x' * (100 << 20)) == 100 << 20\n")
    assert result.outcome == "passed"
    assert result.peak_mb is not None
    assert 100 < result.peak_mb < 1024
