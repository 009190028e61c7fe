"""Record: where any record comes from, what came of it, and whether it can be made again. Other pages link to it."""

import streamlit as st

from pages.parts.lineage_record import show_record
from pages.parts.lineage_replay import replay_box
from pages.parts.lineage_tree import choose_record, show_costs, show_tree
from pages.parts.shell import empty_state, page, said_plainly

with page("Record", "Where a record comes from, up to the real code behind it, and what came of it.") as ws:
    wanted = choose_record()
    if wanted:
        with said_plainly():
            record = ws.lineage.find(wanted)
            came = ws.lineage.show(record.id, everything="all" in st.query_params)
            left, right = st.columns(2, gap="large")
            with left:
                show_record(record, came.record)
                show_costs(came)
                replay_box(ws, record, came.record)
            with right:
                show_tree(came)
    else:
        empty_state(
            "conversion_path",
            "Which record?",
            "Give the id of anything a run made, or of a row of a dataset. Tasks on Generate link here, too.",
            "pages/generate.py",
            "Choose a task on Generate",
        )
