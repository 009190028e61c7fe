"""The tasks of a run or of the workspace, a page at a time; the chosen one is in the address."""

from collections.abc import Sequence

import streamlit as st

from pages.parts.pager import choose_page
from pages.parts.text import short
from synth.workspace import TaskRow, Workspace

_SIZE = 25
_HEIGHT = 388
OUTCOMES = ("passed", "failed", "error", "timeout", "memory_limit", "output_limit", "tampered", "not_collected",
            "infra_error", "none")  # fmt: skip


def choose_task(workspace: Workspace, run_id: str | None) -> str | None:
    """Filters and the table. Returns the id of the task to show: the one chosen, else the first."""
    words, ended = st.columns([3, 1], gap="small")
    search = words.text_input(
        "Search", placeholder="Words of the instruction, or a feature", icon=":material/search:", key="task-search",
        live=True,
    )  # fmt: skip
    outcome = ended.selectbox(
        "Outcome", OUTCOMES, index=None, placeholder="any", key="task-outcome", format_func=outcome_words,
        help="What running the tests of the last attempt said.",
    )  # fmt: skip
    slot = st.container()
    _, total = workspace.tasks(search, outcome, run_id, limit=1)
    if not total:
        slot.info("No task is like that. Try other words, or any outcome.", icon=":material/search_off:")
        return None
    first = choose_page(total, _SIZE, "task-page")
    rows, _ = workspace.tasks(search, outcome, run_id, limit=_SIZE, offset=first)
    with slot:
        _table(rows, f"tasks-{run_id}-{search}-{outcome}-{first}")
    ids = [row.id for row in rows]
    wanted = st.query_params.get("task", "")
    narrowed = bool(search or outcome)
    return wanted if wanted in ids or (wanted and not narrowed) else ids[0]


def outcome_words(outcome: str) -> str:
    """An outcome, for people."""
    return "no verdict" if outcome == "none" else outcome.replace("_", " ")


def _table(rows: Sequence[TaskRow], key: str) -> None:
    ids = [row.id for row in rows]

    def choose() -> None:
        chosen = st.session_state[key].selection.rows
        if chosen and chosen[0] < len(ids):
            st.query_params["task"] = ids[chosen[0]]

    st.dataframe(
        [
            {
                "outcome": outcome_words(row.outcome or "none"),
                "level": "several files" if row.level == "files" else row.level,
                "tries": row.attempts,
                "task": short(row.instruction, 240),
            }
            for row in rows
        ],
        hide_index=True,
        placeholder="",
        on_select=choose,
        selection_mode="single-row",
        key=key,
        height=min(38 + 35 * len(rows), _HEIGHT),
        column_config={
            "outcome": st.column_config.TextColumn("Outcome", width=100, help="Of the last attempt."),
            "level": st.column_config.TextColumn("Level", width=100),
            "tries": st.column_config.NumberColumn("Attempts", width=80, help="The first draft and its repairs."),
            "task": st.column_config.TextColumn("Instruction"),
        },
    )
