"""More of the same from a run: further samples, or a larger budget."""

from collections.abc import Callable

import streamlit as st

from pages.parts.text import counted, plain
from synth.errors import EspalierError
from synth.settings import Budget
from synth.workspace import Workspace


def show_more(workspace: Workspace, run_id: str) -> None:
    """What can be asked of a run that has ended."""
    status = workspace.run(run_id)
    if status.alive or status.state in ("new", "interrupted") or not workspace.run_config(run_id).sample.count:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        more = int(st.number_input("Further samples", 1, 100_000, 20, key="extend-by", width=160))
        st.button(
            "Extend", icon=":material/add:", key="extend",
            on_click=asked, args=(_extend, workspace, run_id),
            help=f"Draws {counted(more, 'more subtree')} and goes on; what was made stays as it is.",
        )  # fmt: skip


def show_raise(workspace: Workspace, run_id: str) -> None:
    """A larger budget for a run that stopped at its own; the only way on, since it would stop at once otherwise."""
    had = workspace.run_config(run_id).budget.money or 0.0
    if st.session_state.get("budget-of") != (run_id, had):  # what was typed for another run is not meant for this one
        st.session_state["budget-of"] = (run_id, had)
        st.session_state["budget-to"] = had * 2 or 1.0
    with st.container(horizontal=True, vertical_alignment="bottom"):
        label = f"Budget, {workspace.accounts.currency}"
        about = "For the whole run, from its beginning."
        st.number_input(label, 0.0, 1e9, key="budget-to", width=200, help=about)
        st.button(
            "Raise and resume", type="primary", icon=":material/play_arrow:", key="raise",
            on_click=asked, args=(_raise, workspace, run_id),
            help="In the currency of the prices. Limits of tokens and calls are lifted.",
        )  # fmt: skip


# Numbers are read when the button is pressed: one that was typed just before is not yet known to what is drawn.


def _extend(workspace: Workspace, run_id: str) -> None:
    workspace.extend(run_id, int(st.session_state["extend-by"]))


def _raise(workspace: Workspace, run_id: str) -> None:
    workspace.raise_budget(run_id, Budget(money=float(st.session_state["budget-to"])))


def asked(action: Callable[..., object], *arguments: object) -> None:
    """What a button does, with what stands in its way said in plain words."""
    try:
        action(*arguments)
    except EspalierError as error:
        st.toast(plain(str(error)), icon=":material/error:", duration="infinite")
