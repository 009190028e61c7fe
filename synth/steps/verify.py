"""Verify: run a solution's tests in the sandbox, find out what they prove, and record it (EpiCoder 2.3)."""

from dataclasses import dataclass

from synth.ids import record_id
from synth.records import Solution, Verdict
from synth.sandbox.base import Job, JobResult, Limits, Sandbox, Script, ScriptResult
from synth.sandbox.prove import Faults, prove

_WAY = 2
"""Number of the way of judging: part of a verdict's id, so that no verdict of another way is taken for one of this."""


@dataclass(frozen=True, slots=True)
class Judging:
    """How solutions are judged."""

    timeout_seconds: float = 10.0
    """Of wall clock and of processor time, for the solution."""
    prove_tests: bool = True
    """Try the tests on a stub, and on mutants. A solution whose tests were corrected is tried on a stub in any case."""
    mutants: int = 8
    """At most."""
    recheck: bool = True
    """Run a solution that passed again, under another hash seed and order."""


def verdict_id(sandbox: Sandbox, solution: Solution, judging: Judging) -> str:
    """The id of the verdict on `solution`: known before the work, so that a resumed run can skip it."""
    stub, mutants = _tried(solution, judging)
    way = (_WAY, judging.timeout_seconds, int(stub), mutants, int(judging.recheck))
    return record_id("verdict", solution.id, sandbox.backend, sandbox.level, *way)


def verify_solution(sandbox: Sandbox, solution: Solution, judging: Judging, faults: Faults | None = None) -> Verdict:
    """Run the tests of `solution`, and prove them where they pass.

    Blocking. Never raises for what the solution does; a sandbox that keeps failing gives the outcome `infra_error`.
    With `faults` every job is counted, and `SandboxFault` is raised where too many of them were the sandbox's fault.
    """
    job = Job(
        files=solution.files,
        tests=solution.tests,
        packages=solution.packages,
        limits=Limits(wall_seconds=judging.timeout_seconds, cpu_seconds=judging.timeout_seconds),
    )
    stub, mutants = _tried(solution, judging)
    counted = sandbox if faults is None else _Counted(sandbox, faults)
    proven = prove(counted, job, mutants=mutants, stub=stub, recheck=judging.recheck)
    result = proven.result
    return Verdict(
        id=verdict_id(sandbox, solution, judging),
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
        grade=result.grade,
        why=result.why,
        proof=proven.proof,
        flaky=proven.flaky,
    )


def _tried(solution: Solution, judging: Judging) -> tuple[bool, int]:
    """Whether the tests are tried on a stub, and on how many mutants."""
    stub = judging.prove_tests or solution.tests_change is not None
    return stub, judging.mutants if judging.prove_tests else 0


class _Counted:
    """A sandbox whose faults are counted: each job once, however often it is tried. For one solution, in one thread."""

    def __init__(self, sandbox: Sandbox, faults: Faults) -> None:
        self._sandbox = sandbox
        self._faults = faults
        self._last: Job | None = None

    @property
    def backend(self) -> str:
        return self._sandbox.backend

    @property
    def level(self) -> str:
        return self._sandbox.level

    def verify(self, job: Job) -> JobResult:
        result = self._sandbox.verify(job)
        if job is not self._last:
            self._faults.note(result)
        self._last = job
        return result

    def run(self, script: Script) -> ScriptResult:
        return self._sandbox.run(script)

    def close(self) -> None:
        """The sandbox is its owner's to close."""
