"""The prompts that engines are asked with: all of them at a glance, and the one that is looked at."""

from collections.abc import Sequence

import streamlit as st

from pages.parts.text import plain
from pages.parts.text_difference import show_difference
from synth.workspace import PromptFacts, Workspace

_MARKS = {
    "shipped": "shipped",
    "own": "own",
    "outdated": "own, the shipped one has changed since",
    "broken": "own, no run can ask with it",
}


def choose_prompt(workspace: Workspace) -> str:
    """Which prompt to look at; kept in the address."""
    prompts = workspace.prompting.all()
    names = [facts.name for facts in prompts]
    wanted = st.query_params.get("prompt", "")
    with st.expander(f"All prompts: {_told(prompts)}", icon=":material/list:"):
        st.dataframe([_row(facts) for facts in prompts], hide_index=True, height="content")
    name = st.selectbox("Prompt", names, names.index(wanted) if wanted in names else 0, key="prompt", width=420)
    st.query_params["prompt"] = name
    return name


def prompt_head(workspace: Workspace, name: str) -> None:
    """What it is for, and whether something is to be done about it."""
    facts = workspace.prompting.facts(name)
    inputs = ", ".join(f"`{one}`" for one in facts.inputs)
    st.markdown(plain(facts.purpose))
    st.caption(f"Step {facts.step} · inputs {inputs} · {_MARKS[_state(facts)]} · hash `{facts.hash}`")
    if facts.problem:
        st.error(f"No run can start with this prompt: {plain(facts.problem)}.", icon=":material/error:")
    if facts.outdated:
        with st.container(border=True, key="prompt-outdated"):
            st.warning("The shipped prompt has changed since this copy was made.", icon=":material/update:")
            with st.expander("What changed in the shipped one"):
                show_difference(workspace.prompting.based_on(name) or "", workspace.prompting.shipped_text(name))
            if st.button("My copy is up to date with it", icon=":material/check:"):
                workspace.prompting.accept_shipped(name)
                st.rerun()


def _state(facts: PromptFacts) -> str:
    if facts.problem:
        return "broken"
    if facts.outdated:
        return "outdated"
    return "own" if facts.own else "shipped"


def _told(prompts: Sequence[PromptFacts]) -> str:
    """How many are in which state."""
    states = [_state(facts) for facts in prompts]
    return "; ".join(f"{states.count(state)} {words}" for state, words in _MARKS.items() if state in states)


def _row(facts: PromptFacts) -> dict[str, str]:
    return {
        "Prompt": facts.name,
        "Step": facts.step,
        "Copy": _MARKS[_state(facts)],
        "Purpose": facts.purpose,
        "Hash": facts.hash,
    }
