"""Tasks, their solutions, and what running the tests of a solution said."""

from typing import ClassVar, Literal

from synth.records.base import Frozen, Made, Record

Level = Literal["function", "files", "repository"]
Outcome = Literal[
    "passed",
    "failed",
    "error",
    "timeout",
    "memory_limit",
    "output_limit",
    "tampered",
    "not_collected",
    "infra_error",
]

Grade = Literal["A-split", "B-canary", "C-counted"]
"""How a verdict was reached: tests and solution in separate processes; in one process, with tests altered to fail as
proof that the report is honest; in one process, every test accounted for but not every one altered."""


class Task(Record):
    """A scenario and an instruction made from a subtree (EpiCoder A.4)."""

    kind: ClassVar[str] = "task"
    subtree_id: str
    level: Level
    draw: int
    selected: tuple[str, ...]
    """Feature names that the engine says it used."""
    scenario: str
    statement: str
    """The detailed task, tag `<t>`."""
    instruction: str
    """One or two sentences, tag `<i>`."""
    made: Made

    @property
    def question(self) -> str:
        """What a model is trained on: the instruction, then the requirements."""
        return f"{self.instruction}\n\n{self.statement}"


class CodeFile(Frozen):
    """One file of a solution, at a relative path inside it."""

    path: str
    text: str


class TestsChange(Frozen):
    """That the tests of an attempt are not those of the first draft: a judge said that the tests were wrong."""

    __test__: ClassVar[bool] = False
    ruling_id: str
    """Of the `Ruling` that said so."""
    reason: str
    files: tuple[str, ...]
    """Paths of the test files that changed."""
    dropped: tuple[tuple[str, str], ...] = ()
    """Tests that are gone, as `path::Class::name`, each with the reason."""


class Solution(Record):
    """Files and tests for a task (EpiCoder A.5); repairs are further attempts."""

    kind: ClassVar[str] = "solution"
    task_id: str
    attempt: int
    """0 is the first draft."""
    previous_id: str | None
    files: tuple[CodeFile, ...]
    tests: tuple[CodeFile, ...]
    packages: tuple[str, ...]
    note: str = ""
    """What a repair says it changed."""
    tests_change: TestsChange | None = None
    """None where the tests are those of the first draft."""
    made: Made


class Ruling(Record):
    """What a judge said about an attempt that repairs did not mend: is the solution wrong, or are its tests?"""

    kind: ClassVar[str] = "ruling"
    task_id: str
    solution_id: str
    verdict_id: str
    blames: Literal["solution", "tests"]
    reason: str
    tests: tuple[CodeFile, ...] = ()
    """All test files as corrected; empty where the solution is blamed."""
    change: TestsChange | None = None
    """What is different in them; None where the solution is blamed."""
    made: Made


class TestCounts(Frozen):
    """Tests by outcome; a skipped test is neither pass nor fail."""

    __test__: ClassVar[bool] = False
    collected: int = 0
    passed: int = 0
    failed: int = 0
    skipped: int = 0


class Failure(Frozen):
    """One failed test and what it said."""

    test: str
    message: str


class Proof(Frozen):
    """How much a solution's tests prove: what they say of a solution that does nothing, and of small mutants."""

    stub: Outcome | None
    """What the tests said when every function of the solution does nothing; None where there was nothing to stub."""
    mutants: int = 0
    killed: int = 0
    """Mutants for which the tests did not pass."""
    idle: tuple[str, ...] = ()
    """Tests that failed for no mutant and not for the stub."""

    @property
    def score(self) -> float | None:
        """The mutation score, 0 to 1; None where no mutant was made."""
        return self.killed / self.mutants if self.mutants else None


class Verdict(Record):
    """What running the tests of one solution said; never an exception, never a guess."""

    kind: ClassVar[str] = "verdict"
    solution_id: str
    outcome: Outcome
    tests: TestCounts
    failures: tuple[Failure, ...]
    exit_code: int | None
    seconds: float
    peak_mb: float | None
    """Largest resident size of the whole job, MiB; None where it could not be read."""
    stdout: str
    stderr: str
    backend: str
    level: str
    grade: Grade | None = None
    """None where nothing was judged, and in verdicts from before grades were kept."""
    why: str = ""
    """Why the grade is not `A-split`."""
    proof: Proof | None = None
    """None where it was not asked for, or the solution did not pass."""
    flaky: bool | None = None
    """Whether another hash seed and order of tests gave another verdict; None where that was not tried."""

    @property
    def doubt(self) -> str:
        """Why the solution may not be exported as proven, in words that may follow "not proven:"; empty where it may.

        Proven: it passed, steadily, in isolation, and a stub of it does not pass.
        """
        stub = self.proof.stub if self.proof is not None else None
        if self.outcome != "passed":
            return self.outcome
        if self.level == "none":
            return "run without isolation"
        if self.level == "partial":
            return "run with partial isolation only"
        if self.flaky:
            return "flaky"
        if stub == "passed":
            return "its tests pass for a solution that does nothing"
        return "the sandbox failed while the tests were tried on a stub" if stub == "infra_error" else ""

    @property
    def proven(self) -> bool:
        """True where the solution may be exported as proven; `doubt` says what is in the way."""
        return not self.doubt

    @property
    def unfinished(self) -> bool:
        """True where the sandbox failed, not the solution: to be judged again."""
        return self.outcome == "infra_error" or (self.proof is not None and self.proof.stub == "infra_error")
