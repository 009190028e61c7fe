"""The rules that turn what a sandbox said into an outcome."""

import json
import signal
from dataclasses import replace

import pytest

from synth.records import Failure, Outcome, TestCounts
from synth.sandbox.base import Limits
from synth.sandbox.held import Opaque, decode
from synth.sandbox.inside.report import Report
from synth.sandbox.judge import judge_run, result, script_result
from synth.sandbox.watch import Seen

Facts = dict[str, object]


def end(code: int = 0, cpu: float = 0.1, peak: float = 25.0, cut: Outcome | None = None) -> bytes:
    """The last word of the trusted side."""
    facts = {"exit": code, "cpu_seconds": cpu, "peak_mb": peak, "cut": cut}
    return b'{"started": true}\n' + json.dumps(facts).encode() + b"\n"


def report(outcomes: dict[str, str] | None = None, **changes: object) -> bytes:
    """A report of one passed test, with changes."""
    said = {"test_a.py::test_a": "passed"} if outcomes is None else outcomes
    facts = json.loads(Report(collected=list(said), outcomes=said, complete=True).encode())
    return json.dumps(facts | changes).encode() + b"\n"


GOOD = Seen(cut=None, started=True, seconds=0.25, stdout=b"", stderr=b"", report=report(), ends=(end(),))
APART = replace(GOOD, ends=(end(), end()))


def outcome(seen: Seen = GOOD, **changes: object) -> Outcome:
    """The outcome of a good run, changed."""
    return judge_run(replace(seen, **changes), Limits()).outcome  # type: ignore[arg-type]


def test_all_conditions_together_pass() -> None:
    said = result(judge_run(GOOD, Limits()), "A-split", "")
    assert (said.outcome, said.tests, said.exit_code) == ("passed", TestCounts(collected=1, passed=1), 0)
    assert (said.seconds, said.peak_mb, said.passed_tests) == (0.25, 25.0, ("test_a.py::test_a",))
    assert outcome(APART) == "passed"


def test_a_skip_beside_a_pass_passes() -> None:
    assert outcome(report=report({"a": "passed", "b": "skipped"})) == "passed"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"report": b""}, "tampered"),
        ({"report": b"passed"}, "tampered"),
        ({"report": None}, "tampered"),
        ({"report": report()[:-20]}, "tampered"),
        ({"report": report({"a": "good"})}, "tampered"),
        ({"report": report(failures=[["a"]])}, "tampered"),
        ({"report": report(extra=1)}, "tampered"),
        ({"report": report() + report()}, "tampered"),
        ({"report": report(collected=["a"])}, "tampered"),
        ({"report": report(collected=["test_a.py::test_a"] * 2)}, "tampered"),
        ({"report": report(complete=False)}, "tampered"),
        ({"report": report(complete=False), "ends": (end(1),)}, "error"),
        ({"report": report({})}, "not_collected"),
        ({"report": report({"a": "skipped"})}, "not_collected"),
        ({"ends": (end(1),)}, "error"),
        ({"ends": (end(1),), "report": b""}, "error"),
        ({"report": report(errors=[["test_a.py", "SyntaxError"]])}, "error"),
        ({"report": report({"a": "passed", "b": "failed"})}, "failed"),
        ({"report": report({"a": "failed"}), "ends": (end(1),)}, "failed"),
        ({"report": report(memory=True)}, "memory_limit"),
        ({"ends": (end(-signal.SIGXCPU),)}, "timeout"),
        ({"ends": (end(-signal.SIGKILL, cpu=10.5),)}, "timeout"),
        ({"ends": (end(-signal.SIGKILL, peak=900.0),)}, "memory_limit"),
        ({"ends": (end(-signal.SIGKILL, cut="memory_limit"),)}, "memory_limit"),
        ({"ends": (end(-signal.SIGKILL),)}, "error"),
        ({"ends": (end(-signal.SIGSEGV), end(-signal.SIGSEGV))}, "error"),
        ({"cut": "timeout"}, "timeout"),
        ({"cut": "output_limit"}, "output_limit"),
        ({"cut": "timeout", "ends": (b"",)}, "timeout"),
        ({"started": False, "cut": "timeout"}, "infra_error"),
        ({"ends": (b"",), "report": b""}, "infra_error"),
        ({"ends": (b"",)}, "infra_error"),
        ({"ends": (b'{"started": true}\n',)}, "infra_error"),
        ({"ends": (b'{"started": true}\n{"fault": "OSError: no"}\n',)}, "infra_error"),
    ],
)
def test_one_condition_that_does_not_hold_decides(changes: Facts, expected: Outcome) -> None:
    assert outcome(**changes) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"report": report({"a": "failed"}, ended=True), "ends": (end(0), end(0))}, "tampered"),
        ({"report": report({"a": "failed"}, ended=True), "ends": (end(-11), end(0))}, "error"),
        ({"report": report(ended=True)}, "tampered"),
        ({"ends": (b"", end(0))}, "passed"),
        ({"ends": (end(0), b"")}, "infra_error"),
        ({"ends": (end(0, cut="timeout"), end(0))}, "timeout"),
        ({"ends": (end(0), end(-9, cut="memory_limit"))}, "memory_limit"),
    ],
)
def test_judged_apart_both_processes_have_a_say(changes: Facts, expected: Outcome) -> None:
    assert outcome(APART, **changes) == expected


def test_failures_come_before_files_that_could_not_be_collected() -> None:
    said = report({"a": "failed", "b": "passed"}, failures=[["a", "at <X at 0x7f00>"]], errors=[["b", "<ob...7f00>"]])
    found = result(judge_run(replace(GOOD, report=said), Limits()), "A-split", "")
    assert found.outcome == "failed"
    assert found.failures == (Failure(test="a", message="at <X at 0x...>"), Failure(test="b", message="<ob...0x...>"))


@pytest.mark.parametrize(
    ("ends", "report", "expected"),
    [
        (end(0), b"0\n", "passed"),
        (end(0), b"", "tampered"),
        (end(0), b"\xff", "tampered"),
        (end(3), b"3\n", "error"),
        (end(3), b"0\n", "error"),
        (end(0), b"3\n", "error"),
        (end(-signal.SIGSEGV), b"", "error"),
        (b"", b"0\n", "infra_error"),
    ],
)
def test_a_program_passes_at_its_regular_end_only(ends: bytes, report: bytes, expected: Outcome) -> None:
    assert script_result(replace(GOOD, ends=(ends,), report=report), Limits()).outcome == expected


@pytest.mark.parametrize(
    "recorded",
    [
        ["opaque"],
        [],
        ["int"],
        ["int", 5],
        ["int", "0x"],
        ["float", "x"],
        ["bytes", "0"],
        ["list", 5],
        ["list", [[]]],
        ["set", [["list", []]]],
        ["dict", [["int", "0x1"]]],
        ["dict", [["list", []], ["int", "0x1"]]],
        ["str", [-1]],
        ["str", [1 << 40]],
        ["constant", 5],
        ["number", "Decimal", "1" * 5000],
        ["number", "Fraction", "1e999999999"],
        ["number", "Fraction", "1/0"],
        ["number", "eval", "1"],
        ["complex", ["1"]],
        ["unheard", "of"],
    ],
)
def test_a_forged_record_is_no_value(recorded: list[object]) -> None:
    with pytest.raises(Opaque):
        decode(recorded)


def test_a_record_nested_without_end_is_no_value() -> None:
    nested: list[object] = ["constant", None]
    for _ in range(5000):
        nested = ["list", [nested]]
    with pytest.raises(Opaque):
        decode(nested)
