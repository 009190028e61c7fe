"""A model for single steps: what each asks otherwise than the rest of a run."""

import streamlit as st

from pages.parts.engine_form import say_key
from synth.settings import STEPS, Engine, StepModel, StepName
from synth.workspace import Workspace

_KINDS = {None: "as the engine", "offline": "offline", "openai": "an endpoint"}
_EMPTY = "–"
WHAT = {
    "extract": "reads features from seeds",
    "grow": "adds features to the tree",
    "task": "invents tasks from subtrees",
    "solve": "writes solutions and tests",
    "repair": "corrects what failed",
    "judge": "rates questions and rules on tests",
    "evolve": "makes questions harder",
    "answer": "answers collected questions",
}


def step_models(workspace: Workspace) -> None:
    """All steps at a glance, and a form for one."""
    kept = workspace.settings()
    _overview(kept.engine, kept.models)
    step = st.selectbox("Step", STEPS, format_func=lambda step: f"{step}: {WHAT[step]}", key="step-model", width=420)
    own = kept.models.get(step, StepModel())
    with st.form(f"step-{step}", border=True):
        values = _fields(kept.engine, step, own)
        if values.get("kind") == "openai" or kept.engine.kind == "openai":
            say_key(workspace, own.api_key_env or kept.engine.api_key_env)
        with st.container(horizontal=True):
            pressed = st.form_submit_button("Keep for this step", type="primary", icon=":material/check:")
            cleared = st.form_submit_button("As the engine", icon=":material/undo:", disabled=own == StepModel())
    if cleared or pressed:
        new = StepModel() if cleared else workspace.endpoints.step(kept.engine, step, values)
        others = {name: said for name, said in kept.models.items() if name != step}
        models = others if new == StepModel() else {**others, step: new}
        workspace.save_settings(kept.model_copy(update={"models": models}))
        st.session_state["step-kept"] = step
        st.rerun()
    if st.session_state.pop("step-kept", None) == step:
        st.success(f"New runs ask so in the step {step}.", icon=":material/check_circle:")


def _overview(engine: Engine, models: dict[StepName, StepModel]) -> None:
    rows = []
    for step in STEPS:
        own = models.get(step, StepModel())
        where = "this machine" if (own.kind or engine.kind) == "offline" else own.base_url or engine.base_url
        rows.append(
            {
                "Step": step,
                "Model": own.model or (engine.model if own.kind in (None, engine.kind) else _EMPTY),
                "Where": where,
                "Own": "yes" if own != StepModel() else _EMPTY,
                "Temperature": _shown(own.temperature),
                "Top p": _shown(own.top_p),
                "Tokens of a reply": _shown(own.max_tokens),
            }
        )
    st.dataframe(rows, hide_index=True, height="content", key="step-overview")


def _fields(engine: Engine, step: StepName, own: StepModel) -> dict[str, object]:
    values: dict[str, object] = {}
    kinds = list(_KINDS)
    with st.grid(4, min_column_width=190, gap="small"):
        values["kind"] = st.selectbox(
            "Engine of the step", kinds, kinds.index(own.kind), format_func=_KINDS.__getitem__, key=f"kind-{step}"
        )
        for name, title, shown in (
            ("model", "Model of the step", engine.model),
            ("base_url", "Base URL of the step", engine.base_url),
            ("api_key_env", "Variable with its key", engine.api_key_env),
        ):
            hint = shown if engine.kind == "openai" else ""
            values[name] = st.text_input(title, getattr(own, name) or "", placeholder=hint, key=f"{name}-{step}")
        values["temperature"] = st.number_input(
            "Temperature", 0.0, 10.0, own.temperature, 0.1, key=f"heat-{step}", placeholder="as the run says"
        )
        values["top_p"] = st.number_input(
            "Top p", 0.0, 1.0, own.top_p, 0.05, key=f"top-{step}", placeholder="0.95",
            help="Above 0 and at most 1: how much of the likeliest text is chosen from.",
        )  # fmt: skip
        values["max_tokens"] = st.number_input(
            "Tokens of a reply", 1, 10**7, own.max_tokens, key=f"tokens-{step}", placeholder="as the step says"
        )
    st.caption("Empty fields are as the engine above and the run say.")
    return values


def _shown(value: float | None) -> str:
    return _EMPTY if value is None else f"{value:g}"
