"""Evolution: trees, scores, decisions in words."""

from pathlib import Path

from tests.pages.conftest import OpenPage


def test_an_empty_workspace_says_how_trees_come(empty_workspace: Path, open_page: OpenPage) -> None:
    app = open_page("evolution")
    assert not app.exception
    assert any("No trees yet" in str(text.value) for text in app.markdown)


def test_a_tree_shows_what_was_decided_and_why(filled_workspace: Path, open_page: OpenPage) -> None:
    app = open_page("evolution")
    assert not app.exception
    metrics = {metric.label: metric.value for metric in app.metric}
    assert (metrics["Trees"], metrics["Instructions"], metrics["Collected"]) == ("1", "1", "1")
    assert (metrics["Challenge"], metrics["Diversity"], metrics["V"]) == ("4.0", "unscored", "4.0")
    assert any("discounts" in str(code.value) for code in app.code)
    assert any("rank 1 of 1" in str(text.value).replace("\\", "") for text in app.markdown)
    assert any("two rules" in str(text.value) for text in app.text)
    assert any("Here it is." in str(code.value) for code in app.code), "the answer"
