"""One task with everything that came of it: text, code, tests, verdicts, attempts side by side, scores, evidence."""

import difflib
from collections.abc import Sequence
from itertools import pairwise

import streamlit as st

from pages.parts.text import path_text, plain
from synth.records import CodeFile, Solution, Verdict
from synth.workspace import Sample

LANGUAGES = {"py": "python", "json": "json", "toml": "toml", "md": "markdown", "yaml": "yaml", "yml": "yaml"}


def show_sample(sample: Sample) -> None:
    """The task, its last attempt and the tabs behind it."""
    task = sample.task
    if task is None:
        return
    st.markdown(f"#### {plain(task.instruction)}")
    st.caption(f"{task.level} · {task.id} · {plain(task.made.engine)}/{plain(task.made.model)}")
    names = ["Task", "Code", "Tests", f"Attempts ({len(sample.attempts)})", "Scores", "Lineage"]
    tabs = st.tabs(names)
    with tabs[0]:
        st.caption("Scenario")
        st.text(task.scenario)
        st.caption("Statement")
        st.code(task.statement, language=None, wrap_lines=True)
    with tabs[1]:
        show_files(sample.solution.files if sample.solution else ())
    with tabs[2]:
        if sample.verdict is not None:
            show_verdict(sample.verdict)
        show_files(sample.solution.tests if sample.solution else ())
    with tabs[3]:
        _show_attempts(sample.attempts)
    with tabs[4]:
        _show_scores(sample)
    with tabs[5]:
        _show_lineage(sample)


def show_files(files: Sequence[CodeFile]) -> None:
    """Files one below the other, highlighted, each under its path."""
    if not files:
        st.caption("No files.")
    for file in files:
        st.caption(plain(file.path))
        st.code(file.text, language=LANGUAGES.get(file.path.rsplit(".", 1)[-1]), line_numbers=True)


def verdict_words(verdict: Verdict) -> str:
    """A verdict as a sentence."""
    tests = verdict.tests
    counts = [f"{tests.passed} passed"]
    counts += [f"{number} {word}" for number, word in ((tests.failed, "failed"), (tests.skipped, "skipped")) if number]
    where = f"{verdict.backend} sandbox, level {verdict.level}"
    return f"{verdict.outcome.replace('_', ' ')}: {', '.join(counts)} in {verdict.seconds:.1f} s ({where})"


def show_verdict(verdict: Verdict) -> None:
    """The sentence, the failures, and what the program said."""
    show = st.success if verdict.proven else st.warning
    show(plain(verdict_words(verdict)), icon=":material/verified:" if verdict.proven else ":material/report:")
    for failure in verdict.failures:
        with st.expander(plain(failure.test)):
            st.code(failure.message, language=None, wrap_lines=True)
    for name, text in (("Standard output", verdict.stdout), ("Standard error", verdict.stderr)):
        if text.strip():
            with st.expander(name):
                st.code(text[-20_000:], language=None, wrap_lines=True)


def _show_attempts(attempts: Sequence[tuple[Solution, Verdict | None]]) -> None:
    columns = st.columns(max(1, len(attempts)))
    for column, (solution, verdict) in zip(columns, attempts, strict=False):
        with column:
            st.markdown("**First draft**" if solution.attempt == 0 else f"**Repair {solution.attempt}**")
            if solution.note:
                st.text(solution.note)
            if verdict is not None:
                show_verdict(verdict)
    for (before, _), (after, _) in pairwise(attempts):
        st.caption(f"What repair {after.attempt} changed")
        st.code(_difference(before, after), language="diff")
    if len(attempts) == 1:
        st.caption("The first draft stands; nothing was repaired.")


def _difference(before: Solution, after: Solution) -> str:
    old, new = ({file.path: file.text for file in solution.files} for solution in (before, after))
    lines: list[str] = []
    for path in sorted(old.keys() | new.keys()):
        lines += difflib.unified_diff(
            old.get(path, "").splitlines(),
            new.get(path, "").splitlines(),
            f"{path} before",
            f"{path} after",
            lineterm="",
        )
    return "\n".join(lines) or "no difference"


def _show_scores(sample: Sample) -> None:
    if not sample.scores:
        st.caption("Not scored.")
        return
    st.dataframe(
        [
            {"score": score.name, "value": score.value, "by": score.by, "reason": score.reason}
            for score in sample.scores
        ],
        hide_index=True,
        column_config={"value": st.column_config.NumberColumn("value", format="%.2f")},
    )


def _show_lineage(sample: Sample) -> None:
    if sample.subtree is not None:
        shape = sample.subtree
        st.caption(f"Subtree {shape.id}, draw {shape.draw}, temperature {shape.temperature:g}; the task must use:")
        st.text("\n".join(path_text(path) for path in shape.mandatory) or "nothing in particular")
        st.caption("Features the engine says it used")
        st.text(", ".join(sample.task.selected if sample.task else ()))
    rows = [{"feature": path_text(path), "seeds": ", ".join(places)} for path, places in sample.evidence]
    if rows:
        st.caption("Where the drawn features were seen in real code")
        st.dataframe(
            rows, hide_index=True, column_config={"seeds": st.column_config.TextColumn("seen in", width="large")}
        )
    if sample.licences:
        st.caption(f"Licences of these seeds: {plain(', '.join(sample.licences))}")
