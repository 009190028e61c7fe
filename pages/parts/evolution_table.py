"""The trees of the workspace and the nodes of one of them, as tables to choose from."""

from collections.abc import Sequence

import streamlit as st

from pages.parts.evolution_picture import fate, reason
from pages.parts.text import short
from synth.workspace import EvolutionNode, ForestRow


def choose_tree(trees: Sequence[ForestRow]) -> str:
    """All trees, the hardest first; the chosen one is kept in the address."""
    event = st.dataframe(
        [
            {"root": short(tree.text, 90), "made": tree.instructions, "kept": tree.kept, "collected": tree.collected,
             "best": tree.best, "run": tree.run_id}
            for tree in trees
        ],
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key="trees",
        height=min(38 + 35 * len(trees), 248),
        column_config={
            "root": st.column_config.TextColumn("Grows from", width="large"),
            "made": st.column_config.NumberColumn("Instructions", width="small"),
            "kept": st.column_config.NumberColumn("Went on", width="small"),
            "collected": st.column_config.NumberColumn("Collected", width="small"),
            "best": st.column_config.NumberColumn("Hardest", format="%.0f", width="small", help="Highest challenge."),
            "run": st.column_config.TextColumn("Run", width="small"),
        },
    )  # fmt: skip
    chosen = event["selection"]["rows"]
    if chosen and chosen[0] < len(trees):
        st.query_params["tree"] = trees[chosen[0]].tree_id
    wanted = st.query_params.get("tree")
    return wanted if wanted in {tree.tree_id for tree in trees} else trees[0].tree_id


def choose_node(nodes: Sequence[EvolutionNode]) -> EvolutionNode:
    """The nodes of a tree; the first is the root."""
    event = st.dataframe(
        [
            {"round": node.instruction.round, "fate": fate(node), "challenge": node.challenge,
             "diversity": node.diversity, "v": node.value, "text": short(node.instruction.text, 120),
             "why": reason(node)}
            for node in nodes
        ],
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key=f"nodes-{nodes[0].instruction.id}",
        height=min(38 + 35 * len(nodes), 318),
        column_config={
            "round": st.column_config.NumberColumn("Round", width="small"),
            "fate": st.column_config.TextColumn("Fate", width="small"),
            "challenge": st.column_config.NumberColumn("Challenge", format="%.0f", width="small"),
            "diversity": st.column_config.NumberColumn("Diversity", format="%.1f", width="small"),
            "v": st.column_config.NumberColumn("V", format="%.1f", width="small"),
            "text": st.column_config.TextColumn("Instruction", width="large"),
            "why": st.column_config.TextColumn("Why", width="medium"),
        },
    )  # fmt: skip
    chosen = event["selection"]["rows"]
    return nodes[chosen[0] if chosen and chosen[0] < len(nodes) else min(1, len(nodes) - 1)]
