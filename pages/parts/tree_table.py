"""All features in a table: searched, sorted, one page at a time."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from pages.parts.branch import go_to
from pages.parts.pager import choose_page
from pages.parts.text import path_text
from synth.workspace import Found, Workspace

_ROWS = 12
ORDERS = {"count": "Most frequent", "path": "By path", "children": "Most children"}


def show_totals(workspace: Workspace) -> None:
    """How large the tree is and where its features come from."""
    totals = workspace.views.stats()
    with st.container(horizontal=True, gap="large"):
        st.metric("Features", f"{totals.nodes:,}", width="content")
        st.metric(
            "Observed",
            f"{totals.observed:,}",
            width="content",
            help="Features that some seed shows, or that a file or a person counted.",
        )
        st.metric(
            "Grown",
            f"{totals.nodes - totals.observed:,}",
            width="content",
            help="Features that growth added and no seed shows; they carry an estimated count alone.",
        )
        st.metric("Leaves", f"{totals.leaves:,}", width="content", help="Features with nothing below them.")
        st.metric("Levels", f"{totals.depth:,}", width="content")


def show_table(workspace: Workspace, key: str) -> None:
    """The table; a chosen row becomes the node looked at."""
    search, order = st.columns([3, 1], gap="small")
    words = search.text_input(
        "Search", placeholder="Words of a path", icon=":material/search:", key=f"{key}-search", live=True
    )
    chosen: Any = order.selectbox("Order", list(ORDERS), format_func=ORDERS.__getitem__, key=f"{key}-order")
    slot = st.container()
    _, total = workspace.views.table(words, chosen, limit=0)
    if not total:
        slot.info("No feature matches. Every word has to be part of the path.", icon=":material/search_off:")
        return
    first = choose_page(total, _ROWS, f"{key}-page")
    with slot:
        _rows(workspace.views.table(words, chosen, _ROWS, first)[0], key)


def _rows(rows: Sequence[Found], key: str) -> None:
    widget = f"{key}-table-{rows[0].node}"  # another page is another table, with nothing chosen in it

    def choose() -> None:
        chosen = st.session_state[widget].selection.rows
        if chosen and chosen[0] < len(rows):
            go_to(key, rows[chosen[0]].path)

    st.dataframe(
        [
            {
                "name": row.path[-1],
                "path": path_text(row.path[:-1]),
                "level": len(row.path),
                "observed": row.observed,
                "estimated": row.estimated,
                "children": row.children,
            }
            for row in rows
        ],
        key=widget,
        hide_index=True,
        placeholder="",
        height=38 + 35 * _ROWS,
        on_select=choose,
        selection_mode="single-row",
        column_config={
            "name": st.column_config.TextColumn("Feature", width="medium"),
            "path": st.column_config.TextColumn("Below", width="medium"),
            "level": st.column_config.NumberColumn("Level", width="small", help="1 for a category."),
            "observed": st.column_config.NumberColumn(
                "Observed", width="small", format="localized", help="Seeds that show it, each listed as evidence."
            ),
            "estimated": st.column_config.NumberColumn(
                "Estimated", width="small", help="Count that growth gave it: the mean of its siblings' counts."
            ),
            "children": st.column_config.NumberColumn("Children", width="small", format="localized"),
        },
    )
