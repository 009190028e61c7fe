"""One set of inputs for each shipped prompt.

`python -m tests.golden.prompts` writes what they render to, to be read and committed.
"""

from pathlib import Path

from synth.prompts import Prompts

FOLDER = Path(__file__).parent / "prompts"

_CODE = 'def mean(values: list[float]) -> float:\n    """Say <mean> & more."""\n    return sum(values) / len(values)'
_TREE = {"data processing": ["smoothing"], "file operation": {"read file": ["read CSV"], "write file": []}}
_QUESTION = "Smooth readings.\n\n`smooth(values)` gives the mean of each 3 values in turn, to 2 decimal places."
_FILES = [{"path": "smooth.py", "text": "def smooth(values):\n    return values\n"}]
_TESTS = [
    {
        "path": "test_smooth.py",
        "text": "from smooth import smooth\n\n\ndef test_three():\n    assert smooth([1, 2, 3]) == [2.0]\n",
    }
]
_TASK = {
    "optional_features": _TREE,
    "mandatory_features": ["read CSV", 'quote "this" and naïve'],
    "language": "Python",
}
_REPAIR = {
    "question": _QUESTION,
    "files": _FILES,
    "tests": _TESTS,
    "error": "Some tests failed. Outcome `failed`: 0 passed, 1 failed, 0 skipped, 1 collected.\n\n"
    "Failures:\n- test_three: assert [1, 2, 3] == [2.0]",
}

CASES: dict[str, tuple[str, dict[str, object]]] = {
    "pre_extract": ("pre_extract", {"code": _CODE}),
    "cluster_features": ("cluster_features", {"keywords": ["read CSV", "smoothing"], "demonstration": _TREE}),
    "extract_features": (
        "extract_features",
        {"code": _CODE, "demonstration": _TREE, "categories": ["data processing", "file operation"]},
    ),
    "grow_features": (
        "grow_features",
        {"subtree": _TREE, "explanations": {"file operation": "Reading, writing and moving files."}},
    ),
    "make_task.function": ("make_task", {**_TASK, "level": "function"}),
    "make_task.files": ("make_task", {**_TASK, "level": "files"}),
    "solve_task.function": ("solve_task", {"question": _QUESTION, "level": "function"}),
    "solve_task.files": ("solve_task", {"question": _QUESTION, "level": "files"}),
    "repair_solution.first": ("repair_solution", {**_REPAIR, "attempt": 1}),
    "repair_solution.second": ("repair_solution", {**_REPAIR, "attempt": 2}),
    "review_tests": ("review_tests", _REPAIR),
    "evolve_from_code": ("evolve_from_code", {"code": _CODE}),
    "evolve_from_question": (
        "evolve_from_question",
        {"question": _QUESTION, "challenge": "4.0", "diversity": "not rated"},
    ),
    "judge_challenge": ("judge_challenge", {"question": _QUESTION}),
    "answer_instruction": ("answer_instruction", {"question": _QUESTION}),
}
"""Name of the golden file: the prompt and its inputs."""


def render(case: str) -> str:
    """What a case renders to, as its file holds it."""
    name, inputs = CASES[case]
    return Prompts().get(name).render(inputs) + "\n"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for case in CASES:
        (FOLDER / f"{case}.txt").write_text(render(case), encoding="utf-8")
