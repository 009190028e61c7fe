"""Which engine answers the questions of new runs. Keys stay in the environment or in a `.env`."""

import streamlit as st

from pages.parts.shell import said_plainly
from pages.parts.text import counted, plain
from synth.settings import Engine
from synth.workspace import Workspace

KINDS = {
    "offline": "offline: building blocks of our own, no key",
    "openai": "a model behind an OpenAI-compatible endpoint",
}
STRUCTURED = {
    "auto": "as JSON under a schema, until the endpoint says that it cannot",
    "yes": "always as JSON under a schema",
    "no": "never: in tags",
}
_DRAFT, _FOUND, _KIND = "engine-draft", "engine-found", "kind"
_MOST_NAMES = 60


def engine_form(workspace: Workspace) -> None:
    """Choose, check, keep."""
    kept = workspace.settings()
    if _KIND not in st.session_state:
        st.session_state[_KIND] = kept.engine.kind
    kind = st.radio("Engine", list(KINDS), format_func=KINDS.__getitem__, key=_KIND)
    if kind == "openai":
        with said_plainly():
            _local_servers(workspace)
    with st.form("engine", border=True):
        values: dict[str, object] = {"kind": kind}
        if kind == "openai":
            values |= _endpoint_fields(workspace, kept.engine)
        else:
            st.caption("Reads code by its syntax tree, grows from a lexicon, composes tasks from building blocks.")
        pressed = st.form_submit_button("Keep", type="primary", icon=":material/check:")
    if pressed:
        engine = workspace.endpoints.engine(values)
        workspace.save_settings(kept.model_copy(update={"engine": engine}))
        st.session_state.pop(_DRAFT, None)
        st.success("New runs use this engine.", icon=":material/check_circle:")


def say_key(workspace: Workspace, name: str, address: str = "") -> None:
    """Whether the key is there, never what it is."""
    place = workspace.endpoints.key_place(name)
    if place:
        where = "the environment of this app" if place == "environment" else "a file .env"
        sent = f" It is sent to {plain(address)} and nowhere else." if address else ""
        st.caption(f":material/key: {plain(name)} is set in {where}.{sent}")
    else:
        st.caption(
            f":material/key_off: {plain(name)} is not set. Write `{name}=...` into a file `.env` of the workspace, or "
            "export it in the shell and start the app again; servers of this machine need none."
        )


def _endpoint_fields(workspace: Workspace, kept: Engine) -> dict[str, object]:
    old = kept if kept.kind == "openai" else Engine(kind="openai", model="gpt-4o-mini")
    old = old.model_copy(update=st.session_state.get(_DRAFT, {}))
    values: dict[str, object] = {}
    with st.grid(2, min_column_width=240, gap="small"):
        values["base_url"] = st.text_input("Base URL", old.base_url, help="For example a local server's address.")
        values["model"] = st.text_input("Model", old.model)
        values["api_key_env"] = st.text_input(
            "Environment variable with the key", old.api_key_env, help="Its name. The key itself is never stored."
        )
        values["concurrency"] = st.number_input("Questions in flight", 1, 4096, old.concurrency)
        values["deadline_seconds"] = st.number_input(
            "Deadline of one question, s", 1.0, 86_400.0, old.deadline_seconds, help="Retries and waiting included."
        )
        values["structured"] = st.selectbox(
            "Structured output", list(STRUCTURED), list(STRUCTURED).index(old.structured),
            format_func=STRUCTURED.__getitem__, help="How answers that are data are asked for.",
        )  # fmt: skip
        for name, title in (("requests_per_minute", "Requests a minute"), ("tokens_per_minute", "Tokens a minute")):
            values[name] = st.number_input(
                title, 0, 10**12, getattr(old, name), help="0 = no limit but what the endpoint itself says."
            )
    say_key(workspace, old.api_key_env, old.base_url)
    return values


def _local_servers(workspace: Workspace) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        pressed = st.button(
            "Find local servers", icon=":material/search:", help="Looks at ports of this machine, nowhere else."
        )
        port = st.number_input("Another port", 1, 65535, None, key="another-port", placeholder="none", width=160)
    if pressed:
        with st.spinner("Looking on this machine"):
            st.session_state[_FOUND] = workspace.endpoints.find([] if port is None else [port])
    found = st.session_state.get(_FOUND)
    if found is None:
        return
    if not found:
        st.caption(
            "No model server answers on this machine. Start Ollama, vLLM, llama.cpp, LM Studio, SGLang or LiteLLM, or "
            "name the port that yours listens on."
        )
    for server in found:
        names = [one.name for one in server.models][:_MOST_NAMES]
        with st.container(border=True, horizontal=True, vertical_alignment="bottom"):
            said = "needs a key" if server.needs_key else counted(len(server.models), "model")
            st.markdown(f"**{plain(server.kind or 'A model server')}** at `{server.address}`: {said}")
            chosen = st.selectbox("Its model", names, key=f"model-{server.address}", width=320) if names else ""
            st.button(
                "Fill in", key=f"use-{server.address}", on_click=_fill_in, args=(server.address, chosen),
                help="Into the form below; it is kept when you press Keep.",
            )  # fmt: skip


def _fill_in(address: str, model: str) -> None:
    st.session_state[_KIND] = "openai"
    st.session_state[_DRAFT] = {"base_url": address, "model": model, "api_key_env": "LOCAL_API_KEY"}
