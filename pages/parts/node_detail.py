"""One feature in full: its counts, how it stands among its siblings, and the seeds that show it."""

import streamlit as st

from pages.parts.branch import by_count, said
from pages.parts.pager import choose_page
from pages.parts.seed_table import show_code
from pages.parts.text import amount, counted, plain, short
from pages.parts.tree_edit import show_actions
from synth.records import FeaturePath, Seed
from synth.workspace import FeatureTree, Workspace

_SIBLINGS = 12
_EVIDENCE = 8


def show_node(workspace: Workspace, tree: FeatureTree, path: FeaturePath, key: str) -> None:
    """The feature at `path`; says how to choose one where none is chosen."""
    node = tree.node(path)
    with st.container(border=True):
        if not path or node is None:
            st.caption("Choose a feature in the map or the table to see its counts, its siblings and its evidence.")
            return
        st.markdown(f"### {plain(path[-1])}", anchors=False)
        st.caption(f"{said(path[:-1])}, level {len(path)}")
        show_actions(workspace, tree, path, key)
        if tree.note(node) or tree.status(node):
            said_of_it = f"**{tree.status(node)}** " if tree.status(node) else ""
            st.markdown(f":material/sticky_note_2: {said_of_it}{plain(tree.note(node))}")
        _counts(tree, node)
        siblings, evidence = st.columns([2, 3], gap="medium")
        with siblings:
            _siblings(tree, path, node)
        with evidence:
            _evidence(workspace, tree, node)


def _counts(tree: FeatureTree, node: int) -> None:
    with st.container(horizontal=True, gap="large"):
        st.metric(
            "Observed",
            f"{tree.observed(node):,}",
            width="content",
            help="How many distinct seeds show it, or what a file or a person says. Growth never changes this.",
        )
        st.metric(
            "Estimated",
            amount(tree.estimated(node)),
            width="content",
            help="The count that growth gave it: the mean of its siblings' counts. Empty where it was only observed.",
        )
        st.metric(
            "Weight in draws",
            amount(tree.count(node)),
            width="content",
            help="What draws weigh it by: the observed count where there is one, else the estimated one.",
        )
        st.metric("Children", f"{len(tree.children(node)):,}", width="content")


def _siblings(tree: FeatureTree, path: FeaturePath, node: int) -> None:
    parent = tree.node(path[:-1]) or 0
    children = by_count(tree, parent)
    shown = children[:_SIBLINGS]
    if node not in shown:
        shown = [*shown[:-1], node]
    st.markdown(f"**Among {len(children):,} below {said(path[:-1])}**")
    st.dataframe(
        [{"name": f"▸ {tree.name(child)}" if child == node else tree.name(child), "count": tree.count(child)}
         for child in shown],
        hide_index=True,
        height=38 + 35 * len(shown),
        column_config={
            "name": st.column_config.TextColumn("Feature", width="small"),
            "count": st.column_config.ProgressColumn(
                "Count",
                width="small",
                format="localized",
                max_value=max(tree.count(children[0]), 1.0),
                help="Observed where some seed shows it, else estimated; its share of the sum is its chance in draws.",
            ),
        },
    )  # fmt: skip
    rest = len(children) - len(shown)
    if rest:
        st.caption(
            f"and {rest:,} more, {amount(sum(tree.count(child) for child in children if child not in shown))} in all"
        )


def _evidence(workspace: Workspace, tree: FeatureTree, node: int) -> None:
    ids = tree.evidence(node)
    st.markdown(f"**Evidence: {counted(len(ids), 'seed')}**")
    if not ids:
        if tree.observed(node):
            st.caption("No seed of this workspace shows it: a file or a person gave it its count.")
        else:
            st.caption("No seed shows it: growth proposed it, so it has an estimated count only.")
        return
    slot = st.container()
    first = choose_page(len(ids), _EVIDENCE, f"evidence-page-{node}")
    seeds = workspace.seeds_by_id(ids[first : first + _EVIDENCE])
    if not seeds:
        st.caption("These seeds are no longer in the workspace.")
        return
    with slot:
        chosen = st.selectbox(
            "Seed",
            range(len(seeds)),
            format_func=lambda index: _place(seeds[index]),
            label_visibility="collapsed",
            key=f"evidence-{node}-{first}",
        )
        seed = seeds[chosen]
        st.caption(f"{plain(seed.name)} · {seed.unit} · {plain(seed.licence)}")
        show_code(seed)


def _place(seed: Seed) -> str:
    return f"{seed.path}:{seed.line}  {short(seed.name, 40)}"
