"""What the inspector is told of a feature, over real routes and a real workspace."""

from pathlib import Path
from typing import Any

import pytest

from synth.records import CATEGORIES, Extraction
from synth.workspace import Workspace, operations
from tests.api.conftest import Ask, node_at
from tests.examples import MADE

CODE = "import math\n\n\ndef area(radius):\n    '''Of a circle.'''\n    return math.pi * radius**2\n"


@pytest.fixture
def shown(workspace: Workspace, tmp_path: Path) -> str:
    """The id of a seed that shows `security > hashing`."""
    file = tmp_path / "shapes.py"
    file.write_text(CODE)
    workspace.add_seeds(file, licence="MIT")
    (seed,), _ = workspace.seeds()
    read = Extraction(
        id="extraction-1", seed_id=seed.id, demonstration_id=None, features=(("security", "hashing"),), made=MADE
    )
    workspace.trees.observe("a run", [read])
    return seed.id


def told(ask: Ask, node: int, **more: object) -> dict[str, Any]:
    """What is told at once of a feature."""
    status, found = ask("/api/tree/node", node=node, **more)
    assert status == 200, found
    return found


def test_a_feature_is_told_with_its_way_its_counts_and_its_marks(ask: Ask, workspace: Workspace) -> None:
    node = node_at(workspace, "data processing", "cleaning")
    workspace.trees.edit(
        [
            operations.SetCount(node=node, observed=6, estimated=2.5),
            operations.Lock(node=node),
            operations.Note(node=node, text="<b>see</b> the style guide"),
            operations.Status(node=node, status="disputed"),
        ]
    )
    found = told(ask, node)
    assert [step["name"] for step in found["path"]] == ["data processing", "cleaning"]
    assert found["path"][0]["node"] == node_at(workspace, "data processing")
    assert (found["observed"], found["estimated"], found["weight"]) == (6, 2.5, 6)
    assert (found["locked"], found["status"], found["note"]) == (True, "disputed", "<b>see</b> the style guide")
    assert (found["children"], found["size"], found["siblings"]) == (2, 2, 2)
    assert found["made"]["drawn"] == found["made"]["tasks"] == 0
    assert found["pass_rate"] is None


def test_shares_follow_the_counts_and_chances_the_temperature(ask: Ask, workspace: Workspace) -> None:
    cleaning, merging = (node_at(workspace, "data processing", name) for name in ("cleaning", "merging"))
    workspace.trees.edit(
        [operations.SetCount(node=cleaning, observed=9), operations.SetCount(node=merging, observed=1)]
    )
    plain, flat = told(ask, cleaning), told(ask, cleaning, temperature=2.0)
    assert (plain["share"], plain["chance"]) == (pytest.approx(0.9), pytest.approx(0.9))
    assert (flat["share"], flat["chance"]) == (pytest.approx(0.9), pytest.approx(0.75))
    above = told(ask, node_at(workspace, "data processing"))
    assert plain["reach"] == pytest.approx(0.9 * above["reach"])
    parts = told(ask, node_at(workspace, "data processing"), temperature=2.0)["distribution"]["parts"]
    assert [(part["name"], part["before"], part["after"]) for part in parts] == [
        ("cleaning", pytest.approx(0.9), pytest.approx(0.75)),
        ("merging", pytest.approx(0.1), pytest.approx(0.25)),
    ]


def test_what_a_shape_excludes_and_boosts_counts(ask: Ask, workspace: Workspace) -> None:
    cleaning = node_at(workspace, "data processing", "cleaning")
    assert told(ask, cleaning, excluded=[["data processing", "merging"], ["not", "there"]])["chance"] == 1
    assert told(ask, cleaning, excluded=[["data processing", "cleaning"]])["chance"] == 0
    boosted = told(ask, node_at(workspace, "security"), boosts={"security": 1000.0})
    assert boosted["chance"] > 0.99 > boosted["share"]


def test_children_beyond_the_largest_are_added_up(ask: Ask, workspace: Workspace) -> None:
    merging = node_at(workspace, "data processing", "merging")
    workspace.trees.edit([operations.Add(parent=merging, name=f"way {n}", observed=20 - n) for n in range(15)])
    spread = told(ask, merging)["distribution"]
    assert [part["count"] for part in spread["parts"]] == list(range(20, 8, -1))
    assert spread["rest"] == {
        "many": 3,
        "count": 21,
        "before": pytest.approx(21 / 195),
        "after": pytest.approx(21 / 195),
    }


def test_the_root_stands_for_the_whole_tree(ask: Ask, workspace: Workspace) -> None:
    found = told(ask, 0)
    assert found["path"] == []
    assert (found["size"], found["children"], found["reach"]) == (len(workspace.tree()), 2, 1)


def test_a_feature_that_is_gone_is_said_to_be_gone(ask: Ask, workspace: Workspace) -> None:
    node = node_at(workspace, "security", "hashing")
    workspace.trees.edit([operations.Delete(node=node)])
    for path in ("/api/tree/node", "/api/tree/evidence", "/api/tree/made"):
        status, answer = ask(path, node=node)
        assert (status, answer["error"]["kind"]) == (404, "not found")
        assert "deleted" in answer["error"]["message"]
    status, answer = ask("/api/tree/node_history", node=node)
    assert answer["entries"][0]["summary"].startswith("delete")
    assert ask("/api/tree/node_history", node=10_000_000)[0] == 404


def test_nonsense_is_refused_with_a_reason(ask: Ask) -> None:
    assert ask("/api/tree/node", node=-1)[0] == 400
    status, answer = ask("/api/tree/node", node=1, temperature=0)
    assert status == 400
    assert "temperature" in answer["error"]["message"]
    assert ask("/api/seeds/code", seed="no such seed")[0] == 404


def test_several_features_are_added_up_with_the_lowest_they_share(ask: Ask, workspace: Workspace) -> None:
    tree = workspace.tree()
    steps = [node_at(workspace, "data processing", "cleaning", name) for name in ("step 1", "step 2")]
    _, found = ask("/api/tree/chosen", nodes=[*steps, steps[0], 10_000])
    assert (found["many"], found["gone"], found["siblings"], found["leaves"]) == (2, [10_000], True, 2)
    assert found["observed"] == found["weight"] == sum(map(tree.observed, steps))
    assert found["estimated"] is None
    assert [step["name"] for step in found["parent"]] == ["data processing", "cleaning"]
    _, found = ask("/api/tree/chosen", nodes=[steps[0], node_at(workspace, "data processing", "merging")])
    assert ([step["name"] for step in found["parent"]], found["siblings"]) == (["data processing"], False)
    _, found = ask("/api/tree/chosen", nodes=[steps[0], node_at(workspace, "security")])
    assert found["parent"] == []
    assert ask("/api/tree/chosen", nodes=[])[1]["many"] == 0


def test_evidence_names_the_seed_and_its_code_begins_at_its_line(ask: Ask, workspace: Workspace, shown: str) -> None:
    node = node_at(workspace, "security", "hashing")
    assert told(ask, node)["evidence"] == 1
    _, page = ask("/api/tree/evidence", node=node, first=0, count=5)
    (seed,) = page["seeds"]
    assert (page["total"], page["missing"]) == (1, 0)
    assert (seed["id"], seed["name"], seed["unit"], seed["licence"]) == (shown, "area", "function", "MIT")
    assert seed["place"].endswith("shapes.py:4")
    assert ask("/api/tree/evidence", node=node, first=1)[1]["seeds"] == []
    _, code = ask("/api/seeds/code", seed=shown)
    assert (code["line"], code["end_line"], code["more"]) == (4, 6, 0)
    assert code["lines"] == CODE.splitlines()[3:]


def test_seeds_that_the_workspace_does_not_hold_are_counted(ask: Ask, workspace: Workspace) -> None:
    read = Extraction(
        id="extraction-2", seed_id="gone", demonstration_id=None, features=((CATEGORIES[1], "io"),), made=MADE
    )
    workspace.trees.observe("a run", [read])
    _, page = ask("/api/tree/evidence", node=node_at(workspace, CATEGORIES[1], "io"))
    assert (page["total"], page["missing"], page["seeds"]) == (1, 1, [])


def test_the_history_of_a_feature_has_its_entries_newest_first(ask: Ask, workspace: Workspace) -> None:
    node = node_at(workspace, "security")
    workspace.trees.edit([operations.Note(node=node, text="first")], reason="a reason")
    second = workspace.trees.edit([operations.Note(node=node, text="second")])
    workspace.trees.edit([operations.Note(node=node_at(workspace, "data processing"), text="of another")])
    assert second is not None
    workspace.trees.undo(second.number)
    _, found = ask("/api/tree/node_history", node=node)
    assert [entry["action"] for entry in found["entries"]][:3] == ["undo", "do", "do"]
    assert [entry["in_force"] for entry in found["entries"]][:3] == [False, False, True]
    assert found["entries"][2]["reason"] == "a reason"
    assert found["total"] == len(found["entries"]) == 5


def test_what_was_made_is_told_by_number_and_by_task(ask: Ask, workspace: Workspace) -> None:
    from tests.examples import EXTRACTION, SUBTREE, TASK

    workspace.trees.observe("a run", [EXTRACTION])
    workspace._db.add([SUBTREE, TASK])
    workspace.uses.catch_up()
    node = node_at(workspace, *SUBTREE.features[-1])
    _, page = ask("/api/tree/made", node=node)
    assert page["total"] == 1
    assert page["tasks"][0]["id"] == TASK.id
    assert TASK.instruction.startswith(page["tasks"][0]["line"])
    assert (page["tasks"][0]["attempts"], page["tasks"][0]["outcome"]) == (0, None)
    assert page["spent"] == {"money": 0.0, "reason": ""}  # by the offline engine
    made = told(ask, node)["made"]
    assert (made["drawn"], made["tasks"], made["passed"]) == (1, 1, 0)
