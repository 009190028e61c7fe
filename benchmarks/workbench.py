"""Claim: what people do in the workbench is answered about as quickly as Streamlit answers an empty click.

python benchmarks/workbench.py [--quick] [--beside-a-run] [--sizes 140000 1795310] [--port 8620]

A real browser, mouse and keyboard; a time is from the input event to what it asks for in the document and one frame
more. In turn with each block of actions: a rerun of an empty Streamlit fragment, and an empty Streamlit page, each as
Streamlit comes, which the limits are about, and once more with our own server settings. Ends with 1 where a limit is
missed.
"""

import argparse
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from measure import save
from playwright.sync_api import Browser, Page, sync_playwright
from trees import LARGE, MIDDLE, SMALL
from workbench_actions import Baseline, Hands
from workbench_cost import action_bytes, heap_megabytes, page_bytes
from workbench_serving import EMPTY_APP, EMPTY_PAGE, ROOT, Server, Writer, column_megabytes, made_workspace, served

PROBE = str(Path(__file__).with_name("workbench_browser.js"))
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]

TIMES = {
    "expand": 1.0, "drill by Enter": 1.0, "drill by double click": 1.0, "jump by scrollbar": 1.0, "rename": 1.0,
    "slider tick": 1.5, "search keystroke": 3.0, "inspect": 3.0, "first paint": 2.0,
}  # fmt: skip
"""Limits: times the empty rerun, for the first paint times the empty page."""
CLICK_BYTES, PAGE_BYTES = 100_000, 1_000_000
HEAP_MEGABYTES = 60
COLUMN_TIMES = 3
WRITING_TIMES = 1.5
Numbers = dict[str, float]


@dataclass(frozen=True, slots=True)
class Effort:
    """How often things are done."""

    blocks: int
    each: int
    loads: int
    turns: int
    """Blocks of `again` beside a run; more would wait for it more often."""
    again: int


FULL, QUICK = Effort(6, 5, 30, 3, 10), Effort(2, 5, 6, 2, 5)


@dataclass
class Report:
    """Numbers of one size, and which limits hold."""

    nodes: int
    found: dict[str, object] = field(default_factory=dict)
    limits: list[dict[str, object]] = field(default_factory=list)

    def limit(self, what: str, value: float, most: float) -> None:
        """Note a limit."""
        self.limits.append(
            {"features": self.nodes, "what": what, "value": round(value, 2), "limit": most, "holds": value <= most}
        )


def times(samples: list[float]) -> Numbers:
    """Milliseconds: median and 95 of 100."""
    ordered = sorted(samples)
    near_last = ordered[min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))]
    return {"n": len(samples), "median": round(statistics.median(samples), 1), "p95": round(near_last, 1)}


def side_by_side(ours: list[float], empty: list[float], quick: list[float]) -> dict[str, object]:
    """Three sides and the ratios of our median to the others'."""
    mine = statistics.median(ours)
    return {
        "ours": times(ours),
        "empty": times(empty),
        "empty, served as ours is": times(quick),
        "ratio": round(mine / statistics.median(empty), 2),
        "ratio to the one served as ours is": round(mine / statistics.median(quick), 2),
    }


def time_actions(hands: Hands, stock: Baseline, tuned: Baseline, effort: Effort, report: Report) -> None:
    """Blocks of each action, all in turn with empty reruns; and loads of the three pages in turn."""
    loads = [(hands.load(), stock.load(), tuned.load()) for _ in range(effort.loads + 1)][1:]
    stock.begin()
    tuned.begin()
    hands.settle(1_500, 1_500)
    found = {"first paint": side_by_side(*(list(side) for side in zip(*loads, strict=True)))}
    print(f"  first paint: {found['first paint']}", flush=True)
    every: dict[str, list[float]] = {name: [] for name in hands.actions}
    empty: list[float] = []
    quick: list[float] = []
    # in turn, and all of them through the whole time: other load on the machine meets all alike
    for _ in range(effort.blocks):
        for name, (act, prepare) in hands.actions.items():
            prepare()
            every[name] += [act() for _ in range(effort.each)]
            empty += [stock.click() for _ in range(effort.each)]
            quick += [tuned.click() for _ in range(effort.each)]
    for name, ours in every.items():
        found[name] = side_by_side(ours, empty, quick)
        print(f"  {name}: {found[name]}", flush=True)
    report.found["milliseconds"] = found
    for name, most in TIMES.items():
        report.limit(
            f"{name}, times the empty {'page' if name == 'first paint' else 'rerun'}", found[name]["ratio"], most
        )


def time_beside_a_run(hands: Hands, writer: Writer, effort: Effort, report: Report) -> None:
    """Each action while the run rests and while it writes, in blocks that take turns."""
    found = {}
    for name, (act, prepare) in hands.actions.items():
        resting: list[float] = []
        writing: list[float] = []
        for _ in range(effort.turns):
            prepare()
            resting += [act() for _ in range(effort.again)]
            writer.write()
            prepare()
            writing += [act() for _ in range(effort.again)]
            writer.rest()
        ratio = round(statistics.median(writing) / statistics.median(resting), 2)
        found[name] = {"writing": times(writing), "resting": times(resting), "ratio": ratio}
        print(f"  {name}, beside a run: {found[name]}", flush=True)
        report.limit(f"{name}, times without a run that writes", ratio, WRITING_TIMES)
    report.found["beside a run"] = {"records written": writer.written, **found}


def weigh(browser: Browser, hands: Hands, server: Server, empty: Server, effort: Effort, report: Report) -> None:
    """Bytes of every action and of the page, and what the browser holds after everything was open."""
    clicks = action_bytes(hands.page, hands.actions, min(3, effort.each))
    ours = page_bytes(browser, PROBE, f"{server.address}/tree")
    beneath = page_bytes(browser, PROBE, empty.address)
    hands.ready_to_jump()
    heap = heap_megabytes(hands.page.context, hands.page)
    report.found["bytes"] = {"most of an action": clicks, "page": ours, "empty page": beneath}
    report.found["browser heap, megabytes"] = heap
    report.limit("bytes of the costliest action", max(clicks.values()), CLICK_BYTES)
    report.limit("bytes of the page beyond an empty one, nothing cached", ours["cold"] - beneath["cold"], PAGE_BYTES)
    report.limit("megabytes of browser heap, all open", heap, HEAP_MEGABYTES)


@contextmanager
def fresh_page(browser: Browser) -> Iterator[Page]:
    """A page of a browser that knows nothing yet, with the probe in it."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.add_init_script(path=PROBE)
    yield page
    context.close()


def base_memory(browser: Browser, port: int, effort: Effort) -> Numbers:
    """What the server takes with next to no tree, after the same loads and the same actions."""
    with tempfile.TemporaryDirectory() as place:
        made_workspace(Path(place) / "workspace", SMALL, run=False)
        with served(ROOT / "app.py", port, Path(place) / "workspace") as server, fresh_page(browser) as page:
            hands = Hands(page, server.address)
            for _ in range(effort.loads + 1):
                hands.load()
            hands.settle(1_500, 1_500)
            for _ in range(effort.blocks):
                for act, prepare in hands.actions.values():
                    prepare()
                    for _ in range(effort.each):
                        act()
            return server.resident()


def measure(nodes: int, browser: Browser, port: int, effort: Effort, base: Numbers) -> Report:
    """Times, bytes and memory of one size, with no run beside it."""
    report = Report(nodes)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        workspace = Path(place) / "workspace"
        made_workspace(workspace, nodes, run=False)
        columns = column_megabytes(workspace)
        with (
            served(ROOT / "app.py", port, workspace) as server,
            served(EMPTY_PAGE, port + 1, ours=False) as empty,
            served(EMPTY_APP, port + 2) as tuned,
            fresh_page(browser) as page,
            fresh_page(browser) as bare,
            fresh_page(browser) as quick,
        ):
            hands = Hands(page, server.address)
            time_actions(hands, Baseline(bare, empty.address), Baseline(quick, tuned.address), effort, report)
            resident = server.resident()
            report.found["server, megabytes"] = {"resident": resident, "columns": columns, "base": base}
            report.limit(
                "server memory beyond the base, times the columns",
                (resident["all"] - base["all"]) / columns,
                COLUMN_TIMES,
            )
            weigh(browser, hands, server, empty, effort, report)
    return report


def measure_beside(nodes: int, browser: Browser, port: int, effort: Effort) -> Report:
    """Times of one size while a run rests and while it writes."""
    report = Report(nodes)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        workspace = Path(place) / "workspace"
        run_id = made_workspace(workspace, nodes, run=True)
        with served(ROOT / "app.py", port, workspace) as server, fresh_page(browser) as page:
            hands = Hands(page, server.address)
            hands.load()
            hands.settle(1_500, 1_500)
            with Writer(server, workspace, run_id) as writer:
                time_beside_a_run(hands, writer, effort, report)
    return report


def table(limits: list[dict[str, object]]) -> str:
    """Every limit on a line."""
    lines = [f"{'features':>9}  {'':66} {'found':>10} {'limit':>9}"]
    for one in limits:
        holds = "" if one["holds"] else "   MISSED"
        lines.append(f"{one['features']:>9,}  {one['what']:66} {one['value']:>10,} {one['limit']:>9,}{holds}")
    return "\n".join(lines)


def main() -> None:
    """Measure, save, and say which limits hold."""
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "--quick", action="store_true", help="fewer actions, and the smaller size unless `--sizes` says so"
    )
    parser.add_argument("--sizes", type=int, nargs="+")
    parser.add_argument("--beside-a-run", action="store_true", help="the same while a run writes, and nothing else")
    parser.add_argument("--port", type=int, default=8620, help="the first of three ports that are free")
    options = parser.parse_args()
    effort = QUICK if options.quick else FULL
    sizes = options.sizes or ([MIDDLE] if options.quick else [MIDDLE, LARGE])
    chromium = next((path for name in NAMES if (path := shutil.which(name))), None)
    if chromium is None:
        raise SystemExit("no Chromium; install it, for example: sudo apt-get install chromium")
    with sync_playwright() as driver:
        # with a scrollbar to click on, which headless browsers hide
        browser = driver.chromium.launch(
            executable_path=chromium, args=FLAGS, ignore_default_args=["--hide-scrollbars"]
        )
        if options.beside_a_run:
            reports = [measure_beside(nodes, browser, options.port, effort) for nodes in sizes]
        else:
            base = base_memory(browser, options.port, effort)
            reports = [measure(nodes, browser, options.port, effort, base) for nodes in sizes]
        browser.close()
    limits = [limit for report in reports for limit in report.limits]
    name = f"workbench{'-beside-a-run' if options.beside_a_run else ''}{'-quick' if options.quick else ''}"
    save(name, {"limits": limits, "features": {str(report.nodes): report.found for report in reports}})
    print(table(limits))
    sys.exit(0 if all(limit["holds"] for limit in limits) else 1)


if __name__ == "__main__":
    main()
