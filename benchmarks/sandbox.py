"""Claim: what runs in the sandbox runs at least as fast as in a plain subprocess; judged apart, many times faster.

python benchmarks/sandbox.py [--quick] [--rounds N] [--workers N]

Both sides do the same: lay out the files, run them, read the output, leave nothing. The plain side is a subprocess with
no isolation, once with the environment's Python and once with that of an empty environment, which starts quicker; a
ratio is to the quicker one. In every round each contender runs for a slice of time, as many runs at once as workers.
Ends with 1 where a limit is missed.
"""

import argparse
import os
import site
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import venv
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import sandbox_work
from measure import save
from sandbox_work import Work

from synth.sandbox.choose import choose_sandbox, find_program
from synth.sandbox.launch import Launcher, launch_user
from synth.sandbox.pool import OneShotSlot, SandboxPool
from synth.sandbox.runtime import prepare_runtime

Row = dict[str, object]
"""A line of the table of limits."""
Do = Callable[[Work], str]
"""Runs one work to its good end and says how it was judged."""
ENVIRONMENT = {"PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}
PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider")
FIRST_RESULT_SECONDS = 2.0
REPOSITORY_TIME = 0.8
STARTS = 5
SCRIPTS, FUNCTIONS, PANDAS, REPOSITORY = "scripts", "functions, 3 tests", "pandas, 3 tests", "repository of 50 files"
POOL, COLD, CHOSEN, TOGETHER = "pool", "a bubblewrap each", "as chosen", "in one process"
"""Sides: of the last two, one is judged apart from its tests where these allow it, the other never."""
_IDLE_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Effort:
    """How long it takes."""

    rounds: int
    slice_seconds: float


FULL, QUICK = Effort(9, 1.2), Effort(3, 0.6)


@dataclass(frozen=True, slots=True)
class Goal:
    """What a side's rate has to be, times that of the plain side."""

    least: float
    as_time: bool = False
    """Stated the other way round, as the time it takes."""


@dataclass
class Contest:
    """Sides that do the same work in turn."""

    name: str
    works: Sequence[Work]
    plain: Mapping[str, Do]
    ours: Mapping[str, Do]
    goals: Mapping[str, Goal]
    workers: int
    against: str = ""
    """The plain side that goals are about; the one with the higher median where none is named."""
    rates: dict[str, list[float]] = field(default_factory=dict)
    """Runs a second of each side, round by round."""
    judged: dict[str, Counter[str]] = field(default_factory=dict)
    """How often each side's runs had which grade."""

    def turn(self, number: int, seconds: float) -> None:
        """Every side once, another one first each time."""
        sides = list({**self.plain, **self.ours}.items())
        first = number % len(sides)
        for name, do in sides[first:] + sides[:first]:
            rate, grades = run_for(seconds, do, self.works, self.workers)
            self.rates.setdefault(name, []).append(rate)
            self.judged.setdefault(name, Counter()).update(grades)

    @property
    def baseline(self) -> str:
        """The plain side that goals are about."""
        return self.against or max(self.plain, key=lambda name: statistics.median(self.rates[name]))

    def found(self) -> dict[str, object]:
        """Rates of all sides, and ratios of ours."""
        return {
            "workers": self.workers,
            "runs a second": {name: round(statistics.median(rates), 1) for name, rates in self.rates.items()},
            "the plain side that limits are about": self.baseline,
            "times the rate of": {
                plain: {name: spread(self.ratios(name, plain)) for name in self.ours} for plain in self.plain
            },
            "grades": {name: sorted(self.judged[name]) for name in self.ours},
        }

    def ratios(self, name: str, plain: str) -> list[float]:
        """Our rate to that of a plain side, round by round."""
        return [ours / theirs for ours, theirs in zip(self.rates[name], self.rates[plain], strict=True)]

    def limits(self) -> list[Row]:
        """Every goal, and whether it holds."""
        rows = []
        for name, goal in self.goals.items():
            ratio = statistics.median(self.ratios(name, self.baseline))
            what = f"{self.name}: {name}, workers {self.workers}"
            value, limit = (1 / ratio, 1 / goal.least) if goal.as_time else (ratio, goal.least)
            kind = "times the plain time, at most" if goal.as_time else "times the plain rate, at least"
            rows.append(limit_row(what, kind, value, limit, ratio >= goal.least))
        return rows


def limit_row(what: str, kind: str, value: float, limit: float, holds: bool) -> Row:
    """A line of the table of limits."""
    return {"what": what, "kind": kind, "value": round(value, 2), "limit": round(limit, 2), "holds": holds}


def spread(values: Sequence[float]) -> dict[str, float]:
    """Median, lowest and highest."""
    rounded = [round(each, 2) for each in (statistics.median(values), min(values), max(values))]
    return dict(zip(("median", "lowest", "highest"), rounded, strict=True))


def run_for(seconds: float, do: Do, works: Sequence[Work], workers: int) -> tuple[float, Counter[str]]:
    """Runs a second on so many threads, each of which begins no more runs once the time is over; and their grades."""
    done: list[tuple[float, Counter[str]]] = []
    failed: list[BaseException] = []

    def one(offset: int) -> None:
        began, grades = time.perf_counter(), Counter[str]()
        try:
            while time.perf_counter() - began < seconds or not grades:
                grades[do(works[(offset + grades.total()) % len(works)])] += 1
        except (RuntimeError, OSError) as error:
            failed.append(error)
        done.append((grades.total() / (time.perf_counter() - began), grades))

    threads = [threading.Thread(target=one, args=(number,)) for number in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return sum(rate for rate, _ in done), sum((grades for _, grades in done), Counter())


def run_plainly(command: Sequence[str], environment: Mapping[str, str], work: Work) -> str:
    """In a subprocess in a new folder, which is then deleted."""
    with tempfile.TemporaryDirectory() as place:
        for file in (*work.files, *work.tests):
            path = Path(place, file.path)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(file.text, encoding="utf-8")
        words = [*command, *([work.main] if work.main else PYTEST)]
        done = subprocess.run(
            words, cwd=place, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
    if done.returncode:
        raise RuntimeError(f"the plain side failed: {done.stdout}{done.stderr}")
    return "exit code"


def run_script(pool: SandboxPool, work: Work) -> str:
    """A program in the sandbox."""
    result = pool.run(work.script())
    if result.outcome != "passed" or not result.stdout:
        raise RuntimeError(f"a program that should have passed: {result}")
    return "script"


def verify(pool: SandboxPool, apart: bool, work: Work) -> str:
    """A solution and its tests in the sandbox."""
    result = pool.verify(work.job(apart=apart))
    if result.outcome != "passed" or result.tests.passed != result.tests.collected:
        raise RuntimeError(f"a solution that should have passed: {result}")
    return str(result.grade)


PLAIN, STRIPPED = "plain", "plain, stripped"


def plain_sides(bare: Path, *, tests: bool) -> dict[str, Do]:
    """A subprocess of the environment's Python as it comes, and one from which all is taken that can be.

    Stripped: that of an empty environment in the folder `bare`; for tests without any plugins of pytest.
    """
    python = str(bare / "bin" / "python")
    # isolated, it would not see the packages either
    words = [python, "-s"] if tests else [python, "-I"]
    packages = {"PYTHONPATH": os.pathsep.join(site.getsitepackages()), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return {
        PLAIN: partial(run_plainly, [sys.executable], ENVIRONMENT),
        STRIPPED: partial(run_plainly, words, ENVIRONMENT | (packages if tests else {})),
    }


def once_pool(workers: int) -> SandboxPool:
    """The fallback: a bubblewrap for every cell."""
    program, runtime = find_program(), prepare_runtime(readable_by_all=launch_user() is not None)
    slots = [OneShotSlot(Launcher(program, runtime, launch_user(number))) for number in range(workers)]
    return SandboxPool("bubblewrap", "strong", slots, runtime)


def contests(warm: SandboxPool, once: SandboxPool, bare: Path, workers: int) -> list[Contest]:
    """All that is compared."""
    scripts, tests = plain_sides(bare, tests=False), plain_sides(bare, tests=True)
    programs: dict[str, Do] = {POOL: partial(run_script, warm), COLD: partial(run_script, once)}
    both: dict[str, Do] = {CHOSEN: partial(verify, warm, True), TOGETHER: partial(verify, warm, False)}
    with_cold = both | {f"{CHOSEN}, {COLD}": partial(verify, once, True)}
    small, repository = sandbox_work.functions(), [sandbox_work.repository()]
    in_time = {CHOSEN: Goal(1 / REPOSITORY_TIME, as_time=True)}
    fixtures, opened = sandbox_work.functions_with_fixtures(), sandbox_work.functions_without_literals()
    return [
        Contest(SCRIPTS, sandbox_work.scripts(), scripts, programs, {POOL: Goal(1.0), COLD: Goal(0.4)}, workers),
        Contest(FUNCTIONS, small, tests, with_cold, {CHOSEN: Goal(8.0), TOGETHER: Goal(3.0)}, workers, PLAIN),
        Contest(f"{FUNCTIONS} and a fixture", fixtures, tests, both, {TOGETHER: Goal(3.0)}, workers, PLAIN),
        Contest(f"{FUNCTIONS}, no literals", opened, tests, both, {TOGETHER: Goal(3.0)}, workers, PLAIN),
        Contest(PANDAS, sandbox_work.pandas_functions(), tests, both, {CHOSEN: Goal(8.0)}, workers, PLAIN),
        Contest(REPOSITORY, repository, tests, both, in_time, workers, PLAIN),
        Contest(REPOSITORY, repository, tests, both, in_time, 1, PLAIN),
        Contest(SCRIPTS, sandbox_work.scripts(), scripts, programs, {}, 1),
        Contest(FUNCTIONS, small, tests, both, {}, 1, PLAIN),
    ]


def first_results(workers: int) -> dict[str, dict[str, float]]:
    """Seconds from the start of a pool to its first verdict; the sandbox's Python is there already."""
    found = {}
    kinds = {FUNCTIONS: sandbox_work.functions()[0], PANDAS: sandbox_work.pandas_functions()[0]}
    for name, work in kinds.items():
        taken = []
        for _ in range(STARTS):
            began = time.perf_counter()
            pool = chosen_pool(workers)
            verify(pool, True, work)
            taken.append(time.perf_counter() - began)
            pool.close()
        found[name] = spread(taken)
    return found


def chosen_pool(workers: int) -> SandboxPool:
    """A new pool, as commands choose it."""
    choose_sandbox.cache_clear()
    pool = choose_sandbox(workers)
    if not isinstance(pool, SandboxPool) or pool.backend != "bubblewrap-pool":
        raise SystemExit(f"no warm processes can be had here, the sandbox is {pool.backend}")
    return pool


def busy_elsewhere() -> float:
    """Share of the processors that others keep busy while we do nothing, 0 to 1."""
    before = _processor_times()
    time.sleep(_IDLE_SECONDS)
    passed = [later - earlier for earlier, later in zip(before, _processor_times(), strict=True)]
    return 1 - (passed[3] + passed[4]) / max(1, sum(passed))


def _processor_times() -> list[int]:
    return [int(each) for each in Path("/proc/stat").read_text(encoding="ascii").splitlines()[0].split()[1:9]]


def table(limits: Sequence[Row]) -> str:
    """Every limit on a line."""
    lines = [f"{'':66} {'found':>7} {'limit':>6}"]
    for one in limits:
        holds = "" if one["holds"] else "   MISSED"
        lines.append(f"{one['what']:66} {one['value']:>7} {one['limit']:>6}  {one['kind']}{holds}")
    return "\n".join(lines)


def compare(held: Sequence[Contest], rounds: int, seconds: float) -> list[float]:
    """Let them all take turns; returns what other work took of the processors before each round."""
    busy = []
    for contest in held:
        contest.turn(0, 0.0)  # the first runs start the warm processes
        contest.rates.clear()
    for number in range(rounds):
        busy.append(busy_elsewhere())
        for contest in held:
            contest.turn(number, seconds)
            latest = ", ".join(f"{name} {rates[-1]:.1f}" for name, rates in contest.rates.items())
            print(f"  round {number + 1}, {contest.name}, workers {contest.workers}: {latest}", flush=True)
    return busy


def measure(effort: Effort, workers: int, only: str) -> tuple[list[Row], dict[str, object]]:
    """All limits, and the other numbers."""
    starts = first_results(workers)
    with tempfile.TemporaryDirectory() as place:
        venv.create(place, with_pip=False, symlinks=True)
        warm, once = chosen_pool(workers), once_pool(workers)
        held = [each for each in contests(warm, once, Path(place), workers) if only in each.name]
        busy = compare(held, effort.rounds, effort.slice_seconds)
        warm.close()
        once.close()
    slowest = max(each["median"] for each in starts.values())
    soon = slowest <= FIRST_RESULT_SECONDS
    limits = [row for contest in held for row in contest.limits()]
    limits.append(limit_row("first result of a new pool", "seconds, at most", slowest, FIRST_RESULT_SECONDS, soon))
    return limits, {
        "rounds": effort.rounds,
        "seconds of a slice": effort.slice_seconds,
        "share of the processors that other work kept busy": spread(busy),
        "seconds to the first result of a new pool": starts,
        "runs in the sandbox": sum(contest.judged[name].total() for contest in held for name in contest.ours),
        "contests": [{"name": contest.name, **contest.found()} for contest in held],
    }


def main() -> None:
    """Measure, save, and say which limits hold."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="few short rounds")
    parser.add_argument("--rounds", type=int, help="turns of every contest")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--only", default="", help="contests whose name holds this text; nothing is saved")
    options = parser.parse_args()
    effort = QUICK if options.quick else FULL
    effort = Effort(options.rounds or effort.rounds, effort.slice_seconds)
    limits, found = measure(effort, options.workers, options.only)
    if not options.only:
        save("sandbox-quick" if options.quick else "sandbox", {"limits": limits, **found})
    print(table(limits))
    sys.exit(0 if all(row["holds"] for row in limits) else 1)


if __name__ == "__main__":
    main()
