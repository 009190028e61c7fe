"""Runs in a real browser: one outlives the tab, a reload and the app, and is steered by buttons and commands alike."""

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from synth.journal import read_run
from synth.workspace import Workspace
from tests import loopback
from tests.browser.conftest import CHROMIUM
from tests.browser.running import SEEDS, STEPS, UNHURRIED, App, Endpoint, never
from tests.loopback import Answer
from tests.runs.talking import everything_is_there_once, kill_worker, wait_until
from tests.test_flow import open_with_seeds

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium; install it, for example: sudo apt-get install chromium"),
]
SOON = 60_000
"""Milliseconds; much longer than anything takes here on a quiet machine."""
LONG = "a run whose name goes on and on, as names of runs do, until it has its eighty ch"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The app on a workspace with seeds, and an endpoint beside it."""
    folder = tmp_path_factory.mktemp("running") / "workspace"
    workspace = open_with_seeds(folder)
    workspace.close()
    endpoint = Endpoint()
    with endpoint.server:
        app = App(folder, endpoint)
        yield app
        app.end_all()


@pytest.fixture
def app(running: App) -> App:
    """The app, at work, whatever was done to it before."""
    running.start()
    running.endpoint.seconds, running.endpoint.fault = UNHURRIED, never
    return running


@pytest.fixture
def tab(browser: Browser) -> Iterator[Page]:
    """A tab of its own."""
    context = browser.new_context(viewport={"width": 1360, "height": 1000})
    yield context.new_page()
    context.close()


def look_at(tab: Page, app: App, run_id: str, view: str = "Funnel") -> None:
    """Open one side of a run by its address."""
    tab.goto(f"{app.address}/runs?run={run_id}&view={view}")
    expect(tab.locator("h1")).to_have_text("Runs", timeout=SOON)
    expect(active(tab)).to_have_text(view, timeout=SOON)


def active(tab: Page) -> Locator:
    """The chosen side of the view switch."""
    return tab.locator(".st-key-view [aria-checked=true], .st-key-view [aria-pressed=true]")


def watched(tab: Page) -> Locator:
    """The box that says how the run stands."""
    return tab.locator(".st-key-run-watch")


def shows(tab: Page, words: str) -> None:
    """Wait until the box says so."""
    expect(watched(tab)).to_contain_text(words, timeout=SOON)


def press(tab: Page, name: str) -> None:
    """Press a button of the box."""
    watched(tab).get_by_role("button", name=name, exact=True).click()


def steps_made(tab: Page) -> int:
    """Growth steps, as the bar has it; 0 before there is a bar."""
    found = re.search(r"growing the tree: (\d+) of", watched(tab).inner_text())
    return int(found.group(1)) if found else 0


def moves(tab: Page) -> None:
    """Wait until the bar has gone on."""
    before = steps_made(tab)
    end = f"growing the tree: (?!{before} of)\\d+ of"
    expect(watched(tab)).to_contain_text(re.compile(end), timeout=SOON)


def finishes(tab: Page, app: App) -> None:
    """Have the endpoint hurry and wait until the page says that the run is finished."""
    app.endpoint.seconds = 0.0
    shows(tab, "finished · ")


def made(tab: Page) -> str:
    """The funnel in words."""
    return tab.locator(".st-key-funnel").inner_text()


def test_a_run_started_on_generate_outlives_its_tab_and_a_reload(app: App, tab: Page, browser: Browser) -> None:
    first = browser.new_page(viewport={"width": 1360, "height": 1000})
    first.goto(f"{app.address}/generate")
    start = first.get_by_role("button", name="Start run", exact=True)
    expect(first.locator("h1")).to_have_text("Generate", timeout=SOON)
    form = first.locator("details").filter(has_text="Start a run")
    expect(form).to_be_visible(timeout=SOON)
    if form.get_attribute("open") is None:  # it is open where there is no run yet
        first.get_by_text("Start a run").click()
    for name, value in (("Samples", 0), ("Growth steps", STEPS), ("Seeds to read", SEEDS)):
        first.get_by_role("spinbutton", name=name).fill(str(value))
        first.keyboard.press("Enter")
    expect(first.get_by_text(f"Reads {SEEDS} seeds, grows the tree in {STEPS} steps; no tasks")).to_be_visible()
    start.click()
    expect(first).to_have_url(re.compile(r"run=r\d+"), timeout=SOON)
    shows(first, "running")
    (run_id,) = re.findall(r"run=(r[\w-]+)", first.url)
    first.close()

    asked = app.endpoint.asked("tiny").total()
    wait_until(lambda: app.endpoint.asked("tiny").total() > asked + 2)
    look_at(tab, app, run_id)
    shows(tab, "running")
    moves(tab)
    shows(tab, "spent")
    tab.locator(".st-key-view").get_by_text("Cost", exact=True).click()
    expect(tab).to_have_url(re.compile("view=Cost"))
    tab.reload()
    expect(active(tab)).to_have_text("Cost", timeout=SOON)
    expect(tab).to_have_url(re.compile(f"run={run_id}"))
    shows(tab, "running")
    moves(tab)
    finishes(tab, app)
    tab.locator(".st-key-view").get_by_text("Funnel", exact=True).click()
    expect(tab.locator(".st-key-funnel")).to_contain_text("growth steps", timeout=SOON)
    assert app.endpoint.asked("tiny").total() == SEEDS + STEPS, "nothing twice"


def test_buttons_and_commands_steer_the_same_run(app: App, tab: Page) -> None:
    run_id = app.begin("steered")
    look_at(tab, app, run_id)
    moves(tab)
    press(tab, "Pause")
    shows(tab, "paused")
    wait_until(lambda: app.endpoint.server.in_flight == 0)
    asked = app.endpoint.asked("tiny-steered").total()
    assert json.loads(app.say("show", run_id, "--json"))["state"] == "paused"
    assert app.endpoint.asked("tiny-steered").total() == asked, "a paused run asks nothing"
    press(tab, "Resume")
    shows(tab, "running")
    moves(tab)

    app.say("pause", run_id)
    shows(tab, "paused")
    app.say("resume", run_id)
    shows(tab, "running")
    press(tab, "Cancel")
    shows(tab, "cancelled; everything finished is kept")
    assert f"{run_id}  cancelled" in app.say("list")
    app.say("resume", run_id)
    shows(tab, "running")
    press(tab, "Cancel")
    shows(tab, "cancelled")
    press(tab, "Resume")
    shows(tab, "running")
    finishes(tab, app)
    assert app.endpoint.asked("tiny-steered").total() == SEEDS + STEPS, "nothing twice"
    assert f"{run_id}  finished" in app.say("list")


def test_a_run_outlives_the_app(app: App, tab: Page) -> None:
    run_id = app.begin("orphan")
    look_at(tab, app, run_id)
    moves(tab)
    app.kill()
    asked = app.endpoint.asked("tiny-orphan").total()
    wait_until(lambda: app.endpoint.asked("tiny-orphan").total() > asked + 2)
    app.start()
    look_at(tab, app, run_id)
    shows(tab, "running")
    moves(tab)
    finishes(tab, app)
    assert app.endpoint.asked("tiny-orphan").total() == SEEDS + STEPS, "nothing twice"
    app.close()
    taken_in_once(app, run_id)


def test_a_killed_worker_shows_as_interrupted_with_one_button_to_go_on(app: App, tab: Page) -> None:
    run_id = app.begin("killed")
    look_at(tab, app, run_id)
    moves(tab)
    assert kill_worker(app.runs.path(run_id))
    shows(tab, "interrupted: its worker ended without a word")
    expect(tab.locator("[data-testid=stMain]").get_by_role("button", name="Resume")).to_have_count(1)
    press(tab, "Resume")
    shows(tab, "running")
    finishes(tab, app)
    asked = app.endpoint.asked("tiny-killed").total()
    assert SEEDS + STEPS <= asked <= SEEDS + STEPS + 2, "no more than what was in flight is asked again"
    app.close()
    taken_in_once(app, run_id)


def taken_in_once(app: App, run_id: str) -> None:
    """Everything that the run was to make is there, and nothing twice. The app is closed."""
    ids = [record.id for record in read_run(app.runs.path(run_id))]
    assert len(ids) == len(set(ids))
    workspace = Workspace(app.folder)
    everything_is_there_once(workspace, run_id)
    stages = {stage.name: stage.count for stage in workspace.funnel(run_id).stages}
    assert stages["growth steps"] == STEPS
    workspace.close()


def test_failures_are_tried_again_when_the_endpoint_is_mended(app: App, tab: Page) -> None:
    faults = iter(
        [loopback.refusal("I would rather not."), loopback.refusal("I would rather not."), loopback.cut_off()]
    )
    met: dict[str, Answer] = {}

    def fault(text: str) -> Answer | None:
        if "as a small tree of features" in " ".join(text.split()) and len(met) < 3:
            met[text] = next(faults)
        return met.get(text)

    app.endpoint.seconds, app.endpoint.fault = 0.0, fault
    run_id = app.begin("refused")
    look_at(tab, app, run_id, "Failures")
    shows(tab, "finished · ")
    page = tab.locator("[data-testid=stMain]")
    expect(page.get_by_text("3 items ended early, for 2 reasons.")).to_be_visible(timeout=SOON)
    tab.get_by_text("2 examples").click()
    expect(page.get_by_text("I would rather not.").first).to_be_visible()
    groups = page.get_by_role("button", name="Try these again")
    expect(groups).to_have_count(2)

    app.endpoint.fault, app.endpoint.seconds = never, UNHURRIED
    groups.first.click()
    shows(tab, "running")
    expect(groups.first).to_be_disabled(timeout=SOON)
    finishes(tab, app)
    expect(page.get_by_text("1 item ended early, for 1 reason.")).to_be_visible(timeout=SOON)
    expect(groups).to_have_count(1)
    page.get_by_role("button", name="Try all again").click()
    expect(page.get_by_text("Nothing ended early.")).to_be_visible(timeout=SOON)
    shows(tab, "finished · ")


def test_a_run_that_reached_its_budget_goes_on_with_a_larger_one(app: App, tab: Page) -> None:
    app.endpoint.seconds = 0.0
    run_id = app.begin("dear", model="tiny", budget={"money": 0.5}, fresh=True)
    look_at(tab, app, run_id)
    shows(tab, "stopped at its budget")
    expect(watched(tab).get_by_role("button", name="Resume", exact=True)).to_have_count(0)
    asked = steps_made(tab)
    assert asked < STEPS
    amount = watched(tab).get_by_role("spinbutton")
    expect(amount).to_have_value("1.00")
    amount.fill("50")
    press(tab, "Raise and resume")
    shows(tab, "finished · ")
    assert steps_made(tab) == STEPS
    shows(tab, "spent of 50")


def test_two_runs_are_at_work_at_once_and_can_be_compared(app: App, tab: Page, browser: Browser) -> None:
    first, second = app.begin("shorter", steps=STEPS - 1), app.begin(LONG)
    other = browser.new_page()
    look_at(other, app, first)
    look_at(tab, app, second, "Compare")
    for page in (other, tab):
        shows(page, "running")
        moves(page)
    for page in (other, tab):
        finishes(page, app)
    other.close()
    changes = tab.locator("[data-testid=stDataFrame]").first.locator("table")
    expect(changes).to_contain_text("grow.steps", timeout=SOON)
    assert ["grow.steps", str(STEPS - 1), str(STEPS)] in [
        row.locator("td").all_text_contents() for row in changes.locator("tr").all()
    ]
    tab.set_viewport_size({"width": 420, "height": 900})
    for view in ("Compare", "Failures", "Cost", "Log", "Config", "Funnel"):
        tab.locator(".st-key-view").get_by_text(view, exact=True).click()
        expect(active(tab)).to_have_text(view, timeout=SOON)
        assert tab.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 1


def test_keys_reach_everything_and_nothing_moves_while_a_run_goes_on(app: App, tab: Page) -> None:
    run_id = app.begin("steady", steps=400)
    look_at(tab, app, run_id)
    moves(tab)
    tab.get_by_role("combobox", name="Run").focus()
    reached = []
    while len(reached) < 12 and "Funnel" not in reached:
        tab.keyboard.press("Tab")
        reached.append(tab.evaluate("document.activeElement.innerText.trim().split('\\n').pop()"))
    wanted = [name for name in reached if name in ("Pause", "Cancel", "Funnel")]
    assert wanted == ["Pause", "Cancel", "Funnel"], reached

    places = []
    watched(tab).get_by_role("button", name="Pause", exact=True).focus()
    for _ in range(4):
        moves(tab)
        places.append(tab.locator(".st-key-view").bounding_box())
    assert all(place == places[0] for place in places), places
    assert "Pause" in tab.evaluate("document.activeElement.innerText"), "a refresh takes the focus away"
    tab.keyboard.press("Enter")
    shows(tab, "paused")
    press(tab, "Cancel")
    shows(tab, "cancelled")
