"""The prompts that engines are asked with, to read."""

import streamlit as st

from pages.parts.text import plain
from synth.workspace import Workspace


def show_prompts(workspace: Workspace) -> None:
    """Choose one; its purpose, its inputs, its text."""
    prompts = {prompt.name: prompt for prompt in workspace.prompts()}
    name = st.selectbox("Prompt", list(prompts), key="prompt", width=420)
    prompt = prompts[name]
    st.caption(f"{plain(prompt.purpose)} Inputs: {plain(', '.join(prompt.inputs))}. Hash {prompt.hash}.")
    st.code(prompt.body, language="markdown", wrap_lines=True, height=360)
    st.caption(
        "To change one, put a file of the same name into the folder `prompts` of the workspace; "
        "each record keeps the hash of the prompt that made it."
    )
