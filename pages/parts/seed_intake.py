"""Adding seeds: the standard library, or a folder or file of one's own."""

from pathlib import Path

import streamlit as st

from pages.parts.text import counted
from synth.errors import EspalierError
from synth.workspace import SeedReport, Workspace

_REPORT = "seed-report"


def show_intake(workspace: Workspace, open_at_first: bool) -> None:
    """The two ways to add seeds, and what the last one said."""
    with st.expander("Add seeds", icon=":material/add:", expanded=open_at_first):
        own, standard = st.columns(2, gap="medium")
        with own, st.form("add-path", border=False, enter_to_submit=True):
            path = st.text_input(
                "Folder or file on this machine",
                placeholder="~/projects/shop",
                help="Python files are read, never run. Hidden folders, virtual environments and build output are left "
                "out.",
            )
            licence = st.text_input(
                "Licence",
                placeholder="found from the LICENSE file",
                help="SPDX id, for example MIT. Left empty, it is read from a licence file in the folder.",
            )
            if st.form_submit_button("Add", icon=":material/folder_open:", type="primary"):
                _add_path(workspace, path.strip(), licence.strip())
        with standard:
            st.markdown("**Standard library**")
            st.markdown("Several thousand functions and classes of the Python that runs this app. Free to use.")
            if st.button("Add the standard library", icon=":material/menu_book:"):
                with st.spinner("Reading the standard library"):
                    _keep_report(workspace, "the standard library", workspace.add_stdlib_seeds())
                st.rerun()
    _show_report()


def _add_path(workspace: Workspace, path: str, licence: str) -> None:
    if not path:
        st.warning("Say which folder or file first.")
        return
    try:
        with st.spinner("Reading code"):
            report = workspace.add_seeds(Path(path).expanduser(), licence or None)
    except EspalierError as error:
        st.session_state.pop(_REPORT, None)
        st.error(str(error), icon=":material/error:")
        return
    _keep_report(workspace, path, report)
    st.rerun()


def _keep_report(workspace: Workspace, name: str, report: SeedReport) -> None:
    st.session_state[_REPORT] = (str(workspace.folder), name, len(report.seeds), list(report.skipped))


def _show_report() -> None:
    report = st.session_state.get(_REPORT)
    if report is None:
        return
    _, name, found, skipped = report
    with st.container(border=True, gap="xsmall"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.text(f"{counted(found, 'function or class', 'functions and classes')} found in {name}.")
            if st.button("Dismiss", type="tertiary", icon=":material/close:"):
                del st.session_state[_REPORT]
                st.rerun()
        if skipped:
            st.caption(f"{counted(len(skipped), 'file or unit was', 'files or units were')} skipped:")
            st.dataframe(
                [{"what": what, "why": why} for what, why in skipped[:1000]],
                hide_index=True,
                height=min(240, 38 + 35 * len(skipped)),
                column_config={"what": st.column_config.TextColumn("What"), "why": st.column_config.TextColumn("Why")},
            )
