"""From what came out of a sandbox to an outcome. The only place that decides; it believes the trusted side first.

A pass needs all of: exit code 0, a report, every collected test accounted for, at least one that ran, none that failed.
"""

import re
import signal

from pydantic import BaseModel, ConfigDict, ValidationError

from synth.records import Failure, Outcome, TestCounts
from synth.sandbox.base import JobResult, Limits
from synth.sandbox.watch import Seen

_NO_TESTS = 5
"""pytest's exit code for "nothing was collected"."""
_ADDRESS = re.compile(r"(?<= at )0x[0-9a-f]+|(?<=\.\.\.)[0-9a-fx]+(?=>)")
"""Of an object, in full or with its beginning cut off."""


class _End(BaseModel):
    """The last word of the trusted side: how the process that ran the tests ended."""

    model_config = ConfigDict(extra="forbid", strict=True)
    exit: int
    cpu_seconds: float
    peak_mb: float


class _Report(BaseModel):
    """What the tests' side says. The code under test could have written it."""

    model_config = ConfigDict(extra="forbid", strict=True)
    exit: int
    collected: int
    passed: int
    failed: int
    skipped: int
    failures: list[list[str]]
    errors: list[list[str]]
    memory: bool


def judge(seen: Seen, limits: Limits) -> JobResult:
    """Decide the outcome of one job."""
    end = _parse_end(seen.end)
    report = _parse_report(seen.report)
    exit_code = end.exit if end else None
    outcome = _outcome(seen, end, report, limits)
    counts, said = TestCounts(), list[list[str]]()
    if report:
        said = [*report.failures, *report.errors]
        counts = TestCounts(
            collected=report.collected, passed=report.passed, failed=report.failed, skipped=report.skipped
        )
    return JobResult(
        outcome=outcome,
        tests=counts,
        failures=tuple(Failure(test=_clean(test), message=_clean(message)) for test, message in said),
        exit_code=exit_code,
        seconds=round(seen.seconds, 3),
        peak_mb=end.peak_mb if end else None,
        stdout=_text(seen.stdout),
        stderr=_text(seen.stderr),
    )


def refused(reason: str) -> JobResult:
    """The result of a job that was not started because it is a bad sample."""
    return _unstarted("not_collected", reason)


def faulty(reason: str) -> JobResult:
    """The result of a job that the sandbox could not run; not the job's fault."""
    return _unstarted("infra_error", reason)


def _outcome(seen: Seen, end: _End | None, report: _Report | None, limits: Limits) -> Outcome:
    if seen.cut is not None:
        return seen.cut if seen.end else "infra_error"
    if end is None:
        return "infra_error"
    if end.exit < 0:
        return _killed(end, limits)
    if report is None:
        return "tampered" if end.exit == 0 or seen.report != b"" else "error"
    return _reported(end, report)


def _killed(end: _End, limits: Limits) -> Outcome:
    """The tests' process was ended by a signal: by which limit?"""
    if -end.exit == signal.SIGXCPU or (-end.exit == signal.SIGKILL and end.cpu_seconds >= limits.cpu_seconds):
        return "timeout"
    if -end.exit == signal.SIGKILL and end.peak_mb >= limits.memory_mb / 2:
        return "memory_limit"
    return "error"


def _reported(end: _End, report: _Report) -> Outcome:
    if report.memory:
        return "memory_limit"
    if report.failed:
        return "failed"
    if report.errors:
        return "error"
    if report.passed + report.skipped != report.collected:
        return "tampered" if end.exit == 0 else "error"
    if report.passed == 0 and end.exit in (0, _NO_TESTS):
        return "not_collected"
    return "passed" if end.exit == 0 else "error"


def _parse_end(content: bytes) -> _End | None:
    """The last line; None where the trusted side never came so far."""
    try:
        return _End.model_validate_json(content.splitlines()[-1])
    except (IndexError, ValidationError):
        return None


def _parse_report(content: bytes | None) -> _Report | None:
    try:
        report = _Report.model_validate_json(content or b"")
    except ValidationError:
        return None
    counts = (report.collected, report.passed, report.failed, report.skipped)
    pairs = all(len(pair) == 2 for pair in (*report.failures, *report.errors))
    return report if pairs and min(counts) >= 0 else None


def _unstarted(outcome: Outcome, reason: str) -> JobResult:
    return JobResult(
        outcome=outcome,
        tests=TestCounts(),
        failures=(),
        exit_code=None,
        seconds=0.0,
        peak_mb=None,
        stdout="",
        stderr=reason,
    )


def _text(content: bytes) -> str:
    return content.decode(errors="replace")


def _clean(text: str) -> str:
    """Without the addresses of objects, which differ from run to run."""
    return _ADDRESS.sub("0x...", text)
