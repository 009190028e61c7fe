"""Repair: a solution that failed and its error become the next attempt (EpiCoder A.5.3). The tests are frozen.

What a reply says about test files is ignored and noted, so a repair can never pass by asking for less. Whether the
tests themselves are wrong is asked elsewhere (`review_tests`).
"""

import re
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath

from synth.ask import Asker, Unanswered, Unparseable
from synth.models.file_blocks import BadBlocks, check_folders, is_test, read_blocks
from synth.records import CodeFile, Dropped, Outcome, Solution, Task, Verdict

PROMPT = "repair_solution"
MAX_TOKENS = 8192
ERROR_CHARACTERS = 4000
"""Of the error that a repair sees, at most."""

_FAILURE_CHARACTERS = 600
_FAILURES_CHARACTERS = 2000
_STDERR_CHARACTERS = 1000
_STEERING = frozenset({"pytest.ini", ".pytest.ini", "tox.ini", "setup.cfg", "pyproject.toml", "sitecustomize.py"})
_RUNNERS = frozenset({"pytest", "_pytest", "pluggy", "unittest"})
"""These files, and modules by these names, change how tests run: a repair may not bring or change one."""

_WHAT_HAPPENED: dict[Outcome, str] = {
    "passed": "All tests passed.",
    "failed": "Some tests failed.",
    "error": "The tests could not run to their end.",
    "timeout": "The tests did not finish in time: look for an endless loop or needless work.",
    "memory_limit": "The program used more memory than it may have.",
    "output_limit": "The program printed more than it may.",
    "tampered": "The program interfered with how the tests are run, which is not allowed.",
    "not_collected": "No test was run: none could be collected.",
    "infra_error": "The tests could not be started.",
}
_NOTE = re.compile(r"<note>(.*?)(?:</note>|\Z)", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Patch:
    """A parsed reply: all solution files as they are now, and what was wrong."""

    files: tuple[CodeFile, ...]
    note: str


def repair_id(asker: Asker, solution: Solution, verdict: Verdict, temperature: float) -> str:
    """The id that the attempt after `solution` has, made for what `verdict` said."""
    parts = (solution.id, verdict.id, solution.attempt + 1)
    return asker.record_id(Solution.kind, PROMPT, *parts, temperature=temperature)


async def repair_solution(
    asker: Asker, task: Task, solution: Solution, verdict: Verdict, temperature: float
) -> Solution | Dropped:
    """Ask for the next attempt of a solution that failed; its tests stay what they are."""
    wanted = repair_id(asker, solution, verdict, temperature)
    answer = await asker.ask(
        PROMPT,
        {
            "question": task.question,
            "files": _as_inputs(solution.files),
            "tests": _as_inputs(solution.tests),
            "error": describe_error(verdict),
            "attempt": solution.attempt + 1,
        },
        partial(parse_repair, solution=solution),
        temperature=temperature,
        max_tokens=MAX_TOKENS,
    )
    if isinstance(answer, Unanswered):
        return answer.dropped("repair", solution.id, wanted)
    return Solution(
        id=wanted,
        task_id=solution.task_id,
        attempt=solution.attempt + 1,
        previous_id=solution.id,
        files=answer.value.files,
        tests=solution.tests,
        packages=solution.packages,
        note=answer.value.note,
        tests_change=solution.tests_change,
        made=answer.made,
    )


def parse_repair(text: str, solution: Solution) -> Patch:
    """Lay a reply's files over those of `solution`. Raises `Unparseable`, also where nothing changed."""
    try:
        blocks = read_blocks(text)
    except BadBlocks as error:
        raise Unparseable(str(error)) from error
    if not blocks.files:
        raise Unparseable("no file: give every changed file as <file>path</file> and its whole text in a fence")
    frozen = {test.path for test in solution.tests}
    given = [file for file in blocks.files if file not in solution.tests]
    ignored = [file.path for file in given if file.path in frozen or _is_frozen(file.path)]
    before = {file.path: file for file in solution.files}
    files = before | {file.path: file for file in given if file.path not in ignored}
    if files == before:
        hint = f"; {', '.join(ignored)} may not change" if ignored else ""
        raise Unparseable(f"nothing changed{hint}: correct the solution's own files so that the tests pass")
    _check_paths([*files, *frozen])
    note = _NOTE.search(blocks.around)
    said = note[1].strip() if note else ""
    return Patch(tuple(files.values()), f"{said} {_ignored(ignored)}".strip())


def _check_paths(paths: list[str]) -> None:
    try:
        check_folders(paths)
    except BadBlocks as error:
        raise Unparseable(str(error)) from error


def describe_error(verdict: Verdict) -> str:
    """What went wrong, at most `ERROR_CHARACTERS` long: outcome, counts, failures, the ends of what was printed."""
    tests = verdict.tests
    counts = f"{tests.passed} passed, {tests.failed} failed, {tests.skipped} skipped, {tests.collected} collected."
    text = f"{_WHAT_HAPPENED[verdict.outcome]} Outcome `{verdict.outcome}`: {counts}"
    failures = "\n".join(f"- {each.test}: {_head(each.message, _FAILURE_CHARACTERS)}" for each in verdict.failures)
    if failures:
        text += f"\n\nFailures:\n{_head(failures, _FAILURES_CHARACTERS)}"
    if verdict.stderr.strip():
        text += f"\n\nEnd of stderr:\n{_tail(verdict.stderr.strip(), _STDERR_CHARACTERS)}"
    room = ERROR_CHARACTERS - len(text) - len("\n\nEnd of stdout:\n")
    if verdict.stdout.strip():
        text += f"\n\nEnd of stdout:\n{_tail(verdict.stdout.strip(), room)}"
    return text


def _is_frozen(path: str) -> bool:
    pure = PurePosixPath(path)
    return is_test(path) or pure.name in _STEERING or PurePosixPath(pure.parts[0]).stem in _RUNNERS


def _ignored(paths: list[str]) -> str:
    return f"[Ignored, because the tests are frozen: {', '.join(paths)}.]" if paths else ""


def _as_inputs(files: tuple[CodeFile, ...]) -> list[dict[str, str]]:
    return [{"path": file.path, "text": file.text} for file in files]


def _head(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 4] + " ..."


def _tail(text: str, limit: int) -> str:
    return text if len(text) <= limit else "... " + text[4 - limit :]
