"""The outline by hand: keys as in a file manager, several features at once, drag and drop, hostile names."""

import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from synth.workspace import Workspace, operations
from tests.browser.conftest import Serve, open_tree

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

HOSTILE = "<img src=x onerror=window.hit=1>"
OUTLINE = f"""\
data processing
  cleaning
    step 1
    step 2
  merging
  parsing
security
  hashing
    salted hash
  signing
zebra
  {HOSTILE}
"""


@pytest.fixture(scope="module")
def address(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The app on a workspace with an empty tree."""
    folder = tmp_path_factory.mktemp("outline") / "workspace"
    Workspace(folder).close()
    return serve(folder)


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """The workbench on the tree of `OUTLINE`, each time made anew, in a browser that remembers nothing."""
    rows = ask(address, "outline", opened={}, count=300)
    operations_ = [operations.Delete(node=row["id"]).model_dump() for row in rows["rows"]]
    operations_.append(operations.AddMany(parent=0, outline=OUTLINE).model_dump())
    ask(address, "edit", rev=rows["rev"], op=f"begin-{rows['rev']:06}", operations=operations_)
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    made = context.new_page()
    open_tree(made, address)
    expect(row(made, "data processing")).to_be_visible(timeout=60_000)
    yield made
    context.close()


def ask(address: str, what: str, **body: object) -> dict[str, Any]:
    """Ask the server as the page does."""
    request = urllib.request.Request(
        f"{address}/api/tree/{what}", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        found: dict[str, Any] = json.loads(answer.read())
    return found


def shown(page: Page) -> list[str]:
    """The rows on the screen from above: names with two blanks for each level."""
    found: list[tuple[float, str]] = page.locator(".o-row").evaluate_all(
        """rows => rows.filter(row => !row.hidden && row.ariaLevel).map(row => [row.getBoundingClientRect().top,
            "  ".repeat(row.ariaLevel - 1) + row.querySelector(".o-name").textContent])"""
    )
    return [name for _, name in sorted(found)]


def expect_rows(page: Page, *rows: str) -> None:
    """Wait until just these rows are shown."""
    try:
        page.wait_for_function(
            """wanted => {
                const root = [...document.querySelectorAll("*")].map(one => one.shadowRoot)
                    .find(one => one && one.querySelector(".o-row")) ?? document;
                const rows = [...root.querySelectorAll(".o-row")].filter(row => !row.hidden && row.ariaLevel)
                    .map(row => [row.getBoundingClientRect().top,
                        "  ".repeat(row.ariaLevel - 1) + row.querySelector(".o-name").textContent])
                    .sort((a, b) => a[0] - b[0]).map(row => row[1]);
                return JSON.stringify(rows) === JSON.stringify(wanted);
            }""",
            arg=list(rows),
            timeout=10_000,
        )
    except Exception:
        assert shown(page) == list(rows)
        raise


def row(page: Page, name: str) -> Locator:
    """The row of a feature."""
    return page.locator(".o-row:not([hidden])").filter(has=page.locator(".o-name").get_by_text(name, exact=True))


def chosen(page: Page) -> list[str]:
    """Names of the chosen rows."""
    return sorted(page.locator(".o-row.chosen:not([hidden]) .o-name").all_text_contents())


def open_all(page: Page) -> None:
    """Expand the whole tree."""
    page.get_by_role("button", name="Expand all", exact=True).click()
    expect(row(page, "salted hash")).to_be_visible()


def drag(page: Page, name: str, target: str, part: float, *, drop: bool = True) -> None:
    """Drag a row to a place in another: 0 is its upper edge, 1 its lower."""
    start, end = row(page, name).bounding_box(), row(page, target).bounding_box()
    assert start is not None
    assert end is not None
    page.mouse.move(start["x"] + 90, start["y"] + 13)
    page.mouse.down()
    page.mouse.move(end["x"] + 95, end["y"] + end["height"] * part, steps=6)
    if drop:
        page.mouse.up()


def test_arrows_open_and_close_and_walk(page: Page) -> None:
    row(page, "data processing").click()
    page.keyboard.press("ArrowRight")
    expect(row(page, "cleaning")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(row(page, "cleaning")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    expect(row(page, "merging")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowLeft")
    expect(row(page, "data processing")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowLeft")
    expect_rows(page, "data processing", "security", "zebra")
    page.keyboard.press("End")
    expect(row(page, "zebra")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Home")
    assert chosen(page) == ["data processing"]
    focused = page.locator(".o-scroller").get_attribute("aria-activedescendant")
    assert row(page, "data processing").get_attribute("id") == focused


def test_f2_names_a_feature_anew_and_undo_and_redo_follow(page: Page) -> None:
    row(page, "security").click()
    page.keyboard.press("F2")
    page.keyboard.type("safety")
    page.keyboard.press("Enter")
    expect_rows(page, "data processing", "safety", "zebra")
    page.keyboard.press("Control+z")
    expect_rows(page, "data processing", "security", "zebra")
    page.keyboard.press("Control+y")
    expect_rows(page, "data processing", "safety", "zebra")
    page.keyboard.press("F2")
    page.keyboard.type("never")
    page.keyboard.press("Escape")
    expect(page.locator(".o-field")).to_be_hidden()
    expect_rows(page, "data processing", "safety", "zebra")


def test_a_name_that_is_taken_keeps_what_was_written(page: Page) -> None:
    row(page, "security").click()
    page.keyboard.press("F2")
    page.keyboard.type("zebra")
    page.keyboard.press("Enter")
    expect(page.locator(".notice.bad")).to_contain_text("choose another name")
    expect(page.locator(".o-field")).to_have_value("zebra")
    expect(page.locator(".o-field")).to_be_focused()


def test_insert_adds_beside_and_shift_enter_below(page: Page) -> None:
    row(page, "security").click()
    page.keyboard.press("Insert")
    page.keyboard.type("testing")
    page.keyboard.press("Enter")
    expect_rows(page, "data processing", "security", "testing", "zebra")
    expect(row(page, "testing")).to_have_attribute("aria-selected", "true")
    expect(page.locator(".o-scroller")).to_be_focused()
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("unit tests")
    page.keyboard.press("Enter")
    expect_rows(page, "data processing", "security", "testing", "  unit tests", "zebra")
    page.keyboard.press("Delete")
    expect_rows(page, "data processing", "security", "testing", "zebra")
    page.keyboard.press("Control+z")
    expect_rows(page, "data processing", "security", "testing", "  unit tests", "zebra")


def test_tab_moves_deeper_and_shift_tab_higher(page: Page) -> None:
    row(page, "security").click()
    page.keyboard.press("Tab")
    expect_rows(page, "data processing", "  cleaning", "  merging", "  parsing", "  security", "zebra")
    page.keyboard.press("Shift+Tab")
    expect_rows(page, "data processing", "  cleaning", "  merging", "  parsing", "security", "zebra")


def test_a_large_branch_is_deleted_only_after_a_question(page: Page) -> None:
    row(page, "security").click()
    page.keyboard.press("Delete")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("4 features")
    dialog.get_by_role("button", name="Cancel").click()
    expect_rows(page, "data processing", "security", "zebra")
    expect(page.locator(".o-scroller")).to_be_focused()
    page.keyboard.press("Delete")
    dialog.get_by_role("button", name="Delete").click()
    expect_rows(page, "data processing", "zebra")


def test_cut_and_paste_moves_and_alt_arrows_reorder(page: Page) -> None:
    open_all(page)
    row(page, "signing").click()
    page.keyboard.press("Control+x")
    row(page, "cleaning").click()
    page.keyboard.press("Control+v")
    rows = ["  merging", "  parsing", "security", "  hashing", "    salted hash", "zebra", f"  {HOSTILE}"]
    expect_rows(page, "data processing", "  cleaning", "    signing", "    step 1", "    step 2", *rows)
    row(page, "step 2").click()
    page.keyboard.press("Alt+ArrowUp")
    expect_rows(page, "data processing", "  cleaning", "    signing", "    step 2", "    step 1", *rows)
    page.keyboard.press("Alt+ArrowDown")
    expect_rows(page, "data processing", "  cleaning", "    signing", "    step 1", "    step 2", *rows)


def test_several_are_chosen_with_shift_and_ctrl_and_dragged_together(page: Page) -> None:
    open_all(page)
    before = shown(page)
    row(page, "merging").click()
    row(page, "parsing").click(modifiers=["Shift"])
    row(page, "signing").click(modifiers=["Control"])
    assert chosen(page) == ["merging", "parsing", "signing"]
    drag(page, "parsing", "zebra", 0.5)
    expect_rows(
        page, "data processing", "  cleaning", "    step 1", "    step 2", "security", "  hashing", "    salted hash",
        "zebra", f"  {HOSTILE}", "  merging", "  parsing", "  signing",
    )  # fmt: skip
    page.keyboard.press("Control+z")
    expect_rows(page, *before)
    row(page, "merging").click()
    page.keyboard.press("Shift+ArrowDown")
    assert chosen(page) == ["merging", "parsing"]
    page.keyboard.press("Control+a")
    expect(page.locator(".o-row.chosen:not([hidden])")).to_have_count(3)
    page.keyboard.press("Escape")
    expect(page.locator(".o-row.chosen:not([hidden])")).to_have_count(0)


def test_a_drop_between_two_rows_goes_just_there(page: Page) -> None:
    open_all(page)
    drag(page, "parsing", "cleaning", 0.1)
    rest = ("security", "  hashing", "    salted hash", "  signing", "zebra", f"  {HOSTILE}")
    expect_rows(
        page, "data processing", "  parsing", "  cleaning", "    step 1", "    step 2", "  merging", *rest
    )  # fmt: skip
    drag(page, "step 1", "merging", 0.95)
    expect_rows(page, "data processing", "  parsing", "  cleaning", "    step 2", "  merging", "  step 1", *rest)


def test_a_feature_is_not_dropped_below_itself(page: Page) -> None:
    open_all(page)
    before = shown(page)
    drag(page, "data processing", "step 1", 0.5, drop=False)
    expect(row(page, "step 1")).to_contain_class("refused")
    page.mouse.up()
    expect(page.locator(".notice")).to_contain_text("below itself")
    assert shown(page) == before


def test_what_is_dragged_over_a_closed_branch_opens_it(page: Page) -> None:
    drag(page, "zebra", "security", 0.5, drop=False)
    expect(row(page, "hashing")).to_be_visible(timeout=5_000)
    page.keyboard.press("Escape")
    page.mouse.up()
    expect_rows(page, "data processing", "security", "  hashing", "  signing", "zebra")


def test_typing_goes_to_the_name_and_no_key_reaches_the_page(page: Page) -> None:
    open_all(page)
    page.evaluate(
        "() => { window.keys = []; document.addEventListener('keydown', event => window.keys.push(event.key)); }"
    )
    row(page, "data processing").click()
    page.keyboard.type("cl")
    expect(row(page, "cleaning")).to_have_attribute("aria-selected", "true")
    page.wait_for_timeout(1_000)
    page.keyboard.press("s")
    expect(row(page, "step 1")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("s")
    expect(row(page, "step 2")).to_have_attribute("aria-selected", "true")
    page.wait_for_timeout(1_000)
    for key in ("c", "r", "F2", "c", "r", "Escape"):
        page.keyboard.press(key)
    assert page.evaluate("() => window.keys") == []
    expect(page.get_by_text("Clear caches")).to_have_count(0)


def test_what_is_open_and_chosen_survives_a_reload(page: Page) -> None:
    row(page, "security").click()
    page.keyboard.press("*")
    expect(row(page, "salted hash")).to_be_visible()
    row(page, "hashing").click()
    page.wait_for_url(f"**node={row(page, 'hashing').get_attribute('data-node')}*")
    page.reload()
    rows = ("data processing", "security", "  hashing", "    salted hash", "  signing", "zebra")
    expect(row(page, "salted hash")).to_be_visible(timeout=60_000)
    expect_rows(page, *rows)
    assert chosen(page) == ["hashing"]


def test_zooming_in_shows_a_branch_and_the_way_back(page: Page) -> None:
    row(page, "data processing").click()
    page.keyboard.press("Alt+ArrowRight")
    expect_rows(page, "cleaning", "merging", "parsing")
    expect(page.locator(".o-way")).to_contain_text("data processing")
    row(page, "cleaning").click()
    page.keyboard.press("Alt+ArrowLeft")
    expect(row(page, "security")).to_be_visible()


def test_hostile_names_are_text(page: Page) -> None:
    open_all(page)
    expect(row(page, HOSTILE)).to_be_visible()
    row(page, HOSTILE).click()
    page.keyboard.press("F2")
    expect(page.locator(".o-field")).to_have_value(HOSTILE)
    page.keyboard.press("Escape")
    row(page, HOSTILE).click(button="right")
    expect(page.get_by_role("menuitem", name="Rename F2")).to_be_visible()
    page.keyboard.press("Escape")
    assert page.evaluate("() => window.hit") is None
    assert page.locator(".o-row img").count() == 0


def test_what_the_filter_hides_is_said_and_shown_again_by_a_click(page: Page) -> None:
    row(page, "zebra").click()
    page.keyboard.press("Control+Shift+F")
    page.get_by_label("Words in the path").fill("hashing")
    said = page.locator(".o-hides")
    expect(said).to_contain_text("The filter hides the chosen feature")
    page.keyboard.press("Escape")
    said.get_by_role("button", name="Clear filters").click()
    expect(said).to_be_hidden()
    expect(row(page, "zebra")).to_be_visible()
    expect(row(page, "zebra")).to_have_attribute("aria-selected", "true")


@pytest.mark.usefixtures("page")
def test_a_link_opens_the_way_and_a_pane_that_shrinks_keeps_what_is_looked_at(browser: Browser, address: str) -> None:
    lines = "\n".join(f"  a{number:03}" for number in range(60))
    rev = ask(address, "history", count=1)["last"]
    many = operations.AddMany(parent=0, outline=f"aaa\n{lines}\n").model_dump()
    ask(address, "edit", rev=rev, op=f"many-{rev:06}", operations=[many])
    other = browser.new_page(viewport={"width": 700, "height": 900})
    opened = {one["name"]: one["id"] for one in ask(address, "outline", opened={"level": 9}, count=300)["rows"]}
    open_tree(other, address, f"?node={opened['a050']}")
    expect(row(other, "a050")).to_be_in_viewport(timeout=30_000)
    other.set_viewport_size({"width": 700, "height": 620})
    expect(row(other, "a050")).to_be_in_viewport()
    other.close()
