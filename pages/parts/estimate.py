"""What a run will come to, before it is started: a line, and a table by step for who wants to know."""

import streamlit as st

from pages.parts.text import plain
from synth.workspace import Range, RunEstimate, in_words

_FROM = {
    "measured": "measured",
    "other models": "other models",
    "bound": "upper bound",
}


def show_estimate(estimate: RunEstimate) -> None:
    """The numbers. Quiet where nothing is paid."""
    if estimate.free:
        st.caption(free_words(estimate))
        return
    st.markdown(whole_words(estimate))
    with st.expander("Expected by step", icon=":material/receipt_long:"):
        st.dataframe(
            rows_of(estimate),
            hide_index=True,
            column_config={
                "Step": st.column_config.TextColumn(width="small"),
                f"Cost, {estimate.currency}": st.column_config.TextColumn(width="medium"),
                "From": st.column_config.TextColumn(
                    help="Measured: on earlier calls of this model in this workspace. Upper bound: every question put "
                    "twice, every reply as long as it may be."
                ),
            },
        )
        for note in estimate.notes:
            st.caption(plain(note))


def free_words(estimate: RunEstimate) -> str:
    """For the offline engine."""
    return "Free" + (f", {_time(estimate.seconds)}." if estimate.seconds is not None else ".")


def whole_words(estimate: RunEstimate) -> str:
    """The whole run in a sentence."""
    cost = in_words(estimate.cost, estimate.currency)
    said = [
        f"Expected: **{plain(cost)}**" if estimate.cost != Range() else "Expected: **cost not known**",
        f"{plain(in_words(estimate.calls))} calls",
        f"{plain(in_words(estimate.input_tokens))} tokens in, {plain(in_words(estimate.output_tokens))} out",
    ]
    if estimate.seconds is not None:
        said.append(_time(estimate.seconds))
    if estimate.pilot:
        said.append(f"after {plain(estimate.pilot)}")
    return " · ".join(said)


def rows_of(estimate: RunEstimate) -> list[dict[str, str]]:
    """The table by step."""
    rows = []
    for step in estimate.steps:
        offline = step.engine == "offline"
        rows.append(
            {
                "Step": step.step,
                "Model": step.model,
                "Calls": in_words(step.calls),
                "Input tokens": "" if offline else in_words(step.input_tokens),
                "Output tokens": "" if offline else in_words(step.output_tokens),
                f"Cost, {estimate.currency}": "free" if offline else in_words(step.cost, money=True),
                "From": "" if offline else _FROM[step.basis],
            }
        )
    return rows


def _time(seconds: float) -> str:
    if seconds < 90:
        return f"about {max(1, round(seconds))} s"
    return f"about {round(seconds / 60):,} min" if seconds < 5400 else f"about {seconds / 3600:,.1f} h"
