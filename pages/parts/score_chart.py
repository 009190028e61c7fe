"""How one measure is spread over the proven solutions."""

import plotly.graph_objects as go
import streamlit as st

from synth.workspace import Workspace


def show_scores(workspace: Workspace, run_id: str | None) -> None:
    """Choose a measure; a histogram and its middle."""
    metrics = {metric.name: metric for metric in workspace.metrics()}
    name = st.selectbox(
        "Measure",
        list(metrics),
        format_func=lambda key: f"{metrics[key].group}: {metrics[key].title}",
        key="measure",
        width=420,
    )
    values = workspace.score_values([name], run_id)[name]
    where = f" Paper: {metrics[name].paper}." if metrics[name].paper else ""
    st.caption(f"{metrics[name].meaning}{where}")
    if not values:
        st.caption("No proven solution has this score.")
        return
    figure = go.Figure(go.Histogram(x=values, nbinsx=30, marker={"color": "#4f9b78"}))
    figure.update_layout(
        height=260, margin={"l": 0, "r": 0, "t": 8, "b": 0}, bargap=0.05, xaxis_title=metrics[name].title,
        yaxis_title="solutions",
    )  # fmt: skip
    st.plotly_chart(figure, config={"displayModeBar": False}, key="score-chart")
    ordered = sorted(values)
    middle = ordered[len(ordered) // 2]
    mean = sum(values) / len(values)
    st.caption(
        f"{len(values):,} solutions · mean {mean:,.2f} · median {middle:,.2f} · {ordered[0]:,.2f} to {ordered[-1]:,.2f}"
    )
