"""One person's way through the app in a real browser: Home, Sampling, Generate, Dataset, a file in hand."""

import json
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from synth.settings import RunConfig
from synth.workspace import Workspace
from tests.browser.conftest import CHROMIUM, Serve

pytestmark = [
    pytest.mark.browser,
    pytest.mark.sandbox,
    pytest.mark.timeout(600),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium; install it, for example: sudo apt-get install chromium"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a few seeds and features to draw from, and no samples yet."""
    path = tmp_path_factory.mktemp("browser") / "workspace"
    workspace = Workspace(path)
    for name in ("heapq.py", "textwrap.py", "csv.py", "shlex.py"):
        workspace.add_seeds(Path(sysconfig.get_paths()["stdlib"]) / name, licence="PSF-2.0")
    run_id = workspace.start_run(
        RunConfig.model_validate({"name": "features", "grow": {"steps": 3}, "sample": {"count": 0}})
    )
    while workspace.run(run_id).alive:
        time.sleep(0.1)
    assert workspace.run(run_id).state == "finished", workspace.run(run_id).error
    workspace.close()
    return path


@pytest.fixture(scope="module")
def address(serve: Serve, folder: Path) -> str:
    """The app, served as `start.py` serves it."""
    return serve(folder)


@pytest.fixture
def tab(browser: Browser, address: str) -> Iterator[Page]:
    """A tab on the home page."""
    context = browser.new_context(viewport={"width": 1360, "height": 1000}, accept_downloads=True)
    page = context.new_page()
    page.goto(address)
    expect(page.locator("h1")).to_have_text("Home", timeout=60_000)
    yield page
    context.close()


def go(tab: Page, title: str) -> None:
    """Open a page by its link in the navigation."""
    tab.locator("[data-testid=stSidebarNav]").get_by_role("link", name=title, exact=True).click()
    expect(tab.locator("h1")).to_have_text(title, timeout=30_000)


def test_from_home_over_sampling_and_generate_to_an_exported_file(tab: Page, folder: Path) -> None:
    go(tab, "Sampling")
    expect(tab.get_by_text("implementation style").first).to_be_visible(timeout=30_000)

    go(tab, "Generate")
    tab.get_by_text("Start a run").click()
    tab.get_by_role("spinbutton", name="Samples").fill("6")
    tab.get_by_role("button", name="Start run").click()
    expect(tab.get_by_text("6 of 6").first).to_be_visible(timeout=240_000)
    expect(tab.get_by_text("Nothing was dropped").or_(tab.get_by_text("Why dropped")).first).to_be_visible()
    tab.reload()
    expect(tab.get_by_text("6 of 6").first).to_be_visible(timeout=60_000)

    go(tab, "Dataset")
    tab.get_by_role("button", name="Export", exact=False).first.click()
    link = tab.get_by_role("button", name="Download", exact=False).first
    expect(link).to_be_visible(timeout=60_000)
    with tab.expect_download(timeout=60_000) as download:
        link.click()
    file = folder.parent / "downloaded.jsonl"
    download.value.save_as(file)
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert rows
    assert all(row["messages"][0]["role"] == "user" for row in rows)


def test_every_page_opens_without_an_error_at_any_width(tab: Page) -> None:
    for width in (1360, 700):
        tab.set_viewport_size({"width": width, "height": 900})
        for title in ("Home", "Seeds", "Tree", "Sampling", "Generate", "Evolution", "Dataset", "Settings"):
            tab.goto(
                tab.url.split("/", 3)[0]
                + "//"
                + tab.url.split("/")[2]
                + ("/" if title == "Home" else f"/{title.lower()}")
            )
            expect(tab.locator("h1")).to_have_text(title, timeout=30_000)
            tab.wait_for_timeout(700)
            assert tab.locator("[data-testid=stException]").count() == 0
            assert tab.get_by_text("Something went wrong").count() == 0
            overflow = tab.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert overflow <= 1, f"{title} is wider than the window at {width} px"


def test_no_page_asks_anybody_but_this_server(tab: Page) -> None:
    asked: set[str] = set()
    tab.on("request", lambda request: asked.add(request.url))
    for title in ("Seeds", "Tree", "Sampling", "Generate", "Home"):
        go(tab, title)
        tab.wait_for_timeout(700)
    home = tab.url.split("/")[2]
    strangers = {url for url in asked if url.split("/")[2] != home and not url.startswith(("data:", "blob:"))}
    assert not strangers
