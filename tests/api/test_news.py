"""What the browser is told without asking: a number for each thing that may have changed."""

from synth.api.news import News
from synth.records import Grown, Growth
from synth.workspace import Workspace, operations
from tests.examples import MADE


def grown(step: int) -> Growth:
    """One feature that a run grew."""
    added = (Grown(path=("security", f"grown {step}"), estimated=1.0, basis="tree"),)
    return Growth(id=f"growth-{step}", step=step, drawn=(("security",),), added=added, refused=(), made=MADE)


def test_entries_of_people_are_told_apart_from_those_of_runs(workspace: Workspace) -> None:
    news = News(workspace)
    last = workspace.trees.history.last
    assert (news.now()["rev"], news.now()["edited"]) == (last, last)
    for step in range(3):
        workspace.trees.observe("r0001", [grown(step)])
    assert (news.now()["rev"], news.now()["edited"]) == (last + 3, last)
    workspace.trees.edit([operations.Note(node=1, text="seen")])
    workspace.trees.observe("r0001", [grown(3)])
    assert (news.now()["rev"], news.now()["edited"]) == (last + 5, last + 4)
    workspace.trees.undo_group("r0001")  # of the run, by a person
    assert (news.now()["rev"], news.now()["edited"]) == (last + 6, last + 6)


def test_a_held_proposal_is_news(workspace: Workspace) -> None:
    news = News(workspace)
    before = news.now()
    workspace.trees.observe("r0001", [grown(0)], review=True)
    after = news.now()
    assert after["rev"] == before["rev"]
    assert after["held"] != before["held"]
