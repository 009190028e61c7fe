"""Prompts: what engines are asked with. Read them, change them on a real item, see what changed and what they made."""

import streamlit as st

from pages.parts.prompt_editor import edit_prompt
from pages.parts.prompt_list import choose_prompt, prompt_head
from pages.parts.prompt_views import show_changes, show_records
from pages.parts.shell import page, said_plainly

VIEWS = {"edit": "Text and preview", "changes": "Against the shipped one", "records": "Records"}

with page(
    "Prompts", "What engines are asked with. Own copies stay in this workspace; runs take them as they start."
) as ws:
    name = choose_prompt(ws)
    with said_plainly():
        prompt_head(ws, name)
    view = st.segmented_control(
        "View", list(VIEWS), default="edit", required=True, format_func=VIEWS.__getitem__, key="prompt-view",
        label_visibility="collapsed",
    )  # fmt: skip
    with said_plainly():
        if view == "edit":
            edit_prompt(ws, name)
        elif view == "changes":
            show_changes(ws, name)
        else:
            show_records(ws, name)
