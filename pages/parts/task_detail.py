"""One task with everything that came of it: text, features, code, tests, verdict, attempts, scores, evidence."""

from collections.abc import Sequence

import streamlit as st

from pages.parts.attempts import show_attempts
from pages.parts.code_files import show_files, show_text
from pages.parts.lineage_tree import record_link
from pages.parts.outline import MARK, outline
from pages.parts.text import counted, path_text, plain
from pages.parts.verdict import show_verdict
from synth.records import Score
from synth.workspace import MetricInfo, Sample

LEVELS = {"function": "one function", "files": "several files", "repository": "repository"}


def show_sample(sample: Sample, metrics: Sequence[MetricInfo]) -> None:
    """The task, its last attempt and the tabs behind it."""
    task = sample.task
    if task is None:
        return
    st.markdown(f"#### {plain(task.instruction) or 'No instruction'}")
    made = plain(f"{task.made.engine}/{task.made.model}")
    st.caption(f"{LEVELS[task.level]} · written by {made} at temperature {task.made.temperature:g}")
    record_link(task.id, plain(task.id))
    show_verdict(sample.verdict, sample.solution.tests_change if sample.solution else None)
    titles = ["Task", "Code", "Tests", f"Attempts ({len(sample.attempts)})", "Scores", "Evidence"]
    tabs = st.tabs(titles)
    with tabs[0]:
        _show_task(sample)
    with tabs[1]:
        show_files(sample.solution.files if sample.solution else ())
    with tabs[2]:
        show_files(sample.solution.tests if sample.solution else ())
    with tabs[3]:
        show_attempts(sample.attempts, task.id, sample.rulings)
    with tabs[4]:
        _show_scores(sample.scores, metrics)
    with tabs[5]:
        _show_evidence(sample)


def _show_task(sample: Sample) -> None:
    task, subtree = sample.task, sample.subtree
    if task is None:
        return
    cells = st.grid(2, min_column_width=330, gap="medium")
    with cells, st.container():
        st.caption("Scenario")
        st.text(task.scenario or "–")
        st.caption("Statement")
        show_text(task.statement)
    with cells, st.container():
        st.caption("Features that the engine chose to use")
        st.markdown("\n".join(f"- {plain(name)}" for name in task.selected) or "none")
        if subtree is None:
            st.caption("The subtree is not in this workspace.")
            return
        st.caption(f"Drawn from: subtree of draw {subtree.draw + 1} at temperature {subtree.temperature:g}")
        with st.container(height=380, key="outline-task"):
            st.markdown(outline(subtree.features, set(subtree.mandatory)))
        st.caption(f"{MARK} mandatory: the task must use it.")


def _show_scores(scores: Sequence[Score], metrics: Sequence[MetricInfo]) -> None:
    if not scores:
        st.caption("Not scored.")
        return
    places = {metric.name: place for place, metric in enumerate(metrics)}
    rows = []
    for score in sorted(scores, key=lambda score: (places.get(score.name, len(places)), score.name)):
        metric = metrics[places[score.name]] if score.name in places else None
        rows.append(
            {
                "group": metric.group if metric else "other",
                "measure": metric.title if metric else score.name,
                "value": score.value,
                "meaning": score.reason or (metric.meaning if metric else ""),
            }
        )
    groups = list(dict.fromkeys(str(row["group"]) for row in rows))
    group = st.segmented_control(
        "Group", groups, default=groups[0], required=True, format_func=_capital, key=f"scores-{scores[0].subject_id}",
        label_visibility="collapsed",
    )  # fmt: skip
    shown = [row for row in rows if row["group"] == group]
    st.dataframe(
        shown,
        hide_index=True,
        height=38 + 35 * len(shown),
        column_order=["measure", "value", "meaning"],
        column_config={
            "measure": st.column_config.TextColumn("Measure", width=190),
            "value": st.column_config.NumberColumn("Value", width=90, format="localized"),
            "meaning": st.column_config.TextColumn("Meaning"),
        },
    )


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def _show_evidence(sample: Sample) -> None:
    if not sample.evidence:
        st.caption("No seed shows the drawn features: growth added all of them, or the seeds are elsewhere.")
        return
    places = {place for _, found in sample.evidence for place in found}
    st.caption(
        f"Real code that shows the drawn features, {counted(len(places), 'place')}; "
        f"licences: {plain(', '.join(sample.licences)) or 'unknown'}"
    )
    st.dataframe(
        [{"feature": path_text(path), "place": place} for path, found in sample.evidence for place in found],
        hide_index=True,
        height=min(38 + 35 * sum(len(found) for _, found in sample.evidence), 388),
        column_config={
            "feature": st.column_config.TextColumn("Feature", width="medium"),
            "place": st.column_config.TextColumn("Seen at", width="medium"),
        },
    )
