"""One page of a long list at a time."""

import streamlit as st


def choose_page(total: int, size: int, key: str) -> int:
    """Where the chosen page starts, from 0. Shows the pages where there is more than one."""
    pages = max(1, -(-total // size))
    if st.session_state.get(key, 1) > pages:
        st.session_state[key] = 1  # a narrower search has fewer pages
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        said = st.empty()
        page = st.pagination(pages, key=key) if pages > 1 else 1
        first = (page - 1) * size
        said.caption(f"{first + 1:,}–{min(first + size, total):,} of {total:,}" if total else "Nothing found")
    return first
