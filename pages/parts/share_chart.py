"""Original against reweighted shares of one node's children, side by side."""

from collections.abc import Sequence

import plotly.graph_objects as go
import streamlit as st

from pages.parts.text import chart_text
from synth.workspace import Probability

_MOST = 18
_BEFORE, _AFTER = "#b3a98f", "#4f9b78"


def show_shares(shares: Sequence[Probability]) -> None:
    """A pair of bars a child, in the order of the counts, so that bars grow and shrink but never change places."""
    ordered = sorted(shares, key=lambda share: (-share.original, share.name))
    shown = ordered[:_MOST] if len(ordered) > _MOST + 1 else ordered
    st.plotly_chart(
        share_figure(shown, ordered[len(shown) :]),
        key="share-chart",
        config={"displayModeBar": False},
        alt="Share of each child in a draw, by its count and after reweighting",
    )


def share_figure(shown: Sequence[Probability], rest: Sequence[Probability]) -> go.Figure:
    """The chart; `rest` is summed up in one pair at the end."""
    names = [chart_text(share.name, 26) for share in shown]
    before = [share.original for share in shown]
    after = [share.reweighted for share in shown]
    if rest:
        names.append(f"+{len(rest):,} more")
        before.append(sum(share.original for share in rest))
        after.append(sum(share.reweighted for share in rest))
    places = list(range(len(names)))  # names may be alike once they are cut, places are not
    figure = go.Figure(
        [
            _bars("by count", places, before, names, _BEFORE),
            _bars("reweighted", places, after, names, _AFTER),
        ]
    )
    figure.update_layout(
        barmode="group",
        bargap=0.3,
        bargroupgap=0.05,
        height=90 + 27 * max(6, len(names)),
        margin={"t": 30, "l": 0, "r": 10, "b": 0},
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0, "traceorder": "normal"},
        xaxis={"tickformat": ".0%", "rangemode": "tozero", "fixedrange": True},
        yaxis={
            "tickvals": places,
            "ticktext": names,
            "range": [len(names) - 0.4, -0.6],
            "fixedrange": True,
            "automargin": True,
        },
    )
    return figure


def _bars(label: str, places: list[int], values: list[float], names: list[str], colour: str) -> go.Bar:
    return go.Bar(
        name=label,
        y=places,
        x=values,
        orientation="h",
        marker={"color": colour},
        customdata=names,
        hovertemplate="%{customdata}<br>" + label + " %{x:.2%}<extra></extra>",
    )
