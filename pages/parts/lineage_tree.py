"""The lineage of a record as a tree that opens entry by entry, and the field that asks for another one."""

import streamlit as st

from pages.parts.text import counted, plain, short
from synth.workspace import Came, LineageNode

_ICONS = {
    "seed": "grain",
    "pre_extraction": "key",
    "demonstration": "menu_book",
    "extraction": "manage_search",
    "growth": "spa",
    "feature": "label",
    "subtree": "account_tree",
    "task": "assignment",
    "solution": "code",
    "verdict": "gavel",
    "ruling": "balance",
    "score": "straighten",
    "instruction": "route",
    "choice": "rule",
    "answer": "chat",
    "dropped": "delete",
    "missing": "help",
}
_LABEL = 110
"""Characters of an entry's line in its heading."""
_FEW = 4
"""Entries that are open at first."""


def choose_record() -> str:
    """The id in the address, and a field that takes another one."""
    known = st.query_params.get("id", "")
    given = st.text_input(
        "Id",
        known,
        key=f"record-{known}",  # so that a link to another record fills the field anew
        placeholder="task-3f0c9b5e11aa7d02, or its beginning",
        icon=":material/search:",
        max_chars=200,
    )
    if given.strip() != known:
        st.query_params.from_dict({"id": given.strip()})
        st.rerun()
    return known


def show_tree(came: Came) -> None:
    """What the record was made from, then what came of it; what is below an entry comes when it is opened."""
    for title, nodes, more, nothing in (
        ("Comes from", came.above, came.above_more, "Nothing: it was read, not made."),
        ("Led to", came.below, came.below_more, "Nothing so far."),
    ):
        st.markdown(f"##### {title}")
        with st.container(key=f"lineage-{title.split()[0].lower()}", gap="xxsmall"):
            _show_nodes(nodes, more, f"{title}-{came.record.id}", came.record.runs)
            if not nodes and not more:
                st.caption(nothing)
    if came.cut or _left_out((*came.above, *came.below), came.above_more + came.below_more):
        whole = {"id": came.record.id, "all": "1"}
        with st.container(key="lineage-whole"):
            st.page_link("pages/record.py", label="List everything", icon=":material/unfold_more:", query_params=whole)


def show_costs(came: Came) -> None:
    """What the record and its own line of ancestors came to."""
    for bill in came.bills:
        st.caption(plain(bill))


def record_link(record_id: str, label: str = "Open", icon: str = "conversion_path") -> None:
    """A link to the lineage of a record."""
    st.page_link("pages/record.py", label=label, icon=f":material/{icon}:", query_params={"id": record_id})


def _left_out(nodes: tuple[LineageNode, ...], more: int) -> bool:
    return more > 0 or any(_left_out(node.nodes, node.more) for node in nodes)


def _show_nodes(nodes: tuple[LineageNode, ...], more: int, place: str, runs: tuple[str, ...]) -> None:
    few = len(nodes) <= _FEW and "/" not in place
    for number, node in enumerate(nodes):
        _show_node(node, f"{place}/{number}", runs, opened=few)
    if more:
        st.caption(f"and {counted(more, 'more entry', 'more entries')}")


def _show_node(node: LineageNode, place: str, runs: tuple[str, ...], *, opened: bool) -> None:
    name = node.id if node.kind == "feature" else node.kind.replace("_", " ")
    role = f"{node.role}: " if node.role else ""
    label = f"**{plain(role + short(name, 80))}** {plain(short(node.line, _LABEL))}"
    entry = st.expander(
        label,
        key=f"node-{place}",
        icon=f":material/{_ICONS.get(node.kind, 'circle')}:",
        type="compact",
        on_change="rerun",
        expanded=opened,
    )
    if not entry.open:
        return
    with entry, st.container(gap="xxsmall"):
        if said := node.said(runs):
            st.caption(plain(said))
        if node.kind == "missing":
            st.caption(plain(node.id))
        elif node.kind != "feature":
            record_link(node.id, plain(node.id))
        if node.again:
            st.caption("What it comes from is listed above.")
        _show_nodes(node.nodes, node.more, place, runs)
