"""One instruction: its text, its scores against its parent's, and what was decided about it."""

from collections.abc import Sequence

import streamlit as st

from pages.parts.evolution_picture import fate
from pages.parts.text import plain
from synth.workspace import EvolutionNode


def show_instruction(node: EvolutionNode, nodes: Sequence[EvolutionNode]) -> None:
    """Text on the left, scores and decisions on the right."""
    instruction = node.instruction
    left, right = st.columns([7, 5], gap="medium")
    with left:
        kind = "Root" if instruction.round == 0 else f"Round {instruction.round}, child {instruction.draw + 1}"
        st.markdown(f"**{kind}** · {fate(node)}")
        st.code(instruction.text, language="python" if instruction.round == 0 else None, wrap_lines=True, height=360)
        if node.answer is not None:
            with st.expander("Answer", icon=":material/chat:"):
                st.code(node.answer.text, language="markdown", wrap_lines=True)
    with right:
        _show_scores(node, nodes)
        for name, choice in (("Beam", node.beam), ("Collection", node.collect)):
            if choice is not None:
                icon = "check" if choice.kept else "close"
                st.markdown(f":material/{icon}: **{name}**: {plain(choice.reason)}")


def _show_scores(node: EvolutionNode, nodes: Sequence[EvolutionNode]) -> None:
    if node.instruction.round == 0:
        st.caption("A root is where a tree grows from; it has no scores.")
        return
    parent = next((other for other in nodes if other.instruction.id == node.instruction.parent_id), None)
    before = parent.value if parent else None
    with st.container(horizontal=True):
        st.metric("Challenge", _number(node.challenge), help="Judged from 1 to 10.")
        st.metric("Diversity", _number(node.diversity), help="10 x cosine distance to the nearest top instruction of "
                  "another tree in this round.")  # fmt: skip
        delta = None if before is None or node.value is None else f"{node.value - before:+.1f} against its parent"
        st.metric("V", _number(node.value), delta, help="Challenge + diversity; must reach the parent's V to go on.")
    if node.challenge_reason:
        st.caption("Why the judge says so")
        st.text(node.challenge_reason)


def _number(value: float | None) -> str:
    return "unscored" if value is None else f"{value:.1f}"
