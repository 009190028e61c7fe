"""The history in a real DuckDB file: entries, deltas, snapshots and proposals come back as they were."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.errors import BadInput, NotFound
from synth.store import Database
from synth.store.tree_log import Snapshot, TreeLog
from synth.tree.codec import delta_to_bytes, fragment_to_bytes
from synth.tree.columns import ROOT, FeatureTree
from synth.tree.fragment import NO_PARENT, Fragment, FragmentBuilder
from synth.tree.history import Entry, History
from synth.tree.integrity import faults
from synth.tree.merge import merge_fragment
from synth.tree.operations import (
    Actor,
    Add,
    AddMany,
    Delete,
    Lock,
    Merge,
    Move,
    Note,
    Operation,
    Rename,
    Reorder,
    SetCount,
    Status,
)
from synth.tree.proposals import REFUSED, Proposal
from tests.tree.test_history import ANNA, RUN, state
from tests.tree.test_merge import wide

EVERY: tuple[Operation, ...] = (
    Add(parent=0, name="a\0b 数据", observed=10**9, estimated=0.1, before=7),
    AddMany(parent=3, outline="a\n\tb  [3]\n"),
    Rename(node=1, name='say "hi" --- / > \\'),
    Move(node=1, parent=0, before=None),
    Reorder(parent=0, children=(3, 1, 2)),
    Merge(target=4, sources=(2, 3)),
    Delete(node=1),
    SetCount(node=5, estimated=1e-9, clear_estimated=True),
    Lock(node=6, locked=False, below=True),
    Note(node=6, text=""),
    Status(node=6, status="to review"),
)
"""One of each kind."""


class Place:
    """A log that can be closed and opened again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.db = Database(folder / "workspace.duckdb")
        self.log = TreeLog(self.db, folder / "tree")

    def reopen(self) -> None:
        """As after a restart."""
        self.db.close()
        self.db = Database(self.folder / "workspace.duckdb")
        self.log = TreeLog(self.db, self.folder / "tree")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path)
    yield made
    made.db.close()


def large(history: History) -> Entry:
    """A batch whose delta is more than a mebibyte."""
    with history.batch(ANNA, "large") as batch:
        merge_fragment(history.tree, wide(25_000, 1))
    assert batch.entry is not None
    return batch.entry


def test_entries_come_back_as_they_were(place: Place) -> None:
    history = History(FeatureTree(), place.log)
    history.do(
        [Add(parent=ROOT, name="a"), Add(parent=1, name="b\0c")], ANNA, "why: 数据 \0 'x'; drop table", group='g"1'
    )
    with history.batch(RUN, group="run-1", summary="read") as batch:
        history.tree.create(ROOT, "grown")
        batch.operations = EVERY
    history.undo(ANNA)
    history.redo(Actor(kind="import", name="tree.json"))
    kept = list(history.entries())
    assert [entry.number for entry in kept] == [1, 2, 3, 4]
    place.reopen()
    assert place.log.entries() == kept
    assert place.log.entries(2) == kept[2:]
    assert place.log.entries(4) == []
    assert kept[1].operations == EVERY
    assert kept[2].targets == (1,)


def test_a_history_is_done_again_from_its_log(place: Place) -> None:
    history = History(FeatureTree(), place.log)
    history.do([Add(parent=ROOT, name=f"n{number}") for number in range(20)], ANNA)
    for number in range(1, 20, 2):
        history.do([Move(node=number, parent=number + 1), Note(node=number, text=f"note {number}")], ANNA)
    history.do([Reorder(parent=ROOT, children=tuple(history.tree.children(ROOT)[::-1]))], ANNA)
    history.undo(ANNA, 3)
    history.undo(ANNA)
    history.redo(ANNA)
    states = {0: state(FeatureTree()), history.last: state(history.tree)}
    place.reopen()
    again = History(FeatureTree(), place.log, applied=0)
    assert state(again.tree) == states[history.last]
    assert list(faults(again.tree)) == []
    assert again.in_force() == history.in_force()
    assert list(again.tree.strings) == list(history.tree.strings)
    again.return_to(0, ANNA)
    assert state(again.tree) == states[0]
    again.undo(ANNA)
    assert state(again.tree) == states[history.last]


def test_a_large_delta_lies_in_a_file_and_a_small_one_does_not(place: Place) -> None:
    history = History(FeatureTree(), place.log)
    history.do([Add(parent=ROOT, name="small")], ANNA)
    entry = large(history)
    data = delta_to_bytes(history.delta(entry))
    assert len(data) > 1 << 20
    assert [(file.name, file.stat().st_size) for file in (place.folder / "tree").iterdir()] == [
        ("delta-000002.bin", len(data))
    ]
    place.reopen()
    assert delta_to_bytes(place.log.delta(2)) == data
    again = History(FeatureTree(), place.log, applied=0)
    assert state(again.tree) == state(history.tree)
    again.undo(ANNA)
    assert again.tree.paths() == [("small",)]


@pytest.mark.parametrize("damage", ["gone", "cut", "empty", "foreign"])
def test_a_damaged_file_of_the_history_is_named(place: Place, damage: str) -> None:
    large(History(FeatureTree(), place.log))
    file = place.folder / "tree" / "delta-000001.bin"
    whole = file.read_bytes()
    file.unlink()
    if damage != "gone":
        file.write_bytes({"cut": whole[:-5], "empty": b"", "foreign": b"PK\x03\x04"}[damage])
    with pytest.raises(BadInput, match=r"delta-000001\.bin.*cannot be read"):
        place.log.delta(1)


def test_a_damaged_row_of_the_history_is_named(place: Place) -> None:
    History(FeatureTree(), place.log).do([Add(parent=ROOT, name="a")], ANNA)
    place.db.execute("update tree_entries set delta = 'zzz'::blob")
    with pytest.raises(BadInput, match="entry 1 of the tree's history cannot be read"):
        place.log.delta(1)


def test_what_has_no_delta_is_not_found(place: Place) -> None:
    history = History(FeatureTree(), place.log)
    history.do([Add(parent=ROOT, name="a")], ANNA)
    history.undo(ANNA)
    for number in (0, 2, 3, -1):
        with pytest.raises(NotFound, match=f"entry {number} "):
            place.log.delta(number)


def test_an_entry_is_kept_with_the_transaction_that_it_is_part_of(place: Place) -> None:
    history = History(FeatureTree(), place.log)

    def broken() -> None:
        with place.db.transaction():
            history.do([Add(parent=ROOT, name="a")], ANNA)
            raise OSError("the disk is gone")

    with pytest.raises(OSError, match="disk"):
        broken()
    place.reopen()
    assert place.log.entries() == []
    with place.db.transaction():
        History(FeatureTree(), place.log).do([Add(parent=ROOT, name="b")], ANNA)
    assert [entry.summary for entry in place.log.entries()] == ["add `b` below the root"]


def test_a_number_is_used_once(place: Place) -> None:
    one, other = History(FeatureTree(), place.log), History(FeatureTree(), place.log)
    one.do([Add(parent=ROOT, name="a")], ANNA)
    with pytest.raises(Exception, match=r"[Dd]uplicate key|constraint"):
        other.do([Add(parent=ROOT, name="b")], ANNA)
    assert len(other.tree) == 0
    assert other.last == 0
    assert [entry.summary for entry in place.log.entries()] == ["add `a` below the root"]


def test_snapshots_keep_their_names(place: Place) -> None:
    first = Snapshot(
        name="before 'the' cleaning; 数据", entry=3, at="2024-01-01T00:00:00", actor="anna", reason="why\0"
    )
    second = Snapshot(name="later", entry=0, at="2024-01-02T00:00:00", actor="", reason="")
    place.log.add_snapshot(second)
    place.log.add_snapshot(first)
    with pytest.raises(BadInput, match="`later` already; choose another"):
        place.log.add_snapshot(second.model_copy(update={"entry": 9}))
    place.reopen()
    assert place.log.snapshots() == [first, second]


def bulky(size: int) -> Fragment:
    """Rows whose names cannot be made smaller."""
    builder = FragmentBuilder()
    for number in range(size):
        builder.add(NO_PARENT, hashlib.sha256(b"%d" % number).hexdigest())
    return builder.finish()


def same(one: Proposal, other: Proposal) -> bool:
    """Whether two proposals are the same."""
    plain = [
        (item.id, item.at, item.actor, item.reason, item.parent, item.counts, item.operations, item.reasons)
        for item in (one, other)
    ]
    return (
        plain[0] == plain[1]
        and one.decisions.tolist() == other.decisions.tolist()
        and fragment_to_bytes(one.fragment) == fragment_to_bytes(other.fragment)
    )


@pytest.mark.parametrize("size", [400, 40_000])
def test_proposals_and_what_was_decided_come_back(place: Place, size: int) -> None:
    fragment = wide(size, 2) if size == 400 else bulky(size)
    made = Proposal(
        "p-1", "2024", Actor(kind="engine", name="m"), "why", 5, "keep", fragment, EVERY, {0: "x", 7: "数据"}
    )
    place.log.save_proposal(made)
    place.log.save_proposal(Proposal("p-0", "2023", ANNA, "", operations=(Delete(node=1),)))
    assert (place.folder / "tree" / "p-1.arrow").exists() == (size > 1_000)
    place.reopen()
    assert place.log.proposal_ids() == ["p-0", "p-1"]
    again = place.log.proposal("p-1")
    assert same(again, made)
    again.decisions[[0, 5, len(again) - 1]] = [REFUSED, 12, 2**31 - 1]
    place.log.save_decisions(again)
    place.reopen()
    assert same(place.log.proposal("p-1"), again)
    assert len(place.log.proposal("p-0").fragment) == 0
    with pytest.raises(NotFound, match="`p-9`"):
        place.log.proposal("p-9")


def test_decisions_outlive_rows_that_were_not_stored_in_the_end(place: Place) -> None:
    made = Proposal("p-1", "2024", ANNA, "why", fragment=bulky(40_000))
    made.decisions[[0, 39_999]] = [REFUSED, 12]
    place.log.save_proposal(made)

    def fail() -> None:
        with place.log.together():
            place.log.save_proposal(Proposal("p-1", "2024", ANNA, "why", fragment=bulky(40_100)))
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        fail()
    place.reopen()
    again = place.log.proposal("p-1")
    assert again.decisions[:40_000].tolist() == made.decisions.tolist()
    assert not again.decisions[40_000:].any()


def test_a_damaged_proposal_is_named(place: Place) -> None:
    place.log.save_proposal(Proposal("p-1", "2024", ANNA, "", fragment=bulky(40_000)))
    file = place.folder / "tree" / "p-1.arrow"
    file.write_bytes(file.read_bytes()[:5_000])
    with pytest.raises(BadInput, match=r"p-1\.arrow"):
        place.log.proposal("p-1")
    file.unlink()
    with pytest.raises(BadInput, match=r"p-1\.arrow"):
        place.log.proposal("p-1")


text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(text, text, text, text, text.filter(lambda name: name.strip())), min_size=1, max_size=3))
def test_any_text_comes_back(
    tmp_path_factory: pytest.TempPathFactory, said: list[tuple[str, str, str, str, str]]
) -> None:
    place = Place(tmp_path_factory.mktemp("log"))
    history = History(FeatureTree(), place.log)
    for number, (actor, reason, group, summary, name) in enumerate(said):
        with history.batch(Actor(name=actor), reason, group, summary):
            made = history.tree.create(ROOT, f"{number}{name}", estimated=np.nan)
            history.tree.change(made, note=history.tree.strings.add(reason))
            history.tree.add_evidence(made, history.tree.seed_number(f"seed {actor}"))
    place.reopen()
    again = History(FeatureTree(), place.log, applied=0)
    assert list(again.entries()) == list(history.entries())
    assert state(again.tree) == state(history.tree)
    place.db.close()
