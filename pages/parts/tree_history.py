"""What was done to the tree, what waits for review, and the way back."""

from itertools import groupby
from typing import Any

import streamlit as st

from pages.parts.text import counted, path_text, plain
from pages.parts.tree_edit import attempt
from synth.workspace import Workspace

_LINES = 12
_ITEMS = 100


def show_way_back(workspace: Workspace, key: str) -> None:
    """Undo and redo of the latest edits, with what they would do."""
    history = workspace.trees.history
    own = any(history.entry(number).actor.kind != "run" for number in history.in_force())
    with st.container(horizontal=True, gap="small"):
        st.button(
            "Undo",
            icon=":material/undo:",
            key=f"{key}-undo",
            disabled=not own,
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
        newest = reversed(history.entries(max(0, history.last - 400)))
        # a run stores what it did every other moment: here its entries are one line
        parts = groupby(newest, key=lambda entry: f"run {entry.group}" if entry.actor.kind == "run" else entry.number)
        shown = [list(part) for _, part in parts][:_LINES]
        for part in shown:
            entry = part[0]
            words, way = st.columns([6, 1], vertical_alignment="center")
            who = f"{entry.actor.kind} {entry.actor.name}".strip()
            more = f", and {len(part) - 1:,} entries before" if len(part) > 1 else ""
            words.markdown(f"{entry.number} · {plain(entry.summary)}{more}")
            words.caption(
                f"{entry.at[:16].replace('T', ' ')} · {plain(who)}"
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
    waiting = {one.id: one for one in trees.proposals() if "open" in one.states(in_force)}
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
        numbers = [number for number, state in enumerate(proposal.states(in_force)) if state == "open"]
        left = len(numbers)
        items = [item for number in numbers[:_ITEMS] for item in proposal.items(trees.history, number, 1)]
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
