"""The engines that a workspace names: what is typed is checked in one place, and a key goes to its own host only."""

import time
from pathlib import Path

import pytest

from synth.errors import BadConfig
from synth.settings import STEPS, Engine, StepModel, parse_config
from synth.workspace.endpoints import Endpoints, checked_engine, checked_step
from synth.workspace.settings import WorkspaceSettings, read_settings, write_settings
from tests import loopback
from tests.loopback import Loopback
from tests.models.endpoints import endpoint

AN_ENGINE = Engine(kind="openai", model="big", base_url="https://api.example.com/v1", api_key_env="BIG_KEY")
WORKSPACE = WorkspaceSettings(engine=AN_ENGINE)


@pytest.fixture
def endpoints(tmp_path: Path) -> Endpoints:
    """Of a workspace that asks a model somewhere."""
    write_settings(tmp_path, WORKSPACE)
    return Endpoints(tmp_path)


def test_each_engine_is_named_once_with_the_steps_that_ask_it(endpoints: Endpoints) -> None:
    other = StepModel(model="small")
    asked = endpoints.asked(WORKSPACE.model_copy(update={"models": {"judge": other, "answer": other}}))
    assert [(one.engine.model, one.steps) for one in asked] == [
        ("big", ("extract", "grow", "task", "solve", "repair", "evolve")),
        ("small", ("judge", "answer")),
    ]
    hotter = WORKSPACE.model_copy(update={"models": {"judge": StepModel(temperature=1.5)}})
    assert [one.steps for one in endpoints.asked(hotter)] == [STEPS]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"base_url": "localhost:11434"}, "Base URL: this is not an address. Write it like `http://127.0.0.1:8000/v1`"),
        ({"base_url": "http://me:secret@host/v1"}, "Base URL: this holds a user name or a password. Remove them"),
        ({"base_url": "https://host/v1?key=secret"}, "Base URL: this goes on behind `?`"),
        ({"base_url": "https://host/v1/chat/completions"}, "Leave out `/chat/completions` at its end"),
        ({"model": "  "}, "Model: a model has a name"),
        ({"api_key_env": "sk-secret-1"}, "Environment variable with the key: this is not the name"),
        ({"api_key_env": "gsk_Secret0123456789abcDEF"}, "Give its name, such as OPENAI_API_KEY, not the key."),
        ({"concurrency": 0}, "Questions in flight: Input should be greater than or equal to 1"),
        ({"requests_per_minute": -1}, "Requests a minute: "),
        ({"structured": "maybe"}, "Structured output: "),
    ],
)
def test_a_bad_engine_is_refused_by_its_field_with_the_mend_and_without_a_secret(
    values: dict[str, object], said: str
) -> None:
    with pytest.raises(BadConfig) as caught:
        checked_engine({**AN_ENGINE.model_dump(), **values})
    assert said in str(caught.value)
    assert "secret" not in str(caught.value).lower()


def test_an_address_is_kept_without_blanks_and_the_slash_at_its_end() -> None:
    assert checked_engine({**AN_ENGINE.model_dump(), "base_url": " http://h:1/v1/ "}).base_url == "http://h:1/v1"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"base_url": "h/v1"}, "solve, Base URL: this is not an address"),
        ({"api_key_env": "sk-secret-1"}, "solve, Environment variable with the key: "),
        ({"temperature": -1}, "solve, Temperature: "),
        ({"top_p": 0.0}, "solve, Top p: Input should be greater than 0"),
        ({"max_tokens": 0}, "solve, Tokens of a reply: "),
        ({"kind": "offline", "model": "x"}, "solve, Model: the offline engine has none."),
    ],
)
def test_a_bad_model_of_a_step_is_refused_by_step_and_field(values: dict[str, object], said: str) -> None:
    with pytest.raises(BadConfig) as caught:
        checked_step(AN_ENGINE, "solve", values)
    assert said in str(caught.value)
    assert "secret" not in str(caught.value)


def test_empty_fields_of_a_step_are_as_the_engine() -> None:
    assert checked_step(AN_ENGINE, "solve", {"model": " ", "base_url": "", "top_p": None, "kind": None}) == StepModel()
    own = checked_step(AN_ENGINE, "solve", {"model": " small ", "temperature": 0.0})
    assert own == StepModel(model="small", temperature=0.0)


def test_a_step_that_leaves_the_offline_engine_names_its_model() -> None:
    with pytest.raises(BadConfig, match="judge, Model: the engine of other steps is offline"):
        checked_step(Engine(), "judge", {"kind": "openai"})
    own = checked_step(Engine(), "judge", {"kind": "openai", "model": "small", "base_url": "http://127.0.0.1:1/v1"})
    assert (own.kind, own.model) == ("openai", "small")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[engine]\nkind='openai'\nbase_url='http://me:secret@h/v1'", "my.toml: `engine.base_url` holds a user name"),
        ("[engine]\napi_key_env='sk-secret-1'", "my.toml: `engine.api_key_env` is not the name"),
        ("[models.judge]\nbase_url='h'", "my.toml: `models.judge.base_url` is not an address"),
        ("[models.judge]\nbase_url=''", "my.toml: `models.judge.base_url` is not an address"),
    ],
)
def test_a_config_file_is_checked_by_the_same_rules(text: str, said: str) -> None:
    with pytest.raises(BadConfig) as caught:
        parse_config(text, "my.toml")
    assert said in str(caught.value)
    assert "secret" not in str(caught.value)


def test_where_a_key_is_can_be_told_but_not_what_it_is(
    endpoints: Endpoints, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert endpoints.key_place("BIG_KEY") == ""
    (tmp_path / ".env").write_text("BIG_KEY=sk-secret-1")
    assert endpoints.key_place("BIG_KEY") == ".env"
    monkeypatch.setenv("BIG_KEY", "sk-secret-2")
    assert endpoints.key_place("BIG_KEY") == "environment"


def test_a_server_of_this_machine_never_gets_the_key_of_another_endpoint(endpoints: Endpoints, tmp_path: Path) -> None:
    kept = endpoints.use("http://127.0.0.1:11434/v1/", "tiny")
    assert (kept.engine.base_url, kept.engine.model) == ("http://127.0.0.1:11434/v1", "tiny")
    assert kept.engine.api_key_env == "LOCAL_API_KEY"
    assert read_settings(tmp_path) == kept


def test_another_host_needs_a_word_about_its_key(endpoints: Endpoints, tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="--key-env NAME"):
        endpoints.use("https://other.example/v1", "tiny")
    assert read_settings(tmp_path) == WORKSPACE
    assert endpoints.use("https://other.example/v1", "tiny", key_name="OTHER").engine.api_key_env == "OTHER"


def test_a_model_can_be_used_in_one_step_and_keeps_what_was_set_there(endpoints: Endpoints, tmp_path: Path) -> None:
    write_settings(tmp_path, WORKSPACE.model_copy(update={"models": {"judge": StepModel(temperature=0.1)}}))
    kept = endpoints.use("https://api.example.com/v1", "small", "judge")
    assert kept.engine == AN_ENGINE
    assert kept.models["judge"].model == "small"
    assert kept.models["judge"].temperature == 0.1
    assert kept.models["judge"].api_key_env == "BIG_KEY"


def test_a_try_beside_the_caller_is_kept_until_it_is_asked_for(tmp_path: Path) -> None:
    with Loopback(endpoint()) as server:
        engine = Engine(kind="openai", model="tiny", base_url=server.base_url)
        endpoints = Endpoints(tmp_path)
        assert endpoints.checked(engine) is None
        assert not endpoints.checking(engine)
        endpoints.start_check(engine)
        for _ in range(1000):
            if not endpoints.checking(engine):
                break
            time.sleep(0.01)
    check = endpoints.checked(engine)
    assert check is not None
    assert check.ok
    words = dict(endpoints.words(engine))
    assert words["Tokens"] == "11 in, 7 out"
    assert words["Structured output"] == "works"


def test_the_words_of_a_failure_are_its_reason(tmp_path: Path) -> None:
    with Loopback(endpoint(chat=loopback.no_quota())) as server:
        engine = Engine(kind="openai", model="tiny", base_url=server.base_url)
        check = Endpoints(tmp_path).check(engine)
    assert not check.ok
    assert "no quota left" in check.reason


def test_a_broken_dot_env_is_said_and_does_not_leave_the_check_hanging(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"A=\xff")
    engine = Engine(kind="openai", model="tiny", base_url="http://127.0.0.1:1/v1", api_key_env="NO_SUCH_KEY")
    endpoints = Endpoints(tmp_path)
    endpoints.start_check(engine)
    for _ in range(1000):
        if not endpoints.checking(engine):
            break
        time.sleep(0.01)
    assert "cannot be read as text" in dict(endpoints.words(engine))["Answer"]
