"""Generate: start a run, watch it, read what it made."""

from collections.abc import Sequence

import streamlit as st

from pages.parts.funnel_chart import show_funnel
from pages.parts.run_form import run_form
from pages.parts.run_watch import watch_run
from pages.parts.score_chart import show_scores
from pages.parts.shell import empty_state, page, said_plainly
from pages.parts.task_detail import show_sample
from pages.parts.task_table import choose_task
from synth.errors import NotFound
from synth.workspace import RunStatus, Sample, Workspace

ALL = "all"
EVERY = 3.0


def choose_run(runs: Sequence[RunStatus]) -> str | None:
    """Which run to look at, newest first; kept in the address so that a reload shows it again."""
    ids = [*(run.id for run in runs), ALL]
    states = {run.id: "at work" if run.alive else run.state for run in runs}
    wanted = st.query_params.get("run", ids[0])
    chosen = st.selectbox(
        "Run",
        ids,
        index=ids.index(wanted) if wanted in ids else 0,
        format_func=lambda run_id: f"{run_id} · {states[run_id]}" if run_id in states else "All runs together",
        width=420,
    )
    if chosen != wanted:
        st.query_params.pop("task", None)
    st.query_params["run"] = chosen
    return None if chosen == ALL else chosen


def funnel(workspace: Workspace, run_id: str | None) -> None:
    """What was made at each stage; follows a run that is at work."""
    with said_plainly():
        show_funnel(workspace.funnel(run_id))


@st.fragment
def tasks(workspace: Workspace, run_id: str | None) -> None:
    """The tasks, and the chosen one with everything that came of it."""
    with said_plainly():
        task_id = choose_task(workspace, run_id)
        if task_id is not None:
            with st.container(border=True, key="task-detail"):
                show_sample(sample_of(workspace, task_id, run_id), workspace.metrics())


def sample_of(workspace: Workspace, task_id: str, run_id: str | None) -> Sample:
    """The sample of a task; of the run's first task where the address names one that the run does not have."""
    try:
        sample = workspace.sample(task_id)
        if run_id is None or run_id in sample.run_ids:
            return sample
    except NotFound:
        pass
    st.query_params.pop("task", None)
    return workspace.sample(workspace.tasks(run_id=run_id, limit=1)[0][0].id)


@st.fragment
def measures(workspace: Workspace, run_id: str | None) -> None:
    """How a measure is spread."""
    with said_plainly():
        show_scores(workspace, run_id)


def results(workspace: Workspace, run_id: str | None, alive: bool) -> None:
    """Funnel, tasks and measures of a run, or of all."""
    st.subheader("Funnel", anchor=False)
    st.fragment(funnel, run_every=EVERY if alive else None)(workspace, run_id)
    st.subheader("Tasks", anchor=False)
    if not workspace.tasks(run_id=run_id, limit=1)[1]:
        st.caption("No task so far." + (" They are listed here when the run ends." if alive else ""))
        return
    tasks(workspace, run_id)
    st.subheader("Measures", anchor=False)
    measures(workspace, run_id)


with page("Generate", "Draw subtrees, have tasks and solutions written, prove them by running their tests.") as ws:
    known = ws.runs()
    with st.expander("Start a run", icon=":material/add:", expanded=not known):
        run_form(ws)
    if known:
        looked_at = choose_run(known)
        if looked_at is not None:
            watch_run(ws, looked_at)
        at_work = any(run.alive for run in known if looked_at in (None, run.id))
        results(ws, looked_at, at_work)
    elif ws.counts().tasks:
        results(ws, None, False)
    else:
        empty_state(
            "play_circle",
            "No run yet",
            "A run reads features from seeds, grows the tree, and makes tasks with tested solutions. Start one above.",
        )
