"""From what came out of a sandbox to an outcome. The only place that decides; it believes the trusted side first.

Nothing that a program prints is read for a verdict, and an exit code alone never passes anything.
"""

import re
import signal
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from synth.records import Failure, Grade, Outcome, TestCounts
from synth.sandbox.base import JobResult, Limits, ScriptResult
from synth.sandbox.watch import Seen

_ADDRESS = re.compile(r"(?<= at )0x[0-9a-f]+|(?<=\.\.\.)[0-9a-fx]+(?=>)")
"""Of an object, in full or with its beginning cut off."""


class End(BaseModel):
    """The last word of a cell's first process: how the child that ran the code ended."""

    model_config = ConfigDict(extra="forbid", strict=True)
    exit: int
    cpu_seconds: float
    peak_mb: float
    cut: Outcome | None


class Report(BaseModel):
    """What the process that ran the tests says; `inside.report.Report`. It may have been made up."""

    model_config = ConfigDict(extra="forbid")
    collected: tuple[str, ...]
    outcomes: dict[str, Literal["passed", "failed", "skipped"]]
    failures: tuple[tuple[str, str], ...]
    errors: tuple[tuple[str, str], ...]
    explained: bool
    memory: bool
    apart: str | None
    held: tuple[tuple[int, list[Any]], ...]
    ended: bool
    complete: bool


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a suite, judged by itself."""

    outcome: Outcome
    report: Report | None
    end: End | None
    """Of the process that ran the solution."""
    seen: Seen
    fault: str = ""
    """Why the outcome is `infra_error`."""


def judge_run(seen: Seen, limits: Limits) -> Run:
    """Decide about one run of tests; `seen.ends` are those of the solution's process and, judged apart, the tests'."""
    ends = [_parse_end(text) for text in seen.ends]
    report = _parse_report(seen.report)
    fault = _fault(seen, ends)
    outcome: Outcome = "infra_error"
    if not fault:
        outcome = _limit(seen, ends, limits) or _reported(report, ends[0], ends[-1])
    return Run(outcome, report, ends[0], seen, fault)


def script_result(seen: Seen, limits: Limits) -> ScriptResult:
    """How a program ended: `passed` at its regular end, `tampered` where it left with success in another way."""
    ends = [_parse_end(text) for text in seen.ends]
    end, fault = ends[0], _fault(seen, ends)
    outcome: Outcome = "infra_error"
    if not fault:
        said = _parse_code(seen.report)
        ordinary: Outcome = "passed" if end and end.exit == said == 0 else "error"
        early = end is not None and end.exit == 0 and said is None
        outcome = _limit(seen, ends, limits) or ("tampered" if early else ordinary)
    return ScriptResult(
        outcome=outcome,
        exit_code=end.exit if end else None,
        seconds=round(seen.seconds, 3),
        peak_mb=end.peak_mb if end else None,
        stdout=text_of(seen.stdout),
        stderr=fault or text_of(seen.stderr),
    )


def result(
    run: Run, grade: Grade | None, why: str, outcome: Outcome | None = None, said: Iterable[str] = ()
) -> JobResult:
    """The result of a job whose verdict rests on `run`; `said` are further reasons, shown as failures."""
    report, counts = run.report, TestCounts()
    failures = [Failure(test="", message=reason) for reason in said]
    passed: tuple[str, ...] = ()
    if report:
        tally = list(report.outcomes.values())
        counts = TestCounts(
            collected=len(report.collected),
            passed=tally.count("passed"),
            failed=tally.count("failed"),
            skipped=tally.count("skipped"),
        )
        passed = tuple(test for test in report.collected if report.outcomes.get(test) == "passed")
        failures += [
            Failure(test=_clean(test), message=_clean(text)) for test, text in (*report.failures, *report.errors)
        ]
    final = outcome or run.outcome
    return JobResult(
        outcome=final,
        tests=counts,
        failures=tuple(failures),
        exit_code=run.end.exit if run.end else None,
        seconds=round(run.seen.seconds, 3),
        peak_mb=run.end.peak_mb if run.end else None,
        stdout=text_of(run.seen.stdout),
        stderr=run.fault or text_of(run.seen.stderr),
        grade=None if final in ("not_collected", "infra_error") else grade,
        why=why,
        passed_tests=passed,
    )


def unstarted(outcome: Outcome, reason: str) -> JobResult:
    """The result of a job that did not run: a bad sample, or a sandbox that could not (`infra_error`)."""
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


def text_of(content: bytes) -> str:
    """Output as text."""
    return content.decode(errors="replace")


def _fault(seen: Seen, ends: list[End | None]) -> str:
    """Why the sandbox itself failed, if it did."""
    for text in seen.ends:
        if b'"fault"' in text:
            return f"The sandbox could not lay out the job: {text_of(text).strip()[-500:]}"
    if not seen.started:
        return f"The sandbox did not start. {seen.said}".strip()
    # A solution that does not leave once the tests have ended is ended without a last word.
    if seen.cut is None and not ends[-1]:
        return f"The sandbox ended without a word. {seen.said}".strip()
    return ""


def _limit(seen: Seen, ends: list[End | None], limits: Limits) -> Outcome | None:
    """Which limit ended it, if one did."""
    if seen.cut:
        return seen.cut
    for end in filter(None, ends):
        if end.cut:
            return end.cut
        if -end.exit == signal.SIGXCPU or (-end.exit == signal.SIGKILL and end.cpu_seconds >= limits.cpu_seconds):
            return "timeout"
        if -end.exit == signal.SIGKILL and end.peak_mb >= limits.memory_mb / 2:
            return "memory_limit"
    return None


def _reported(report: Report | None, solution: End | None, tests: End | None) -> Outcome:
    left = tests is not None and tests.exit == 0
    if report is None or not report.complete:
        if report and report.memory:
            return "memory_limit"
        return "tampered" if left else "error"
    if report.ended:
        return "tampered" if solution is None or solution.exit == 0 else "error"
    if report.memory:
        return "memory_limit"
    outcomes = list(report.outcomes.values())
    if "failed" in outcomes:
        return "failed"
    if report.errors:
        return "error"
    if set(report.outcomes) != set(report.collected) or len(set(report.collected)) != len(report.collected):
        return "tampered"
    if "passed" not in outcomes:
        return "not_collected"
    return "passed" if left else "error"


def _parse_end(content: bytes) -> End | None:
    """The last line; None where the trusted side never came so far."""
    try:
        return End.model_validate_json(content.splitlines()[-1])
    except (IndexError, ValidationError):
        return None


def _parse_report(content: bytes | None) -> Report | None:
    try:
        return Report.model_validate_json(content or b"")
    except ValidationError:
        return None


def _parse_code(content: bytes | None) -> int | None:
    try:
        return int(content or b"")
    except ValueError:
        return None


def _clean(text: str) -> str:
    """Without the addresses of objects, which differ from run to run."""
    return _ADDRESS.sub("0x...", text)
