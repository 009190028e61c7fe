"""Runs: how far each is and what it costs, what failed and why, its log and its config; two runs compared."""

from collections.abc import Callable, Sequence

import streamlit as st

from pages.parts.funnel_chart import show_funnel
from pages.parts.run_compare import show_comparison
from pages.parts.run_costs import show_costs
from pages.parts.run_failures import show_failures
from pages.parts.run_list import choose_run, show_runs
from pages.parts.run_log import show_config, show_log
from pages.parts.run_more import show_more
from pages.parts.run_watch import watch_run
from pages.parts.shell import empty_state, page, said_plainly
from synth.workspace import RunStatus, Workspace

EVERY = 3.0
EVERY_AT_REST = 6.0
"""Seconds between two looks whether somebody else, such as the command line, has begun something."""


def funnel(workspace: Workspace, run_id: str) -> None:
    """What the run made at each stage."""
    show_funnel(workspace.funnel(run_id))


VIEWS: dict[str, Callable[[Workspace, str], None]] = {
    "Funnel": funnel,
    "Failures": show_failures,
    "Cost": show_costs,
    "Log": show_log,
    "Config": show_config,
    "Compare": show_comparison,
}
FOLLOWED = ("Funnel", "Failures", "Cost", "Log")
"""Views that change while a run is at work."""


def choose_view() -> str:
    """Which side of the run to look at; kept in the address, so that a reload shows it again."""
    wanted = st.query_params.get("view", "Funnel")
    chosen = st.segmented_control(
        "View",
        list(VIEWS),
        default=wanted if wanted in VIEWS else "Funnel",
        required=True,
        label_visibility="collapsed",
        key="view",
    )
    st.query_params["view"] = chosen
    return chosen


def show_view(workspace: Workspace, run_id: str, view: str) -> None:
    """One side of a run."""
    with said_plainly():
        VIEWS[view](workspace, run_id)


def all_runs(workspace: Workspace, before: dict[str, str]) -> None:
    """Every run in a table. Draws the page anew where a run began, ended or was paused since."""
    with said_plainly():
        runs = workspace.runs()
        if states(runs) != before:
            workspace.ingest()
            st.rerun()
        show_runs(runs, most=len(runs))


def states(runs: Sequence[RunStatus]) -> dict[str, str]:
    """How each run stands, by its id."""
    return {run.id: run.state for run in runs}


with page("Runs", "What is at work, what it has cost, what failed and why; runs go on when this page is closed.") as ws:
    known = ws.runs()
    if known:
        run = choose_run(known)
        watch_run(ws, run)
        show_more(ws, run)
        shown = choose_view()
        followed = ws.run(run).alive and shown in FOLLOWED
        st.fragment(show_view, run_every=EVERY if followed else None)(ws, run, shown)
        st.subheader("All runs", anchor=False)
        at_work = any(one.alive for one in known)
        st.fragment(all_runs, run_every=EVERY if at_work else EVERY_AT_REST)(ws, states(known))
    else:
        empty_state(
            "directions_run",
            "No run yet",
            "A run goes through the whole flow and can be paused, stopped and resumed at any point.",
            "pages/generate.py",
            "Start one on Generate",
        )
