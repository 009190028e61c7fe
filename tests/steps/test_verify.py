"""Verifying: what the sandbox saw becomes a record, and its own faults get a second try."""

import pytest

from synth.records import CodeFile, Failure, Solution, TestCounts
from synth.sandbox.base import Job, JobResult, Sandbox
from synth.steps.verify import verdict_id, verify_solution
from tests.examples import MADE
from tests.sandboxed import sandbox

__all__ = ["sandbox"]

SOLUTION = Solution(
    id="solution-1",
    task_id="task-1",
    attempt=0,
    previous_id=None,
    files=(CodeFile(path="calc.py", text="def add(a, b):\n    return a + b\n"),),
    tests=(
        CodeFile(path="tests/test_calc.py", text="from calc import add\ndef test_add():\n    assert add(1, 2) == 3\n"),
    ),
    packages=("json",),
    made=MADE,
)
FAILED = JobResult(
    outcome="failed",
    tests=TestCounts(collected=2, passed=1, failed=1),
    failures=(Failure(test="test_a", message="assert 1 == 2"),),
    exit_code=1,
    seconds=0.5,
    peak_mb=20.0,
    stdout="out",
    stderr="err",
)
FAULT = JobResult("infra_error", TestCounts(), (), None, 0.1, None, "", "no start")


class ScriptedSandbox:
    """Gives results from a list and keeps the jobs."""

    backend = "scripted"
    level = "none"

    def __init__(self, *results: JobResult) -> None:
        self._results = list(results)
        self.jobs: list[Job] = []

    def verify(self, job: Job) -> JobResult:
        """Give the next result."""
        self.jobs.append(job)
        return self._results.pop(0)


def test_a_verdict_carries_all_that_the_sandbox_saw() -> None:
    scripted = ScriptedSandbox(FAILED)
    verdict = verify_solution(scripted, SOLUTION, 7.5)
    assert verdict.id == verdict_id(scripted, SOLUTION, 7.5)
    assert (verdict.solution_id, verdict.outcome, verdict.proven) == ("solution-1", "failed", False)
    assert (verdict.tests, verdict.failures, verdict.exit_code) == (FAILED.tests, FAILED.failures, 1)
    assert (verdict.seconds, verdict.peak_mb, verdict.stdout, verdict.stderr) == (0.5, 20.0, "out", "err")
    assert (verdict.backend, verdict.level) == ("scripted", "none")


def test_the_job_is_the_solution_with_the_time_it_may_take() -> None:
    scripted = ScriptedSandbox(FAILED)
    verify_solution(scripted, SOLUTION, 7.5)
    (job,) = scripted.jobs
    assert (job.files, job.tests, job.packages) == (SOLUTION.files, SOLUTION.tests, ("json",))
    assert (job.limits.wall_seconds, job.limits.cpu_seconds) == (7.5, 7.5)


def test_a_fault_of_the_sandbox_is_tried_again_once() -> None:
    assert verify_solution(ScriptedSandbox(FAULT, FAILED), SOLUTION, 10).outcome == "failed"
    scripted = ScriptedSandbox(FAULT, FAULT)
    assert verify_solution(scripted, SOLUTION, 10).outcome == "infra_error"
    assert len(scripted.jobs) == 2


def test_a_failure_of_the_solution_is_not_tried_again() -> None:
    scripted = ScriptedSandbox(FAILED, FAILED)
    verify_solution(scripted, SOLUTION, 10)
    assert len(scripted.jobs) == 1


def test_the_id_names_the_solution_and_the_sandbox() -> None:
    first, other = ScriptedSandbox(), ScriptedSandbox()
    other.backend = "another"
    assert verdict_id(first, SOLUTION, 10) == verdict_id(ScriptedSandbox(), SOLUTION, 10)
    assert verdict_id(first, SOLUTION, 10) != verdict_id(other, SOLUTION, 10)
    assert verdict_id(first, SOLUTION, 10) != verdict_id(first, SOLUTION.model_copy(update={"id": "solution-2"}), 10)
    assert verdict_id(first, SOLUTION, 10) != verdict_id(first, SOLUTION, 20)


@pytest.mark.sandbox
def test_a_real_solution_is_proven(sandbox: Sandbox) -> None:
    verdict = verify_solution(sandbox, SOLUTION, 10)
    assert (verdict.outcome, verdict.proven, verdict.level) == ("passed", True, "strong")


@pytest.mark.sandbox
def test_a_solution_with_a_bad_path_is_a_verdict_and_not_an_exception(sandbox: Sandbox) -> None:
    bad = SOLUTION.model_copy(update={"files": (CodeFile(path="../calc.py", text=""),)})
    verdict = verify_solution(sandbox, bad, 10)
    assert verdict.outcome == "not_collected"
    assert "'../calc.py'" in verdict.stderr
