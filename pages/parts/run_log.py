"""The log of a run and its frozen config."""

import datetime
import json

import streamlit as st

from synth.workspace import Workspace

_LINES = 400
_LEVELS = ("all", "warnings and errors", "errors")


def show_log(workspace: Workspace, run_id: str) -> None:
    """The latest lines, newest first, and what the worker printed."""
    with st.container(horizontal=True):
        level = st.selectbox("Show", _LEVELS, key="log-level", width=200)
        word = st.text_input("Holding", key="log-word", placeholder="part of a line", width=260)
    wanted = {"all": ("info", "warning", "error"), "errors": ("error",)}.get(level, ("warning", "error"))
    lines = [line for line in workspace.log(run_id, _LINES * 5) if line.get("level") in wanted]
    shown = [line for line in lines if word.casefold() in json.dumps(line).casefold()][-_LINES:]
    if shown:
        st.dataframe(
            [_row(line) for line in reversed(shown)],
            hide_index=True,
            height=min(38 + 35 * len(shown), 460),
            column_config={
                "at": st.column_config.DatetimeColumn("When", format="HH:mm:ss", width=90),
                "level": st.column_config.TextColumn("Level", width=80),
                "event": st.column_config.TextColumn("Event", width="small"),
                "details": st.column_config.TextColumn("Details", width="large"),
            },
        )
        st.caption(f"The latest {len(shown):,} lines, newest first. The files are `log-*.jsonl` in the run's folder.")
    else:
        st.caption("No such line in the log.")
    if printed := workspace.worker_words(run_id).strip():
        with st.expander("What the worker printed"):
            st.code(printed, language=None, wrap_lines=True)


def show_config(workspace: Workspace, run_id: str) -> None:
    """Everything that decides what the run makes."""
    st.code(workspace.run_config(run_id).model_dump_json(indent=2), language="json", height=520)
    st.caption("Frozen when the run began. What was changed since, such as a larger budget, is in it.")


def _row(line: dict[str, object]) -> dict[str, object]:
    at = line.get("at")
    rest = {name: value for name, value in line.items() if name not in ("at", "level", "event")}
    return {
        "at": datetime.datetime.fromtimestamp(at).astimezone() if isinstance(at, int | float) else None,
        "level": line.get("level"),
        "event": line.get("event"),
        "details": " · ".join(
            f"{name}: {value if isinstance(value, str) else json.dumps(value)}" for name, value in rest.items()
        ),
    }
