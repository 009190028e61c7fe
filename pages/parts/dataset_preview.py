"""What an export would write: the first rows as they are, and as a conversation."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from pages.parts.lineage_tree import record_link


def show_preview(rows: Sequence[Mapping[str, Any]]) -> None:
    """One row at a time."""
    if not rows:
        st.caption("No row would be written with these choices.")
        return
    number = st.segmented_control(
        "Row", range(1, len(rows) + 1), default=1, key="preview-row", label_visibility="collapsed"
    )
    row = rows[min(len(rows), number or 1) - 1]
    if "messages" in row:
        for message in row["messages"]:
            st.caption(message["role"])
            st.code(message["content"], language=None, wrap_lines=True, height=320)
    record_link(str(row["id"]), "Where this row comes from")
    with st.expander("As JSON", icon=":material/data_object:", expanded="messages" not in row):
        st.json(dict(row), expanded=1)
