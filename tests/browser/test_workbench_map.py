"""The map in a real browser: in and out, switches and legend, keyboard, and files of what is seen."""

import csv
import io
import json
import re
import struct
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from synth.workspace import Workspace, operations
from tests.browser.conftest import CHROMIUM, Serve, open_tree

HOSTILE = "<script>alert(1)</script> & \"'"
SVG = "{http://www.w3.org/2000/svg}"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium; install it, for example: sudo apt-get install chromium"),
]


def outline() -> str:
    """Two large categories, the hostile one first, and one with so many children that some share a bucket."""
    lines = [HOSTILE, *(f"  large {number}\n    inner {number}\n      deep {number}" for number in range(3)), "crowded"]
    return "\n".join([*lines, "  crowd", *(f"    small {number}" for number in range(3_000))])


@pytest.fixture(scope="module")
def ids(tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """Features by name, of the workspace that is served."""
    folder = tmp_path_factory.getbasetemp() / "map-workspace"
    workspace = Workspace(folder)
    workspace.trees.edit([operations.AddMany(parent=0, outline=outline())])
    tree = workspace.tree()
    weights = {HOSTILE: 600, "crowded": 300, "crowd": 300, "large 0": 300, "large 1": 200, "large 2": 100}
    workspace.trees.edit(
        [operations.SetCount(node=node, observed=weights.get(tree.name(node), 5)) for node in tree.nodes()]
    )
    found = {tree.name(node): node for node in tree.nodes()}
    workspace.close()
    return found


@pytest.fixture(scope="module")
def address(serve: Serve, ids: dict[str, int], tmp_path_factory: pytest.TempPathFactory) -> str:
    """The app on that workspace."""
    return serve(tmp_path_factory.getbasetemp() / "map-workspace")


@pytest.fixture
def tab(browser: Browser, address: str) -> Iterator[Page]:
    """A tab with the workbench on the whole tree."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, accept_downloads=True)
    page = context.new_page()
    open_map(page, address)
    yield page
    context.close()


def open_map(page: Page, address: str, query: str = "", top: int = 0) -> None:
    """Open the workbench and wait for its map."""
    open_tree(page, address, query)
    shows(page, top)


def shows(page: Page, top: int) -> None:
    """Wait until the map shows a branch."""
    expect(page.locator(".map-stage")).to_have_attribute("data-top", str(top), timeout=30_000)


def press(page: Page, *keys: str) -> None:
    """Press keys on the map."""
    page.locator(".map-stage").focus()
    for key in keys:
        page.keyboard.press(key)


def exported(page: Page, title: str) -> tuple[str, bytes]:
    """Choose an entry of the Export menu: name and content of the file."""
    page.get_by_role("button", name="Export what is seen").click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name=title).click()
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


def test_area_and_colour_are_switched_and_the_legend_says_what_colours_mean(tab: Page) -> None:
    legend = tab.locator(".map-legend")
    expect(legend).to_contain_text("level 1")
    tab.get_by_label("Colour", exact=True).select_option("origin")
    expect(legend).to_contain_text("estimated by growth")
    tab.get_by_label("Colour", exact=True).select_option("coverage")
    expect(legend).to_contain_text("never drawn (cold)")
    tab.get_by_label("Area", exact=True).select_option("chance")
    expect(tab).to_have_url(re.compile("area=chance.*colour=coverage|colour=coverage.*area=chance"))
    tab.get_by_label("Area", exact=True).select_option("estimated")
    expect(tab.locator(".map-message")).to_contain_text("an estimated count")


def test_a_double_click_goes_in_and_a_breadcrumb_back(tab: Page, ids: dict[str, int]) -> None:
    tab.locator(".map-stage").dblclick(position={"x": 30, "y": 9})
    shows(tab, ids[HOSTILE])
    crumbs = tab.locator(".map-crumbs")
    expect(crumbs).to_contain_text(HOSTILE)
    expect(crumbs.locator("script")).to_have_count(0)
    crumbs.get_by_role("button", name="All features").click()
    shows(tab, 0)


def test_a_link_opens_the_same_branch(browser: Browser, address: str, ids: dict[str, int]) -> None:
    page = browser.new_page()
    open_map(page, address, f"?top={ids['large 0']}", ids["large 0"])
    expect(page.locator(".map-crumbs")).to_contain_text("large 0")
    page.close()


def test_keys_walk_the_map_choose_go_in_and_out(tab: Page, ids: dict[str, int]) -> None:
    press(tab, "Home")
    expect(tab).to_have_url(re.compile(rf"node={ids[HOSTILE]}\b"))
    press(tab, "PageDown")
    expect(tab).to_have_url(re.compile(rf"node={ids['large 0']}\b"))
    expect(tab.locator(".map-said")).to_contain_text("large 0, observed 300")
    press(tab, "Enter")
    shows(tab, ids["large 0"])
    press(tab, "Backspace")
    shows(tab, ids[HOSTILE])
    press(tab, "Alt+ArrowUp")
    shows(tab, 0)


def test_a_bucket_tells_how_many_it_holds_and_leads_to_their_parent(tab: Page, ids: dict[str, int]) -> None:
    press(tab, "Home", "End", "PageDown", "PageDown")
    expect(tab.locator(".map-said")).to_contain_text(re.compile(r"^\+[\d,]+ more"))
    press(tab, "Enter")
    shows(tab, ids["crowd"])


def test_a_bucket_right_below_the_top_leads_to_the_first_it_holds_in_the_outline(
    browser: Browser, address: str, ids: dict[str, int]
) -> None:
    page = browser.new_page()
    open_map(page, address, f"?top={ids['crowd']}", ids["crowd"])
    press(page, "Home")
    expect(page.locator(".map-said")).to_contain_text(re.compile(r"^\+[\d,]+ more"))
    press(page, "Enter")
    chosen = page.locator(".o-row.chosen:not([hidden])")
    expect(chosen).to_have_count(1)
    expect(chosen).to_contain_text("small")
    shows(page, ids["crowd"])
    page.close()


def test_the_layout_is_part_of_the_address(browser: Browser, address: str, tab: Page) -> None:
    tab.get_by_role("button", name="Icicle").click()
    expect(tab).to_have_url(re.compile("layout=icicle"))
    other = browser.new_page()
    open_map(other, address, "?layout=icicle")
    expect(other.get_by_role("button", name="Icicle")).to_have_attribute("aria-pressed", "true")
    other.close()


def test_the_pointer_is_told_path_and_counts(tab: Page) -> None:
    tab.locator(".map-stage").hover(position={"x": 30, "y": 9})
    tip = tab.locator(".map-tip")
    expect(tip).to_contain_text(HOSTILE)
    expect(tip).to_contain_text("observed 600")
    assert tip.locator("script").count() == 0


def test_the_svg_is_well_formed_and_holds_a_hostile_name_only_as_text(tab: Page) -> None:
    name, content = exported(tab, "Map as SVG picture")
    assert name == "tree-map.svg"
    root = ElementTree.fromstring(content)
    assert root.tag == f"{SVG}svg"
    assert not list(root.iter(f"{SVG}script"))
    assert any("<script>" in (text.text or "") for text in root.iter(f"{SVG}text"))
    assert len(list(root.iter(f"{SVG}rect"))) > 100
    assert any("level 1" in (text.text or "") for text in root.iter(f"{SVG}text"))


def test_the_png_has_twice_the_pixels_of_the_svg(tab: Page) -> None:
    _, drawn = exported(tab, "Map as SVG picture")
    name, content = exported(tab, "Map as PNG picture")
    root = ElementTree.fromstring(drawn)
    assert name == "tree-map.png"
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", content[16:24]) == (2 * int(root.attrib["width"]), 2 * int(root.attrib["height"]))


def test_the_chosen_branch_is_saved_as_outline_json_and_table(tab: Page) -> None:
    press(tab, "Home")
    _, text = exported(tab, "Branch as Outline")
    assert "large 2" in text.decode()
    assert "crowd" not in text.decode()
    _, nested = exported(tab, "Branch as JSON")
    assert json.loads(nested)[0]["name"] == HOSTILE
    name, table = exported(tab, "Branch as CSV")
    rows = list(csv.DictReader(io.StringIO(table.decode(), newline="")))
    assert name.endswith(".csv")
    assert len(rows) == 10
    assert json.loads(rows[0]["path"]) == [HOSTILE]


def test_an_edit_of_somebody_else_is_on_the_map_without_a_reload(browser: Browser, address: str, tab: Page) -> None:
    other = browser.new_page()
    open_map(other, address)
    other.evaluate(
        """async () => fetch("/api/tree/edit", {method: "POST", headers: {"Content-Type": "application/json"},
        body: JSON.stringify({rev: 2, op: "from-elsewhere", anyway: true, operations: [
            {kind: "add", parent: 0, name: "came later", observed: 50000}]})})"""
    )
    other.close()
    expect(tab.locator(".map-stage")).to_have_attribute("data-rev", "3")
