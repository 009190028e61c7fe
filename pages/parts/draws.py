"""Drawn subtrees as nested outlines, and what they have in common."""

from collections.abc import Sequence
from itertools import accumulate
from operator import mul

import streamlit as st

from pages.parts.outline import MARK, outline
from pages.parts.text import counted
from synth.records import FeaturePath, Subtree

_HEIGHT = 400


def most_nodes(widths: Sequence[int]) -> int:
    """Nodes that a subtree of these widths cannot exceed."""
    return sum(accumulate(widths, mul))


def leaves_of(subtree: Subtree) -> list[FeaturePath]:
    """The features of a draw with nothing drawn below them."""
    inner = {path[:-1] for path in subtree.features}
    return [path for path in subtree.features if path not in inner]


def show_summary(subtrees: Sequence[Subtree], widths: Sequence[int]) -> None:
    """How large the draws may be and are, and how often they repeat themselves."""
    sizes = [len(subtree.features) for subtree in subtrees]
    leaves = [path for subtree in subtrees for path in leaves_of(subtree)]
    with st.container(horizontal=True, gap="large"):
        st.metric(
            "At most",
            f"{most_nodes(widths):,} nodes",
            width="content",
            help="The shape's cap: every level's width times all widths above it, summed.",
        )
        st.metric("On average", f"{sum(sizes) / max(1, len(sizes)):,.1f} nodes", width="content")
        st.metric(
            "Distinct leaves",
            f"{len(set(leaves)):,} of {len(leaves):,}",
            width="content",
            help="Different features among all leaves of the draws below: a higher temperature gives more.",
        )
        st.metric(
            "Duplicates",
            f"{len(subtrees) - len({subtree.features for subtree in subtrees}):,}",
            width="content",
            help="Draws that hold exactly the features of an earlier one.",
        )


def show_draws(subtrees: Sequence[Subtree]) -> None:
    """One card a draw; mandatory leaves stand out."""
    cards = st.grid("auto", min_column_width=280, gap="small")
    for subtree in subtrees:
        size = f"{counted(len(subtree.features), 'node')}, {counted(len(leaves_of(subtree)), 'leaf', 'leaves')}"
        with cards, st.container(border=True, height=_HEIGHT, gap="xsmall", key=f"outline-draw-{subtree.draw}"):
            st.caption(f"**Draw {subtree.draw + 1}** · temperature {subtree.temperature:g} · {size}")
            st.markdown(outline(subtree.features, set(subtree.mandatory)))
    st.caption(f"{MARK} mandatory: the task must use it. The rest is optional, for the engine to choose from.")
