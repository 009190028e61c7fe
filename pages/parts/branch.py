"""The branch that a page looks at: where one is in the tree, the way back up, and the way down."""

import streamlit as st

from pages.parts.text import amount, path_text, plain, short
from synth.records import FeaturePath
from synth.workspace import FeatureTree

ROOT_NAME = "All categories"
_MOST_CHILDREN = 300


def branch_at(tree: FeatureTree, key: str) -> FeaturePath:
    """The path looked at; its nearest ancestor where it is no longer in the tree."""
    path: FeaturePath = tuple(st.session_state.get(key, ()))
    while tree.node(path) is None:
        path = path[:-1]
    return path


def go_to(key: str, path: FeaturePath) -> None:
    """Look at another branch."""
    st.session_state[key] = path


def by_count(tree: FeatureTree, node: int) -> list[int]:
    """The children of a node, the most frequent first."""
    return sorted(tree.children(node), key=lambda child: (-tree.count(child), tree.name(child)))


def show_branch(tree: FeatureTree, key: str, inner_only: bool = False) -> FeaturePath:
    """Breadcrumbs up and a list of children down. Returns the path looked at."""
    path = branch_at(tree, key)
    node = tree.node(path) or 0
    crumbs, down = st.columns([3, 2], vertical_alignment="center", gap="small")
    with crumbs, st.container(horizontal=True, gap="xxsmall", vertical_alignment="center", key=f"crumbs-{key}"):
        for depth in range(len(path) + 1):
            name = short(path[depth - 1], 28) if depth else ROOT_NAME
            st.button(
                plain(name),
                key=f"{key}-crumb-{depth}",
                type="tertiary",
                icon=":material/chevron_right:" if depth else ":material/account_tree:",
                disabled=depth == len(path),
                on_click=go_to,
                args=(key, path[:depth]),
            )
    children = [child for child in by_count(tree, node) if not inner_only or tree.children(child)]
    shown = children[:_MOST_CHILDREN]
    widget = f"{key}-down-{node}"
    down.selectbox(
        "Go down to",
        shown,
        index=None,
        key=widget,
        format_func=lambda child: f"{short(tree.name(child), 60)}  ({amount(tree.count(child))})",
        placeholder=f"Go down to one of {len(children):,}" if children else "Nothing below",
        label_visibility="collapsed",
        disabled=not children,
        on_change=_go_down,
        args=(tree, key, widget),
    )
    return path


def _go_down(tree: FeatureTree, key: str, widget: str) -> None:
    chosen = st.session_state.get(widget)
    if chosen is not None:
        go_to(key, tree.path(chosen))


def said(path: FeaturePath) -> str:
    """The path in words, as Markdown that shows it letter for letter."""
    return plain(path_text(path)) if path else ROOT_NAME
