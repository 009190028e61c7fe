"""Only our own pages are answered; every answer is JSON with a reason."""

import json

import pytest
from starlette.testclient import TestClient

from synth.api.endpoints import ENDPOINTS
from synth.api.guard import MAX_BODY
from synth.workspace import Workspace

UNDO = "/api/tree/undo"
OWN = {"content-type": "application/json"}
BODY = json.dumps({"rev": 0, "op": "operation-1"})


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"host": "evil.example:8501"},
        {"host": "127.0.0.1.evil.example"},
        {"host": "localhost.evil.example:8501"},
        {"host": "192.168.1.7:8501"},
        {"host": ""},
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "http://localhost:8501"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
@pytest.mark.parametrize("path", [UNDO, "/api/events"])
def test_what_another_site_asks_is_refused_and_changes_nothing(
    client: TestClient, workspace: Workspace, path: str, headers: dict[str, str]
) -> None:
    before = workspace.trees.history.last
    if path == UNDO:
        answer = client.post(path, content=BODY, headers=OWN | headers)
    else:
        answer = client.get(path, headers=headers)
    assert answer.status_code == 403
    assert answer.json()["error"]["kind"] in ("host", "origin")
    assert answer.json()["error"]["message"]
    assert workspace.trees.history.last == before


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "127.0.0.1:8501", "origin": "http://127.0.0.1:8501"},
        {"host": "localhost:8501", "origin": "http://localhost:8501"},
        {"host": "[::1]:8501", "origin": "http://[::1]:8501", "sec-fetch-site": "same-origin"},
        {"host": "127.0.0.1:8501"},
    ],
)
def test_our_own_pages_are_answered(client: TestClient, headers: dict[str, str]) -> None:
    assert client.post(UNDO, content=BODY, headers=OWN | headers).status_code == 200


def test_a_host_named_in_the_environment_is_answered(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    from starlette.applications import Starlette

    from synth.api import Bench, routes
    from tests.api.conftest import ASSETS

    monkeypatch.setenv("ESPALIER_HOSTS", "tree.team.example, other")
    app = Starlette(routes=routes(Bench(lambda: workspace), ASSETS))
    with TestClient(app, base_url="http://tree.team.example") as found:
        assert found.post(UNDO, content=BODY, headers=OWN).status_code == 200
        assert found.post(UNDO, content=BODY, headers=OWN | {"host": "team.example"}).status_code == 403


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_only_json_is_read(client: TestClient, workspace: Workspace, kind: str) -> None:
    before = workspace.trees.history.last
    answer = client.post(UNDO, content=BODY, headers={"content-type": kind})
    assert answer.status_code == 415
    assert answer.json()["error"]["kind"] == "content type"
    assert workspace.trees.history.last == before


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"rev": "x", "op": "operation-1"}', b'{"rev": 1e400}']
)
def test_a_body_that_cannot_be_read_is_named(client: TestClient, content: bytes) -> None:
    answer = client.post(UNDO, content=content, headers=OWN)
    assert answer.status_code == 400
    assert answer.json()["error"]["kind"] == "bad input"


def test_a_field_that_is_not_known_is_named(client: TestClient) -> None:
    answer = client.post(UNDO, json={"rev": 0, "op": "operation-1", "numbr": 3})
    assert answer.status_code == 400
    assert "numbr" in answer.json()["error"]["message"]


def test_a_body_that_is_too_large_is_refused_before_it_is_read_whole(client: TestClient) -> None:
    answer = client.post(UNDO, content=b" " * (MAX_BODY + 1), headers=OWN)
    assert answer.status_code == 413


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.path)
def test_every_endpoint_refuses_other_sites_other_methods_and_nonsense(client: TestClient, endpoint: object) -> None:
    path = endpoint.path  # type: ignore[attr-defined]
    assert client.get(path).status_code == 405
    assert client.post(path, json={}, headers={"origin": "http://evil.example"}).status_code == 403
    assert client.post(path, content="{}", headers={"content-type": "text/plain"}).status_code == 415
    answer = client.post(path, json={"no such field": 1})
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("name", ["../style.css", "..%2f..%2fapp.py", "app.py", "style.css.map", "none.js", ".js"])
def test_only_the_workbenchs_own_files_are_served(client: TestClient, name: str) -> None:
    assert client.get(f"/workbench/assets/1/{name}").status_code in (404, 405)


def test_the_workbenchs_files_are_served_with_their_type_and_kept(client: TestClient) -> None:
    for name, kind in (("main.js", "text/javascript"), ("style.css", "text/css")):
        answer = client.get(f"/workbench/assets/1/{name}")
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(kind)
        assert "immutable" in answer.headers["cache-control"]


@pytest.mark.parametrize(
    "headers",
    [{"host": "[::1"}, {"host": "[x]"}, {"origin": "http://[::1"}, {"origin": "http://[zz]"}, {"origin": ""}],
)
def test_names_that_cannot_be_read_are_refused_as_any_other(client: TestClient, headers: dict[str, str]) -> None:
    answer = client.post(UNDO, content=BODY, headers=OWN | headers)
    assert answer.status_code == 403
    assert answer.json()["error"]["kind"] in ("host", "origin")


def test_what_a_request_said_is_repeated_in_part_only(client: TestClient) -> None:
    answer = client.post(UNDO, json={"x" * 100_000: 1})
    assert answer.status_code == 400
    assert len(answer.content) < 2_000


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_and_other_paths_are_answered_in_json_too(client: TestClient, method: str) -> None:
    assert client.request(method, UNDO).json()["error"]["kind"] == "method"
    answer = client.request(method, "/api/no/such")
    assert answer.status_code == 404
    assert answer.json()["error"]["kind"] == "not found"


@pytest.mark.parametrize("name", ["a" * 300 + ".css", "%00.css", "style.css%00.js", "%ff.css"])
def test_a_name_that_no_file_can_have_is_not_found(client: TestClient, name: str) -> None:
    assert client.get(f"/workbench/assets/1/{name}").status_code == 404
