"""How the workbench looks and what it says of itself: widths, zoom, themes, hostile names, roles, contrast, Tab."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from synth.tree.fragment import FragmentBuilder
from synth.workspace import Workspace, operations
from tests.browser.conftest import CHROMIUM, Serve, open_tree
from tests.browser.workbench import choose, command, open_all, panel, row

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium; install it, for example: sudo apt-get install chromium"),
]

Open = Callable[..., Page]
Scheme = Literal["light", "dark"]

PANELS = ("Inspect", "Sample", "Review", "History", "Tidy")
SIZES = {"wide": (1360, 900), "narrow": (700, 900), "zoomed to 200 %": (680, 450)}
MARKUP = "<img src=x onerror=window.__hacked=1>"
SCRIPT = "<script>window.__hacked=2</script>"
LONG = "l" + "o" * 1_998 + "ng"
RIGHT_TO_LEFT = "מיון מהיר \u202e gnp.exe"
EMOJI = "🧪👩🏽‍💻 tests"
LINES = "first line\nsecond line"
NAMES = (MARKUP, SCRIPT, LONG, RIGHT_TO_LEFT, EMOJI, LINES, '"><svg onload=window.__hacked=3>')

LOOKS = Path(__file__).with_name("looks.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def address(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The app on a tree of hostile names, with a history and a proposal of such."""
    folder = tmp_path_factory.mktemp("looks") / "workspace"
    workspace = Workspace(folder)
    rows = FragmentBuilder()
    rows.count(rows.add_path(("plain",)), observed=50)
    rows.count(rows.add_path(("plain", "leaf")), observed=20)
    for place, name in enumerate(NAMES):
        rows.count(rows.add_path((name,)), observed=10 + place)
        rows.count(rows.add_path((name, f"{name} below")), observed=5)
    workspace.trees.load(rows.finish(), operations.Actor(kind="import", name=MARKUP))
    node = workspace.tree().node((MARKUP,))
    assert node is not None
    workspace.trees.edit([operations.Note(node=node, text=MARKUP)], reason=SCRIPT)
    more = FragmentBuilder()
    for name in (MARKUP, SCRIPT):
        more.count(more.add_path(("plain", name)), estimated=2.0)
    workspace.trees.propose(operations.Actor(kind="engine", name=MARKUP), MARKUP, fragment=more.finish())
    workspace.close()
    return serve(folder)


@pytest.fixture(scope="module")
def empty(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The app on a workspace with nothing in it."""
    folder = tmp_path_factory.mktemp("empty") / "workspace"
    Workspace(folder).close()
    return serve(folder)


@pytest.fixture
def opened(browser: Browser, address: str) -> Iterator[Open]:
    """`opened(size=(1360, 900), scheme="light")`: the workbench; no script may fail, and none may come by a name."""
    failed: list[str] = []
    pages: list[Page] = []
    with ExitStack() as ends:

        def open_it(size: tuple[int, int] = (1360, 900), scheme: Scheme = "light", at: str = address) -> Page:
            context = browser.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
            ends.callback(context.close)
            page = context.new_page()
            page.on("pageerror", lambda error: failed.append(str(error)))
            open_tree(page, at)
            if at == address:
                expect(row(page, "plain")).to_be_visible(timeout=60_000)
            pages.append(page)
            return page

        yield open_it
        assert [page.evaluate("window.__hacked") for page in pages] == [None] * len(pages)
    assert failed == []


def seen(page: Page, what: str) -> Any:  # noqa: ANN401 - whatever the script finds
    """The value of a call of `looks.js` on the page."""
    return page.evaluate(f"() => {{ {LOOKS}\nreturn {what}; }}")


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    wider: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return wider


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_nothing_is_wider_than_the_window_and_everything_can_be_reached(opened: Open, size: tuple[int, int]) -> None:
    page = opened(size)
    for name in PANELS:
        panel(page, name)
        assert overflow(page) <= 1, name
        assert seen(page, "panelOverflow()") <= 1, name
    toolbar = page.get_by_role("toolbar", name="Tools").get_by_role("button").all()
    others = [page.get_by_role("button", name=name, exact=True) for name in ("Expand all", "Collapse all", "Icicle")]
    fields = [page.get_by_role("combobox", name=name) for name in ("Search features", "Area", "Colour")]
    assert len(toolbar) >= 3
    for control in [*toolbar, *others, *fields]:
        control.scroll_into_view_if_needed()
        control.click(trial=True)
        box = control.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= size[0]


def test_dialogs_menus_and_lists_fit_a_small_window(opened: Open) -> None:
    page = opened(SIZES["zoomed to 200 %"])
    choose(page, "plain")
    for title, name in (("Rename by pattern…", "Rename by pattern"), ("Grow here…", "Grow here")):
        command(page, title)
        box = page.get_by_role("dialog", name=name).bounding_box()
        assert box is not None
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= 450
        page.get_by_role("dialog", name=name).get_by_role("button", name="Cancel").click(trial=True)
        page.keyboard.press("Escape")
    row(page, "plain").click(button="right")
    box = page.get_by_role("menu").bounding_box()
    assert box is not None
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= 450


def test_an_empty_tree_says_how_to_begin(opened: Open, empty: str) -> None:
    page = opened(at=empty)
    expect(page.locator(".o-empty")).to_contain_text("No features yet.")
    expect(page.locator(".map-message")).to_be_visible()
    page.locator(".o-empty").get_by_role("link", name="Home").click()
    expect(page.locator("h1")).to_have_text("Home", timeout=30_000)


def test_names_are_shown_as_they_are_in_every_pane(opened: Open) -> None:
    page = opened()
    open_all(page)
    for name in (MARKUP, SCRIPT, EMOJI):
        real = row(page, name).and_(page.locator(":not(.ghost)"))
        expect(real).to_be_visible()
        page.wait_for_timeout(300)  # rows that are still coming move the others
        real.click()
        expect(page.locator("h2.inspect-name")).to_have_text(name, timeout=15_000)
    page.locator(".inspect-section[data-name=history] summary").click()
    stage = page.locator(".map-stage").bounding_box()
    assert stage is not None
    tips = set()
    for across in range(1, 20):
        for down in range(1, 12):
            page.mouse.move(stage["x"] + stage["width"] * across / 20, stage["y"] + stage["height"] * down / 12)
            page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
            tips.add(page.locator(".map-tip b").inner_text())
    assert len(tips) >= 4
    assert any("onerror" in tip or "onload" in tip for tip in tips)
    field = page.get_by_role("combobox", name="Search features")
    field.fill("window.__hacked")
    expect(page.locator(".search-hit").first).to_be_visible()
    assert any("<" in name for name in page.locator(".search-own").all_inner_texts())
    page.keyboard.press("Escape")
    no_elements(page)


def test_names_are_text_in_dialogs_notices_history_and_review(opened: Open) -> None:
    page = opened()
    row(page, MARKUP).click()
    page.keyboard.press("Delete")
    asked = page.get_by_role("dialog")
    expect(asked.locator(".paths")).to_contain_text(MARKUP)
    no_elements(page)
    page.keyboard.press("Escape")
    expect(page.locator(".o-scroller")).to_be_focused()
    page.keyboard.press("Control+h")
    asked = page.get_by_role("dialog")
    asked.get_by_label("Replace", exact=True).fill("x")
    asked.get_by_label("By", exact=True).fill(SCRIPT)
    expect(asked.locator(".renamings")).to_contain_text("<script>")
    no_elements(page)
    page.keyboard.press("Escape")
    choose(page, MARKUP, SCRIPT)
    page.keyboard.press("Control+m")
    expect(page.get_by_role("dialog")).to_contain_text(SCRIPT)
    no_elements(page)
    page.keyboard.press("Escape")
    past = panel(page, "History")
    expect(past.locator(".past-why").first).to_have_text(SCRIPT)
    expect(past).to_contain_text(f"import {MARKUP}")
    review = panel(page, "Review")
    expect(review.locator(".proposal")).to_contain_text(MARKUP)
    no_elements(page)


def no_elements(page: Page) -> None:
    """Nothing that a name spells out became an element."""
    assert page.locator(".workbench img, .workbench script, .workbench svg[onload]").count() == 0


def test_a_row_is_one_line_however_long_its_name(opened: Open) -> None:
    page = opened()
    for start in (LONG[:40], "first line"):
        found = page.locator(".o-row:not([hidden])").filter(has_text=start).first
        box = found.bounding_box()
        assert box is not None
        assert box["height"] == 26
        assert found.locator(".o-count").is_visible()
    page.locator(".o-row:not([hidden])").filter(has_text=LONG[:40]).first.click()
    expect(page.locator("h2.inspect-name")).to_contain_text(LONG[:40])
    assert overflow(page) <= 1


def test_all_that_can_be_used_has_a_name(opened: Open) -> None:
    page = opened()
    choose(page, "plain")
    for name in PANELS:
        panel(page, name)
        assert seen(page, "nameless()") == [], name


def test_roles_hold_what_they_must(opened: Open) -> None:
    page = opened()
    open_all(page)
    choose(page, "plain")
    tree = page.get_by_role("tree", name="Features")
    expect(tree).to_have_attribute("aria-multiselectable", "true")
    item = page.get_by_role("treeitem", name="plain").first
    for name, value in (("aria-level", "1"), ("aria-expanded", "true"), ("aria-selected", "true")):
        expect(item).to_have_attribute(name, value)
    expect(tree).to_have_attribute("aria-activedescendant", item.get_attribute("id") or "none")
    tabs = page.get_by_role("tablist").get_by_role("tab")
    assert tabs.count() == len(PANELS)
    for tab in tabs.all():
        tab.click()
        expect(tab).to_have_attribute("aria-selected", "true")
        controls = tab.get_attribute("aria-controls")
        expect(page.locator(f"#{controls}")).to_have_attribute("role", "tabpanel")
        expect(page.locator(f"#{controls}")).to_be_visible()
    assert seen(page, "misplaced()") == []
    assert seen(page, "sharedIds()") == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_stands_out_from_what_is_behind_it(opened: Open, scheme: Scheme) -> None:
    page = opened(scheme=scheme)
    open_all(page)
    choose(page, "plain")
    assert (seen(page, "paper()") < 0.2) == (scheme == "dark")
    for name in PANELS:
        panel(page, name)
        page.mouse.move(2, 2)
        assert seen(page, "faint()") == [], name


def test_tab_reaches_everything_and_what_is_reached_is_seen(opened: Open) -> None:
    page = opened()
    expect(page.locator("h2.inspect-name")).to_have_text("The whole tree")
    reached: list[str] = []
    for _ in range(80):  # from the beginning of the page, past the navigation
        where = seen(page, "focused()")
        assert where["seen"] or where["place"] == "outside", where["element"]
        reached.append(where["place"])
        page.keyboard.press("Tab")
        if "tabs" in reached and reached[-1] == "pane pane-side":
            break
    order = list(dict.fromkeys(reached))
    assert order == [
        "outside", "place-search", "place-tools", "pane pane-outline", "splitter", "pane pane-map", "tabs",
        "pane pane-side",
    ]  # fmt: skip


def test_the_keyboard_gets_out_of_the_outline_by_escape_and_tab(opened: Open) -> None:
    page = opened()
    page.locator(".o-scroller").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator(".o-row.chosen:not([hidden])")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator(".o-row.chosen:not([hidden])")).to_have_count(0)
    page.keyboard.press("Tab")
    expect(page.locator(".o-scroller")).not_to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(page.locator(".o-scroller")).to_be_focused()


def test_escape_closes_what_is_open_and_gives_the_focus_back(opened: Open) -> None:
    page = opened()
    choose(page, "plain")
    scroller = page.locator(".o-scroller")
    for key, role in (("Control+h", "dialog"), ("Control+k", "dialog"), ("F1", "dialog"), ("Shift+F10", "menu")):
        scroller.focus()
        page.keyboard.press(key)
        expect(page.get_by_role(role)).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role(role)).to_have_count(0)
        expect(scroller).to_be_focused()
        expect(page.locator(".o-row.chosen:not([hidden])")).to_have_count(1)
    filters = page.get_by_role("button", name="Filter the outline")
    filters.press("Enter")
    expect(page.get_by_role("dialog", name="Filter")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Filter")).to_be_hidden()
    expect(filters).to_be_focused()
