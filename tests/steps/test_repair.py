"""From a failed solution to the next attempt: what the engine sees, what it may change, what it may not."""

import asyncio

import pytest

from synth.ask import Asker, Unparseable
from synth.records import (
    CodeFile,
    Dropped,
    Failure,
    Made,
    Outcome,
    Solution,
    Task,
    TestCounts,
    Verdict,
)
from synth.steps.repair import ERROR_CHARACTERS, describe_error, parse_repair, repair_id, repair_solution
from tests.scripted import ScriptedModel

MADE = Made(engine="scripted", model="m", prompt="p", prompt_hash="h", temperature=0.7)
TEST = CodeFile(path="test_double.py", text="from double import double\n\ndef test_it():\n    assert double(2) == 4\n")
WRONG = CodeFile(path="double.py", text="def double(x):\n    return x\n")
OTHER = CodeFile(path="other.py", text="y = 1\n")
FIXED = "def double(x):\n    return 2 * x"


def block(path: str, text: str) -> str:
    return f"<file>{path}</file>\n```python\n{text}\n```\n"


def a_task() -> Task:
    return Task(
        id="task-1",
        subtree_id="subtree-1",
        level="function",
        draw=0,
        selected=("a",),
        scenario="s",
        statement="t",
        instruction="i",
        made=MADE,
    )


def a_solution(attempt: int = 0) -> Solution:
    return Solution(
        id=f"solution-{attempt}",
        task_id="task-1",
        attempt=attempt,
        previous_id=None,
        files=(WRONG, OTHER),
        tests=(TEST,),
        packages=("numpy",),
        made=MADE,
    )


def a_verdict(
    outcome: Outcome = "failed",
    failures: tuple[Failure, ...] = (Failure(test="test_it", message="assert 2 == 4"),),
    stdout: str = "",
    stderr: str = "",
) -> Verdict:
    return Verdict(
        id="verdict-1",
        solution_id="solution-0",
        outcome=outcome,
        tests=TestCounts(collected=1, failed=1),
        failures=failures,
        exit_code=1,
        seconds=0.1,
        peak_mb=None,
        stdout=stdout,
        stderr=stderr,
        backend="bubblewrap",
        level="strong",
    )


def repair(*replies: str, attempt: int = 0) -> tuple[Solution | Dropped, ScriptedModel]:
    model = ScriptedModel(replies)
    made = asyncio.run(repair_solution(Asker(model), a_task(), a_solution(attempt), a_verdict(), 0.7))
    return made, model


def test_a_repair_is_the_next_attempt_with_the_reply_laid_over_the_files() -> None:
    made, model = repair(block("double.py", FIXED) + "<note>It never doubled.</note>", attempt=1)
    assert isinstance(made, Solution)
    assert made.files == (CodeFile(path="double.py", text=FIXED + "\n"), OTHER)
    assert (made.attempt, made.previous_id, made.task_id) == (2, "solution-1", "task-1")
    assert (made.note, made.packages) == ("It never doubled.", ("numpy",))
    assert made.id == repair_id(Asker(model), a_solution(1), a_verdict(), 0.7)


def test_the_engine_sees_question_files_tests_and_error() -> None:
    _, model = repair(block("double.py", FIXED))
    inputs = model.requests[0].inputs
    assert inputs["files"] == [{"path": "double.py", "text": WRONG.text}, {"path": "other.py", "text": OTHER.text}]
    assert inputs["tests"] == [{"path": "test_double.py", "text": TEST.text}]
    assert (inputs["question"], inputs["attempt"]) == ("i\n\nt", 1)
    assert "assert 2 == 4" in str(inputs["error"])
    assert "assert 2 == 4" in model.requests[0].text
    assert WRONG.text in model.requests[0].text


def test_the_tests_stay_as_they_were_and_an_attempt_on_them_is_noted() -> None:
    weaker = block("test_double.py", "def test_it():\n    pass") + block("tests/test_more.py", "x = 1")
    made, _ = repair(weaker + block("double.py", FIXED) + "<note>Mended.</note>")
    assert isinstance(made, Solution)
    assert made.tests == (TEST,)
    assert [file.path for file in made.files] == ["double.py", "other.py"]
    assert made.note == "Mended. [Ignored, because the tests are frozen: test_double.py, tests/test_more.py.]"


def test_tests_sent_back_unchanged_need_no_note() -> None:
    patch = parse_repair(block("double.py", FIXED) + block("test_double.py", TEST.text), a_solution())
    assert patch.note == ""


@pytest.mark.parametrize(
    "path",
    [
        "conftest.py",
        "sub/conftest.py",
        "pytest.ini",
        "pyproject.toml",
        "sitecustomize.py",
        "pytest.py",
        "unittest/case.py",
    ],
)
def test_nothing_that_steers_the_tests_is_taken(path: str) -> None:
    patch = parse_repair(block("double.py", FIXED) + block(path, "x = 1"), a_solution())
    assert [file.path for file in patch.files] == ["double.py", "other.py"]
    assert path in patch.note


def test_a_repair_may_add_a_file() -> None:
    patch = parse_repair(block("tables.py", "T = {}"), a_solution())
    assert [file.path for file in patch.files] == ["double.py", "other.py", "tables.py"]


@pytest.mark.parametrize(
    ("reply", "complaint"),
    [
        (block("double.py", WRONG.text), "nothing changed"),
        (block("test_double.py", "def test_it(): pass"), "nothing changed; test_double.py may not change"),
        ("<note>The test is wrong.</note>", "no file"),
        (block("../double.py", FIXED), "leaves the project folder"),
        (block("double.py/deep.py", FIXED), "as a file and as a folder"),
    ],
)
def test_a_reply_that_mends_nothing_is_refused_with_what_to_do(reply: str, complaint: str) -> None:
    with pytest.raises(Unparseable) as caught:
        parse_repair(reply, a_solution())
    assert complaint in str(caught.value)


def test_a_note_that_is_never_closed_is_still_read() -> None:
    assert parse_repair(block("double.py", FIXED) + "<note>Off by one.", a_solution()).note == "Off by one."


def test_an_unusable_repair_is_recorded_against_the_solution_it_was_for() -> None:
    made, model = repair("<decline>the test contradicts the task</decline>")
    assert isinstance(made, Dropped)
    assert (made.step, made.subject_id) == ("repair", "solution-0")
    assert made.wanted_id == repair_id(Asker(model), a_solution(), a_verdict(), 0.7)


def test_each_verdict_has_a_repair_of_its_own() -> None:
    asker = Asker(ScriptedModel([]))
    other = a_verdict().model_copy(update={"id": "verdict-2"})
    ids = {
        repair_id(asker, a_solution(), a_verdict(), 0.7),
        repair_id(asker, a_solution(), other, 0.7),
        repair_id(asker, a_solution(1), a_verdict(), 0.7),
    }
    assert len(ids) == 3


@pytest.mark.parametrize(
    "outcome",
    [
        "passed",
        "failed",
        "error",
        "timeout",
        "memory_limit",
        "output_limit",
        "tampered",
        "not_collected",
        "infra_error",
    ],
)
def test_every_outcome_has_words(outcome: Outcome) -> None:
    assert f"`{outcome}`" in describe_error(a_verdict(outcome=outcome))


def test_an_error_keeps_the_failures_and_the_ends_of_what_was_printed_within_its_limit() -> None:
    failures = tuple(Failure(test=f"test_{n}", message="m" * 5000) for n in range(20))
    verdict = a_verdict(
        failures=failures, stdout="start" + "o" * 9000 + "stdout ends", stderr="e" * 9000 + "stderr ends"
    )
    error = describe_error(verdict)
    assert len(error) <= ERROR_CHARACTERS
    assert "test_0" in error
    assert "stderr ends" in error
    assert error.endswith("stdout ends")
    assert "start" not in error


def test_an_error_without_failures_leaves_the_room_to_the_output() -> None:
    error = describe_error(a_verdict(outcome="error", failures=(), stdout="o" * 9000))
    assert len(error) == ERROR_CHARACTERS


def test_the_error_says_nothing_that_differs_between_two_runs_of_the_same_code() -> None:
    slower = a_verdict().model_copy(update={"seconds": 9.0, "peak_mb": 50.0})
    assert describe_error(slower) == describe_error(a_verdict())
