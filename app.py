"""Opens the workspace and shows the page that is asked for."""

from pathlib import Path

import streamlit as st

from pages.parts.contents import declare_pages
from pages.parts.shell import enter

PARTS = Path(__file__).parent / "pages" / "parts"

st.set_page_config(page_title="Espalier", page_icon=":material/account_tree:", layout="wide", initial_sidebar_state=220)
st.logo(str(PARTS / "logo.svg"), size="large")
st.html(PARTS / "style.css")

page = declare_pages()
enter()  # before any page: a workspace that cannot be opened is said once, in plain words
page.run()
