"""A run, watched: bars with rate and time left while a worker is at it, and what a person can do about it."""

import streamlit as st

from pages.parts.run_list import step_name
from pages.parts.text import counted, plain
from synth.workspace import RunStatus, Workspace

STATES = {
    "new": ("schedule", "not started yet"),
    "running": ("play_circle", "running"),
    "paused": ("pause_circle", "paused"),
    "finished": ("check_circle", "finished"),
    "cancelled": ("stop_circle", "stopped; everything finished is kept"),
    "failed": ("error", "failed"),
    "interrupted": ("bolt", "interrupted: its worker ended without a word"),
}


def watch_run(workspace: Workspace, run_id: str) -> None:
    """State, bars and buttons; live while the run is alive, and the page is drawn anew once it ends."""
    alive = workspace.run(run_id).alive

    @st.fragment(run_every=0.7 if alive else None)
    def live() -> None:
        status = workspace.run(run_id)
        if alive and not status.alive:
            workspace.ingest()
            st.rerun()
        icon, words = STATES[status.state]
        with st.container(border=True):
            with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
                st.markdown(f":material/{icon}: **{plain(status.name)}** {words}")
                with st.container(horizontal=True, width="content"):
                    _buttons(workspace, status)
            if status.error:
                st.error(plain(status.error), icon=":material/error:")
            _bars(status)

    live()


def _buttons(workspace: Workspace, status: RunStatus) -> None:
    if status.state == "running":
        st.button("Pause", icon=":material/pause:", on_click=workspace.pause, args=(status.id,), key="pause")
    if status.state == "paused":
        st.button("Go on", icon=":material/play_arrow:", on_click=workspace.resume, args=(status.id,), key="go-on")
    if status.alive:
        st.button("Stop", icon=":material/stop:", on_click=workspace.cancel, args=(status.id,), key="stop",
                  help="What is in flight ends, everything finished is kept.")  # fmt: skip
    elif status.resumable and st.button("Resume", type="primary", icon=":material/play_arrow:", key="resume"):
        workspace.resume(status.id)
        st.rerun()


def _bars(status: RunStatus) -> None:
    for step in status.steps:
        share = step.done / step.total if step.total else 1.0
        said = [f"{step_name(step.step)}: {step.done:,} of {step.total:,}"]
        if step.rate is not None:
            said.append(f"{step.rate:,.1f} a second")
        if step.left_seconds and status.state == "running":
            said.append(f"about {step.left_seconds:,.0f} s left")
        if step.dropped:
            said.append(f"{step.dropped:,} dropped")
        if step.reused:
            said.append(f"{counted(step.reused, 'item')} finished before")
        st.progress(min(1.0, share), text=" · ".join(said))
    if not status.steps:
        st.progress(0.0, text="getting ready" if status.alive else "nothing made yet")
