"""The formats: one sample becomes one row of plain JSON values, fit for UTF-8."""

import math
import re
from typing import Literal, get_args

from synth.errors import BadInput
from synth.export.sample import Sample
from synth.records import CodeFile, FeaturePath, Made, Proof

Form = Literal["messages", "alpaca", "full"]
Row = dict[str, object]

FORMS: tuple[Form, ...] = get_args(Form)

_SURROGATE = re.compile("[\ud800-\udfff]")


def make_row(sample: Sample, form: Form) -> Row:
    """The sample in that format. Raises `BadInput` for an unknown one.

    `messages`: id and two chat turns. `alpaca`: id, instruction, empty input, output. `full`: everything, with lineage.
    The id is that of the solution or answer; `Lineage.show` leads back from it.
    A lone surrogate, which no file can hold, becomes U+FFFD.
    """
    makers = {"messages": _messages, "alpaca": _alpaca, "full": _full}
    if form not in makers:
        raise BadInput(f"unknown export format {form!r}; use one of {', '.join(FORMS)}.")
    row = _clean(makers[form](sample))
    assert isinstance(row, dict)
    return row


def named_scores(sample: Sample) -> Row:
    """The scores by name; a name that two gave is told apart by who gave it. What is not a number is no score."""
    scores: Row = {}
    for score in sorted(sample.scores, key=lambda score: (score.name, score.by, score.id)):
        if math.isfinite(score.value):
            scores[score.name if score.name not in scores else f"{score.name} ({score.by})"] = score.value
    return scores


def _messages(sample: Sample) -> Row:
    turns = [{"role": "user", "content": sample.question}, {"role": "assistant", "content": sample.response}]
    return {"id": sample.id, "messages": turns}


def _alpaca(sample: Sample) -> Row:
    return {"id": sample.id, "instruction": sample.question, "input": "", "output": sample.response}


def _full(sample: Sample) -> Row:
    task, solution = sample.task, sample.solution
    return {
        "id": sample.id,
        "origin": "task" if task is not None else "evolution",
        "proven": sample.proven,
        "level": task.level if task is not None else None,
        "question": sample.question,
        "response": sample.response,
        "scenario": task.scenario if task is not None else None,
        "instruction": task.instruction if task is not None else sample.question,
        "files": _files(solution.files if solution is not None else ()),
        "tests": _files(solution.tests if solution is not None else ()),
        "packages": list(solution.packages) if solution is not None else [],
        "verdict": _verdict(sample),
        "scores": named_scores(sample),
        "lineage": _lineage(sample),
    }


def _files(files: tuple[CodeFile, ...]) -> list[Row]:
    return [{"path": file.path, "text": file.text} for file in files]


def _verdict(sample: Sample) -> Row | None:
    verdict = sample.verdict
    if verdict is None:
        return None
    return {
        "outcome": verdict.outcome,
        "tests": verdict.tests.model_dump(),
        "seconds": verdict.seconds,
        "backend": verdict.backend,
        "level": verdict.level,
        "grade": verdict.grade,
        "why": verdict.why,
        "flaky": verdict.flaky,
        "proof": _proof(verdict.proof),
    }


def _proof(proof: Proof | None) -> Row | None:
    if proof is None:
        return None
    counts: Row = {"stub": proof.stub, "mutants": proof.mutants, "killed": proof.killed}
    return {**counts, "mutation_score": proof.score, "idle": list(proof.idle)}


def _lineage(sample: Sample) -> Row:
    task, subtree, made = sample.task, sample.subtree, sample.made
    return {
        "seeds": [{"feature": list(path), "places": list(places)} for path, places in sample.evidence],
        "licences": sorted(set(sample.licences)),
        "features": _paths(subtree.features if subtree is not None else ()),
        "subtree": _subtree(sample),
        "task": {"id": task.id, "draw": task.draw, "selected": list(task.selected)} if task is not None else None,
        "attempts": [_attempt(sample, place) for place in range(len(sample.tried))],
        "evolution": _evolution(sample),
        "prompts": [{"name": name, "hash": value} for name, value in sorted({(m.prompt, m.prompt_hash) for m in made})],
        "engine": _joined(made, "engine"),
        "model": _joined(made, "model"),
        "run": ", ".join(sample.run_ids),
    }


def _paths(paths: tuple[FeaturePath, ...]) -> list[list[str]]:
    return [list(path) for path in paths]


def _subtree(sample: Sample) -> Row | None:
    subtree = sample.subtree
    if subtree is None:
        return None
    return {
        "id": subtree.id,
        "draw": subtree.draw,
        "seed": str(subtree.seed),  # 64 bits and no sign: more than a JSON reader or a signed column is sure to hold
        "temperature": subtree.temperature,
        "widths": list(subtree.shape.widths),
        "mandatory": _paths(subtree.mandatory),
    }


def _attempt(sample: Sample, place: int) -> Row:
    solution, verdict = sample.tried[place]
    outcome = verdict.outcome if verdict is not None else None
    change = solution.tests_change
    return {
        "id": solution.id,
        "attempt": solution.attempt,
        "outcome": outcome,
        "note": solution.note,
        "tests_corrected": change.reason if change is not None else None,
    }


def _evolution(sample: Sample) -> Row | None:
    node = sample.instruction
    if node is None:
        return None
    return {
        "id": node.id,
        "tree": node.tree_id,
        "parent": node.parent_id,
        "origin": node.origin_id,
        "round": node.round,
        "draw": node.draw,
    }


def _joined(made: list[Made], field: Literal["engine", "model"]) -> str:
    return ", ".join(sorted({getattr(item, field) for item in made}))


def clean_text(text: str) -> str:
    """The text with U+FFFD for each lone surrogate."""
    return _SURROGATE.sub("\ufffd", text)


def _clean(value: object) -> object:
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, dict):
        return {str(_clean(name)): _clean(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_clean(item) for item in value]
    return value
