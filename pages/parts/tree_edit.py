"""Editing the feature looked at: each edit is kept at once, and one undo away."""

from collections.abc import Callable

import streamlit as st

from pages.parts.branch import go_to
from pages.parts.text import counted, path_text, plain
from synth.errors import EspalierError
from synth.records import FeaturePath
from synth.workspace import FeatureTree, Workspace, operations

_SAID = "tree-said"
_MOST_FOUND = 50


def show_said() -> None:
    """What came of the edit before: once, and gone with the next one."""
    kind, text = st.session_state.pop(_SAID, ("", ""))
    if kind == "error":
        st.error(plain(text), icon=":material/block:")
    elif text:
        st.toast(plain(text), icon=":material/check:")


def attempt(work: Callable[[], object]) -> bool:
    """Do something to the tree; what went wrong is said at the top of the page. Returns whether it went well."""
    try:
        done = work()
    except EspalierError as error:
        st.session_state[_SAID] = ("error", str(error))
        return False
    st.session_state[_SAID] = ("done", str(getattr(done, "summary", "")))
    return True


def show_actions(workspace: Workspace, tree: FeatureTree, path: FeaturePath, key: str) -> None:
    """Buttons that open a small form each; keyboard: Tab and Enter."""
    node = tree.node(path)
    if not path or node is None:
        return
    # another state of the tree is another set of widgets: no form keeps what is no longer so
    part = f"{key}-{node}-{workspace.trees.history.last}"
    locked = tree.locked(node)
    with st.container(horizontal=True, gap="small"):
        _add(workspace, node, part)
        _rename(workspace, tree, path, key, part)
        _move(workspace, tree, path, key, part)
        _counts(workspace, tree, node, part)
        _remark(workspace, tree, node, part)
        st.button(
            "Unlock" if locked else "Lock",
            icon=":material/lock_open:" if locked else ":material/lock:",
            key=f"lock-{part}",
            help="A locked feature keeps its name, place, counts and children; only seeds count on.",
            on_click=lambda: attempt(lambda: workspace.trees.edit([operations.Lock(node=node, locked=not locked)])),
        )
        _delete(workspace, tree, path, key, part)


def _add(workspace: Workspace, node: int, part: str) -> None:
    def add() -> None:
        outline = st.session_state[f"add-{part}"]
        attempt(lambda: workspace.trees.edit([operations.AddMany(parent=node, outline=outline)]))

    with st.popover("Add", icon=":material/add:"), st.form(f"add-form-{part}", border=False):
        st.text_area(
            "New features below",
            key=f"add-{part}",
            placeholder="one a line;\n  indented: below the line above",
            help="What is there already stays as it is.",
        )
        st.form_submit_button("Add", type="primary", on_click=add)


def _rename(workspace: Workspace, tree: FeatureTree, path: FeaturePath, key: str, part: str) -> None:
    node = tree.node(path) or 0

    def rename() -> None:
        name = st.session_state[f"rename-{part}"]
        if attempt(lambda: workspace.trees.edit([operations.Rename(node=node, name=name)])):
            go_to(key, (*path[:-1], name))

    with st.popover("Rename", icon=":material/edit:"), st.form(f"rename-form-{part}", border=False):
        st.text_input("Name", path[-1], key=f"rename-{part}")
        st.form_submit_button("Rename", type="primary", on_click=rename)


def _move(workspace: Workspace, tree: FeatureTree, path: FeaturePath, key: str, part: str) -> None:
    node = tree.node(path) or 0

    def move(parent: int, above: FeaturePath) -> None:
        if attempt(lambda: workspace.trees.edit([operations.Move(node=node, parent=parent)])):
            go_to(key, (*above, path[-1]))

    with st.popover("Move", icon=":material/drive_file_move:"):
        words = st.text_input(
            "To below", key=f"move-find-{part}", placeholder="Words of a path", icon=":material/search:", live=True
        )
        rows = workspace.views.table(words, limit=_MOST_FOUND)[0] if words else []
        for row in [row for row in rows if row.path[: len(path)] != path][:6]:
            st.button(
                plain(path_text(row.path)),
                key=f"move-{part}-{row.node}",
                type="tertiary",
                on_click=move,
                args=(row.node, row.path),
            )
        if not words:
            st.caption("Find the feature that it shall stand below.")


def _counts(workspace: Workspace, tree: FeatureTree, node: int, part: str) -> None:
    def count() -> None:
        observed, estimated = st.session_state[f"observed-{part}"], st.session_state[f"estimated-{part}"]
        change = operations.SetCount(
            node=node, observed=int(observed), estimated=estimated, clear_estimated=estimated is None
        )
        attempt(lambda: workspace.trees.edit([change]))

    with st.popover("Counts", icon=":material/123:"), st.form(f"count-form-{part}", border=False):
        st.number_input("Observed", 0, 10**9, tree.observed(node), step=1, key=f"observed-{part}")
        st.number_input("Estimated", 0.0, 1e9, tree.estimated(node), key=f"estimated-{part}", placeholder="none")
        st.form_submit_button("Set", type="primary", on_click=count)


def _remark(workspace: Workspace, tree: FeatureTree, node: int, part: str) -> None:
    def remark() -> None:
        text, status = st.session_state[f"note-{part}"], st.session_state[f"status-{part}"]
        both = [operations.Note(node=node, text=text), operations.Status(node=node, status=status)]
        attempt(lambda: workspace.trees.edit(both))

    with st.popover("Remark", icon=":material/sticky_note_2:"), st.form(f"remark-form-{part}", border=False):
        st.text_area("Note", tree.note(node), key=f"note-{part}")
        st.selectbox(
            "Status",
            operations.STATUSES,
            operations.STATUSES.index(tree.status(node)),
            format_func=lambda status: status or "nothing said",
            key=f"status-{part}",
        )
        st.form_submit_button("Keep", type="primary", on_click=remark)


def _delete(workspace: Workspace, tree: FeatureTree, path: FeaturePath, key: str, part: str) -> None:
    node = tree.node(path) or 0

    def delete() -> None:
        if attempt(lambda: workspace.trees.edit([operations.Delete(node=node)])):
            go_to(key, path[:-1])

    with st.popover("Delete", icon=":material/delete:"):
        below = workspace.views.size(node) - 1
        seeds = len(tree.evidence(node))
        st.markdown(f"Takes away **{plain(path[-1])}** and {counted(below, 'feature')} below it.")
        if seeds:
            st.caption(f"{counted(seeds, 'seed')} of the workspace {'shows' if seeds == 1 else 'show'} it.")
        st.button("Delete", type="primary", key=f"delete-{part}", on_click=delete)
