import sys

import pytest

from synth.metrics.table import METRICS
from synth.records import CodeFile, Made, Score, Shape, Solution, Subtree
from synth.steps.score import score_solution

MADE = Made(engine="offline", model="offline-2", prompt="solve_task", prompt_hash="0" * 16, temperature=0.0)
CLEAR = "def add(a, b):\n    return a + b\n"
NEWER = next(
    (
        text
        for version, text in [((3, 12), "type Pair[T] = tuple[T, T]\n"), ((3, 14), "x = t'{1}'\n")]
        if sys.version_info < version
    ),
    "x = y ?? z\n",
)


def solution(*files: tuple[str, str], tests: str = "") -> Solution:
    return Solution(
        id="solution-1",
        task_id="task-1",
        attempt=0,
        previous_id=None,
        files=tuple(CodeFile(path=path, text=text) for path, text in files),
        tests=(CodeFile(path="test_it.py", text=tests),),
        packages=(),
        made=MADE,
    )


def subtree(*features: tuple[str, ...]) -> Subtree:
    return Subtree(id="subtree-1", draw=0, seed=0, shape=Shape(), temperature=1.0, features=features, mandatory=())


def values(scores: list[Score]) -> dict[str, float]:
    assert len({score.name for score in scores}) == len(scores)
    return {score.name: score.value for score in scores}


def unparsed_reason(*files: tuple[str, str]) -> str:
    (score,) = score_solution(solution(*files), subtree(("algorithm", "search")))
    assert (score.name, score.value, score.by) == ("unparsed", 1.0, "synth.metrics.source")
    return score.reason


def test_every_score_is_described_and_every_description_has_a_score() -> None:
    scored = set(values(score_solution(solution(("a.py", CLEAR)), subtree(("algorithm", "search")))))
    described = {metric.name for metric in METRICS}
    assert len(described) == len(METRICS)
    assert described - scored == {"challenge", "diversity", "unparsed"}
    assert scored <= described


def test_scores_say_what_they_are_about_and_who_gave_them() -> None:
    scores = score_solution(solution(("a.py", CLEAR)), subtree())
    assert {score.subject_id for score in scores} == {"solution-1"}
    by = {score.name: score.by for score in scores}
    assert by["cyclomatic"] == "synth.metrics.complexity"
    assert by["control_if"] == "synth.metrics.control_flow"
    assert by["halstead_token_volume"] == "synth.metrics.halstead"
    assert by["files"] == "synth.metrics.size"
    assert by["features_total"] == "synth.metrics.features"
    assert score_solution(solution(("a.py", CLEAR)), subtree()) == scores


def test_without_a_subtree_features_are_unscored_not_zero() -> None:
    assert not [name for name in values(score_solution(solution(("a.py", CLEAR)), None)) if name.startswith("features")]


def test_a_module_without_a_function_has_no_complexity_per_function() -> None:
    scored = values(score_solution(solution(("a.py", "x = 1\n")), None))
    assert scored["cyclomatic"] == 1.0
    assert "cyclomatic_max" not in scored


def test_counts_of_several_files_are_summed_and_tests_left_out() -> None:
    branch = "def f(x):\n    if x:\n        return 1\n    return 2\n"
    one = values(score_solution(solution(("a.py", branch), tests=branch), None))
    two = values(score_solution(solution(("a.py", branch), ("b/c.py", branch), ("notes.txt", "if if (")), None))
    for name in ("control_if", "control_return", "lines", "lines_code", "functions", "files", "cyclomatic"):
        assert two[name] == 2 * one[name] > 0, name
    assert two["halstead_token_total_operators"] == 2 * one["halstead_token_total_operators"]
    assert two["halstead_token_unique_operators"] == one["halstead_token_unique_operators"]


def test_newer_syntax_than_the_running_python_is_unparsed_and_nothing_is_zero() -> None:
    assert "a/b.py: syntax error in line 1" in unparsed_reason(("good.py", CLEAR), ("a/b.py", NEWER))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("def f(:\n", "line 1"),
        ("x = 1\0\n", "null"),
        ("x = '\ud800'\n", "surrogates"),
        ("x = " + "1" * 5000 + "\n", "integer"),
        ("x = " + " + ".join(["1"] * 3000) + "\n", "nested too deeply"),
        ("x = " + "-" * 100_000 + "1\n", "nested too deeply"),
        ("x = '''\n", "unterminated"),
    ],
)
def test_hostile_text_is_unparsed_with_the_reason(text: str, why: str) -> None:
    assert why in unparsed_reason(("a.py", text))


def test_a_solution_without_python_is_unparsed() -> None:
    assert "no Python file" in unparsed_reason(("main.rs", "fn main() {}"))
    assert "no Python file" in unparsed_reason()


def test_a_byte_order_mark_and_foreign_line_ends_change_nothing() -> None:
    clear = values(score_solution(solution(("a.py", CLEAR)), None))
    for text in ("\ufeff" + CLEAR, CLEAR.replace("\n", "\r\n"), CLEAR.replace("\n", "\r")):
        assert values(score_solution(solution(("a.py", text)), None)) == clear


def test_source_that_makes_python_warn_is_measured_in_silence() -> None:
    assert "unparsed" not in values(score_solution(solution(("a.py", "x = '\\d' if 1or 2 else 3\n")), None))
