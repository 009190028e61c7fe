"""Seeds: the real code that features are read from."""

import streamlit as st

from pages.parts.seed_intake import show_intake
from pages.parts.seed_table import choose_seed, show_groups, show_seed
from pages.parts.shell import empty_state, page, said_plainly
from synth.workspace import Workspace


@st.fragment
def browse(workspace: Workspace) -> None:
    """Table and detail: choosing a row draws these two again and nothing else."""
    with said_plainly():
        seed = choose_seed(workspace)
        if seed is not None:
            show_seed(workspace, seed)


with page("Seeds", "Functions and classes of real code: every feature in the tree is evidence from one of them.") as ws:
    counts = ws.counts()
    show_intake(ws, open_at_first=not counts.seeds)
    if counts.seeds:
        show_groups(ws.seed_groups(), counts.extractions)
        browse(ws)
    else:
        empty_state(
            "grain",
            "No seeds yet",
            "Add the standard library above to begin at once, or a folder of your own code.",
        )
