"""`synth models`: try, find, use. Real servers, real settings; exit codes as programs need them."""

import json
import os
from pathlib import Path

import pytest

from synth.cli import main
from synth.settings import StepModel
from synth.workspace import Workspace
from synth.workspace.settings import read_settings
from tests import loopback
from tests.loopback import Loopback, body
from tests.models.endpoints import endpoint

Capture = pytest.CaptureFixture[str]


def models(*words: object, folder: Path) -> int:
    """Run a command on a workspace."""
    return main(["models", *[str(word) for word in words], "--workspace", str(folder)])


def test_an_address_is_tried_and_what_works_is_printed(tmp_path: Path, capsys: Capture) -> None:
    listed = loopback.body({"object": "list", "data": [{"id": name} for name in ("tiny", *"abcdefg")]})
    with Loopback(endpoint(models=listed)) as server:
        assert models("check", "--engine-url", server.base_url, "--model", "tiny", folder=tmp_path) == 0
    printed = capsys.readouterr().out
    assert "works" in printed
    assert "11 in, 7 out" in printed
    assert "in its list, with a, b, c, d, e and 2 more" in printed


def test_a_failure_ends_with_1_and_the_mend(tmp_path: Path, capsys: Capture) -> None:
    with Loopback(endpoint(models=loopback.bad_key(), chat=loopback.bad_key())) as server:
        words = ("--engine-url", server.base_url, "--model", "tiny", "--key-env", "MY_KEY")
        assert models("check", *words, folder=tmp_path) == 1
    assert "Set the environment variable MY_KEY" in capsys.readouterr().out


def test_the_settings_are_tried_engine_by_engine_as_json(tmp_path: Path, capsys: Capture) -> None:
    with Loopback(endpoint()) as server:
        assert models("use", server.base_url, "tiny", folder=tmp_path) == 0
        assert models("use", server.base_url, "other", "--step", "judge", folder=tmp_path) == 0
        capsys.readouterr()
        assert models("check", "--json", folder=tmp_path) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["model"], line["ok"]) for line in lines] == [("tiny", True), ("other", True)]
    assert lines[1]["steps"] == ["judge"]
    assert lines[0]["structured"] is True


def test_a_config_file_is_tried(tmp_path: Path, capsys: Capture) -> None:
    with Loopback(endpoint(chat=loopback.no_quota())) as server:
        config = tmp_path / "run.toml"
        config.write_text(f'[engine]\nkind = "openai"\nmodel = "tiny"\nbase_url = "{server.base_url}"\n')
        assert models("check", config, folder=tmp_path) == 1
    assert "no quota left" in capsys.readouterr().out


def test_a_new_workspace_needs_no_check(tmp_path: Path, capsys: Capture) -> None:
    assert models("check", folder=tmp_path / "none") == 0
    assert "on this machine" in capsys.readouterr().out
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("check", "--model", "tiny"), "give --engine-url and --model together"),
        (("check", "x.toml", "--engine-url", "http://h", "--model", "m"), "give either the config or"),
        (("check", "--key-env", "K"), "--key-env goes with"),
        (("check", "--engine-url", "h", "--model", "m"), "Base URL: this is not an address"),
        (("check", "--engine-url", "http://h", "--model", "m", "--key-env", "sk-1"), "not the key"),
        (("use", "ftp://h", "m"), "Base URL: this is not an address"),
        (("use", "http://192.0.2.1/v1", "m"), "--key-env NAME"),
        (("find", "99999"), "99999 is no port"),
    ],
)
def test_wrong_words_are_mended_in_a_line(tmp_path: Path, capsys: Capture, words: tuple[str, ...], said: str) -> None:
    assert models(*words, folder=tmp_path) == 1
    printed = capsys.readouterr()
    assert printed.err.startswith("synth: ")
    assert said in printed.err
    assert not (tmp_path / "settings.json").exists()


def test_a_server_is_found_and_the_words_to_use_it_are_printed(tmp_path: Path, capsys: Capture) -> None:
    listed = body({"data": [{"id": "tiny", "owned_by": "vllm"}]})
    with Loopback(endpoint(models=listed)) as server:
        assert models("find", server.port, folder=tmp_path) == 0
        printed = capsys.readouterr().out
        assert f"vLLM at {server.base_url}: tiny" in printed
        assert f"synth models use {server.base_url} tiny" in printed
        assert models("find", server.port, "--json", folder=tmp_path) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {"tiny"} <= {one["name"] for line in lines for one in line["models"]}


def test_settings_are_written_beside_an_app_that_has_the_workspace_open(tmp_path: Path, capsys: Capture) -> None:
    workspace = Workspace(tmp_path)
    try:
        assert models("use", "http://127.0.0.1:1/v1", "tiny", "--step", "judge", folder=tmp_path) == 0
        own = workspace.settings().models["judge"]
    finally:
        workspace.close()
    assert own == StepModel(kind="openai", model="tiny", base_url="http://127.0.0.1:1/v1", api_key_env="LOCAL_API_KEY")
    assert "the step `judge` of new runs asks tiny" in capsys.readouterr().out
    assert read_settings(tmp_path).engine.kind == "offline"


def test_a_key_of_the_workspaces_own_file_is_sent_and_never_printed(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / ".env").write_text("LOCAL_API_KEY=sk-never-printed-5")
    with Loopback(endpoint(chat=loopback.bad_key("sk-never-printed-5"))) as server:
        assert models("use", server.base_url, "tiny", folder=tmp_path) == 0
        assert models("check", folder=tmp_path) == 1
        assert models("check", "--json", folder=tmp_path) == 1
        assert server.requests[0].headers["authorization"] == "Bearer sk-never-printed-5"
    printed = capsys.readouterr()
    assert "refused the key" in printed.out
    assert "[key]" in printed.out
    assert "never-printed" not in printed.out + printed.err
    assert "never-printed" not in (tmp_path / "settings.json").read_text()
    assert os.environ["ESPALIER_LOOPBACK_ONLY"] == "1"
