"""What a verdict is worth: wrong versions of a solution, another order, and faults of the sandbox itself."""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from types import ModuleType

import pytest

from synth.errors import SandboxFault
from synth.records import CodeFile, Outcome, Proof, TestCounts
from synth.sandbox.base import Job, JobResult, Limits, Script, ScriptResult
from synth.sandbox.prove import Faults, prove

SOLUTION = """\
SEEN = []
def add(a, b):
    SEEN.append(a)
    return a + b
def name():
    return "Bo"
"""
TESTS = """\
def test_add(): assert add(1, 2) == 3
def test_name(): assert name() == "Bo"
def test_idle(): assert callable(add)
"""


@dataclass
class Here:
    """A sandbox without walls for these files of ours: runs the functions of the tests where it stands."""

    faults: int = 0
    """So many jobs end as `infra_error` first."""
    seconds: float = 0.1
    jobs: list[Job] = field(default_factory=list)
    backend: str = "here"
    level: str = "none"

    def verify(self, job: Job) -> JobResult:
        self.jobs.append(job)
        if self.faults:
            self.faults -= 1
            return result("infra_error", stderr="no room")
        space = ModuleType("tests").__dict__ | {"HASH_SEED": job.hash_seed}
        for file in (*job.files, *job.tests):
            exec(compile(file.text, file.path, "exec"), space)
        names = [name for name in space if name.startswith("test_")]
        if job.order is not None:
            random.Random(job.order).shuffle(names)
        passed = tuple(f"test_it.py::{name}" for name in names if self._passes(space[name]))
        return result("passed" if len(passed) == len(names) else "failed", passed, len(names), self.seconds)

    def run(self, script: Script) -> ScriptResult:
        raise NotImplementedError

    def close(self) -> None:
        """Nothing to end."""

    @staticmethod
    def _passes(test: Callable[[], None]) -> bool:
        try:
            test()
        except (AssertionError, TypeError, AttributeError):
            return False
        return True


def result(
    outcome: Outcome, passed: tuple[str, ...] = (), collected: int = 0, seconds: float = 0.1, stderr: str = ""
) -> JobResult:
    """What a sandbox saw."""
    counts = TestCounts(collected=collected, passed=len(passed), failed=collected - len(passed))
    return JobResult(outcome, counts, (), 0, seconds, None, "", stderr, passed_tests=passed)


def job(tests: str = TESTS, solution: str = SOLUTION, limits: Limits | None = None) -> Job:
    """One solution and its tests."""
    files = (CodeFile(path="solution.py", text=solution),)
    return Job(files, (CodeFile(path="test_it.py", text=tests),), limits=limits or Limits())


def test_a_plain_proof_is_one_run() -> None:
    sandbox = Here()
    proven = prove(sandbox, job())
    assert (proven.result.outcome, proven.proof, proven.flaky, proven.dropped) == ("passed", None, None, ())
    assert sandbox.jobs == [job()]


def test_what_does_not_pass_is_not_proven_further() -> None:
    sandbox = Here()
    proven = prove(sandbox, job("def test_a(): assert add(1, 2) == 4"), mutants=5, stub=True, strict=True, recheck=True)
    assert (proven.result.outcome, proven.proof, proven.flaky) == ("failed", None, None)
    assert len(sandbox.jobs) == 1


def test_stub_and_mutants_tell_which_tests_prove_nothing() -> None:
    sandbox = Here()
    proven = prove(sandbox, job(), mutants=4, stub=True)
    assert proven.proof is not None
    assert proven.proof.stub == "failed"
    assert proven.proof.mutants == 4
    assert proven.proof.killed < 4, "that nothing is noted any more is seen by no test"
    assert proven.proof.idle == ("test_it.py::test_idle",)
    assert proven.result.tests.passed == 3
    assert proven.dropped == ()
    assert len(sandbox.jobs) == 6
    assert len({one.files for one in sandbox.jobs}) == 6


def test_a_proof_repeated_tries_the_same_mutants() -> None:
    one, two = Here(), Here()
    assert prove(one, job(), mutants=2, recheck=True) == prove(two, job(), mutants=2, recheck=True)
    assert one.jobs == two.jobs


def test_wrong_versions_get_little_time_and_one_run() -> None:
    for seconds, limit, expected in ((0.1, 10.0, 2.0), (1.5, 10.0, 6.0), (1.5, 3.0, 3.0), (0.1, 1.0, 1.0)):
        sandbox = Here(seconds=seconds)
        prove(sandbox, job(limits=Limits(wall_seconds=limit)), mutants=1, stub=True, recheck=True)
        assert [one.limits.wall_seconds for one in sandbox.jobs] == [limit, limit, expected, expected]
        assert [one.once for one in sandbox.jobs] == [False, True, True, True]


def test_strict_leaves_out_the_tests_that_refuse_nothing() -> None:
    proven = prove(Here(), job(), strict=True)
    assert proven.dropped == ("test_it.py::test_idle",)
    assert proven.result.outcome == "passed"
    assert proven.result.passed_tests == ("test_it.py::test_add", "test_it.py::test_name")
    assert proven.result.tests == TestCounts(collected=2, passed=2)


def test_strict_counts_nothing_where_no_test_refuses_anything() -> None:
    proven = prove(Here(), job("def test_idle(): assert callable(add)"), strict=True, mutants=3)
    assert proven.result.outcome == "not_collected"
    assert proven.result.tests == TestCounts()
    assert (
        proven.result.stderr == "none of the 1 tests failed for a wrong version of the solution, so they prove nothing"
    )
    assert proven.proof == Proof(stub="passed", mutants=3, killed=0, idle=("test_it.py::test_idle",))


def test_where_nothing_can_be_made_wrong_nothing_is_dropped() -> None:
    proven = prove(Here(), job("def test_a(): assert X == 'a'", "X = 'a'"), strict=True, mutants=3)
    assert (proven.result.outcome, proven.proof) == ("passed", Proof(stub=None))


def test_another_order_and_hash_seed_find_what_is_flaky() -> None:
    assert prove(Here(), job(), recheck=True).flaky is False
    assert prove(Here(), job("def test_a(): assert HASH_SEED == 0"), recheck=True).flaky is True
    sandbox = Here()
    prove(sandbox, job(), recheck=True)
    assert sandbox.jobs[1].hash_seed != 0
    assert sandbox.jobs[1].order is not None
    assert sandbox.jobs[1].apart


def test_the_second_hash_seed_is_always_the_same_and_the_order_is_not() -> None:
    sandbox = Here()
    for number in range(5):
        prove(sandbox, job(f"{TESTS}\nX = {number}\n"), recheck=True)
    again = sandbox.jobs[1::2]
    assert [one.hash_seed for one in again] == [1] * 5
    assert len({one.order for one in again}) == 5
    prove(sandbox, replace(job(), hash_seed=1), recheck=True)
    assert sandbox.jobs[-1].hash_seed == 2


def test_a_job_judged_together_is_flaky_too_where_another_test_passes_in_another_order() -> None:
    class Together(Here):
        def verify(self, job: Job) -> JobResult:
            seen = super().verify(job)
            passed = seen.passed_tests if not job.once else seen.passed_tests[1:]
            return replace(seen, grade="B-canary", passed_tests=passed)

    assert prove(Together(), job(), recheck=True).flaky is True


def test_the_sandboxs_own_faults_are_tried_again() -> None:
    sandbox = Here(faults=2)
    assert prove(sandbox, job()).result.outcome == "passed"
    assert len(sandbox.jobs) == 3
    sandbox = Here(faults=9)
    assert prove(sandbox, job(), tries=4).result.outcome == "infra_error"
    assert len(sandbox.jobs) == 4


def test_a_fault_in_a_later_run_is_neither_a_kill_nor_flaky() -> None:
    class Failing(Here):
        def verify(self, job: Job) -> JobResult:
            return super().verify(job) if not self.jobs else result("infra_error")

    proven = prove(Failing(), job(), mutants=2, stub=True, recheck=True, strict=True)
    assert proven.flaky is None
    assert proven.proof == Proof(stub="infra_error")
    assert proven.result.outcome == "passed"


def test_tests_judged_together_are_not_tried_apart_again() -> None:
    class Together(Here):
        def verify(self, job: Job) -> JobResult:
            return replace(super().verify(job), grade="B-canary")

    sandbox = Together()
    prove(sandbox, job(), stub=True, recheck=True)
    assert [one.apart for one in sandbox.jobs] == [True, False, False]
    assert [one.once for one in sandbox.jobs] == [False, True, True]


def test_faults_in_a_row_stop_the_run() -> None:
    faults = Faults()
    for outcome in ("infra_error",) * 4 + ("failed",) + ("infra_error",) * 4:
        faults.note(result(outcome))  # type: ignore[arg-type]
    with pytest.raises(SandboxFault, match=r"5 jobs in a row; the last reason: no room\. Run `synth doctor`"):
        faults.note(result("infra_error", stderr="no\n room\n"))


def test_more_faults_than_one_in_a_hundred_stop_the_run() -> None:
    faults = Faults()
    for number in range(300):
        faults.note(result("infra_error" if number in (10, 20, 299) else "passed"))
    with pytest.raises(SandboxFault, match="4 of 301 jobs"):
        faults.note(result("infra_error"))


def test_a_few_faults_at_the_beginning_are_forgiven_until_enough_is_known() -> None:
    faults = Faults()
    for number in range(199):
        faults.note(result("infra_error" if number % 20 == 0 else "passed"))
    with pytest.raises(SandboxFault, match="10 of 200 jobs; the last reason: no reason was given"):
        faults.note(result("passed"))


def test_faults_are_counted_from_many_threads() -> None:
    faults = Faults(share=1.0)

    def count() -> None:
        for _ in range(2000):
            faults.note(result("passed"))

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults.jobs == 16_000
