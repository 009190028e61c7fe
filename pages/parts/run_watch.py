"""A run, watched: bars with rate and time left while a worker is at it, and what a person can do about it."""

import streamlit as st

from pages.parts.run_costs import spend_words
from pages.parts.run_list import duration, step_name
from pages.parts.run_more import asked, show_raise
from pages.parts.shell import said_plainly
from pages.parts.text import counted, plain
from synth.workspace import RunStatus, StepProgress, Workspace

EVERY = 0.7
STATES = {
    "new": ("schedule", "not started yet"),
    "running": ("play_circle", "running"),
    "paused": ("pause_circle", "paused"),
    "finished": ("check_circle", "finished"),
    "cancelled": ("stop_circle", "cancelled; everything finished is kept, and it can be resumed"),
    "stopped": (
        "savings",
        "stopped at its budget; everything finished is kept, and it can be resumed with a larger one",
    ),
    "failed": ("error", "failed; everything finished is kept, and it can be resumed"),
    "interrupted": ("bolt", "interrupted: its worker ended without a word; resuming repeats nothing"),
}
# room for a second line, so that nothing below moves where the time left takes one more, or one less
_STEADY = """<style>.st-key-run-bars-at-work [data-testid=stProgress] [data-testid=stMarkdownContainer] {
    display: flex; align-items: flex-end; min-height: 2lh;
}</style>"""


def watch_run(workspace: Workspace, run_id: str) -> None:
    """State, bars and buttons; live while the run is alive, and the page is drawn anew once it ends."""
    alive = workspace.run(run_id).alive
    st.fragment(_live, run_every=EVERY if alive else None)(workspace, run_id, alive)


def _live(workspace: Workspace, run_id: str, was_alive: bool) -> None:
    with said_plainly():
        status = workspace.run(run_id)
        if was_alive != status.alive:
            workspace.ingest()
            st.rerun()
        with st.container(border=True, key="run-watch"):
            icon, words = STATES[status.state]
            with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
                st.markdown(f":material/{icon}: **{plain(status.name)}** {words}{_took(status)}", width="content")
                with st.container(horizontal=True, width="content"):
                    _buttons(workspace, status)
            if status.error:
                st.caption("Its last words" if status.state == "interrupted" else "Why")
                st.code(status.error, language=None, wrap_lines=True)
            if status.state == "stopped":
                show_raise(workspace, run_id)
            with st.container(key="run-bars-at-work" if status.alive else "run-bars"):
                _bars(status)
            if status.spend:
                st.caption(plain(spend_words(status.spend, workspace.run_config(run_id).budget.money)))
            elif status.alive:
                st.caption("Nothing has been asked yet.")
            if status.faults:
                st.caption(
                    f"The sandbox itself failed {counted(status.faults, 'time')}; what it was at is tried again."
                )


def _took(status: RunStatus) -> str:
    if status.state != "finished" or not status.started or not status.updated:
        return ""
    return f" · {duration(status.updated - status.started)} from its first start"


def _buttons(workspace: Workspace, status: RunStatus) -> None:
    if status.state == "running":
        st.button("Pause", icon=":material/pause:", on_click=asked, key="pause",
                  args=(workspace.pause, status.id), help="Nothing new begins; what is in flight ends.")  # fmt: skip
    if status.state == "paused":
        st.button("Resume", type="primary", icon=":material/play_arrow:", on_click=asked,
                  args=(workspace.resume, status.id), key="go-on")  # fmt: skip
    if status.alive:
        st.button("Cancel", icon=":material/stop:", on_click=asked, key="cancel", args=(workspace.cancel, status.id),
                  help="What is in flight ends, everything finished is kept. It can be resumed later.")  # fmt: skip
    elif (
        status.resumable
        and status.state != "stopped"
        and st.button("Resume", type="primary", icon=":material/play_arrow:", key="resume")
    ):
        workspace.resume(status.id)
        st.rerun()


def _bars(status: RunStatus) -> None:
    if not status.steps:
        st.progress(0.0, text="getting ready" if status.alive else "nothing made yet")
        return
    st.html(_STEADY)
    cells = st.grid("auto", min_column_width=340, gap="small")
    for step in status.steps:
        share = step.done / step.total if step.total else 1.0
        with cells:
            st.progress(min(1.0, share), text=step_words(step, status.state == "running"))


def rate_words(rate: float) -> str:
    """Items a second, a minute or an hour: whichever has a number that says something."""
    for many, word in ((1, "second"), (60, "minute")):
        if rate * many >= 1:
            return f"{rate * many:,.0f} a {word}" if rate * many >= 10 else f"{rate * many:,.1f} a {word}"
    return f"{rate * 3600:,.0f} an hour" if rate * 3600 >= 1 else "less than 1 an hour"


def step_words(step: StepProgress, running: bool) -> str:
    """How far a step is, how quick, what is left and what was dropped."""
    said = [f"{plain(step_name(step.step))}: {step.done:,} of {step.total:,}"]
    if step.rate is not None:
        said.append(rate_words(step.rate))
    if running and step.left_seconds:
        said.append(f"about {duration(step.left_seconds)} left")
    if step.dropped:
        said.append(f"{step.dropped:,} dropped")
    if step.reused:
        said.append(f"{counted(step.reused, 'item')} finished before")
    return " · ".join(said)
