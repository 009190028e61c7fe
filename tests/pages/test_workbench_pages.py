"""The pages that place the workbench: what they send is small, and the same for any tree."""

import json
from pathlib import Path

import pytest

from synth.api import ASSETS_AT
from synth.settings import ROOT
from tests.pages.conftest import OpenPage


@pytest.mark.parametrize(("page", "title", "panel"), [("tree", "Tree", "inspect"), ("sampling", "Sampling", "sample")])
@pytest.mark.parametrize("folder", ["empty_workspace", "filled_workspace"])
def test_the_page_places_the_workbench_and_sends_little(
    open_page: OpenPage, request: pytest.FixtureRequest, page: str, title: str, panel: str, folder: str
) -> None:
    request.getfixturevalue(folder)
    app = open_page(page)
    assert not app.exception
    assert not app.error
    [component] = app.get("bidi_component")
    sent = json.loads(component.proto.json)
    assert (sent["title"], sent["panel"]) == (title, panel)
    assert sent["assets"].startswith(ASSETS_AT)
    assert sorted(sent["modules"]) == sorted(path.name for path in (ROOT / "pages" / "workbench").glob("*.js"))
    assert len(component.proto.json) < 4_000


def test_another_version_of_a_file_has_another_address(tmp_path: Path) -> None:
    from synth.api import version_of

    (tmp_path / "main.js").write_text("one")
    before = version_of(tmp_path)
    (tmp_path / "main.js").write_text("two")
    assert version_of(tmp_path) != before
