"""The funnel: how much was made at each stage, and why the rest was dropped."""

import plotly.graph_objects as go
import streamlit as st

from synth.workspace import Funnel

_COLOUR = "#4f9b78"


def show_funnel(funnel: Funnel) -> None:
    """Bars for the stages beside a table of reasons."""
    left, right = st.columns([6, 5], gap="medium")
    with left:
        names = [stage.name for stage in funnel.stages][::-1]
        counts = [stage.count for stage in funnel.stages][::-1]
        figure = go.Figure(
            go.Bar(
                x=counts,
                y=names,
                orientation="h",
                text=[f"{count:,}" for count in counts],
                textposition="auto",
                marker={"color": _COLOUR},
            )
        )
        figure.update_layout(height=380, margin={"l": 0, "r": 0, "t": 8, "b": 0}, bargap=0.25, hovermode=False)
        figure.update_xaxes(visible=False, fixedrange=True)
        figure.update_yaxes(automargin=True, fixedrange=True)
        st.plotly_chart(figure, config={"displayModeBar": False}, key="funnel")
    with right:
        if not funnel.drops:
            st.caption("Nothing was dropped.")
            return
        rows = [
            {"step": drop.step, "count": drop.count, "why": drop.reason, "example": drop.example}
            for drop in funnel.drops
        ]
        st.dataframe(
            rows,
            hide_index=True,
            height=380,
            column_config={
                "step": st.column_config.TextColumn("Step", width="small"),
                "count": st.column_config.NumberColumn("Count", format="localized", width="small"),
                "why": st.column_config.TextColumn("Why dropped", width="medium"),
                "example": st.column_config.TextColumn("For example", width="large"),
            },
        )
