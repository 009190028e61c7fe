"""Sampling: shape how subtrees are drawn, and see at once what that draws."""

import streamlit as st

from pages.parts.branch import said, show_branch
from pages.parts.draws import show_draws, show_summary
from pages.parts.shape_form import forget_shape, shape_form
from pages.parts.share_chart import show_shares
from pages.parts.shell import empty_state, page, said_plainly
from synth.settings import SampleConfig
from synth.workspace import Workspace

KEY = "sampling"
SEED, COUNT = "sampling-seed", "sampling-count"


@st.fragment
def lab(workspace: Workspace) -> None:
    """Everything that a slider changes, and nothing else, so that a tick is quick."""
    with said_plainly():
        tree, saved = workspace.tree(), workspace.settings().sample
        controls, picture = st.columns([5, 7], gap="medium")
        with controls, st.container(border=True):
            sample = shape_form(workspace, saved)
            save(workspace, sample, saved)
        with picture:
            path = show_branch(tree, KEY, inner_only=True)
            shares = workspace.views.probabilities(path, sample.temperatures[0], sample.boosts, sample.excluded)
            st.caption(f"Share of each child of **{said(path)}** in a draw at temperature {sample.temperatures[0]:g}")
            show_shares(shares)
        draws(workspace, sample)


def save(workspace: Workspace, sample: SampleConfig, saved: SampleConfig) -> None:
    """Keep the shape for the runs to come, or go back to theirs."""
    same = sample == saved
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Use for runs", type="primary", icon=":material/check:", disabled=same, key="use-shape"):
            workspace.save_settings(workspace.settings().model_copy(update={"sample": sample}))
            st.toast("New runs draw with this shape.", icon=":material/check:")
            st.rerun()
        st.button("Reset", icon=":material/undo:", disabled=same, on_click=forget_shape, key="reset-shape")
    st.caption("New runs draw with this shape." if same else "Changed: new runs still draw with the shape kept before.")


def draws(workspace: Workspace, sample: SampleConfig) -> None:
    """Subtrees drawn with the shape, and what they have in common."""
    st.subheader("Drawn subtrees", anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        count = st.number_input("Draws", 1, 12, 6, key=COUNT, persist_state="session", width=120)
        st.session_state.setdefault(SEED, 7)
        seed = st.number_input(
            "Seed", 0, 2**31, key=SEED, persist_state="session", width=160,
            help="The same seed, tree and shape give the same draws, on any machine.",
        )  # fmt: skip
        st.button("Redraw", icon=":material/casino:", on_click=redraw, help="Takes the next seed.", key="redraw")
    with said_plainly():
        subtrees = workspace.views.draw(sample, count, seed)
        show_summary(subtrees, sample.widths)
        show_draws(subtrees)


def redraw() -> None:
    """Take the next seed."""
    st.session_state[SEED] += 1


with page("Sampling", "Which features come together in a task: reweighted by temperature, drawn under a shape.") as ws:
    if len(ws.tree()):
        lab(ws)
    else:
        empty_state(
            "tune",
            "Nothing to draw from yet",
            "Subtrees are drawn from the feature tree, which a run builds from seeds.",
            "pages/home.py",
            "Start on Home",
        )
