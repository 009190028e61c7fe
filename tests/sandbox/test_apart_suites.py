"""Whole suites of tests judged apart by the real runners."""

import json
import os
from pathlib import Path

import pytest

from synth.sandbox.inside import driver
from synth.sandbox.inside.report import Report
from synth.sandbox.inside.suite import run_suite
from tests.sandbox.apart_pair import against, serve_folder

SOLUTION = """
class Stack:
    def __init__(self): self.items = []
    def push(self, x): self.items.append(x)
    def pop(self):
        if not self.items: raise IndexError("empty")
        return self.items.pop()
class Wrong:
    def __eq__(self, other): return True
def half(x): return x / 2
def judged(): return Wrong()
def test_helper(): raise AssertionError("not a test")
judged.__test__ = True
"""
PLAIN = """
import unittest
import pytest
from solution import Stack, half, judged

@pytest.mark.parametrize(("x", "y"), [(4, 2), (5, 2.5), (6, 7)])
def test_half(x, y):
    assert half(x) == pytest.approx(y)

class TestStack(unittest.TestCase):
    def setUp(self): self.stack = Stack()
    def test_push(self):
        self.stack.push(3)
        self.assertEqual(self.stack.items, [3])
    def test_pop(self):
        with self.assertRaises(IndexError): self.stack.pop()
"""
FIXTURE = "\n@pytest.fixture\ndef stack(): return Stack()\ndef test_fixture(stack): assert stack.items == []\n"


def judge(folder: Path, text: str) -> tuple[Report, bool]:
    """The report of one test file against `SOLUTION`, in a process of its own, because runners change theirs."""
    (folder / "away").mkdir()
    (folder / "away" / "solution.py").write_text(SOLUTION)
    (folder / "here").mkdir()
    (folder / "here" / "test_it.py").write_text(text)

    def run() -> Report:
        os.chdir(folder / "here")
        return run_suite(str(folder / "here"), ["test_it.py"], before_each=driver.before_each)

    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        report, report.ended = against(lambda link: serve_folder(link, folder / "away"), ["solution"], run)
        os.write(theirs, report.encode())
        os._exit(0)
    os.close(theirs)
    with os.fdopen(ours) as stream:
        report = Report(**json.loads(stream.read()))
    os.waitpid(child, 0)
    return report, report.ended


@pytest.mark.parametrize("more", ["", FIXTURE], ids=["plain", "pytest"])
def test_a_suite_passes_and_fails_where_it_should(tmp_path: Path, more: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    report, ended = judge(tmp_path, PLAIN + more)
    failed = sorted(name for name, outcome in report.outcomes.items() if outcome != "passed")
    assert (report.apart, ended, report.errors) == (None, False, [])
    assert failed == ["test_it.py::test_half[6-7]"]
    assert len(report.collected) == (6 if more else 5)


def test_a_comparison_of_the_solution_s_own_gives_the_job_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    report, _ = judge(tmp_path, "from solution import judged\ndef test_it():\n    assert judged() == 5\n")
    assert report.apart == "the tests compare objects of the solution that define how they compare"


def test_a_function_of_the_solution_that_pytest_would_collect_gives_the_job_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = "import pytest\nfrom solution import Stack, test_helper\n" + FIXTURE
    assert judge(tmp_path, text)[0].apart == "the tests take an object of the solution apart"
