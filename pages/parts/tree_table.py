"""All features in a table: searched, sorted, one page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from pages.parts.branch import go_to
from pages.parts.pager import choose_page
from pages.parts.text import path_text
from synth.workspace import FeatureTree, Workspace

_ROWS = 12
ORDERS = ("Most frequent", "By path", "Most children")


@dataclass(frozen=True, slots=True)
class TreeIndex:
    """What searching and the totals need, made once for each state of the tree."""

    nodes: Sequence[int]
    """Parents before children, siblings by name."""
    texts: Sequence[str]
    """The paths in lower case, in the order of `nodes`."""
    observed: int
    """Features that some seed shows."""
    leaves: int
    deepest: int


def tree_index(workspace: Workspace) -> TreeIndex:
    """The index of the tree as it is now."""
    return _index(str(workspace.folder), workspace.tree_revision(), workspace.tree())


@st.cache_resource(max_entries=2, show_spinner=False)
def _index(folder: str, revision: int, _tree: FeatureTree) -> TreeIndex:
    nodes = list(_tree.nodes())
    paths = _tree.paths()
    return TreeIndex(
        nodes=nodes,
        texts=[path_text(path).lower() for path in paths],
        observed=sum(_tree.observed(node) > 0 for node in nodes),
        leaves=len(_tree.leaves()),
        deepest=max(map(len, paths), default=0),
    )


def show_totals(index: TreeIndex) -> None:
    """How large the tree is and where its features come from."""
    total = len(index.nodes)
    with st.container(horizontal=True, gap="large"):
        st.metric("Features", f"{total:,}", width="content")
        st.metric(
            "Observed", f"{index.observed:,}", width="content", help="Features that at least one seed really shows."
        )
        st.metric(
            "Grown",
            f"{total - index.observed:,}",
            width="content",
            help="Features that growth added and no seed shows; they carry an estimated count alone.",
        )
        st.metric("Leaves", f"{index.leaves:,}", width="content", help="Features with nothing below them.")
        st.metric("Levels", f"{index.deepest:,}", width="content")


def found_nodes(tree: FeatureTree, index: TreeIndex, search: str, order: str) -> list[int]:
    """The nodes whose path holds the words of `search`, in the order asked for."""
    words = search.lower().split()
    found = [node for node, text in zip(index.nodes, index.texts, strict=True) if all(word in text for word in words)]
    if order == ORDERS[0]:
        found.sort(key=lambda node: -tree.count(node))
    elif order == ORDERS[2]:
        found.sort(key=lambda node: -len(tree.children(node)))
    return found


def show_table(tree: FeatureTree, index: TreeIndex, key: str) -> None:
    """The table; a chosen row becomes the node looked at."""
    search, order = st.columns([3, 1], gap="small")
    words = search.text_input(
        "Search", placeholder="Words of a path", icon=":material/search:", key=f"{key}-search", live=True
    )
    chosen = order.selectbox("Order", ORDERS, key=f"{key}-order")
    slot = st.container()
    found = found_nodes(tree, index, words, chosen)
    if not found:
        slot.info("No feature matches. Every word has to be part of the path.", icon=":material/search_off:")
        return
    first = choose_page(len(found), _ROWS, f"{key}-page")
    with slot:
        _rows(tree, found[first : first + _ROWS], key)


def _rows(tree: FeatureTree, nodes: Sequence[int], key: str) -> None:
    widget = f"{key}-table-{nodes[0]}"  # another page is another table, with nothing chosen in it

    def choose() -> None:
        rows = st.session_state[widget].selection.rows
        if rows and rows[0] < len(nodes):
            go_to(key, tree.path(nodes[rows[0]]))

    st.dataframe(
        [
            {
                "name": tree.name(node),
                "path": path_text(tree.path(node)[:-1]),
                "level": tree.depth(node),
                "observed": tree.observed(node),
                "estimated": tree.estimated(node),
                "children": len(tree.children(node)),
            }
            for node in nodes
        ],
        key=widget,
        hide_index=True,
        placeholder="",
        height=38 + 35 * _ROWS,
        on_select=choose,
        selection_mode="single-row",
        column_config={
            "name": st.column_config.TextColumn("Feature", width="medium"),
            "path": st.column_config.TextColumn("Below", width="medium"),
            "level": st.column_config.NumberColumn("Level", width="small", help="1 for a category."),
            "observed": st.column_config.NumberColumn(
                "Observed", width="small", format="localized", help="Seeds that show it, each listed as evidence."
            ),
            "estimated": st.column_config.NumberColumn(
                "Estimated", width="small", help="Count that growth gave it: the mean of its siblings' counts."
            ),
            "children": st.column_config.NumberColumn("Children", width="small", format="localized"),
        },
    )
