"""The tasks of a run or of the workspace, a page at a time; the chosen one is in the address."""

import streamlit as st

from pages.parts.pager import choose_page
from pages.parts.text import short
from synth.workspace import Workspace

_SIZE = 25
OUTCOMES = ("passed", "failed", "error", "timeout", "memory_limit", "output_limit", "tampered", "not_collected",
            "infra_error", "none")  # fmt: skip


def choose_task(workspace: Workspace, run_id: str | None) -> str | None:
    """Filters and the table. Returns the id of the chosen task."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        search = st.text_input("Search", placeholder="words of the instruction or a feature", key="task-search")
        outcome = st.selectbox(
            "Outcome of the last attempt", OUTCOMES, index=None, placeholder="any", key="task-outcome", width=240
        )
    _, total = workspace.tasks(search, outcome, run_id, limit=1)
    first = choose_page(total, _SIZE, "task-page")
    rows, _ = workspace.tasks(search, outcome, run_id, limit=_SIZE, offset=first)
    if not rows:
        return None
    event = st.dataframe(
        [
            {
                "outcome": row.outcome or "none",
                "level": row.level,
                "tries": row.attempts,
                "task": short(row.instruction, 220),
            }
            for row in rows
        ],
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key=f"tasks-{run_id}-{search}-{outcome}-{first}",
        height=min(38 + 35 * len(rows), 388),
        column_config={
            "outcome": st.column_config.TextColumn("Outcome", width="small"),
            "level": st.column_config.TextColumn("Level", width="small"),
            "tries": st.column_config.NumberColumn("Attempts", width="small", help="First draft and repairs."),
            "task": st.column_config.TextColumn("Instruction", width="large"),
        },
    )
    chosen = event["selection"]["rows"]
    if chosen and chosen[0] < len(rows):
        st.query_params["task"] = rows[chosen[0]].id
    wanted = st.query_params.get("task")
    return wanted if wanted else rows[0].id
