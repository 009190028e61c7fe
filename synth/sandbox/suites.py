"""How the tests of one job are judged: apart from the solution where they allow it, else in one process.

Judged apart, the solution's process never holds a test (grade `A-split`). In one process (`B-canary`), the literals
that tests expect are held back and compared with what was recorded; what is not proven so is run several times
more, each time with other assertions altered so that an honest run fails them, and each run looks like any other:
code that forges a pass cannot know which tests have to fail. What could be neither makes the grade `C-counted`.
"""

import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from synth.records import CodeFile, Outcome
from synth.sandbox.admit import runnable
from synth.sandbox.apart import modules_of, why_together
from synth.sandbox.base import Job, JobResult
from synth.sandbox.canaries import Round, plan_rounds
from synth.sandbox.held import Opaque, decode
from synth.sandbox.holding import Held, hold
from synth.sandbox.judge import Run, judge_run, result
from synth.sandbox.watch import Part, Seen

Runner = Callable[[Sequence[Part]], Seen]
"""Runs the parts of a job, each in a new cell."""

_MAY_SKIP = re.compile(r"skip|xfail|expectedFailure", re.IGNORECASE)
_LIMITS: tuple[Outcome, ...] = ("timeout", "memory_limit", "output_limit", "infra_error")
_FINAL: tuple[Outcome, ...] = (*_LIMITS, "tampered", "not_collected")
_ATTEMPTS = 2
"""Tests may hang together so that altering one makes another fail: tried once more, with twice the rounds."""
_NETWORK = re.compile(
    "socket|http|url|asyncio|async |request|ftp|smtp|imap|poplib|nntp|telnet|rpc|ssl|server|netw|listen|connect|"
    "manager",
    re.IGNORECASE,
)
_MOST_NAMED = 5


class Suite:
    """A job whose files are admitted."""

    def __init__(self, job: Job, limits: Mapping[str, Any], run: Runner, chance: random.Random) -> None:
        """`limits` as a cell reads them; `chance` must not be known to the code under test."""
        self._job = job
        self._limits = limits
        self._run = run
        self._chance = chance
        self._runnable = runnable(job.tests)

    def judge(self) -> JobResult:
        """Reach a verdict. Raises what running a part raises."""
        why = "the job asks for one process"
        if self._job.apart:
            reason = why_together(self._job.files, self._job.tests, self._runnable)
            if reason is None:
                run = self._explained(self._apart)
                if run.report is None or run.report.apart is None or run.outcome in _FINAL:
                    return result(run, "A-split", "")
                reason = run.report.apart
            why = reason
        if self._job.once:
            return result(self._once(self._job.tests), "C-counted", why)
        return self._among_altered(why)

    def _among_altered(self, why: str) -> JobResult:
        """With the expectations held back, then among altered tests where that leaves something open.

        Only what passes has to prove anything: a wrong solution is run as its tests were written, once.
        """
        held = hold(self._job.tests, self._runnable)
        proven: frozenset[int] = frozenset()
        first: Run | None = None
        if held.expected:
            run = self._skips_checked(self._once(held.tests))
            if run.outcome in _LIMITS:
                return result(run, "B-canary", why)
            proven, wrong = _compare(held, run)
            first = run if run.outcome == "passed" and not wrong else None
        if first is None:
            first = self._skips_checked(self._explained(partial(self._in_one_process, self._job.tests)))
            if first.outcome != "passed":
                return result(first, "B-canary", why)
        return self._among_rounds(first, proven, why)

    def _among_rounds(self, first: Run, proven: frozenset[int], why: str) -> JobResult:
        """Let what is not proven yet show that it fails where it must.

        From within, no run differs from another: a forger who knows which single test he has to forge still has to
        guess, for each run, whether that test may pass.
        """
        ran = {_plain(test) for test in first.report.collected} if first.report else set()
        plan = plan_rounds(self._job.tests, self._runnable, self._chance, proven)
        if hidden := sorted((plan.alterable | plan.settled) - ran):
            return _refused(first, why, "not_collected", "was not run", hidden)
        for _ in range(_ATTEMPTS):
            disturbed: list[str] = []
            for round_ in plan.rounds:
                refused, disturbed = self._altered(round_, why)
                if refused:
                    return refused
                if disturbed:
                    break
            if not disturbed:
                whole = ran <= (plan.alterable | plan.settled) - plan.bare
                return result(first, "B-canary" if whole else "C-counted", why)
            again = [plan_rounds(self._job.tests, self._runnable, self._chance, proven) for _ in range(2)]
            plan = replace(plan, rounds=tuple(round_ for each in again for round_ in each.rounds))
        return _refused(first, why, "failed", "passes as written, but not once other tests fail", disturbed)

    def _altered(self, round_: Round, why: str) -> tuple[JobResult | None, list[str]]:
        """Run a round: the verdict, where it is one; and the kept tests that did not pass."""
        run = self._skips_checked(self._once(round_.tests))
        report = run.report
        if run.outcome in _FINAL or report is None or not report.complete:
            return _refused(run, why, run.outcome, "ended the run once other tests were altered", ["the solution"]), []
        outcomes: dict[str, set[str]] = {}
        for test, outcome in report.outcomes.items():
            outcomes.setdefault(_plain(test), set()).add(outcome)
        missing = sorted((round_.altered | round_.kept) - outcomes.keys())
        if missing and not report.errors:
            return _refused(run, why, "tampered", "was not run", missing), []
        forged = [name for name in sorted(round_.altered) if "passed" in outcomes.get(name, ())]
        if forged:
            return _refused(run, why, "tampered", "passed although altered so that it must fail", forged), []
        disturbed = [name for name, said in outcomes.items() if name not in round_.altered and "failed" in said]
        return None, disturbed + [name for name, _ in report.errors]

    def _explained(self, parts: "Callable[[bool], list[Part]]") -> Run:
        """Run these parts; once more for the sake of messages, where that run left them out."""
        run = judge_run(self._run(parts(False)), self._job.limits)
        if run.outcome != "failed" or self._job.once or run.report is None or run.report.explained:
            return run
        again = judge_run(self._run(parts(True)), self._job.limits)
        return again if again.outcome == run.outcome else run

    def _once(self, tests: Iterable[CodeFile]) -> Run:
        return judge_run(self._run(self._in_one_process(tests, False)), self._job.limits)

    def _skips_checked(self, run: Run) -> Run:
        """A skip that no test file speaks of came from the solution."""
        skipped = run.report is not None and "skipped" in run.report.outcomes.values()
        if skipped and not any(_MAY_SKIP.search(test.text) for test in self._job.tests):
            return replace(run, outcome="tampered")
        return run

    def _apart(self, explained: bool) -> list[Part]:
        files = self._job.files
        offer = {"role": "candidate", "files": _texts(files), "limits": self._limits, "network": wants_network(files)}
        tests = self._message("driver", self._job.tests, explained) | {"modules": modules_of(self._job.files)}
        return [Part(offer, reports=False, linked=True), Part(tests, reports=True, linked=True)]

    def _in_one_process(self, tests: Iterable[CodeFile], explained: bool) -> list[Part]:
        return [Part(self._message("tests", (*self._job.files, *tests), explained), reports=True)]

    def _message(self, role: str, files: Iterable[CodeFile], explained: bool) -> dict[str, Any]:
        files = tuple(files)
        return {
            "role": role,
            "network": role == "tests" and wants_network(files),
            "files": _texts(files),
            "tests": self._runnable,
            "conftests": [test.path for test in self._job.tests if test.path.rpartition("/")[2] == "conftest.py"],
            "order": self._job.order,
            "explained": explained,
            "limits": self._limits,
        }


def _compare(held: Held, run: Run) -> tuple[frozenset[int], bool]:
    """Which expectations the recorded values meet, every time and as often as they must have been recorded; and whether
    a value missed one."""
    if run.report is None:
        return frozenset(), False
    ran = Counter(_plain(test) for test in run.report.collected)
    met: dict[int, list[bool]] = {}
    wrong = False
    for number, encoded in run.report.held:
        expected = held.expected.get(number)
        if expected is None:
            continue
        try:
            meets = expected.meets(decode(encoded))
        except Opaque:
            meets = False
        else:
            wrong = wrong or not meets
        met.setdefault(number, []).append(meets)
    proven = set()
    for number, said in met.items():
        expected = held.expected[number]
        least = expected.times * sum(ran[name] for name in expected.ids) if expected.certain else 1
        if all(said) and len(said) >= least:
            proven.add(number)
    return frozenset(proven), wrong


def _refused(run: Run, why: str, outcome: Outcome, what: str, tests: Sequence[str]) -> JobResult:
    named = ", ".join(tests[:_MOST_NAMED]) + (", ..." if len(tests) > _MOST_NAMED else "")
    report = run.report and run.report.model_copy(update={"failures": ()})
    return result(replace(run, report=report), "B-canary", why, outcome, [f"{what}: {named}"])


def _plain(test: str) -> str:
    """An id without its parameters."""
    path, sign, name = test.rpartition("::")
    return f"{path}{sign}{name.partition('[')[0]}"


def wants_network(files: Iterable[CodeFile]) -> bool:
    """Whether the text speaks of what needs a network of its own, which costs as much as all else of a cell.

    Where it does not, IP sockets cannot be made: a program that hides its wish finds no network at all.
    """
    return any(_NETWORK.search(file.text) for file in files)


def _texts(files: Iterable[CodeFile]) -> dict[str, str]:
    return {file.path: file.text for file in files}
