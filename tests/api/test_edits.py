"""Edits over HTTP: once each, refused where somebody else was quicker, told with what they made."""

import threading

from starlette.testclient import TestClient

from synth.workspace import Workspace, operations
from tests.api.conftest import Ask, node_at


def test_an_edit_is_done_and_tells_its_entry_and_what_it_made(ask: Ask, workspace: Workspace) -> None:
    security = node_at(workspace, "security")
    status, told = ask(
        "/api/tree/edit", rev=2, op="operation-1",
        operations=[{"kind": "add", "parent": security, "name": "auditing"}], reason="it was missing",
    )  # fmt: skip
    assert status == 200
    assert told["rev"] == 3
    assert told["entry"]["reason"] == "it was missing"
    assert told["created"] == [node_at(workspace, "security", "auditing")]


def test_the_same_request_sent_again_is_done_once(ask: Ask, workspace: Workspace) -> None:
    body = {"rev": 2, "op": "operation-2", "operations": [{"kind": "add", "parent": 0, "name": "new category"}]}
    first, again = ask("/api/tree/edit", **body), ask("/api/tree/edit", **body)
    assert first == again
    assert workspace.trees.history.last == 3


def test_a_refused_edit_may_be_sent_again_under_its_name(ask: Ask, workspace: Workspace) -> None:
    node = node_at(workspace, "security")
    workspace.trees.edit([operations.Lock(node=node)])
    body = {"rev": 3, "op": "operation-3", "operations": [{"kind": "rename", "node": node, "name": "safety"}]}
    status, told = ask("/api/tree/edit", **body)
    assert status == 400
    assert "locked" in told["error"]["message"]
    workspace.trees.edit([operations.Lock(node=node, locked=False)])
    status, _ = ask("/api/tree/edit", **(body | {"rev": 4}))
    assert status == 200


def test_an_edit_of_what_somebody_else_changed_is_refused_with_what_changed(ask: Ask, workspace: Workspace) -> None:
    node = node_at(workspace, "security", "hashing")
    workspace.trees.edit([operations.Rename(node=node, name="digests")], reason="clearer")
    stale = {"rev": 2, "operations": [{"kind": "rename", "node": node, "name": "hash functions"}]}
    status, told = ask("/api/tree/edit", op="operation-4", **stale)
    assert status == 409
    assert told["error"]["kind"] == "stale"
    assert told["error"]["rev"] == 3
    assert [(change["number"], change["reason"]) for change in told["error"]["changes"]] == [(3, "clearer")]
    assert workspace.tree().name(node) == "digests"
    assert ask("/api/tree/edit", op="operation-5", anyway=True, **stale)[0] == 200
    assert workspace.tree().name(node) == "hash functions"


def test_an_edit_elsewhere_is_not_stale(ask: Ask, workspace: Workspace) -> None:
    workspace.trees.edit([operations.Rename(node=node_at(workspace, "security", "hashing"), name="digests")])
    other = node_at(workspace, "data processing", "merging")
    operation = {"kind": "rename", "node": other, "name": "joining"}
    assert ask("/api/tree/edit", rev=2, op="operation-6", operations=[operation])[0] == 200


def test_deleting_a_branch_in_which_somebody_worked_is_stale(ask: Ask, workspace: Workspace) -> None:
    inside = node_at(workspace, "security", "hashing", "salted hash")
    workspace.trees.edit([operations.Note(node=inside, text="keep this one")])
    operation = {"kind": "delete", "node": node_at(workspace, "security")}
    status, told = ask("/api/tree/edit", rev=2, op="operation-7", operations=[operation])
    assert status == 409
    assert told["error"]["changes"]
    assert workspace.tree().alive(inside)


def test_undo_and_redo_go_back_and_forth(ask: Ask, workspace: Workspace) -> None:
    node = node_at(workspace, "security")
    ask("/api/tree/edit", rev=2, op="operation-8", operations=[{"kind": "delete", "node": node}])
    assert not workspace.tree().alive(node)
    assert ask("/api/tree/undo", rev=3, op="operation-9")[0] == 200
    assert workspace.tree().alive(node)
    assert ask("/api/tree/redo", rev=4, op="operation-10")[0] == 200
    assert not workspace.tree().alive(node)
    status, told = ask("/api/tree/undo", rev=5, op="operation-11", number=99)
    assert (status, told["error"]["kind"]) == (404, "not found")


def test_an_edit_that_cannot_be_done_changes_nothing_and_says_why(ask: Ask, workspace: Workspace) -> None:
    before = workspace.trees.history.last
    operations_ = [{"kind": "add", "parent": 0, "name": "fresh"}, {"kind": "add", "parent": 0, "name": "security"}]
    status, told = ask("/api/tree/edit", rev=2, op="operation-12", operations=operations_)
    assert status == 400
    assert "security" in told["error"]["message"]
    assert workspace.tree().node(("fresh",)) is None
    assert workspace.trees.history.last == before


def test_many_tabs_edit_at_once_and_every_edit_is_there_once(client: TestClient, workspace: Workspace) -> None:
    def add(number: int) -> None:
        body = {"rev": 2, "op": f"operation-{number:04d}"}
        for _ in range(2):
            client.post(
                "/api/tree/edit", json=body | {"operations": [{"kind": "add", "parent": 0, "name": f"c {number}"}]}
            )

    threads = [threading.Thread(target=add, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert workspace.trees.history.last == 22
    assert sum(name.startswith("c ") for name in workspace.tree().names_below(0)) == 20
