"""The baseline of the workbench's benchmark: Streamlit with nothing of ours in it, served as quickly as our own app.

With `?click` a page with a button and a counter in a fragment, else a page with a word.
"""

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from synth.api import serving
from synth.errors import NotFound
from synth.workspace import Workspace


def no_workspace() -> Workspace:
    """There is none."""
    raise NotFound("this server has no workspace.")


@st.fragment
def count_clicks() -> None:
    """A button and how often it was clicked."""
    if st.button("Click"):
        st.session_state.clicks = st.session_state.get("clicks", 0) + 1
    st.text(f"clicked {st.session_state.get('clicks', 0)}")


def show() -> None:
    """Show the page that is asked for."""
    if "click" in st.query_params:
        count_clicks()
    else:
        st.text("ready")


if get_script_run_ctx(suppress_warning=True) is None:
    app = st.App(__file__, lifespan=lambda _: serving(no_workspace))
else:
    show()
