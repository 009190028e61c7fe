"""Prompts and engines in a real browser: a prompt is changed, looked at and taken back; an engine is tried."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from synth.settings import PROMPTS, Engine
from synth.workspace.settings import WorkspaceSettings, write_settings
from tests import examples
from tests.browser.conftest import CHROMIUM, Serve
from tests.loopback import Loopback
from tests.models.endpoints import endpoint
from tests.pages.conftest import put_records

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium; install it, for example: sudo apt-get install chromium"),
]
LINE = "Write as if a tired colleague had to read it."


@pytest.fixture(scope="module")
def server() -> Iterator[Loopback]:
    """An endpoint that answers well."""
    with Loopback(endpoint()) as found:
        yield found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, server: Loopback) -> Path:
    """A workspace with one record of each kind that asks the endpoint."""
    path = tmp_path_factory.mktemp("prompts") / "workspace"
    path.mkdir()
    put_records(path, examples.ALL)
    write_settings(path, WorkspaceSettings(engine=Engine(kind="openai", model="tiny", base_url=server.base_url)))
    return path


@pytest.fixture(scope="module")
def address(serve: Serve, folder: Path) -> str:
    """The app."""
    return serve(folder)


@pytest.fixture
def tab(browser: Browser) -> Iterator[Page]:
    """A fresh tab."""
    context = browser.new_context(viewport={"width": 1360, "height": 1400})
    yield context.new_page()
    context.close()


def editor(tab: Page, address: str) -> str:
    """Open a prompt; its text."""
    tab.goto(f"{address}/prompts?prompt=solve_task")
    tab.locator(".st-key-prompt-editor textarea").wait_for(timeout=60_000)
    return tab.locator(".st-key-prompt-editor textarea").input_value()


def write(tab: Page, text: str) -> None:
    """Put a text into the editor as somebody who types."""
    area = tab.locator(".st-key-prompt-editor textarea")
    area.fill(text)
    area.press("Control+Enter")


def test_a_prompt_is_changed_on_a_real_item_kept_and_taken_back(tab: Page, address: str, folder: Path) -> None:
    shipped = editor(tab, address)
    assert shipped == (PROMPTS / "solve_task.md").read_text(encoding="utf-8")
    preview = tab.locator(".st-key-prompt-preview [data-testid=stCode]")
    expect(preview).to_contain_text(examples.TASK.instruction)
    write(tab, f"{shipped}{{{{ topic }}}}\n")
    expect(tab.get_by_text("`topic` is not known here")).to_be_visible()
    expect(tab.get_by_role("button", name="Keep")).to_be_disabled()
    write(tab, f"{shipped}{LINE}\n")
    expect(preview).to_contain_text(LINE)
    tab.get_by_text("Against the shipped one").click()
    expect(tab.locator(".difference .more")).to_have_text(f"+ {LINE}")
    tab.get_by_text("Text and preview").click()
    tab.get_by_role("button", name="Keep").click()
    expect(tab.get_by_text("Runs that start from now on ask with it")).to_be_visible()
    assert (folder / "prompts" / "solve_task.md").read_text(encoding="utf-8").endswith(f"{LINE}\n")
    assert editor(tab, address).endswith(f"{LINE}\n"), "after a reload"
    tab.get_by_role("button", name="Back to the shipped one").click()
    tab.get_by_role("button", name="Take my copy away").click()
    expect(tab.locator(".st-key-prompt-editor textarea")).to_have_value(shipped)
    assert not (folder / "prompts" / "solve_task.md").exists()


def test_an_engine_is_tried_while_the_page_goes_on(tab: Page, address: str) -> None:
    tab.goto(f"{address}/settings")
    tab.get_by_role("button", name="Check", exact=True).click(timeout=60_000)
    expect(tab.get_by_text("It can be used")).to_be_visible(timeout=30_000)
    expect(tab.get_by_text("11 in, 7 out")).to_be_visible()
    tab.reload()
    expect(tab.get_by_text("It can be used")).to_be_visible(timeout=60_000)
