"""Start a run: what to make, and what that comes to, before anything is paid."""

from typing import Any

import streamlit as st
from pydantic import ValidationError

from pages.parts.estimate import show_estimate
from pages.parts.shell import said_plainly
from pages.parts.text import counted, plain
from synth.errors import BadConfig, NotFound
from synth.settings import STEPS, RunConfig, SampleConfig
from synth.workspace import Workspace, WorkspaceSettings

_LABELS = {
    "name": "Name",
    "seed": "Seed number",
    "seeds": "Seeds to read",
    "grow": "Growth steps",
    "sample": "Samples",
    "tasks": "Several files, or repair rounds",
    "evolve": "Evolution roots",
    "budget": "Budget",
}
_MOST = 1_000_000
_PILOT = 5
_PILOT_KEY = "pilot-run"


@st.fragment
def run_form(workspace: Workspace) -> None:
    """The form; a started run is put into the address, and the page drawn anew with it.

    Not `st.form`: the line that says what the run comes to follows every change.
    """
    with said_plainly():
        kept = workspace.settings()
        shape = _choose_shape(kept)
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            st.caption(f"Engine **{plain(_engine_words(kept))}** · draws {plain(_shape_words(shape))}", width="content")
            st.page_link("pages/settings.py", label="Change the engine", icon=":material/settings:", width="content")
            st.page_link("pages/sampling.py", label="Change the shape", icon=":material/tune:", width="content")
        values = _fields(kept, shape)
        paid = _is_paid(kept)
        if paid:
            values |= _paid_fields(workspace)
        st.markdown(what_it_does(values, workspace.counts().seeds))
        with said_plainly(), st.spinner("Counting"):
            show_estimate(workspace.estimating.estimate(run_config(values), _pilot(workspace)))
        with st.container(horizontal=True, gap="small"):
            if st.button("Start run", type="primary", icon=":material/play_arrow:", key="start-run"):
                _start(workspace, run_config(values), pilot=False)
            if paid and st.button(
                f"Try {_PILOT} first", icon=":material/science:", key="try-first",
                help=f"Makes {_PILOT} items in a small run of its own, which is paid, and says then what the whole run "
                "will come to. What it made counts, and the same questions are not paid again.",
            ):  # fmt: skip
                _start(workspace, run_config(values), pilot=True)


def _start(workspace: Workspace, config: RunConfig, *, pilot: bool) -> None:
    """Start the run, or a small one of it; the page is drawn anew with what was started."""
    estimating = workspace.estimating
    with st.spinner("Starting"):
        if pilot:
            run_id = workspace.start_run(estimating.pilot_of(config, _PILOT))
            st.session_state[_PILOT_KEY] = run_id
        else:
            run_id = workspace.start_run(config, estimating.estimate(config, _pilot(workspace)))
    st.query_params["run"] = run_id
    st.query_params.pop("task", None)
    st.rerun()


def _pilot(workspace: Workspace) -> str | None:
    """The small run that was made from this form, as soon as it is finished."""
    run_id = st.session_state.get(_PILOT_KEY)
    try:
        return run_id if run_id and workspace.run(run_id).state == "finished" else None
    except NotFound:
        return None


def _is_paid(kept: WorkspaceSettings) -> bool:
    """Whether any step asks an endpoint."""
    return any(RunConfig(engine=kept.engine, models=kept.models).engine_of(step).kind != "offline" for step in STEPS)


def _paid_fields(workspace: Workspace) -> dict[str, Any]:
    """What matters only where something may be paid."""
    cells = st.grid(4, min_column_width=180, gap="small")
    with cells:
        money = st.number_input(
            f"Budget, {workspace.accounts.currency}", 0.0, None, None, key="run-money", placeholder="no limit",
            help="The run stops when so much is spent, after what is in flight. It can go on with a larger budget.",
            persist_state="session",
        )  # fmt: skip
        fresh = st.toggle(
            "Ask anew", key="run-fresh", persist_state="session",
            help="Also where the workspace has a reply to the very same question; otherwise that costs nothing.",
        )  # fmt: skip
        batch = st.toggle(
            "In batches", key="run-batch", persist_state="session",
            help="Through the endpoint's batch interface: cheaper, and answered within hours.",
        )  # fmt: skip
    return {"budget": {"money": money}, "fresh": bool(fresh), "batch": bool(batch)}


def run_config(values: dict[str, Any]) -> RunConfig:
    """The config that the form's values make. Raises `BadConfig` in the words of the form."""
    if not values["name"]:
        raise BadConfig("Name: a run needs a name; one word will do.")
    try:
        return RunConfig.model_validate(values)
    except ValidationError as error:
        problem = error.errors()[0]
        place = str(problem["loc"][0])
        raise BadConfig(f"{_LABELS.get(place, place)}: {problem['msg']}.") from error


def what_it_does(values: dict[str, Any], seeds: int) -> str:
    """What the run will do at most, in a sentence."""
    limit, steps, roots = values["seeds"]["limit"], values["grow"]["steps"], values["evolve"]["roots"]
    count, repairs = values["sample"].count, values["tasks"]["repair_rounds"]
    read = counted(min(limit, seeds) if limit else seeds, "seed") if seeds else "the standard library"
    said = [f"Reads {read}" + (f", grows the tree in {counted(steps, 'step')}" if steps else "")]
    if count:
        mended = f"with up to {counted(repairs, 'repair')} each" if repairs else "without repairs"
        said.append(f"{counted(count, 'subtree')}, so up to {counted(count, 'task')} {mended}")
    else:
        said.append("no tasks")
    said.append(f"{counted(roots, 'Tree-of-Evolution tree')}" if roots else "no Tree-of-Evolution")
    return "; ".join(said) + ". What is finished already is not made twice."


def _choose_shape(kept: WorkspaceSettings) -> SampleConfig:
    """The shape that the run draws with: the one kept for runs, or one with a name."""
    name = st.selectbox(
        "Shape",
        ["", *sorted(kept.shapes)],
        format_func=lambda name: name or "As kept for runs",
        key="run-shape",
        persist_state="session",
        width=420,
        help="How subtrees are drawn. Shapes get a name where they are made.",
    )
    return kept.shape(name) if name in kept.shapes else kept.sample


def _fields(kept: WorkspaceSettings, shape: SampleConfig) -> dict[str, Any]:
    cells = st.grid(4, min_column_width=180, gap="small")
    with cells:
        name = st.text_input("Name", "run", max_chars=80, key="run-name", persist_state="session")
        count = _number("Samples", "count", 40, 100_000, "Subtrees to draw; each becomes at most one task.")
        share = st.slider(
            "Several files", 0, 100, 35, format="%d %%", key="run-files", persist_state="session",
            help="Share of the tasks that ask for several modules; the others ask for one function.",
        )  # fmt: skip
        repairs = _number("Repair rounds", "repairs", 3, 10, "How often a solution that fails its tests is sent back.")
        limit = _number("Seeds to read", "limit", 0, _MOST, "0 reads all seeds; otherwise a random choice of so many.")
        steps = _number(
            "Growth steps", "steps", 10, 100_000, "Each draws a small subtree and has the engine add features to it."
        )
        roots = _number(
            "Evolution roots", "roots", 0, 100_000,
            "Trees of Tree-of-Evolution: instructions made harder and more diverse in rounds. 0 for none.",
        )  # fmt: skip
        seed = _number("Seed number", "seed", 7, 2**31, "The same number, tree and settings give the same draws.")
    return {
        "name": name.strip(),
        "seed": seed,
        "engine": kept.engine,
        "models": kept.models,
        "seeds": {"limit": limit},
        "grow": {"steps": steps},
        "sample": shape.model_copy(update={"count": count}),
        "tasks": {"files_share": share / 100, "repair_rounds": repairs},
        "evolve": {"roots": roots},
    }


def _number(label: str, key: str, value: int, most: int, words: str) -> int:
    return int(st.number_input(label, 0, most, value, help=words, key=f"run-{key}", persist_state="session") or 0)


def _engine_words(kept: WorkspaceSettings) -> str:
    engine = kept.engine
    said = "offline, no key needed" if engine.kind == "offline" else f"{engine.model} at {engine.base_url}"
    return said + (f", {counted(len(kept.models), 'step')} otherwise" if kept.models else "")


def _shape_words(sample: SampleConfig) -> str:
    widths = " × ".join(str(width) for width in sample.widths)
    heat = ", ".join(f"{temperature:g}" for temperature in sample.temperatures)
    rest = [
        counted(len(found), word, plural)
        for found, word, plural in (
            (sample.fixed, "fixed feature", ""),
            (sample.excluded, "excluded feature", ""),
            (sample.boosts, "boosted category", "boosted categories"),
            (sample.targets, "target in turn", "targets in turn"),
        )
        if found
    ]
    return ", ".join([f"{widths} wide at temperature {heat}", f"{sample.mandatory} mandatory", *rest])
