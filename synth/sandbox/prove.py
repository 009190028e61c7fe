"""A verdict and how much it is worth: the tests are run on the solution, again in another order, and on wrong
versions of it that they should refuse. Faults of the sandbox are retried here, and counted.
"""

import hashlib
import random
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from synth.errors import SandboxFault
from synth.records import CodeFile, Proof
from synth.sandbox.base import Job, JobResult, Sandbox
from synth.sandbox.mutants import mutants as make_mutants
from synth.sandbox.mutants import stub as make_stub

_LEAST_WALL_SECONDS = 2.0
_TIMES_AS_LONG = 4.0
"""How much longer than the solution a wrong version of it may take: one that never ends is common."""
_SECOND_SEEDS = (1, 2)
"""Hash seeds of the second run: always the same, because the sandbox keeps a warm process for each seed in use."""


@dataclass(frozen=True, slots=True)
class Proven:
    """What the tests said, and what that is worth."""

    result: JobResult
    proof: Proof | None = None
    """None where it was not asked for, or the solution did not pass."""
    flaky: bool | None = None
    """Whether another hash seed and order of tests gave another verdict; None where that was not tried."""
    dropped: tuple[str, ...] = ()
    """Tests not counted in `result` because they refused no wrong version (`strict`)."""


def prove(
    sandbox: Sandbox,
    job: Job,
    *,
    mutants: int = 0,
    stub: bool = False,
    strict: bool = False,
    recheck: bool = False,
    tries: int = 3,
) -> Proven:
    """Run the job's tests and, where they pass, find out what they prove. Blocking; safe to call from threads.

    mutants: how many wrong versions of the solution to try at most. stub: try one that does nothing, too.
    strict: leave out of the result the tests that refused neither the stub (which is then tried) nor any mutant;
    where none is left, the outcome is `not_collected` and `stderr` says why. recheck: run the solution once more
    under another hash seed and order of tests. tries: how often to start a job that ends as `infra_error`, at most.
    """
    result = _verify(sandbox, job, tries)
    if result.outcome != "passed":
        return Proven(result)
    chance = random.Random(_digest((*job.files, *job.tests)))
    flaky = _recheck(sandbox, job, result, chance, tries) if recheck else None
    if not (mutants or stub or strict):
        return Proven(result, flaky=flaky)
    proof = _prove_tests(sandbox, _shortened(job, result), result, mutants, stub or strict, chance, tries)
    if not (strict and proof.idle):
        return Proven(result, proof, flaky)
    return Proven(_without(result, proof.idle), proof, flaky, proof.idle)


class Faults:
    """Counts jobs and the sandbox's own faults among them; may be shared by threads."""

    def __init__(self, share: float = 0.01, least: int = 200, in_a_row: int = 5) -> None:
        """share: more faults than this (0 to 1) of at least `least` jobs are too many, as are `in_a_row` of them."""
        self._share, self._least, self._in_a_row = share, least, in_a_row
        self._lock = threading.Lock()
        self._row = 0
        self._reason = ""
        self.jobs = 0
        self.faults = 0

    def note(self, result: JobResult) -> None:
        """Count a job that has ended. Raises `SandboxFault` where the sandbox fails too often to go on."""
        with self._lock:
            fault = result.outcome == "infra_error"
            self.jobs += 1
            self.faults += fault
            self._row = self._row + 1 if fault else 0
            if fault:
                self._reason = " ".join(result.stderr.split())[-300:] or "no reason was given"
            many = self.jobs >= self._least and self.faults > self._share * self.jobs
            if not many and self._row < self._in_a_row:
                return
            said = f"{self.faults} of {self.jobs} jobs" if many else f"{self._row} jobs in a row"
            reason = self._reason
        raise SandboxFault(
            f"the sandbox failed in {said}; the last reason: {reason}. Run `synth doctor` to find out why"
        )


def _verify(sandbox: Sandbox, job: Job, tries: int) -> JobResult:
    result = sandbox.verify(job)
    for _ in range(tries - 1):
        if result.outcome != "infra_error":
            break
        result = sandbox.verify(job)
    return result


def _recheck(sandbox: Sandbox, job: Job, first: JobResult, chance: random.Random, tries: int) -> bool | None:
    """Whether the verdict changes; None where the sandbox could not say."""
    seed = next(seed for seed in _SECOND_SEEDS if seed != job.hash_seed)
    # Whether the solution forges is settled: its tests are run as they are written, and judged as before.
    other = replace(job, hash_seed=seed, order=chance.getrandbits(32), apart=_stays_apart(job, first), once=True)
    again = _verify(sandbox, other, tries)
    if again.outcome == "infra_error":
        return None
    return again.outcome != first.outcome or set(again.passed_tests) != set(first.passed_tests)


def _prove_tests(
    sandbox: Sandbox, job: Job, result: JobResult, most: int, stub: bool, chance: random.Random, tries: int
) -> Proof:
    """Try the wrong versions of a solution that passed."""

    def attempt(files: Sequence[CodeFile]) -> JobResult:
        return _verify(sandbox, replace(job, files=tuple(files)), tries)

    nothing = make_stub(job.files) if stub else None
    stubbed = attempt(nothing) if nothing is not None else None
    tried = [attempt(mutant.files) for mutant in make_mutants(job.files, most, chance)] if most > 0 else []
    tried = [one for one in tried if one.outcome != "infra_error"]
    seen = tried if stubbed is None or stubbed.outcome == "infra_error" else [stubbed, *tried]
    return Proof(
        stub=stubbed.outcome if stubbed is not None else None,
        mutants=len(tried),
        killed=sum(one.outcome != "passed" for one in tried),
        idle=_idle(result, seen),
    )


def _idle(result: JobResult, wrong: Sequence[JobResult]) -> tuple[str, ...]:
    """Tests that passed with the solution and with every wrong version; empty where no version was tried."""
    if not wrong:
        return ()
    always = set(result.passed_tests).intersection(*(one.passed_tests for one in wrong))
    return tuple(test for test in result.passed_tests if test in always)


def _without(result: JobResult, dropped: Sequence[str]) -> JobResult:
    """The result as if the dropped tests did not exist."""
    left = set(result.passed_tests) - set(dropped)
    fewer = len(result.passed_tests) - len(left)
    counts = result.tests
    tests = counts.model_copy(update={"collected": counts.collected - fewer, "passed": counts.passed - fewer})
    kept = tuple(test for test in result.passed_tests if test in left)
    if left:
        return replace(result, tests=tests, passed_tests=kept)
    reason = f"none of the {fewer} tests failed for a wrong version of the solution, so they prove nothing"
    stderr = f"{result.stderr.rstrip()}\n{reason}".lstrip()
    return replace(result, outcome="not_collected", tests=tests, passed_tests=(), stderr=stderr)


def _shortened(job: Job, result: JobResult) -> Job:
    """The job for wrong versions: less time, and judged as the solution was, so that nothing is tried twice."""
    wall = min(job.limits.wall_seconds, max(_LEAST_WALL_SECONDS, _TIMES_AS_LONG * result.seconds))
    limits = replace(job.limits, wall_seconds=wall)
    return replace(job, limits=limits, apart=_stays_apart(job, result), once=True)


def _stays_apart(job: Job, result: JobResult) -> bool:
    """Whether to judge the job apart again."""
    return job.apart and result.grade in (None, "A-split")


def _digest(files: Iterable[CodeFile]) -> str:
    """The same for the same files, so that a repeated proof tries the same mutants."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.path}\0{file.text}\0".encode(errors="surrogatepass"))
    return digest.hexdigest()
