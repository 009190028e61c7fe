"""Evolution: Tree-of-Evolution trees with scores, kept and stopped branches, and why."""

import streamlit as st

from pages.parts.evolution_picture import show_picture
from pages.parts.evolution_table import choose_node, choose_tree
from pages.parts.instruction_detail import show_instruction
from pages.parts.shell import empty_state, page

with page("Evolution", "Instructions that evolve in rounds: judged, kept while they improve, collected.") as ws:
    trees = ws.forest()
    if trees:
        with st.container(horizontal=True):
            st.metric("Trees", f"{len(trees):,}")
            st.metric("Instructions", f"{sum(tree.instructions for tree in trees):,}")
            st.metric("Went on", f"{sum(tree.kept for tree in trees):,}", help="Among the best of their round and not "
                      "below their parent.")  # fmt: skip
            st.metric("Collected", f"{sum(tree.collected for tree in trees):,}", help="Far enough from the others of "
                      "their tree and round.")  # fmt: skip
        nodes = ws.evolution(choose_tree(trees))
        st.subheader("The tree", anchor=False)
        show_picture(nodes)
        chosen = choose_node(nodes)
        with st.container(border=True):
            show_instruction(chosen, nodes)
    else:
        empty_state(
            "route",
            "No trees yet",
            "A run with evolution roots grows one tree from each root.",
            "pages/generate.py",
            "Start one on Generate",
        )
