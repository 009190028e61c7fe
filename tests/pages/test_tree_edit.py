"""Editing on the Tree page: every form does what it says, is kept at once, and can be taken back."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.shell import open_workspace
from synth.workspace import Workspace, operations
from tests.pages.conftest import HOSTILE, OpenPage

STEP = ("data processing", "cleaning", "step 1")


@pytest.fixture
def app(filled_workspace: Path, open_page: OpenPage) -> AppTest:
    """The page with one feature looked at."""
    page = open_page("tree")
    page.session_state["tree"] = STEP
    page.run()
    assert not page.exception
    return page


@pytest.fixture
def workspace(app: AppTest) -> Workspace:
    """The workspace that the page stands on."""
    return open_workspace()


def part(workspace: Workspace, path: tuple[str, ...] = STEP) -> str:
    """What the keys of the feature's widgets end in, in this state of the tree."""
    return f"tree-{workspace.tree().node(path)}-{workspace.trees.history.last}"


def submit(app: AppTest, label: str, form: str) -> AppTest:
    """Press the button of a form."""
    button = next(one for one in app.button if one.label == label and form in str(one.key))
    return button.click().run()


def test_a_rename_is_kept_and_the_page_follows(app: AppTest, workspace: Workspace) -> None:
    node = workspace.tree().node(STEP)
    app.text_input(key=f"rename-{part(workspace)}").set_value(HOSTILE)
    submit(app, "Rename", "rename-form")
    assert not app.exception
    assert workspace.tree().node((*STEP[:2], HOSTILE)) == node
    assert app.session_state["tree"] == (*STEP[:2], HOSTILE)
    app.button(key="tree-undo").click().run()
    assert workspace.tree().node(STEP) == node
    app.button(key="tree-redo").click().run()
    assert workspace.tree().node((*STEP[:2], HOSTILE)) == node
    assert not app.exception


def test_an_outline_is_added_below(app: AppTest, workspace: Workspace) -> None:
    app.text_area(key=f"add-{part(workspace)}").set_value("trim\n  left\n  right\nfold")
    submit(app, "Add", "add-form")
    assert not app.exception
    assert workspace.tree().node((*STEP, "trim", "right")) is not None
    assert workspace.tree().node((*STEP, "fold")) is not None


def test_counts_note_and_status_are_set(app: AppTest, workspace: Workspace) -> None:
    node = workspace.tree().node(STEP)
    assert node is not None
    app.number_input(key=f"observed-{part(workspace)}").set_value(41)
    app.number_input(key=f"estimated-{part(workspace)}").set_value(2.5)
    submit(app, "Set", "count-form")
    app.text_area(key=f"note-{part(workspace)}").set_value("*look* here")
    app.selectbox(key=f"status-{part(workspace)}").set_value("disputed")
    submit(app, "Keep", "remark-form")
    assert not app.exception
    tree = workspace.tree()
    assert (tree.observed(node), tree.estimated(node)) == (41, 2.5)
    assert (tree.note(node), tree.status(node)) == ("*look* here", "disputed")
    assert any("disputed" in text.value and "\\*look\\*" in text.value for text in app.markdown)


def test_a_locked_feature_is_left_alone_and_says_why(app: AppTest, workspace: Workspace) -> None:
    app.button(key=f"lock-{part(workspace)}").click().run()
    assert workspace.tree().locked(workspace.tree().node(STEP) or 0)
    before = workspace.trees.history.last
    app.button(key=f"delete-{part(workspace)}").click().run()
    assert workspace.trees.history.last == before
    assert "locked" in app.error[0].value
    app.run()
    assert not app.error


def test_a_feature_is_moved_to_one_that_is_found(app: AppTest, workspace: Workspace) -> None:
    target = workspace.tree().node(("data processing",))
    app.text_input(key=f"move-find-{part(workspace)}").set_value("data processing").run()
    app.button(key=f"move-{part(workspace)}-{target}").click().run()
    assert not app.exception
    assert workspace.tree().node(("data processing", "step 1")) is not None
    assert app.session_state["tree"] == ("data processing", "step 1")


def test_a_deletion_tells_what_goes_first_and_leads_to_the_parent(app: AppTest, workspace: Workspace) -> None:
    app.session_state["tree"] = STEP[:2]
    app.run()
    assert any("4 features" in text.value for text in app.markdown if "Takes away" in text.value)
    app.button(key=f"delete-{part(workspace, STEP[:2])}").click().run()
    assert workspace.tree().node(STEP[:2]) is None
    assert app.session_state["tree"] == STEP[:1]
    app.button(key="tree-undo").click().run()
    assert workspace.tree().node(STEP) is not None


def test_an_entry_of_the_history_is_taken_back_by_itself(app: AppTest, workspace: Workspace) -> None:
    trees = workspace.trees
    trees.edit([operations.Add(parent=0, name="first")])
    first = trees.history.last
    trees.edit([operations.Add(parent=0, name="second")])
    app.run()
    app.button(key=f"tree-undo-{first}").click().run()
    assert not app.exception
    assert workspace.tree().node(("first",)) is None
    assert workspace.tree().node(("second",)) is not None


def test_what_waits_for_review_is_accepted_or_refused(app: AppTest, workspace: Workspace) -> None:
    actor = operations.Actor(name="finder")
    changes = [operations.Add(parent=0, name="one"), operations.Add(parent=0, name="two")]
    proposal = workspace.trees.propose(actor, "tidy", operations=changes)
    app.run()
    assert any("Waiting for review" in one.label for one in app.expander)
    accept = next(one for one in app.button if one.label == "Accept all 2")
    accept.click().run()
    assert not app.exception
    assert workspace.tree().node(("one",)) is not None
    assert not any("Waiting for review" in one.label for one in app.expander)
    app.button(key="tree-undo").click().run()
    refuse = next(one for one in app.button if one.label == "Refuse all 2")
    refuse.click().run()
    states = workspace.trees.proposal(proposal.id).states(set(workspace.trees.history.in_force()))
    assert states == ["refused", "refused"]


@pytest.mark.usefixtures("empty_workspace")
def test_an_emptied_tree_keeps_its_way_back(open_page: OpenPage) -> None:
    app = open_page("tree")
    assert not [button for button in app.button if button.key == "tree-undo"]
    workspace = open_workspace()
    workspace.trees.edit([operations.Add(parent=0, name="one", observed=2)])
    workspace.trees.undo()
    app.run()
    assert any("No features yet" in text.value for text in app.markdown)
    app.button(key="tree-redo").click().run()
    assert not app.exception
    assert workspace.tree().node(("one",)) is not None
    app.session_state["tree"] = ("one",)
    app.run()
    assert any("a file or a person gave it" in text.value for text in app.caption)
