"""The next sensible action: computed from what the workspace holds, and done by one button."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import streamlit as st

from pages.parts.text import counted
from synth.workspace import Counts, RunStatus, Workspace, demo_config

Act = Literal["read", "start", "resume", "go"]


@dataclass(frozen=True, slots=True)
class NextStep:
    """What to do next, why, and what the button does: act here, or go to `page`."""

    title: str
    why: str
    label: str
    icon: str
    act: Act = "go"
    page: str = ""
    run_id: str = ""
    error: str = ""
    """The last words of a run that failed; not ours, so shown as plain text."""


def next_step(counts: Counts, runs: Sequence[RunStatus]) -> NextStep:
    """The next sensible action for a workspace with these totals and runs (newest first)."""
    alive = next((run for run in runs if run.alive), None)
    if alive is not None:
        return _watch(alive)
    if runs and runs[0].state in ("interrupted", "failed"):
        return _resume(runs[0])
    if not counts.seeds:
        return NextStep(
            "Start with real code",
            "Features are read from functions and classes of real code. The standard library of this Python is at "
            "hand and free to use; your own folders can be added on the Seeds page.",
            "Read the standard library",
            "menu_book",
            act="read",
        )
    if counts.proven and not counts.datasets:
        return NextStep(
            "Export your first dataset",
            f"{counts.proven:,} of {counted(counts.tasks, 'task')} ended in a solution that passed its tests. Nothing "
            "was exported so far.",
            "Go to Dataset",
            "dataset",
            page="pages/dataset.py",
        )
    return _make(counts, runs)


def _watch(run: RunStatus) -> NextStep:
    paused = run.state == "paused"
    return NextStep(
        "A run is paused" if paused else "A run is at work",
        "It goes on where it stands as soon as you let it."
        if paused
        else "It works in a process of its own: you may close this page, and look at what it has made so far.",
        "Let it go on" if paused else "Watch it",
        "play_arrow" if paused else "visibility",
        act="resume" if paused else "go",
        page="pages/generate.py",
        run_id=run.id,
    )


def _resume(run: RunStatus) -> NextStep:
    return NextStep(
        "A run stopped before its end",
        "Everything it finished is kept; taking it up again repeats nothing.",
        "Resume the run",
        "resume",
        act="resume",
        run_id=run.id,
        error=run.error,
    )


def _make(counts: Counts, runs: Sequence[RunStatus]) -> NextStep:
    if not runs:
        return NextStep(
            "Make your first samples",
            "The demo run does the whole flow on the offline engine, which needs no key and no network: features, "
            "tree, tasks, tested solutions and evolved instructions, in about a minute.",
            "Start the demo run",
            "play_arrow",
            act="start",
        )
    if not counts.proven:
        return NextStep(
            "See why nothing was proven",
            "The last run ended without a solution that passed its tests. The funnel says where its items were lost.",
            "Go to Dataset",
            "filter_alt",
            page="pages/dataset.py",
        )
    return NextStep(
        "Make more, or other, samples",
        "Shape how subtrees are drawn on Sampling, then start a run of your own on Generate.",
        "Go to Sampling",
        "tune",
        page="pages/sampling.py",
    )


def show_next_step(workspace: Workspace, step: NextStep) -> None:
    """The card with the next action and its button."""
    with (
        st.container(border=True, key="next-step"),
        st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", gap="small"),
    ):
        with st.container(width=620, gap="xxsmall"):
            st.caption("NEXT")
            st.markdown(f"### {step.title}", anchors=False)
            st.markdown(step.why)
            if step.error:
                st.text(step.error)
        if st.button(step.label, type="primary", icon=f":material/{step.icon}:", key="next-action"):
            _do(workspace, step)


def _do(workspace: Workspace, step: NextStep) -> None:
    if step.act == "go":
        st.switch_page(step.page)
    if step.act == "read":
        with st.spinner("Reading the standard library"):
            report = workspace.add_stdlib_seeds()
        st.toast(f"{len(report.seeds):,} functions and classes read.", icon=":material/check:")
    elif step.act == "start":
        with st.spinner("Starting the demo run"):
            workspace.start_run(demo_config())
    else:
        workspace.resume(step.run_id)
    st.rerun()
