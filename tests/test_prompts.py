"""Prompts: every shipped one loads and renders to its golden file; bad files are refused by name."""

import re
from pathlib import Path

import pytest

from synth.errors import PromptError
from synth.prompts import Prompts
from tests.golden.prompts import CASES, FOLDER, render

HINT = "if the change is meant: python -m tests.golden.prompts, then read the difference"


def write(folder: Path, text: str, name: str = "count") -> Prompts:
    (folder / f"{name}.md").write_text(text, encoding="utf-8")
    return Prompts(folder)


def test_every_shipped_prompt_has_a_golden_case_and_every_case_a_prompt() -> None:
    assert {prompt for prompt, _ in CASES.values()} == set(Prompts().names())
    assert {file.stem for file in FOLDER.glob("*.txt")} == set(CASES)


@pytest.mark.parametrize("case", sorted(CASES))
def test_a_prompt_renders_to_its_golden_file(case: str) -> None:
    assert render(case) == (FOLDER / f"{case}.txt").read_text(encoding="utf-8"), HINT


@pytest.mark.parametrize("name", sorted({prompt for prompt, _ in CASES.values()}))
def test_a_shipped_prompt_says_its_purpose_and_how_to_decline(name: str) -> None:
    prompt = Prompts().get(name)
    assert len(prompt.purpose) > 10
    assert "<decline>" in prompt.body
    assert "</decline>" in prompt.body


@pytest.mark.parametrize("case", sorted(CASES))
def test_a_rendered_prompt_shows_values_as_text_or_json_never_as_python(case: str) -> None:
    text = render(case)
    assert re.search(r"\{\{|\{%", text) is None
    assert "{'" not in text
    assert "['" not in text
    assert "\\u" not in text


def test_values_reach_a_prompt_as_json_with_their_own_letters(tmp_path: Path) -> None:
    prompt = write(tmp_path, "---\npurpose: p\ninputs: [names]\n---\n{{ names | json }}\n").get("count")
    assert prompt.render({"names": ["naïve", 'a "b"']}) == '[\n  "naïve",\n  "a \\"b\\""\n]'


def test_a_value_that_looks_like_a_template_stays_text(tmp_path: Path) -> None:
    prompt = write(tmp_path, "---\npurpose: p\ninputs: [code]\n---\n{{ code }}\n").get("count")
    assert prompt.render({"code": "{{ 7 * 7 }} {% if x %}"}) == "{{ 7 * 7 }} {% if x %}"


def test_a_workspaces_own_copy_is_laid_over_the_shipped_one(tmp_path: Path) -> None:
    shipped = Prompts().get("answer_instruction")
    own = write(tmp_path, "---\npurpose: mine\ninputs: [question]\n---\nQ: {{ question }}\n", "answer_instruction")
    assert own.get("answer_instruction").purpose == "mine"
    assert own.get("answer_instruction").hash != shipped.hash
    assert own.names() == Prompts().names()
    assert own.get("solve_task").hash == Prompts().get("solve_task").hash


@pytest.mark.parametrize("inputs", [{}, {"thing": "a", "more": "b"}, {"things": "a"}])
def test_a_prompt_takes_exactly_its_inputs(tmp_path: Path, inputs: dict[str, object]) -> None:
    prompt = write(tmp_path, "---\npurpose: p\ninputs: [thing]\n---\n{{ thing }}\n").get("count")
    with pytest.raises(PromptError, match="count: declares inputs"):
        prompt.render(inputs)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("no front matter", "front matter between two"),
        ("hello\n---\ninputs: []\n---\nbody", "front matter between two"),
        ("---\ninputs: [a\n---\nbody", "not YAML"),
        ("---\npurpose: p\n---\nbody", "needs `purpose` and a list `inputs`"),
        ("---\npurpose: p\ninputs: [a]\n---\n{{ b }}", "declares inputs ['a'], uses ['b']"),
        ("---\npurpose: p\ninputs: [a]\n---\nplain", "declares inputs ['a'], uses []"),
        ("---\npurpose: p\ninputs: [a]\n---\n{{ a", "unexpected end"),
        ("---\npurpose: p\ninputs: [a]\n---\n{{ a | no_such_filter }}", "no_such_filter"),
    ],
)
def test_a_broken_prompt_file_is_refused_by_name(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(PromptError) as caught:
        write(tmp_path, text).get("count")
    assert complaint in str(caught.value)
    assert str(tmp_path / "count.md") in str(caught.value)


def test_an_unknown_prompt_says_where_was_looked(tmp_path: Path) -> None:
    with pytest.raises(PromptError, match="no prompt `nothing`") as caught:
        Prompts(tmp_path).get("nothing")
    assert str(tmp_path) in str(caught.value)
