"""Review the tests: where repairs did not help, a judge says whether the solution or its tests are wrong.

Only a ruling against the tests changes them, at most once a task, and never so that they ask for less.
"""

import re
from dataclasses import dataclass
from functools import partial
from typing import Literal

from synth.ask import Asker, Unanswered, Unparseable
from synth.ids import record_id
from synth.metrics.assertions import is_steering, why_weaker
from synth.models.file_blocks import BadBlocks, read_blocks
from synth.records import CodeFile, Dropped, Ruling, Solution, Task, TestsChange, Verdict

PROMPT = "review_tests"
MAX_TOKENS = 8192
TEMPERATURE = 0.0
MOST_REASON = 2000
"""Characters kept of a reason."""

_VERDICT = re.compile(r"<verdict>\s*(solution|tests)\s*</verdict>", re.IGNORECASE)
_REASON = re.compile(r"<reason>(.*?)</reason>", re.DOTALL | re.IGNORECASE)
_DROPPED = re.compile(r"<dropped>\s*(\S+?):\s+(.*?)</dropped>", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Judgement:
    """A parsed reply."""

    blames: Literal["solution", "tests"]
    reason: str
    tests: tuple[CodeFile, ...] = ()
    """All test files as they are now; empty where the solution is blamed."""
    changed: tuple[str, ...] = ()
    dropped: tuple[tuple[str, str], ...] = ()


def ruling_id(asker: Asker, solution: Solution, verdict: Verdict) -> str:
    """The id of what a judge says about `solution` after `verdict`."""
    return asker.record_id(Ruling.kind, PROMPT, solution.id, verdict.id, temperature=TEMPERATURE)


async def review_tests(asker: Asker, task: Task, solution: Solution, verdict: Verdict, error: str) -> Ruling | Dropped:
    """Ask whether the tests are wrong; `error` is what the verdict said, in words."""
    wanted = ruling_id(asker, solution, verdict)
    answer = await asker.ask(
        PROMPT,
        {
            "question": task.question,
            "files": _as_inputs(solution.files),
            "tests": _as_inputs(solution.tests),
            "error": error,
        },
        partial(parse_judgement, solution=solution),
        temperature=TEMPERATURE,
        max_tokens=MAX_TOKENS,
    )
    if isinstance(answer, Unanswered):
        return answer.dropped("review tests", solution.id, wanted)
    said = answer.value
    change = TestsChange(ruling_id=wanted, reason=said.reason, files=said.changed, dropped=said.dropped)
    return Ruling(
        id=wanted,
        task_id=task.id,
        solution_id=solution.id,
        verdict_id=verdict.id,
        blames=said.blames,
        reason=said.reason,
        tests=said.tests,
        change=change if said.blames == "tests" else None,
        made=answer.made,
    )


def with_corrected_tests(solution: Solution, ruling: Ruling) -> Solution:
    """The next attempt after a ruling against the tests: the same files, the corrected tests."""
    return Solution(
        id=record_id(Solution.kind, ruling.id, solution.id),
        task_id=solution.task_id,
        attempt=solution.attempt + 1,
        previous_id=solution.id,
        files=solution.files,
        tests=ruling.tests,
        packages=solution.packages,
        tests_change=ruling.change,
        made=ruling.made,
    )


def parse_judgement(text: str, solution: Solution) -> Judgement:
    """Read a judge's reply. Raises `Unparseable`, also where corrected tests ask for less than those before."""
    said = {found.lower() for found in _VERDICT.findall(text)}
    reasons = [found.strip() for found in _REASON.findall(text)]
    if len(said) != 1:
        raise Unparseable("say <verdict>solution</verdict> or <verdict>tests</verdict>, one of them")
    if not reasons or not reasons[0]:
        raise Unparseable("give the reason as <reason>...</reason>")
    reason = reasons[0][:MOST_REASON]
    if said == {"solution"}:
        return Judgement("solution", reason)
    return _corrected(text, reason, solution)


def _corrected(text: str, reason: str, solution: Solution) -> Judgement:
    before = {file.path: file for file in solution.tests}
    try:
        given = read_blocks(_REASON.sub("", text)).files
    except BadBlocks as error:
        raise Unparseable(str(error)) from error
    taken = {file.path: file for file in given if file.path in before and not is_steering(file.path)}
    after = {**before, **taken}
    changed = tuple(path for path, file in taken.items() if file != before[path])
    if not changed:
        raise Unparseable("no test file changed: give each corrected test file, at its path, with its whole text")
    dropped = {test: " ".join(why.split())[:MOST_REASON] for test, why in _DROPPED.findall(text) if why.strip()}
    weaker = why_weaker(tuple(before.values()), tuple(after.values()), dropped)
    if weaker:
        raise Unparseable(f"corrected tests may not ask for less: {weaker}")
    return Judgement("tests", reason, tuple(after.values()), changed, tuple(dropped.items()))


def _as_inputs(files: tuple[CodeFile, ...]) -> list[dict[str, str]]:
    return [{"path": file.path, "text": file.text} for file in files]
