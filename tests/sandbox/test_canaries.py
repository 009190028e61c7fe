"""Altered suites: an honest run fails exactly the tests that were altered, and nothing else in the text changes."""

import random
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.records import CodeFile
from synth.sandbox.canaries import Plan, plan_rounds
from tests.sandbox.altered import BARE, HONEST, VALUES, outcomes, run_script, written


def plan_for(text: str, seed: int = 0) -> Plan:
    """The plan of one file."""
    return plan_rounds([written(text)], ["test_it.py"], random.Random(seed))


def altered_names(plan: Plan) -> set[str]:
    """Names of the tests that any round alters."""
    return {id_.partition("::")[2] for round_ in plan.rounds for id_ in round_.altered}


@pytest.mark.parametrize("name", [name for name in HONEST if name != "script"])
def test_an_honest_run_fails_exactly_what_was_altered(name: str, tmp_path: Path) -> None:
    plans = [plan_for(HONEST[name], seed) for seed in range(4)]
    rounds = [round_ for plan in plans for round_ in plan.rounds]
    for round_, seen in zip(rounds, outcomes(tmp_path, [round_.tests for round_ in rounds]), strict=True):
        failed = {id_ for id_, outcome in seen.items() if outcome == "failed"}
        passed = {id_ for id_, outcome in seen.items() if outcome == "passed"}
        assert failed == round_.altered
        assert passed == round_.kept | plans[0].bare - round_.altered
    assert {id_.rpartition("_")[2] for id_ in plans[0].bare} == BARE.get(name, set())


def test_no_round_changes_the_ids_of_tests_with_parameters(tmp_path: Path) -> None:
    text = """\
        import pytest
        @pytest.mark.parametrize(("given", "expected"), [(1, 1), ("b", [2])])
        @pytest.mark.parametrize("other", [[1], [2]])
        def test_rows(given, expected, other):
            assert given == expected or other
        @pytest.mark.parametrize("expected", [1, "a"])
        def test_scalars(expected):
            assert len([1]) == expected
        @pytest.mark.parametrize("expected", [[1], {"a": 1}])
        def test_lists(expected):
            assert len([1]) == expected
        @pytest.mark.parametrize("expected", [1, 2], ids=["x", "y"])
        def test_named(expected):
            assert len([1]) == expected
        """
    said = set()
    plan = plan_for(text)
    assert len(plan.alterable) == 4
    for number, round_ in enumerate(plan.rounds):
        path = tmp_path / f"{number}" / "test_it.py"
        path.parent.mkdir()
        path.write_text(round_.tests[0].text)
        command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", "-c", "/dev/null"]
        done = subprocess.run([*command, "--rootdir", ".", "."], cwd=path.parent, capture_output=True, text=True)
        said.add("\n".join(line for line in done.stdout.splitlines() if "::" in line))
    assert len(said) == 1
    assert said.pop().count("\n") == 9


def test_tests_that_one_definition_makes_are_altered_together() -> None:
    text = """\
        import unittest
        class Base(unittest.TestCase):
            def test_a(self): self.assertEqual(f(), 1)
        class Derived(Base):
            def test_b(self): self.assertEqual(f(), 1)
        """
    pair = frozenset({"test_it.py::Base::test_a", "test_it.py::Derived::test_a"})
    for round_ in plan_for(text).rounds:
        assert pair <= round_.altered or pair <= round_.kept


def test_a_script_is_altered_as_a_whole() -> None:
    plan = plan_for(HONEST["script"])
    assert sorted(len(round_.altered) for round_ in plan.rounds) == [0, 0, 1, 1, 1]
    for round_ in plan.rounds:
        assert round_.altered | round_.kept == {"test_it.py::script"}
        assert run_script(round_.tests[0].text) == (not round_.altered)


@given(st.integers(0, 2**32), st.integers(1, 6))
def test_every_test_is_altered_in_three_of_five_rounds_and_the_rest_stays_byte_for_byte(seed: int, count: int) -> None:
    text = "\ufeff# größe\r\n" + "".join(f"def test_{n}():\r\n    assert f('ä') == {n}\r\n" for n in range(count))
    file = CodeFile(path="t/test_a.py", text=text)
    other = CodeFile(path="t/data.txt", text="\0")
    plan = plan_rounds([file, other], ["t/test_a.py"], random.Random(seed))
    ids = {f"t/test_a.py::test_{n}" for n in range(count)}
    for round_ in plan.rounds:
        assert round_.altered | round_.kept == ids
        assert not round_.altered & round_.kept
        assert round_.tests[1] is other or round_.tests[1] == other
        for n, (new, old) in enumerate(
            zip(round_.tests[0].text[8:].split("def "), text[8:].split("def "), strict=True)
        ):
            assert (new != old) == (n > 0 and f"t/test_a.py::test_{n - 1}" in round_.altered)
    assert sorted(id_ for round_ in plan.rounds for id_ in round_.altered) == sorted([*ids] * 3)
    assert sorted(id_ for round_ in plan.rounds for id_ in round_.kept) == sorted([*ids] * 2)


@given(st.integers(0, 2**32), st.integers(1, 20), st.sets(st.integers(0, 19)))
def test_each_assertion_that_is_not_proven_is_altered_alone(seed: int, count: int, proven: set[int]) -> None:
    text = "def test_a():\n" + "".join(f"    assert f({n}) == {n}\n" for n in range(count))
    file = CodeFile(path="test_it.py", text=text)
    plan = plan_rounds([file], ["test_it.py"], random.Random(seed), proven)
    lines = text.splitlines()
    altered = set()
    for round_ in plan.rounds:
        new = [n for n, line in enumerate(round_.tests[0].text.splitlines()) if line != lines[n]]
        assert len(new) == len(round_.altered)
        altered |= {n - 1 for n in new}
    left = set(range(count)) - proven
    assert altered <= left
    assert len(altered) == min(len(left), 12)
    assert len(plan.rounds) == (max(5, min(len(left) + 2, 14)) if left else 0)
    assert plan.bare == ({"test_it.py::test_a"} if len(left) > 12 else set())
    assert plan.settled == (set() if left else {"test_it.py::test_a"})


@pytest.mark.parametrize(
    "body",
    [
        "for n in range(1, 3): HERE",
        "for n in 'ab': HERE",
        "for n, m in enumerate([(1, 2)]): HERE",
        "for n in {'a': 1}.items(): HERE",
        "for n in ROWS: HERE",
        "rows = (1, 2)\n    for n, m in zip(rows, ROWS): HERE",
        "for n in rows_of_all(): pass\n    HERE",
        "with open('x') as file: HERE",
        "with patch('x.y'), tempfile.TemporaryDirectory() as folder: HERE",
        "with tempfile.NamedTemporaryFile() as file, pytest.warns(UserWarning): HERE",
        "try: HERE\n    finally: g()",
        "for n in [1, 2]:\n        HERE\n        if f(n): break",
        "assert g() and (f() == f2() and g())",
        "with pytest.warns(UserWarning): g()",
        "mock.assert_called_once_with(1)",
        "assert f() == [1, 2, g()]",
    ],
)
def test_what_is_certainly_reached_is_altered(body: str) -> None:
    head = "import tempfile\nimport pytest\nfrom unittest.mock import patch\nROWS = [1]\ndef test_a():\n    "
    plan = plan_for(head + body.replace("HERE", "assert f() != 1") + "\n")
    assert altered_names(plan) == {"test_a"}
    assert plan.bare == set()


@pytest.mark.parametrize(
    "body",
    [
        "if f(): HERE",
        "while f(): HERE",
        "for n in f(): HERE",
        "for n in []: HERE",
        "for n in range(0): HERE",
        "for n in ROWS: HERE",
        "rows = [1]\n    g(rows)\n    for n in rows: HERE",
        "for n in [1]:\n        if f(): continue\n        HERE",
        "with store.open('x'): HERE",
        "with open_('x'): HERE",
        "with contextlib.suppress(AssertionError): HERE",
        "try: HERE\n    except ValueError: pass",
        "def inner():\n        HERE\n    inner()",
        "check(f())",
        "f()",
    ],
)
def test_a_test_with_an_assertion_that_may_not_be_reached_is_bare(body: str) -> None:
    head = "import contextlib\nfrom solution import open as open_\nROWS = [1]\nROWS.clear()\n"
    head += "def check(n):\n    assert n > 1\ndef test_a():\n    assert f() > 2\n    "
    plan = plan_for(head + body.replace("HERE", "assert f() != 1") + "\n")
    assert altered_names(plan) == {"test_a"}
    assert plan.bare == ({"test_it.py::test_a"} if body != "f()" else set())


def test_a_test_that_asserts_nothing_is_bare() -> None:
    plan = plan_for("def test_a():\n    f()\ndef test_b():\n    'Words.'\n")
    assert plan.rounds == ()
    assert plan.bare == {"test_it.py::test_a", "test_it.py::test_b"}


def test_what_is_expected_instead_is_what_other_tests_expect() -> None:
    text = """\
        import pytest
        def test_a():
            assert f(1) == 17
        def test_b():
            x = 170
            assert f(2) == x
        def test_c():
            assert f(3) == -1
        def test_d():
            assert g(1) == "abc" and g(2) == "de"
        def test_e():
            assert h(1) == [1, 2]
        @pytest.mark.parametrize("a, expected", [(1, ["q"])])
        def test_f(a, expected):
            assert h(a) == expected
        def test_g():
            assert d(1) == pytest.approx(0.5)
            assert d(2) == pytest.approx(0.25)
        """
    news = set()
    for seed in range(5):
        for round_ in plan_for(text, seed).rounds:
            pairs = zip(round_.tests[0].text.splitlines(), written(text).text.splitlines(), strict=True)
            news |= {new.strip() for new, old in pairs if new != old}
    assert {"assert f(1) == 170", "assert f(1) == -1", "x = -1", "x = 17", "assert f(3) == 17"} <= news
    assert {'assert g(1) == "de" and g(2) == "de"', 'assert h(1) == ["q"]'} <= news
    assert "assert d(1) == pytest.approx(0.25)" in news
    assert '@pytest.mark.parametrize("a, expected", [(1, [1, 2])])' in news
    assert len(news) <= 20


@given(VALUES, st.integers(0, 1000))
def test_any_literal_becomes_another_or_the_operator_its_contrary(value: object, seed: int) -> None:
    text = f"def test_a():\n    assert f() == {value!r}\n"
    altered = next(round_.tests[0].text for round_ in plan_for(text, seed).rounds if round_.altered)
    names: dict[str, object] = {"f": lambda: value}
    exec(compile(text, "test", "exec"), names)
    names["test_a"]()  # type: ignore[operator]
    exec(compile(altered, "test", "exec"), names)
    with pytest.raises(AssertionError):
        names["test_a"]()  # type: ignore[operator]
    assert len(altered.splitlines()) == len(text.splitlines())


@given(
    st.floats(-1e9, 1e9), st.sampled_from(["", ", abs=3", ", rel=0.1", ", 0.2, 7", ", rel=1e-9"]), st.integers(0, 99)
)
def test_a_changed_approximation_is_far_away(value: float, tolerance: str, seed: int) -> None:
    text = f"def test_a():\n    assert f() == pytest.approx({value!r}{tolerance})\n"
    altered = next(round_.tests[0].text for round_ in plan_for(text, seed).rounds if round_.altered)
    for near in (value, value * 1.09, value + 2.9):
        names: dict[str, object] = {"f": lambda near=near: near, "pytest": pytest}
        exec(compile(text, "test", "exec"), names)
        try:
            names["test_a"]()  # type: ignore[operator]
        except AssertionError:
            continue
        exec(compile(altered, "test", "exec"), names)
        with pytest.raises(AssertionError):
            names["test_a"]()  # type: ignore[operator]


@pytest.mark.parametrize("name", ["GreaterEqual", "LessEqual", "Greater", "Less"])
def test_a_bound_is_not_changed_but_turned_round(name: str) -> None:
    head = "import unittest\nclass A(unittest.TestCase):\n    def test_a(self):\n        self.assert"
    plan = plan_for(f"{head}{name}(f(), 5)\n")
    new = {"GreaterEqual": "Less", "LessEqual": "Greater", "Greater": "LessEqual", "Less": "GreaterEqual"}[name]
    texts = {round_.tests[0].text for round_ in plan.rounds if round_.altered}
    assert texts == {f"{head}{new}(f(), 5)\n"}


def test_an_altered_expectation_looks_like_the_one_that_was_written() -> None:
    plan = plan_for("def test_a():\n    assert name() == 'Bo'\n")
    last = next(round_.tests[0].text for round_ in plan.rounds if round_.altered).splitlines()[-1]
    assert last.startswith("    assert name() == '")
    assert len(last) == len("    assert name() == 'Bo'")


@pytest.mark.parametrize(
    "text",
    [
        "@pytest.mark.skipif(X, reason='')\ndef test_a():\n    assert f() == 1\n",
        "@retry(3)\ndef test_a():\n    assert f() == 1\n",
        "def test_a():\n    pytest.importorskip('x')\n    assert f() == 1\n",
        "def test_a():\n    yield 1\n",
        "def test_a():\n    assert f() == 1\ndef test_b():\n    test_a()\n",
        "if X:\n    def test_a():\n        assert f() == 1\n",
        "class Odd(Elsewhere):\n    def test_a(self):\n        assert f() == 1\n",
        "def setup_module():\n    pytest.skip('no')\ndef test_a():\n    assert f() == 1\n",
        "class TestA:\n    if X:\n        def test_a(self):\n            assert f() == 1\n",
        "@pytest.mark.parametrize('a', [pytest.param(1, marks=pytest.mark.xfail)])\ndef test_a(a):\n    assert f()\n",
    ],
)
def test_what_may_not_fail_for_certain_is_left_as_it_is_and_named(text: str) -> None:
    plan = plan_for(text)
    assert any(id_.endswith("test_a") for id_ in plan.bare)
    assert not {id_ for id_ in altered_names(plan) if id_.endswith("test_a")}


@pytest.mark.parametrize(
    "text",
    [
        "@pytest.mark.skip\ndef test_a():\n    assert f() == 1\n",
        "@unittest.expectedFailure\ndef test_a():\n    assert f() == 1\n",
        "@pytest.fixture\ndef test_a():\n    assert f() == 1\n",
        "pytestmark = [pytest.mark.skip(reason='later')]\ndef test_a():\n    assert f() == 1\n",
        "class TestA:\n    __test__ = False\n    def test_a(self):\n        assert f() == 1\n",
        "import unittest\nclass A(unittest.TestCase):\n    def test_a(self): pass\ndel A\n",
        "def helper():\n    return 1\n",
        "",
    ],
)
def test_what_is_no_test_stands_nowhere(text: str) -> None:
    plan = plan_for(text)
    assert (plan.bare, plan.rounds) == (frozenset(), ())


HOSTILE = [
    "def test_a(:\n",
    "\0",
    "(" * 5000,
    "x = " + "-" * 100_000 + "1",
    "assert " + "not " * 3000 + "x",
    "assert " + "+".join(["1"] * 20_000),
    "x = [" + "1," * 2_500_000 + "]",
    "# coding: utf-7\ndef test_a():\n    assert f() == 1\n",
    "# coding: no-such\nassert f() == 1\n",
    "'\ud800'",
    "class A(B): pass\nclass B(A): pass\nclass TestA(A, B):\n    def test_a(self): assert 1 == 1\n",
    "x = " + "9" * 10_000,
    "def test_a():\n    assert f() == " + "9" * 4000 + "\n",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_gives_a_plan(text: str) -> None:
    file = CodeFile.model_construct(path="test_a.py", text=text)
    plan = plan_rounds([file], ["test_a.py", "missing.py"], random.Random(1))
    assert all(len(round_.tests) == 1 for round_ in plan.rounds)
