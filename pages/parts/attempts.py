"""Verdicts in words, and attempts side by side: what a repair was told, said and changed."""

from collections.abc import Sequence

import streamlit as st

from pages.parts.code_files import changed_files, difference, show_files, show_text
from pages.parts.text import counted, plain
from synth.records import Solution, Verdict

_MOST_OUTPUT = 20_000
_OUTCOMES = {
    "passed": "passed",
    "failed": "failed",
    "error": "ended in an error",
    "timeout": "ran out of time",
    "memory_limit": "ran out of memory",
    "output_limit": "printed too much",
    "tampered": "meddled with its own tests",
    "not_collected": "no test was found",
    "infra_error": "the sandbox itself failed",
}

Attempt = tuple[Solution, Verdict | None]


def verdict_words(verdict: Verdict) -> str:
    """A verdict as a sentence."""
    tests = verdict.tests
    if verdict.proven and tests.passed == tests.collected:
        said = counted(tests.passed, "test")
    else:
        named = ((tests.passed, "passed"), (tests.failed, "failed"), (tests.skipped, "skipped"))
        said = ", ".join(
            [counted(tests.collected, "test"), *(f"{number:,} {word}" for number, word in named if number)]
        )
    peak = f", {verdict.peak_mb:,.0f} MiB at most" if verdict.peak_mb is not None else ""
    where = f"{verdict.backend} sandbox, level {verdict.level}"
    return f"{_OUTCOMES[verdict.outcome]}: {said} in {verdict.seconds:.1f} s{peak}, {where}"


def show_verdict(verdict: Verdict | None) -> None:
    """The sentence, the failures, and what the program printed."""
    if verdict is None:
        st.info("Not run: there is no verdict on this attempt.", icon=":material/help:")
        return
    show, icon = (st.success, "verified") if verdict.proven else (st.warning, "report")
    show(plain(verdict_words(verdict)), icon=f":material/{icon}:")
    for failure in verdict.failures:
        with st.expander(plain(failure.test) or "a test", icon=":material/close:"):
            show_text(failure.message)
    for name, text in (("Standard output", verdict.stdout), ("Standard error", verdict.stderr)):
        if text.strip():
            with st.expander(name, icon=":material/terminal:"):
                show_text(text[-_MOST_OUTPUT:])


def show_attempts(attempts: Sequence[Attempt], key: str) -> None:
    """One repair at a time: before and after in two columns, then the difference."""
    if not attempts:
        st.caption("No solution was written for this task.")
        return
    if len(attempts) == 1:
        st.caption("The first draft stands; nothing was repaired.")
        show_verdict(attempts[0][1])
        return
    numbers = list(range(1, len(attempts)))
    chosen = numbers[0]
    if len(numbers) > 1:
        chosen = st.segmented_control(
            "Repair",
            numbers,
            default=numbers[0],
            required=True,
            format_func=lambda number: f"{_name(attempts[number - 1][0])} → {_name(attempts[number][0])}",
            key=f"repair-{key}",
            label_visibility="collapsed",
        )
    _compare(attempts[chosen - 1], attempts[chosen])


def _compare(before: Attempt, after: Attempt) -> None:
    changed = changed_files(before[0], after[0])
    for column, attempt in zip(st.columns(2, gap="medium"), (before, after), strict=True):
        with column:
            st.markdown(f"**{_name(attempt[0])}**")
            show_verdict(attempt[1])
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


def _name(solution: Solution) -> str:
    return f"Repair {solution.attempt}" if solution.attempt else "First draft"
