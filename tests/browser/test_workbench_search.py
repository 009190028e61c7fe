"""Search, filters, palette, keys and links of the workbench in a real browser."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, LocatorAssertions, Page, expect

from synth.workspace import Workspace, operations
from tests.browser.conftest import CHROMIUM, Serve, open_tree

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(180),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium; install it, for example: sudo apt-get install chromium"),
]

HOSTILE = "<script>document.title='owned'</script>"
OUTLINE = (
    "error handling\n  network errors\n    retry with backoff\n  parse errors\n"
    "data processing\n  parsing\n    parse dates\n    parse numbers\n  retry\n"
    f"{HOSTILE}\n"
)


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory, serve: Serve) -> dict[str, Any]:
    """Ids of the features of a served workspace by name, and its `address`."""
    folder = tmp_path_factory.mktemp("search") / "workspace"
    workspace = Workspace(folder)
    workspace.trees.edit([operations.AddMany(parent=0, outline=OUTLINE)])
    tree = workspace.tree()
    named = {tree.name(node): node for node in tree.nodes()}
    workspace.trees.edit(
        [operations.SetCount(node=node, observed=node) for node in named.values()]
        + [operations.Lock(node=named["parse dates"]), operations.Note(node=named["parse numbers"], text="see below")]
    )
    workspace.close()
    return named | {"address": serve(folder)}


@pytest.fixture
def tab(browser: Browser, nodes: dict[str, Any]) -> Iterator[Page]:
    """A tab on the workbench, in which no script may fail."""
    context = browser.new_context(viewport={"width": 1360, "height": 900})
    page = context.new_page()
    failed: list[str] = []
    page.on("pageerror", lambda error: failed.append(str(error)))
    open_tree(page, nodes["address"])
    expect(page.locator("h2.inspect-name")).to_have_text("The whole tree")
    yield page
    context.close()
    assert failed == []


def hits(tab: Page) -> list[str]:
    """The names of the hits that are shown."""
    return tab.locator(".search-own").all_inner_texts()


def name(tab: Page) -> LocatorAssertions:
    """The heading of the inspector, to be expected of."""
    return expect(tab.locator("h2.inspect-name"))


def state_in_the_address(tab: Page) -> dict[str, str]:
    """What the address says."""
    tab.evaluate("new Promise((done) => setTimeout(done, 50))")  # the address follows a moment after the panes
    return {key: values[0] for key, values in parse_qs(urlsplit(tab.url).query).items()}


def test_hits_come_as_one_types_and_enter_jumps_to_one(tab: Page, nodes: dict[str, Any]) -> None:
    tab.keyboard.press("/")
    field = tab.get_by_role("combobox", name="Search features")
    expect(field).to_be_focused()
    field.press_sequentially("parse")
    expect(tab.locator(".search-hit")).to_have_count(3)
    assert hits(tab) == ["parse dates", "parse errors", "parse numbers"]
    expect(tab.locator(".search-hit mark").first).to_have_text("parse")
    expect(tab.locator(".search-hit").first).to_contain_text("data processing › parsing")
    expect(field).to_have_attribute("aria-expanded", "true")
    expect(field).to_have_attribute("aria-activedescendant", "search-hit-0")
    field.press("ArrowDown")
    chosen = tab.locator(".search-hit[aria-selected=true]")
    expect(chosen).to_have_count(1)
    wanted = chosen.locator(".search-own").inner_text()
    field.press("Enter")
    name(tab).to_have_text(wanted)
    expect(tab.locator(".search-box")).to_be_hidden()
    assert state_in_the_address(tab)["node"] == str(nodes[wanted])


def test_signs_choose_how_is_searched(tab: Page) -> None:
    field = tab.get_by_role("combobox", name="Search features")
    for written, found in (
        ("^retry", ["retry", "retry with backoff"]),
        ("error > retry", ["retry with backoff"]),
        ("> parse dates", ["parse dates"]),
        ("~retri", ["retry"]),
    ):
        field.fill(written)
        expect(tab.locator(".search-own")).to_have_text(found)
    field.fill("no such thing")
    expect(tab.locator(".search-foot")).to_contain_text("No feature is called so")
    field.press("Escape")
    expect(tab.locator(".search-box")).to_be_hidden()
    field.press("Escape")
    expect(field).to_have_value("")


def test_a_name_that_looks_like_markup_is_found_as_text(tab: Page) -> None:
    tab.get_by_role("combobox", name="Search features").fill("<script")
    expect(tab.locator(".search-own")).to_have_text(HOSTILE)
    assert tab.locator(".search-hit script").count() == 0
    tab.locator(".search-hit").click()
    name(tab).to_have_text(HOSTILE)
    assert tab.title() != "owned"


def test_filters_are_set_in_the_popover_and_removed_by_their_chips(tab: Page) -> None:
    tab.get_by_role("button", name="Filter the outline").click()
    form = tab.get_by_role("dialog", name="Filter")
    form.get_by_label("Words in the path").fill("parsing")
    form.get_by_label("From level").fill("3")
    form.get_by_label("Count to").fill("100")
    form.get_by_label("Origin").select_option("observed")
    form.get_by_label("Locked").check()
    chips = tab.locator(".filter-chip")
    expect(chips).to_have_count(5)
    expect(tab.locator(".filter-badge")).to_have_text("5")
    asked = json.loads(state_in_the_address(tab)["filter"])
    assert asked == {
        "words": "parsing",
        "levels": [3, None],
        "origin": "observed",
        "counts": [None, 100],
        "locked": True,
    }
    form.press("Escape")
    expect(form).to_be_hidden()
    chips.filter(has_text="locked").get_by_role("button").click()
    expect(chips).to_have_count(4)
    tab.wait_for_function("!location.search.includes('locked')")
    tab.reload()
    expect(chips).to_have_count(4)
    tab.get_by_role("button", name="Clear all").first.click()
    expect(chips).to_have_count(0)
    assert "filter" not in state_in_the_address(tab)


def test_a_filter_narrows_the_outline(tab: Page) -> None:
    rows = tab.locator(".pane-outline [role=treeitem]")
    expect(rows.filter(has_text="data processing").first).to_be_visible()
    tab.get_by_role("button", name="Filter the outline").click()
    tab.get_by_role("dialog", name="Filter").get_by_label("With a note").check()
    tab.keyboard.press("Escape")
    expect(rows.filter(has_text="parse numbers")).to_be_visible()
    expect(rows.filter(has_text="error handling")).to_have_count(0)


def test_a_link_opens_the_same_feature_filter_and_map(tab: Page, nodes: dict[str, Any]) -> None:
    top = nodes["data processing"]
    query = f"?node={nodes['parsing']}&top={top}&area=count&colour=origin&filter=%7B%22noted%22%3Atrue%7D"
    open_tree(tab, nodes["address"], query)
    name(tab).to_have_text("parsing")
    expect(tab.locator(".filter-words")).to_have_text("with a note")
    said = state_in_the_address(tab)
    assert (said["node"], said["top"], said["colour"]) == (str(nodes["parsing"]), str(top), "origin")
    tab.reload()
    name(tab).to_have_text("parsing")
    assert state_in_the_address(tab) == said


def test_a_dead_feature_in_the_address_is_said_and_the_page_goes_on(tab: Page, nodes: dict[str, Any]) -> None:
    open_tree(tab, nodes["address"], "?node=987654&top=987653")
    expect(tab.locator(".notice")).to_contain_text("987654")
    name(tab).to_have_text("The whole tree")
    assert {"node", "top"}.isdisjoint(state_in_the_address(tab))
    open_tree(tab, nodes["address"], "?node=nonsense&filter=%5B1")
    name(tab).to_have_text("The whole tree")


def test_the_link_is_copied(browser: Browser, nodes: dict[str, Any]) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    open_tree(page, nodes["address"], f"?node={nodes['retry']}")
    name(page).to_have_text("retry")
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Command or feature").fill("copy link")
    page.keyboard.press("Enter")
    expect(page.locator(".notice")).to_contain_text("Link copied")
    assert page.evaluate("navigator.clipboard.readText()") == page.url
    context.close()


def test_the_palette_runs_commands_and_jumps_to_features(tab: Page) -> None:
    tab.keyboard.press("Control+k")
    field = tab.get_by_role("combobox", name="Command or feature")
    expect(field).to_be_focused()
    field.fill("sholocked")
    expect(tab.locator(".palette-item").first).to_contain_text("Show only: locked")
    field.press("Enter")
    expect(tab.locator(".palette")).to_have_count(0)
    expect(tab.locator(".filter-words")).to_have_text("locked")
    tab.keyboard.press("Control+Shift+P")
    field.fill("backoff")
    item = tab.locator(".palette-item", has_text="retry with backoff")
    expect(item).to_contain_text("error handling › network errors")
    item.click()
    name(tab).to_have_text("retry with backoff")


def test_the_palette_opens_while_somebody_writes_and_closes_by_escape(tab: Page) -> None:
    tab.get_by_role("combobox", name="Search features").fill("parse")
    tab.keyboard.press("Control+k")
    expect(tab.locator("dialog.palette")).to_be_visible()
    tab.keyboard.press("Escape")
    expect(tab.locator("dialog.palette")).to_have_count(0)


def test_help_lists_every_command_with_its_keys(tab: Page) -> None:
    tab.keyboard.press("F1")
    dialog = tab.get_by_role("dialog", name="Keys and commands")
    expect(dialog).to_contain_text("Command palette")
    expect(dialog.locator("kbd", has_text="Ctrl+K")).to_be_visible()
    expect(dialog).to_contain_text("near spelling")
    tab.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    tab.keyboard.press("?")
    expect(dialog).to_be_visible()
