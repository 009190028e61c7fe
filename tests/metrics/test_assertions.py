"""Whether corrected tests ask for less: every way to weaken a test that can be told from its text."""

import pytest

from synth.metrics.assertions import why_weaker
from synth.records import CodeFile

BEFORE = """
import unittest

import pytest
from cart import total


def check(value):
    assert value > 0


@pytest.mark.parametrize(("given", "expected"), [([1], 1), ([2], 2), ([], 0)])
def test_rows(given, expected):
    assert total(given) == expected


def test_two():
    check(total([1]))
    assert total([1, 2]) == 4
    assert total([3]) > 0


def test_raises():
    with pytest.raises(TypeError):
        total(None)


class TotalTest(unittest.TestCase):
    def test_it(self):
        self.assertEqual(total([5]), 5)
"""
FIXED = BEFORE.replace("== 4", "== 3")


def weaker(after: str, dropped: dict[str, str] | None = None, before: str = BEFORE) -> str | None:
    old, new = (CodeFile(path="test_cart.py", text=text) for text in (before, after))
    return why_weaker([old], [new], dropped or {})


def test_a_corrected_value_is_not_weaker() -> None:
    assert weaker(FIXED) is None


def test_more_tests_and_assertions_are_not_weaker() -> None:
    more = FIXED.replace("    assert total([3]) > 0\n", "    assert total([3]) > 0\n    assert total([3]) == 3\n")
    assert weaker(more + "\n\ndef test_more():\n    assert total([9]) == 9\n") is None


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("    assert total([3]) > 0\n", "", "has 1 assertions and had 2"),
        ("assert total([1, 2]) == 4", "assert total([1, 2])", "compares exactly in 0 places and did in 1"),
        ("assert total([1, 2]) == 4", "assert total([1, 2]) != 4", "compares exactly"),
        ("assert total([1, 2]) == 4", "assert True", "has 1 assertions"),
        ("assert total([1, 2]) == 4", "assert total([1, 2]) == total([1, 2])", "has 1 assertions"),
        ("assert total([1, 2]) == 4", "assert total([1, 2]) == 4 or 1 == 1", "has 1 assertions"),
        ("def test_two", "def two", "the test `test_cart.py::test_two` is gone"),
        ("def test_it", "def it", "the test `test_cart.py::TotalTest::test_it` is gone"),
        ("self.assertEqual(total([5]), 5)", "self.assertTrue(True)", "has 0 assertions"),
        ("([2], 2), ", "", "has 2 assertions and had 3"),
        ("    assert value > 0", "    pass", "outside of tests"),
        ("def test_two():\n", "def test_two():\n    return\n", "return early"),
        ("def test_two():\n", "@pytest.mark.skip\ndef test_two():\n", "may be skipped"),
        ("def test_two():\n", "@pytest.mark.xfail(strict=False)\ndef test_two():\n", "may be skipped"),
        ("def test_two():\n", "def test_two():\n    pytest.skip('no')\n", "may be skipped"),
        ("class TotalTest", "@unittest.skip('no')\nclass TotalTest", "may be skipped"),
        ("import unittest\n", "import unittest\nfrom pytest import skip as s\n", "may be skipped"),
        ("pytest.raises(TypeError)", "pytest.raises(Exception)", "compares exactly"),
        (
            "        total(None)",
            "        try:\n            total(None)\n        except KeyError:\n            raise",
            "catch",
        ),
        ("def test_two():", "def test_two(:", "is no Python"),
    ],
)
def test_each_way_to_ask_for_less_is_named(old: str, new: str, said: str) -> None:
    assert old in BEFORE
    found = weaker(BEFORE.replace(old, new, 1))
    assert found is not None
    assert said in found


def test_a_test_that_is_dropped_with_a_reason_may_go_but_not_half_of_them() -> None:
    gone = BEFORE[: BEFORE.index("def test_raises")] + BEFORE[BEFORE.index("class TotalTest") :]
    assert weaker(gone, {"test_cart.py::test_raises": "the task says nothing of it"}) is None
    all_but_one = {f"test_cart.py::{name}": "why not" for name in ("test_rows", "test_two", "test_raises")}
    assert "at least half must stay" in (weaker(FIXED, all_but_one) or "")
    assert "there is no test `test_cart.py::test_none`" in (weaker(FIXED, {"test_cart.py::test_none": "x"}) or "")


def test_a_later_test_of_the_same_name_takes_the_place_of_the_first() -> None:
    assert "has 0 assertions" in (weaker(FIXED + "\n\ndef test_two():\n    pass\n") or "")


@pytest.mark.parametrize("text", ["def (", "x = '\0'", "(" * 5000, "-" * 100_000 + "1"])
def test_a_file_that_could_not_be_read_had_no_tests_and_may_be_mended(text: str) -> None:
    assert weaker(FIXED, before=text) is None
    assert "is no Python" in (weaker(text) or "")


def test_files_that_are_no_python_do_not_count() -> None:
    data = CodeFile(path="tests/data.json", text="{")
    assert why_weaker([data], [data.model_copy(update={"text": "{}"})], {}) is None
