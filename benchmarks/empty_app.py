"""The empty page, served as quickly as our own app: with its settings, and around it what is around ours."""

from pathlib import Path

import streamlit as st

from synth.api import Bench, serving
from synth.errors import NotFound
from synth.workspace import Workspace


def no_workspace() -> Workspace:
    """There is none."""
    raise NotFound("this server has no workspace.")


app = st.App(Path(__file__).with_name("empty_page.py"), lifespan=lambda _: serving(Bench(no_workspace)))
