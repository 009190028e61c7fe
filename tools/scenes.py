"""What the pictures of the workbench show: a workspace made ready, and for each picture what is opened and pressed."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Page

from synth.api.bench import Bench
from synth.api.review import GrowBody, grow
from synth.tree.columns import FeatureTree
from synth.workspace import Workspace, operations

STEPS = 6
Press = Callable[[Page], None]


@dataclass(frozen=True, slots=True)
class Nodes:
    """Features that pictures are about."""

    branch: int
    """A feature with many children: the one that is looked at, and grown."""
    child: int
    """One below it."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A picture: an address, what must be there, and what is pressed."""

    name: str
    query: dict[str, object]
    ready: str
    """Selector of what is on the page when the picture can be taken."""
    press: Press | None = None
    path: str = "tree"

    def show(self, page: Page, address: str) -> None:
        """Open the workbench so that it looks as on the picture."""
        asked = {key: json.dumps(said) if isinstance(said, dict) else said for key, said in self.query.items()}
        page.goto(f"{address}/{self.path}?{urlencode(asked)}")
        page.locator(".workbench").wait_for(timeout=30_000)
        page.locator("[data-testid=stStatusWidget]").wait_for(state="hidden", timeout=30_000)
        page.locator(".map-stage[data-blocks], .map-message:not([hidden])").first.wait_for(timeout=30_000)
        if self.press:
            self.press(page)
        page.locator(self.ready).first.wait_for(timeout=30_000)
        page.wait_for_timeout(1500)  # numbers that come by requests of their own


def prepare(folder: Path) -> Nodes:
    """Edit and grow the tree of a workspace, so that there is something to see."""
    workspace = Workspace(folder)
    tree = workspace.tree()
    branch = widest(tree)
    children = sorted(tree.children(branch), key=tree.observed, reverse=True)
    about = children[0]
    for batch, reason in (
        ([operations.Note(node=about, text="Keep apart from what validates input.")], ""),
        ([operations.Status(node=about, status="to review")], "seen in many seeds"),
        ([operations.Lock(node=children[1])], ""),
        ([operations.SetCount(node=children[2], estimated=25)], "rare in libraries, common in services"),
        ([operations.AddMany(parent=branch, outline="steps that wait\n  for a lock\n  for a signal")], "missing"),
    ):
        workspace.trees.edit(batch, reason=reason)
    workspace.trees.undo()
    started = grow(Bench(lambda: workspace), GrowBody(nodes=(branch, about), steps=STEPS))
    finish(workspace, str(started["run_id"]))
    workspace.close()
    return Nodes(branch, about)


def finish(workspace: Workspace, run_id: str) -> None:
    """Wait for a run and take in what it made."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        workspace.ingest()
        run = workspace.run(run_id)
        if run.state not in ("new", "running") and not run.alive:
            workspace.ingest()
            return
        time.sleep(0.2)
    raise SystemExit("growing the tree for the pictures took too long")


def widest(tree: FeatureTree) -> int:
    """A feature right below a category: the one most observed among those with several children."""
    found = [node for node in tree.nodes() if tree.depth(node) == 2 and tree.child_count(node) >= 4]
    return max(found, key=tree.observed)


def scenes(nodes: Nodes) -> tuple[Scene, ...]:
    """The pictures of a workspace that was made ready."""
    here = {"node": nodes.child}
    rows = ".o-row[data-node]"
    return (
        Scene("workbench", here, ".inspect-seed"),
        Scene("workbench-icicle", {"node": nodes.branch, "area": "chance", "colour": "origin"}, rows, icicle),
        Scene("workbench-filters", {**here, "filter": {"words": "check", "levels": [2, 4]}}, ".filter-form", filters),
        Scene("workbench-search", here, ".search-hit", search),
        Scene("workbench-palette", here, ".palette-item", palette),
        Scene("workbench-rename", {}, ".renamings tr", rename),
        Scene("workbench-history", {**here, "panel": "history"}, ".past li"),
        Scene("workbench-tidy", {**here, "panel": "tidy"}, ".findings li", tidy),
        Scene("workbench-review", {**here, "top": nodes.branch, "panel": "review"}, ".o-row.ghost", review),
        Scene("workbench-sampling", {"node": nodes.branch}, ".lab-draws .lab-card", flatten, path="sampling"),
        Scene("workbench-compare", {"node": nodes.branch}, ".lab-compare", compare, path="sampling"),
        Scene("workbench-coverage", {"node": nodes.branch, "colour": "coverage"}, rows),
    )


def icicle(page: Page) -> None:
    """Turn the map into an icicle."""
    page.get_by_role("button", name="Icicle").click()
    page.mouse.move(700, 880)


def filters(page: Page) -> None:
    """Open the filters."""
    page.get_by_role("button", name="Filter the outline").click()


def search(page: Page) -> None:
    """Look for a path."""
    page.locator(".search-field").fill("error > check")


def palette(page: Page) -> None:
    """Open the palette and write something."""
    page.keyboard.press("Control+k")
    page.locator(".palette-field").fill("ch")


def rename(page: Page) -> None:
    """Look at what a renaming by pattern would do."""
    page.locator(".o-scroller").focus()
    page.keyboard.press("Control+h")
    page.get_by_label("Replace", exact=True).fill("^(.+) checks?$")
    page.get_by_label("By", exact=True).fill("check \\1")
    page.get_by_label("Regular expression").check()


def tidy(page: Page) -> None:
    """Look for what is wrong."""
    page.get_by_label("Look for", exact=True).select_option("duplicates")
    page.get_by_role("button", name="Look", exact=True).click()


def review(page: Page) -> None:
    """Open what is proposed below the chosen feature, and go to the first item."""
    page.locator(".item-line").first.wait_for()
    page.locator(".o-scroller").focus()
    page.keyboard.press("ArrowRight")
    page.locator(".o-row.ghost").first.click()


def flatten(page: Page) -> None:
    """Raise the temperature and look at one draw."""
    page.get_by_label("Temperature as a number").fill("4")
    page.locator(".lab-draws .lab-card").first.wait_for()


def compare(page: Page) -> None:
    """Compare a flatter draft with the shape of runs."""
    flatten(page)
    page.get_by_role("button", name="Compare…").click()
    page.locator(".lab-compare").wait_for()


EMPTY = Scene("workbench-empty", {}, ".o-empty:not([hidden])")
"""The workbench on a workspace in which nothing was done."""
