"""The app: as a server it answers the workbench beside the pages, as a script it shows the page that is asked for."""

from pathlib import Path

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.parts.contents import declare_pages
from pages.parts.front import front_routes
from pages.parts.shell import ASSETS, enter, the_workspace
from synth.api import Bench, routes, serving

PARTS = Path(__file__).parent / "pages" / "parts"


def show() -> None:
    """Show the page that is asked for."""
    st.set_page_config(
        page_title="Espalier", page_icon=str(PARTS / "logo.svg"), layout="wide", initial_sidebar_state=220
    )
    st.logo(str(PARTS / "logo.svg"), size="large")
    st.html(PARTS / "style.css")
    page = declare_pages()
    enter()  # before any page: a workspace that cannot be opened is said once, in plain words
    page.run()


if get_script_run_ctx(suppress_warning=True) is None:
    bench = Bench(the_workspace)
    ways = [*front_routes(("/tree", "/sampling"), ASSETS, st.get_option("server.baseUrlPath")), *routes(bench, ASSETS)]
    app = st.App(__file__, routes=ways, lifespan=lambda _: serving(bench))
else:
    show()
