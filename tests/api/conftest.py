"""A real workspace behind the real routes, asked as a browser would ask."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from synth.api import Bench, routes
from synth.settings import ROOT
from synth.workspace import Workspace, operations

ASSETS = ROOT / "pages" / "workbench"
OUTLINE = (
    "security\n  hashing\n    salted hash\n  signing\ndata processing\n  cleaning\n    step 1\n    step 2\n  merging\n"
)

Ask = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    """A workspace with a small tree (`OUTLINE`), each feature observed once, and a history of two entries."""
    opened = Workspace(tmp_path / "workspace")
    opened.trees.edit([operations.AddMany(parent=0, outline=OUTLINE)])
    counts = [operations.SetCount(node=node, observed=node) for node in opened.tree().nodes()]
    opened.trees.edit(counts)
    yield opened
    opened.close()


@pytest.fixture
def client(workspace: Workspace) -> Iterator[TestClient]:
    """Asks the routes over HTTP as a page of the same server does."""
    app = Starlette(routes=routes(Bench(lambda: workspace), ASSETS))
    with TestClient(app, base_url="http://127.0.0.1:8501") as found:
        yield found


@pytest.fixture
def ask(client: TestClient) -> Ask:
    """`ask(path, field=value, ...)` -> status and JSON."""

    def ask_it(path: str, **body: object) -> tuple[int, dict[str, Any]]:
        answer = client.post(path, json=body)
        return answer.status_code, answer.json()

    return ask_it


def node_at(workspace: Workspace, *path: str) -> int:
    """The id of a feature that is there."""
    node = workspace.tree().node(path)
    assert node is not None, path
    return node
