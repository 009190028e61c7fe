"""Export: what to write, where, and the finished files to take away."""

import re
from pathlib import Path

import streamlit as st

from pages.parts.text import counted, plain
from synth.errors import BadInput
from synth.workspace import DatasetRow, Workspace

FORMS = {
    "messages": "messages: question and answer as chat turns",
    "alpaca": "alpaca: instruction, input, output",
    "full": "full: files, tests, verdict, scores and lineage",
}
MIME = {".jsonl": "application/jsonl", ".parquet": "application/vnd.apache.parquet"}


def choose_form() -> tuple[str, bool]:
    """Format and whether unproven rows are wanted."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        form = st.selectbox("Format", list(FORMS), format_func=FORMS.__getitem__, key="form", width=420)
        unproven = st.toggle(
            "Unproven too", key="unproven",
            help="Also solutions that did not pass, and answers of Tree-of-Evolution, which nothing has run.",
        )  # fmt: skip
    return form, unproven


def export_form(workspace: Workspace, form: str, unproven: bool) -> None:
    """Name and kind of the file, and the button that writes it."""
    with st.form("export", border=True), st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input("File name", f"{form}-v1", max_chars=80)
        kind = st.selectbox("Kind", (".jsonl", ".parquet"), width=140)
        replace = st.checkbox("Replace an existing file")
        pressed = st.form_submit_button("Export", type="primary", icon=":material/download:")
    if not pressed:
        return
    if not re.fullmatch(r"[A-Za-z0-9][\w.-]*", name):
        raise BadInput("a file name has letters, digits, dots, dashes and underscores only, and starts with a letter.")
    with st.spinner("Writing"):
        report = workspace.export(
            form,
            workspace.folder / "exports" / f"{name}{kind}",
            unproven=unproven,
            overwrite=replace,  # type: ignore[arg-type]
        )
    st.session_state["exported"] = report.path.name
    st.success(f"{counted(report.rows, 'row')} written.", icon=":material/check_circle:")
    for reason, count in sorted(report.left_out.items()):
        st.caption(f"Left out {count:,}: {plain(reason)}")


def show_datasets(datasets: list[DatasetRow]) -> None:
    """Every export so far with its files to download, newest first."""
    latest = st.session_state.get("exported")
    for row in sorted(datasets, key=lambda dataset: dataset.name != latest):
        with st.container(border=True):
            st.markdown(f"**{plain(row.name)}** · {counted(row.rows, 'row')} · {row.form} · {row.created}")
            _downloads(row)


def _downloads(row: DatasetRow) -> None:
    path = Path(row.path)
    card = path.with_name(f"{path.stem}.card.md")
    if not path.is_file():
        st.caption(f"The file is no longer at {plain(str(path))}.")
        return
    with st.container(horizontal=True):
        st.download_button(
            "Download",
            path.read_bytes,  # read when it is asked for
            path.name,
            MIME.get(path.suffix),
            icon=":material/download:",
            key=f"get-{row.name}",
            on_click="ignore",
        )
        if card.is_file():
            text = card.read_text(encoding="utf-8")
            st.download_button("Card", text, card.name, "text/markdown", icon=":material/description:",
                               key=f"card-{row.name}", on_click="ignore")  # fmt: skip
    if card.is_file():
        with st.expander("Read the card"):
            st.code(text, language="markdown", wrap_lines=True)
