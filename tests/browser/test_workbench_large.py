"""The workbench on a tree of 1,795,310 features: everything answers, little is sent, little is held."""

import gc
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, CDPSession, ConsoleMessage, Page, expect

from benchmarks.trees import LARGE, made_tree
from synth.workspace import Workspace, operations
from tests.browser.conftest import CHROMIUM, Serve, open_tree
from tests.browser.workbench import ask, panel

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(600),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium; install it, for example: sudo apt-get install chromium"),
]

MOST_SENT = 100_000
MOST_HEAP = 60 * 2**20


@dataclass
class Heard:
    """What went over the wire and wrong, as the browser counts it."""

    page: Page
    wire: CDPSession
    received: int = 0
    errors: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, page: Page) -> "Heard":
        """Listen to a page."""
        heard = cls(page, page.context.new_cdp_session(page))
        page.on("pageerror", lambda error: heard.errors.append(str(error)))
        page.on("console", heard._told)
        heard.wire.send("Network.enable")
        heard.wire.on("Network.loadingFinished", lambda event: heard._add(event["encodedDataLength"]))
        return heard

    def _add(self, size: int) -> None:
        self.received += size

    def _told(self, said: ConsoleMessage) -> None:
        ours = "127.0.0.1" in said.location["url"]  # the page around asks the internet for its icons
        if said.type == "error" and (ours or "ERR_" not in said.text):
            self.errors.append(f"{said.text} {said.location['url']}")

    def since(self) -> int:
        """Bytes received since this was asked last; waits until nothing more comes."""
        self.page.wait_for_load_state("networkidle")
        self.page.wait_for_timeout(300)
        found, self.received = self.received, 0
        return found

    def heap(self) -> int:
        """Bytes of JavaScript objects that are still needed."""
        self.wire.send("HeapProfiler.collectGarbage")
        used: int = self.wire.send("Runtime.getHeapUsage")["usedSize"]
        return used


@pytest.fixture(scope="module")
def address(serve: Serve, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The app on a tree as large as the public one."""
    folder = tmp_path_factory.mktemp("large") / "workspace"
    workspace = Workspace(folder)
    workspace.trees.load(made_tree(LARGE), operations.Actor(kind="import", name="made"))
    workspace.close()
    del workspace
    gc.collect()
    return serve(folder)


@pytest.fixture(scope="module")
def heard(browser: Browser, address: str) -> Iterator[Heard]:
    """The workbench, opened once for all tests."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    page = context.new_page()
    found = Heard.of(page)
    open_tree(page, address)
    expect(page.locator(".o-total")).to_have_text("17 rows", timeout=60_000)
    expect(page.locator("h2.inspect-name")).to_have_text("The whole tree")
    found.since()
    found.errors.clear()  # what the page around the workbench looks for in vain while it loads
    yield found
    context.close()


def last_row(page: Page) -> None:
    """Wait until the last row of all is on the screen, with a name."""
    page.wait_for_function(
        """total => {
            const root = [...document.querySelectorAll("*")].map(one => one.shadowRoot)
                .find(one => one && one.querySelector(".o-row")) ?? document;
            return [...root.querySelectorAll(".o-row")].some(row =>
                !row.hidden && row.index === total - 1 && row.querySelector(".o-name").textContent);
        }""",
        arg=LARGE,
        timeout=20_000,
    )


def choose_the_first(page: Page) -> None:
    """Choose the first category, with everything closed."""
    page.get_by_role("button", name="Collapse all", exact=True).click()
    expect(page.locator(".o-total")).to_have_text("17 rows")
    page.locator(".o-scroller").focus()
    page.keyboard.press("Home")
    expect(page.locator(".o-row.chosen:not([hidden])")).to_have_count(1)


def test_everything_is_expanded_and_both_ends_are_reached(heard: Heard) -> None:
    page = heard.page
    page.get_by_role("button", name="Expand all", exact=True).click()
    expect(page.locator(".o-total")).to_have_text("1,795,310 rows", timeout=20_000)
    assert heard.since() < MOST_SENT
    page.locator(".o-scroller").focus()
    page.keyboard.press("End")
    last_row(page)
    expect(page.locator(".o-row.chosen:not([hidden])")).to_have_count(1)
    assert heard.since() < MOST_SENT
    page.keyboard.press("Home")
    expect(page.locator(".o-row.chosen:not([hidden])")).to_have_attribute("aria-level", "1")
    assert heard.since() < MOST_SENT
    page.locator(".o-scroller").evaluate("scroller => { scroller.scrollTop = scroller.scrollHeight; }")
    last_row(page)
    assert heard.since() < MOST_SENT
    page.locator(".o-scroller").evaluate("scroller => { scroller.scrollTop = scroller.scrollHeight / 2; }")
    expect(page.locator(".o-row.waiting:not([hidden])")).to_have_count(0)
    assert heard.since() < MOST_SENT
    page.get_by_role("button", name="Collapse all", exact=True).click()
    expect(page.locator(".o-total")).to_have_text("17 rows")


def test_a_feature_is_searched_drilled_into_renamed_and_named_back(heard: Heard, address: str) -> None:
    page = heard.page
    field = page.get_by_role("combobox", name="Search features")
    field.fill("graph")
    expect(page.locator(".search-hit").first).to_be_visible()
    assert heard.since() < MOST_SENT
    field.press("Enter")
    expect(page.locator("h2.inspect-name")).to_contain_text("graph")
    assert heard.since() < MOST_SENT
    name = page.locator("h2.inspect-name").inner_text()
    node = int(page.url.split("node=")[1].split("&")[0])
    page.locator(".o-scroller").focus()
    page.keyboard.press("F2")
    page.locator(".o-field").fill("a name that nobody has")
    page.keyboard.press("Enter")
    expect(page.locator("h2.inspect-name")).to_have_text("a name that nobody has")
    assert heard.since() < MOST_SENT
    assert ask(address, "tree/node", node=node)["path"][-1]["name"] == "a name that nobody has"
    page.keyboard.press("Control+z")
    expect(page.locator("h2.inspect-name")).to_have_text(name)
    assert heard.since() < MOST_SENT
    assert ask(address, "tree/node", node=node)["path"][-1]["name"] == name


def test_the_map_goes_into_a_branch_and_up_again(heard: Heard) -> None:
    page = heard.page
    crumbs = page.locator(".map-crumb")
    choose_the_first(page)
    page.locator(".map-stage").focus()
    for depth in (2, 3):
        if depth == 3:
            page.keyboard.press("Home")
        page.keyboard.press("Enter")
        expect(crumbs).to_have_count(depth)
        assert heard.since() < MOST_SENT
    page.keyboard.press("Backspace")
    expect(crumbs).to_have_count(2)
    page.keyboard.press("Backspace")
    expect(crumbs).to_have_count(1)
    assert heard.since() < MOST_SENT


def test_a_whole_category_is_deleted_after_a_look_and_comes_back(heard: Heard, address: str) -> None:
    page = heard.page
    choose_the_first(page)
    size = ask(address, "tree/node", node=0)["size"]
    page.keyboard.press("Delete")
    asked = page.get_by_role("dialog")
    expect(asked).to_contain_text("One undo brings everything back.", timeout=20_000)
    assert heard.since() < MOST_SENT
    asked.get_by_role("button", name="Delete", exact=True).click()
    expect(page.locator(".o-total")).to_have_text("16 rows", timeout=30_000)
    assert heard.since() < MOST_SENT
    assert ask(address, "tree/node", node=0)["size"] < size
    page.locator(".o-scroller").focus()
    page.keyboard.press("Control+z")
    expect(page.locator(".o-total")).to_have_text("17 rows", timeout=30_000)
    assert ask(address, "tree/node", node=0)["size"] == size == LARGE


def test_every_panel_opens_with_little_sent_and_little_held(heard: Heard) -> None:
    page = heard.page
    for title in ("Sample", "Review", "History", "Tidy", "Inspect"):
        panel(page, title)
        assert heard.since() < MOST_SENT, title
    assert heard.heap() < MOST_HEAP
    assert heard.errors == []
