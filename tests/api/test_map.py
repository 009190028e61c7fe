"""The map over HTTP: columns that fit each other, what they are measured and painted by, and what is gone."""

import math

import numpy as np
import pytest

from synth.api.map import four_digits
from synth.workspace import Workspace, operations
from tests.api.conftest import Ask, node_at

COLUMNS = ("node", "parent", "depth", "share", "more", "names", "observed", "estimated", "children")


def test_a_map_is_a_set_of_columns_of_one_length(ask: Ask, workspace: Workspace) -> None:
    status, told = ask("/api/tree/map")
    assert status == 200
    assert {len(told[name]) for name in COLUMNS} == {10}
    assert told["features"] == 9
    assert told["crumbs"] == [{"id": 0, "name": ""}]
    assert told["values"] is None
    row = told["names"].index("salted hash")
    assert told["node"][row] == node_at(workspace, "security", "hashing", "salted hash")
    assert told["names"][told["parent"][row]] == "hashing"


def test_what_is_in_a_block_fills_it(ask: Ask) -> None:
    _, told = ask("/api/tree/map")
    for row in range(len(told["node"])):
        inside = [share for share, above in zip(told["share"], told["parent"], strict=True) if above == row]
        assert not inside or math.isclose(sum(inside), told["share"][row], rel_tol=0.002)


def test_a_map_of_a_branch_knows_the_way_to_it(ask: Ask, workspace: Workspace) -> None:
    top = node_at(workspace, "data processing", "cleaning")
    _, told = ask("/api/tree/map", top=top)
    assert [crumb["name"] for crumb in told["crumbs"]] == ["", "data processing", "cleaning"]
    assert set(told["names"]) == {"cleaning", "step 1", "step 2"}


def test_the_language_is_not_cold_for_no_draw_can_hold_it(ask: Ask, workspace: Workspace) -> None:
    workspace.trees.edit([operations.AddMany(parent=0, outline="programming language\n  python\n    f-strings\n")])
    path = ("programming language", "python", "f-strings")
    counted = [node_at(workspace, *path[:length]) for length in (1, 2, 3)]
    workspace.trees.edit([operations.SetCount(node=node, observed=5) for node in counted])
    workspace.uses.catch_up()
    _, told = ask("/api/tree/map", colour="coverage")
    values = dict(zip(told["names"], told["values"], strict=True))
    assert [values[name] for name in path] == [None] * 3
    assert values["salted hash"] == 0
    _, inside = ask("/api/tree/map", colour="coverage", top=node_at(workspace, "programming language", "python"))
    assert inside["values"] == [None, None]


def test_little_room_makes_buckets_without_names(ask: Ask) -> None:
    _, told = ask("/api/tree/map", most=3)
    bucket = told["more"].index(max(told["more"]))
    assert len(told["node"]) <= 3
    assert told["names"][bucket] == ""
    assert told["estimated"][bucket] is None


def test_the_map_of_a_deleted_branch_is_that_of_what_is_left_above(ask: Ask, workspace: Workspace) -> None:
    gone, above = node_at(workspace, "security", "hashing"), node_at(workspace, "security")
    workspace.trees.edit([operations.Delete(node=gone)])
    _, told = ask("/api/tree/map", top=gone)
    assert told["crumbs"][-1] == {"id": above, "name": "security"}
    _, told = ask("/api/tree/map", top=999_999)
    assert told["crumbs"][-1]["id"] == 0


def test_chances_follow_temperature_boosts_and_exclusions(ask: Ask, workspace: Workspace) -> None:
    def share(**how: object) -> float:
        _, told = ask("/api/tree/map", area="chance", **how)
        names = dict(zip(told["names"], told["share"], strict=True))
        return float(names.get("security", 0.0))

    plain = share()
    assert share(boosts={"security": 5.0, "no such category": 2.0}) > plain
    assert share(excluded=[["security"], ["no", "such", "path"]]) == 0
    assert abs(share(temperature=100.0) - 0.5) < abs(plain - 0.5)


def test_coverage_and_pass_rates_come_beside_the_blocks(ask: Ask, workspace: Workspace) -> None:
    for colour, nothing in (("coverage", 0), ("passes", None)):
        for _ in range(100):
            _, told = ask("/api/tree/map", colour=colour)
            if told["values"] is not None:
                break
        assert told["values"] == [nothing] * 10


def test_a_map_that_cannot_be_is_refused_in_words(ask: Ask) -> None:
    assert ask("/api/tree/map", area="size")[0] == 400
    assert ask("/api/tree/map", most=3_001)[0] == 400
    status, told = ask("/api/tree/map", area="chance", temperature=0)
    assert status == 400
    assert "temperature" in told["error"]["message"]


def test_the_way_to_a_feature_begins_at_the_root(ask: Ask, workspace: Workspace) -> None:
    node = node_at(workspace, "security", "signing")
    _, told = ask("/api/tree/map/way", node=node)
    assert told["way"] == [0, node_at(workspace, "security"), node]
    assert ask("/api/tree/map/way", node=999_999)[0] == 404


@pytest.mark.parametrize("number", [0.0, 1.0, 0.000123456, 99995.0, 12345678.0, 1e-12])
def test_four_digits_are_kept(number: float) -> None:
    assert math.isclose(float(four_digits(np.array([number]))[0]), number, rel_tol=0.0005)
