"""Test files that an honest solution passes, of every form that is looked for in them; and a way to run them."""

import random
import subprocess
import sys
import textwrap
from pathlib import Path
from xml.etree import ElementTree

from hypothesis import strategies as st

from synth.records import CodeFile

HONEST = {
    "literals": """\
        import pytest
        from decimal import Decimal
        from solution import same
        def test_int(): assert same(5) == 5
        def test_left():
            assert -3 == same(-3), "message"
        def test_float():
            assert same(2.5e-3) == 2.5e-3
        def test_text():
            assert same("größe\\n x") == "größe\\n x"
        def test_empty():
            assert same("") == ""
        def test_list():
            assert same([1, [2, "b"], {"k": (None, True)}]) == [
                1,  # a comment
                [2, "b"],
                {"k": (None, True)},
            ]
        def test_no_elements():
            assert same([]) == []
            assert same(()) == ()
            assert same({}) == {}
        def test_set():
            assert same({1, 2}) == {1, 2, 2}
        def test_names_in_it():
            a = same(1)
            assert same([a, a]) == [a, a]
        def test_dict():
            assert same({"a": 1, 2: [3]}) == {"a": 1, 2: [3]}
        def test_bool(): assert same(True) is True
        def test_equal_bool(): assert same(False) == False
        def test_none(): assert same(None) is None
        def test_equal_none(): assert same(None) == None
        def test_bytes(): assert same(b"ab") == b"ab"
        def test_hex(): assert same(0xff) == 0xff
        def test_big(): assert same(10 ** 20) == 100_000_000_000_000_000_000
        def test_complex(): assert same(1 + 2j) == 1 + 2j
        def test_decimal(): assert same(Decimal("1.10")) == Decimal("1.10")
        def test_formatted():
            b = 2
            assert same("a2") == f"a{b}"
        def test_approx():
            assert same(0.3) == pytest.approx(0.3)
        def test_wide_approx():
            assert pytest.approx(100, abs=5) == same(103)
        def test_wider_approx():
            assert same(100) == pytest.approx(90, rel=0.6)
        def test_approx_list():
            assert same([0.1, 20]) == pytest.approx([0.1, 20])
        def test_approx_dict():
            assert same({"a": 0.1}) == pytest.approx({"a": 0.1})
        def test_approx_left():
            assert pytest.approx(same(7.0)) == 7.0
        """,
    "conditions": """\
        from solution import same
        def test_truth(): assert same(3)
        def test_close(): assert(same(3))
        def test_call(): assert[same(3)][0]
        def test_not(): assert not same(0)
        def test_not_close(): assert not(same(0))
        def test_less(): assert same(3)<4
        def test_more(): assert same(3) >= 3
        def test_in(): assert "a"in same("abc")
        def test_not_in(): assert ("x") not  in (same("abc"))
        def test_is_not(): assert same(3) is not None
        def test_unequal(): assert same(3) != 4
        def test_chain(): assert 1 < same(3) < 5
        def test_or(): assert same(0) or same(1)
        def test_and(): assert (same(2) and
            same(1))
        def test_choice(): assert True if same(1) else False
        def test_lines():
            assert (
                same(1)  # == not here
                ==  # nor here
                same(1)
            )
        def test_all(): assert all(same(n) == n for n in range(3))
        """,
    "flow": """\
        import contextlib
        import pytest
        from solution import same, Refused, refuse
        def test_loop():
            for n in [1, 2]:
                assert same(n) == n
        def test_range():
            for n in range(3):
                assert same(n) == n
        def test_no_round():
            for n in same([]):
                assert n == 1
        def test_break():
            for n in [1, 2]:
                if n == 1:
                    break
                assert n == 1
        def test_nothing(): pass
        def test_words():
            '''Only words.'''
        def test_words_and_more():
            '''Words.'''
            if same(1):
                same(2)
        def test_early():
            if same(True):
                return
            assert same(1) == 2
        def test_after():
            assert same(1) == 1
            if same(True):
                return
            assert same(1) == 2
        def test_swallowed():
            with contextlib.suppress(AssertionError):
                assert same(1) == 2
        def test_tried():
            try:
                assert same(1) == 2
            except AssertionError:
                pass
        def test_helper():
            check(3)
        def check(n):
            assert same(n) == n
        def test_raises():
            with pytest.raises(ValueError):
                refuse(ValueError)
        def test_raises_match():
            with pytest.raises((KeyError, IndexError), match="no"):
                refuse(KeyError)
        def test_raises_own():
            with pytest.raises(Refused) as seen:
                refuse(Refused)
            assert "no" in str(seen.value)
        def test_raises_own_only():
            pytest.raises(Refused, refuse, Refused)
        def test_raises_any():
            with pytest.raises(Exception):
                refuse(ValueError)
        def test_variable():
            expected = [1, 2]
            result = same([1, 2])
            assert result == expected
        def test_used_twice():
            expected = 2
            assert same(expected) == expected
        def test_set_twice():
            expected = 2
            expected = 3
            assert same(3) == expected
        def test_table():
            for given, expected in [(1, 1), (2, 2)]:
                assert same(given) == expected
        def test_inner():
            def inner():
                return 3
            assert same(inner()) == 3
            class Local:
                x = 1
        @pytest.mark.parametrize(("given", "expected"), [(1, 1), ("b", "b")])
        def test_rows(given, expected):
            assert same(given) == expected
        CASES = [(1, 1), (2, 2)]
        @pytest.mark.parametrize("given,expected", CASES, ids=["a", "b"])
        def test_named_rows(given, expected):
            assert same(given) == expected
        async def helper():
            return 1
        """,
    "unittests": """\
        import unittest
        from solution import same, refuse
        class Shared(unittest.TestCase):
            def setUp(self):
                self.one = same(1)
            def test_equal(self):
                self.assertEqual(self.one, 1)
            def test_list(self):
                self.assertListEqual(same([1]), [1], "message")
            def test_count(self):
                self.assertCountEqual(same([2, 1]), [1, 2])
            def test_almost(self):
                self.assertAlmostEqual(same(0.3333), 0.333, places=3)
            def test_delta(self):
                self.assertAlmostEqual(same(103), 100, delta=10)
            def test_almost_names(self):
                a = same(1)
                self.assertAlmostEqual(a, a)
            def test_true(self): self.assertTrue(same(1))
            def test_false(self): self.assertFalse(same(0))
            def test_in(self): self.assertIn(1, same([1]))
            def test_none(self): self.assertIsNone(same(None))
            def test_more(self): self.assertGreater(same(2), 1)
            def test_kind(self): self.assertIsInstance(same(2), int)
            def test_unequal(self): self.assertNotEqual(same(2), 1)
            def test_raises(self):
                with self.assertRaises(ValueError):
                    refuse(ValueError)
            def test_raises_call(self):
                self.assertRaises(KeyError, refuse, KeyError)
            def test_regex(self):
                with self.assertRaisesRegex(ValueError, "no"):
                    refuse(ValueError)
            def test_parts(self):
                for n in range(2):
                    with self.subTest(n=n):
                        self.assertEqual(same(n), n)
            @unittest.skip("later")
            def test_skipped(self): self.fail()
            @unittest.expectedFailure
            def test_expected(self): self.fail()
        class Derived(Shared):
            def test_true(self): self.assertTrue(same(2))
        class Waiting(unittest.IsolatedAsyncioTestCase):
            async def test_wait(self):
                self.assertEqual(same(2), 2)
        class TestPlain:
            def test_a(self): assert same(1) == 1
            class TestInner:
                def test_b(self): assert same(1) == 1
        class TestNot:
            def __init__(self): self.x = 1
            def test_never(self): assert False
        class Mixin:
            def test_mixed(self): assert same(1) == 1
        class TestMixed(Mixin):
            pass
        if __name__ == "__main__":
            unittest.main()
        """,
    "script": """\
        from __future__ import annotations
        from solution import same
        assert same(1) == 1
        if __name__ == "__main__":
            assert same(2) == 2
            print("done")
        """,
}
BARE = {
    "flow": {"round", "break", "nothing", "words", "more", "early", "after", "swallowed", "tried", "helper"},
}
"""By how their names end, the tests that have assertions which no round alters, or none."""
SOLUTION = """\
class Refused(ValueError):
    pass
def same(value):
    return value
def refuse(kind):
    raise kind("no")
"""


def written(text: str, path: str = "test_it.py") -> CodeFile:
    """A test file."""
    return CodeFile(path=path, text=textwrap.dedent(text))


def outcomes(folder: Path, rounds: list[tuple[CodeFile, ...]]) -> list[dict[str, str]]:
    """Run each round with an honest solution under pytest; outcomes by id without parameters, the worst of them."""
    for number, tests in enumerate(rounds):
        for file in tests:
            path = folder / f"r{number}" / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.text.encode())
    (folder / "solution.py").write_text(SOLUTION)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "/dev/null", "--rootdir", "."]
    command += ["--import-mode=importlib", "--junitxml=report.xml", "-o", "junit_family=xunit1", "."]
    subprocess.run(command, cwd=folder, env={"PYTHONPATH": "."}, capture_output=True, check=False)
    found: list[dict[str, str]] = [{} for _ in rounds]
    for case in ElementTree.parse(folder / "report.xml").iter("testcase"):
        file, line = case.attrib["file"], case.attrib["classname"].split(".")
        number, path = file.split("/", 1)
        classes = line[len(file.split("/")) :]
        id_ = "::".join([path, *classes, case.attrib["name"].partition("[")[0]])
        bad = {child.tag for child in case} & {"failure", "error", "skipped"}
        outcome = "skipped" if bad == {"skipped"} else "failed" if bad else "passed"
        if found[int(number[1:])].get(id_) != "failed":
            found[int(number[1:])][id_] = outcome
    return found


def run_script(text: str) -> bool:
    """Whether a script comes to its end."""
    names = {"__name__": "__main__"}
    text = text.replace("from solution import", "from tests.sandbox.altered import")
    try:
        exec(compile(text, "script", "exec", dont_inherit=True), names)
    except AssertionError:
        return False
    return True


def same(value: object) -> object:
    """What honest solutions do here."""
    return value


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner)
        | st.tuples(inner, inner)
        | st.dictionaries(st.integers() | st.text(), inner, max_size=3)
        | st.sets(st.integers() | st.text(), min_size=1, max_size=3)
    ),
    max_leaves=6,
)


def chance() -> random.Random:
    """Chance that is the same each time."""
    return random.Random(0)


class Refused(ValueError):
    """As in `SOLUTION`."""


def refuse(kind: type[BaseException]) -> None:
    """As in `SOLUTION`."""
    raise kind("no")
