"""Growing in place and deciding about what is proposed, in a real browser, by keyboard and by hand."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from synth.tree.fragment import FragmentBuilder
from synth.workspace import Workspace, operations
from tests.browser.conftest import CHROMIUM, Serve, open_tree
from tests.browser.workbench import ask, choose, dialog, open_all, panel, row, tree_of

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium; install it, for example: sudo apt-get install chromium"),
]

HOMES = ("keys", "buttons", "branches", "everything", "markup")
HOSTILE = "<img src=x onerror=window.__hacked=1>"
PROPOSED = (("hashing", "keyed hash"), ("hashing", "keyed hash", "blake2"), ("hashing", "salted hash"), ("signing",))


@pytest.fixture(scope="module")
def address(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The app on a workspace in which a proposal waits below each category but the last, which is to be grown."""
    folder = tmp_path_factory.mktemp("review") / "workspace"
    workspace = Workspace(folder)
    workspace.trees.edit([operations.AddMany(parent=0, outline="".join(f"{home}\n  hashing\n" for home in HOMES))])
    outline = "data processing\n  parsing\n    parsing of dates\n  sorting\n    merge sort\n"
    workspace.trees.edit([operations.AddMany(parent=0, outline=outline)])
    for home in HOMES:
        rows = FragmentBuilder()
        for path in PROPOSED if home != "markup" else ((HOSTILE,), (HOSTILE, HOSTILE)):
            rows.count(rows.add_path((home, *path)), estimated=2.0)
        reason = HOSTILE if home == "markup" else f"more for {home}"
        workspace.trees.propose(operations.Actor(kind="engine", name="tester"), reason, fragment=rows.finish())
    workspace.close()
    return serve(folder)


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """The workbench with everything open; no script may fail in it."""
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    made = context.new_page()
    failed: list[str] = []
    made.on("pageerror", lambda error: failed.append(str(error)))
    open_tree(made, address)
    expect(row(made, "everything")).to_be_visible(timeout=60_000)
    open_all(made)
    expect(row(made, "merge sort")).to_be_visible()
    yield made
    context.close()
    assert failed == []


def ghosts(page: Page) -> Locator:
    """The rows of what is only proposed."""
    return page.locator(".o-row.ghost:not([hidden])")


def below(address: str, home: str) -> list[str]:
    """What the tree has below a category, as the server has it."""
    rows = tree_of(address)
    start = rows.index(home) + 1
    end = next((at for at in range(start, len(rows)) if not rows[at].startswith(" ")), len(rows))
    return [line.strip() for line in rows[start:end]]


def ghost_below(page: Page, home: str, name: str) -> Locator:
    """The row of a proposed feature: the first of its name below a category's row."""
    top = page.locator(".o-row:not([hidden])").filter(has=page.get_by_text(home, exact=True)).bounding_box()
    assert top is not None
    found = ghosts(page).filter(has=page.locator(".o-name").get_by_text(name, exact=True))
    below = [one for one in found.all() if (one.bounding_box() or top)["y"] > top["y"]]
    return min(below, key=lambda one: (one.bounding_box() or top)["y"])


def of_proposal(page: Page, home: str) -> Locator:
    """The review panel, on the proposal for a category."""
    shown = panel(page, "Review")
    shown.locator(".proposal").filter(has_text=f"more for {home}").click()
    expect(shown.locator(".proposal[aria-pressed=true]")).to_contain_text(f"more for {home}")
    expect(shown.locator(".items li").first).to_contain_text(f"more for {home}")
    return shown


def test_a_ghost_in_the_outline_is_accepted_and_another_refused_by_keyboard(page: Page, address: str) -> None:
    ghost_below(page, "keys", "salted hash").click()
    expect(page.locator(".o-row.ghost.chosen:not([hidden])")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator(".notice").last).to_contain_text("Accept 3 of 6 changes")
    assert below(address, "keys") == ["hashing", "salted hash"]
    expect(page.locator(".o-field")).to_be_hidden()
    count = ghosts(page).count()
    ghost_below(page, "keys", "signing").click()
    page.keyboard.press("Delete")
    expect(page.locator(".notice").filter(has_text="Refused 1.")).to_be_visible()
    expect(ghosts(page)).to_have_count(count - 1)
    assert below(address, "keys") == ["hashing", "salted hash"]
    ghost_below(page, "keys", "keyed hash").click()
    page.keyboard.press("Shift+Enter")
    expect(ghosts(page)).to_have_count(count - 3)
    assert below(address, "keys") == ["hashing", "keyed hash", "blake2", "salted hash"]
    page.keyboard.press("Control+z")
    expect(ghosts(page)).to_have_count(count - 1)
    assert below(address, "keys") == ["hashing", "salted hash"]


def test_the_list_is_worked_through_by_keyboard_and_the_focus_stays_in_it(page: Page, address: str) -> None:
    shown = of_proposal(page, "buttons")
    items = shown.get_by_role("listbox", name="Open changes of the proposal")
    expect(items.locator("li")).to_have_count(4)
    items.focus()
    for back in (True, False):  # a refusal is taken back by the keyboard right after it
        page.keyboard.press("End")
        page.keyboard.press("r")
        expect(items.locator("li")).to_have_count(3)
        expect(items).to_be_focused()
        if back:
            page.keyboard.press("Control+z")
            expect(items.locator("li")).to_have_count(4)
    page.keyboard.press("Home")
    page.keyboard.press("Shift+A")
    expect(items.locator("li")).to_have_count(1)
    expect(items).to_be_focused()
    assert "blake2" in below(address, "buttons")
    items.locator("li").get_by_role("button", name="Accept").press("Enter")
    expect(shown.locator(".proposal").filter(has_text="more for buttons")).to_have_count(0)
    assert below(address, "buttons") == ["hashing", "keyed hash", "blake2", "salted hash"]


def test_what_is_proposed_in_the_chosen_branch_is_accepted_together(page: Page, address: str) -> None:
    shown = of_proposal(page, "branches")
    hashing = page.locator(".o-row:not([hidden])").filter(has_text=re.compile("hashing"))
    names = [one.locator(".o-name").inner_text() for one in hashing.all()]
    assert len(names) == len(HOMES)
    choose(page, "keys")
    expect(shown.get_by_role("button", name="Accept what is proposed at or below")).to_be_visible()
    shown.get_by_role("button", name="Accept what is proposed at or below").click()
    expect(page.locator(".notice.bad")).to_contain_text("Nothing that is proposed there is open any more.")
    row(page, "branches").click()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".o-row.chosen:not([hidden])")).to_contain_text("hashing")
    shown.get_by_role("button", name="Accept what is proposed at or below").click()
    expect(shown.locator(".items li")).to_have_count(1)
    assert below(address, "branches") == ["hashing", "keyed hash", "blake2", "salted hash"]
    shown.get_by_role("button", name="Refuse in this branch").click()
    expect(page.locator(".notice.bad")).to_have_count(2)
    row(page, "branches").click()
    shown.get_by_role("button", name="Refuse in this branch").click()
    expect(shown.locator(".proposal").filter(has_text="more for branches")).to_have_count(0)


def test_all_is_accepted_after_a_question_and_one_undo_opens_it_again(page: Page, address: str) -> None:
    shown = of_proposal(page, "everything")
    shown.get_by_role("button", name="Accept all").click()
    asked = dialog(page, "Accept all 4?")
    asked.get_by_role("button", name="Cancel").click()
    assert below(address, "everything") == ["hashing"]
    shown.get_by_role("button", name="Accept all").click()
    dialog(page, "Accept all 4?").get_by_role("button", name="Accept all").click()
    expect(shown.locator(".proposal").filter(has_text="more for everything")).to_have_count(0)
    assert len(below(address, "everything")) == 5
    page.locator(".o-scroller").focus()
    page.keyboard.press("Control+z")
    expect(shown.locator(".proposal").filter(has_text="more for everything")).to_contain_text("4 of 6 open")
    assert below(address, "everything") == ["hashing"]


def test_names_and_reasons_of_proposals_are_text(page: Page) -> None:
    shown = panel(page, "Review")
    shown.locator(".proposal").filter(has_text=HOSTILE).click()
    expect(shown.locator(".items .item-name").last).to_have_text(HOSTILE)
    expect(ghosts(page).filter(has_text=HOSTILE).first).to_be_visible()
    assert page.locator(".workbench img").count() == 0
    assert page.evaluate("window.__hacked") is None


def test_growth_shows_its_finds_in_place_while_it_runs_and_after_a_reload(page: Page, address: str) -> None:
    choose(page, "sorting")
    page.keyboard.press("Control+g")
    asked = dialog(page, "Grow here")
    asked.get_by_label("Steps").fill("200")
    asked.get_by_role("button", name="Grow", exact=True).click()
    running = page.locator(".grow-run")
    expect(running).to_contain_text("Growing sorting")
    expect(running.get_by_role("button", name="Stop")).to_be_visible()
    grown = page.locator(".o-row.ghost:not([hidden])[aria-label*='Proposed']")
    open_all(page)
    page.locator(".o-scroller").focus()
    page.keyboard.press("End")
    before = ask(address, "tree/proposals")["proposals"]
    expect(page.locator(".proposal").filter(has_text="grow")).to_be_visible(timeout=60_000)
    expect(running.get_by_role("button", name="Stop")).to_be_visible()
    page.reload()
    expect(page.locator(".grow-run")).to_contain_text("Growing sorting", timeout=60_000)
    expect(grown.last).to_be_visible()
    page.locator(".grow-run").get_by_role("button", name="Stop").click()
    expect(page.locator(".grow-run")).to_have_count(0, timeout=60_000)
    after = ask(address, "tree/proposals")["proposals"]
    assert len(after) == len(before) + 1
    assert after[0]["open"] > 0
    assert below(address, "data processing") == ["parsing", "parsing of dates", "sorting", "merge sort"]
