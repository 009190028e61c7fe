"""Proposals are decided by item, by branch or all; growth at chosen features waits for review."""

import time

import pytest

from synth.tree.fragment import FragmentBuilder
from synth.workspace import Workspace, operations
from tests.api.conftest import Ask, node_at


@pytest.fixture
def proposal(workspace: Workspace) -> str:
    """New features below `hashing` and `cleaning`, one of them below another, and a renaming."""
    rows = FragmentBuilder()
    for path in (
        ("security", "hashing", "keyed hash"),
        ("security", "hashing", "keyed hash", "blake2"),
        ("data processing", "cleaning", "trimming"),
    ):
        rows.count(rows.add_path(path), estimated=2.0)
    renaming = operations.Rename(node=node_at(workspace, "security", "signing"), name="signatures")
    actor = operations.Actor(kind="engine", name="tester")
    return workspace.trees.propose(actor, "to be looked at", fragment=rows.finish(), operations=[renaming]).id


def test_what_is_open_is_listed_with_the_feature_that_it_is_about(
    ask: Ask, workspace: Workspace, proposal: str
) -> None:
    _, told = ask("/api/tree/proposals")
    assert [(one["id"], one["actor"], one["reason"]) for one in told["proposals"]] == [
        (proposal, "engine tester", "to be looked at")
    ]
    _, page = ask("/api/tree/proposal_items", proposal=proposal)
    about = {tuple(item["path"]): item["node"] for item in page["items"]}
    assert about["security", "hashing", "keyed hash", "blake2"] == node_at(workspace, "security", "hashing")
    assert page["items"][-1]["kind"] == "rename"


def test_one_item_is_accepted_with_what_it_stands_below(ask: Ask, workspace: Workspace, proposal: str) -> None:
    _, page = ask("/api/tree/proposal_items", proposal=proposal)
    item = next(one["item"] for one in page["items"] if one["path"][-1] == "blake2")
    status, told = ask("/api/tree/decide", rev=2, op="operation-1", proposal=proposal, accept=True, items=[item])
    assert (status, told["rev"]) == (200, 3)
    node_at(workspace, "security", "hashing", "keyed hash", "blake2")
    assert workspace.tree().node(("data processing", "cleaning", "trimming")) is None


def test_a_branch_is_accepted_and_the_rest_stays_open(ask: Ask, workspace: Workspace, proposal: str) -> None:
    branch = node_at(workspace, "data processing")
    ask("/api/tree/decide", rev=2, op="operation-1", proposal=proposal, accept=True, branch=branch)
    node_at(workspace, "data processing", "cleaning", "trimming")
    assert workspace.tree().node(("security", "hashing", "keyed hash")) is None
    _, page = ask("/api/tree/proposal_items", proposal=proposal)
    assert {item["path"][0] for item in page["items"]} == {"security"}


def test_an_item_is_refused_with_what_lies_below_it(ask: Ask, proposal: str) -> None:
    _, page = ask("/api/tree/proposal_items", proposal=proposal)
    item = next(one["item"] for one in page["items"] if one["path"][-1] == "keyed hash")
    _, told = ask("/api/tree/decide", rev=2, op="operation-1", proposal=proposal, accept=False, items=[item])
    assert told["decided"] == 2
    _, page = ask("/api/tree/proposal_items", proposal=proposal)
    assert all("keyed hash" not in one["path"] for one in page["items"])


def test_all_is_accepted_as_one_batch_that_one_undo_takes_back(ask: Ask, workspace: Workspace, proposal: str) -> None:
    before = workspace.tree().paths()
    _, told = ask("/api/tree/decide", rev=2, op="operation-1", proposal=proposal, accept=True)
    assert told["rev"] == 3
    node_at(workspace, "security", "signatures")
    ask("/api/tree/undo", rev=3, op="operation-2")
    assert workspace.tree().paths() == before
    _, page = ask("/api/tree/proposal_items", proposal=proposal)
    assert any(one["path"][-1] == "blake2" for one in page["items"])


def test_what_is_no_longer_open_cannot_be_decided(ask: Ask, proposal: str) -> None:
    ask("/api/tree/decide", rev=2, op="operation-1", proposal=proposal, accept=False)
    status, told = ask("/api/tree/decide", rev=2, op="operation-2", proposal=proposal, accept=True)
    assert status == 400
    assert "open" in told["error"]["message"]
    assert ask("/api/tree/decide", rev=2, op="operation-3", proposal="none", accept=True)[0] == 404


def test_growth_at_a_feature_waits_for_review_and_stays_below_it(ask: Ask, workspace: Workspace) -> None:
    node = node_at(workspace, "data processing", "cleaning")
    before = workspace.tree().paths()
    status, told = ask("/api/tree/grow", nodes=[node], steps=2)
    assert status == 200
    deadline = time.monotonic() + 60
    while workspace.run(told["run_id"]).alive and time.monotonic() < deadline:
        time.sleep(0.1)
    workspace.ingest()
    assert workspace.run(told["run_id"]).state == "finished", workspace.run(told["run_id"]).error
    assert workspace.tree().paths() == before
    _, listed = ask("/api/tree/proposals")
    _, page = ask("/api/tree/proposal_items", proposal=listed["proposals"][0]["id"])
    added = [item["path"] for item in page["items"] if item["kind"] == "add"]
    assert added
    assert all(path[:2] == ["data processing", "cleaning"] for path in added)


def test_nothing_is_grown_where_nothing_is(ask: Ask) -> None:
    status, told = ask("/api/tree/grow", nodes=[9_999], steps=1)
    assert status == 400
    assert "9999" in told["error"]["message"]


def test_a_refusal_is_taken_back_by_its_name(ask: Ask, proposal: str) -> None:
    _, before = ask("/api/tree/proposal_items", proposal=proposal)
    status, told = ask("/api/tree/decide", rev=2, op="operation-1", proposal=proposal, accept=False)
    assert (status, told["refused"], told["entry"]) == (200, before["total"], None)
    assert ask("/api/tree/proposal_items", proposal=proposal)[1]["total"] == 0
    for _ in range(2):  # sent again, it is done once
        status, told = ask("/api/tree/reopen", rev=2, op="operation-2", refusal="operation-1")
        assert (status, told["opened"]) == (200, before["total"])
    assert ask("/api/tree/proposal_items", proposal=proposal)[1]["items"] == before["items"]
    assert ask("/api/tree/reopen", rev=2, op="operation-3", refusal="never-refused")[0] == 404


def test_what_two_proposals_say_is_shown_once_until_one_is_accepted(
    ask: Ask, workspace: Workspace, proposal: str
) -> None:
    rows = FragmentBuilder()
    for path in (("security", "hashing", "keyed hash"), ("security", "hashing", "keyed hash", "siphash")):
        rows.count(rows.add_path(path), estimated=1.0)
    workspace.trees.propose(operations.Actor(kind="engine", name="other"), "again", fragment=rows.finish())
    hashing = node_at(workspace, "security", "hashing")

    def ghosts() -> list[str]:
        opened = {"open": [node_at(workspace, "security"), hashing], "flat": [], "closed": [], "level": 0}
        keyed = workspace.tree().node(("security", "hashing", "keyed hash"))
        opened["open"] += [keyed] if keyed else []
        _, told = ask(
            "/api/tree/outline", opened=opened, top=0, filter={}, first=0, count=100, temperature=1.0, locate=[]
        )
        return [row["name"] for row in told["rows"] if row.get("ghost")]

    assert ghosts().count("keyed hash") == 1
    _, page = ask("/api/tree/proposal_items", proposal=proposal)
    item = next(one["item"] for one in page["items"] if one["path"][-1] == "keyed hash")
    ask("/api/tree/decide", rev=2, op="operation-1", proposal=proposal, accept=True, items=[item])
    assert "keyed hash" not in ghosts()
    assert {"blake2", "siphash"} <= set(ghosts())
