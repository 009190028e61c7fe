"""One record as it is: its text, code or features, who made it, and all of it as JSON."""

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from pages.parts.code_files import show_files, show_text
from pages.parts.outline import outline
from pages.parts.text import path_text, plain
from pages.parts.verdict import show_change, show_verdict
from synth.records import (
    Answer,
    Choice,
    Demonstration,
    Dropped,
    Extraction,
    FeaturePath,
    Growth,
    Instruction,
    PreExtraction,
    Record,
    Ruling,
    Score,
    Seed,
    Solution,
    Subtree,
    Task,
    Verdict,
)
from synth.workspace import LineageNode

_TALL = 380
_REFUSED = 40
"""Refused names that are listed."""


def show_record(record: Record, node: LineageNode) -> None:
    """Kind, id and what it is; then its content."""
    st.markdown(f"##### {plain(record.kind.replace('_', ' ').capitalize())}")
    st.code(record.id, language=None)
    if said := node.said():
        st.caption(plain(said))
    _SHOW[record.kind](record)
    with st.expander("As JSON", icon=":material/data_object:"):
        st.json(record.model_dump(mode="json"), expanded=1)


def _seed(seed: Seed) -> None:
    st.caption(plain(f"{seed.path}, lines {seed.line} to {seed.end_line}: {seed.name}, licence {seed.licence}"))
    show_text(seed.code, "python")


def _pre_extraction(read: PreExtraction) -> None:
    st.text(", ".join(read.keywords))


def _features(paths: tuple[FeaturePath, ...], mandatory: tuple[FeaturePath, ...] = ()) -> None:
    with st.container(height=_TALL, key="outline-record"):
        st.markdown(outline(paths, set(mandatory)))


def _demonstration(shown: Demonstration) -> None:
    st.caption(f"Version {shown.version}; {shown.added:,} added, {shown.removed:,} removed.")
    _features(shown.features)


def _growth(growth: Growth) -> None:
    st.caption("Added, with the estimated count")
    st.dataframe(
        [{"feature": path_text(one.path), "count": one.estimated, "from": one.basis} for one in growth.added],
        hide_index=True,
    )
    if growth.refused:
        st.caption("Refused")
        st.text("\n".join(f"{path_text(one.path)}: {one.reason}" for one in growth.refused[:_REFUSED]))


def _task(task: Task) -> None:
    for title, text in (("Instruction", task.instruction), ("Scenario", task.scenario)):
        st.caption(title)
        st.text(text or "–")
    st.caption("Statement")
    show_text(task.statement)


def _solution(solution: Solution) -> None:
    if solution.tests_change is not None:
        show_change(solution.tests_change)
    if solution.note:
        st.caption("What it says it changed")
        st.text(solution.note)
    show_files([*solution.files, *solution.tests])


def _ruling(ruling: Ruling) -> None:
    st.text(f"The {ruling.blames} {'is' if ruling.blames == 'solution' else 'are'} wrong: {ruling.reason}")
    if ruling.tests:
        show_files(ruling.tests)


def _score(score: Score) -> None:
    st.metric(plain(score.name), f"{score.value:g}")
    st.caption(plain(f"by {score.by}"))
    if score.reason:
        st.text(score.reason)


def _instruction(node: Instruction) -> None:
    show_text(node.text, "python" if node.round == 0 and node.origin_id.startswith("seed-") else None)


def _choice(choice: Choice) -> None:
    icon = "check" if choice.kept else "close"
    st.markdown(f":material/{icon}: **{choice.stage}**: {plain(choice.reason)}")


def _dropped(item: Dropped) -> None:
    st.warning(plain(f"dropped at {item.step}: {item.reason}"), icon=":material/delete:")
    st.caption(plain(f"It would have been {item.wanted_id}, from {item.subject_id}."))
    if item.raw:
        st.caption("The raw reply")
        show_text(item.raw)


_SHOW: Mapping[str, Callable[[Any], None]] = {
    Seed.kind: _seed,
    PreExtraction.kind: _pre_extraction,
    Demonstration.kind: _demonstration,
    Extraction.kind: lambda read: _features(read.features),
    Growth.kind: _growth,
    Subtree.kind: lambda drawn: _features(drawn.features, drawn.mandatory),
    Task.kind: _task,
    Solution.kind: _solution,
    Verdict.kind: show_verdict,
    Ruling.kind: _ruling,
    Score.kind: _score,
    Instruction.kind: _instruction,
    Choice.kind: _choice,
    Answer.kind: lambda answer: show_text(answer.text, "markdown"),
    Dropped.kind: _dropped,
}
