"""The rules that turn what a sandbox said into an outcome."""

import json
import signal
from dataclasses import replace

import pytest

from synth.records import Failure, Outcome, TestCounts
from synth.sandbox.base import Limits
from synth.sandbox.judge import judge
from synth.sandbox.watch import Seen

Facts = dict[str, object]


def end(code: int = 0, cpu: float = 0.1, peak: float = 25.0) -> bytes:
    """The last word of the trusted side."""
    return b'{"started": true}\n' + json.dumps({"exit": code, "cpu_seconds": cpu, "peak_mb": peak}).encode() + b"\n"


def report(**changes: object) -> bytes:
    """A report of one passed test, with changes."""
    facts: Facts = {"exit": 0, "collected": 1, "passed": 1, "failed": 0, "skipped": 0}
    facts |= {"failures": [], "errors": [], "memory": False}
    return json.dumps(facts | changes).encode() + b"\n"


GOOD = Seen(cut=None, seconds=0.25, stdout=b"", stderr=b"", report=report(), end=end())


def outcome(**changes: object) -> Outcome:
    """The outcome of a good run, changed."""
    return judge(replace(GOOD, **changes), Limits()).outcome  # type: ignore[arg-type]


def test_all_conditions_together_pass() -> None:
    result = judge(GOOD, Limits())
    assert (result.outcome, result.tests, result.exit_code) == ("passed", TestCounts(collected=1, passed=1), 0)
    assert (result.seconds, result.peak_mb) == (0.25, 25.0)


def test_a_skip_beside_a_pass_passes() -> None:
    assert outcome(report=report(collected=2, skipped=1)) == "passed"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"report": b""}, "tampered"),
        ({"report": b"passed"}, "tampered"),
        ({"report": None}, "tampered"),
        ({"report": report()[:-20]}, "tampered"),
        ({"report": report(passed=True)}, "tampered"),
        ({"report": report(collected=-1, passed=-1)}, "tampered"),
        ({"report": report(failures=[["a"]])}, "tampered"),
        ({"report": report(extra=1)}, "tampered"),
        ({"report": report() + report()}, "tampered"),
        ({"report": report(collected=2)}, "tampered"),
        ({"report": report(passed=2)}, "tampered"),
        ({"report": report(collected=0, passed=0)}, "not_collected"),
        ({"report": report(collected=1, passed=0, skipped=1)}, "not_collected"),
        ({"report": report(collected=0, passed=0), "end": end(5)}, "not_collected"),
        ({"end": end(1)}, "error"),
        ({"end": end(1), "report": b""}, "error"),
        ({"report": report(errors=[["test_a.py", "SyntaxError"]])}, "error"),
        ({"report": report(collected=2, failed=1)}, "failed"),
        ({"report": report(passed=0, failed=1), "end": end(1)}, "failed"),
        ({"report": report(memory=True)}, "memory_limit"),
        ({"end": end(-signal.SIGXCPU)}, "timeout"),
        ({"end": end(-signal.SIGKILL, cpu=10.5)}, "timeout"),
        ({"end": end(-signal.SIGKILL, peak=900.0)}, "memory_limit"),
        ({"end": end(-signal.SIGKILL)}, "error"),
        ({"end": end(-signal.SIGSEGV)}, "error"),
        ({"cut": "timeout"}, "timeout"),
        ({"cut": "output_limit"}, "output_limit"),
        ({"end": b"", "report": b""}, "infra_error"),
        ({"end": b""}, "infra_error"),
        ({"end": b'{"started": true}\n'}, "infra_error"),
        ({"end": b"", "cut": "timeout"}, "infra_error"),
    ],
)
def test_one_condition_that_does_not_hold_decides(changes: dict[str, object], expected: Outcome) -> None:
    assert outcome(**changes) == expected


def test_failures_come_before_files_that_could_not_be_collected() -> None:
    said = report(collected=2, failed=1, failures=[["a", "at <X at 0x7f00>"]], errors=[["b", "<ob...7f00>"]])
    result = judge(replace(GOOD, report=said), Limits())
    assert result.failures == (Failure(test="a", message="at <X at 0x...>"), Failure(test="b", message="<ob...0x...>"))
