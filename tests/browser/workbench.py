"""What a person does on the workbench, for the tests that drive it."""

import json
import urllib.request
from typing import Any

from playwright.sync_api import Locator, Page, expect

from synth.workspace import operations


def ask(address: str, path: str, **body: object) -> dict[str, Any]:
    """What the server itself answers, past the page."""
    found: dict[str, Any] = json.loads(fetch(address, path, **body))
    return found


def fetch(address: str, path: str, **body: object) -> bytes:
    """The same, for what is no JSON."""
    request = urllib.request.Request(
        f"{address}/api/{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        content: bytes = answer.read()
    return content


def edit(address: str, *done: operations.Operation, name: str) -> dict[str, Any]:
    """An edit by somebody else; `name` names the request and is used once."""
    rev = ask(address, "tree/history", count=1)["last"]
    written = [one.model_dump() for one in done]
    return ask(address, "tree/edit", rev=rev, op=f"outside-{name}", operations=written, anyway=True)


def plant(address: str, outline: str) -> dict[str, int]:
    """Make the tree anew, without locks. Returns the ids of its features by name."""
    rev = ask(address, "tree/history", count=1)["last"]
    old = [row["id"] for row in _rows(address, {})]
    unlocked = [operations.Lock(node=node, locked=False, below=True) for node in old]
    away = [operations.Delete(node=node) for node in old]
    edit(address, *unlocked, *away, operations.AddMany(parent=0, outline=outline), name=f"plant-{rev}")
    return {row["name"]: row["id"] for row in _rows(address, {"level": 100})}


def tree_of(address: str) -> list[str]:
    """The tree as the server has it: names in order, two blanks deeper a level."""
    return [f"{'  ' * row['depth']}{row['name']}" for row in _rows(address, {"level": 100})]


def _rows(address: str, opened: dict[str, object]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = ask(address, "tree/outline", opened=opened, count=300)["rows"]
    return [row for row in rows if not row.get("ghost")]


def row(page: Page, name: str) -> Locator:
    """The row of a feature in the outline."""
    return page.locator(".o-row:not([hidden])").filter(has=page.locator(".o-name").get_by_text(name, exact=True))


def choose(page: Page, *names: str) -> None:
    """Choose features in the outline."""
    row(page, names[0]).click()
    for name in names[1:]:
        row(page, name).click(modifiers=["Control"])
    expect(page.locator(".o-row.chosen:not([hidden])")).to_have_count(len(names))


def open_all(page: Page) -> None:
    """Expand the whole outline."""
    page.get_by_role("button", name="Expand all", exact=True).click()


def command(page: Page, title: str) -> None:
    """Run a command by the palette."""
    page.locator(".o-scroller").focus()
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Command or feature").fill(title)
    page.get_by_role("option", name=title).first.click()


def panel(page: Page, title: str) -> Locator:
    """One of the panels at the right, opened."""
    page.get_by_role("tab", name=title).click()
    return page.get_by_role("tabpanel", name=title)


def dialog(page: Page, title: str) -> Locator:
    """The dialog of a title, once it is there."""
    found = page.get_by_role("dialog", name=title)
    expect(found).to_be_visible()
    return found
