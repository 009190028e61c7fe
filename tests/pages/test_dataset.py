"""Dataset: what is kept, a preview of it, and a file that is really written."""

import json
from pathlib import Path

from streamlit.testing.v1 import AppTest

from tests.pages.conftest import OpenPage


def press(app: AppTest, label: str) -> AppTest:
    """Click the button of that label."""
    next(button for button in app.button if button.label == label).click()
    return app.run()


def test_an_empty_workspace_says_what_a_dataset_is_made_of(empty_workspace: Path, open_page: OpenPage) -> None:
    app = open_page("dataset")
    assert not app.exception
    assert any("Nothing to export yet" in str(text.value) for text in app.markdown)


def test_an_export_writes_the_file_and_its_card_and_is_listed(filled_workspace: Path, open_page: OpenPage) -> None:
    app = press(open_page("dataset"), "Export")
    assert not app.exception
    assert any("1 row written" in str(box.value) for box in app.success)
    lines = (filled_workspace / "exports" / "messages-v1.jsonl").read_text(encoding="utf-8").splitlines()
    (row,) = [json.loads(line) for line in lines]
    assert "Add up the prices of a cart." in row["messages"][0]["content"]
    assert (filled_workspace / "exports" / "messages-v1.card.md").is_file()
    assert any("messages" in str(text.value) and "1 row" in str(text.value) for text in app.markdown)


def test_an_existing_file_is_not_replaced_unasked(filled_workspace: Path, open_page: OpenPage) -> None:
    app = press(press(open_page("dataset"), "Export"), "Export")
    assert not app.exception
    assert any("messages-v1.jsonl" in str(box.value) for box in app.error)


def test_a_file_name_with_a_path_in_it_is_refused(filled_workspace: Path, open_page: OpenPage) -> None:
    app = open_page("dataset")
    app.text_input[0].set_value("../../etc/passwd")
    app = press(app, "Export")
    assert any("a file name has letters" in str(box.value) for box in app.error)
    assert not (filled_workspace / "exports").exists()


def test_the_preview_shows_the_row_in_the_chosen_form(filled_workspace: Path, open_page: OpenPage) -> None:
    app = open_page("dataset")
    app.selectbox(key="form").select("full").run()
    assert not app.exception
    assert any('"lineage"' in str(item.value) for item in app.json)


def test_the_funnel_of_the_workspace_says_what_was_dropped(filled_workspace: Path, open_page: OpenPage) -> None:
    app = open_page("dataset")
    assert any("declined: nothing fits" in table.value.to_string() for table in app.dataframe)
