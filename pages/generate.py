"""Generate: start a run, watch it, read what it made."""

import streamlit as st

from pages.parts.funnel_chart import show_funnel
from pages.parts.run_form import run_form
from pages.parts.run_watch import watch_run
from pages.parts.score_chart import show_scores
from pages.parts.shell import page, said_plainly
from pages.parts.task_detail import show_sample
from pages.parts.task_table import choose_task
from synth.workspace import RunStatus, Workspace

ALL = "all runs"


def choose_run(runs: list[RunStatus]) -> str | None:
    """Which run to look at, newest first; kept in the address so that a reload shows it again."""
    ids = [*(run.id for run in runs), ALL]
    states = {run.id: run.state for run in runs}
    wanted = st.query_params.get("run", ids[0])
    chosen = st.selectbox(
        "Run",
        ids,
        index=ids.index(wanted) if wanted in ids else 0,
        format_func=lambda run_id: f"{run_id} · {states[run_id]}" if run_id in states else ALL,
        width=420,
    )
    st.query_params["run"] = chosen
    return None if chosen == ALL else chosen


def results(workspace: Workspace, run_id: str | None) -> None:
    """Funnel, measures, tasks and the chosen task."""
    st.subheader("Funnel", anchor=False)
    show_funnel(workspace.funnel(run_id))
    if not workspace.tasks(run_id=run_id, limit=1)[1]:
        st.caption("No tasks yet; they appear here as the run makes them.")
        return
    st.subheader("Tasks", anchor=False)
    task_id = choose_task(workspace, run_id)
    if task_id is None:
        st.caption("No task is like that.")
    else:
        with said_plainly(), st.container(border=True):
            show_sample(workspace.sample(task_id))
    st.subheader("Measures", anchor=False)
    show_scores(workspace, run_id)


with page("Generate", "Draw subtrees, have tasks and solutions written, prove them by running their tests.") as ws:
    runs = ws.runs()
    with st.expander("Start a run", icon=":material/add:", expanded=not runs), said_plainly():
        started = run_form(ws)
    if started:
        st.query_params["run"] = started
        st.query_params.pop("task", None)
        runs = ws.runs()
    if runs:
        run_id = choose_run(runs)
        if run_id is not None:
            watch_run(ws, run_id)
        results(ws, run_id)
