"""Seeds: table, search, detail, and adding code of one's own."""

from pathlib import Path

import pytest

from synth.workspace import SeedGroup, Workspace
from tests.pages.conftest import HOSTILE, OpenPage


@pytest.mark.usefixtures("empty_workspace")
def test_an_empty_workspace_says_how_to_add_seeds(open_page: OpenPage) -> None:
    app = open_page("seeds")
    assert not app.exception
    assert any("No seeds yet" in text.value for text in app.markdown)
    assert "Add the standard library" in [button.label for button in app.button]


@pytest.mark.usefixtures("filled_workspace")
def test_one_page_of_seeds_is_shown_with_what_they_are(open_page: OpenPage) -> None:
    app = open_page("seeds")
    assert not app.exception
    assert {metric.label: metric.value for metric in app.metric} == {"Seeds": "61", "Files": "61", "Read": "7"}
    groups, table = (frame.value for frame in app.dataframe)
    assert list(groups["licence"]) == ["PSF-2.0", "MIT"]
    assert len(table) == 12
    assert table.iloc[0]["path"] == "lib/module_000.py"
    assert any(caption.value == "1–12 of 61" for caption in app.caption)


@pytest.mark.usefixtures("filled_workspace")
def test_the_chosen_seed_shows_code_place_and_features_letter_for_letter(open_page: OpenPage) -> None:
    app = open_page("seeds")
    assert f"# {HOSTILE}" in app.code[0].value
    assert app.code[0].language == "python"
    captions = [caption.value for caption in app.caption]
    assert any("lines 1 to 3" in text for text in captions)
    features = next(text.value for text in app.markdown if "data processing" in text.value)
    assert r"\<b\>bold\<\/b\>" in features
    assert "<b>" not in features


@pytest.mark.usefixtures("filled_workspace")
def test_search_narrows_the_table_and_starts_at_its_first_page(open_page: OpenPage) -> None:
    app = open_page("seeds")
    app.session_state["seed-page"] = 4
    app.text_input(key="seed-search").set_value("cart").run()
    assert not app.exception
    assert list(app.dataframe[1].value["name"]) == ["Cart.total"]
    app.text_input(key="seed-search").set_value("nowhere").run()
    assert "No seed matches" in app.info[0].value


def test_a_folder_is_added_and_what_was_skipped_is_said(
    empty_workspace: Path, tmp_path: Path, open_page: OpenPage
) -> None:
    code = tmp_path / "shop"
    code.mkdir()
    (code / "cart.py").write_text(
        "def total(items):\n    prices = [item.price for item in items]\n    return sum(prices)\n"
    )
    (code / "broken.py").write_text("def total(:\n")
    app = open_page("seeds")
    app.text_input[0].set_value(str(code))
    next(button for button in app.button if button.label == "Add").click().run()
    assert not app.exception
    assert "1 function or class found in" in app.text[0].value
    skipped = app.dataframe[0].value
    assert "broken.py" in skipped.iloc[0]["what"]
    assert skipped.iloc[0]["why"]
    assert {metric.label: metric.value for metric in app.metric}["Seeds"] == "1"


@pytest.mark.usefixtures("empty_workspace")
def test_a_path_that_is_not_there_is_said_in_plain_words(open_page: OpenPage) -> None:
    app = open_page("seeds")
    app.text_input[0].set_value("/nowhere/at/all")
    next(button for button in app.button if button.label == "Add").click().run()
    assert not app.exception
    assert "/nowhere/at/all" in app.error[0].value


def test_groups_features_and_seeds_by_id_are_read_from_the_workspace(filled_workspace: Path) -> None:
    workspace = Workspace(filled_workspace)
    try:
        assert workspace.seed_groups() == [
            SeedGroup("stdlib", "PSF-2.0", files=60, functions=48, classes=12),
            SeedGroup("path", "MIT", files=1, functions=1, classes=0),
        ]
        assert workspace.features_read(["seed-more-000", "seed-more-059"]) == {"seed-more-000": 5}
        assert workspace.features_read([]) == {}
        found = workspace.seeds_by_id(["seed-more-003", "gone", "seed-1"])
        assert [seed.id for seed in found] == ["seed-more-003", "seed-1"]
    finally:
        workspace.close()
