"""The chain of one sample around a judge: when it is asked, what its ruling leads to, and how a bad sandbox ends it."""

import asyncio
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Literal

import pytest

from synth.ask import Asker
from synth.embed import SentenceEmbedder
from synth.errors import SandboxFault
from synth.flow import Desk
from synth.flow.samples import make_samples, proven_tasks
from synth.journal import Index, Journal, read_run
from synth.models.base import Reply, Request
from synth.records import Record, Ruling, Solution, TestCounts, Verdict
from synth.sandbox.base import Job, JobResult, Script, ScriptResult
from synth.settings import RunConfig
from synth.tree.columns import FeatureTree
from tests.examples import EXTRACTION

TASK = "<f>summation</f><s>A shop.</s><t>`total(values)` adds up values, at least one of them.</t><i>Add up a cart.</i>"
CODE = "def total(values):\n    return {}\n"
TEST = "from adding import total\n\n\ndef test_total():\n    assert total([1, 2]) == {}\n"
OF_TESTS = "<verdict>tests</verdict><reason>1 + 2 is 3</reason>\n"
OF_SOLUTION = "<verdict>solution</verdict><reason>it forgets one</reason>"


def block(path: str, text: str) -> str:
    return f"<file>{path}</file>\n```python\n{text}```\n"


def draft(code: str, expected: int) -> str:
    return block("adding.py", CODE.format(code)) + block("test_adding.py", TEST.format(expected))


class Engine:
    """Answers each prompt with its own replies in turn, the last one again and again; keeps what was asked."""

    engine = "scripted"
    name = "scripted-1"

    def __init__(self, **replies: Sequence[str]) -> None:
        self._replies = {"make_task": [TASK], **{prompt: list(said) for prompt, said in replies.items()}}
        self.asked: list[str] = []

    async def complete(self, request: Request) -> Reply:
        """Give the prompt's next reply."""
        said = self._replies[request.prompt]
        self.asked.append(request.prompt)
        return Reply(text=said.pop(0) if len(said) > 1 else said[0], model=self.name)

    async def close(self) -> None:
        """Nothing is open."""


class AddingSandbox:
    """Judges the sums of these tests by their text: it runs nothing, and fails itself where it is told to."""

    backend = "adding"
    level = "strong"

    def __init__(self, *, fails: bool = False) -> None:
        self._fails = fails

    def verify(self, job: Job) -> JobResult:
        """Passed where the code adds up and the test expects 3."""
        if self._fails:
            return JobResult("infra_error", TestCounts(), (), None, 0.0, None, "", "no start")
        adds = "sum(values)" in job.files[0].text
        expected = re.findall(r"== (\d+)", job.tests[0].text)
        good = expected == ["3" if adds else "0"]
        outcome: Literal["passed", "failed"] = "passed" if good else "failed"
        counts = TestCounts(collected=1, passed=int(good), failed=int(not good))
        return JobResult(outcome, counts, (), int(not good), 0.0, None, "", "", "A-split", "", ("t",) if good else ())

    def run(self, script: Script) -> ScriptResult:
        """Runs nothing."""
        raise AssertionError("nobody asked for a script")

    def close(self) -> None:
        """Nothing is open."""


class Watch:
    """Lets everything go on; remembers the faults it is told of."""

    told = 0

    def start(self, step: str, total: int) -> None: ...

    def advance(self, step: str, *, dropped: bool = False, reused: bool = False) -> None: ...

    def control(self) -> Literal["go", "pause", "cancel"]:
        return "go"

    def faults(self, number: int) -> None:
        self.told = number

    def paused(self, now: bool) -> None: ...


def run(
    folder: Path, engine: Engine, sandbox: AddingSandbox, count: int = 1, **tasks: object
) -> tuple[list[str], list[Record]]:
    """Make the samples of one run; going on where an earlier call left off. Returns the proven and all records."""
    config = RunConfig.model_validate(
        {"sample": {"count": count, "widths": (1, 1)}, "tasks": {"files_share": 0, **tasks}}
    )
    tree = FeatureTree()
    tree.add_extraction(EXTRACTION.model_copy(update={"features": EXTRACTION.features[:2]}), "seed-1")
    with Index.of_run(folder) as finished, Journal(folder) as journal, ThreadPoolExecutor(1) as threads:
        desk = Desk(config, Asker(engine), SentenceEmbedder(), sandbox, journal, Watch(), threads, finished=finished)
        asyncio.run(make_samples(desk, tree, None))
        proven = list(proven_tasks(desk, count))
    return proven, list(read_run(folder))


def of_kind(records: list[Record], kind: type[Record]) -> list[Any]:
    return [record for record in records if isinstance(record, kind)]


def test_a_wrong_test_is_corrected_after_the_repairs_and_the_solution_is_proven(tmp_path: Path) -> None:
    engine = Engine(
        solve_task=[draft("0", 4)],
        repair_solution=[block("adding.py", CODE.format("sum(values)")), "<decline>4 contradicts the task</decline>"],
        review_tests=[OF_TESTS + block("test_adding.py", TEST.format(3))],
    )
    proven, records = run(tmp_path, engine, AddingSandbox())
    assert len(proven) == 1
    assert engine.asked == ["make_task", "solve_task", "repair_solution", "repair_solution", "review_tests"]
    solutions = of_kind(records, Solution)
    assert [solution.tests_change is not None for solution in solutions] == [False, False, True]
    (ruling,) = of_kind(records, Ruling)
    assert (ruling.blames, solutions[-1].tests_change.ruling_id) == ("tests", ruling.id)
    assert [verdict.outcome for verdict in of_kind(records, Verdict)] == ["failed", "failed", "passed"]


def test_a_blamed_solution_ends_there(tmp_path: Path) -> None:
    engine = Engine(
        solve_task=[draft("0", 3)],
        repair_solution=[block("adding.py", CODE.format(number)) for number in (1, 2, 3)],
        review_tests=[OF_SOLUTION],
    )
    proven, records = run(tmp_path, engine, AddingSandbox())
    assert (proven, len(of_kind(records, Solution))) == ([], 4)
    assert engine.asked.count("repair_solution") == 3
    assert engine.asked.count("review_tests") == 1
    assert of_kind(records, Ruling)[0].reason == "it forgets one"


def test_the_judge_is_asked_once_and_rounds_that_are_left_go_on_with_the_corrected_tests(tmp_path: Path) -> None:
    engine = Engine(
        solve_task=[draft("1", 4)],
        repair_solution=[
            "<decline>4 contradicts the task</decline>",
            *(block("adding.py", CODE.format(number)) for number in (5, 6, 7)),
        ],
        review_tests=[OF_TESTS + block("test_adding.py", TEST.format(3))],
    )
    proven, records = run(tmp_path, engine, AddingSandbox())
    solutions = of_kind(records, Solution)
    assert proven == []
    assert [solution.attempt for solution in solutions] == [0, 1, 2, 3, 4]
    assert all(solution.tests_change for solution in solutions[1:]), "repairs keep the corrected tests and say so"
    assert engine.asked.count("review_tests") == 1


def test_corrected_tests_that_a_stub_passes_prove_nothing(tmp_path: Path) -> None:
    engine = Engine(
        solve_task=[draft("0", 4)],
        repair_solution=["<decline>4 contradicts the task</decline>"],
        review_tests=[OF_TESTS + block("test_adding.py", TEST.format(0))],
    )
    proven, records = run(tmp_path, engine, AddingSandbox(), prove_tests=False, recheck=False)
    last = of_kind(records, Verdict)[-1]
    assert (last.outcome, last.proof.stub, proven) == ("passed", "passed", [])


@pytest.mark.parametrize("tasks", [{"review_tests": False}, {"repair_rounds": 0}])
def test_the_judge_is_not_asked_where_the_run_wants_none(tmp_path: Path, tasks: dict[str, object]) -> None:
    engine = Engine(solve_task=[draft("0", 4)], repair_solution=["<decline>no</decline>"])
    run(tmp_path, engine, AddingSandbox(), **tasks)
    assert "review_tests" not in engine.asked


def test_a_sandbox_that_keeps_failing_ends_the_run_and_what_is_done_stays_done(tmp_path: Path) -> None:
    replies = [draft("sum(values)", 3)]
    with pytest.raises(SandboxFault, match="5 jobs in a row"):
        run(tmp_path, Engine(solve_task=replies), AddingSandbox(fails=True), count=12)
    again = Engine(solve_task=replies)
    proven, records = run(tmp_path, again, AddingSandbox(), count=12)
    assert len(proven) == 12
    assert len({solution.id for solution in of_kind(records, Solution)}) == 12
    assert len(again.asked) < 24, "tasks and solutions of the first try are not made again"
