"""Making a record again from its page, and what came of it."""

import streamlit as st

from pages.parts.shell import said_plainly
from pages.parts.text import plain
from synth.records import Record
from synth.workspace import LineageNode, Replay, Workspace

_RESULT = "replayed"


@st.fragment
def replay_box(workspace: Workspace, record: Record, node: LineageNode) -> None:
    """The button, and the result of the last time it was pressed for this record."""
    remote = node.made is not None and node.made.engine != "offline"
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button("Make it again", icon=":material/replay:", key=f"again-{record.id}")
        fresh = remote and st.toggle(
            "Ask the endpoint anew", key=f"fresh-{record.id}",
            help="Costs what the call costs. Otherwise the workspace's own replies answer, and nothing is paid.",
        )  # fmt: skip
    with said_plainly():
        if pressed:
            with st.spinner("Making it again"):
                st.session_state[_RESULT] = workspace.replaying.replay(record.id, fresh=fresh)
        said = st.session_state.get(_RESULT)
        if isinstance(said, Replay) and said.id == record.id:
            _show(said)


def _show(said: Replay) -> None:
    if said.outcome == "cannot":
        st.warning(plain(f"It cannot be made again: {said.reason}"), icon=":material/block:")
        return
    paid = plain(said.bill)
    if said.outcome == "same":
        st.success(f"The same, field by field: {paid}.", icon=":material/check_circle:")
        return
    st.warning(plain(said.reason) if said.reason else f"Not the same: {paid}.", icon=":material/difference:")
    if said.differences:
        st.dataframe([one.model_dump() for one in said.differences], hide_index=True)
