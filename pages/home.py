"""Home: the flow as a picture with live counts, and the next sensible action."""

import streamlit as st

from pages.parts.flow_picture import show_flow
from pages.parts.next_step import next_step, show_next_step
from pages.parts.run_list import show_progress, show_runs
from pages.parts.shell import page, said_plainly
from synth.workspace import Workspace

EVERY = 1.0


def overview(workspace: Workspace, was_alive: bool) -> None:
    """What changes while a run is at work. Draws the page anew, without the timer, when the run ends."""
    with said_plainly():
        runs = workspace.runs()
        alive = next((run for run in runs if run.alive), None)
        if (alive is not None) != was_alive:
            st.rerun()
        counts = workspace.counts()
        show_next_step(workspace, next_step(counts, runs))
        if alive is not None:
            show_progress(alive)
        st.subheader("The flow", anchor=False)
        show_flow(counts, len(workspace.tree()))
        st.subheader("Recent runs", anchor=False)
        if runs:
            show_runs(runs)
        else:
            st.caption("No run yet. A run goes through the whole flow and can be stopped and resumed at any point.")


with page("Home", "From real code to proven training data: where everything stands, and what to do next.") as ws:
    working = any(run.alive for run in ws.runs())
    st.fragment(overview, run_every=EVERY if working else None)(ws, working)
