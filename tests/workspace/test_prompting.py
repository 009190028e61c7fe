"""The workspace's own prompts: checked before they are kept, shown as their step sends them, and never half written."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.ask import STEP_OF
from synth.errors import BadInput, NotFound, PromptError
from synth.prompts import Prompts
from synth.settings import PROMPTS
from synth.store import Database
from synth.workspace.prompt_sources import SOURCES
from synth.workspace.prompting import Prompting, hash_of, normalised
from tests import examples

NAMES = sorted(STEP_OF)


@pytest.fixture
def prompting(tmp_path: Path) -> Prompting:
    """Of a workspace without a database."""
    return Prompting(tmp_path)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    """With one record of each kind."""
    found = Database(tmp_path / "workspace.duckdb")
    judged = examples.CHALLENGE.model_copy(update={"id": "score-3", "name": "diversity", "value": 7.25})
    found.add([*examples.ALL, judged])
    yield found
    found.close()


@pytest.fixture
def filled(tmp_path: Path, db: Database) -> Prompting:
    """Of a workspace with one record of each kind."""
    return Prompting(tmp_path, db)


def changed(prompting: Prompting, name: str = "solve_task") -> str:
    """A text that differs from the shipped one in its last line."""
    return prompting.shipped_text(name) + "Keep it short.\n"


# ---- lists


def test_every_prompt_is_listed_with_its_step_and_hash(prompting: Prompting) -> None:
    listed = {facts.name: facts for facts in prompting.all()}
    assert sorted(listed) == NAMES == sorted(SOURCES) == Prompts().names()
    for name, facts in listed.items():
        assert facts.hash == Prompts().get(name).hash == hash_of(prompting.text(name))
        assert facts.step == STEP_OF[name]
        assert (facts.own, facts.outdated, facts.problem) == (False, False, "")


def test_an_unknown_name_is_refused_with_those_that_there_are(prompting: Prompting) -> None:
    for wrong in ("nothing", "../solve_task", ""):
        with pytest.raises(NotFound, match="there are `pre_extract`"):
            prompting.text(wrong)
        with pytest.raises(NotFound):
            prompting.save(wrong, "x")


# ---- own copies


def test_an_own_copy_is_kept_and_taken_back(prompting: Prompting, tmp_path: Path) -> None:
    text = changed(prompting)
    facts = prompting.save("solve_task", text)
    assert (facts.own, facts.outdated, facts.problem) == (True, False, "")
    assert (tmp_path / "prompts" / "solve_task.md").read_text(encoding="utf-8") == text
    assert facts.hash == Prompts(tmp_path / "prompts").get("solve_task").hash
    assert "+Keep it short." in prompting.changes("solve_task")
    assert prompting.reset("solve_task")
    assert not prompting.facts("solve_task").own
    assert list((tmp_path / "prompts").rglob("*")) == []
    assert not prompting.reset("solve_task")


def test_the_shipped_text_kept_again_is_no_own_copy(prompting: Prompting) -> None:
    prompting.save("solve_task", changed(prompting))
    assert not prompting.save("solve_task", prompting.shipped_text("solve_task").replace("\n", "\r\n")).own


def test_line_ends_and_marks_of_other_systems_change_no_hash(prompting: Prompting) -> None:
    text = changed(prompting)
    plain = prompting.save("solve_task", text).hash
    assert prompting.save("solve_task", "\ufeff" + text.replace("\n", "\r\n") + "\n\n").hash == plain
    assert normalised("a\udcffb") == "a?b\n"


def test_what_was_changed_meanwhile_is_not_overwritten(prompting: Prompting) -> None:
    seen = prompting.facts("solve_task").hash
    theirs = prompting.save("solve_task", changed(prompting))
    with pytest.raises(BadInput, match="changed by somebody else meanwhile"):
        prompting.save("solve_task", changed(prompting) + "Mine.\n", seen=seen)
    assert prompting.facts("solve_task").hash == theirs.hash
    prompting.save("solve_task", changed(prompting) + "Mine.\n", seen=theirs.hash)


def test_a_shipped_prompt_that_changed_since_is_told_with_what_changed(prompting: Prompting, tmp_path: Path) -> None:
    prompting.save("solve_task", changed(prompting))
    base = tmp_path / "prompts" / "based_on" / "solve_task.md"
    assert base.read_text(encoding="utf-8") == prompting.shipped_text("solve_task")
    base.write_text(prompting.shipped_text("solve_task").replace("production", "the archive"), encoding="utf-8")
    assert prompting.facts("solve_task").outdated
    assert "production" in prompting.shipped_changes("solve_task")
    prompting.save("solve_task", changed(prompting) + "More.\n")
    assert prompting.facts("solve_task").outdated, "keeping it again does not say that it was looked at"
    prompting.accept_shipped("solve_task")
    assert not prompting.facts("solve_task").outdated


def test_a_copy_made_by_hand_has_no_known_base_and_is_not_called_outdated(prompting: Prompting, tmp_path: Path) -> None:
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "solve_task.md").write_text(changed(prompting), encoding="utf-8")
    facts = prompting.facts("solve_task")
    assert (facts.own, facts.outdated, facts.problem) == (True, False, "")


def test_a_folder_that_cannot_be_written_is_said(prompting: Prompting, tmp_path: Path) -> None:
    (tmp_path / "prompts").write_text("in the way")
    with pytest.raises(BadInput, match="cannot be written"):
        prompting.save("solve_task", changed(prompting))


# ---- problems

SHIPPED = (PROMPTS / "solve_task.md").read_text(encoding="utf-8")
LINES = len(SHIPPED.splitlines())


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", 1, "must start with YAML front matter"),
        (SHIPPED.replace("---\n", "", 1), 1, "must start with YAML front matter"),
        (SHIPPED.replace("inputs: [", "inputs: [["), 4, "the front matter is not YAML"),
        (SHIPPED.replace("inputs: [", "inputs: [topic, "), 3, "`topic` is not known here; its step gives `question`"),
        (SHIPPED + "{{ topic }}\n", LINES + 1, "`topic` is not known here"),
        (SHIPPED.replace("{{ question }}", "the task"), 3, "`question` is not used"),
        (SHIPPED.replace("[question, level]", "[level]"), 3, "`question` is used but not declared in `inputs`"),
        (SHIPPED + "{% if level %}\n", LINES + 1, "Unexpected end of template"),
        (SHIPPED + "{{ level | shout }}\n", LINES + 1, "No filter named 'shout'"),
        (SHIPPED + "{{ level.size.more }}\n", LINES + 1, "has no attribute 'size'"),
        (SHIPPED + "{{ 1 / 0 }}\n", LINES + 1, "it cannot be filled in: ZeroDivisionError"),
        (SHIPPED + "{{ level.__class__.__mro__ }}\n", LINES + 1, "unsafe"),
        (SHIPPED + "x" * 200_001, None, "characters at most"),
    ],
)
def test_a_problem_is_said_with_its_line_and_nothing_is_kept(
    prompting: Prompting, tmp_path: Path, text: str, line: int | None, said: str
) -> None:
    found = prompting.problems("solve_task", text)
    assert [problem.line for problem in found if said in problem.text] == [line]
    assert "/tmp" not in str(found), "a person edits a prompt, not a file of ours"
    with pytest.raises(PromptError, match="solve_task is not kept"):
        prompting.save("solve_task", text)
    assert not (tmp_path / "prompts").exists()


PIECES = st.lists(
    st.sampled_from(
        ["---\n", "inputs: [question, level]\n", "purpose: p\n", "reply: 3\n", "reply: {f: string}\n", "{{ question }}",
         "{{ level }}", "{% if level %}", "{% endif %}", "{{ level | json }}", "{# ", "{{ question[0] }}", "\n", "\r\n",
         "\x00", "\ud800", "{{ (1, 2)[5] }}", "{{ level() }}", "{{ [1] + level }}", "inputs: {a: b}\n", "? : ::\n"]
    ) | st.text(max_size=8),
    max_size=12,
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(pieces=PIECES, whole=st.booleans())
def test_whatever_is_typed_is_either_told_or_can_be_kept(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[str], whole: bool
) -> None:
    prompting = Prompting(tmp_path_factory.mktemp("typed"))
    text = (SHIPPED if whole else "") + "".join(pieces)
    found = prompting.problems("solve_task", text)
    lines = len(text.splitlines()) + 1
    assert all(problem.line is None or 1 <= problem.line <= lines for problem in found)
    if not found:
        prompting.save("solve_task", text)
        assert not prompting.facts("solve_task").problem


def test_a_reply_with_other_parts_than_the_step_reads_is_refused(prompting: Prompting) -> None:
    text = prompting.shipped_text("make_task")
    assert "\nreply: {" in text
    (problem,) = prompting.problems("make_task", text.replace("reply: {", "reply: {more: string, "))
    assert "names other parts" in problem.text


def test_a_file_broken_by_hand_is_told_and_stops_a_run_before_it_starts(prompting: Prompting, tmp_path: Path) -> None:
    prompting.check_own()
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "solve_task.md").write_bytes(b"\xff broken")
    facts = prompting.facts("solve_task")
    assert facts.own
    assert "front matter" in facts.problem
    assert sum(bool(one.problem) for one in prompting.all()) == 1
    with pytest.raises(BadInput, match=r"prompts/solve_task\.md: .*Mend it, or take it away\."):
        prompting.check_own()


# ---- previews


@pytest.mark.parametrize("name", NAMES)
def test_each_prompt_is_shown_on_a_real_item_of_the_workspace(filled: Prompting, name: str) -> None:
    items = filled.items(name)
    assert items, f"{name} has no item"
    shown = filled.preview(name)
    assert shown.item == items[0]
    assert filled.preview(name, items[0].id).text == shown.text
    assert "{{" not in shown.text.replace("{{ 7", "")
    assert filled.noun(name).endswith("s")


@pytest.mark.parametrize("name", NAMES)
def test_each_prompt_is_shown_on_a_shipped_example_where_there_is_nothing_yet(prompting: Prompting, name: str) -> None:
    assert prompting.items(name) == []
    shown = prompting.preview(name)
    assert shown.item is None
    assert len(shown.text) > 300


def test_a_preview_holds_what_the_records_hold(filled: Prompting) -> None:
    repair = filled.preview("repair_solution", "solution-1").text
    assert examples.TASK.question in repair
    assert "assert 0 == 3" in repair
    assert "number 1" in repair
    evolved = filled.preview("evolve_from_question", "instruction-1").text
    assert "4.0" in evolved
    assert "7.2" in evolved
    assert "summation" in filled.preview("make_task", "subtree-1").text


def test_a_preview_uses_the_draft_and_leaves_the_file_alone(filled: Prompting, tmp_path: Path) -> None:
    shown = filled.preview("solve_task", text=changed(filled))
    assert shown.text.endswith("Keep it short.")
    assert not (tmp_path / "prompts").exists()
    filled.save("solve_task", changed(filled))
    assert filled.preview("solve_task").text == shown.text


def test_an_item_that_is_not_there_is_said(filled: Prompting, prompting: Prompting) -> None:
    with pytest.raises(NotFound, match="no task `nothing`"):
        filled.preview("solve_task", "nothing")
    with pytest.raises(NotFound, match="no keywords `nothing`"):
        filled.preview("cluster_features", "nothing")
    with pytest.raises(NotFound, match="another Espalier has the workspace open"):
        prompting.preview("solve_task", "task-1")


# ---- counts


def test_records_are_counted_by_the_hash_that_made_them(filled: Prompting, db: Database, tmp_path: Path) -> None:
    made = examples.MADE.model_copy(update={"prompt": "solve_task", "prompt_hash": "a" * 16})
    other = made.model_copy(update={"prompt_hash": "b" * 16})
    drafts = [examples.DRAFT.model_copy(update={"id": f"solution-{n}", "made": made}) for n in (10, 11)]
    db.add([*drafts, examples.DRAFT.model_copy(update={"id": "solution-12", "made": other})])
    assert filled.used("solve_task") == {"a" * 16: 2, "b" * 16: 1}
    assert filled.used("repair_solution") == {}
    ruled = made.model_copy(update={"prompt": "review_tests"})
    corrected = examples.DRAFT.model_copy(update={"id": "solution-13", "made": ruled})
    db.add([corrected, examples.RULING.model_copy(update={"id": "ruling-2", "made": ruled})])
    assert filled.used("review_tests") == {"a" * 16: 1}, "the solution came with the ruling, by the same call"
    with pytest.raises(BadInput, match="cannot be counted"):
        Prompting(tmp_path).used("solve_task")
