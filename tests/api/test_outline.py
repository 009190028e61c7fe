"""The outline over HTTP: windows of what is open, views that have names, ghosts of what is proposed."""

from typing import Any

from synth.tree.fragment import FragmentBuilder
from synth.workspace import Workspace, operations
from tests.api.conftest import Ask, node_at

PATH = "/api/tree/outline"


def lines(told: dict[str, Any]) -> list[str]:
    """The rows as one reads them: names with two blanks a level."""
    return ["  " * row["depth"] + row["name"] for row in told["rows"]]


def opened(ask: Ask, **more: object) -> dict[str, Any]:
    """A view, at first with nothing open."""
    status, told = ask(PATH, **{"opened": {}, "top": 0, **more})
    assert status == 200, told
    return told


def test_a_closed_branch_hides_what_lies_below_it(ask: Ask, workspace: Workspace) -> None:
    told = opened(ask)
    assert lines(told) == ["security", "data processing"]
    assert told["total"] == 2
    assert told["features"] == len(workspace.tree())


def test_a_change_answers_a_new_view_and_what_is_open_now(ask: Ask, workspace: Workspace) -> None:
    view = opened(ask)["view"]
    security = node_at(workspace, "security")
    status, told = ask(PATH, view=view, change={"kind": "expand", "node": security}, locate=[security, 99_999])
    assert status == 200
    assert lines(told) == ["security", "  hashing", "  signing", "data processing"]
    assert told["opened"]["open"] == [security]
    assert told["view"] != view
    assert told["located"] == {str(security): 0, "99999": -1}
    status, told = ask(PATH, view=told["view"], first=1, count=1)
    assert lines(told) == ["  hashing"]
    assert "opened" not in told
    assert told["above"] == [[security, 0]]


def test_all_of_it_can_be_opened_and_folded_to_a_level(ask: Ask, workspace: Workspace) -> None:
    told = opened(ask)
    _, told = ask(PATH, view=told["view"], change={"kind": "expand_all", "node": 0})
    assert told["total"] == len(workspace.tree())
    _, told = ask(PATH, view=told["view"], change={"kind": "to_level", "level": 2})
    assert told["total"] == 6
    _, told = ask(PATH, view=told["view"], change={"kind": "collapse_all", "node": 0})
    assert told["total"] == 2


def test_what_is_revealed_has_all_above_it_open_and_the_top_moves_up_for_it(ask: Ask, workspace: Workspace) -> None:
    told = opened(ask, top=node_at(workspace, "security"))
    assert [name for _, name in told["way"]] == ["security"]
    step = node_at(workspace, "data processing", "cleaning", "step 1")
    _, told = ask(PATH, view=told["view"], change={"kind": "reveal", "node": step}, locate=[step])
    assert told["top"] == 0
    assert told["rows"][told["located"][str(step)]]["name"] == "step 1"


def test_a_view_shows_the_tree_as_it_is_after_an_edit(ask: Ask, workspace: Workspace) -> None:
    told = opened(ask, opened={"flat": [0]})
    signing = node_at(workspace, "security", "signing")
    workspace.trees.edit([operations.Rename(node=signing, name="authentication")])
    workspace.trees.edit([operations.Add(parent=signing, name="keys")])
    _, told = ask(PATH, view=told["view"])
    assert lines(told)[:5] == ["security", "  authentication", "    keys", "  hashing", "    salted hash"]
    workspace.trees.undo()
    _, told = ask(PATH, view=told["view"])
    assert "    keys" not in lines(told)
    assert told["total"] == len(workspace.tree())


def test_a_view_that_is_not_known_is_refused_as_gone(ask: Ask) -> None:
    for path, body in (
        (PATH, {}),
        ("/api/tree/typeahead", {"text": "s"}),
        ("/api/tree/between", {"first": 0, "last": 1}),
    ):
        status, told = ask(path, view="never heard of", **body)
        assert (status, told["error"]["kind"]) == (410, "gone")
    status, told = ask(PATH)
    assert status == 410


def test_rows_say_shares_chances_places_and_marks(ask: Ask, workspace: Workspace) -> None:
    one, two = (node_at(workspace, "data processing", "cleaning", name) for name in ("step 1", "step 2"))
    workspace.trees.edit(
        [
            operations.SetCount(node=one, observed=1),
            operations.SetCount(node=two, observed=3),
            operations.Lock(node=one),
            operations.Note(node=one, text="look again"),
            operations.Status(node=two, status="disputed"),
        ]
    )
    rows = {row["id"]: row for row in opened(ask, opened={"flat": [0]}, temperature=2.0)["rows"]}
    assert rows[one]["share"] == 0.25
    assert rows[one]["chance"] > 0.25
    assert abs(rows[one]["chance"] + rows[two]["chance"] - 1) < 1e-5
    assert rows[one]["marks"] == {"locked": True, "note": "look again"}
    assert rows[two]["marks"] == {"status": "disputed"}
    assert (rows[two]["place"], rows[two]["siblings"]) == (2, 2)


def test_excluded_features_have_no_chance(ask: Ask, workspace: Workspace) -> None:
    told = opened(ask, excluded=[["security"], ["not there"]])
    chances = {row["name"]: row["chance"] for row in told["rows"]}
    assert chances == {"data processing": 1, "security": 0}


def test_a_filter_shows_what_passes_and_all_above_it(ask: Ask) -> None:
    told = opened(ask, filter={"words": "step"})
    assert lines(told) == ["data processing", "  cleaning", "    step 1", "    step 2"]
    assert opened(ask, filter={"levels": [3, None], "counts": [None, 4]})["total"] < 9
    status, told = ask(PATH, opened={}, filter={"status": "unheard of"})
    assert status == 400
    assert "status" in told["error"]["message"]


def test_a_branch_that_was_closed_by_hand_stays_closed_under_a_filter(ask: Ask, workspace: Workspace) -> None:
    told = opened(ask, filter={"words": "step"})
    cleaning = node_at(workspace, "data processing", "cleaning")
    _, told = ask(PATH, view=told["view"], change={"kind": "collapse", "node": cleaning})
    assert lines(told) == ["data processing", "  cleaning"]


def propose(workspace: Workspace) -> str:
    """Hold a few new features for review, one below another new one."""
    rows = FragmentBuilder()
    rows.count(rows.add_path(("security", "auditing")), estimated=2.5)
    rows.add_path(("security", "auditing", "trails"))
    rows.add_path(("networking",))
    proposal = workspace.trees.propose(operations.Actor(kind="engine", name="test"), "missing", fragment=rows.finish())
    return proposal.id


def test_proposed_features_are_ghosts_behind_the_real_children(ask: Ask, workspace: Workspace) -> None:
    known = opened(ask, opened={"flat": [0]})
    proposal = propose(workspace)
    _, told = ask(PATH, view=known["view"])
    assert lines(told)[1:6] == ["  hashing", "    salted hash", "  signing", "  auditing", "    trails"]
    assert lines(told)[-1] == "networking"
    auditing = next(row for row in told["rows"] if row["name"] == "auditing")
    assert auditing["ghost"]["proposal"] == proposal
    assert (auditing["estimated"], auditing["reason"]) == (2.5, "missing")
    assert next(row for row in told["rows"] if row["name"] == "security")["marks"] == {"proposed": True}


def test_a_ghost_becomes_a_feature_when_it_is_accepted_and_goes_when_it_is_refused(
    ask: Ask, workspace: Workspace
) -> None:
    view = opened(ask, opened={"flat": [0]})["view"]
    proposal = propose(workspace)
    ghosts = {row["name"]: row["ghost"] for row in ask(PATH, view=view)[1]["rows"] if "ghost" in row}
    workspace.trees.accept(proposal, [ghosts["auditing"]["item"]])
    workspace.trees.refuse(proposal, [ghosts["networking"]["item"]])
    _, told = ask(PATH, view=view)
    assert {row["name"] for row in told["rows"] if "ghost" in row} == {"trails"}
    assert "  auditing" in lines(told)
    workspace.trees.undo()
    assert {row["name"] for row in ask(PATH, view=view)[1]["rows"] if "ghost" in row} == {"auditing", "trails"}


def test_a_deletion_that_waits_marks_its_feature_and_the_filter_finds_it(ask: Ask, workspace: Workspace) -> None:
    signing = node_at(workspace, "security", "signing")
    workspace.trees.propose(
        operations.Actor(kind="engine", name="test"), "odd", operations=[operations.Delete(node=signing)]
    )
    told = opened(ask, filter={"proposed": True})
    assert lines(told) == ["security", "  signing"]
    assert told["rows"][1]["marks"] == {"proposed": True}


def test_what_is_typed_finds_the_next_row_and_goes_around_the_end(ask: Ask, workspace: Workspace) -> None:
    view = opened(ask, opened={"flat": [0]})["view"]
    names = [row["name"] for row in ask(PATH, view=view)[1]["rows"]]
    _, told = ask("/api/tree/typeahead", view=view, text="S")
    assert names[told["row"]] == "security"
    _, told = ask("/api/tree/typeahead", view=view, text="st", first=1)
    assert names[told["row"]] == "step 1"
    _, told = ask("/api/tree/typeahead", view=view, text="s", first=told["row"] + 1)
    assert names[told["row"]] == "step 2"
    _, told = ask("/api/tree/typeahead", view=view, text="hash", first=len(names) - 1)
    assert names[told["row"]] == "hashing"
    assert told["node"] == node_at(workspace, "security", "hashing")
    _, told = ask("/api/tree/typeahead", view=view, text="not here")
    assert told["row"] == -1


def test_a_stretch_of_rows_gives_its_features(ask: Ask, workspace: Workspace) -> None:
    view = opened(ask, opened={"flat": [0]})["view"]
    rows = [row["id"] for row in ask(PATH, view=view)[1]["rows"]]
    _, told = ask("/api/tree/between", view=view, first=4, last=1)
    assert told["nodes"] == rows[1:5]
    assert told["whole"]


def test_places_say_what_is_above_and_beside_and_how_much_is_below(ask: Ask, workspace: Workspace) -> None:
    cleaning = node_at(workspace, "data processing", "cleaning")
    merging = node_at(workspace, "data processing", "merging")
    _, told = ask("/api/tree/places", nodes=[cleaning, 99_999])
    (place,) = told["places"]
    assert place["size"] == 3
    assert place["above"] == [node_at(workspace, "data processing"), 0]
    assert (place["before"], place["after"]) == ([], [merging])
    assert place["path"] == "data processing > cleaning"
    _, told = ask("/api/tree/siblings", node=merging)
    assert told["nodes"] == [cleaning, merging]
    assert ask("/api/tree/siblings", node=99_999)[0] == 404
