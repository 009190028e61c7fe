"""Dataset: what is kept, how it looks, and the file to train on."""

import streamlit as st

from pages.parts.dataset_preview import show_preview
from pages.parts.export_form import choose_form, export_form, show_datasets
from pages.parts.funnel_chart import show_funnel
from pages.parts.shell import empty_state, page, said_plainly

with page(
    "Dataset", "Freeze what was proven into files that training tools read, with a card that says what it is."
) as ws:
    counts = ws.counts()
    if counts.tasks or counts.answers:
        with st.container(horizontal=True):
            st.metric("Proven", f"{counts.proven:,}", help="Tasks with a solution that passed its tests.")
            st.metric("Not proven", f"{counts.tasks - counts.proven:,}", help="Tasks without one.")
            st.metric("Answers", f"{counts.answers:,}", help="Tree-of-Evolution answers; nothing has run them.")
            st.metric("Datasets", f"{counts.datasets:,}")
        form, unproven = choose_form()
        with said_plainly():
            export_form(ws, form, unproven)
        datasets = ws.datasets()
        if datasets:
            st.subheader("Datasets", anchor=False)
            show_datasets(datasets)
        st.subheader("Preview", anchor=False)
        show_preview(ws.preview(form, 5, unproven=unproven))  # type: ignore[arg-type]
        st.subheader("Funnel", anchor=False)
        st.caption("All runs of the workspace together; Generate shows them one by one.")
        show_funnel(ws.funnel())
    else:
        empty_state(
            "dataset",
            "Nothing to export yet",
            "A dataset is made of tasks whose solutions passed their tests.",
            "pages/generate.py",
            "Make some on Generate",
        )
