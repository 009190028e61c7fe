"""The sampling lab by hand: a slider that answers while dragged, fixed and excluded features, shapes, cold leaves."""

import re
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from synth.workspace import Workspace, operations
from tests.browser.conftest import Serve, open_tree

pytestmark = [pytest.mark.browser, pytest.mark.sandbox, pytest.mark.timeout(600)]

OUTLINE = """\
data processing
  cleaning
    trimming
    escaping
  merging
  parsing
security
  hashing
  signing
networking
  sockets
  retries
logging
  levels
"""
COUNTS = {"data processing": 900, "security": 60, "networking": 30, "logging": 10, "cleaning": 500, "trimming": 300}


@pytest.fixture(scope="module")
def address(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The app on a workspace whose categories have very unequal counts."""
    folder = tmp_path_factory.mktemp("lab") / "workspace"
    workspace = Workspace(folder)
    workspace.add_seeds(Path(sysconfig.get_paths()["stdlib"]) / "shlex.py", licence="PSF-2.0")
    workspace.trees.edit([operations.AddMany(parent=0, outline=OUTLINE)])
    tree = workspace.tree()
    counts = [operations.SetCount(node=node, observed=COUNTS.get(tree.name(node), 5)) for node in tree.nodes()]
    workspace.trees.edit(counts)
    workspace.close()
    return serve(folder)


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """The lab, in a browser that remembers nothing."""
    context = browser.new_context(viewport={"width": 1500, "height": 1000})
    made = context.new_page()
    open_lab(made, address)
    yield made
    context.close()


def open_lab(page: Page, address: str) -> None:
    open_tree(page, address, "?panel=sample")
    expect(page.locator(".lab-card").first).to_be_visible(timeout=60_000)


def bar(page: Page, name: str) -> Locator:
    """Shares of a feature before and after reweighting, as the panel writes them."""
    rows = page.locator(".lab-bar-row").filter(has=page.locator(".lab-bar-name").get_by_text(name, exact=True))
    return rows.locator(".lab-bar-numbers")


def row(page: Page, name: str) -> Locator:
    """The row of a feature in the outline."""
    return page.locator(".o-row:not([hidden])").filter(has=page.locator(".o-name").get_by_text(name, exact=True))


def after(page: Page, name: str) -> float:
    """The share of a feature after reweighting, in percent."""
    written = bar(page, name).inner_text()
    return float(written.partition("→")[2].strip().removesuffix("%"))


def of_menu(page: Page, name: str, command: str) -> None:
    """Choose a command in the context menu of a feature."""
    row(page, name).click(button="right")
    page.get_by_role("menuitem", name=command).click()


def set_temperature(page: Page, value: str) -> None:
    page.get_by_label("Temperature as a number").fill(value)


def test_dragging_the_temperature_changes_chances_and_what_stands_out_at_once(page: Page) -> None:
    expect(bar(page, "data processing")).to_have_text("90% → 90%")
    slider = page.get_by_role("slider", name="Temperature")
    box = slider.bounding_box()
    assert box is not None
    before = page.locator(".lab-draws").inner_text()
    page.mouse.move(box["x"] + box["width"] * 0.26, box["y"] + box["height"] / 2)
    page.mouse.down()
    seen = []
    for part in (0.5, 0.75, 0.98):
        page.mouse.move(box["x"] + box["width"] * part, box["y"] + box["height"] / 2)
        expect(bar(page, "data processing")).not_to_have_text(f"90% → {seen[-1] if seen else 90:g}%")
        seen.append(after(page, "data processing"))
    assert seen == sorted(seen, reverse=True)
    assert seen[-1] < 30
    assert page.locator(".lab-draws").inner_text() != before
    expect(page.locator(".o-row.drawn:not([hidden])").first).to_be_visible()
    page.mouse.up()
    expect(page.get_by_label("Temperature as a number")).not_to_have_value("1")


def test_one_draw_alone_stands_out_when_it_is_chosen(page: Page) -> None:
    page.get_by_role("button", name="Add level").wait_for()
    set_temperature(page, "100")
    page.get_by_role("button", name=re.compile("^Take 10 out")).click()
    page.get_by_role("button", name=re.compile("^Take 2 out")).click()
    page.get_by_role("slider", name="Level 1").fill("1")
    expect(page.locator(".lab-card").first).to_contain_text("temperature 100")
    drawn = page.locator(".o-row.drawn:not([hidden])")
    expect(drawn).not_to_have_count(1)
    title = page.locator(".lab-card-title").nth(2)
    title.click()
    category = page.locator(".lab-card").nth(2).locator(".lab-node").first.inner_text()
    expect(drawn).to_have_count(1)
    expect(drawn.locator(".o-name")).to_have_text(category)
    expect(title).to_have_attribute("aria-pressed", "true")


def test_a_feature_is_excluded_and_fixed_by_right_click_and_let_go_by_its_chip(page: Page) -> None:
    of_menu(page, "data processing", "Never in the draw (exclude)")
    expect(page.locator(".lab-about")).to_contain_text("data processing is in 0% of draws (90% → 0% among")
    expect(page.locator(".lab-draws")).not_to_contain_text("data processing")
    of_menu(page, "logging", "Always in the draw (fix)")
    for card in page.locator(".lab-card").all():
        expect(card).to_contain_text("logging")
    of_menu(page, "data processing", "Allow in the draw again")
    expect(page.locator(".lab-about")).to_contain_text("(90% → 90% among its siblings)")
    page.get_by_role("button", name="Take logging out").click()
    expect(page.locator(".lab-limits .lab-chip")).to_have_count(0)


def test_a_feature_is_made_mandatory_by_right_click_and_taken_in_turn(page: Page) -> None:
    of_menu(page, "logging", "Make it mandatory")
    marked = page.locator(".lab-card .lab-node.mandatory").get_by_text("logging", exact=True)
    expect(marked).to_have_count(6)
    expect(page.locator(".lab-card")).to_have_count(6)
    of_menu(page, "security", "Make it mandatory")
    expect(marked).to_have_count(3)
    expect(page.locator(".lab-limits .lab-chip")).to_have_count(2)
    of_menu(page, "logging", "Never in the draw (exclude)")
    expect(page.locator(".lab-draws")).not_to_contain_text("logging")
    page.get_by_role("button", name="Take security out").click()
    of_menu(page, "logging", "Allow in the draw again")
    expect(page.locator(".lab-limits .lab-chip")).to_have_count(0)


def test_the_draws_stand_out_only_while_that_is_wanted_and_the_lab_is_open(page: Page) -> None:
    drawn = page.locator(".o-row.drawn:not([hidden])")
    expect(drawn).not_to_have_count(0)
    page.get_by_label("Show draws in outline and map").uncheck()
    expect(drawn).to_have_count(0)
    page.get_by_role("button", name="Draw again").click()
    expect(drawn).to_have_count(0)
    page.locator(".lab-card-title").first.click()
    expect(drawn).not_to_have_count(0)
    page.get_by_role("tab", name="Inspect").click()
    expect(drawn).to_have_count(0)


def test_everything_excluded_is_said_in_place_and_mended_there(page: Page) -> None:
    for name in ("data processing", "security", "networking", "logging"):
        of_menu(page, name, "Never in the draw (exclude)")
        expect(page.locator(".lab-limits .lab-chip").filter(has_text=name)).to_be_visible()
    expect(page.get_by_role("alert").filter(has_text="nothing is left to draw")).to_be_visible()
    expect(page.locator(".o-row.drawn")).to_have_count(0)
    page.get_by_role("button", name="Take security out").click()
    expect(page.get_by_role("alert").filter(has_text="nothing is left to draw")).to_be_hidden()
    expect(page.locator(".lab-card").first).to_contain_text("security")


def test_a_category_is_boosted(page: Page) -> None:
    of_menu(page, "logging", "Boost category…")
    page.get_by_role("spinbutton", name="Factor").fill("99")
    page.get_by_role("button", name="Boost", exact=True).click()
    expect(page.locator(".lab-limits .lab-chip")).to_contain_text("logging ×99")
    expect(page.locator(".lab-about")).to_contain_text("(1% → 50% among its siblings)")


def test_a_shape_is_kept_under_a_name_and_there_after_a_reload(page: Page, address: str) -> None:
    set_temperature(page, "33")
    page.get_by_role("button", name="Save as…").click()
    page.get_by_role("textbox", name="Name of the shape").fill("nearly flat")
    page.get_by_role("button", name="Save", exact=True).click()
    shape = page.get_by_role("combobox", name="Shape", exact=True)
    expect(shape).to_have_value("nearly flat")
    set_temperature(page, "3")
    expect(page.get_by_role("button", name="Update")).to_be_enabled()
    open_lab(page, address)
    expect(shape).to_have_value("nearly flat")
    expect(page.get_by_label("Temperature as a number")).to_have_value("3")
    page.get_by_role("button", name="Drop the changes").click()
    expect(page.get_by_label("Temperature as a number")).to_have_value("33")
    page.get_by_role("button", name="Use for runs").click()
    expect(page.get_by_text("New runs draw with this shape.", exact=True)).to_be_visible()
    page.get_by_role("button", name="Save as…").click()
    page.get_by_role("textbox", name="Name of the shape").fill("nearly flat")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("dialog").get_by_role("alert")).to_contain_text("there is a shape `nearly flat` already")


def test_two_shapes_are_compared_side_by_side(page: Page) -> None:
    set_temperature(page, "77")
    expect(page.get_by_text("temperature 77").first).to_be_visible()
    page.get_by_role("button", name="Compare…").click()
    table = page.locator("dialog table")
    expect(table).to_contain_text("77, then 2, then 10")
    expect(table.locator("tbody tr").nth(7).locator("td").first).to_contain_text("of 9")
    expect(page.locator("dialog .lab-bar-row")).to_have_count(4)
    expect(page.locator("dialog .lab-examples").nth(1).locator("li").first).to_be_visible()


def test_a_number_of_draws_says_what_they_come_to_and_cost(page: Page) -> None:
    facts = page.locator(".lab-facts")
    expect(facts).to_contain_text("9")
    page.get_by_role("spinbutton", name="Number of draws").fill("1")
    expect(facts.locator("dd").nth(2)).to_have_text("none")
    expect(page.locator(".lab-cost")).to_contain_text("1 task costs nothing")


def test_more_is_made_for_cold_leaves_and_watched_after_a_reload(page: Page, address: str) -> None:
    covered = page.locator(".lab-covered")
    expect(covered).to_have_text(re.compile(r"^0 of 9 leaves in the whole tree were drawn \(0%\), 9 are cold\."))
    page.get_by_role("button", name="Show coverage").click()
    expect(page.get_by_role("button", name="Show coverage")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("spinbutton", name="Tasks for cold leaves").fill("3")
    page.get_by_role("button", name="Make more for cold leaves…").click()
    expect(page.locator("dialog li")).to_have_count(3)
    page.get_by_role("button", name="Make 3 tasks").click()
    watched = page.locator(".lab-run")
    expect(watched).to_contain_text("Cold leaves")
    open_lab(page, address)
    expect(watched).to_contain_text("finished", timeout=60_000)
    expect(watched).to_contain_text("3 of 3")
    expect(covered).not_to_contain_text("9 are cold", timeout=20_000)
