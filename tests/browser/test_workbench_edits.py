"""Edits of many features in a real browser: looked at first, done as one batch, one undo away; history and tidying."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from synth.workspace import Workspace, operations
from tests.browser.conftest import CHROMIUM, Serve, open_tree
from tests.browser.workbench import ask, choose, command, dialog, edit, open_all, panel, plant, row, tree_of

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium; install it, for example: sudo apt-get install chromium"),
]

OUTLINE = """\
data processing
  cleaning
    step 1
    step 2
  parsing
    parse dates
security
  hashing
  signing
"""
TREE = OUTLINE.splitlines()


@pytest.fixture(scope="module")
def address(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The app on a workspace with an empty tree."""
    folder = tmp_path_factory.mktemp("edits") / "workspace"
    Workspace(folder).close()
    return serve(folder)


@pytest.fixture
def ids(address: str) -> dict[str, int]:
    """The tree of `OUTLINE`, made anew: ids by name."""
    return plant(address, OUTLINE)


@pytest.fixture
def page(browser: Browser, address: str, ids: dict[str, int]) -> Iterator[Page]:
    """The workbench with everything open; no script may fail in it."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    made = context.new_page()
    failed: list[str] = []
    made.on("pageerror", lambda error: failed.append(str(error)))
    open_tree(made, address)
    expect(row(made, "security")).to_be_visible(timeout=60_000)
    open_all(made)
    expect(row(made, "parse dates")).to_be_visible()
    yield made
    context.close()
    assert failed == []


def test_a_branch_goes_after_a_look_at_what_goes_and_comes_back_by_the_button(
    page: Page, address: str, ids: dict[str, int]
) -> None:
    edit(address, operations.Note(node=ids["step 1"], text="see below"), name=f"note-{ids['step 1']}")
    choose(page, "data processing")
    page.keyboard.press("Delete")
    asked = dialog(page, "Delete 6 features?")
    expect(asked).to_contain_text("1 of them carry a note")
    expect(asked).to_contain_text("One undo brings everything back.")
    expect(asked.locator(".paths li").first).to_have_text("data processing")
    asked.get_by_role("button", name="Delete", exact=True).click()
    expect(row(page, "cleaning")).to_have_count(0)
    assert tree_of(address) == TREE[-3:]
    page.get_by_role("toolbar", name="Tools").get_by_role("button", name="Undo").click()
    expect(row(page, "parse dates")).to_be_visible()
    assert tree_of(address) == TREE


def test_several_chosen_with_what_lies_below_one_of_them_are_one_batch(page: Page, address: str) -> None:
    choose(page, "cleaning", "step 1", "signing")
    page.keyboard.press("Delete")
    dialog(page, "Delete 4 features?").get_by_role("button", name="Delete", exact=True).click()
    expect(row(page, "signing")).to_have_count(0)
    assert tree_of(address) == ["data processing", "  parsing", "    parse dates", "security", "  hashing"]
    page.locator(".o-scroller").focus()
    page.keyboard.press("Control+z")
    expect(row(page, "step 2")).to_be_visible()
    assert tree_of(address) == TREE
    page.keyboard.press("Control+y")
    expect(row(page, "step 2")).to_have_count(0)
    page.keyboard.press("Control+z")
    expect(row(page, "step 2")).to_be_visible()


def test_a_pasted_outline_goes_below_the_chosen_feature_and_keeps_what_is_there(page: Page, address: str) -> None:
    choose(page, "security")
    command(page, "Add an outline below…")
    asked = dialog(page, "Add an outline below the chosen feature")
    asked.get_by_label("Outline").fill("hashing\n  salted hash\nkeys\n")
    expect(asked).to_contain_text("3 lines")
    asked.get_by_role("button", name="Add", exact=True).click()
    expect(asked).to_have_count(0)
    expect(row(page, "keys")).to_be_visible()
    assert tree_of(address)[-5:] == ["security", "  hashing", "    salted hash", "  keys", "  signing"]
    page.locator(".notice").get_by_role("button", name="Undo").last.click()
    expect(row(page, "keys")).to_have_count(0)
    assert tree_of(address) == TREE


def test_an_outline_that_cannot_be_read_stays_in_its_dialog(page: Page, address: str) -> None:
    choose(page, "security")
    command(page, "Add an outline below…")
    asked = dialog(page, "Add an outline below the chosen feature")
    asked.get_by_label("Outline").fill("      too deep\n  back\nfine: 1, 2, {]")
    edit(address, operations.Lock(node=ask(address, "tree/search", query="security", limit=1)["hits"][0]["node"]),
         name=f"lock-{ask(address, 'tree/history', count=1)['last']}")  # fmt: skip
    asked.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator(".notice.bad").or_(page.get_by_role("dialog", name="Changed meanwhile")).first).to_be_visible()
    expect(asked.get_by_label("Outline")).to_have_value("      too deep\n  back\nfine: 1, 2, {]")
    assert tree_of(address) == TREE


def test_names_change_by_a_pattern_that_is_shown_first(page: Page, address: str) -> None:
    page.locator(".o-scroller").focus()
    page.keyboard.press("Control+h")
    asked = dialog(page, "Rename by pattern")
    expect(asked).to_contain_text("In the names of the whole tree")
    asked.get_by_label("Replace", exact=True).fill("step")
    asked.get_by_label("By", exact=True).fill("stage")
    expect(asked.locator(".preview")).to_contain_text("2 will change")
    expect(asked.locator(".renamings tr").first).to_contain_text("step 1→stage 1")
    assert tree_of(address) == TREE
    asked.get_by_role("button", name="Rename", exact=True).click()
    expect(row(page, "stage 2")).to_be_visible()
    page.locator(".o-scroller").focus()
    page.keyboard.press("Control+z")
    expect(row(page, "step 2")).to_be_visible()
    assert tree_of(address) == TREE


def test_a_name_that_a_sibling_has_is_told_and_merged_only_where_that_is_wanted(page: Page, address: str) -> None:
    page.locator(".o-scroller").focus()
    page.keyboard.press("Control+h")
    asked = dialog(page, "Rename by pattern")
    asked.get_by_label("Regular expression").check()
    asked.get_by_label("Replace", exact=True).fill("step (1")
    expect(asked.locator(".warning")).to_contain_text("the pattern cannot be read")
    asked.get_by_role("button", name="Rename", exact=True).click()
    expect(page.locator(".notice.bad")).to_contain_text("The pattern cannot be read")
    asked.get_by_label("Replace", exact=True).fill(r"step \d")
    asked.get_by_label("By", exact=True).fill("step")
    expect(asked.locator(".preview")).to_contain_text("1 will change, 1 cannot")
    expect(asked.locator(".renamings .problem")).to_contain_text("a sibling has this name already")
    asked.get_by_label("Where a sibling has the new name").check()
    expect(asked.locator(".preview")).to_contain_text("2 will change")
    asked.get_by_role("button", name="Rename", exact=True).click()
    expect(row(page, "step")).to_be_visible()
    assert tree_of(address)[:3] == ["data processing", "  cleaning", "    step"]
    page.locator(".o-scroller").focus()
    page.keyboard.press("Control+z")
    expect(row(page, "step 2")).to_be_visible()


def test_two_chosen_features_become_the_one_that_is_to_stay(page: Page, address: str, ids: dict[str, int]) -> None:
    counts = [
        operations.SetCount(node=ids["hashing"], observed=3),
        operations.SetCount(node=ids["signing"], observed=2),
    ]
    edit(address, *counts, name=f"count-{ids['hashing']}")
    choose(page, "hashing", "signing")
    page.keyboard.press("Control+m")
    asked = dialog(page, "Merge 2 features")
    expect(asked.get_by_role("radio", name="hashing")).to_be_checked()
    expect(asked).to_contain_text("what stays is observed 5 times")
    expect(asked).to_contain_text("“signing” goes")
    asked.get_by_role("radio", name="signing").check()
    expect(asked).to_contain_text("“hashing” goes")
    asked.get_by_role("button", name="Merge", exact=True).click()
    expect(row(page, "hashing")).to_have_count(0)
    expect(row(page, "signing")).to_have_attribute("aria-selected", "true")
    assert ask(address, "tree/node", node=ids["signing"])["observed"] == 5
    page.locator(".o-scroller").focus()
    page.keyboard.press("Control+z")
    expect(row(page, "hashing")).to_be_visible()
    assert tree_of(address) == TREE


def test_chosen_features_move_to_a_parent_that_is_searched(page: Page, address: str) -> None:
    choose(page, "step 1", "parse dates")
    command(page, "Move chosen to…")
    asked = dialog(page, "Move 2 features")
    asked.get_by_role("button", name="Move", exact=True).click()
    expect(page.locator(".notice")).to_contain_text("Choose the new parent first.")
    asked.get_by_label("New parent", exact=True).first.fill("hash")
    asked.get_by_role("radio", name="security › hashing").check()
    asked.get_by_role("button", name="Move", exact=True).click()
    expect(asked).to_have_count(0)
    assert tree_of(address)[-5:] == ["security", "  hashing", "    parse dates", "    step 1", "  signing"]
    page.locator(".o-scroller").focus()
    page.keyboard.press("Control+z")
    expect(row(page, "parse dates")).to_be_visible()
    assert tree_of(address) == TREE


def test_a_locked_feature_says_why_it_keeps_its_name_and_its_place(page: Page, address: str) -> None:
    choose(page, "hashing")
    page.keyboard.press("Control+l")
    expect(row(page, "hashing").locator(".o-mark.locked")).to_be_visible()
    page.keyboard.press("F2")
    page.keyboard.type("digests")
    page.keyboard.press("Enter")
    expect(page.locator(".notice.bad")).to_contain_text("locked")
    page.keyboard.press("Escape")
    choose(page, "security")
    page.keyboard.press("Delete")
    asked = dialog(page, "Delete 3 features?")
    expect(asked.locator(".warning")).to_contain_text("Locked, and in the way: security › hashing. Unlock first.")
    asked.get_by_role("button", name="Delete", exact=True).click()
    expect(page.locator(".notice.bad")).to_have_count(2)
    assert tree_of(address) == TREE
    choose(page, "hashing")
    page.keyboard.press("Control+Shift+l")
    expect(row(page, "hashing").locator(".o-mark.locked")).to_have_count(0)


def test_pruning_shows_what_would_go_before_it_goes(page: Page, address: str) -> None:
    choose(page, "data processing")
    command(page, "Prune by level or count…")
    asked = dialog(page, "Prune")
    expect(asked).to_contain_text("Below the chosen feature")
    asked.get_by_label("Keep levels down to").fill("9")
    expect(asked.locator(".preview")).to_have_text("Nothing would go.")
    asked.get_by_role("button", name="Prune…").click()
    asked.get_by_label("Keep levels down to").fill("2")
    expect(asked.locator(".preview")).to_contain_text("3 features go")
    expect(asked.locator(".paths li")).to_have_count(3)
    assert tree_of(address) == TREE
    asked.get_by_role("button", name="Prune…").click()
    dialog(page, "Delete 3 features?").get_by_role("button", name="Prune", exact=True).click()
    expect(row(page, "step 1")).to_have_count(0)
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert tree_of(address) == ["data processing", "  cleaning", "  parsing", *TREE[-3:]]
    page.locator(".o-scroller").focus()
    page.keyboard.press("Control+z")
    expect(row(page, "step 1")).to_be_visible()
    assert tree_of(address) == TREE


def test_the_history_undoes_one_entry_or_goes_back_to_one(page: Page, address: str, ids: dict[str, int]) -> None:
    planted = ask(address, "tree/history", count=1)["last"]
    for name in ("hashing", "signing", "cleaning"):
        edit(address, operations.Rename(node=ids[name], name=f"{name} anew"), name=f"rename-{ids[name]}")
    expect(row(page, "cleaning anew")).to_be_visible()
    past = panel(page, "History")
    entry = past.locator(".past li").filter(has_text="hashing anew")
    entry.get_by_role("button", name="Undo this").click()
    expect(row(page, "hashing")).to_be_visible()
    expect(row(page, "signing anew")).to_be_visible()
    expect(entry.and_(past.locator(".undone"))).to_be_visible()
    expect(past.locator(".past li").first).to_contain_text("undo rename")
    line = past.locator(".past li").filter(has_text=f"{planted} · person")
    line.get_by_role("button", name="Bring the tree to what it was right after this").click()
    asked = dialog(page, f"Back to entry {planted}?")
    expect(asked).to_contain_text("the 4 entries after it")
    expect(asked).to_contain_text("2 get an earlier name")
    asked.get_by_role("button", name="Go back").click()
    expect(row(page, "signing")).to_be_visible()
    assert tree_of(address) == TREE
    past.get_by_role("button", name="Undo", exact=True).click()
    expect(row(page, "signing anew")).to_be_visible()
    past.get_by_role("button", name="Redo", exact=True).click()
    expect(row(page, "signing")).to_be_visible()


def test_what_is_found_is_mended_and_left_by_keyboard(page: Page, address: str, ids: dict[str, int]) -> None:
    twins = "parse date\nhash\nsign\nsignings\n"
    edit(address, operations.AddMany(parent=ids["parsing"], outline=twins), name=f"twins-{ids['parsing']}")
    expect(row(page, "parse date")).to_be_visible()
    tidy = panel(page, "Tidy")
    tidy.get_by_role("button", name="Look").click()
    expect(tidy).to_contain_text("2 found, worst first; 2 with a mend.")
    found = tidy.get_by_role("listbox", name="Findings")
    found.focus()
    page.keyboard.press("End")
    page.keyboard.press("Delete")
    expect(found.locator("li").last).to_contain_class("done")
    assert len(tree_of(address)) == len(TREE) + 4
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    expect(found.locator("li.done")).to_have_count(2)
    assert len(tree_of(address)) == len(TREE) + 3
    page.keyboard.press("Control+z")
    expect(page.locator(".notice").last).to_contain_text("Undo merge")
    assert len(tree_of(address)) == len(TREE) + 4


def test_keys_on_buttons_of_panels_and_dialogs_change_nothing_in_the_tree(page: Page, address: str) -> None:
    edits = ask(address, "tree/history", count=1)["last"]
    choose(page, "hashing")
    keys = ("Delete", "Shift+Delete", "Insert", "a", "r", "F")
    for name in ("Inspect", "Sample", "Review", "History", "Tidy"):
        shown = panel(page, name)
        spots = [page.get_by_role("tab", name=name), shown.get_by_role("button").first]
        for spot in spots:
            if not spot.is_visible() or not spot.is_enabled():
                continue
            for key in keys:
                spot.focus()
                page.keyboard.press(key)
                expect(page.locator(".o-field")).to_be_hidden()
    page.get_by_role("button", name="Filter the outline").focus()
    page.keyboard.press("Delete")
    choose(page, "hashing")
    command(page, "Prune by level or count…")
    asked = dialog(page, "Prune")
    for control in asked.get_by_role("button").all():
        control.focus()
        page.keyboard.press("Delete")
        page.keyboard.press("Insert")
        page.keyboard.press("Control+z")
    page.keyboard.press("Escape")
    expect(asked).to_have_count(0)
    assert ask(address, "tree/history", count=1)["last"] == edits
    assert tree_of(address) == TREE


def test_enter_on_a_button_of_a_finding_does_what_the_button_says(
    page: Page, address: str, ids: dict[str, int]
) -> None:
    edit(address, operations.Add(parent=ids["parsing"], name="parse date"), name=f"twin-{ids['parsing']}")
    tidy = panel(page, "Tidy")
    tidy.get_by_role("button", name="Look").click()
    tidy.get_by_role("button", name="Leave").press("Enter")
    expect(tidy.locator(".findings li")).to_contain_class("done")
    assert len(tree_of(address)) == len(TREE) + 1


def test_a_named_state_is_gone_back_to_after_a_look_at_what_changes(page: Page, address: str) -> None:
    name = f"before {ask(address, 'tree/history', count=1)['last']}"
    shown = panel(page, "History")
    shown.get_by_role("button", name="Give the tree as it is now a name").click()
    asked = dialog(page, "Name this state")
    asked.get_by_role("textbox", name="Name").fill("12")
    asked.get_by_role("button", name="Name it").click()
    expect(page.locator(".notice.bad")).to_contain_text("not a number")
    asked.get_by_role("textbox", name="Name").fill(name)
    page.keyboard.press("Enter")
    expect(asked).to_have_count(0)
    choose(page, "cleaning")
    page.keyboard.press("Delete")
    dialog(page, "Delete 3 features?").get_by_role("button", name="Delete", exact=True).click()
    expect(row(page, "cleaning")).to_have_count(0)
    shown.get_by_role("button", name=f"Back to “{name}”").click()
    asked = dialog(page, f"Back to “{name}”?")
    expect(asked).to_contain_text("3 features come back")
    asked.get_by_role("button", name="Go back").click()
    expect(row(page, "step 1")).to_be_visible()
    assert tree_of(address) == TREE


def test_mending_everything_found_is_asked_about_first(page: Page, address: str, ids: dict[str, int]) -> None:
    edit(address, operations.AddMany(parent=ids["security"], outline="Hashing"), name=f"twin-{ids['security']}")
    expect(row(page, "Hashing")).to_be_visible()
    shown = panel(page, "Tidy")
    shown.get_by_role("button", name="Look", exact=True).click()
    shown.get_by_role("button", name="Mend all").click()
    asked = dialog(page, "Make ")
    expect(asked).to_contain_text("become part of others")
    asked.get_by_role("button", name="Cancel").click()
    expect(row(page, "Hashing")).to_be_visible()
    shown.get_by_role("button", name="Mend all").click()
    dialog(page, "Make ").get_by_role("button", name="Mend", exact=True).click()
    expect(page.locator(".findings li.done").first).to_be_visible()
    assert len(tree_of(address)) < len(TREE) + 1
    page.locator(".o-scroller").focus()
    page.keyboard.press("Control+z")
    expect(row(page, "Hashing")).to_be_visible()
