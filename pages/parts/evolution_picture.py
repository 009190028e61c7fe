"""A Tree-of-Evolution tree as a picture: rounds from left to right, what was decided as colour."""

from collections import defaultdict
from collections.abc import Sequence

import plotly.graph_objects as go
import streamlit as st

from pages.parts.text import chart_text
from synth.workspace import EvolutionNode

MOST = 300
FATES = {
    "root": "#8a8f87",
    "collected": "#2f7d4f",
    "went on": "#7fb98f",
    "stopped": "#c9743f",
    "not decided": "#c8c5b8",
}


def fate(node: EvolutionNode) -> str:
    """What became of an instruction."""
    if node.instruction.round == 0:
        return "root"
    if node.collect is not None and node.collect.kept:
        return "collected"
    if node.beam is None:
        return "not decided"
    return "went on" if node.beam.kept else "stopped"


def reason(node: EvolutionNode) -> str:
    """The last word on an instruction."""
    if node.beam is not None and not node.beam.kept:
        return node.beam.reason
    return node.collect.reason if node.collect else node.beam.reason if node.beam else ""


def show_picture(nodes: Sequence[EvolutionNode]) -> None:
    """At most `MOST` nodes; the table has them all."""
    shown = nodes[:MOST]
    places = _places(shown)
    figure = go.Figure()
    xs: list[float | None] = []
    ys: list[float | None] = []
    for node in shown:
        parent = node.instruction.parent_id
        if parent in places:
            (x0, y0), (x1, y1) = places[parent], places[node.instruction.id]
            xs += [x0, x1, None]
            ys += [y0, y1, None]
    figure.add_scatter(
        x=xs, y=ys, mode="lines", line={"color": "#9aa39c", "width": 1}, hoverinfo="skip", showlegend=False
    )
    for name, colour in FATES.items():
        group = [node for node in shown if fate(node) == name]
        if group:
            figure.add_scatter(
                x=[places[node.instruction.id][0] for node in group],
                y=[places[node.instruction.id][1] for node in group],
                mode="markers",
                name=name,
                marker={"color": colour, "size": [_size(node) for node in group], "line": {"width": 0}},
                hovertext=[_hover(node) for node in group],
                hoverinfo="text",
            )
    rounds = max((node.instruction.round for node in shown), default=0)
    figure.update_layout(
        height=420, margin={"l": 0, "r": 0, "t": 8, "b": 0}, legend={"orientation": "h", "y": 1.08}, hovermode="closest"
    )
    figure.update_xaxes(
        tickvals=list(range(rounds + 1)), ticktext=["root", *(f"round {n}" for n in range(1, rounds + 1))],
        showgrid=False, zeroline=False, fixedrange=True,
    )  # fmt: skip
    figure.update_yaxes(visible=False, fixedrange=True)
    st.plotly_chart(figure, config={"displayModeBar": False}, key="evolution-picture")
    if len(nodes) > MOST:
        st.caption(f"The first {MOST} of {len(nodes):,} instructions; the table has all.")


def _size(node: EvolutionNode) -> float:
    return 9.0 if node.value is None else 6.0 + node.value


def _hover(node: EvolutionNode) -> str:
    scores = f"V {node.value:.1f}" if node.value is not None else "not scored"
    parts = [f"{fate(node)}, {scores}", chart_text(node.instruction.text, 90), chart_text(reason(node), 120)]
    return "<br>".join(part for part in parts if part)


def _places(nodes: Sequence[EvolutionNode]) -> dict[str, tuple[float, float]]:
    """Round as x; leaves one below the other as y, parents in the middle of their children."""
    children: dict[str, list[str]] = defaultdict(list)
    rounds = {node.instruction.id: node.instruction.round for node in nodes}
    for node in nodes:
        if node.instruction.parent_id in rounds:
            children[node.instruction.parent_id or ""].append(node.instruction.id)
    places: dict[str, tuple[float, float]] = {}
    row = 0
    stack = [(node.instruction.id, False) for node in nodes if node.instruction.parent_id not in rounds]
    while stack:
        node_id, done = stack.pop()
        below = children[node_id]
        if below and not done:
            stack.append((node_id, True))
            stack.extend((child, False) for child in reversed(below))
            continue
        if below:
            height = sum(places[child][1] for child in below) / len(below)
        else:
            height, row = float(-row), row + 1
        places[node_id] = (float(rounds[node_id]), height)
    return places
