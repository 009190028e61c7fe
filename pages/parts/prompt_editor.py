"""The text of a prompt, checked with every change, beside what it becomes on a real item."""

import streamlit as st

from pages.parts.text import plain
from synth.errors import EspalierError
from synth.workspace import Workspace

_HEIGHT = 620
_STYLE = """<style>
.st-key-prompt-editor textarea { font-family: var(--st-code-font, monospace); font-size: 0.8rem; line-height: 1.5; }
</style>"""


def edit_prompt(workspace: Workspace, name: str) -> None:
    """Edit, keep, take back; and the preview."""
    prompting, key = workspace.prompting, f"prompt-text-{name}"
    kept = prompting.text(name)
    if key not in st.session_state:
        st.session_state[key] = kept
        st.session_state[f"seen-{name}"] = prompting.facts(name).hash
    st.html(_STYLE)
    with st.grid(2, min_column_width=420, gap="medium"):
        with st.container(key="prompt-editor"):
            draft = st.text_area("Text", key=key, height=_HEIGHT, persist_state="session") or ""
            _say(workspace, name, draft, kept)
        with st.container(key="prompt-preview"):
            _preview(workspace, name, draft)


def _say(workspace: Workspace, name: str, draft: str, kept: str) -> None:
    """Problems, or that there are none, and the buttons."""
    changed = draft.rstrip() != kept.rstrip()
    problems = workspace.prompting.problems(name, draft) if changed else []
    lines = draft.splitlines()
    for problem in problems:
        st.error(plain(problem.words), icon=":material/error:")
        if problem.line is not None and 0 < problem.line <= len(lines):
            st.code(lines[problem.line - 1] or " ", language=None, wrap_lines=True)
    if changed and not problems:
        st.info("Not kept yet. It can be asked with: nothing is wrong with it.", icon=":material/edit:")
    if st.session_state.pop("prompt-kept", None) == name:
        st.success("Kept. Runs that start from now on ask with it.", icon=":material/check_circle:")
    with st.container(horizontal=True):
        if st.button("Keep", type="primary", icon=":material/check:", disabled=not changed or bool(problems)):
            workspace.prompting.save(name, draft, seen=st.session_state.get(f"seen-{name}"))
            st.session_state["prompt-kept"] = name
            _forget(name)
            st.rerun()
        st.button("Discard changes", icon=":material/undo:", disabled=not changed, on_click=_forget, args=(name,))
        if workspace.prompting.facts(name).own:
            _reset(workspace, name)


def _reset(workspace: Workspace, name: str) -> None:
    with st.popover("Back to the shipped one", icon=":material/restart_alt:"):
        st.markdown("The copy of this workspace will be gone. Records keep the hash of what made them.")
        if st.button("Take my copy away", type="primary", icon=":material/delete:"):
            workspace.prompting.reset(name)
            _forget(name)
            st.rerun()


def _forget(name: str) -> None:
    """Let go of the draft: the file is shown again."""
    st.session_state.pop(f"prompt-text-{name}", None)
    st.session_state.pop(f"seen-{name}", None)


def _preview(workspace: Workspace, name: str, draft: str) -> None:
    prompting = workspace.prompting
    items = {item.id: item.label for item in prompting.items(name)}
    item = None
    if items:
        item = st.selectbox("On", list(items), format_func=items.__getitem__, key=f"prompt-item-{name}")
    else:
        st.caption(f"This workspace has no {prompting.noun(name)} yet, so this is a shipped example.")
    try:
        preview = prompting.preview(name, item, draft)
    except EspalierError:
        st.caption(":material/visibility_off: No preview while something is wrong with the text.")
        return
    st.code(preview.text, language=None, wrap_lines=True, height=_HEIGHT)
    st.caption(f"As the step sends it: {len(preview.text):,} characters, about {len(preview.text) // 4:,} tokens.")
