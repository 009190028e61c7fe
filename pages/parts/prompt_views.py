"""What differs between a prompt and the shipped one, and what its versions have made."""

import streamlit as st

from pages.parts.text import counted
from pages.parts.text_difference import changed_lines, show_difference
from synth.workspace import Workspace


def show_changes(workspace: Workspace, name: str) -> None:
    """What differs between the shipped text and the one in the editor, kept or not."""
    shipped = workspace.prompting.shipped_text(name)
    draft = st.session_state.get(f"prompt-text-{name}") or workspace.prompting.text(name)
    more, fewer = changed_lines(shipped, draft)
    if more or fewer:
        st.caption(f"{counted(more, 'line')} of your own (+), {counted(fewer, 'line')} of the shipped one gone (-).")
    show_difference(shipped, draft)


def show_records(workspace: Workspace, name: str) -> None:
    """How many records each version of the prompt has made."""
    used = workspace.prompting.used(name)
    now = workspace.prompting.facts(name).hash
    if not used:
        st.caption("No record of this workspace was made with this prompt yet.")
        return
    rows = [
        {
            "Hash": one,
            "Records": count,
            "": "in force now" if one == now else "an earlier text, or that of another copy",
        }
        for one, count in used.items()
    ]
    st.dataframe(rows, hide_index=True, height="content")
    st.caption("A run copies the prompts when it starts; what is changed later does not touch it, nor what it made.")
