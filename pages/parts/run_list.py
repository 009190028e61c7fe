"""The runs of the workspace in a table, and how far the one at work is."""

import datetime
from collections.abc import Sequence

import streamlit as st

from pages.parts.run_costs import money
from pages.parts.text import plain
from synth.workspace import RunStatus

_SHOWN = 6

STEP_NAMES = {
    "demonstration": "building the demonstration",
    "extract": "reading features",
    "grow": "growing the tree",
    "samples": "making and proving samples",
    "answer": "answering instructions",
    "pre_extract": "naming keywords",
    "task": "writing a task",
    "solve": "solving a task",
    "verify": "proving a solution",
    "evolve": "evolving an instruction",
    "judge": "judging an instruction",
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
    rest = f" · about {duration(left)} left" if left >= 1 else ""
    state = "paused" if run.state == "paused" else said or "getting ready"
    st.progress(share_done(run), text=f"{plain(run.name)}: {state}{rest}")


def choose_run(runs: Sequence[RunStatus]) -> str:
    """Which run to look at, the newest at first; kept in the address, so that a reload shows it again."""
    ids = [run.id for run in runs]
    wanted = st.query_params.get("run", ids[0])
    # only the ids, which never change: a choice whose words are other ones by the time it arrives would be lost
    chosen = st.selectbox("Run", ids, index=ids.index(wanted) if wanted in ids else 0, key="run-chosen", width=420)
    st.query_params["run"] = chosen
    return chosen


def duration(seconds: float) -> str:
    """`48 s`, `3 min 5 s`, `2 h 10 min`."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600:,} h {whole % 3600 // 60} min"


def show_runs(runs: Sequence[RunStatus], most: int = _SHOWN) -> None:
    """The newest runs, newest first."""
    rows = [
        {
            "run": run.id,
            "name": run.name,
            "state": run.state,
            "done": share_done(run),
            "dropped": sum(step.dropped for step in run.steps),
            "calls": f"{run.total.calls:,}" if run.spend else "–",
            "cost": money(run.total) if run.spend else "–",
            "started": _time(run.started),
            "took": duration(run.updated - run.started) if run.started and run.updated else None,
        }
        for run in runs[:most]
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
            "calls": st.column_config.TextColumn("Calls", alignment="right"),
            "cost": st.column_config.TextColumn(
                "Cost", alignment="right", help="In the currency of the prices in Settings; a dash where not known."
            ),
            "started": st.column_config.DatetimeColumn("Started", format="calendar"),
            "took": st.column_config.TextColumn("Took", alignment="right", help="From its first start."),
        },
    )
    if len(runs) > most:
        st.caption(f"and {len(runs) - most:,} older, on Runs")


def _time(unix: float | None) -> datetime.datetime | None:
    return datetime.datetime.fromtimestamp(unix).astimezone() if unix else None
