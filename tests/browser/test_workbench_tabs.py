"""Two tabs on one workspace: each sees the other's edits, a stale edit is refused, not lost; a restart is survived."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from synth.workspace import Workspace, operations
from tests.browser.conftest import CHROMIUM, Serve, free_port, open_tree, served
from tests.browser.workbench import ask, choose, dialog, edit, open_all, plant, row, tree_of

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium; install it, for example: sudo apt-get install chromium"),
]

OUTLINE = """\
data processing
  cleaning
  parsing
security
  hashing
  signing
"""
TREE = OUTLINE.splitlines()


@pytest.fixture(scope="module")
def address(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The app on a workspace with an empty tree."""
    folder = tmp_path_factory.mktemp("tabs") / "workspace"
    Workspace(folder).close()
    return serve(folder)


@pytest.fixture
def ids(address: str) -> dict[str, int]:
    """The tree of `OUTLINE`, made anew, everything counted once, as the map shows nothing of no size: ids by name."""
    named = plant(address, OUTLINE)
    counts = [operations.SetCount(node=node, observed=1) for node in named.values()]
    edit(address, *counts, name=f"count-{named['signing']}")
    return named


@pytest.fixture
def tabs(browser: Browser, address: str, ids: dict[str, int]) -> Iterator[tuple[Page, Page]]:
    """The workbench in two browsers that share nothing, with everything open."""
    with ExitStack() as ends:
        pages = [new_tab(browser, ends) for _ in range(2)]
        for page in pages:
            open_tree(page, address)
            expect(row(page, "security")).to_be_visible(timeout=60_000)
            open_all(page)
            expect(row(page, "signing")).to_be_visible()
        yield pages[0], pages[1]


def new_tab(browser: Browser, ends: ExitStack) -> Page:
    """A tab of a browser that remembers nothing."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    ends.callback(context.close)
    return context.new_page()


def rename(page: Page, name: str, new: str) -> None:
    """Rename a feature in the outline."""
    choose(page, name)
    page.keyboard.press("F2")
    expect(page.locator(".o-field")).to_be_focused()
    page.locator(".o-field").fill(new)
    page.keyboard.press("Enter")


def test_an_edit_in_one_tab_is_seen_in_all_panes_of_the_other(tabs: tuple[Page, Page], address: str) -> None:
    one, other = tabs
    choose(other, "hashing")
    expect(other.locator("h2.inspect-name")).to_have_text("hashing")
    rename(one, "hashing", "digests")
    expect(row(other, "digests")).to_be_visible()
    expect(other.locator("h2.inspect-name")).to_have_text("digests")
    stage = other.locator(".map-stage")
    stage.focus()
    other.keyboard.press("Home")
    expect(other.locator(".map-said")).not_to_be_empty()
    choose(one, "data processing")
    one.keyboard.press("Delete")
    dialog(one, "Delete 3 features?").get_by_role("button", name="Delete", exact=True).click()
    expect(row(other, "cleaning")).to_have_count(0)
    assert tree_of(address) == ["security", "  digests", "  signing"]
    stage.focus()
    other.keyboard.press("PageUp")
    expect(other.locator(".map-said")).to_contain_text("security, observed 1")
    other.keyboard.press("Control+z")
    expect(row(one, "cleaning")).to_be_visible()


def test_what_somebody_is_writing_survives_an_edit_in_another_tab(tabs: tuple[Page, Page]) -> None:
    one, other = tabs
    choose(other, "signing")
    other.keyboard.press("F2")
    other.locator(".o-field").fill("signatures, half wri")
    rename(one, "cleaning", "tidying")
    expect(row(other, "tidying")).to_be_visible()
    expect(other.locator(".o-field")).to_have_value("signatures, half wri")
    expect(other.locator(".o-field")).to_be_focused()
    other.keyboard.press("Enter")
    expect(row(one, "signatures, half wri")).to_be_visible()


def stale(tabs: tuple[Page, Page], address: str, ids: dict[str, int], new: str) -> Page:
    """A tab that renames what somebody else renamed before, and has not heard of it."""
    page = tabs[1]
    page.route("**/api/events", lambda route: route.abort())
    page.reload()
    expect(row(page, "signing")).to_be_visible(timeout=60_000)
    edit(address, operations.Rename(node=ids["signing"], name="sealing"), name=f"stale-{ids['signing']}")
    expect(row(tabs[0], "sealing")).to_be_visible()
    expect(row(page, "signing")).to_be_visible()
    rename(page, "signing", new)
    return page


def test_a_stale_edit_is_refused_with_what_changed_and_done_where_that_is_wanted(
    tabs: tuple[Page, Page], address: str, ids: dict[str, int]
) -> None:
    page = stale(tabs, address, ids, "stamping")
    asked = dialog(page, "Changed meanwhile")
    expect(asked.locator(".changes li")).to_have_count(1)
    expect(asked).to_contain_text("rename `signing` to `sealing`")
    assert "  sealing" in tree_of(address)
    asked.get_by_role("button", name="Do it anyway").click()
    expect(row(page, "stamping")).to_be_visible()
    expect(row(tabs[0], "stamping")).to_be_visible()
    assert "  stamping" in tree_of(address)


def test_a_stale_edit_that_is_left_changes_nothing_and_keeps_what_was_written(
    tabs: tuple[Page, Page], address: str, ids: dict[str, int]
) -> None:
    page = stale(tabs, address, ids, "stamping")
    dialog(page, "Changed meanwhile").get_by_role("button", name="Cancel").click()
    expect(page.locator(".o-field")).to_have_value("stamping")
    page.keyboard.press("Escape")
    expect(row(page, "sealing")).to_be_visible()
    assert "  sealing" in tree_of(address)


def test_an_edit_of_something_else_is_no_stale_one(tabs: tuple[Page, Page], address: str, ids: dict[str, int]) -> None:
    page = tabs[1]
    page.route("**/api/events", lambda route: route.abort())
    page.reload()
    expect(row(page, "signing")).to_be_visible(timeout=60_000)
    edit(address, operations.Rename(node=ids["cleaning"], name="tidying"), name=f"else-{ids['cleaning']}")
    rename(page, "signing", "sealing")
    expect(row(page, "sealing")).to_be_visible()
    expect(row(page, "tidying")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_page_says_that_the_server_is_gone_and_goes_on_when_it_is_back(browser: Browser, tmp_path: Path) -> None:
    folder = tmp_path / "workspace"
    Workspace(folder).close()
    port = free_port()
    with ExitStack() as ends:
        page = new_tab(browser, ends)
        with served(folder, port) as address:
            ids = plant(address, OUTLINE)
            open_tree(page, address)
            expect(row(page, "security")).to_be_visible(timeout=60_000)
            open_all(page)
            choose(page, "signing")
            page.keyboard.press("F2")
            page.locator(".o-field").fill("sealing")
        expect(page.locator(".notice.bad")).to_contain_text("Espalier does not answer")
        expect(page.locator(".o-field")).to_have_value("sealing")
        page.locator(".o-field").press("Enter")
        expect(page.locator(".notice.bad")).to_have_count(2)
        expect(page.locator(".o-field")).to_have_value("sealing")
        expect(row(page, "hashing")).to_be_visible()
        with served(folder, port) as address:
            expect(page.locator(".notice.good")).to_contain_text("answers again", timeout=30_000)
            expect(page.locator(".o-field")).to_have_value("sealing")
            page.locator(".o-field").press("Enter")
            expect(row(page, "sealing")).to_be_visible()
            assert "  sealing" in tree_of(address)
            edit(address, operations.Rename(node=ids["hashing"], name="digests"), name="after-the-restart")
            expect(row(page, "digests")).to_be_visible()
            assert ask(address, "tree/node", node=ids["signing"])["path"][-1]["name"] == "sealing"
