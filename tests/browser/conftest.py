"""The app served to a real browser, for the tests of the workbench."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from synth.settings import ROOT

MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM = next((path for name in NAMES if (path := shutil.which(name))), str(MAC) if MAC.exists() else None)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]

Serve = Callable[[Path], str]


def free_port() -> str:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


@contextmanager
def served(folder: Path, port: str | None = None) -> Iterator[str]:
    """The app on one workspace, as `start.py` serves it: the address."""
    port = port or free_port()
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", port, "--server.headless", "true"]
    env = {**os.environ, "ESPALIER_WORKSPACE": str(folder)}
    with (folder.parent / f"server-{port}.log").open("wb") as log:
        server = subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log)
        try:
            for _ in range(600):
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1).close()
                    break
                except OSError:
                    assert server.poll() is None, f"the server ended by itself; see {log.name}"
                    time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(timeout=30)


@pytest.fixture(scope="module")
def serve() -> Iterator[Serve]:
    """`serve(folder)` starts the app on a workspace that is closed and gives its address; it ends with the module."""
    with ExitStack() as servers:
        yield lambda folder: servers.enter_context(served(folder))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Headless Chromium of the system."""
    if CHROMIUM is None:
        pytest.skip("no Chromium; install it, for example: sudo apt-get install chromium")
    with sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield found
        found.close()


def open_tree(page: Page, address: str, query: str = "") -> None:
    """Open the workbench and wait until it is built."""
    page.goto(f"{address}/tree{query}")
    page.locator(".workbench").wait_for(timeout=60_000)
