"""Opens the workspace and declares the pages in flow order."""

import streamlit as st

from pages.parts.shell import open_workspace

st.set_page_config(page_title="Espalier", page_icon=":material/account_tree:", layout="wide")

PAGES = {
    "": [st.Page("pages/home.py", title="Home", icon=":material/home:", default=True)],
    "Flow": [
        st.Page("pages/seeds.py", title="Seeds", icon=":material/grain:"),
        st.Page("pages/tree.py", title="Tree", icon=":material/account_tree:"),
        st.Page("pages/sampling.py", title="Sampling", icon=":material/tune:"),
        st.Page("pages/generate.py", title="Generate", icon=":material/play_circle:"),
        st.Page("pages/evolution.py", title="Evolution", icon=":material/route:"),
        st.Page("pages/dataset.py", title="Dataset", icon=":material/dataset:"),
    ],
    "Workspace": [st.Page("pages/settings.py", title="Settings", icon=":material/settings:")],
}

page = st.navigation(PAGES)
open_workspace()  # before any page: a workspace that cannot be opened is said once, in plain words
page.run()
