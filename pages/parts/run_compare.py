"""Two runs side by side."""

from collections.abc import Sequence

import streamlit as st

from synth.records import coins
from synth.workspace import Pair, Workspace


def show_comparison(workspace: Workspace, run_id: str) -> None:
    """What was changed between this run and another, and what that did."""
    others = [run.id for run in workspace.runs() if run.id != run_id]
    if not others:
        st.caption("There is no other run to compare with.")
        return
    before = [one for one in others if one < run_id]
    other = st.selectbox("With", others, index=others.index(before[0]) if before else 0, key="compare-with", width=420)
    found = workspace.comparing.compare(other, run_id)
    st.markdown("**What was changed**")
    if found.changes:
        st.dataframe(
            [{"setting": one.what, other: one.first, run_id: one.second} for one in found.changes], hide_index=True
        )
    else:
        st.caption("Nothing: both runs have the same config and used the same prompts.")
    st.markdown("**What it did to the funnel**")
    _table(found.stages, other, run_id, shares=True)
    if found.failures:
        st.markdown("**What ended early**")
        _table(found.failures, other, run_id)
    st.markdown("**Time and tokens**")
    _table(found.usage, other, run_id)


def _table(pairs: Sequence[Pair], first: str, second: str, *, shares: bool = False) -> None:
    rows = []
    for pair in pairs:
        row: dict[str, object] = {"": pair.what, first: _cell(pair.first, pair.first_share)}
        row[second] = _cell(pair.second, pair.second_share)
        row["difference"] = _difference(pair, shares)
        rows.append(row)
    if rows:
        st.dataframe(rows, hide_index=True, height=min(38 + 35 * len(rows), 460))
    else:
        st.caption("Neither run has made anything yet.")


def _cell(value: float | None, share: float | None) -> str:
    return ("–" if value is None else _number(value)) + (f"  ({share:.0%})" if share is not None else "")


def _number(value: float) -> str:
    """Cents where it is large, the digits that count where it is small: a cost may be both."""
    return coins(value).removesuffix(".00")


def _difference(pair: Pair, shares: bool) -> str:
    if shares and pair.first_share is not None and pair.second_share is not None:
        return f"{(pair.second_share - pair.first_share) * 100:+.1f} points"
    if pair.first is None or pair.second is None:
        return "–"
    difference = pair.second - pair.first
    return ("−" if difference < 0 else "+") + _number(abs(difference))
