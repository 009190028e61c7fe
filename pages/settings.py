"""Settings: the engine of new runs, the prompts, and where everything is."""

import sys
from importlib.metadata import version

import streamlit as st

from pages.parts.engine_form import engine_form
from pages.parts.prompt_list import show_prompts
from pages.parts.shell import page, said_plainly
from pages.parts.text import plain

with page("Settings", "Which engine answers, with which prompts, and where this workspace is.") as ws:
    st.subheader("Engine", anchor=False)
    with said_plainly():
        engine_form(ws)
    st.caption(
        "With the offline engine nothing leaves this machine. With an endpoint, the seeds that a run reads, its "
        "features and what it makes are sent there as prompts. Generated code runs in the sandbox only."
    )
    st.subheader("Prompts", anchor=False)
    with said_plainly():
        show_prompts(ws)
    st.subheader("Workspace", anchor=False)
    size = ws.database_bytes() / 2**20
    st.text(f"Folder    {ws.folder}\nDatabase  {size:,.1f} MiB")
    st.caption(plain(f"Espalier {version('espalier')}, Python {sys.version.split()[0]}, Streamlit {st.__version__}"))
