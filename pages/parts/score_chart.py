"""How one measure is spread over the proven solutions."""

from collections.abc import Sequence
from statistics import fmean, median

import plotly.graph_objects as go
import streamlit as st

from pages.parts.text import amount, counted
from synth.workspace import MetricInfo, Workspace

_COLOUR = "#4f9b78"
_HEIGHT = 280
_NOT_OF_CODE = ("evolution", "state")


def show_scores(workspace: Workspace, run_id: str | None) -> None:
    """Choose a measure; its histogram and what it has in the middle."""
    metrics = [metric for metric in workspace.metrics() if metric.group not in _NOT_OF_CODE]
    metric = st.selectbox("Measure", metrics, format_func=_label, key="measure", width=420)
    values = workspace.score_values([metric.name], run_id)[metric.name]
    st.caption(metric.meaning + (f" Paper: {metric.paper}." if metric.paper else ""))
    if not values:
        st.caption("No proven solution has this score yet.")
        return
    st.plotly_chart(
        score_figure(metric, values),
        config={"displayModeBar": False},
        key="score-chart",
        alt=f"Histogram of {metric.title} over {counted(len(values), 'proven solution')}",
    )
    st.caption(
        f"{counted(len(values), 'proven solution')} · mean {fmean(values):,.2f} · median {amount(median(values))} · "
        f"from {amount(min(values))} to {amount(max(values))}"
    )


def score_figure(metric: MetricInfo, values: Sequence[float]) -> go.Figure:
    """The histogram; whole numbers have a bar each as long as there is room."""
    low, high = min(values), max(values)
    whole = all(float(value).is_integer() for value in values)
    bins = min(40, max(6, round(2 * len(values) ** 0.5)))
    size = (high - low) / bins or 1.0
    if whole:
        size = float(max(1, -(-int(high - low + 1) // bins)))
    start = low - 0.5 if whole else low
    figure = go.Figure(
        go.Histogram(
            x=list(values),
            xbins={"start": start, "end": high + size, "size": size},
            marker={"color": _COLOUR},
            hovertemplate="%{x}: %{y:,}<extra></extra>",
        )
    )
    figure.update_layout(height=_HEIGHT, margin={"l": 0, "r": 0, "t": 8, "b": 0}, bargap=0.06)
    figure.update_xaxes(title=metric.title, fixedrange=True)
    figure.update_yaxes(title="solutions", fixedrange=True, rangemode="tozero")
    return figure


def _label(metric: MetricInfo) -> str:
    return f"{metric.group[0].upper()}{metric.group[1:]} · {metric.title}"
