"""Shipped examples of what each prompt is asked about: shown where the workspace has no real item yet."""

from synth.records import (
    CodeFile,
    Failure,
    Growth,
    Instruction,
    Made,
    Seed,
    Shape,
    Solution,
    Subtree,
    Task,
    TestCounts,
    Verdict,
)

_MADE = Made(engine="example", model="example", prompt="example", prompt_hash="0" * 16, temperature=0.0)

SEED = Seed(
    id="seed-example",
    source="path",
    path="readings/smooth.py",
    line=1,
    end_line=9,
    name="smooth",
    unit="function",
    code='''def smooth(values: list[float], width: int = 3) -> list[float]:
    """The mean of each `width` values in turn."""
    if width < 1:
        raise ValueError("width must be 1 or more")
    return [
        round(sum(values[start : start + width]) / width, 2)
        for start in range(len(values) - width + 1)
    ]
''',
    licence="CC0-1.0",
)
KEYWORDS = ("moving average", "input validation", "rounding", "read CSV", "retry on failure", "priority queue")
FEATURES = (
    ("data processing",),
    ("data processing", "smoothing"),
    ("data processing", "smoothing", "moving average"),
    ("file operation",),
    ("file operation", "read CSV"),
    ("error handling",),
    ("error handling", "input validation"),
)
SUBTREE = Subtree(
    id="subtree-example",
    draw=0,
    seed=7,
    shape=Shape(),
    temperature=1.0,
    features=FEATURES,
    mandatory=(("data processing", "smoothing", "moving average"), ("error handling", "input validation")),
)
GROWTH = Growth(id="growth-example", step=0, drawn=FEATURES, added=(), refused=(), made=_MADE)
TASK = Task(
    id="task-example",
    subtree_id=SUBTREE.id,
    level="function",
    draw=0,
    selected=("moving average", "input validation"),
    scenario="A weather station sends a reading each minute; its chart jumps because single readings are off.",
    statement="`smooth(values, width)` gives the mean of each `width` readings in turn, rounded to 2 decimal places. "
    "Fewer readings than `width` give an empty list; a width below 1 raises ValueError.",
    instruction="Smooth a series of readings with a moving average.",
    made=_MADE,
)
SOLUTION = Solution(
    id="solution-example",
    task_id=TASK.id,
    attempt=0,
    previous_id=None,
    files=(CodeFile(path="smooth.py", text="def smooth(values, width):\n    return values\n"),),
    tests=(
        CodeFile(
            path="test_smooth.py",
            text="from smooth import smooth\n\n\ndef test_three():\n    assert smooth([1, 2, 6], 3) == [3.0]\n",
        ),
    ),
    packages=(),
    made=_MADE,
)
VERDICT = Verdict(
    id="verdict-example",
    solution_id=SOLUTION.id,
    outcome="failed",
    tests=TestCounts(collected=1, failed=1),
    failures=(Failure(test="test_smooth.py::test_three", message="assert [1, 2, 6] == [3.0]"),),
    exit_code=1,
    seconds=0.1,
    peak_mb=None,
    stdout="",
    stderr="",
    backend="example",
    level="example",
)
INSTRUCTION = Instruction(
    id="instruction-example",
    tree_id="instruction-example",
    parent_id=None,
    origin_id=SEED.id,
    round=1,
    draw=0,
    text="Write a function that smooths a series of readings with a moving average whose width grows where readings "
    "scatter more, and that says which readings it left out and why.",
    made=_MADE,
)
