"""The search above the panes, over real routes."""

from synth.workspace import Workspace, operations
from tests.api.conftest import Ask, node_at


def names(ask: Ask, query: str, mode: str = "substring", **more: object) -> list[str]:
    """Names of the hits, in order."""
    status, found = ask("/api/tree/search", query=query, mode=mode, **more)
    assert status == 200, found
    return [hit["path"][-1] for hit in found["hits"]]


def test_a_hit_has_its_path_and_what_a_row_shows(ask: Ask, workspace: Workspace) -> None:
    _, found = ask("/api/tree/search", query="salt")
    node = node_at(workspace, "security", "hashing", "salted hash")
    above = [node_at(workspace, "security"), node_at(workspace, "security", "hashing")]
    assert found["total"] == 1
    assert found["hits"] == [
        {"node": node, "path": ["security", "hashing", "salted hash"], "above": above,
         "count": workspace.tree().observed(node), "children": 0, "locked": False, "status": ""}
    ]  # fmt: skip


def test_each_mode_finds_what_it_says(ask: Ask) -> None:
    assert names(ask, "HASH") == ["hashing", "salted hash"]
    assert names(ask, "hash", "prefix") == ["hashing"]
    assert names(ask, "processing > step", "path") == ["step 1", "step 2"]
    assert names(ask, "merjing", "fuzzy") == ["merging"]


def test_hits_are_limited_and_kept_below_a_feature(ask: Ask, workspace: Workspace) -> None:
    assert len(names(ask, "i", limit=2)) == 2
    assert names(ask, "ing", below=node_at(workspace, "security")) == ["hashing", "signing"]


def test_nothing_to_look_for_is_no_mistake_while_somebody_types(ask: Ask) -> None:
    assert ask("/api/tree/search", query="  ")[1]["hits"] == []


def test_an_edit_is_found_at_once(ask: Ask, workspace: Workspace) -> None:
    assert names(ask, "quokka") == []
    workspace.trees.edit([operations.Add(parent=0, name="quokka <script>")])
    assert names(ask, "quokka") == ["quokka <script>"]
    workspace.trees.edit([operations.Delete(node=node_at(workspace, "quokka <script>"))])
    assert names(ask, "quokka") == []


def test_what_cannot_be_asked_is_refused_with_a_reason(ask: Ask) -> None:
    assert ask("/api/tree/search", query="a", mode="regex")[0] == 400
    assert ask("/api/tree/search", query="a" * 1001)[0] == 400
    assert ask("/api/tree/search", query=">", mode="path")[0] == 400
    assert ask("/api/tree/search", query="a", below=10_000)[0] == 400
