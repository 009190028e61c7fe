"""The two runners of the inside, in forked processes without the sandbox: they say the same, and what they should."""

import ast
import os
import sys
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.sandbox.inside import suite, with_pytest
from synth.sandbox.inside.ordering import shuffled
from synth.sandbox.inside.plainness import not_plain
from synth.sandbox.inside.report import NotApart, Report
from tests.sandbox.suite_programs import NEEDS_PYTEST, PLAIN
from tests.sandbox.suite_runner import Runner

CALC = {"calc.py": "def add(a, b):\n    return a + b\n"}


@pytest.fixture(autouse=True, scope="module")
def loaded() -> None:
    """As in the zygote: everything is imported before the fork."""
    suite.preload()


@pytest.fixture
def run(tmp_path: Path) -> Runner:
    """Run test files and return the report."""
    return Runner(tmp_path)


def same(first: Report, second: Report) -> bool:
    """Whether two runs say the same, up to the words of messages."""

    def facts(report: Report) -> tuple[object, ...]:
        failed = sorted({name for name, _ in report.failures})
        errors = [name for name, _ in report.errors]
        return sorted(report.collected), report.outcomes, failed, errors, report.memory, report.complete

    return facts(first) == facts(second)


@pytest.mark.parametrize("name", [*PLAIN, *NEEDS_PYTEST])
def test_both_runners_say_the_same(run: Runner, name: str) -> None:
    files = CALC | {"test_it.py": (PLAIN | NEEDS_PYTEST)[name]}
    quick, slow = run(files), run(files, fast=False)
    assert same(quick, slow), f"{quick}\n\n{slow}"
    assert quick.collected == slow.collected
    assert quick.complete


@pytest.mark.parametrize("name", PLAIN)
def test_plain_files_are_known_as_such(name: str) -> None:
    try:
        nodes = list(ast.walk(ast.parse(dedent(PLAIN[name]))))
    except SyntaxError:
        nodes = []
    assert name == "not tests" or not_plain(nodes, any_mark=True) is None


def test_the_folder_layouts_mean_the_same_to_both(run: Runner) -> None:
    files = CALC | {
        "test_a.py": "from calc import add\ndef test_a():\n    assert add(1, 1) == 2\n",
        "tests/test_a.py": "from support import ONE\nfrom calc import add\ndef test_a():\n    assert ONE == 1\n",
        "tests/support.py": "ONE = 1\n",
        "unit/__init__.py": "TWO = 2\n",
        "unit/test_b.py": "import unit\nfrom unit import TWO\ndef test_b():\n    assert unit.TWO is TWO\n",
    }
    quick, slow = run(files), run(files, fast=False)
    assert same(quick, slow)
    assert quick.outcomes == {
        "test_a.py::test_a": "passed",
        "tests/test_a.py::test_a": "passed",
        "unit/test_b.py::test_b": "passed",
    }


def test_a_failure_tells_what_was_compared_and_where(run: Runner) -> None:
    files = CALC | {"test_it.py": "from calc import add\n\n\ndef test_wrong():\n    assert add(1, 2) == 4\n"}
    ((name, message),) = run(files).failures
    assert name == "test_it.py::test_wrong"
    assert "test_it.py:5" in message
    assert "assert 3 == 4\nE    +  where 3 = add(1, 2)" in message
    assert "synth" not in message


def test_a_failed_script_tells_its_line(run: Runner) -> None:
    ((name, message),) = run(CALC | {"test_it.py": PLAIN["a wrong script"]}).failures
    assert name == "test_it.py::script"
    assert "line 3" in message
    assert "assert add(2, 2) == 5" in message
    assert "assert 4 == 5" in message


def test_a_difference_is_told_as_pytest_tells_it(run: Runner) -> None:
    ((_, message),) = run("def test_a():\n    assert [1, 2, 3] == [1, 5, 3]\n").failures
    assert "At index 1 diff: 2 != 5" in message


def test_messages_are_short_whatever_is_raised(run: Runner) -> None:
    test = """\
        class Big(Exception):
            def __str__(self):
                return "x" * 50_000_000
        def test_long():
            raise ValueError("x" * 100_000 + "the end")
        def test_big():
            raise Big
        def test_values():
            assert list(range(1_000_000)) == [*range(999_999), 0]
        def test_deep(n=900):
            test_deep(n - 1) if n else 1 / 0
        """
    for report in (run(test), run(test, fast=False)):
        assert len(report.failures) == 4
        assert all(len(message) < 2100 for _, message in report.failures)
        assert "the end" in report.failures[0][1]


def test_memory_that_runs_out_is_noted(run: Runner) -> None:
    for fast in (True, False):
        assert run("def test_a():\n    raise MemoryError\n", fast=fast).memory
        assert run("raise MemoryError\ndef test_a():\n    pass\n", fast=fast).memory
        assert not run("def test_a():\n    raise ValueError\n", fast=fast).memory


@pytest.mark.parametrize("fast", [True, False])
@pytest.mark.parametrize(
    "test",
    [
        "{}def test_a():\n    raise NotApart('why')\ndef test_b():\n    1 / 0\n",
        "{}raise NotApart('why')\ndef test_a():\n    pass\n",
        """\
        from unittest import TestCase
        {}
        class A(TestCase):
            def test_a(self):
                raise NotApart('why')
            def test_b(self):
                1 / 0
        """,
    ],
)
def test_what_cannot_be_judged_apart_ends_the_run(run: Runner, test: str, fast: bool) -> None:
    report = run(dedent(test).format(f"from {NotApart.__module__} import NotApart\n"), fast=fast)
    assert report.apart == "why"
    assert not any("b" in name.rpartition("::")[2] for name in report.outcomes)


@pytest.mark.parametrize("fast", [True, False])
def test_a_run_that_is_stopped_is_not_complete(run: Runner, fast: bool) -> None:
    test = "import pytest\ndef test_a():\n    {}exit('done', returncode=0)\ndef test_b():\n    assert 1 == 2\n"
    assert not run(test.format("pytest."), fast=fast).complete
    assert not run("from _pytest.outcomes import exit\n" + test.format(""), fast=fast).complete


def test_before_each_is_called_before_each_test_is_set_up(run: Runner, tmp_path: Path) -> None:
    test = """\
        import os
        def setup_module():
            assert os.path.exists("called")
        def test_a():
            pass
        def test_b():
            pass
        class TestC:
            def setup_method(self):
                assert os.path.getsize("called") == 3
            def test_c(self):
                pass
        """

    def call() -> None:
        with open("called", "a") as file:
            file.write("x")

    for fast in (True, False):
        report = run(test, before_each=call, fast=fast)
        assert set(report.outcomes.values()) == {"passed"}, report


def test_a_forked_copy_of_the_tests_does_not_go_on(run: Runner) -> None:
    test = """\
        import os
        def test_fork():
            if os.fork() == 0:
                return
            os.wait()
        def test_once():
            with open("ran", "a") as file:
                file.write("x")
        def test_then():
            assert open("ran").read() == "x"
        """
    for fast in (True, False):
        assert set(run(test, fast=fast).outcomes.values()) == {"passed"}


ORDERED = """\
    import pytest
    class TestA:
        def test_a(self):
            pass
        def test_b(self):
            pass
    @pytest.mark.parametrize("x", range(3))
    def test_x(x):
        pass
    def test_y():
        pass
    def test_z():
        pass
    """


def test_a_seed_shuffles_the_tests_the_same_way_each_time(run: Runner) -> None:
    files = {
        "test_a.py": ORDERED.replace("range(3)", "[0, 1, 2]"),
        "test_b.py": ORDERED.replace("range(3)", "[0, 1, 2]"),
    }
    orders = [list(run(files, order=seed, fast=fast).outcomes) for seed in (1, 1, 2, 3) for fast in (True, False)]
    assert orders[0] == orders[1] == orders[2] == orders[3]
    assert len({tuple(order) for order in orders}) > 1
    assert len({frozenset(order) for order in orders}) == 1


@given(
    st.lists(st.sampled_from(["a", "b"]).flatmap(lambda f: st.sampled_from([f"{f}::x[1]", f"{f}::C::m", f"{f}::y"]))),
    st.integers(),
)
def test_shuffling_keeps_files_and_classes_whole(names: list[str], seed: int) -> None:
    ordered = shuffled(names, lambda name: name, seed)
    assert sorted(ordered) == sorted(names)
    for depth in (1, 2):
        units = ["::".join(name.split("[")[0].split("::")[:depth]) for name in ordered]
        changes = [unit for number, unit in enumerate(units) if number == 0 or units[number - 1] != unit]
        assert len(changes) == len(set(changes))


HOOK = """\
    import pytest
    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(item, call):
        report = yield
        report.outcome = "passed"
        return report
    @pytest.fixture
    def one():
        return 1
    """
WRONG = "def test_a():\n    assert 1 == 2\n"


@pytest.mark.parametrize("fast", [True, False])
def test_what_the_solution_brings_configures_nothing(run: Runner, fast: bool) -> None:
    hostile = {
        "conftest.py": HOOK,
        "tests/conftest.py": HOOK,
        "pytest.ini": "[pytest]\naddopts = --collect-only\n",
        "pyproject.toml": "[tool.pytest.ini_options]\naddopts = '-p evil'\n",
        "setup.cfg": "[tool:pytest]\naddopts = --deselect tests\n",
        "evil.py": HOOK,
        "evil-1.dist-info/METADATA": "Name: evil\nVersion: 1\n",
        "evil-1.dist-info/entry_points.txt": "[pytest11]\nevil = evil\n",
        "tests/test_it.py": WRONG,
    }
    assert run(hostile, fast=fast).outcomes == {"tests/test_it.py::test_a": "failed"}


def test_a_fixture_of_the_solution_is_said_not_to_be_used(run: Runner) -> None:
    report = run({"conftest.py": HOOK, "test_it.py": "def test_a(one):\n    assert one == 1\n"})
    assert report.outcomes == {"test_it.py::test_a": "failed"}
    assert report.failures[0][1].startswith("conftest.py of the solution is not used; list it under tests")


def test_the_conftests_of_the_tests_hold_for_their_folders(run: Runner) -> None:
    fixture = "import pytest\n@pytest.fixture\ndef {}():\n    return {}\n"
    files = {
        "conftest.py": fixture.format("one", 1) + "def pytest_report_header():\n    return []\n",
        "a/conftest.py": fixture.format("one", 11) + fixture.format("two", 2),
        "a/deep/test_a.py": "def test_a(one, two):\n    assert (one, two) == (11, 2)\n",
        "a/test_a.py": "def test_a(one, two):\n    assert (one, two) == (11, 2)\n",
        "b/test_b.py": "def test_b(one):\n    assert one == 1\ndef test_c(two):\n    pass\n",
        "b/conftest.py": fixture.format("two", 2),
    }
    report = run(files, conftests=["conftest.py", "a/conftest.py"])
    assert report.outcomes == {
        "a/deep/test_a.py::test_a": "passed",
        "a/test_a.py::test_a": "passed",
        "b/test_b.py::test_b": "passed",
        "b/test_b.py::test_c": "failed",
    }


@pytest.mark.parametrize("text", ["import sys\nsys.exit(0)\n", "1 / 0\n", "def f(:\n", "raise KeyboardInterrupt\n"])
def test_a_conftest_that_cannot_be_imported_is_an_error(run: Runner, text: str) -> None:
    report = run({"conftest.py": text, "test_it.py": "def test_a():\n    pass\n"}, conftests=["conftest.py"])
    assert report.errors
    assert not report.outcomes


def test_one_file_that_cannot_be_imported_keeps_the_others_from_running(run: Runner) -> None:
    files = {"test_a.py": "def test_a():\n    pass\n", "test_b.py": "1 / 0\ndef test_b():\n    pass\n"}
    for fast in (True, False):
        report = run(files, fast=fast)
        assert ([name for name, _ in report.errors], report.outcomes) == (["test_b.py"], {})
        assert "ZeroDivisionError" in report.errors[0][1]


def test_a_file_seen_late_to_need_pytest_is_run_by_it(run: Runner) -> None:
    files = {
        "support.py": "import pytest\n@pytest.fixture\ndef one():\n    return 1\n",
        "test_a.py": "from support import *\nseen = []\ndef test_a():\n    seen.append(1)\n    assert len(seen) < 2",
    }
    assert run(files).outcomes == {"test_a.py::test_a": "passed"}


def test_an_asynchronous_test_that_nobody_awaits_fails(run: Runner) -> None:
    test = "import unittest\nclass A(unittest.TestCase):\n    async def test_a(self):\n        assert 1 == 2\n"
    for fast in (True, False):
        assert run(test, fast=fast).outcomes == {"test_it.py::A::test_a": "failed"}


@pytest.mark.parametrize("fast", [True, False])
def test_exceptions_that_lie_about_themselves_are_failures(run: Runner, fast: bool) -> None:
    test = """\
        class Lying(Exception):
            __traceback__ = 3
            __notes__ = 3
            __cause__ = property(lambda self: 1 / 0)
            @property
            def args(self):
                raise SystemExit
            def __str__(self):
                raise GeneratorExit
        def test_a():
            raise Lying
        def test_b():
            raise type("Skipped", (Exception,), {"__module__": "_pytest.outcomes"})
        """
    report = run(test, fast=fast)
    assert set(report.outcomes.values()) == {"failed"}
    assert report.complete


def test_objects_that_lie_about_their_class_are_not_collected(run: Runner) -> None:
    test = """\
        class Loud:
            def __getattribute__(self, name):
                raise SystemExit(name)
        test_loud = Loud()
        TestLoud = Loud()
        def test_a():
            pass
        """
    assert run(test).outcomes == {"test_it.py::test_a": "passed"}


def test_loading_in_advance_leaves_no_trace() -> None:
    before = list(sys.meta_path), list(sys.path), dict(os.environ), sys.stdout, list(sys.argv)
    with_pytest._installed = None
    suite.preload()
    assert before == (list(sys.meta_path), list(sys.path), dict(os.environ), sys.stdout, list(sys.argv))


def test_text_that_is_no_python_is_an_error_however_deep(run: Runner) -> None:
    for text in ("(" * 5000, "x = " + "[" * 150 + "]" * 150, "\0", "x = '" + "-" * 10 + "\n", "-" * 100_000 + "1"):
        report = run(f"def test_a():\n    pass\n{text}\n")
        assert report.errors or report.outcomes == {"test_it.py::test_a": "passed"}
        assert report.complete


def test_a_missing_file_is_an_error(run: Runner) -> None:
    assert run({}, tests=["not_there.py"]).errors


def test_nothing_is_printed_by_the_runners(run: Runner) -> None:
    for number, fast in enumerate((True, False)):
        run("def test_a():\n    print('größe', end='')\ndef test_b():\n    assert False\n", fast=fast)
        assert (run.folder / f"job{number}" / "stdout.txt").read_text() == "größe"
        assert (run.folder / f"job{number}" / "stderr.txt").read_text() == ""
