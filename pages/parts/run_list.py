"""The runs of the workspace in a table, and how far the one at work is."""

import datetime
from collections.abc import Sequence

import streamlit as st

from pages.parts.text import plain
from synth.workspace import RunStatus

_SHOWN = 6

STEP_NAMES = {
    "demonstration": "building the demonstration",
    "extract": "reading features",
    "grow": "growing the tree",
    "samples": "making and proving samples",
    "answer": "answering instructions",
}


def step_name(step: str) -> str:
    """What a step does, for people; a step that is not known by name is named by itself."""
    return STEP_NAMES.get(step, step)


def share_done(run: RunStatus) -> float:
    """How far the step is that is furthest behind, 0 to 1; steps that have not begun are not known yet."""
    return min((step.done / step.total for step in run.steps if step.total), default=0.0)


def show_progress(run: RunStatus) -> None:
    """One bar for a run at work; it takes the same room whatever it says."""
    at_work = [step for step in run.steps if step.done < step.total]
    said = " · ".join(f"{step_name(step.step)} {step.done:,} of {step.total:,}" for step in at_work)
    left = max((step.left_seconds or 0 for step in at_work), default=0)
    rest = f" · about {left:,.0f} s left" if left >= 1 else ""
    state = "paused" if run.state == "paused" else said or "getting ready"
    st.progress(share_done(run), text=f"{plain(run.name)}: {state}{rest}")


def show_runs(runs: Sequence[RunStatus]) -> None:
    """The newest runs, newest first."""
    rows = [
        {
            "run": run.id,
            "name": run.name,
            "state": run.state,
            "done": share_done(run),
            "dropped": sum(step.dropped for step in run.steps),
            "started": _time(run.started),
            "seconds": run.updated - run.started if run.started and run.updated else None,
        }
        for run in runs[:_SHOWN]
    ]
    st.dataframe(
        rows,
        hide_index=True,
        column_config={
            "run": st.column_config.TextColumn("Run", width="medium"),
            "name": st.column_config.TextColumn("Name", width="small"),
            "state": st.column_config.TextColumn("State", width="small"),
            "done": st.column_config.ProgressColumn(
                "Done", format="percent", help="Of the begun step that is furthest behind."
            ),
            "dropped": st.column_config.NumberColumn(
                "Dropped", format="localized", help="Items that ended early; the funnel on Dataset says why."
            ),
            "started": st.column_config.DatetimeColumn("Started", format="calendar"),
            "seconds": st.column_config.NumberColumn("Took", format="%.0f s"),
        },
    )
    if len(runs) > _SHOWN:
        st.caption(f"and {len(runs) - _SHOWN:,} older, on Generate")


def _time(unix: float | None) -> datetime.datetime | None:
    return datetime.datetime.fromtimestamp(unix).astimezone() if unix else None
