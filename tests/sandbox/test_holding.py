"""Held suites: the tests record what they compare, the text says no expectation, and the host compares as they did."""

import ast
import math
import unittest
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.records import CodeFile
from synth.sandbox.canaries import plan_rounds
from synth.sandbox.holding import Expectation, Held, hold
from tests.sandbox import altered
from tests.sandbox.altered import HONEST, VALUES, written
from tests.sandbox.test_canaries import HOSTILE, plan_for

PATH = "test_it.py"


def held(text: str) -> Held:
    """One file, held."""
    return hold([written(text)], [PATH])


def line(statement: str) -> str:
    """A statement of a test, held."""
    return held(f"import pytest\ndef test_a(self):\n    {statement}\n").tests[0].text.splitlines()[2].strip()


def recorded(text: str) -> dict[int, list[object]]:
    """What a held file records with an honest solution, as functions, test cases, or a program."""
    found: dict[int, list[object]] = {}

    def record(number: int, value: object) -> bool:
        found.setdefault(number, []).append(value)
        return True

    main = "unittest.main" not in text
    names: dict[str, object] = {"_held_": record, "__name__": "__main__" if main else "tried"}
    exec(compile(text.replace("from solution", f"from {altered.__name__}"), PATH, "exec", dont_inherit=True), names)
    for name, thing in names.items():
        if isinstance(thing, type) and issubclass(thing, unittest.TestCase):
            result = unittest.TestResult()
            unittest.defaultTestLoader.loadTestsFromTestCase(thing).run(result)
            assert not result.failures + result.errors
        elif name.startswith("test") and isinstance(thing, Callable) and not hasattr(thing, "pytestmark"):
            thing()
    return found


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_run_records_what_is_expected(name: str) -> None:
    suite = held(HONEST[name])
    for number, values in recorded(suite.tests[0].text).items():
        expected = suite.expected[number]
        assert all(map(expected.meets, values))
        assert not expected.certain or len(values) >= expected.times


@pytest.mark.parametrize("name", HONEST)
def test_what_was_recorded_needs_no_round(name: str) -> None:
    suite = held(HONEST[name])
    proven = frozenset(recorded(suite.tests[0].text))
    plan = plan_rounds([written(HONEST[name])], [PATH], altered.chance(), proven)
    before = plan_for(HONEST[name])
    assert bool(plan.settled) == bool(suite.expected)
    assert not plan.settled & plan.alterable
    assert plan.bare <= before.bare
    assert plan.alterable | plan.settled | plan.bare == before.alterable | before.bare


@given(VALUES)
def test_any_literal_leaves_the_text(value: object) -> None:
    suite = held(f"def test_a():\n    assert f('x') == {value!r}\n")
    assert suite.tests[0].text == "def test_a():\n    assert _held_(0, (f('x')))\n"
    assert suite.expected[0].value == value
    assert suite.expected[0].meets(value)
    assert not suite.expected[0].meets([value])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("assert f(1)==2", "assert _held_(0, (f(1)))"),
        ("assert 2 == f(1)", "assert _held_(0, (f(1)))"),
        ("assert(f(1) == 2)", "assert(_held_(0, (f(1))))"),
        ("assert(f(1)) == 2", "assert _held_(0, (f(1)))"),
        ("assert f(1) == 2, f'not {2}'", 'assert _held_(0, (f(1))), ("")'),
        ("assert (n := f(1)) == 2", "assert _held_(0, (n := f(1)))"),
        ("assert (yield 1) == 2", "assert _held_(0, (yield 1))"),
        ("assert 'ä' + f('ö') == -2 ", "assert _held_(0, ('ä' + f('ö')))"),
        ("assert f(1) is True", "assert _held_(0, (f(1)))"),
        ("assert None is f(1)", "assert _held_(0, (f(1)))"),
        ("assert f(1) == set()", "assert _held_(0, (f(1)))"),
        ("assert f(1) == 2 and g()and 3== h(), 'm'", "assert _held_(0, (f(1))) and g()and _held_(2, (h())), 'm'"),
        ("assert f(1) == 2and g() == 3, 'm'", 'assert _held_(0, (f(1)))and _held_(1, (g())), ("")'),
        ("if f(0): assert f(1) == 2", "if f(0): assert _held_(0, (f(1)))"),
        ("assert f(1) == pytest.approx(2, rel=0.1)", "assert _held_(0, (f(1)))"),
        ("assert pytest.approx([1, -2.5], abs=1) == f(1)", "assert _held_(0, (f(1)))"),
        ("self.assertEqual( (f(1)), 2 )", "self.assertTrue(_held_(0, (f(1))))"),
        ("self.assertEqual(2, f(1), 'two')", "self.assertTrue(_held_(0, (f(1))))"),
        ("self.assertEquals(f(1), 2, msg='two')", "self.assertTrue(_held_(0, (f(1))))"),
        ("self.assertDictEqual(f(1), {'a': 2})", "self.assertTrue(_held_(0, (f(1))))"),
        ("self.assertIs(f(1), False)", "self.assertTrue(_held_(0, (f(1))))"),
        ("self.assertIsNone(f(1))", "self.assertTrue(_held_(0, (f(1))))"),
        ("self.assertAlmostEqual(f(1), 0.5, places=3)", "self.assertTrue(_held_(0, (f(1))))"),
        ("self.assertAlmostEqual(f(1), 0.5, delta=3)", "self.assertTrue(_held_(0, (f(1))))"),
    ],
)
def test_what_compares_with_a_literal_records_instead(before: str, after: str) -> None:
    assert line(before) == after


@pytest.mark.parametrize(
    "statement",
    [
        "assert f(1) == g(1)",
        "assert f(1) == n",
        "assert f(1) == [1, n]",
        "assert f(1) == f'{n}'",
        "assert f(1) != 2",
        "assert f(1) is 2",
        "assert f(1) == 2 == 2",
        "assert not f(1) == 2",
        "assert f(1) == 2 or g()",
        "assert f(1) == approx(2)",
        "assert pytest.approx(f(1)) == 2",
        "assert f(1) == pytest.approx(2, nan_ok=True)",
        "assert f(1) == pytest.approx(2, rel=n)",
        "assert f(1) == pytest.approx('2')",
        "self.assertTrue(f(1))",
        "self.assertListEqual(f(1), (1,))",
        "self.assertCountEqual(f(1), [1])",
        "self.assertAlmostEqual(f(1), 0.5, places=n)",
        "self.assertEqual(*f(1), 2)",
        "other.assertEqual(f(1), 2)",
        "x = f(1) == 2",
        "x = '''assert f(1) == 2'''",
        "_held_ = 1; assert f(1) == 2",
    ],
)
def test_other_statements_stay_as_they_are(statement: str) -> None:
    assert line(statement) == statement


@pytest.mark.parametrize(
    "body",
    [
        "try:\n        assert f() == 1\n    except AssertionError:\n        g()",
        "try:\n        assert f() == 1\n    except (KeyError, Exception):\n        g()",
        "try:\n        assert f() == 1\n    except:\n        g()",
        "with pytest.raises(AssertionError):\n        assert f() == 1",
        "with contextlib.suppress(Exception):\n        assert f() == 1",
    ],
)
def test_an_assertion_that_may_fail_unpunished_is_not_held(body: str) -> None:
    text = f"import contextlib\nimport pytest\ndef test_a():\n    {body}\n"
    assert held(text).tests == (written(text),)


def test_every_line_stays_where_it_was() -> None:
    text = """\
        \ufeff# größe
        import unittest
        def test_a():
            assert (  # why
                f(1,  # inner
                  2)
                # more
                == [
                    1,
                ]
            ), '''two
            lines'''
            assert '''
            x''' == \\
                f(3)
            return
        class A(unittest.TestCase):
            def test_b(self):
                self.assertEqual(
                    [1,
                     2],
                    f(4),
                    'message'
                )
        """.replace("        \ufeff", "\ufeff").replace("\n        ", "\n")
    for end in ("\n", "\r\n"):
        before = text.replace("\n", end)
        after = hold([CodeFile(path=PATH, text=before)], [PATH]).tests[0].text
        assert ast.parse(after.removeprefix("\ufeff"))
        olds, news = before.split(end), after.split(end)
        assert len(olds) == len(news)
        for part in ("# größe", "f(1,", "  2)", "f(3)", "return", "f(4)", "def test_b"):
            assert [part in old for old in olds] == [part in new for new in news]
        assert after.replace("\r\n", "\n").count("\n") == before.replace("\r\n", "\n").count("\n")


def test_an_expectation_names_its_tests_and_how_often_they_come_to_it() -> None:
    suite = held(
        """\
        import unittest
        class Base(unittest.TestCase):
            def test_a(self):
                self.assertEqual(f(), 1)
                if f():
                    self.assertEqual(f(), 2)
        class Derived(Base): pass
        def check(n):
            assert n == 3
        def test_b():
            for n in [1, 2, 3]:
                for m in range(2):
                    assert f(n) == 4
            check(1)
        @retry
        def test_c():
            assert f() == 5
        """
    )
    said = {one.value: (sorted(one.ids), one.certain, one.times) for one in suite.expected.values()}
    pair = [f"{PATH}::Base::test_a", f"{PATH}::Derived::test_a"]
    assert said == {
        1: (pair, True, 1),
        2: (pair, False, 1),
        3: ([f"{PATH}::test_b"], False, 1),
        4: ([f"{PATH}::test_b"], True, 6),
        5: ([f"{PATH}::test_c"], False, 1),
    }


def only(statement: str) -> Expectation:
    """What a statement expects."""
    return next(iter(held(f"import pytest\ndef test_a(self):\n    {statement}\n").expected.values()))


@pytest.mark.parametrize(
    ("statement", "good", "bad"),
    [
        ("assert f() == 1", [1, 1.0, True, Decimal(1), Fraction(1), 1 + 0j], [2, "1", None, [1], math.nan]),
        ("assert f() == [1, 2]", [[1, 2], [True, 2.0]], [(1, 2), [1, 2, 3], [2, 1], "12"]),
        ("assert f() == {1, 2}", [{2, 1}, frozenset({1, 2})], [{1}, [1, 2]]),
        ("assert f() is True", [True], [1, 1.0, False, None]),
        ("assert f() == True", [True, 1], [False, "x"]),
        ("assert f() is None", [None], [False, 0, ""]),
        ("assert f() == pytest.approx(100, abs=5)", [100, 103, 95.0, Decimal(101)], [106, "100", None, math.nan]),
        ("assert f() == pytest.approx([1, 2])", [[1, 2], (1, 2.000001)], [[1], [1, 2.1], 1, {1: 2}]),
        ("assert f() == pytest.approx({'a': 1})", [{"a": 1.0000001}], [{"b": 1}, {"a": 2}, [1]]),
        ("assert f() == pytest.approx(1e999)", [math.inf], [1e308, -math.inf]),
        ("self.assertAlmostEqual(f(), 0.5, 0)", [0.5, 0.9], [1.6, "0.5", None]),
        ("self.assertAlmostEqual(f(), 5, delta=2)", [5, 7, 3.0], [7.5, 2]),
    ],
)
def test_a_value_meets_what_the_assertion_would_hold_of(statement: str, good: list[object], bad: list[object]) -> None:
    expected = only(statement)
    assert [value for value in good if not expected.meets(value)] == []
    assert [value for value in bad if expected.meets(value)] == []


NUMBERS = st.integers(-(10**6), 10**6) | st.floats(-1e6, 1e6) | st.floats(-1e-6, 1e-6)


@given(NUMBERS, NUMBERS, st.sampled_from(["", ", rel=0.1", ", abs=10", ", rel=1e-9, abs=1", ", 0.5, 3"]))
def test_near_is_what_pytest_calls_near(value: float, other: float, tolerance: str) -> None:
    expected = only(f"assert f() == pytest.approx({value!r}{tolerance})")
    for near in (other, value, value * 1.1, value + 10, value * (1 + 1e-6)):
        assert expected.meets(near) == (near == eval(f"pytest.approx({value!r}{tolerance})"))


def test_strange_values_meet_nothing_and_raise_nothing() -> None:
    class Odd:
        def __eq__(self, other: object) -> bool:
            raise MemoryError

        __hash__ = None  # type: ignore[assignment]

    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    for statement in ("assert f() == 1", "assert f() is None", "assert f() == pytest.approx([1])"):
        assert not any(map(only(statement).meets, [Odd(), deep, [Odd()], 10**400]))


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_stays_or_is_held(text: str) -> None:
    file = CodeFile.model_construct(path="test_a.py", text=text)
    suite = hold([file], ["test_a.py", "missing.py"])
    assert len(suite.tests) == 1
    assert suite.expected or suite.tests[0].text == text
