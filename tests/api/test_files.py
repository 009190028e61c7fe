"""Exports of branches: what is saved reads back as what was there."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from synth.errors import BadInput
from synth.tree.formats import read
from synth.workspace import Workspace, operations
from tests.api.conftest import node_at

HOSTILE = '<img src=x onerror=alert(1)>,"]}\n=1+1'


def saved(client: TestClient, node: int, form: str) -> tuple[str, str]:
    """The name and the text of an exported file."""
    answer = client.post("/api/tree/export", json={"node": node, "form": form})
    assert answer.status_code == 200, answer.text
    return answer.headers["content-disposition"], answer.content.decode()


def test_a_branch_as_json_holds_its_features_in_each_other(client: TestClient, workspace: Workspace) -> None:
    cleaning = node_at(workspace, "data processing", "cleaning")
    workspace.trees.edit([operations.Lock(node=cleaning), operations.Note(node=cleaning, text="as agreed")])
    name, text = saved(client, node_at(workspace, "data processing"), "json")
    (top,) = json.loads(text)
    assert 'filename="data-processing.json"' in name
    assert [child["name"] for child in top["children"]] == ["cleaning", "merging"]
    assert top["children"][0] | {"children": None} == {
        "name": "cleaning", "observed": cleaning, "note": "as agreed", "locked": True, "children": None,
    }  # fmt: skip


def test_the_whole_tree_as_json_holds_every_category(client: TestClient) -> None:
    _, text = saved(client, 0, "json")

    def names(features: list[dict[str, Any]]) -> list[str]:
        return [name for one in features for name in (one["name"], *names(one.get("children", [])))]

    assert sorted(names(json.loads(text))) == sorted(
        ["security", "hashing", "salted hash", "signing", "data processing", "cleaning", "step 1", "step 2", "merging"]
    )


def test_a_table_has_whole_paths_and_levels(client: TestClient, workspace: Workspace) -> None:
    workspace.trees.edit(
        [operations.Add(parent=node_at(workspace, "security", "signing"), name=HOSTILE.replace("\n", " "))]
    )
    _, text = saved(client, node_at(workspace, "security"), "csv")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert list(rows[0]) == ["path", "level", "observed", "estimated", "status", "note", "locked"]
    assert [row["level"] for row in rows] == ["1", "2", "3", "2", "3"]
    assert [tuple(json.loads(row["path"])) for row in rows] == [
        ("security",), ("security", "hashing"), ("security", "hashing", "salted hash"), ("security", "signing"),
        ("security", "signing", HOSTILE.replace("\n", " ")),
    ]  # fmt: skip


def test_a_deep_branch_keeps_the_path_above_it_in_a_table(client: TestClient, workspace: Workspace) -> None:
    _, text = saved(client, node_at(workspace, "data processing", "cleaning"), "csv")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert json.loads(rows[0]["path"]) == ["data processing", "cleaning"]
    assert rows[1]["level"] == "3"


def test_an_outline_begins_with_the_branch_and_is_read_back(
    client: TestClient, workspace: Workspace, tmp_path: Path
) -> None:
    _, text = saved(client, node_at(workspace, "security"), "outline")
    file = tmp_path / "branch.txt"
    file.write_text(text, encoding="utf-8")
    back = read(file).fragment
    assert list(back.paths()) == [
        ("security",), ("security", "hashing"), ("security", "hashing", "salted hash"), ("security", "signing"),
    ]  # fmt: skip
    assert back.observed[0] == node_at(workspace, "security")


HARD = [
    HOSTILE,
    "=1+1",
    "a > b / c",
    " lead ",
    "line\nbreak",
    "[12]",
    "1. x",
    "x [5, est 2]",
    "- item",
    "\\",
    "\u202eevil",
    "日本",
]


@pytest.mark.parametrize(("form", "ending"), [("outline", "txt"), ("json", "json"), ("csv", "csv")])
def test_every_form_reads_back_as_the_same_tree_whatever_the_names(
    client: TestClient, workspace: Workspace, tmp_path: Path, form: str, ending: str
) -> None:
    workspace.trees.edit([operations.Add(parent=0, name=name, observed=7, estimated=0.5) for name in HARD])
    tops = [node for name in HARD if (node := workspace.tree().node((name,)))]
    workspace.trees.edit([operations.Add(parent=top, name=name) for top in tops for name in HARD[:3]])
    file = tmp_path / f"tree.{ending}"
    file.write_bytes(saved(client, 0, form)[1].encode())
    back = read(file).fragment
    tree = workspace.tree()
    assert dict(zip(back.paths(), back.observed.tolist(), strict=True)) == {
        tree.path(node): tree.observed(node) for node in tree.nodes()
    }
    assert (back.estimated == 0.5).sum() == len(HARD)


def test_nested_json_that_is_none_is_refused_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "branch.json"
    for text, said in (
        ('[\n{"name": "a"},\n{"name": 3}]', "line 3: expected a mapping with a name"),
        ('[{"name": "a", "children": {}}]', "line 2: expected a list of features"),
        ('[{"name": "a", "seen": 1}]', "is no field"),
        ('[{"name": "a"}', "this is no JSON"),
    ):
        file.write_text(text, encoding="utf-8")
        with pytest.raises(BadInput, match=said):
            read(file)


def test_what_is_gone_or_empty_is_not_exported(client: TestClient, workspace: Workspace) -> None:
    answer = client.post("/api/tree/export", json={"node": 999, "form": "csv"})
    assert answer.status_code == 404
    workspace.trees.edit([operations.Delete(node=node) for node in workspace.tree().children(0)])
    answer = client.post("/api/tree/export", json={"node": 0, "form": "csv"})
    assert answer.status_code == 400
    assert "empty" in answer.json()["error"]["message"]


def test_the_name_of_a_file_holds_no_marks(client: TestClient, workspace: Workspace) -> None:
    workspace.trees.edit([operations.Add(parent=0, name="../../etc/passwd\\x")])
    name, _ = saved(client, node_at(workspace, "../../etc/passwd\\x"), "outline")
    assert 'filename="etc-passwd-x.txt"' in name
