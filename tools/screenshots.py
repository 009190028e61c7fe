"""Take the pictures of the docs: every page of the app, every pane and panel of the workbench, light and dark.

.venv/bin/python tools/screenshots.py [WORKSPACE] [OUT] [NAME ...]

It works on a copy: for the workbench's pictures the tree is edited and grown. With names, only those are taken.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright
from scenes import EMPTY, Scene, prepare, scenes

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("home", "seeds", "generate", "evolution", "dataset", "runs", "prompts", "settings")
CHROMIUM = next(path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name)))
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
SIZE = (1360, 900)
EXACT, NEAR = 160, 96
"""Colours of a picture: the most frequent as they are, and some for all others. So it has half the bytes or less."""


def main(workspace: Path, out: Path, names: Sequence[str]) -> None:
    """Write `<page>.png`, `workbench.png` and `workbench-<scene>.png`, and `...-dark.png` beside each."""
    out.mkdir(parents=True, exist_ok=True)
    wanted = [name for name in PAGES if not names or name in names]
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        copy = Path(scratch) / "workspace"
        shutil.copytree(workspace, copy)
        if wanted:
            with served(copy) as address:
                visit(browser, address)
                for name in wanted:
                    for_both_themes(browser, out / name, lambda page, name=name: open_page(page, address, name))
        nodes = prepare(copy)
        take(browser, copy, out, [scene for scene in scenes(nodes) if not names or scene.name in names])
        take(browser, Path(scratch) / "empty", out, [EMPTY] if not names or EMPTY.name in names else [])
        browser.close()


def take(browser: Browser, workspace: Path, out: Path, chosen: Sequence[Scene]) -> None:
    """Take the pictures of the workbench on one workspace."""
    if not chosen:
        return
    with served(workspace) as address:
        visit(browser, address)
        for scene in chosen:
            for_both_themes(browser, out / scene.name, lambda page, scene=scene: scene.show(page, address))


def for_both_themes(browser: Browser, out: Path, show: Callable[[Page], None]) -> None:
    """Show something in a fresh browser, light and dark, and keep the pictures."""
    for scheme, suffix in (("light", ""), ("dark", "-dark")):
        context = browser.new_context(color_scheme=scheme, viewport={"width": SIZE[0], "height": SIZE[1]})
        page = context.new_page()
        show(page)
        keep(page.screenshot(), out.with_name(f"{out.name}{suffix}.png"))
        context.close()


def visit(browser: Browser, address: str) -> None:
    """Load a page once: the first after a start is laid out before its settings have arrived."""
    page = browser.new_page()
    open_page(page, address, "home")
    page.close()


def open_page(page: Page, address: str, name: str) -> None:
    """Open a page of the app and wait until it has settled."""
    page.goto(f"{address}/{'' if name == 'home' else name}")
    page.locator("h1").first.wait_for(timeout=60_000)
    page.locator("[data-testid=stStatusWidget]").wait_for(state="hidden", timeout=60_000)
    page.wait_for_timeout(2500)  # charts draw themselves after the page has settled


def keep(picture: bytes, path: Path) -> None:
    """Write a picture with no more colours than it needs."""
    with Image.open(BytesIO(picture)) as taken:
        whole = taken.convert("RGB")
        counted = sorted(whole.getcolors(SIZE[0] * SIZE[1]), reverse=True)
        exact = [part for _, colour in counted[:EXACT] for part in colour]
        near = whole.quantize(NEAR, method=Image.Quantize.MAXCOVERAGE).getpalette()
        palette = Image.new("P", (1, 1))
        palette.putpalette(exact + near)
        whole.quantize(palette=palette, dither=Image.Dither.NONE).save(path, optimize=True)
    print(path)


@contextmanager
def served(workspace: Path) -> Iterator[str]:
    """The app on a workspace: the address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", port, "--server.headless", "true"]
    env = {**os.environ, "ESPALIER_WORKSPACE": str(workspace.resolve())}
    server = subprocess.Popen(command, cwd=ROOT, env=env)
    try:
        wait(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


def wait(port: str) -> None:
    """Wait until the app answers."""
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
        sys.argv[3:],
    )
