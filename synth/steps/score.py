"""A solution to its measures; code that cannot be read is unparsed, never zero."""

from collections.abc import Iterator

from synth.ids import record_id
from synth.metrics import complexity, control_flow, features, halstead, size, source
from synth.records import CodeFile, Score, Solution, Subtree


def score_solution(solution: Solution, subtree: Subtree | None) -> list[Score]:
    """Measure a solution's Python files, tests left out, and the features of the subtree where there is one.

    Where any of the files cannot be read, or there is none, the only score is `unparsed` with the reason.
    """
    try:
        measured = list(_measure(solution, subtree))
    except source.Unparsed as error:
        return [_score(solution, "unparsed", 1.0, source.__name__, str(error))]
    except RecursionError:
        return [_score(solution, "unparsed", 1.0, source.__name__, "the code is nested too deeply to be measured")]
    return [_score(solution, name, value, by) for by, values in measured for name, value in values.items()]


def _measure(solution: Solution, subtree: Subtree | None) -> Iterator[tuple[str, dict[str, float]]]:
    """Pairs of the measuring module's name and its values."""
    sources = _read(solution.files)
    yield complexity.__name__, complexity.cyclomatic(sources)
    yield control_flow.__name__, control_flow.control_flow(sources)
    yield halstead.__name__, halstead.radon_halstead(sources).values("halstead_radon")
    yield halstead.__name__, halstead.token_halstead(sources).values("halstead_token")
    yield size.__name__, size.size(sources)
    if subtree is not None:
        yield features.__name__, features.feature_counts(subtree.features)


def _read(files: tuple[CodeFile, ...]) -> list[source.Source]:
    sources = [source.read_source(file.path, file.text) for file in files if file.path.endswith(".py")]
    if not sources:
        raise source.Unparsed("the solution has no Python file")
    return sources


def _score(solution: Solution, name: str, value: float, by: str, reason: str = "") -> Score:
    return Score(
        id=record_id("score", solution.id, name), subject_id=solution.id, name=name, value=value, reason=reason, by=by
    )
