"""Which engine answers the questions of new runs. Keys stay in the environment."""

import os

import streamlit as st
from pydantic import ValidationError

from pages.parts.text import plain
from synth.errors import BadConfig
from synth.settings import Engine
from synth.workspace import Workspace

KINDS = {
    "offline": "offline: building blocks of our own, no key",
    "openai": "a model behind an OpenAI-compatible endpoint",
}


def engine_form(workspace: Workspace) -> None:
    """Choose, check, keep."""
    kept = workspace.settings()
    kind = st.radio(
        "Engine", list(KINDS), list(KINDS).index(kept.engine.kind), format_func=KINDS.__getitem__, key="kind"
    )
    with st.form("engine", border=True):
        values: dict[str, object] = {"kind": kind}
        if kind == "openai":
            old = kept.engine if kept.engine.kind == "openai" else Engine(kind="openai", model="gpt-4o-mini")
            left, right = st.columns(2)
            values["base_url"] = left.text_input("Base URL", old.base_url, help="For example a local server's address.")
            values["model"] = right.text_input("Model", old.model)
            values["api_key_env"] = left.text_input(
                "Environment variable with the key", old.api_key_env, help="Its name. The key itself is never stored."
            )
            values["concurrency"] = right.number_input("Questions in flight", 1, 1024, old.concurrency)
            values["deadline_seconds"] = left.number_input(
                "Deadline of one question, s", 1.0, 3600.0, old.deadline_seconds
            )
            _say_key(str(values["api_key_env"]))
        else:
            st.caption("Reads code by its syntax tree, grows from a lexicon, composes tasks from building blocks.")
        pressed = st.form_submit_button("Keep", type="primary", icon=":material/check:")
    if pressed:
        workspace.save_settings(kept.model_copy(update={"engine": _checked(values)}))
        st.success("New runs use this engine.", icon=":material/check_circle:")


def _checked(values: dict[str, object]) -> Engine:
    url = str(values.get("base_url", "https://"))
    if not url.startswith(("http://", "https://")):
        raise BadConfig("the base URL starts with http:// or https://.")
    if not str(values.get("model", "x")).strip():
        raise BadConfig("a model has a name; the endpoint's documentation lists them.")
    name = str(values.get("api_key_env", "KEY"))
    if name.startswith("sk-") or not name.isidentifier():
        raise BadConfig("give the *name* of the environment variable, such as OPENAI_API_KEY, not the key.")
    try:
        return Engine.model_validate(values)
    except ValidationError as error:
        problem = error.errors()[0]
        raise BadConfig(f"{problem['loc'][0]}: {problem['msg']}.") from error


def _say_key(name: str) -> None:
    if os.environ.get(name):
        st.caption(f":material/key: {plain(name)} is set in the environment of this app.")
    else:
        st.caption(
            f":material/key_off: {plain(name)} is not set. Stop the app, export it in the shell, start again; "
            "local servers need none."
        )
