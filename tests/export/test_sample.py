from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.export import Sample
from synth.export.sample import fenced
from synth.records import CodeFile
from tests.export import examples


def test_a_response_shows_each_file_under_its_path_and_no_tests() -> None:
    response = examples.repaired().response
    assert response == (
        "`shop/__init__.py`\n\n```python\n```\n\n"
        "`shop/till.py`\n\n```python\ndef add(a, b):\n    return a + b\n```\n\n"
        "`prices.json`\n\n```json\n{}\n```"
    )


@given(st.text(alphabet=st.sampled_from("`a\n ~\"'\\é\u2028"), max_size=60))
def test_no_text_can_close_its_own_fence(text: str) -> None:
    lines = fenced(CodeFile(path="a.py", text=text)).split("\n")
    fence = lines[2].removesuffix("python")
    assert set(fence) == {"`"}
    assert lines[-1] == fence
    assert not any(line.strip().startswith(fence) for line in lines[3:-1])
    assert "\n".join(lines[3:-1]) == text.removesuffix("\n")


def test_a_sample_is_proven_only_by_a_verdict_on_its_own_solution() -> None:
    sample = examples.proven()
    draft, _ = examples.repaired().attempts[0]
    assert sample.proven
    assert not replace(sample, verdict=None).proven
    assert not replace(sample, verdict=examples.verdict(draft)).proven
    assert not examples.failed().proven
    assert not examples.evolved().proven


def test_question_response_and_id_of_each_kind() -> None:
    assert examples.proven().question == "Add two numbers.\n\n`add(a, b)` returns the sum."
    assert examples.proven().id == "solution-plain-0"
    assert examples.evolved().question == "Write `mul(a, b)`."
    assert examples.evolved().response.startswith("```python")
    assert examples.evolved().id == "answer-2"
    assert (examples.unsolved().id, examples.unsolved().response) == ("task-unsolved", "")
    with pytest.raises(ValueError, match="needs a task or an instruction"):
        _ = Sample().id


def test_made_names_every_step_that_led_to_the_sample() -> None:
    assert [made.prompt for made in examples.repaired().made] == ["make_task", "solve_task", "repair_solution"]
    assert [made.prompt for made in examples.failed().made] == ["make_task", "solve_task"]
    assert [made.prompt for made in examples.evolved().made] == ["evolve_from_question", "answer_instruction"]
