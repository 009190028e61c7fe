"""The nouns: what passes from one step to the next, is journaled, stored and exported.

Every record is frozen and forbids unknown fields. Its `id` is the hash of what made it (see `ids`).
"""

from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

FeaturePath = tuple[str, ...]
"""A feature: the names from its category down to itself. Never a joined string."""

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

CATEGORIES: tuple[str, ...] = (
    "programming language",
    "workflow",
    "implementation style",
    "functionality",
    "resource usage",
    "computation operation",
    "security",
    "user interaction",
    "data processing",
    "file operation",
    "error handling",
    "logging",
    "dependency relations",
    "algorithm",
    "data structures",
    "implementation logic",
    "advanced techniques",
)
"""EpiCoder's categories: the language and the sixteen that Table 15 counts."""


class Frozen(BaseModel):
    """A frozen value that refuses unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Record(Frozen):
    """Something a run makes and the workspace keeps."""

    kind: ClassVar[str]
    id: str


class Made(Frozen):
    """Who answered: provenance of every record that an engine made."""

    engine: str
    model: str
    prompt: str
    prompt_hash: str
    temperature: float
    prompt_tokens: int | None = None
    """None where the endpoint did not say; never 0 for unknown."""
    completion_tokens: int | None = None
    seconds: float = 0.0


class Seed(Record):
    """A piece of real code that features are read from."""

    kind: ClassVar[str] = "seed"
    source: Literal["stdlib", "path"]
    path: str
    """Relative to the folder that was added, with that folder's own name in front."""
    line: int
    end_line: int
    name: str
    """Qualified name inside the file, for example `Decoder.decode`."""
    unit: Literal["function", "class"]
    code: str
    licence: str
    """SPDX id where known, else `unknown`."""


class PreExtraction(Record):
    """Keywords of one seed by the draft prompt (EpiCoder 2.1, step 1)."""

    kind: ClassVar[str] = "pre_extraction"
    seed_id: str
    keywords: tuple[str, ...]
    made: Made


class Demonstration(Record):
    """One version of the tree that shows the engine what to extract (EpiCoder 2.1, step 2)."""

    kind: ClassVar[str] = "demonstration"
    version: int
    previous_id: str | None
    features: tuple[FeaturePath, ...]
    added: int
    """Paths that the previous version did not hold."""
    removed: int
    covered: float
    """Share of the pre-extracted keywords that appear as a node, 0 to 1."""
    made: Made


class Extraction(Record):
    """The small feature tree that one seed shows."""

    kind: ClassVar[str] = "extraction"
    seed_id: str
    demonstration_id: str | None
    features: tuple[FeaturePath, ...]
    made: Made


class Grown(Frozen):
    """One node that growth added, with its estimated count (Algorithm 2, lines 6-16)."""

    path: FeaturePath
    estimated: float
    basis: Literal["expanded", "tree", "none"]
    """Where the siblings were found; "none" means no sibling, so the estimate is 1."""


class Refused(Frozen):
    """One proposed name that growth did not take."""

    path: FeaturePath
    reason: str


class Growth(Record):
    """One step of feature evolution: the subtree drawn, what the engine added, what was refused."""

    kind: ClassVar[str] = "growth"
    step: int
    drawn: tuple[FeaturePath, ...]
    added: tuple[Grown, ...]
    refused: tuple[Refused, ...]
    made: Made


class Shape(Frozen):
    """How to draw a subtree (EpiCoder 2.3, Equation 1 and Algorithm 1)."""

    model_config = ConfigDict(ser_json_inf_nan="strings")

    widths: tuple[int, ...] = (5, 2, 1, 1)
    """Children to draw at each level below the root: never exceeded."""
    temperatures: tuple[float, ...] = (1.0,)
    """Used in turn, one a draw; none is 0. Higher is flatter; below 0 the rarest come most."""
    mandatory: int = Field(default=2, ge=0)
    """How many drawn leaves the task must use."""
    fixed: tuple[FeaturePath, ...] = ()
    """Always in the draw; they take a place of the width of their level."""
    excluded: tuple[FeaturePath, ...] = ()
    """Never in the draw, nor anything below them."""
    boosts: tuple[tuple[str, float], ...] = ()
    """Category name and the factor on its probability (targeted learning, EpiCoder 1)."""
    distinct: bool = False
    """False: with replacement into a set, as in Algorithm 1. True: exactly `width` where there are so many."""
    never: tuple[tuple[FeaturePath, FeaturePath], ...] = ()
    """Pairs of features that no draw has together."""
    only_with: tuple[tuple[FeaturePath, FeaturePath], ...] = ()
    """The first of a pair is drawn only together with the second."""


class Subtree(Record):
    """One draw from the tree under a shape."""

    model_config = ConfigDict(ser_json_inf_nan="strings")

    kind: ClassVar[str] = "subtree"
    draw: int
    seed: int
    shape: Shape
    temperature: float
    features: tuple[FeaturePath, ...]
    """Every node drawn, parents before children."""
    mandatory: tuple[FeaturePath, ...]
    """The leaves that the task must use."""


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
    def proven(self) -> bool:
        """True where the solution may be exported as proven: it passed, steadily, and a stub of it does not pass."""
        idle = self.proof is not None and self.proof.stub == "passed"
        return self.outcome == "passed" and not self.flaky and not idle and self.level != "none"


class Score(Record):
    """One number about one record. "Unscored" is the absence of a score, never 0."""

    kind: ClassVar[str] = "score"
    subject_id: str
    name: str
    value: float
    reason: str = ""
    by: str
    """Who gave it: a module of ours, or `engine/model` for a judge."""


class Instruction(Record):
    """A node of a Tree-of-Evolution tree. A root has round 0 and holds the code or task it grows from."""

    kind: ClassVar[str] = "instruction"
    tree_id: str
    """Id of the root."""
    parent_id: str | None
    origin_id: str
    """The seed or task that the root came from."""
    round: int
    draw: int
    text: str
    made: Made | None


class Choice(Record):
    """A decision about one record: kept or not, and why."""

    kind: ClassVar[str] = "choice"
    subject_id: str
    stage: Literal["beam", "collect", "decontaminate"]
    kept: bool
    reason: str
    value: float | None = None
    """V = challenge + diversity for the first two stages; overlapping n-grams for the last."""


class Answer(Record):
    """The answer to a collected instruction, at temperature 0."""

    kind: ClassVar[str] = "answer"
    instruction_id: str
    text: str
    made: Made


class Dropped(Record):
    """An item that ended early: which step, why, and the raw reply where there was one."""

    kind: ClassVar[str] = "dropped"
    subject_id: str
    """The record that the step worked on."""
    wanted_id: str
    """The id that the record would have had; unless `retry`, a resumed run does not try it again."""
    step: str
    reason: str
    raw: str = ""
    retry: bool = False
    """True where no reply came at all: a resumed run tries this item again."""


KINDS: dict[str, type[Record]] = {
    model.kind: model
    for model in (
        Seed,
        PreExtraction,
        Demonstration,
        Extraction,
        Growth,
        Subtree,
        Task,
        Solution,
        Verdict,
        Score,
        Instruction,
        Choice,
        Answer,
        Dropped,
    )
}


def dropped(step: str, subject_id: str, wanted_id: str, reason: str, raw: str = "", *, retry: bool = False) -> Dropped:
    """Build the `Dropped` record for an item that ended at `step`."""
    return Dropped(
        id=f"dropped-{wanted_id}",
        subject_id=subject_id,
        wanted_id=wanted_id,
        step=step,
        reason=reason,
        raw=raw,
        retry=retry,
    )
