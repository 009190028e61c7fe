"""What was done to the tree, what waits for review, and the way back."""

from itertools import islice
from typing import Any

import streamlit as st

from pages.parts.text import counted, path_text, plain
from pages.parts.tree_edit import attempt
from synth.workspace import Workspace, stretches

_LINES, _READ = 12, 400
_ITEMS = 100


def show_way_back(workspace: Workspace, key: str) -> None:
    """Undo and redo of the latest edits, with what they would do."""
    history = workspace.trees.history
    with st.container(horizontal=True, gap="small"):
        st.button(
            "Undo",
            icon=":material/undo:",
            key=f"{key}-undo",
            disabled=not history.can_undo(),
            help="Takes back the latest change that no run made.",
            on_click=lambda: attempt(workspace.trees.undo),
        )
        st.button(
            "Redo",
            icon=":material/redo:",
            key=f"{key}-redo",
            disabled=not history.can_redo(),
            help="Does again what the latest undo took back.",
            on_click=lambda: attempt(workspace.trees.redo),
        )


def show_history(workspace: Workspace, key: str) -> None:
    """The latest entries; each that is in force can be taken back by itself."""
    history = workspace.trees.history
    in_force = set(history.in_force())
    with st.expander(f"History: {counted(history.last, 'change')}", icon=":material/history:"):
        for part in islice(stretches(history.entries(max(0, history.last - _READ))), _LINES):
            entry = part[0]
            words, way = st.columns([6, 1], vertical_alignment="center")
            more = f", and {len(part) - 1:,} entries before" if len(part) > 1 else ""
            words.markdown(f"{entry.number} · {plain(entry.summary)}{more}")
            words.caption(
                f"{entry.at[:16].replace('T', ' ')} · {plain(str(entry.actor))}"
                + (f" · {plain(entry.reason)}" if entry.reason else "")
            )
            if entry.number in in_force:
                way.button(
                    "Undo",
                    key=f"{key}-undo-{entry.number}",
                    type="tertiary",
                    on_click=attempt,
                    args=(
                        (lambda group=entry.group: workspace.trees.undo_group(group))
                        if entry.actor.kind == "run"
                        else (lambda number=entry.number: workspace.trees.undo(number)),
                    ),
                )
            elif entry.action == "do":
                way.caption("undone")


def show_proposals(workspace: Workspace, key: str) -> None:
    """Changes that are held for review, to be accepted or refused one by one or all at once."""
    trees = workspace.trees
    in_force = set(trees.history.in_force())
    waiting = {one.id: one for one in trees.proposals() if len(one.open_items(in_force))}
    if not waiting:
        return
    with st.expander(f"Waiting for review: {counted(len(waiting), 'proposal')}", icon=":material/rate_review:"):
        chosen: str = st.selectbox(
            "Proposal",
            list(waiting),
            format_func=lambda one: f"{waiting[one].actor.name or waiting[one].actor.kind}: {waiting[one].reason}",
            key=f"{key}-proposal",
        )
        proposal = waiting[chosen]
        numbers = proposal.open_items(in_force)
        left = len(numbers)
        items = [item for number in numbers[:_ITEMS].tolist() for item in proposal.items(trees.history, number, 1)]
        widget = f"{key}-items-{chosen}-{trees.history.last}-{left}"
        table: Any = st.dataframe(
            [
                {"what": item.kind, "feature": path_text(item.path), "change": item.summary, "why": item.reason}
                for item in items
            ],
            key=widget,
            hide_index=True,
            on_select="rerun",
            selection_mode="multi-row",
        )
        if left > len(items):
            st.caption(f"The first {len(items):,} of {left:,} open changes.")
        rows = [items[row].number for row in table.selection.rows if row < len(items)]
        what = counted(len(rows), "chosen change") if rows else f"all {left:,}"
        with st.container(horizontal=True):
            st.button(
                f"Accept {what}",
                type="primary",
                key=f"accept-{widget}",
                on_click=lambda: attempt(lambda: trees.accept(chosen, rows or None)),
            )
            st.button(
                f"Refuse {what}",
                key=f"refuse-{widget}",
                on_click=lambda: attempt(lambda: trees.refuse(chosen, rows or None)),
            )
