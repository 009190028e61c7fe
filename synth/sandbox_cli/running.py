"""One run of `synth verify`: lines in, verdicts out, until the end or until somebody wants it to stop."""

import json
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from synth.errors import EspalierError
from synth.sandbox.base import Job, Limits, Sandbox
from synth.sandbox.prove import Faults, Proven, prove
from synth.sandbox_cli.crew import Crew, Ended
from synth.sandbox_cli.ledger import Ledger, Options, in_shard, shard_of
from synth.sandbox_cli.lines import BadLine, Item, Line, parse, read_lines
from synth.sandbox_cli.showing import LineCount, Showing, State, clock, show

_LOOK_EVERY = 0.1
_GRACE_SECONDS = 5.0
_LINES_AT_ONCE = 1000
_BUSY_BYTES = 128 * 1024 * 1024
_WAITING_BYTES = 128 * 1024 * 1024
_MOST_BEHIND = 20_000
"""Lines that may have ended before an earlier one that takes its time."""

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Proofs:
    """What is wanted beside the verdict."""

    prove: bool
    mutants: int
    strict: bool
    recheck: bool


@dataclass(frozen=True, slots=True)
class _Task:
    line: Line
    item: Item
    size: int


class DatasetRun:
    """One run over a dataset."""

    def __init__(
        self,
        file: BinaryIO,
        ledger: Ledger,
        sandbox: Sandbox,
        limits: Limits,
        proofs: Proofs,
        options: Options,
        workers: int,
        *,
        as_json: bool,
    ) -> None:
        self._file, self._ledger, self._sandbox = file, ledger, sandbox
        self._limits, self._proofs, self._options, self._json = limits, proofs, options, as_json
        self._lines = read_lines(file, ledger.place.line, ledger.place.mark)
        self._crew: Crew[_Task, Proven] = Crew(workers, self._work)
        self._most_busy = 2 * workers
        self._busy_bytes = 0
        self._more = True
        self._done, self._run, self._reused = ledger.place.dealt, 0, ledger.place.results
        self._outcomes, self._bad = Counter(ledger.place.outcomes), ledger.place.bad
        self._began = time.monotonic()
        self._faults = Faults()
        self._count = LineCount(Path(file.name), *shard_of(options))

    def go(self) -> int:
        """Work to the end or until a signal comes. Returns the exit code."""
        try:
            with heeded_signals() as stop, show(as_json=self._json) as showing:
                self._work_off(stop, showing)
        except EspalierError:
            self._say_stopped()
            raise
        if self._more or self._ledger.behind:
            self._summarise("stopped")
            self._say_stopped()
            return 130
        self._ledger.finish()
        self._summarise("finished")
        return 0

    def _work_off(self, stop: "Stop", showing: Showing) -> None:
        while not stop.asked:
            full = self._fill(stop)
            showing.tell(self._state())
            if self._crew.busy:
                self._collect(_LOOK_EVERY if full else 0)
            elif not self._more:
                return
        self._crew.forget_waiting()
        until = time.monotonic() + _GRACE_SECONDS
        while self._crew.busy and time.monotonic() < until and stop.asked < 2:
            self._collect(_LOOK_EVERY, stopping=True)

    def _fill(self, stop: "Stop") -> bool:
        """Take in lines while there is room. False where there may be room for more."""
        for _ in range(_LINES_AT_ONCE):
            if stop.asked or not self._more or not self._has_room():
                return True
            line = next(self._lines, None)
            if line is None:
                self._more = False
            elif in_shard(line.number, self._options):
                self._take(line)
        return False

    def _has_room(self) -> bool:
        ledger, crew = self._ledger, self._crew
        busy = crew.busy < self._most_busy and self._busy_bytes < _BUSY_BYTES
        return busy and ledger.behind < _MOST_BEHIND and ledger.waiting < _WAITING_BYTES

    def _take(self, line: Line) -> None:
        ledger = self._ledger
        ledger.take(line)
        if known := ledger.kept.get(line.number):
            self._reused += 1
            self._note(known.outcome)
            ledger.reuse(line)
            return
        try:
            item = parse(line)
        except BadLine as fault:
            self._report(line, fault)
            self._bad, self._done = self._bad + 1, self._done + 1
            ledger.skip(line, bad=True)
            return
        if item is None:
            self._done += 1
            ledger.skip(line, bad=False)
        else:
            self._busy_bytes += len(line.text)
            self._crew.give(_Task(replace(line, text=b""), item, len(line.text)))

    def _report(self, line: Line, fault: BadLine) -> None:
        place = f"{self._file.name}:{line.number}"
        what = f"field `{fault.field}` {fault}" if fault.field else f"the line {fault}"
        print(f"{place}: {what}. Skipped.", file=sys.stderr, flush=True)
        if self._json:
            event = {"event": "bad_line", "line": line.number, "field": fault.field, "reason": str(fault)}
            print(json.dumps(event), flush=True)

    def _work(self, task: _Task) -> Proven:
        item, proofs = task.item, self._proofs
        job = Job(files=item.files, tests=item.tests, packages=item.packages, limits=self._limits)
        return prove(
            self._sandbox,
            job,
            mutants=proofs.mutants,
            stub=proofs.prove,
            strict=proofs.strict,
            recheck=proofs.recheck,
        )

    def _collect(self, seconds: float, *, stopping: bool = False) -> None:
        """Keep what has ended, if anything does so in time."""
        ended = self._crew.next(seconds)
        while ended is not None:
            self._keep(ended, stopping=stopping)
            ended = self._crew.next(0) if self._crew.busy else None

    def _keep(self, ended: Ended[_Task, Proven], *, stopping: bool) -> None:
        self._busy_bytes -= ended.task.size
        if ended.result is None:
            raise ended.error or RuntimeError("a worker ended without a word")
        outcome = ended.result.result.outcome
        if stopping and outcome == "infra_error":
            return  # the same Ctrl-C may have ended the sandbox; a resumed run tries it again
        text = json.dumps(self._answer(ended.task.item.id, ended.result))
        self._ledger.keep(ended.task.line, outcome, text)
        self._run += 1
        self._note(outcome)
        self._faults.note(ended.result.result)

    def _note(self, outcome: str) -> None:
        self._outcomes[outcome] += 1
        self._done += 1

    def _answer(self, id: str | int, proven: Proven) -> dict[str, object]:
        """The line of OUT; the optional fields only where they were asked for."""
        result, proof = proven.result, proven.proof
        answer: dict[str, object] = {
            "id": id,
            "outcome": result.outcome,
            "grade": result.grade,
            "tests": result.tests.model_dump(),
            "failures": [failure.model_dump() for failure in result.failures],
            "seconds": round(result.seconds, 4),
            "peak_mb": None if result.peak_mb is None else round(result.peak_mb, 1),
            "sandbox": {"backend": self._sandbox.backend, "level": self._sandbox.level},
            "stdout": result.stdout,
            "stderr": result.stderr,
            "why": result.why,
        }
        if self._proofs.prove:
            answer["proof"] = None if proof is None else {**proof.model_dump(), "score": proof.score}
        if self._proofs.recheck:
            answer["flaky"] = proven.flaky
        return answer

    def _state(self) -> State:
        return State(
            done=self._done,
            total=self._count.total,
            run=self._run,
            seconds=time.monotonic() - self._began,
            outcomes=self._outcomes,
            bad=self._bad,
        )

    def _summarise(self, end: str) -> None:
        state, out, results = self._state(), self._ledger.out, self._outcomes.total()
        if self._json:
            facts = {"results": results, "run": state.run, "reused": self._reused}
            seconds = round(state.seconds, 2)
            event = {"event": "summary", "end": end, **facts, **state.as_dict(), "seconds": seconds, "out": str(out)}
            print(json.dumps(event), flush=True)
            return
        said = ", ".join(f"{count:,} {outcome}" for outcome, count in self._outcomes.most_common())
        known = f", {self._reused:,} of them from before" if self._reused else ""
        bad = f"; {state.bad:,} bad lines skipped" if state.bad else ""
        print(f"{results:,} results in {out}{known}: {said or 'none'}{bad}; {clock(state.seconds)}.")

    def _say_stopped(self) -> None:
        """Where to go on."""
        print(
            f"synth: stopped; what was finished is kept in {self._ledger.out} and its journal. The same command with "
            "--resume goes on.",
            file=sys.stderr,
            flush=True,
        )


class Stop:
    """How often a signal asked to stop."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, *_: object) -> None:
        self.asked += 1


@contextmanager
def heeded_signals() -> Iterator[Stop]:
    """Count signals that ask to stop instead of dying by them; where handlers may not be set, none is counted."""
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {one: signal.getsignal(one) for one in _SIGNALS}
    mine = [one for one, handler in before.items() if handler not in (signal.SIG_IGN, None)]
    try:
        for one in mine:
            signal.signal(one, stop)
        yield stop
    finally:
        for one in mine:
            signal.signal(one, before[one])
