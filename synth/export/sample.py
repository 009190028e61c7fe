"""What export works on: one finished sample with everything that it rests on, gathered by the caller."""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from synth.records import (
    Answer,
    CodeFile,
    FeaturePath,
    Instruction,
    Made,
    Ruling,
    Score,
    Solution,
    Subtree,
    Task,
    Verdict,
)

_TICKS = re.compile("`+")
_LANGUAGES = {
    ".py": "python",
    ".pyi": "python",
    ".json": "json",
    ".toml": "toml",
    ".yaml": "yaml",
    ".yml": "yaml",
    ".md": "markdown",
    ".sql": "sql",
    ".sh": "bash",
    ".csv": "csv",
}


@dataclass(frozen=True, slots=True)
class Sample:
    """A task with its final solution, or an instruction with its answer; the rest is lineage."""

    task: Task | None = None
    subtree: Subtree | None = None
    solution: Solution | None = None
    """The final attempt."""
    verdict: Verdict | None = None
    """Of the final attempt."""
    attempts: tuple[tuple[Solution, Verdict | None], ...] = ()
    """All of them, first draft first, the final one included."""
    rulings: tuple[Ruling, ...] = ()
    """What judges said about the tests of an attempt."""
    scores: tuple[Score, ...] = ()
    instruction: Instruction | None = None
    answer: Answer | None = None
    evidence: tuple[tuple[FeaturePath, tuple[str, ...]], ...] = ()
    """For each feature the places `path:line` of the seeds that show it."""
    licences: tuple[str, ...] = ()
    """Of the seeds; SPDX ids or `unknown`."""
    run_ids: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Id of the record that answers: the solution or answer; else of the one that asks. Raises `ValueError`."""
        for record in (self.solution, self.answer, self.task, self.instruction):
            if record is not None:
                return record.id
        raise ValueError("a sample needs a task or an instruction")

    @property
    def proven(self) -> bool:
        """True where the verdict on this very solution says so, see `Verdict.doubt`."""
        solution, verdict = self.solution, self.verdict
        return bool(solution and verdict and verdict.solution_id == solution.id and verdict.proven)

    @property
    def question(self) -> str:
        """What a model is trained to answer."""
        if self.task is not None:
            return self.task.question
        return self.instruction.text if self.instruction is not None else ""

    @property
    def response(self) -> str:
        """What a model is trained to say: the solution's files, tests left out, or the answer; empty without either."""
        if self.solution is not None:
            return "\n\n".join(fenced(file) for file in self.solution.files)
        return self.answer.text if self.answer is not None else ""

    @property
    def tried(self) -> tuple[tuple[Solution, Verdict | None], ...]:
        """The attempts, or the solution alone where the caller gave none."""
        if self.attempts or self.solution is None:
            return self.attempts
        return ((self.solution, self.verdict),)

    @property
    def made(self) -> list[Made]:
        """Who answered at each step that led here, in the order of the steps."""
        tried = (solution for solution, _ in self.tried)
        records = (self.task, *tried, *self.rulings, self.instruction, self.answer)
        return [record.made for record in records if record is not None and record.made is not None]


def fenced(file: CodeFile) -> str:
    """The file's path, then its text as a fenced block."""
    language = _LANGUAGES.get(PurePosixPath(file.path).suffix.lower(), "")
    return f"`{file.path}`\n\n{block(file.text, language)}"


def block(text: str, language: str) -> str:
    """The text as a fenced block; the fence is longer than any run of backticks in it."""
    longest = max((len(run) for run in _TICKS.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    ending = "\n" if text and not text.endswith("\n") else ""
    return f"{fence}{language}\n{text}{ending}{fence}"
