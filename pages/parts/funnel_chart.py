"""The funnel: how much was made at each stage, and why the rest was dropped."""

from collections.abc import Sequence

import plotly.graph_objects as go
import streamlit as st

from synth.workspace import Drop, Funnel, Stage

_COLOUR = "#4f9b78"
_HEIGHT = 400


def show_funnel(funnel: Funnel) -> None:
    """Bars for the stages beside a table of reasons."""
    cells = st.grid(2, min_column_width=400, gap="medium")
    with cells, st.container():
        st.plotly_chart(
            funnel_figure(funnel.stages),
            config={"displayModeBar": False},
            key="funnel",
            alt="; ".join(f"{stage.name}: {stage.count:,}" for stage in funnel.stages),
        )
        st.caption("Bars by square root, so that small stages stay visible.")
    with cells, st.container():
        _show_drops(funnel.drops)


def funnel_figure(stages: Sequence[Stage]) -> go.Figure:
    """One bar a stage, in the order of the flow. Lengths follow the square root, so that small stages stay visible."""
    counts = [stage.count for stage in stages]
    places = list(range(len(stages)))
    figure = go.Figure(
        go.Bar(
            x=[count**0.5 for count in counts],
            y=places,
            orientation="h",
            text=[f"{count:,}" for count in counts],
            textposition="outside",
            cliponaxis=False,
            marker={"color": _COLOUR},
            customdata=[
                f"{stage.name}: {stage.count:,}" + (f"<br>{stage.note}" * bool(stage.note)) for stage in stages
            ],
            hovertemplate="%{customdata}<extra></extra>",
        )
    )
    longest = max((count**0.5 for count in counts), default=0.0) or 1.0
    figure.update_layout(height=_HEIGHT, margin={"l": 0, "r": 0, "t": 4, "b": 0}, bargap=0.3)
    figure.update_xaxes(visible=False, fixedrange=True, range=[0, longest * 1.22])
    figure.update_yaxes(
        tickvals=places,
        ticktext=[stage.name for stage in stages],
        range=[len(stages) - 0.4, -0.6],
        automargin=True,
        fixedrange=True,
        showgrid=False,
    )
    return figure


def _show_drops(drops: Sequence[Drop]) -> None:
    if not drops:
        st.caption("Nothing was dropped.")
        return
    st.dataframe(
        [{"why": drop.reason, "count": drop.count, "step": drop.step, "example": drop.example} for drop in drops],
        hide_index=True,
        height=min(38 + 35 * len(drops), _HEIGHT - 40),
        column_config={
            "why": st.column_config.TextColumn("Why dropped", width="medium"),
            "count": st.column_config.NumberColumn("Count", format="localized", width=70),
            "step": st.column_config.TextColumn("Step", width=80),
            "example": st.column_config.TextColumn("For example", width="large"),
        },
    )
