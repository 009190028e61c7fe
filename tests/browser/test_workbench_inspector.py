"""The inspector in a real browser: what it shows, what can be written in it, and that nothing written is lost."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from synth.records import Extraction
from synth.workspace import Workspace, operations
from tests.browser.conftest import CHROMIUM, Serve, open_tree
from tests.examples import MADE, SUBTREE, TASK

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(180),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium; install it, for example: sudo apt-get install chromium"),
]

HOSTILE = "<img src=x onerror=\"document.title='owned'\">"
CODE = "import math\n\n\ndef area(radius):\n    '''Of a circle.'''\n    return math.pi * radius**2\n"
TREE: dict[tuple[str, ...], int] = {
    ("geometry",): 12,
    ("geometry", "circles"): 9,
    ("geometry", "squares"): 1,
    ("geometry", "circles", "area of a circle"): 3,
    (HOSTILE,): 2,
    ("algorithm", "summation"): 4,
}


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory, serve: Serve) -> dict[str, Any]:
    """Ids of the features of a served workspace by name, and its `address`."""
    folder = tmp_path_factory.mktemp("inspector")
    (folder / "shapes.py").write_text(CODE)
    workspace = Workspace(folder / "workspace")
    workspace.add_seeds(folder / "shapes.py", licence="MIT")
    (seed,), _ = workspace.seeds()
    workspace.trees.edit([operations.AddMany(parent=0, outline=outline())])
    read = Extraction(id="e-1", seed_id=seed.id, demonstration_id=None, features=(("geometry", "circles"),), made=MADE)
    workspace.trees.observe("a run", [read])
    tree = workspace.tree()
    named = {path: node for path in tree.paths() if (node := tree.node(path)) is not None}
    workspace.trees.edit([operations.SetCount(node=named[path], observed=count) for path, count in TREE.items()])
    workspace._db.add([SUBTREE, TASK])
    workspace.close()
    return {path[-1]: node for path, node in named.items()} | {"address": serve(folder / "workspace")}


def outline() -> str:
    """The tree of these tests."""
    return f"geometry\n  circles\n    area of a circle\n  squares\n{HOSTILE}\nalgorithm\n  summation\n"


@pytest.fixture
def tab(browser: Browser, nodes: dict[str, Any]) -> Iterator[Page]:
    """A tab of its own, in which no script may fail."""
    context = browser.new_context(viewport={"width": 1360, "height": 900})
    page = context.new_page()
    failed: list[str] = []
    page.on("pageerror", lambda error: failed.append(str(error)))
    yield page
    context.close()
    assert failed == []


def look_at(tab: Page, nodes: dict[str, Any], name: str) -> Locator:
    """The inspector, opened on a feature."""
    open_tree(tab, nodes["address"], f"?node={nodes[name]}")
    panel = tab.locator(".panel-inspect")
    expect(panel.locator("h2.inspect-name")).to_have_text(name)
    return panel


def asked(tab: Page, path: str, **body: object) -> dict[str, Any]:
    """What the server itself says, past the page."""
    answer = tab.request.post(
        tab.url.split("/tree")[0] + path, data=json.dumps(body), headers={"Content-Type": "application/json"}
    )
    found: dict[str, Any] = answer.json()
    return found


def test_a_feature_is_shown_with_its_path_counts_and_children_to_click_on(tab: Page, nodes: dict[str, Any]) -> None:
    panel = look_at(tab, nodes, "circles")
    expect(panel.get_by_label("Observed")).to_have_value("9")
    expect(panel.get_by_label("Estimated")).to_have_value("")
    expect(panel.locator(".inspect-fact", has_text="Share of siblings")).to_contain_text("90%")
    panel.locator("button.inspect-share", has_text="area of a circle").click()
    expect(panel.locator("h2.inspect-name")).to_have_text("area of a circle")
    assert f"node={nodes['area of a circle']}" in tab.url
    panel.get_by_role("navigation", name="Path").get_by_role("button", name="geometry").click()
    expect(panel.locator("h2.inspect-name")).to_have_text("geometry")
    expect(panel.locator("button.inspect-share")).to_have_count(2)


def test_the_code_of_the_evidence_is_shown_at_its_line(tab: Page, nodes: dict[str, Any]) -> None:
    panel = look_at(tab, nodes, "circles")
    seed = panel.locator(".inspect-seed")
    expect(seed).to_contain_text("area")
    expect(seed).to_contain_text("shapes.py:4")
    seed.click()
    code = panel.get_by_role("region", name="Code of area, from line 4")
    expect(code.locator("pre").first).to_have_text("4\n5\n6")
    expect(code).to_contain_text("return math.pi * radius**2")
    code.focus()
    expect(code).to_be_focused()
    seed.click()
    expect(code).to_be_hidden()


def test_a_note_is_saved_when_it_is_left_and_a_status_when_it_is_chosen(tab: Page, nodes: dict[str, Any]) -> None:
    panel = look_at(tab, nodes, "squares")
    panel.get_by_label("Note").fill("four equal sides")
    panel.get_by_label("Note").press("Control+Enter")
    expect(panel.locator(".inspect-saved")).to_have_text("Saved")
    panel.get_by_label("Status").select_option("disputed")
    expect(tab.locator(".notice", has_text="disputed")).to_be_visible()
    told = asked(tab, "/api/tree/node", node=nodes["squares"])
    assert (told["note"], told["status"]) == ("four equal sides", "disputed")
    panel.get_by_label("Note").fill("four equal sides and angles")
    panel.get_by_role("navigation", name="Path").get_by_role("button", name="geometry").click()
    expect(panel.locator("h2.inspect-name")).to_have_text("geometry")
    expect(panel.get_by_label("Note")).to_have_value("")
    look_at(tab, nodes, "squares")
    expect(panel.get_by_label("Note")).to_have_value("four equal sides and angles")


def test_counts_are_changed_and_an_estimate_is_cleared(tab: Page, nodes: dict[str, Any]) -> None:
    panel = look_at(tab, nodes, "summation")
    panel.get_by_label("Estimated", exact=True).fill("2.5")
    panel.get_by_label("Estimated", exact=True).press("Enter")
    expect(panel.get_by_role("button", name="Clear the estimate")).to_be_visible()
    panel.get_by_label("Observed").fill("40")
    panel.get_by_label("Observed").press("Tab")
    expect(panel.locator(".inspect-fact", has_text="Weight in draws")).to_contain_text("40")
    panel.get_by_role("button", name="Clear the estimate").click()
    expect(panel.get_by_label("Estimated", exact=True)).to_have_value("")
    told = asked(tab, "/api/tree/node", node=nodes["summation"])
    assert (told["observed"], told["estimated"]) == (40, None)
    panel.get_by_label("Observed").fill("7")
    panel.get_by_label("Observed").press("Escape")
    expect(panel.get_by_label("Observed")).to_have_value("40")


def test_what_somebody_writes_stays_when_the_tree_changes_meanwhile(tab: Page, nodes: dict[str, Any]) -> None:
    panel = look_at(tab, nodes, "geometry")
    note = panel.get_by_label("Note")
    note.click()
    note.press_sequentially("half a sen")
    rev = asked(tab, "/api/tree/node", node=0)["rev"]
    edit = {"kind": "set count", "node": nodes["geometry"], "observed": 77}
    asked(tab, "/api/tree/edit", rev=rev, op="from-outside-1", operations=[edit])
    expect(panel.get_by_label("Observed")).to_have_value("77")
    expect(note).to_have_value("half a sen")
    expect(note).to_be_focused()


def test_a_feature_is_renamed_in_place_and_a_locked_one_is_not(tab: Page, nodes: dict[str, Any]) -> None:
    panel = look_at(tab, nodes, "area of a circle")
    panel.get_by_role("button", name="Rename").first.click()
    panel.get_by_role("textbox", name="Name").fill("circle area")
    panel.get_by_role("textbox", name="Name").press("Enter")
    expect(panel.locator("h2.inspect-name")).to_have_text("circle area")
    panel.locator(".inspect-lock").click()
    expect(panel.locator(".inspect-lock")).to_have_attribute("aria-pressed", "true")
    expect(panel.get_by_label("Observed")).to_be_disabled()
    expect(panel.locator(".inspect-title").get_by_role("button", name="Rename")).to_be_hidden()
    panel.locator(".inspect-lock").click()
    expect(panel.get_by_label("Observed")).to_be_enabled()


def test_the_history_shows_what_was_done_and_takes_it_back(tab: Page, nodes: dict[str, Any]) -> None:
    panel = look_at(tab, nodes, "algorithm")
    history = panel.locator("details[data-name=history]")
    history.locator("summary").click()
    expect(history.locator("li").last).to_contain_text("add 7 lines")
    before = history.locator("li").count()
    panel.get_by_label("Status").select_option("reviewed")
    expect(history.locator("li")).to_have_count(before + 1)
    expect(history.locator("li").first).to_contain_text("reviewed")
    history.locator("li").first.get_by_role("button").click()
    expect(panel.get_by_label("Status")).to_have_value("")
    expect(history.locator("li")).to_have_count(before + 2)
    expect(history.locator(".inspect-entry-said").first).to_contain_text("undo")
    history.locator("li").last.get_by_role("button").click()
    dialog = tab.get_by_role("dialog", name="Undo entry 1?")
    expect(dialog).to_contain_text("7 features")
    dialog.get_by_role("button", name="Cancel").click()
    expect(history.locator("li")).to_have_count(before + 2)
    tab.reload()
    expect(panel.locator("h2.inspect-name")).to_have_text("algorithm")
    expect(history).to_have_attribute("open", "")


def test_what_was_made_from_a_feature_is_listed(tab: Page, nodes: dict[str, Any]) -> None:
    panel = look_at(tab, nodes, "summation")
    made = panel.locator("details[data-name=made]")
    expect(made.locator("summary")).to_contain_text("1 task")
    expect(made.locator(".inspect-task")).to_contain_text("not run")
    expect(made.locator(".inspect-task-line")).to_have_text(TASK.instruction.splitlines()[0])
    expect(made.locator(".inspect-fact", has_text="Spent")).to_contain_text("0.00")  # by the offline engine


def test_a_name_that_looks_like_markup_stays_text(tab: Page, nodes: dict[str, Any]) -> None:
    panel = look_at(tab, nodes, HOSTILE)
    assert panel.locator("img").count() == 0
    panel.get_by_label("Note").fill(HOSTILE)
    panel.get_by_label("Note").press("Control+Enter")
    expect(panel.locator(".inspect-saved")).to_have_text("Saved")
    panel.get_by_role("button", name="Tree", exact=True).first.click()
    expect(panel.locator("h2.inspect-name")).to_have_text("The whole tree")
    expect(panel.locator(".inspect-share-name", has_text="onerror")).to_be_visible()
    assert tab.locator(".workbench img").count() == 0
    assert tab.title() != "owned"


def test_sections_stay_closed(tab: Page, nodes: dict[str, Any]) -> None:
    panel = look_at(tab, nodes, "circles")
    shares = panel.locator("details[data-name=shares]")
    shares.locator("summary").click()
    expect(panel.locator("button.inspect-share").first).to_be_hidden()
    tab.reload()
    expect(panel.locator("h2.inspect-name")).to_have_text("circles")
    expect(panel.locator("button.inspect-share").first).to_be_hidden()
