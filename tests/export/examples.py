"""Finished samples of every kind, for the export tests."""

from synth.export import CardFacts, Sample
from synth.records import (
    Answer,
    CodeFile,
    Failure,
    Instruction,
    Level,
    Made,
    Outcome,
    Proof,
    Score,
    Shape,
    Solution,
    Subtree,
    Task,
    TestCounts,
    TestsChange,
    Verdict,
)

FACTS = CardFacts(name="demo | set", configs=('{"name":"demo","seed":7}',), created="2026-01-02", version="0.1.0")
HOSTILE = (
    '"""Holds ```python\nfences\n``` and ```` four."""\n\n'
    "TEXT = '\"\\n\\u2028'  # \u2028 \u2029 \x85 é 漢 😀 \x00 \x1c </s> |\r\n"
)
"""Fences, line breaks of other readers, control characters, quotes."""


def made(prompt: str, engine: str = "offline", model: str = "offline-2") -> Made:
    return Made(engine=engine, model=model, prompt=prompt, prompt_hash=f"{prompt}-hash", temperature=0.7)


def task(name: str, level: Level = "function", statement: str = "`add(a, b)` returns the sum.") -> Task:
    return Task(
        id=f"task-{name}",
        subtree_id=f"subtree-{name}",
        level=level,
        draw=0,
        selected=("arithmetic",),
        scenario="A till adds prices.",
        statement=statement,
        instruction="Add two numbers.",
        made=made("make_task"),
    )


def subtree(name: str) -> Subtree:
    return Subtree(
        id=f"subtree-{name}",
        draw=3,
        seed=2**64 - 1,
        shape=Shape(widths=(2, 1)),
        temperature=2.0,
        features=(("algorithm",), ("algorithm", "arithmetic")),
        mandatory=(("algorithm", "arithmetic"),),
    )


def solution(name: str, attempt: int = 0, files: dict[str, str] | None = None, engine: str = "offline") -> Solution:
    model = "offline-2" if engine == "offline" else "big"
    return Solution(
        id=f"solution-{name}-{attempt}",
        task_id=f"task-{name}",
        attempt=attempt,
        previous_id=f"solution-{name}-{attempt - 1}" if attempt else None,
        files=tuple(
            CodeFile(path=path, text=text)
            for path, text in (files or {"add.py": "def add(a, b):\n    return a + b\n"}).items()
        ),
        tests=(
            CodeFile(path="test_add.py", text="from add import add\n\n\ndef test_add():\n    assert add(1, 2) == 3\n"),
        ),
        packages=("numpy",) if attempt else (),
        note="the sum was a difference" if attempt else "",
        made=made("repair_solution" if attempt else "solve_task", engine, model),
    )


def verdict(of: Solution, outcome: Outcome = "passed", **how: object) -> Verdict:
    """A verdict; `how` it was reached, as fields of it."""
    good = outcome == "passed"
    plain = Verdict(
        id=f"verdict-{of.id}",
        solution_id=of.id,
        outcome=outcome,
        tests=TestCounts(collected=1, passed=int(good), failed=int(not good)),
        failures=() if good else (Failure(test="test_add", message="assert -1 == 3"),),
        exit_code=0 if good else 1,
        seconds=0.25,
        peak_mb=12.5,
        stdout="",
        stderr="",
        backend="bubblewrap",
        level="strong",
    )
    return plain.model_copy(update=how)


APART = {
    "grade": "A-split",
    "proof": Proof(stub="failed", mutants=8, killed=7, idle=("test_code.py::test_idle",)),
    "flaky": False,
}
TOGETHER = {
    "grade": "B-canary",
    "why": "the tests use the fixture `capsys`",
    "proof": Proof(stub="error", mutants=4, killed=4),
    "flaky": False,
}


def score(subject: str, name: str, value: float, by: str = "code") -> Score:
    return Score(id=f"score-{subject}-{name}-{by}", subject_id=subject, name=name, value=value, by=by)


def proven() -> Sample:
    final = solution("plain")
    return Sample(
        task=task("plain"),
        subtree=subtree("plain"),
        solution=final,
        verdict=verdict(final, **APART),
        attempts=((final, verdict(final, **APART)),),
        scores=(score(final.id, "lines", 2.0), score(final.id, "cyclomatic", 1.0)),
        evidence=((("algorithm", "arithmetic"), ("lib/sums.py:12", "lib/sums.py:40")),),
        licences=("PSF-2.0", "PSF-2.0", "MIT"),
        run_ids=("run-1",),
    )


def repaired() -> Sample:
    draft = solution("shop", files={"shop/__init__.py": "", "shop/till.py": "def add(a, b):\n    return a - b"})
    final = solution(
        "shop",
        1,
        {"shop/__init__.py": "", "shop/till.py": "def add(a, b):\n    return a + b", "prices.json": "{}\n"},
        engine="openai",
    )
    change = TestsChange(ruling_id="ruling-1", reason="2 + 2 is 4", files=("test_code.py",))
    final = final.model_copy(update={"tests_change": change, "attempt": 2})
    return Sample(
        task=task("shop", "files"),
        subtree=subtree("shop"),
        solution=final,
        verdict=verdict(final, **TOGETHER),
        attempts=((draft, verdict(draft, "failed")), (final, verdict(final, **TOGETHER))),
        scores=(score(final.id, "lines", 5.0),),
        licences=("MIT",),
        run_ids=("run-1", "run-2"),
    )


def hostile() -> Sample:
    final = solution("hostile", files={"odd.py": HOSTILE, "lone.py": "X = '\ud83d'\n"})
    return Sample(task=task("hostile", statement=HOSTILE), solution=final, verdict=verdict(final))


def failed() -> Sample:
    final = solution("wrong")
    return Sample(task=task("wrong"), solution=final, verdict=verdict(final, "timeout"), run_ids=("run-1",))


def never_run() -> Sample:
    return Sample(task=task("unrun"), solution=solution("unrun"))


def unsolved() -> Sample:
    return Sample(task=task("unsolved"))


def evolved() -> Sample:
    node = Instruction(
        id="instruction-2",
        tree_id="instruction-0",
        parent_id="instruction-1",
        origin_id="seed-1",
        round=2,
        draw=1,
        text="Write `mul(a, b)`.",
        made=made("evolve_from_question"),
    )
    reply = Answer(
        id="answer-2", instruction_id=node.id, text="```python\nmul = int.__mul__\n```", made=made("answer_instruction")
    )
    scores = (score(node.id, "challenge", 7.0, "offline/offline-2"), score(node.id, "diversity", 3.25, "minilm"))
    return Sample(instruction=node, answer=reply, scores=scores, licences=("unknown",), run_ids=("run-1",))


def everything() -> list[Sample]:
    return [proven(), repaired(), hostile(), failed(), never_run(), unsolved(), evolved()]
