"""The pages in the order of the flow."""

import streamlit as st
from streamlit.navigation.page import Page


def declare_pages() -> Page:
    """Declare every page; returns the one that the address asks for."""
    return st.navigation(
        {
            "": [st.Page("pages/home.py", title="Home", icon=":material/home:", default=True)],
            "Flow": [
                st.Page("pages/seeds.py", title="Seeds", icon=":material/grain:"),
                st.Page("pages/tree.py", title="Tree", icon=":material/account_tree:"),
                st.Page("pages/sampling.py", title="Sampling", icon=":material/tune:"),
                st.Page("pages/generate.py", title="Generate", icon=":material/play_circle:"),
                st.Page("pages/evolution.py", title="Evolution", icon=":material/route:"),
                st.Page("pages/dataset.py", title="Dataset", icon=":material/dataset:"),
            ],
            "Workspace": [
                st.Page("pages/runs.py", title="Runs", icon=":material/directions_run:"),
                st.Page("pages/prompts.py", title="Prompts", icon=":material/edit_note:"),
                st.Page("pages/settings.py", title="Settings", icon=":material/settings:"),
                st.Page("pages/record.py", title="Record", icon=":material/conversion_path:", visibility="hidden"),
            ],
        }
    )
