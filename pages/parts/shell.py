"""What every page stands in: the open workspace, its heading, and plain words where something went wrong."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import streamlit as st

from pages.parts.contents import declare_pages
from synth.errors import EspalierError
from synth.workspace import Workspace

_log = logging.getLogger("espalier")
_ENTERED = "entered-by-app"
# where the sidebar is folded away, the header with the way back to it lies over the page
_FILLED = """<style>
[data-testid=stMainBlockContainer] { --above: 0.75rem; max-width: none; padding: var(--above) 1rem 0.5rem; }
[data-testid=stApp]:has([data-testid=stExpandSidebarButton]) [data-testid=stMainBlockContainer] { --above: 3.5rem; }
[data-testid=stMain] { overflow: hidden; }
[data-testid=stMain]:has(.st-key-no-isolation) { overflow: auto; }
[data-testid=stMainBlockContainer]:has(.st-key-no-isolation) {
    --above: 5.75rem; padding-top: calc(var(--above) - 5rem);
}
[data-testid=stApp]:has([data-testid=stExpandSidebarButton])
[data-testid=stMainBlockContainer]:has(.st-key-no-isolation) { --above: 8.5rem; }
</style>"""


ASSETS = Path(__file__).resolve().parents[1] / "workbench"
"""The modules and styles of the workbench, which the browser loads."""


def workspace_folder() -> Path:
    """The folder that this app works on: `ESPALIER_WORKSPACE`, else `workspace` beside `app.py`."""
    return Path(os.environ.get("ESPALIER_WORKSPACE") or Path(__file__).resolve().parents[2] / "workspace")


@st.cache_resource(show_spinner=False, on_release=lambda workspace: workspace.close())
def _open(folder: str) -> Workspace:
    workspace = Workspace(Path(folder))
    workspace.ingest_in_background()
    return workspace


def the_workspace() -> Workspace:
    """The workspace, opened once for all. Raises `EspalierError` where it cannot be."""
    return _open(str(workspace_folder()))


def open_workspace() -> Workspace:
    """The workspace, for a page, which ends with a plain message where it cannot be opened."""
    try:
        return the_workspace()
    except EspalierError as error:
        st.title("Espalier")
        st.error(str(error), icon=":material/lock:")
        if st.button("Try again", type="primary"):
            st.rerun()
        st.stop()


def enter() -> None:
    """Say that the app itself runs, not one of its page files on its own."""
    st.session_state[_ENTERED] = True
    open_workspace()


def _come_in_by_the_front_door() -> None:
    """Begin anew with `app.py` where the first address asked of a fresh server was a page's own.

    Until pages are declared once, Streamlit takes every file in `pages` for a page and runs it without the app.
    """
    if not st.session_state.get(_ENTERED):
        declare_pages()
        st.rerun()


@contextmanager
def page(title: str, intro: str) -> Iterator[Workspace]:
    """Heading and intro of a page, and its workspace; what goes wrong inside is said in plain words."""
    _come_in_by_the_front_door()
    st.title(title, anchor=False)
    st.caption(intro)
    workspace = open_workspace()
    warn_of_no_isolation(workspace)
    with said_plainly():
        yield workspace


@contextmanager
def page_without_heading() -> Iterator[Workspace]:
    """As `page`, for one that fills the window and has its heading inside."""
    _come_in_by_the_front_door()
    workspace = open_workspace()
    st.html(_FILLED)
    warn_of_no_isolation(workspace)
    with said_plainly():
        yield workspace


def warn_of_no_isolation(workspace: Workspace) -> None:
    """A red banner where code was run without isolation for any verdict of the workspace."""
    with said_plainly():
        if workspace.any_without_isolation():
            with st.container(key="no-isolation"):
                st.error(
                    "**Not isolated.** Generated code of this workspace was run without a sandbox. Those verdicts are "
                    "marked, and nothing of them counts as proven.",
                    icon=":material/gpp_bad:",
                )


@contextmanager
def said_plainly() -> Iterator[None]:
    """Show an error of ours as its message, anything else as one line with the details in the log."""
    try:
        yield
    except EspalierError as error:
        st.error(str(error), icon=":material/error:")
    except Exception as error:  # the last stop before a person: never a traceback
        if type(error).__module__.startswith("streamlit"):
            raise  # rerun and stop are exceptions of Streamlit's own
        _log.exception("a page failed")
        st.error(
            f"Something went wrong here ({type(error).__name__}). Nothing was lost; the log says more.",
            icon=":material/bug_report:",
        )


def empty_state(icon: str, title: str, what_to_do: str, page_file: str = "", label: str = "") -> None:
    """Say that there is nothing yet and what makes it come, with a link to the page where that is done."""
    with st.container(border=True, horizontal_alignment="center", gap="xsmall"):
        st.space("small")
        st.markdown(f"### :material/{icon}: {title}", text_alignment="center", anchors=False)
        st.markdown(what_to_do, text_alignment="center")
        if page_file:
            st.page_link(page_file, label=label, icon=":material/arrow_forward:")
        st.space("small")
