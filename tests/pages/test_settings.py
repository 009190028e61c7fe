"""Settings: engines of new runs are kept, tried and found; a key never is kept nor shown."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Element

from tests import loopback
from tests.loopback import Loopback, body
from tests.models.endpoints import endpoint
from tests.pages.conftest import OpenPage


def with_endpoint(app: AppTest) -> AppTest:
    """Choose the endpoint engine."""
    return app.radio(key="kind").set_value("openai").run()


def press(app: AppTest, label: str) -> AppTest:
    """Press the first button of that label."""
    next(button for button in app.button if button.label == label).click()
    return app.run()


def field(app: AppTest, label: str) -> Element:
    """A field by its label."""
    kinds = (app.text_input, app.number_input, app.selectbox)
    return next(element for kind in kinds for element in kind if element.label == label)


def kept(folder: Path) -> dict[str, Any]:
    """What is in the file."""
    return json.loads((folder / "settings.json").read_text(encoding="utf-8"))


def texts(app: AppTest, kind: str) -> str:
    """All texts of one kind of element."""
    return "\n".join(str(element.value) for element in app.get(kind)).replace("\\", "").replace("\u2060", "")


def put(folder: Path, **settings: object) -> None:
    """Write the file."""
    (folder / "settings.json").write_text(json.dumps(settings), encoding="utf-8")


# ---- the engine


def test_the_engine_of_new_runs_is_kept_with_its_limits(empty_workspace: Path, open_page: OpenPage) -> None:
    app = with_endpoint(open_page("settings"))
    field(app, "Base URL").set_value(" http://127.0.0.1:11434/v1/")
    field(app, "Model").set_value("tiny")
    field(app, "Requests a minute").set_value(60)
    field(app, "Tokens a minute").set_value(90_000)
    field(app, "Structured output").select("no")
    app = press(app, "Keep")
    assert not app.exception
    assert [str(box.value) for box in app.success] == ["New runs use this engine."]
    engine = kept(empty_workspace)["engine"]
    assert (engine["kind"], engine["base_url"], engine["model"]) == ("openai", "http://127.0.0.1:11434/v1", "tiny")
    limits = engine["requests_per_minute"], engine["tokens_per_minute"], engine["structured"]
    assert limits == (60, 90_000, "no")


@pytest.mark.parametrize(
    ("label", "value", "said"),
    [
        ("Environment variable with the key", "sk-abc123", "not the key"),
        ("Base URL", "localhost:11434", "Base URL: this is not an address"),
        ("Base URL", "http://me:pw@h/v1", "holds a user name or a password"),
        ("Model", "  ", "Model: a model has a name"),
    ],
)
def test_a_value_that_cannot_work_is_said_and_not_kept(
    empty_workspace: Path, open_page: OpenPage, label: str, value: str, said: str
) -> None:
    app = with_endpoint(open_page("settings"))
    field(app, label).set_value(value)
    app = press(app, "Keep")
    assert any(said in str(box.value) for box in app.error)
    assert not (empty_workspace / "settings.json").exists()


def test_only_whether_a_key_is_set_is_shown(
    empty_workspace: Path, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-never-shown-77")
    app = with_endpoint(open_page("settings"))
    assert "OPENAI_API_KEY is set in the environment of this app" in texts(app, "caption")
    assert "sk-never-shown-77" not in str([str(element) for element in app.main])


def test_a_key_in_a_dot_env_of_the_workspace_counts(empty_workspace: Path, open_page: OpenPage) -> None:
    assert "OPENAI_API_KEY is not set" in texts(with_endpoint(open_page("settings")), "caption")
    (empty_workspace / ".env").write_text("OPENAI_API_KEY=sk-never-shown-78\n")
    app = with_endpoint(open_page("settings"))
    assert "OPENAI_API_KEY is set in a file .env" in texts(app, "caption")
    assert "sk-never-shown-78" not in str([str(element) for element in app.main])


# ---- finding and trying


def test_a_local_server_is_found_and_filled_in(empty_workspace: Path, open_page: OpenPage) -> None:
    listed = body({"data": [{"id": "tiny", "owned_by": "vllm"}, {"id": "other", "owned_by": "vllm"}]})
    with Loopback(endpoint(models=listed)) as server:
        app = with_endpoint(open_page("settings"))
        app.number_input(key="another-port").set_value(server.port)
        app = press(app, "Find local servers")
        assert f"**vLLM** at `{server.base_url}`: 2 models" in texts(app, "markdown")
        app = app.selectbox(key=f"model-{server.base_url}").select("other").run()
        app = app.button(key=f"use-{server.base_url}").click().run()
        values = [field(app, label).value for label in ("Base URL", "Model", "Environment variable with the key")]
        assert values == [server.base_url, "other", "LOCAL_API_KEY"]
        app = press(app, "Keep")
    assert not app.exception
    assert kept(empty_workspace)["engine"]["model"] == "other"


def test_nothing_is_looked_for_unless_a_person_asks(empty_workspace: Path, open_page: OpenPage) -> None:
    with Loopback(endpoint()) as server:
        app = with_endpoint(open_page("settings"))
        app.number_input(key="another-port").set_value(server.port)
        assert not app.run().exception
        assert server.requests == []


def checked(app: AppTest) -> AppTest:
    """Press Check and wait for what comes of it."""
    app = press(app, "Check")
    for _ in range(200):
        if not any(button.label == "Trying" for button in app.button):
            return app
        time.sleep(0.05)
        app = app.run()
    raise AssertionError("the check never ended")


def test_an_engine_is_tried_and_what_it_said_is_there_after_a_reload(
    empty_workspace: Path, open_page: OpenPage
) -> None:
    with Loopback(endpoint()) as server:
        put(empty_workspace, engine={"kind": "openai", "model": "tiny", "base_url": server.base_url})
        app = checked(open_page("settings"))
    assert not app.exception
    assert any("It can be used" in str(box.value) for box in app.success)
    again = open_page("settings")
    assert any("It can be used" in str(box.value) for box in again.success)
    assert "11 in, 7 out" in str(again.table[0].value)


def test_a_failed_try_says_why(empty_workspace: Path, open_page: OpenPage) -> None:
    with Loopback(endpoint(chat=loopback.no_model())) as server:
        put(empty_workspace, engine={"kind": "openai", "model": "tinny", "base_url": server.base_url})
        app = checked(open_page("settings"))
    assert "Did you mean `tiny`?" in texts(app, "error")


# ---- a model for each step


def test_a_step_gets_a_model_of_its_own_and_loses_it_again(empty_workspace: Path, open_page: OpenPage) -> None:
    put(empty_workspace, engine={"kind": "openai", "model": "big", "base_url": "http://127.0.0.1:1/v1"})
    app = open_page("settings")
    app.selectbox(key="step-model").select("judge").run()
    field(app, "Model of the step").set_value("small")
    field(app, "Temperature").set_value(0.0)
    app = press(app, "Keep for this step")
    assert not app.exception
    own = {name: value for name, value in kept(empty_workspace)["models"]["judge"].items() if value is not None}
    assert own == {"model": "small", "temperature": 0.0}
    assert any("in the step judge" in str(box.value) for box in app.success)
    assert "small" in app.dataframe[0].value.to_string()
    app = press(app, "As the engine")
    assert kept(empty_workspace)["models"] == {}


def test_a_bad_value_of_a_step_names_step_and_field(empty_workspace: Path, open_page: OpenPage) -> None:
    put(empty_workspace, engine={"kind": "openai", "model": "big", "base_url": "http://127.0.0.1:1/v1"})
    app = open_page("settings")
    app.selectbox(key="step-model").select("solve").run()
    field(app, "Base URL of the step").set_value("nowhere")
    app = press(app, "Keep for this step")
    assert "solve, Base URL: this is not an address" in texts(app, "error")
    assert "models" not in kept(empty_workspace)
