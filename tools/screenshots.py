"""Take the pictures of the docs: every page of the app on a workspace, light and dark.

.venv/bin/python tools/screenshots.py [WORKSPACE] [OUT]
"""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("home", "seeds", "tree", "sampling", "generate", "evolution", "dataset", "settings")
CHROMIUM = next(path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name)))
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]


def main(workspace: Path, out: Path) -> None:
    """Start the app, open each page, write `<page>.png` and `<page>-dark.png`."""
    out.mkdir(parents=True, exist_ok=True)
    port = _free_port()
    command = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        "app.py",
        "--server.port",
        str(port),
        "--server.headless",
        "true",
    ]
    env = {**os.environ, "ESPALIER_WORKSPACE": str(workspace.resolve())}
    server = subprocess.Popen(command, cwd=ROOT, env=env)
    try:
        _wait(port)
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            for scheme in ("light", "dark"):
                context = browser.new_context(color_scheme=scheme, viewport={"width": 1360, "height": 900})
                tab = context.new_page()
                for name in PAGES:
                    _shoot(tab, port, name, out / f"{name}{'-dark' if scheme == 'dark' else ''}.png")
                context.close()
            browser.close()
    finally:
        server.terminate()
        server.wait()


def _shoot(tab: Page, port: int, name: str, path: Path) -> None:
    tab.goto(f"http://127.0.0.1:{port}/{'' if name == 'home' else name}")
    tab.locator("h1").first.wait_for(timeout=60_000)
    tab.locator("[data-testid=stStatusWidget]").wait_for(state="hidden", timeout=60_000)
    tab.wait_for_timeout(2500)  # charts draw themselves after the page has settled
    tab.screenshot(path=path)
    print(path)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(port: int) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("the app did not start")


if __name__ == "__main__":
    main(
        Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "workspace"),
        Path(sys.argv[2] if len(sys.argv) > 2 else ROOT / "docs" / "images"),
    )
