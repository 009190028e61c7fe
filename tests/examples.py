"""One record of each kind, connected as a run would connect them."""

from synth.records import (
    Answer,
    Choice,
    CodeFile,
    Demonstration,
    Dropped,
    Extraction,
    Failure,
    Grown,
    Growth,
    Instruction,
    Made,
    PreExtraction,
    Record,
    Refused,
    Ruling,
    Score,
    Seed,
    Shape,
    Solution,
    Subtree,
    Task,
    TestCounts,
    TestsChange,
    Verdict,
)

MADE = Made(engine="offline", model="offline-2", prompt="p", prompt_hash="0" * 16, temperature=0.7)
SEED = Seed(
    id="seed-1",
    source="path",
    path="shop/cart.py",
    line=3,
    end_line=9,
    name="Cart.total",
    unit="function",
    code="def total(items):\n    return sum(items)\n",
    licence="MIT",
)
PRE_EXTRACTION = PreExtraction(id="pre_extraction-1", seed_id="seed-1", keywords=("sum", "list"), made=MADE)
DEMONSTRATION = Demonstration(
    id="demonstration-1",
    version=1,
    previous_id=None,
    features=(("workflow",), ("workflow", "validation")),
    added=2,
    removed=0,
    covered=0.5,
    made=MADE,
)
EXTRACTION = Extraction(
    id="extraction-1",
    seed_id="seed-1",
    demonstration_id=None,
    features=(("algorithm",), ("algorithm", "summation"), ("data structures",), ("data structures", "list")),
    made=MADE,
)
GROWTH = Growth(
    id="growth-1",
    step=0,
    drawn=(("algorithm",), ("algorithm", "summation")),
    added=(Grown(path=("algorithm", "moving average"), estimated=1.0, basis="expanded"),),
    refused=(Refused(path=("algorithm", "none"), reason="an empty name"),),
    made=MADE,
)
SUBTREE = Subtree(
    id="subtree-1",
    draw=0,
    seed=7,
    shape=Shape(widths=(2, 1)),
    temperature=1.0,
    features=(("algorithm",), ("algorithm", "summation")),
    mandatory=(("algorithm", "summation"),),
)
TASK = Task(
    id="task-1",
    subtree_id="subtree-1",
    level="function",
    draw=0,
    selected=("summation",),
    scenario="A shop adds up a cart.",
    statement="Write `total(items)`.",
    instruction="Add up the prices of a cart.",
    made=MADE,
)
DRAFT = Solution(
    id="solution-1",
    task_id="task-1",
    attempt=0,
    previous_id=None,
    files=(CodeFile(path="cart.py", text="def total(items):\n    return 0\n"),),
    tests=(
        CodeFile(
            path="test_cart.py", text="from cart import total\n\ndef test_total():\n    assert total([1, 2]) == 3\n"
        ),
    ),
    packages=(),
    made=MADE,
)
REPAIRED = DRAFT.model_copy(
    update={
        "id": "solution-2",
        "attempt": 1,
        "previous_id": "solution-1",
        "files": (CodeFile(path="cart.py", text="def total(items):\n    return sum(items)\n"),),
        "note": "total returned 0",
    }
)
FAILED = Verdict(
    id="verdict-1",
    solution_id="solution-1",
    outcome="failed",
    tests=TestCounts(collected=1, failed=1),
    failures=(Failure(test="test_cart.py::test_total", message="assert 0 == 3"),),
    exit_code=1,
    seconds=0.2,
    peak_mb=None,
    stdout="",
    stderr="",
    backend="bubblewrap",
    level="strong",
)
PASSED = FAILED.model_copy(
    update={
        "id": "verdict-2",
        "solution_id": "solution-2",
        "outcome": "passed",
        "tests": TestCounts(collected=1, passed=1),
        "failures": (),
        "exit_code": 0,
    }
)
RULING = Ruling(
    id="ruling-1",
    task_id="task-1",
    solution_id="solution-2",
    verdict_id="verdict-2",
    blames="tests",
    reason="1 + 2 is 3",
    tests=DRAFT.tests,
    change=TestsChange(ruling_id="ruling-1", reason="1 + 2 is 3", files=("test_cart.py",)),
    made=MADE,
)
SCORE = Score(id="score-1", subject_id="solution-2", name="cyclomatic", value=2.0, by="synth.metrics.complexity")
ROOT = Instruction(
    id="instruction-0",
    tree_id="instruction-0",
    parent_id=None,
    origin_id="seed-1",
    round=0,
    draw=0,
    text=SEED.code,
    made=None,
)
CHILD = Instruction(
    id="instruction-1",
    tree_id="instruction-0",
    parent_id="instruction-0",
    origin_id="seed-1",
    round=1,
    draw=0,
    text="Write a function that adds up a cart with discounts.",
    made=MADE,
)
CHALLENGE = Score(
    id="score-2", subject_id="instruction-1", name="challenge", value=4.0, reason="two rules", by="offline/offline-2"
)
BEAM = Choice(id="choice-1", subject_id="instruction-1", stage="beam", kept=True, reason="kept: rank 1 of 1", value=4.0)
COLLECTED = Choice(
    id="choice-2", subject_id="instruction-1", stage="collect", kept=True, reason="kept: first of its tree", value=4.0
)
ANSWER = Answer(id="answer-1", instruction_id="instruction-1", text="Here it is.", made=MADE)
DROPPED = Dropped(
    id="dropped-task-9",
    subject_id="subtree-9",
    wanted_id="task-9",
    step="task",
    reason="declined: nothing fits",
    raw="<decline>nothing fits</decline>",
)

ALL: tuple[Record, ...] = (
    SEED,
    PRE_EXTRACTION,
    DEMONSTRATION,
    EXTRACTION,
    GROWTH,
    SUBTREE,
    TASK,
    DRAFT,
    REPAIRED,
    FAILED,
    PASSED,
    RULING,
    SCORE,
    ROOT,
    CHILD,
    CHALLENGE,
    BEAM,
    COLLECTED,
    ANSWER,
    DROPPED,
)
