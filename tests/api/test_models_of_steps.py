"""Runs that the workbench starts take along what single steps ask otherwise, and no run starts with a broken prompt."""

import time
from typing import Any

import pytest

from synth.settings import StepModel
from synth.workspace import Workspace, WorkspaceSettings
from tests.api.conftest import Ask, node_at

MODELS = {"task": StepModel(temperature=0.25), "grow": StepModel(top_p=0.5)}
STARTS: list[tuple[str, dict[str, Any]]] = [
    ("/api/lab/make", {"shape": {}, "n": 1, "op": "a request with a name"}),
    ("/api/tree/grow", {"steps": 1}),
]


def asked(workspace: Workspace, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """The body, with a branch of the tree."""
    node = node_at(workspace, "security")
    return body | ({"node": node} if path == "/api/lab/make" else {"nodes": [node]})


@pytest.mark.parametrize(("path", "body"), STARTS)
def test_a_run_is_frozen_with_the_models_of_its_steps(
    workspace: Workspace, ask: Ask, path: str, body: dict[str, Any]
) -> None:
    workspace.save_settings(WorkspaceSettings(models=MODELS))
    status, told = ask(path, **asked(workspace, path, body))
    assert status == 200, told
    assert workspace.run_config(told["run_id"]).models == MODELS
    deadline = time.monotonic() + 60
    while workspace.run(told["run_id"]).alive and time.monotonic() < deadline:
        time.sleep(0.05)


@pytest.mark.parametrize(("path", "body"), STARTS)
def test_no_run_starts_with_a_prompt_that_somebody_broke(
    workspace: Workspace, ask: Ask, path: str, body: dict[str, Any]
) -> None:
    (workspace.folder / "prompts").mkdir()
    (workspace.folder / "prompts" / "repair_solution.md").write_text("no front matter", encoding="utf-8")
    status, refused = ask(path, **asked(workspace, path, body))
    assert status == 400
    assert "repair_solution.md: line 1: must start with YAML front matter" in refused["error"]["message"]
    assert workspace.runs() == []
