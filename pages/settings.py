"""Settings: the engine of new runs, a model for single steps, and where everything is."""

import sys
from importlib.metadata import version

import streamlit as st

from pages.parts.engine_checks import engine_checks
from pages.parts.engine_form import engine_form
from pages.parts.price_table import kept_replies, price_table
from pages.parts.shell import page, said_plainly
from pages.parts.step_models import step_models
from pages.parts.text import plain

with page(
    "Settings", "Which engine answers, what single steps ask otherwise, what it costs, and where this workspace is."
) as ws:
    st.subheader("Engine", anchor=False)
    with said_plainly():
        engine_form(ws)
    st.caption(
        "With the offline engine nothing leaves this machine. With an endpoint, the seeds that a run reads, its "
        "features and what it makes are sent there as prompts. Generated code runs in the sandbox only."
    )
    st.subheader("Check", anchor=False)
    with said_plainly():
        engine_checks(ws)
    st.subheader("A model for each step", anchor=False)
    with said_plainly():
        step_models(ws)
    st.subheader("Prices", anchor=False)
    with said_plainly():
        price_table(ws)
    st.subheader("Kept replies", anchor=False)
    with said_plainly():
        kept_replies(ws)
    st.subheader("Prompts", anchor=False)
    st.page_link("pages/prompts.py", label="Read, change and preview the prompts", icon=":material/edit_note:")
    st.subheader("Workspace", anchor=False)
    size = ws.database_bytes() / 2**20
    st.text(f"Folder    {ws.folder}\nDatabase  {size:,.1f} MiB")
    st.caption(plain(f"Espalier {version('espalier')}, Python {sys.version.split()[0]}, Streamlit {st.__version__}"))
