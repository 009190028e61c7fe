"""Start a run: what to make, in a form that says what it comes to."""

import streamlit as st
from pydantic import ValidationError

from pages.parts.text import counted, plain
from synth.errors import BadConfig
from synth.settings import RunConfig
from synth.workspace import Workspace, WorkspaceSettings


def run_form(workspace: Workspace) -> str | None:
    """The form. Returns the id of the run that it has just started."""
    kept = workspace.settings()
    st.caption(f"Engine: {plain(_engine_words(kept))}. Shape: {plain(_shape_words(kept))}.")
    with st.form("run", border=True):
        first = st.columns([3, 2, 2, 2])
        name = first[0].text_input("Name", "run", max_chars=80)
        count = first[1].number_input("Samples", 0, 100_000, 40, help="Subtrees drawn; each becomes at most one task.")
        share = first[2].slider(
            "Several files", 0, 100, 35, format="%d %%", help="Share of tasks with several modules."
        )
        repairs = first[3].number_input("Repair rounds", 0, 10, 3, help="How often a failing solution is sent back.")
        second = st.columns([3, 2, 2, 2])
        limit = second[0].number_input("Seeds to read", 0, 1_000_000, 0, help="0 = all seeds of the workspace.")
        steps = second[1].number_input("Growth steps", 0, 100_000, 10, help="Each expands one drawn subtree.")
        roots = second[2].number_input("Evolution roots", 0, 100_000, 0, help="Trees of Tree-of-Evolution; 0 = none.")
        seed = second[3].number_input("Seed number", 0, 2**31, 7, help="Same seed number and tree, same draws.")
        st.caption(_comes_to(int(count), int(repairs), int(roots)))
        if not st.form_submit_button("Start run", type="primary", icon=":material/play_arrow:"):
            return None
    values = {
        "name": name.strip(),
        "seed": int(seed),
        "engine": kept.engine,
        "seeds": {"limit": int(limit)},
        "grow": {"steps": int(steps)},
        "sample": kept.sample.model_copy(update={"count": int(count)}),
        "tasks": {"files_share": share / 100, "repair_rounds": int(repairs)},
        "evolve": {"roots": int(roots)},
    }
    try:
        config = RunConfig.model_validate(values)
    except ValidationError as error:
        problem = error.errors()[0]
        raise BadConfig(f"{problem['loc'][0]}: {problem['msg']}.") from error
    with st.spinner("Freezing the config and starting a worker"):
        return workspace.start_run(config)


def _comes_to(count: int, repairs: int, roots: int) -> str:
    samples = f"{counted(count, 'subtree')}, so up to {counted(count, 'task')} with up to {repairs} repairs each"
    trees = f"{counted(roots, 'tree')} of instructions, three rounds of three children" if roots else "no evolution"
    return f"As it stands after a submit: {samples}; {trees}. What is finished already is never made twice."


def _engine_words(kept: WorkspaceSettings) -> str:
    engine = kept.engine
    return "offline, no key needed" if engine.kind == "offline" else f"{engine.model} at {engine.base_url}"


def _shape_words(kept: WorkspaceSettings) -> str:
    widths = ", ".join(str(width) for width in kept.sample.widths)
    heat = ", ".join(f"{temperature:g}" for temperature in kept.sample.temperatures)
    return f"{widths} children per level at temperature {heat}"
