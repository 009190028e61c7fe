"""Settings: the engine of new runs is kept, a key never is."""

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import OpenPage


def with_endpoint(app: AppTest) -> AppTest:
    """Choose the endpoint engine."""
    return app.radio(key="kind").set_value("openai").run()


def keep(app: AppTest) -> AppTest:
    """Press Keep."""
    next(button for button in app.button if button.label == "Keep").click()
    return app.run()


def field(app: AppTest, label: str) -> object:
    """A text input by its label."""
    return next(element for element in app.text_input if element.label == label)


def test_the_engine_of_new_runs_is_kept(empty_workspace: Path, open_page: OpenPage) -> None:
    app = with_endpoint(open_page("settings"))
    field(app, "Base URL").set_value("http://127.0.0.1:11434/v1")  # type: ignore[attr-defined]
    field(app, "Model").set_value("tiny")  # type: ignore[attr-defined]
    app = keep(app)
    assert not app.exception
    assert [str(box.value) for box in app.success] == ["New runs use this engine."]
    kept = json.loads((empty_workspace / "settings.json").read_text(encoding="utf-8"))["engine"]
    assert (kept["kind"], kept["base_url"], kept["model"]) == ("openai", "http://127.0.0.1:11434/v1", "tiny")


@pytest.mark.parametrize(
    ("label", "value", "said"),
    [
        ("Environment variable with the key", "sk-abc123", "not the key"),
        ("Base URL", "localhost:11434", "starts with http"),
        ("Model", "  ", "a model has a name"),
    ],
)
def test_a_value_that_cannot_work_is_said_and_not_kept(
    empty_workspace: Path, open_page: OpenPage, label: str, value: str, said: str
) -> None:
    app = with_endpoint(open_page("settings"))
    field(app, label).set_value(value)  # type: ignore[attr-defined]
    app = keep(app)
    assert any(said in str(box.value) for box in app.error)
    assert not (empty_workspace / "settings.json").exists()


def test_only_whether_a_key_is_set_is_shown(
    empty_workspace: Path, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-never-shown-77")
    app = with_endpoint(open_page("settings"))
    captions = [str(caption.value) for caption in app.caption]
    assert any("is set in the environment" in caption for caption in captions)
    everything = str([str(element) for element in app.main])
    assert "sk-never-shown-77" not in everything


def test_prompts_can_be_read(empty_workspace: Path, open_page: OpenPage) -> None:
    app = open_page("settings")
    app.selectbox(key="prompt").select("make_task").run()
    assert not app.exception
    assert any("<f>" in str(code.value) for code in app.code)
