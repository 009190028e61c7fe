"""What the workbench costs beside time: bytes between browser and server, and the browser's memory."""

from collections.abc import Callable, Mapping
from typing import cast

from playwright.sync_api import Browser, BrowserContext, Page

Told = Mapping[str, object]


class Wire:
    """Counts the bytes between one page and its server: answers as sent, with headers, and what requests carry."""

    def __init__(self, page: Page) -> None:
        self._bytes = 0.0
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.loadingFinished", lambda told: self._add(told["encodedDataLength"]))
        session.on("Network.requestWillBeSent", lambda told: self._add(_text(told, "request", "postData")))
        session.on("Network.eventSourceMessageReceived", lambda told: self._add(_text(told, "data")))
        for way in ("Received", "Sent"):
            session.on(f"Network.webSocketFrame{way}", lambda told: self._add(_text(told, "response", "payloadData")))

    def taken(self) -> int:
        """Bytes since the last call."""
        found, self._bytes = int(self._bytes), 0.0
        return found

    def _add(self, number: float) -> None:
        self._bytes += number


def _text(told: Told, *names: str) -> int:
    """The bytes of a text inside a message of the browser; 0 where there is none."""
    found: object = told
    for name in names:
        found = cast(Told, found).get(name, "")
    return len(str(found).encode())


def page_bytes(browser: Browser, script: str, address: str) -> dict[str, int]:
    """Bytes of a page in a browser that never saw it, and of the same page once more."""
    context = browser.new_context()
    page = context.new_page()
    page.add_init_script(path=script)
    wire = Wire(page)
    found = {}
    for name in ("cold", "warm"):
        page.goto(address)
        page.wait_for_timeout(2_500)
        found[name] = wire.taken()
    context.close()
    return found


def action_bytes(
    page: Page, actions: Mapping[str, tuple[Callable[[], float], Callable[[], None]]], times: int
) -> dict[str, int]:
    """The most bytes that one of each action moved, with all that it brought along."""
    wire = Wire(page)
    found = {}
    for name, (act, prepare) in actions.items():
        most = 0
        for _ in range(times):
            prepare()  # the way back is not part of the action
            page.wait_for_timeout(600)
            wire.taken()
            act()
            page.wait_for_timeout(600)
            most = max(most, wire.taken())
        found[name] = most
    return found


def heap_megabytes(context: BrowserContext, page: Page) -> float:
    """What a page's scripts hold after a garbage collection: objects, and arrays beside them."""
    session = context.new_cdp_session(page)
    session.send("HeapProfiler.enable")
    for _ in range(2):
        session.send("HeapProfiler.collectGarbage")
    used = session.send("Runtime.getHeapUsage")
    session.detach()
    return round((used["usedSize"] + used.get("backingStorageSize", 0)) / 2**20, 1)
