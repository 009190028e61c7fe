"""What a run's questions came to, a line for each step, beside what was expected."""

from collections.abc import Callable, Mapping

import streamlit as st

from pages.parts.text import amount, counted
from synth.records import Spend, coins
from synth.workspace import Range, StepOff, Workspace


def show_costs(workspace: Workspace, run_id: str) -> None:
    """Calls, tokens and money by step; unknown is a dash, never 0."""
    status = workspace.run(run_id)
    if not status.spend:
        st.caption("Nothing has been asked yet.")
        return
    total = sum(status.spend.values(), Spend())
    rows = [_row(step, spend) for step, spend in [*status.spend.items(), ("all", total)]]
    st.dataframe(
        rows,
        hide_index=True,
        height=38 + 35 * len(rows),
        column_config={
            "step": st.column_config.TextColumn("Step"),
            "calls": st.column_config.NumberColumn("Calls", format="localized"),
            "hits": st.column_config.NumberColumn(
                "Known", format="localized", help="Questions whose reply the workspace had already: not paid again."
            ),
            "failed": st.column_config.NumberColumn(
                "Failed", format="localized", help="Calls without a usable answer."
            ),
            "input": st.column_config.TextColumn("Input tokens", alignment="right"),
            "cached": st.column_config.TextColumn(
                "of them cached",
                alignment="right",
                help="Input that the endpoint had read before, as far as it said so.",
            ),
            "output": st.column_config.TextColumn("Output tokens", alignment="right"),
            "cost": st.column_config.TextColumn(
                "Cost", alignment="right", help="In the currency of the prices in Settings."
            ),
        },
    )
    if total.unmeasured:
        st.caption(f"Of {counted(total.unmeasured, 'call')} the endpoint did not say how many tokens they took.")
    if total.unpriced:
        st.caption(f"The cost of {counted(total.unpriced, 'call')} is not known: Settings keeps prices by model.")
    _show_expected(workspace, run_id)


def money(spend: Spend) -> str:
    """What is known of the cost; a dash where nothing is."""
    if spend.money is None:
        return "–"
    return f"{'at least ' if spend.unpriced else ''}{coins(spend.money)}"


def spend_words(spends: Mapping[str, Spend], budget: float | None) -> str:
    """One line on what a run has used so far."""
    total = sum(spends.values(), Spend())
    said = [counted(total.calls, "call")]
    if total.hits:
        said.append(f"{counted(total.hits, 'reply', 'replies')} known already")
    if total.calls > total.unmeasured:
        said.append(f"{total.input_tokens:,} tokens in, {total.output_tokens:,} out")
    if total.money is None:
        said.append("cost not known")
    elif total.cost or budget is not None:
        said.append(f"{money(total)} spent" + (f" of {budget:,g}" if budget is not None else ""))
    return " · ".join(said)


def _row(step: str, spend: Spend) -> dict[str, object]:
    measured = spend.calls > spend.unmeasured or not spend.calls
    return {
        "step": step,
        "calls": spend.calls,
        "hits": spend.hits,
        "failed": spend.failed,
        "input": amount(spend.input_tokens if measured else None),
        "cached": amount(spend.cached_tokens if measured else None),
        "output": amount(spend.output_tokens if measured else None),
        "cost": money(spend),
    }


def _show_expected(workspace: Workspace, run_id: str) -> None:
    """How far off the estimate was, where one was made."""
    found = workspace.estimating.compared(run_id)
    if found.estimate is None:
        st.caption("No estimate was made before this run.")
        return
    if found.estimate.free:
        st.caption("The offline engine is free; its calls are counted only.")
        return
    st.markdown("**Expected before the run, and what it came to**")
    rows = [_off_row(one) for one in [*found.steps, found.total]]
    st.dataframe(rows, hide_index=True, height=38 + 35 * len(rows))
    if found.total.inside is not None:
        known = f", and {coins(found.total.saved)} for what was known already," if found.total.saved else ""
        st.caption(
            f"What was paid{known} lies inside the range that was told."
            if found.total.inside
            else f"What was paid{known} lies outside the range that was told, from the 10th to the 90th percentile."
        )


def _off_row(one: StepOff) -> dict[str, object]:
    expected = one.expected
    return {
        "step": "all" if one.step == "total" else one.step,
        "calls expected": _range(expected.calls if expected else None, "{:,.0f}".format),
        "calls": f"{one.actual.calls + one.actual.hits:,}",
        "off by": "–" if one.calls_off is None else f"× {one.calls_off:.2f}",
        "cost expected": _range(expected.cost if expected else None, coins),
        "cost": money(one.actual),
        "cost off by": "–" if one.cost_off is None else f"× {one.cost_off:.2f}",
    }


def _range(expected: Range | None, written: Callable[[float], str]) -> str:
    if expected is None or expected.high is None:
        return "–"
    if expected.low is None:
        return f"at most {written(expected.high)}"
    return f"{written(expected.low)} to {written(expected.high)}"
