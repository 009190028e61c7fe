"""What ended early in a run, by reason, with examples, and the way to try it again."""

import streamlit as st

from pages.parts.run_list import step_name
from pages.parts.shell import said_plainly
from pages.parts.text import counted, plain, short
from synth.workspace import FailureGroup, Workspace


def show_failures(workspace: Workspace, run_id: str) -> None:
    """One block a reason, the most frequent first."""
    groups = workspace.failures(run_id)
    if not groups:
        st.caption("Nothing ended early. Solutions that did not pass their tests are in the funnel.")
        return
    alive = workspace.run(run_id).alive
    total = sum(group.count for group in groups)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"**{counted(total, 'item')}** ended early, for {counted(len(groups), 'reason')}.", width="content")
        everything = [(group.step, group.reason) for group in groups]
        if st.button("Try all again", icon=":material/replay:", key="retry-all", disabled=alive, help=_help(alive)):
            _again(workspace, run_id, everything)
    for number, group in enumerate(groups):
        _show_group(workspace, run_id, group, number, alive)


def _show_group(workspace: Workspace, run_id: str, group: FailureGroup, number: int, alive: bool) -> None:
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(
                f"**{group.count:,}** × {plain(short(group.reason, 160))} · {plain(step_name(group.step))}",
                width="content",
            )
            if st.button(
                "Try these again", icon=":material/replay:", key=f"retry-{number}", disabled=alive, help=_help(alive)
            ):
                _again(workspace, run_id, [(group.step, group.reason)])
        with st.expander(f"{counted(len(group.examples), 'example')}"):
            for example in group.examples:
                st.markdown(f"{plain(short(example.reason, 400))} · for `{example.subject_id}`")
                if example.raw.strip():
                    st.code(example.raw, language=None, wrap_lines=True, height=160)


def _again(workspace: Workspace, run_id: str, groups: list[tuple[str, str]]) -> None:
    """Ask anew; the whole page is drawn anew, since the run is at work from here on."""
    with said_plainly():
        ids = [wanted for step, reason in groups for wanted in workspace.failed_ids(run_id, step, reason)]
        count = workspace.retry(run_id, ids)
        st.toast(f"{counted(count, 'item')} will be tried again.", icon=":material/replay:")
        st.rerun()


def _help(alive: bool) -> str:
    if alive:
        return "Possible when the run has ended."
    return "Asks anew for these items only; everything that was made stays."
