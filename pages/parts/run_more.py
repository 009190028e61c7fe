"""More of the same from a run: further samples, or a larger budget."""

import streamlit as st

from pages.parts.text import counted
from synth.settings import Budget
from synth.workspace import Workspace


def show_more(workspace: Workspace, run_id: str) -> None:
    """What can be asked of a run that has ended."""
    status = workspace.run(run_id)
    if status.alive or status.state in ("new", "interrupted"):
        return
    config = workspace.run_config(run_id)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if config.sample.count:
            more = int(st.number_input("Further samples", 1, 100_000, 20, key="extend-by", width=160))
            st.button(
                "Extend", icon=":material/add:", key="extend", on_click=_extend, args=(workspace, run_id, more),
                help=f"Draws {counted(more, 'more subtree')} and goes on; what was made stays as it is.",
            )  # fmt: skip
        if status.state == "stopped":
            least = max(config.budget.money or 0.0, 0.0)
            money = float(st.number_input("Budget", 0.0, 1e9, least * 2 or 1.0, key="budget-to", width=160))
            st.button(
                "Raise and resume", type="primary", icon=":material/play_arrow:", key="raise",
                on_click=_raise, args=(workspace, run_id, config.budget.model_copy(update={"money": money})),
                help="In the currency of the prices. Limits of tokens and calls are lifted.",
            )  # fmt: skip


def _extend(workspace: Workspace, run_id: str, samples: int) -> None:
    workspace.extend(run_id, samples)


def _raise(workspace: Workspace, run_id: str, budget: Budget) -> None:
    workspace.raise_budget(run_id, budget.model_copy(update={"tokens": None, "calls": None}))
