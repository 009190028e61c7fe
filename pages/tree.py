"""Tree: every feature with its counts, as a map and as a table."""

import streamlit as st

from pages.parts.branch import show_branch
from pages.parts.node_detail import show_node
from pages.parts.shell import empty_state, page, said_plainly
from pages.parts.tree_edit import show_said
from pages.parts.tree_history import show_history, show_proposals, show_way_back
from pages.parts.tree_map import show_map
from pages.parts.tree_table import show_table, show_totals
from synth.workspace import Workspace

KEY = "tree"
VIEWS = {"Map": ":material/grid_view: Map", "Table": ":material/table_rows: Table"}
COLOURS = {"origin": "by origin", "depth": "by depth"}


@st.fragment
def workbench(workspace: Workspace) -> None:
    """Map or table, and the feature looked at: one state, so each leads to the same detail."""
    with said_plainly():
        tree = workspace.tree()
        show_said()
        show_totals(workspace)
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            view = st.segmented_control(
                "View", list(VIEWS), default="Map", required=True, format_func=VIEWS.__getitem__,
                key="tree-view", label_visibility="collapsed",
            )  # fmt: skip
            colour = st.segmented_control(
                "Colours", list(COLOURS), default="origin", required=True, format_func=COLOURS.__getitem__,
                key="tree-colours", label_visibility="collapsed", disabled=view != "Map",
                help="By origin: observed in seeds, or estimated by growth. By depth: how far below the branch's top.",
            )  # fmt: skip
        path = show_branch(tree, KEY)
        if view == "Map":
            show_map(tree, path, colour == "depth", KEY)
        else:
            show_table(workspace, KEY)
        show_node(workspace, tree, path, KEY)
        show_changes(workspace)


def show_changes(workspace: Workspace) -> None:
    """The way back, what waits for review, and what was done."""
    show_way_back(workspace, KEY)
    show_proposals(workspace, KEY)
    show_history(workspace, KEY)


with page("Tree", "All features of all seeds in one tree, with counts, and what growth added to it.") as ws:
    if len(ws.tree()):
        workbench(ws)
    else:
        empty_state(
            "account_tree",
            "No features yet",
            "A run reads features from seeds and merges them into this tree. The demo run needs no key.",
            "pages/home.py",
            "Start on Home",
        )
        if ws.trees.history.last or ws.trees.proposal_ids():  # what is gone, or waits, is not out of reach
            show_said()
            show_changes(ws)
