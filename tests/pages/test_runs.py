"""Runs: where each stands, what failed and why, what it cost, its log and config, and two compared."""

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.run_costs import money, spend_words
from synth.journal import Journal
from synth.records import Spend, coins, dropped
from synth.runlog import RunLog
from synth.runs import Runs
from synth.settings import Budget, RunConfig
from tests.pages.conftest import HOSTILE, OpenPage
from tests.pages.test_generate import labels, texts

SPENT = Spend(calls=10, hits=4, failed=1, input_tokens=5000, output_tokens=900, unmeasured=1, cost=0.25, unpriced=1)


def a_run(folder: Path, name: str, state: str = "finished", error: str = "", budget: float | None = None) -> str:
    """A run whose worker is gone: two failures of one kind, one of another, some spend and a log."""
    runs = Runs(folder / "runs")
    config = RunConfig(name=name, budget=Budget(money=budget), seed=7 if name == "first" else 8)
    run_id = runs.create(config, lambda snapshot: None)
    path = runs.path(run_id)
    step = {"step": "samples", "done": 6, "dropped": 3, "total": 6, "reused": 0, "seconds": 2.0}
    body = {"state": state, "started": 1.0, "updated": 9.0, "error": error, "steps": [step]}
    (path / "progress.json").write_text(json.dumps(body | {"spend": {"task": SPENT.model_dump()}}), encoding="utf-8")
    with Journal(path) as journal:
        for number, reason in enumerate(("cut off at the token limit", "cut off at the token limit", HOSTILE)):
            journal.append(dropped("task", f"subtree-{number}", f"task-{name}-{number}", reason, raw=f"said {number}"))
    log = RunLog(path)
    log.write("began", version="1")
    log.write("call", "warning", note="cut off", key="sk-abcdefghijklmnop1234")
    log.close()
    return run_id


def shown(open_page: OpenPage, view: str, run_id: str = "") -> AppTest:
    """The page with one side of a run."""
    app = open_page("runs")
    app.session_state["view"] = view
    app.run()
    if run_id:
        next(box for box in app.selectbox if box.label == "Run").select(run_id).run()
    assert not app.exception
    return app


def test_without_runs_the_page_says_where_to_start_one(empty_workspace: Path, open_page: OpenPage) -> None:
    assert "No run yet" in texts(open_page("runs"), "markdown")


def test_failures_stand_by_reason_with_what_was_said(empty_workspace: Path, open_page: OpenPage) -> None:
    a_run(empty_workspace, "first")
    app = shown(open_page, "Failures")
    said = texts(app, "markdown")
    assert "3 items** ended early, for 2 reasons" in said
    assert "**2** × cut off at the token limit" in said
    assert HOSTILE.replace("\\", "") in said
    assert {"said 0", "said 1", "said 2"} <= {element.value for element in app.code}
    assert labels(app).count("Try these again") == 2


def test_costs_tell_unknown_from_nothing(empty_workspace: Path, open_page: OpenPage) -> None:
    a_run(empty_workspace, "first")
    app = shown(open_page, "Cost")
    table = app.dataframe[0].value
    assert list(table["cost"]) == ["at least 0.25", "at least 0.25"]
    said = texts(app, "caption")
    assert "Of 1 call the endpoint did not say how many tokens" in said
    assert "The cost of 1 call is not known" in said


def test_the_log_is_shown_newest_first_and_never_a_key(empty_workspace: Path, open_page: OpenPage) -> None:
    a_run(empty_workspace, "first")
    app = shown(open_page, "Log")
    details = list(app.dataframe[0].value["details"])
    assert details[-1] == "version: 1"
    assert "[key]" in details[0]
    assert "abcdefghijklmnop" not in str(details)
    only = app.selectbox(key="log-level").select("errors").run()
    assert "No such line in the log." in texts(only, "caption")


def test_two_runs_are_compared_by_what_was_changed(empty_workspace: Path, open_page: OpenPage) -> None:
    a_run(empty_workspace, "first")
    a_run(empty_workspace, "second")
    app = shown(open_page, "Compare")
    changes = app.dataframe[0].value
    assert list(changes["setting"]) == ["name", "seed"]
    assert list(changes["r0001-first"]) == ["first", "7"]


def test_a_run_that_stopped_at_its_budget_can_be_given_more(empty_workspace: Path, open_page: OpenPage) -> None:
    a_run(empty_workspace, "first", "stopped", "the budget of 2 is used up", budget=2.0)
    app = shown(open_page, "Funnel")
    assert "stopped at its budget" in texts(app, "markdown")
    assert "Raise and resume" in labels(app)
    assert app.number_input(key="budget-to").value == 4.0
    assert "0.25 spent of 2" in texts(app, "caption")


def test_an_interrupted_run_has_one_button_to_go_on(empty_workspace: Path, open_page: OpenPage) -> None:
    a_run(empty_workspace, "first", "running")
    app = shown(open_page, "Funnel")
    assert "interrupted: its worker ended without a word" in texts(app, "markdown")
    assert "Resume" in labels(app)
    assert "Extend" not in labels(app)


def test_the_address_names_run_and_view_for_the_next_reload(empty_workspace: Path, open_page: OpenPage) -> None:
    first = a_run(empty_workspace, "first")
    a_run(empty_workspace, "second")
    app = shown(open_page, "Config", first)
    assert '"name": "first"' in app.code[0].value
    assert app.query_params["run"] == first
    assert app.query_params["view"] == "Config"


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.0, "0.00"), (0.00012345, "0.000123"), (0.5, "0.5"), (12.3456, "12.35"), (12345.0, "12,345.00")],
)
def test_money_is_written_with_the_digits_that_count(value: float, said: str) -> None:
    assert coins(value) == said


def test_a_cost_that_is_not_known_is_a_dash() -> None:
    assert money(Spend(calls=2, unpriced=2)) == "–"
    assert money(Spend()) == "0.00"
    assert spend_words({"task": Spend(calls=2, unpriced=2)}, 3.0).endswith("cost not known")
    assert spend_words({"task": SPENT}, None).startswith("10 calls · 4 replies known already · 5,000 tokens in")
