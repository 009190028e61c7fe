"""The shape of draws as widgets: temperature, widths, mandatory, fixed and excluded features, boosts."""

from collections.abc import Iterable
from typing import Any

import streamlit as st

from pages.parts.text import path_text
from synth.records import CATEGORIES, FeaturePath
from synth.settings import SampleConfig
from synth.workspace import FeatureTree, Workspace

TEMPERATURES = (0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0, 7.0, 10.0, 15.0, 20.0, 30.0, 50.0, 70.0, 100.0)
"""Steps of about equal ratio: each changes a draw about as much as the next."""
MOST_LEVELS = 5
_MOST_WIDTH = 10
_MOST_FOUND, _MOST_READ = 50, 200
_VERSION = "shape-version"


def shape_form(workspace: Workspace, saved: SampleConfig) -> SampleConfig:
    """The shape chosen, at first the one that runs use; what the form does not hold stays as saved."""
    version = st.session_state.get(_VERSION, 0)
    chosen: dict[str, Any] = {
        "temperatures": _temperatures(saved, version),
        "widths": _widths(saved, version),
        **_mandatory(saved, version),
        **_limits(workspace, saved, version),
        "boosts": _boosts(workspace.tree(), saved, version),
    }
    return saved.model_copy(update=chosen)


def forget_shape() -> None:
    """Begin with what runs use again: every widget of the form is a new one."""
    st.session_state[_VERSION] = st.session_state.get(_VERSION, 0) + 1


def _temperatures(saved: SampleConfig, version: int) -> tuple[float, ...]:
    steps = sorted({*TEMPERATURES, *saved.temperatures})
    first = st.select_slider(
        "Temperature",
        steps,
        value=saved.temperatures[0],
        format_func=_number,
        key=f"shape-temperature-{version}",
        persist_state="session",
        help="How far the draw leaves the counts: 1 keeps their distribution, below 1 favours the frequent, "
        "above 1 flattens it so that rare features are drawn too.",
    )
    further = st.multiselect(
        "Further temperatures, in turn",
        steps,
        default=list(dict.fromkeys(saved.temperatures[1:])),
        format_func=_number,
        key=f"shape-further-{version}",
        persist_state="session",
        placeholder="no other temperature",
        help="One temperature a draw, in turn: the first draw takes the slider's, the next the first of these.",
    )
    return (first, *further)


def _widths(saved: SampleConfig, version: int) -> tuple[int, ...]:
    levels = st.slider(
        "Levels",
        1,
        max(MOST_LEVELS, len(saved.widths)),
        len(saved.widths),
        key=f"shape-levels-{version}",
        persist_state="session",
        help="How deep a drawn subtree goes: 1 draws categories alone.",
    )
    st.caption("Width: how many children are drawn below each node of the level above")
    widths = []
    for row in range(0, levels, 2):
        for level, column in zip(range(row, min(row + 2, levels)), st.columns(2, gap="small"), strict=False):
            at_first = saved.widths[level] if level < len(saved.widths) else 1
            widths.append(
                column.slider(
                    f"Level {level + 1}",
                    1,
                    max(_MOST_WIDTH, at_first),
                    at_first,
                    key=f"shape-width-{level}-{version}",
                    persist_state="session",
                )
            )
    return tuple(widths)


def _mandatory(saved: SampleConfig, version: int) -> dict[str, Any]:
    return {
        "mandatory": st.slider(
            "Mandatory leaves",
            0,
            max(_MOST_WIDTH, saved.mandatory),
            saved.mandatory,
            key=f"shape-mandatory-{version}",
            persist_state="session",
            help="How many of the drawn leaves the task must use; the engine chooses among the others.",
        ),
        "distinct": st.toggle(
            "Distinct children",
            saved.distinct,
            key=f"shape-distinct-{version}",
            persist_state="session",
            help="Off: as in the paper, the same child may be drawn twice and counts once, so a level may stay below "
            "its width. On: exactly the width, where there are so many children.",
        ),
    }


def _limits(workspace: Workspace, saved: SampleConfig, version: int) -> dict[str, Any]:
    with st.expander("Fixed and excluded features", icon=":material/keep:"):
        words = st.text_input(
            "Find features",
            placeholder="Words of a path",
            icon=":material/search:",
            key=f"shape-find-{version}",
            live=True,
            help=f"The lists below offer the first {_MOST_FOUND} features found.",
        )
        found = _find(workspace, words)
        return {
            "fixed": _choose("Always in the draw", "fixed", found, saved.fixed, version),
            "excluded": _choose("Never in the draw, nor below", "excluded", found, saved.excluded, version),
        }


def _find(workspace: Workspace, words: str) -> list[FeaturePath]:
    rows, _ = workspace.views.table(words, limit=_MOST_READ)
    return [row.path for row in rows if row.path[0] != CATEGORIES[0]][:_MOST_FOUND]


def _choose(
    label: str, name: str, found: Iterable[FeaturePath], saved: Iterable[FeaturePath], version: int
) -> tuple[FeaturePath, ...]:
    key = f"shape-{name}-{version}"
    kept = st.session_state.get(key, list(saved))
    chosen = st.multiselect(
        label,
        list(dict.fromkeys((*kept, *found))),
        default=list(saved),
        format_func=path_text,
        key=key,
        persist_state="session",
        select_all=False,
        placeholder="none",
    )
    return tuple(chosen)


def _boosts(tree: FeatureTree, saved: SampleConfig, version: int) -> dict[str, float]:
    editor, base, kept = (f"shape-boosts-{part}-{version}" for part in ("editor", "base", "kept"))
    if editor not in st.session_state:  # the editor forgets when another page is shown
        st.session_state[base] = st.session_state.get(kept, saved.boosts)
    start: dict[str, float] = st.session_state[base]
    names = dict.fromkeys((*(tree.name(node) for node in tree.children(0)), *saved.boosts))
    with st.expander("Boost categories", icon=":material/trending_up:"):
        st.caption("A factor on a category's share: 2 doubles its weight, 0 leaves it out.")
        rows: list[dict[str, Any]] = st.data_editor(
            [{"category": name, "factor": start.get(name, 1.0)} for name in names if name != CATEGORIES[0]],
            key=editor,
            hide_index=True,
            height=280,
            disabled=["category"],
            column_config={
                "category": st.column_config.TextColumn("Category"),
                "factor": st.column_config.NumberColumn(
                    "Factor", min_value=0.0, max_value=1000.0, step=0.1, required=True
                ),
            },
        )
    boosts = {row["category"]: float(row["factor"]) for row in rows if row["factor"] not in (None, 1.0)}
    st.session_state[kept] = boosts
    return boosts


def _number(value: float) -> str:
    return f"{value:g}"
