"""Verifying: what the sandbox saw becomes a record, tests are proven, and the sandbox's own faults are counted."""

from dataclasses import replace

import pytest

from synth.errors import SandboxFault
from synth.records import CodeFile, Failure, Solution, TestCounts, TestsChange
from synth.sandbox.base import Job, JobResult, Sandbox, Script, ScriptResult
from synth.sandbox.prove import Faults
from synth.steps.verify import Judging, verdict_id, verify_solution
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
PASSED = JobResult(
    "passed",
    TestCounts(collected=1, passed=1),
    (),
    0,
    0.1,
    20.0,
    "",
    "",
    "A-split",
    "",
    ("tests/test_calc.py::test_add",),
)
PLAIN = Judging(7.5, prove_tests=False, recheck=False)


class ScriptedSandbox:
    """Gives results from a list and keeps the jobs."""

    backend = "scripted"
    level = "strong"

    def __init__(self, *results: JobResult) -> None:
        self._results = list(results)
        self.jobs: list[Job] = []

    def verify(self, job: Job) -> JobResult:
        """Give the next result."""
        self.jobs.append(job)
        return self._results.pop(0)

    def run(self, script: Script) -> ScriptResult:
        """Runs nothing."""
        raise AssertionError("nobody asked for a script")

    def close(self) -> None:
        """Nothing is open."""


def test_a_verdict_carries_all_that_the_sandbox_saw() -> None:
    scripted = ScriptedSandbox(FAILED)
    verdict = verify_solution(scripted, SOLUTION, PLAIN)
    assert verdict.id == verdict_id(scripted, SOLUTION, PLAIN)
    assert (verdict.solution_id, verdict.outcome, verdict.proven) == ("solution-1", "failed", False)
    assert (verdict.tests, verdict.failures, verdict.exit_code) == (FAILED.tests, FAILED.failures, 1)
    assert (verdict.seconds, verdict.peak_mb, verdict.stdout, verdict.stderr) == (0.5, 20.0, "out", "err")
    assert (verdict.backend, verdict.level) == ("scripted", "strong")
    assert (verdict.grade, verdict.why, verdict.proof, verdict.flaky) == (None, "", None, None)


def test_the_grade_and_its_reason_are_kept() -> None:
    together = replace(PASSED, grade="B-canary", why="the tests use the fixture `capsys`")
    verdict = verify_solution(ScriptedSandbox(together), SOLUTION, PLAIN)
    assert (verdict.grade, verdict.why, verdict.proven) == ("B-canary", "the tests use the fixture `capsys`", True)


def test_the_job_is_the_solution_with_the_time_it_may_take() -> None:
    scripted = ScriptedSandbox(FAILED)
    verify_solution(scripted, SOLUTION, PLAIN)
    (job,) = scripted.jobs
    assert (job.files, job.tests, job.packages) == (SOLUTION.files, SOLUTION.tests, ("json",))
    assert (job.limits.wall_seconds, job.limits.cpu_seconds) == (7.5, 7.5)


def test_a_fault_of_the_sandbox_is_tried_again_twice() -> None:
    assert verify_solution(ScriptedSandbox(FAULT, FAILED), SOLUTION, PLAIN).outcome == "failed"
    scripted = ScriptedSandbox(FAULT, FAULT, FAULT)
    verdict = verify_solution(scripted, SOLUTION, PLAIN)
    assert (verdict.outcome, verdict.unfinished) == ("infra_error", True)
    assert len(scripted.jobs) == 3


def test_a_failure_of_the_solution_is_not_tried_again() -> None:
    scripted = ScriptedSandbox(FAILED, FAILED)
    verify_solution(scripted, SOLUTION, Judging())
    assert len(scripted.jobs) == 1


def test_a_pass_that_another_order_does_not_repeat_is_flaky_and_not_proven() -> None:
    scripted = ScriptedSandbox(PASSED, replace(FAILED, passed_tests=()))
    verdict = verify_solution(scripted, SOLUTION, replace(PLAIN, recheck=True))
    assert (verdict.outcome, verdict.flaky, verdict.proven, verdict.doubt) == ("passed", True, False, "flaky")
    first, again = scripted.jobs
    assert first.hash_seed != again.hash_seed
    assert (first.order, again.order is None) == (None, False)


def test_a_pass_that_a_stub_repeats_is_not_proven() -> None:
    verdict = verify_solution(ScriptedSandbox(PASSED, PASSED), SOLUTION, replace(PLAIN, prove_tests=True, mutants=0))
    assert verdict.proof is not None
    assert (verdict.proof.stub, verdict.proven) == ("passed", False)
    assert "does nothing" in verdict.doubt


def test_a_stub_that_the_sandbox_could_not_run_leaves_the_verdict_unfinished() -> None:
    results = (PASSED, FAULT, FAULT, FAULT)
    verdict = verify_solution(ScriptedSandbox(*results), SOLUTION, replace(PLAIN, prove_tests=True, mutants=0))
    assert (verdict.outcome, verdict.proven, verdict.unfinished) == ("passed", False, True)


def test_corrected_tests_are_tried_on_a_stub_even_where_tests_are_not_proven() -> None:
    change = TestsChange(ruling_id="ruling-1", reason="3 is right", files=("tests/test_calc.py",))
    corrected = SOLUTION.model_copy(update={"tests_change": change})
    verdict = verify_solution(ScriptedSandbox(PASSED, FAILED), corrected, PLAIN)
    assert verdict.proof is not None
    assert (verdict.proof.stub, verdict.proven) == ("failed", True)


def test_nothing_is_proven_without_isolation() -> None:
    scripted = ScriptedSandbox(PASSED)
    scripted.level = "none"
    verdict = verify_solution(scripted, SOLUTION, PLAIN)
    assert (verdict.outcome, verdict.proven, verdict.doubt) == ("passed", False, "run without isolation")


def test_faults_are_counted_once_a_job_and_too_many_in_a_row_end_the_run() -> None:
    faults = Faults()
    verify_solution(ScriptedSandbox(FAULT, FAULT, FAILED), SOLUTION, PLAIN, faults)
    assert (faults.jobs, faults.faults) == (1, 1)
    verify_solution(ScriptedSandbox(FAILED), SOLUTION, PLAIN, faults)
    for _ in range(4):
        verify_solution(ScriptedSandbox(FAULT, FAULT, FAULT), SOLUTION, PLAIN, faults)
    with pytest.raises(SandboxFault, match=r"5 jobs in a row; the last reason: no start\. .*`synth doctor`"):
        verify_solution(ScriptedSandbox(FAULT, FAULT, FAULT), SOLUTION, PLAIN, faults)
    assert faults.faults == 6


def test_the_id_names_the_solution_the_sandbox_and_the_way_of_judging() -> None:
    first, other = ScriptedSandbox(), ScriptedSandbox()
    other.backend = "another"
    assert verdict_id(first, SOLUTION, Judging()) == verdict_id(ScriptedSandbox(), SOLUTION, Judging())
    assert verdict_id(first, SOLUTION, Judging()) != verdict_id(other, SOLUTION, Judging())
    further = SOLUTION.model_copy(update={"id": "solution-2"})
    assert verdict_id(first, SOLUTION, Judging()) != verdict_id(first, further, Judging())
    ways = [Judging(), Judging(20), Judging(mutants=3), Judging(recheck=False), Judging(prove_tests=False)]
    assert len({verdict_id(first, SOLUTION, way) for way in ways}) == len(ways)
    unused = Judging(prove_tests=False, mutants=3)
    assert verdict_id(first, SOLUTION, unused) == verdict_id(first, SOLUTION, ways[-1])


@pytest.mark.sandbox
def test_a_real_solution_is_proven(sandbox: Sandbox) -> None:
    verdict = verify_solution(sandbox, SOLUTION, Judging())
    assert (verdict.outcome, verdict.proven, verdict.level) == ("passed", True, "strong")
    assert (verdict.grade, verdict.flaky) == ("A-split", False)
    assert verdict.proof is not None
    assert (verdict.proof.stub, verdict.proof.score) == ("failed", 1.0)


@pytest.mark.sandbox
def test_a_solution_with_a_bad_path_is_a_verdict_and_not_an_exception(sandbox: Sandbox) -> None:
    bad = SOLUTION.model_copy(update={"files": (CodeFile(path="../calc.py", text=""),)})
    verdict = verify_solution(sandbox, bad, Judging())
    assert verdict.outcome == "not_collected"
    assert "'../calc.py'" in verdict.stderr
