"""Prompts: read, changed with checks and a preview on a real item, compared, kept and taken back."""

from pathlib import Path

from streamlit.testing.v1 import AppTest

from pages.parts.text_difference import changed_lines, difference_lines
from synth.settings import PROMPTS
from tests import examples
from tests.pages.conftest import HOSTILE, OpenPage, put_records

SHIPPED = (PROMPTS / "solve_task.md").read_text(encoding="utf-8")


def opened(open_page: OpenPage, name: str = "solve_task") -> AppTest:
    """The page with one prompt."""
    app = open_page("prompts")
    return app.selectbox(key="prompt").select(name).run()


def edited(app: AppTest, text: str) -> AppTest:
    """Put a text into the editor."""
    app.text_area[0].set_value(text)
    return app.run()


def press(app: AppTest, label: str) -> AppTest:
    """Press a button."""
    next(button for button in app.button if button.label == label).click()
    return app.run()


def look(app: AppTest, view: str) -> AppTest:
    """Choose a view."""
    app.button_group(key="prompt-view").set_value(view)
    return app.run()


def texts(app: AppTest, kind: str) -> str:
    """All texts of one kind of element."""
    return "\n".join(str(element.value) for element in app.get(kind)).replace("\\", "").replace("\u2060", "")


def test_every_prompt_can_be_read_and_is_shown_on_an_example(empty_workspace: Path, open_page: OpenPage) -> None:
    app = open_page("prompts")
    for name in app.selectbox(key="prompt").options:
        app = app.selectbox(key="prompt").select(name).run()
        assert not app.exception
        assert not app.error
        assert app.text_area[0].value == (PROMPTS / f"{name}.md").read_text(encoding="utf-8")
        assert "so this is a shipped example" in texts(app, "caption")
        assert len(texts(app, "code")) > 300


def test_a_preview_is_of_a_real_item_letter_for_letter(empty_workspace: Path, open_page: OpenPage) -> None:
    hostile = examples.TASK.model_copy(update={"id": "task-hostile", "instruction": HOSTILE, "statement": HOSTILE})
    put_records(empty_workspace, [*examples.ALL, hostile])
    app = opened(open_page)
    chooser = app.selectbox(key="prompt-item-solve_task")
    assert len(chooser.options) == 2
    app = chooser.select("task-hostile").run()
    assert f"{HOSTILE}\n\n{HOSTILE}" in "\n".join(str(code.value) for code in app.code)


def test_a_change_is_previewed_kept_and_survives_another_page(filled_workspace: Path, open_page: OpenPage) -> None:
    app = edited(opened(open_page), SHIPPED + "Keep it short.\n")
    assert "Not kept yet" in texts(app, "info")
    assert "Keep it short." in texts(app, "code")
    assert not (filled_workspace / "prompts").exists()
    app = press(app, "Keep")
    assert not app.exception
    assert "Kept." in texts(app, "success")
    own = (filled_workspace / "prompts" / "solve_task.md").read_text(encoding="utf-8")
    assert own == SHIPPED + "Keep it short.\n"
    again = opened(open_page)
    assert again.text_area[0].value == own
    assert "Step solve · inputs `question`, `level` · own · hash" in texts(again, "caption")


def test_a_problem_is_said_with_its_line_and_cannot_be_kept(empty_workspace: Path, open_page: OpenPage) -> None:
    app = edited(opened(open_page), SHIPPED + "{{ topic }}\n")
    line = len(SHIPPED.splitlines()) + 1
    assert f"line {line}: `topic` is not known here" in texts(app, "error")
    assert "{{ topic }}" in texts(app, "code")
    assert "No preview while something is wrong" in texts(app, "caption")
    assert next(button for button in app.button if button.label == "Keep").disabled
    app = press(app, "Discard changes")
    assert app.text_area[0].value == SHIPPED
    assert not app.error


def test_what_differs_is_shown_and_records_are_counted(empty_workspace: Path, open_page: OpenPage) -> None:
    made = examples.MADE.model_copy(update={"prompt": "solve_task", "prompt_hash": "a" * 16})
    put_records(empty_workspace, [*examples.ALL, examples.DRAFT.model_copy(update={"id": "solution-9", "made": made})])
    app = look(edited(opened(open_page), SHIPPED + "Keep it <short>.\n"), "changes")
    assert not app.exception
    assert "1 line of your own (+), 0 lines of the shipped one gone (-)." in texts(app, "caption")
    app = look(app, "records")
    assert not app.exception
    assert "a" * 16 in app.dataframe[-1].value.to_string()
    assert look(app, "edit").text_area[0].value == SHIPPED + "Keep it <short>.\n", "the draft is still there"


def test_a_copy_is_taken_back_after_being_asked(empty_workspace: Path, open_page: OpenPage) -> None:
    app = press(edited(opened(open_page), SHIPPED + "Keep it short.\n"), "Keep")
    app = press(app, "Take my copy away")
    assert not app.exception
    assert app.text_area[0].value == SHIPPED
    assert not (empty_workspace / "prompts" / "solve_task.md").exists()
    assert "Take my copy away" not in [button.label for button in app.button]


def test_a_shipped_prompt_that_changed_since_is_told(empty_workspace: Path, open_page: OpenPage) -> None:
    app = press(edited(opened(open_page), SHIPPED + "Keep it short.\n"), "Keep")
    (empty_workspace / "prompts" / "based_on" / "solve_task.md").write_text(SHIPPED + "Old.\n", encoding="utf-8")
    app = app.run()
    assert "has changed since this copy was made" in texts(app, "warning")
    app = press(app, "My copy is up to date with it")
    assert not app.warning


def test_a_prompt_broken_by_hand_is_told_and_the_page_still_works(empty_workspace: Path, open_page: OpenPage) -> None:
    (empty_workspace / "prompts").mkdir()
    (empty_workspace / "prompts" / "solve_task.md").write_text("no front matter", encoding="utf-8")
    app = opened(open_page)
    assert not app.exception
    assert "No run can start with this prompt: line 1: must start with YAML" in texts(app, "error")
    app = press(edited(app, SHIPPED), "Keep")
    assert not (empty_workspace / "prompts" / "solve_task.md").exists()


def test_somebody_elses_change_is_not_overwritten(empty_workspace: Path, open_page: OpenPage) -> None:
    app = edited(opened(open_page), SHIPPED + "Mine.\n")
    (empty_workspace / "prompts").mkdir()
    theirs = empty_workspace / "prompts" / "solve_task.md"
    theirs.write_text(SHIPPED + "Theirs.\n", encoding="utf-8")
    app = press(app, "Keep")
    assert "changed by somebody else meanwhile" in texts(app, "error")
    assert theirs.read_text(encoding="utf-8").endswith("Theirs.\n")


# ---- what differs


def test_words_that_differ_are_marked_and_everything_is_escaped() -> None:
    lines = list(difference_lines(["a", "one <b>two</b>"], ["a", "one <i>two</i>"]))
    assert lines[0] == ("same", "  a")
    kinds = [kind for kind, _ in lines]
    assert kinds == ["same", "less", "more"]
    assert "<b>b</b>" in lines[1][1]
    assert "&lt;" in lines[1][1]
    assert "<i>" not in lines[2][1]


def test_lines_far_from_a_change_are_left_out() -> None:
    before = [str(number) for number in range(100)]
    lines = list(difference_lines(before, [*before[:50], "new", *before[50:]]))
    assert lines[0] == ("gap", "· line 48")
    assert len(lines) == 8
    assert changed_lines("\n".join(before), "\n".join(before)) == (0, 0)
    assert changed_lines("a\nb", "a\nc\nd") == (2, 1)
