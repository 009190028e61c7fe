"""Judging tests: what the judge sees, what it may change, and what is refused."""

import asyncio

import pytest

from synth.ask import Asker, Unparseable
from synth.records import CodeFile, Dropped, Ruling, Solution
from synth.steps.review_tests import parse_judgement, review_tests, ruling_id, with_corrected_tests
from tests.examples import DRAFT, FAILED, TASK
from tests.scripted import ScriptedModel

WRONG = CodeFile(
    path="test_cart.py", text="from cart import total\n\n\ndef test_total():\n    assert total([1, 2]) == 4\n"
)
RIGHT = WRONG.text.replace("== 4", "== 3")
OTHER = CodeFile(
    path="tests/test_more.py", text="from cart import total\n\n\ndef test_none():\n    assert total([]) == 0\n"
)
STEERING = CodeFile(path="conftest.py", text="import pytest\n")
ATTEMPT = DRAFT.model_copy(update={"tests": (WRONG, OTHER, STEERING), "attempt": 3})
BLAME = "<verdict>tests</verdict>\n<reason>1 + 2 is 3</reason>\n"


def block(path: str, text: str) -> str:
    return f"<file>{path}</file>\n```python\n{text}\n```\n"


def review(*replies: str) -> tuple[Ruling | Dropped, ScriptedModel]:
    model = ScriptedModel(replies)
    made = asyncio.run(review_tests(Asker(model), TASK, ATTEMPT, FAILED, "assert 3 == 4"))
    return made, model


def test_the_judge_sees_task_solution_tests_and_error_and_is_asked_without_chance() -> None:
    _, model = review("<verdict>solution</verdict><reason>it gives 0</reason>")
    (request,) = model.requests
    assert set(request.inputs) == {"question", "files", "tests", "error"}
    assert "assert 3 == 4" in request.text
    assert WRONG.text in request.text
    assert request.temperature == 0.0


def test_a_blamed_solution_changes_nothing() -> None:
    ruling, model = review("<verdict>solution</verdict><reason>it gives 0</reason>" + block("test_cart.py", RIGHT))
    assert isinstance(ruling, Ruling)
    assert (ruling.blames, ruling.reason, ruling.tests, ruling.change) == ("solution", "it gives 0", (), None)
    assert (ruling.task_id, ruling.solution_id, ruling.verdict_id) == ("task-1", ATTEMPT.id, FAILED.id)
    assert ruling.id == ruling_id(Asker(model), ATTEMPT, FAILED)


def test_corrected_tests_make_the_next_attempt_with_the_same_files_and_say_why() -> None:
    ruling, _ = review(BLAME + block("test_cart.py", RIGHT))
    assert isinstance(ruling, Ruling)
    following = with_corrected_tests(ATTEMPT, ruling)
    assert isinstance(following, Solution)
    assert following.files == ATTEMPT.files
    assert following.tests == (CodeFile(path="test_cart.py", text=RIGHT), OTHER, STEERING)
    assert (following.attempt, following.previous_id) == (4, ATTEMPT.id)
    change = following.tests_change
    assert change is not None
    assert (change.ruling_id, change.reason, change.files) == (ruling.id, "1 + 2 is 3", ("test_cart.py",))


def test_files_of_the_solution_steering_and_new_files_are_thrown_away() -> None:
    reply = BLAME + block("test_cart.py", RIGHT) + block("cart.py", "total = sum")
    judged = parse_judgement(reply + block("conftest.py", "import os") + block("test_new.py", "x = 1"), ATTEMPT)
    assert judged.changed == ("test_cart.py",)
    assert [test.path for test in judged.tests] == ["test_cart.py", "tests/test_more.py", "conftest.py"]
    assert judged.tests[2] == STEERING


def test_a_dropped_test_is_kept_with_its_reason() -> None:
    gone = block("tests/test_more.py", "from cart import total\n")
    said = "<dropped>tests/test_more.py::test_none: the task says\n nothing of it</dropped>\n"
    judged = parse_judgement(BLAME + said + gone, ATTEMPT)
    assert judged.dropped == (("tests/test_more.py::test_none", "the task says nothing of it"),)


@pytest.mark.parametrize(
    ("reply", "complaint"),
    [
        ("I think the tests are wrong.", "say <verdict>"),
        ("<verdict>tests</verdict><verdict>solution</verdict><reason>x</reason>", "one of them"),
        ("<verdict>tests</verdict>" + block("test_cart.py", RIGHT), "give the reason"),
        ("<verdict>solution</verdict><reason> </reason>", "give the reason"),
        (BLAME, "no test file changed"),
        (BLAME + block("test_cart.py", WRONG.text), "no test file changed"),
        (BLAME + block("conftest.py", "x = 1"), "no test file changed"),
        (BLAME + block("../test_cart.py", RIGHT), "leaves the project folder"),
        (
            BLAME + block("test_cart.py", RIGHT.replace("== 3", "!= 4")),
            "ask for less: `test_cart.py::test_total`",
        ),
        (BLAME + block("test_cart.py", "x = 1"), "is gone; keep it, or drop it with a reason"),
    ],
)
def test_a_reply_that_cannot_be_used_is_refused_with_what_to_do(reply: str, complaint: str) -> None:
    with pytest.raises(Unparseable) as caught:
        parse_judgement(reply, ATTEMPT)
    assert complaint in str(caught.value)


def test_a_judge_that_cannot_tell_is_recorded_against_the_attempt() -> None:
    made, model = review("<decline>the task is silent</decline>")
    assert isinstance(made, Dropped)
    assert (made.step, made.subject_id) == ("review tests", ATTEMPT.id)
    assert made.wanted_id == ruling_id(Asker(model), ATTEMPT, FAILED)


def test_a_long_reason_is_cut() -> None:
    judged = parse_judgement(f"<verdict>solution</verdict><reason>{'x' * 9000}</reason>", ATTEMPT)
    assert len(judged.reason) == 2000
