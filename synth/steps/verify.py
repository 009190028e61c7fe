"""Verify: run a solution's tests in the sandbox and record what they said (EpiCoder 2.3)."""

from synth.ids import record_id
from synth.records import Solution, Verdict
from synth.sandbox.base import Job, Limits, Sandbox

_TRIES = 2
"""A fault of the sandbox is not the solution's: it gets a second try."""


def verdict_id(sandbox: Sandbox, solution: Solution, timeout_seconds: float) -> str:
    """The id of the verdict on `solution`: known before the work, so that a resumed run can skip it."""
    return record_id("verdict", solution.id, sandbox.backend, sandbox.level, timeout_seconds)


def verify_solution(sandbox: Sandbox, solution: Solution, timeout_seconds: float) -> Verdict:
    """Run the tests of `solution` for at most `timeout_seconds` of wall clock and of processor time.

    Blocking. Never raises for what the solution does; a sandbox that fails twice gives the outcome `infra_error`.
    """
    job = Job(
        files=solution.files,
        tests=solution.tests,
        packages=solution.packages,
        limits=Limits(wall_seconds=timeout_seconds, cpu_seconds=timeout_seconds),
    )
    for _ in range(_TRIES):
        result = sandbox.verify(job)
        if result.outcome != "infra_error":
            break
    return Verdict(
        id=verdict_id(sandbox, solution, timeout_seconds),
        solution_id=solution.id,
        outcome=result.outcome,
        tests=result.tests,
        failures=result.failures,
        exit_code=result.exit_code,
        seconds=result.seconds,
        peak_mb=result.peak_mb,
        stdout=result.stdout,
        stderr=result.stderr,
        backend=sandbox.backend,
        level=sandbox.level,
    )
