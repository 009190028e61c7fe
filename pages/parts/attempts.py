"""Attempts side by side: what a repair was told, said and changed, and what a judge said about the tests."""

from collections.abc import Sequence

import streamlit as st

from pages.parts.code_files import changed_files, difference, show_files, show_text
from pages.parts.verdict import show_verdict
from synth.records import Ruling, Solution, Verdict

Attempt = tuple[Solution, Verdict | None]


def show_attempts(attempts: Sequence[Attempt], key: str, rulings: Sequence[Ruling] = ()) -> None:
    """One repair at a time: before and after in two columns, then the difference; last, what judges said."""
    if not attempts:
        st.caption("No solution was written for this task.")
        return
    if len(attempts) == 1:
        st.caption("The first draft stands; nothing was repaired.")
        show_verdict(attempts[0][1])
    else:
        _choose(attempts, key)
    for ruling in rulings:
        blamed = "the solution is wrong" if ruling.blames == "solution" else "the tests are wrong"
        st.caption("Asked whether the tests are at fault, where repairs did not help")
        st.text(f"{blamed}: {ruling.reason}")


def _choose(attempts: Sequence[Attempt], key: str) -> None:
    names = attempt_names([solution for solution, _ in attempts])
    numbers = list(range(1, len(attempts)))
    chosen = numbers[0]
    if len(numbers) > 1:
        chosen = st.segmented_control(
            "Repair",
            numbers,
            default=numbers[0],
            required=True,
            format_func=lambda number: f"{names[number - 1]} → {names[number]}",
            key=f"repair-{key}",
            label_visibility="collapsed",
        )
    _compare(attempts[chosen - 1], attempts[chosen], names[chosen - 1 : chosen + 1])


def attempt_names(solutions: Sequence[Solution]) -> list[str]:
    """What the attempts of a task are called, in order; one that only has other tests is no repair."""
    names: list[str] = []
    repairs = 0
    corrected = False
    for solution in solutions:
        fresh = solution.tests_change is not None and not corrected
        corrected = corrected or fresh
        repairs += bool(solution.attempt) and not fresh
        names.append("Corrected tests" if fresh else f"Repair {repairs}" if solution.attempt else "First draft")
    return names


def _compare(before: Attempt, after: Attempt, names: Sequence[str]) -> None:
    changed = changed_files(before[0], after[0])
    for column, attempt, name in zip(st.columns(2, gap="medium"), (before, after), names, strict=True):
        with column:
            st.markdown(f"**{name}**")
            show_verdict(attempt[1], attempt[0].tests_change)
    for side, column in enumerate(st.columns(2, gap="medium")):  # a row of its own, so that lines stand side by side
        with column:
            show_files([pair[side] for pair in changed], "The same files.")
    if after[0].note:
        st.caption("What the repair says it changed")
        st.text(after[0].note)
    st.caption("Difference")
    if changed:
        show_text(difference(changed), "diff")
    else:
        st.caption("None: the files are the same.")
