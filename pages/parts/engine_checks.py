"""Try the engines of the settings: beside the page, with what came of it kept for the next look."""

import re

import streamlit as st

from pages.parts.shell import said_plainly
from pages.parts.text import plain
from synth.settings import STEPS, Engine
from synth.workspace import Workspace

_EVERY = 0.5
_CODE = re.compile(r"(`[^`]+`|https?://[^\s`]*[^\s`.,;:])")


def engine_checks(workspace: Workspace) -> None:
    """Each engine that the settings name, with a button; looks again by itself while one is being tried."""
    asked = workspace.endpoints.asked(workspace.settings())
    busy = any(workspace.endpoints.checking(one.engine) for one in asked)
    st.fragment(_checks, run_every=_EVERY if busy else None)(workspace, busy)


def readable(text: str) -> str:
    """Markdown that shows a sentence of ours: addresses and names in backticks as code, the rest letter for letter."""
    parts = _CODE.split(text)
    return "".join(f"`{part.strip('`')}`" if number % 2 else _plain(part) for number, part in enumerate(parts))


def _plain(part: str) -> str:
    """`plain` keeps no blanks at the ends."""
    before, after = part[: len(part) - len(part.lstrip())], part[len(part.rstrip()) :]
    return f"{before}{plain(part)}{after}" if part.strip() else part


def _checks(workspace: Workspace, was_busy: bool) -> None:
    with said_plainly():
        endpoints = workspace.endpoints
        asked = endpoints.asked(workspace.settings())
        for number, one in enumerate(asked):
            with st.container(border=True, key=f"check-{number}"):
                _one(workspace, one.engine, one.steps, number)
        if was_busy != any(endpoints.checking(one.engine) for one in asked):
            st.rerun()


def _one(workspace: Workspace, engine: Engine, steps: tuple[str, ...], number: int) -> None:
    endpoints = workspace.endpoints
    where = "on this machine" if engine.kind == "offline" else f"at {readable(engine.base_url)}"
    which = "all steps" if len(steps) == len(STEPS) else ", ".join(steps)
    busy, check = endpoints.checking(engine), endpoints.checked(engine)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"**{plain(engine.model)}** {where} · {plain(which)}", width="content")
        if engine.kind == "offline":
            st.caption("needs no check", width="content")
        elif st.button(
            "Trying" if busy else "Check", key=f"check-now-{number}", disabled=busy, icon=":material/network_check:",
            help="Sends two tiny questions, which cost next to nothing.",
        ):  # fmt: skip
            endpoints.start_check(engine)
            st.rerun()
    if busy:
        st.caption(":material/hourglass_top: It may take a minute where a model has to be loaded first.")
    elif check is not None and not check.ok:
        st.error(readable(check.reason), icon=":material/error:")
    elif check is not None:
        st.success("It can be used.", icon=":material/check_circle:")
        st.table({title: readable(text) for title, text in endpoints.words(engine)}, border="horizontal")
