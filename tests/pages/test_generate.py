"""Generate: the run form, a run's bars and buttons, its tasks with everything that came of them."""

from pathlib import Path

from synth.runs import Runs
from synth.settings import RunConfig
from tests.pages.conftest import OpenPage


def texts(app: object, kind: str) -> str:
    """All texts of one kind of element, joined."""
    return "\n".join(str(element.value) for element in getattr(app, kind))


def a_run(folder: Path) -> str:
    """A run that was never started, so nothing works on it while the page is looked at."""
    runs = Runs(folder / "runs")
    return runs.create(RunConfig(name="r0001 *star*"), lambda snapshot: None)


def test_an_empty_workspace_offers_the_form(empty_workspace: Path, open_page: OpenPage) -> None:
    app = open_page("generate")
    assert not app.exception
    assert [button.label for button in app.button] == ["Start run"]
    assert "offline, no key needed" in texts(app, "caption").replace("\\", "")


def test_a_run_is_shown_with_its_state_and_can_be_resumed(filled_workspace: Path, open_page: OpenPage) -> None:
    run_id = a_run(filled_workspace)
    app = open_page("generate")
    assert not app.exception
    assert app.query_params["run"] in (run_id, [run_id])
    assert "not started yet" in texts(app, "markdown")
    assert "Resume" in [button.label for button in app.button]


def test_a_task_shows_its_attempts_verdicts_scores_and_seeds(filled_workspace: Path, open_page: OpenPage) -> None:
    a_run(filled_workspace)
    app = open_page("generate")
    app.selectbox[0].select("all runs").run()
    assert not app.exception
    shown = texts(app, "code")
    assert "return sum(items)" in shown
    assert "+    return sum(items)" in shown, "the difference between the attempts"
    assert "assert 0 == 3" in shown
    assert "passed: 1 passed in 0.2 s" in "\n".join(str(box.value) for box in app.success).replace("\\", "")
    assert "A shop adds up a cart." in texts(app, "text")
    tables = [table.value for table in app.dataframe]
    assert any("shop/cart.py:3" in table.to_string() for table in tables), "where the features were seen"
    assert any("cyclomatic" in table.to_string() for table in tables)


def test_the_funnel_says_why_items_were_dropped(filled_workspace: Path, open_page: OpenPage) -> None:
    a_run(filled_workspace)
    app = open_page("generate")
    app.selectbox[0].select("all runs").run()
    assert any("declined: nothing fits" in table.value.to_string() for table in app.dataframe)


def test_a_search_that_finds_nothing_says_so(filled_workspace: Path, open_page: OpenPage) -> None:
    a_run(filled_workspace)
    app = open_page("generate")
    app.selectbox[0].select("all runs").run()
    app.text_input(key="task-search").set_value("no such words").run()
    assert not app.exception
    assert "No task is like that." in texts(app, "caption")
