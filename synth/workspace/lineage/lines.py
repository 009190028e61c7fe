"""One line for a record of any kind: what it is, fit for a list, a tree in a terminal, and a page."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from synth.records import (
    Answer,
    Choice,
    Demonstration,
    Dropped,
    Extraction,
    FeaturePath,
    Growth,
    Instruction,
    PreExtraction,
    Record,
    Ruling,
    Score,
    Seed,
    Solution,
    Subtree,
    Task,
    Verdict,
)

_LONGEST = 160
"""Characters of a line."""
_NAMED = 4
"""Names that a line lists."""


def line_of(record: Record) -> str:
    """What a record is, on one line without anything that a terminal obeys."""
    return one_line(_LINES[record.kind](record))


def one_line(text: str, most: int = _LONGEST) -> str:
    """`text` on one line, at most so long, with `?` for what cannot be printed."""
    line = "".join(mark if mark.isprintable() else "?" for mark in " ".join(text[: 4 * most].split()))
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"


def path_line(path: FeaturePath) -> str:
    """A feature's path on one line; to be read, not to be split."""
    return one_line(" › ".join(path))


def _seed(seed: Seed) -> str:
    return f"{seed.path}:{seed.line}-{seed.end_line} {seed.name} ({seed.unit}, {seed.licence})"


def _pre_extraction(read: PreExtraction) -> str:
    return f"{_count(read.keywords, 'keyword')}: {_some(read.keywords)}"


def _demonstration(shown: Demonstration) -> str:
    return f"version {shown.version}: {_count(shown.features, 'feature')}, covers {shown.covered:.0%} of the keywords"


def _extraction(read: Extraction) -> str:
    return f"{_count(read.features, 'feature')} read: {_some([path[-1] for path in leaves(read.features)])}"


def _growth(growth: Growth) -> str:
    added = _some([grown.path[-1] for grown in growth.added]) or "nothing"
    return f"step {growth.step + 1}: added {added}; {len(growth.refused)} refused"


def _subtree(drawn: Subtree) -> str:
    must = _some([path[-1] for path in drawn.mandatory]) or "nothing"
    return (
        f"draw {drawn.draw + 1} at temperature {drawn.temperature:g}: {len(drawn.features)} features, must use {must}"
    )


def _task(task: Task) -> str:
    return f"{task.level}: {task.instruction}"


def _solution(solution: Solution) -> str:
    if not solution.attempt:
        name = "first draft"
    elif solution.made.prompt == "review_tests":
        name = f"attempt {solution.attempt + 1}, with corrected tests"
    else:
        name = f"attempt {solution.attempt + 1}"
    files = f"{_count(solution.files, 'file')}, {_count(solution.tests, 'test file')}"
    return f"{name}: {files}{f'; {solution.note}' if solution.note else ''}"


def _verdict(verdict: Verdict) -> str:
    tests = f"{verdict.tests.passed} of {_count(range(verdict.tests.collected), 'test')} passed"
    how = ", ".join(part for part in (verdict.backend, verdict.level, verdict.grade) if part)
    doubt = f"; not proven: {verdict.doubt}" if verdict.outcome == "passed" and verdict.doubt else ""
    return f"{verdict.outcome}: {tests} ({how}){doubt}"


def _ruling(ruling: Ruling) -> str:
    return f"blames the {ruling.blames}: {ruling.reason}"


def _score(score: Score) -> str:
    return f"{score.name} {score.value:g}{f': {score.reason}' if score.reason else ''} (by {score.by})"


def _instruction(node: Instruction) -> str:
    return f"root: {node.text}" if node.round == 0 else f"round {node.round}, child {node.draw + 1}: {node.text}"


def _choice(choice: Choice) -> str:
    return f"{choice.stage}: {'kept' if choice.kept else 'not kept'}; {choice.reason}"


def _answer(answer: Answer) -> str:
    return answer.text


def _dropped(item: Dropped) -> str:
    return f"dropped at `{item.step}`, would have been {item.wanted_id}: {item.reason}"


_LINES: Mapping[str, Callable[[Any], str]] = {
    Seed.kind: _seed,
    PreExtraction.kind: _pre_extraction,
    Demonstration.kind: _demonstration,
    Extraction.kind: _extraction,
    Growth.kind: _growth,
    Subtree.kind: _subtree,
    Task.kind: _task,
    Solution.kind: _solution,
    Verdict.kind: _verdict,
    Ruling.kind: _ruling,
    Score.kind: _score,
    Instruction.kind: _instruction,
    Choice.kind: _choice,
    Answer.kind: _answer,
    Dropped.kind: _dropped,
}


def leaves(paths: Sequence[FeaturePath]) -> list[FeaturePath]:
    """Those of the paths below which none of the others lies, in their order."""
    above = {path[:-1] for path in paths}
    return [path for path in dict.fromkeys(paths) if path not in above]


def _count(things: Sequence[object], noun: str) -> str:
    return f"{len(things):,} {noun}{'' if len(things) == 1 else 's'}"


def _some(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more:,} more" if more > 0 else "")
