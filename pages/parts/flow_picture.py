"""The flow as a picture: one card a stage with its live count, arrows between, the Tree-of-Evolution branch below."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from synth.workspace import Counts


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of the flow: what it is called, how much of it there is, and where it is looked at."""

    key: str
    label: str
    icon: str
    page: str
    count: int
    note: str
    """A few words under the count."""
    help: str


def main_stages(counts: Counts, nodes: int) -> list[Stage]:
    """The stages from seeds to the dataset; `nodes` is the size of the feature tree."""
    return [
        Stage("seeds", "Seeds", "grain", "seeds", counts.seeds, "of real code", "Functions and classes of real code."),
        Stage(
            "features", "Features", "sell", "seeds", counts.extractions, "seeds read",
            "Seeds whose features were read: what the code does and how, as a small tree.",
        ),
        Stage(
            "tree", "Tree", "account_tree", "tree", nodes, "features",
            "All features merged into one tree with counts, and widened by growth.",
        ),
        Stage(
            "subtrees", "Subtrees", "tune", "sampling", counts.subtrees, "drawn",
            "Small combinations of features, drawn from the tree by their reweighted counts.",
        ),
        Stage("tasks", "Tasks", "assignment", "generate", counts.tasks, "written", "A task made from each subtree."),
        Stage(
            "solutions", "Solutions", "code", "generate", counts.solutions, "attempts",
            "Code and tests for each task; every repair is an attempt of its own.",
        ),
        Stage(
            "verdicts", "Verdicts", "verified", "generate", counts.verdicts, f"{counts.proven:,} proven",
            "What running the tests in a sandbox said. Proven: the tests ran and passed.",
        ),
        Stage("scores", "Scores", "leaderboard", "dataset", counts.scores, "measured", "Measures of every solution."),
        Stage("dataset-last", "Dataset", "dataset", "dataset", counts.datasets, "exported", "Exported datasets."),
    ]  # fmt: skip


def branch_stages(counts: Counts) -> list[Stage]:
    """The Tree-of-Evolution branch: from seeds or proven tasks to answered instructions."""
    return [
        Stage("roots", "Roots", "forest", "evolution", counts.trees, "trees", "Seeds or proven tasks to evolve from."),
        Stage(
            "evolved", "Evolved", "route", "evolution", counts.instructions, "instructions",
            "Instructions rewritten to be more challenging and more diverse, round by round.",
        ),
        Stage(
            "collected", "Collected", "inventory_2", "evolution", counts.collected, "kept",
            "Instructions good enough, and far enough from the others of their tree.",
        ),
        Stage("answers-last", "Answers", "chat", "evolution", counts.answers, "written", "Answers, at temperature 0."),
    ]  # fmt: skip


def show_flow(counts: Counts, nodes: int) -> None:
    """The whole picture."""
    _row(main_stages(counts, nodes), 9)
    st.space("xxsmall")
    with st.container(key="branch", gap="xsmall"):
        st.caption("**Tree-of-Evolution** branches off from seeds, or from proven tasks, and joins the dataset")
        _row(branch_stages(counts), 9)


def _row(stages: Sequence[Stage], columns: int) -> None:
    cells = st.grid(columns, min_column_width=100, gap=("xsmall", 12))
    for stage in stages:
        waiting = "" if stage.count else "-waiting"
        with cells, st.container(key=f"stage-{stage.key}{waiting}"):
            st.page_link(f"pages/{stage.page}.py", label=stage.label, icon=f":material/{stage.icon}:", help=stage.help)
            st.markdown(f"### {stage.count:,}", anchors=False)
            st.caption(stage.note)
