"""The tree on disk: whatever is done to it outlives a restart, a damaged base and a sudden end."""

import os
import random
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from synth.errors import BadInput, NotFound
from synth.records import Extraction, FeaturePath, Growth
from synth.store import Database
from synth.store.tree_log import TreeLog
from synth.tree.columns import ROOT, FeatureTree
from synth.tree.delta import EditConflict
from synth.tree.fragment import Fragment, FragmentBuilder
from synth.tree.history import History
from synth.tree.integrity import faults
from synth.tree.operations import Actor, Add, Delete, Lock, Merge, Move, Note, Operation, Rename, Reorder, Status
from synth.tree.segment import open_segment
from synth.workspace.tree import TreeKeeper
from tests.tree.strategies import extraction, growth
from tests.tree.test_history import ANNA, state
from tests.tree.test_merge import wide

ENGINE = Actor(kind="engine", name="reviewer")


class Home:
    """A keeper on a folder that can be closed and opened again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.open()

    def open(self) -> None:
        """Open what is there."""
        self.db = Database(self.folder / "workspace.duckdb")
        self.keeper = TreeKeeper(TreeLog(self.db, self.folder / "tree"), self.folder / "tree")

    def reopen(self) -> TreeKeeper:
        """As after a restart; nothing may be lost on the way."""
        before = state(self.tree), self.keeper.history.in_force(), self.keeper.history.can_redo()
        self.keeper.close()
        self.db.close()
        self.open()
        assert (state(self.tree), self.keeper.history.in_force(), self.keeper.history.can_redo()) == before
        assert list(faults(self.tree)) == []
        return self.keeper

    @property
    def tree(self) -> FeatureTree:
        """The tree as it is now."""
        return self.keeper.tree

    def bases(self) -> list[str]:
        """Names of the bases on disk."""
        return sorted(base.name for base in (self.folder / "tree").glob("base-*"))

    def replayed(self) -> FeatureTree:
        """What the history gives from its beginning."""
        return History(FeatureTree(), TreeLog(self.db, self.folder / "tree"), applied=0).tree


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    made = Home(tmp_path)
    yield made
    made.db.close()


def paths(*given: FeaturePath) -> Fragment:
    """These paths as rows, the last of each with one count."""
    builder = FragmentBuilder()
    for path in given:
        builder.count(builder.add_path(path), 1)
    return builder.finish(ordered=False)


# edits


def test_edits_are_undone_and_done_again_across_restarts(home: Home) -> None:
    keeper = home.keeper
    states = [state(home.tree)]
    batches: list[list[Operation]] = [
        [Add(parent=ROOT, name="a", observed=1), Add(parent=1, name="b"), Add(parent=2, name="c", estimated=0.5)],
        [Rename(node=2, name="ü --- / >"), Note(node=2, text="数据"), Status(node=1, status="disputed")],
        [Add(parent=ROOT, name="d"), Move(node=3, parent=4)],
        [Reorder(parent=ROOT, children=(4, 1)), Lock(node=1, below=True)],
        [Delete(node=4)],
    ]
    for batch in batches:
        entry = keeper.edit(batch, ANNA, "because")
        assert entry is not None
        states.append(state(home.tree))
        keeper = home.reopen()
    for number in range(len(batches), 0, -1):
        assert keeper.undo().targets == (number,)
        assert state(home.tree) == states[number - 1]
        keeper = home.reopen()
    with pytest.raises(BadInput, match="nothing to undo"):
        keeper.undo()
    for number in range(1, len(batches) + 1):
        keeper.redo()
        assert state(home.tree) == states[number]
        keeper = home.reopen()
    with pytest.raises(BadInput, match="nothing to redo"):
        keeper.redo()
    assert [entry.reason for entry in keeper.history.entries()][:2] == ["because", "because"]
    assert keeper.history.last == 3 * len(batches)


def test_a_refused_edit_leaves_nothing_behind(home: Home) -> None:
    home.keeper.edit([Add(parent=ROOT, name="a"), Lock(node=1)])
    before = state(home.tree)
    with pytest.raises(BadInput, match="`a` is locked"):
        home.keeper.edit([Add(parent=ROOT, name="b"), Delete(node=1)])
    assert home.keeper.edit([Lock(node=1)]) is None
    assert home.keeper.history.last == 1
    home.reopen()
    assert state(home.tree) == before


def test_half_a_character_is_refused_wherever_it_comes_in(home: Home) -> None:
    home.keeper.edit([Add(parent=ROOT, name="a")])
    before = state(home.tree)
    half = "x\udcff"
    calls: list[Callable[[], object]] = [
        lambda: home.keeper.edit([Delete(node=1)], reason=half),
        lambda: home.keeper.edit([Delete(node=1)], Actor(name=half)),
        lambda: home.keeper.load(paths(("b",)), Actor(kind="import", name=half)),
        lambda: home.keeper.propose(ENGINE, half, operations=[Delete(node=1)]),
        lambda: home.keeper.propose(ENGINE, "", operations=[Add(parent=ROOT, name=half)]),
        lambda: home.keeper.snapshot("mine", reason=half),
    ]
    for call in calls:
        with pytest.raises(BadInput, match="surrogate"):
            call()
    assert state(home.tree) == before
    assert home.keeper.history.last == 1
    assert home.keeper.proposals() == []
    home.reopen()


def test_a_named_entry_is_undone_where_nothing_stands_on_it(home: Home) -> None:
    home.keeper.edit([Add(parent=ROOT, name="a")])
    home.keeper.edit([Add(parent=ROOT, name="b")])
    home.keeper.edit([Add(parent=1, name="c")])
    home.reopen()
    with pytest.raises(EditConflict, match="`c` stands below"):
        home.keeper.undo(1)
    home.keeper.undo(2)
    with pytest.raises(BadInput, match="entry 2 is not in force"):
        home.keeper.undo(2)
    with pytest.raises(NotFound, match="no entry 99"):
        home.keeper.undo(99)
    home.reopen()
    assert home.tree.paths() == [("a",), ("a", "c")]


def test_a_runs_batches_are_undone_as_one(home: Home) -> None:
    home.keeper.edit([Add(parent=ROOT, name="mine")])
    for number in range(3):
        home.keeper.observe("run-1", [read(f"seed-{number}", ("logging", f"kind {number}"))])
    assert home.tree.observed(home.tree.node(("logging",)) or 0) == 3
    home.reopen()
    home.keeper.undo_group("run-1")
    home.reopen()
    assert home.tree.paths() == [("mine",)]
    home.keeper.redo()
    assert home.tree.evidence(home.tree.node(("logging",)) or 0) == ["seed-0", "seed-1", "seed-2"]
    home.reopen()


def test_imports_add_up_or_replace_and_are_undone(home: Home) -> None:
    actor = Actor(kind="import", name="tree.json")
    merged, entry = home.keeper.load(paths(("a", "b"), ("a", "c"), ("d",)), actor)
    assert entry is not None
    assert (merged.created, entry.summary) == (4, "import tree.json: 4 new, 0 known")
    home.keeper.edit([Lock(node=2)])
    before = state(home.tree)
    merged, entry = home.keeper.load(paths(("a", "c"), ("x",)), actor, replace=True)
    assert entry is not None
    assert entry.summary == "replace tree.json: 1 new, 2 known, 1 removed"
    assert home.tree.paths() == [("a",), ("a", "b"), ("a", "c"), ("x",)]
    home.reopen()
    home.keeper.undo()
    assert state(home.tree) == before
    assert home.keeper.load(paths(), actor)[1] is None


# what runs bring


def read(seed_id: str, *found: FeaturePath) -> Extraction:
    """What a run read from a seed."""
    return extraction(found, seed_id)


def grown(step: int, *added: tuple[FeaturePath, float]) -> Growth:
    """What a run grew."""
    return growth(added).model_copy(update={"id": f"growth-{step}", "step": step})


def test_growth_is_held_for_review_and_its_items_keep_their_numbers(home: Home) -> None:
    records = [
        read("s1", ("logging", "levels")),
        grown(0, (("logging", "sinks"), 2.0), (("logging", "sinks", "file"), 1.0)),
    ]
    home.keeper.observe("run-1", records, review=True)
    assert home.tree.paths() == [("logging",), ("logging", "levels")]
    (held,) = home.keeper.proposals()
    assert held.actor == Actor(kind="run", name="run-1")
    items = list(held.items(home.keeper.history))
    assert [(item.kind, item.path) for item in items] == [
        ("same", ("logging",)),
        ("add", ("logging", "sinks")),
        ("add", ("logging", "sinks", "file")),
    ]
    assert items[1].estimated == 2.0
    assert "step 0" in items[1].reason
    home.keeper.accept(held.id, [1])
    home.reopen()
    more = [grown(1, (("logging", "sinks", "socket"), 3.0), (("security", "hashing"), 4.0))]
    home.keeper.observe("run-1", more, review=True)
    held = home.keeper.proposal(held.id)
    history = home.keeper.history
    assert [(item.path[-1], item.state) for item in held.items(history)] == [
        ("logging", "accepted"), ("sinks", "accepted"), ("file", "open"), ("socket", "open"), ("security", "open"),
        ("hashing", "open"),
    ]  # fmt: skip
    home.reopen()
    home.keeper.refuse(held.id, [2])
    home.keeper.accept(held.id)
    assert home.tree.estimated(home.tree.node(("security", "hashing")) or 0) == 4.0
    assert home.tree.node(("logging", "sinks", "file")) is None
    home.keeper.undo_group(f"proposal {held.id}")
    assert home.tree.paths() == [("logging",), ("logging", "levels")]
    assert [item.state[0] for item in home.keeper.proposal(held.id).items(home.keeper.history)] == list("ooroo" + "o")
    home.reopen()


def test_what_grows_below_something_refused_is_refused_too(home: Home) -> None:
    home.keeper.observe("run-1", [grown(0, (("logging", "sinks"), 2.0))], review=True)
    (held,) = home.keeper.proposals()
    home.keeper.refuse(held.id, [1])
    later = [grown(1, (("logging", "sinks", "file"), 1.0), (("logging", "levels"), 1.0))]
    home.keeper.observe("run-1", later, review=True)
    home.reopen()
    home.keeper.accept(held.id)
    assert home.tree.paths() == [("logging",), ("logging", "levels")]
    states = [item.state for item in home.keeper.proposal(held.id).items(home.keeper.history)]
    assert states == ["accepted", "refused", "refused", "accepted"]


def test_something_that_is_there_already_may_be_accepted_first(home: Home) -> None:
    home.keeper.edit([Add(parent=ROOT, name="logging")])
    home.keeper.observe("run-1", [grown(0, (("logging", "sinks"), 2.0))], review=True)
    (held,) = home.keeper.proposals()
    assert home.keeper.accept(held.id, [0]) is None
    home.reopen()
    assert home.keeper.accept(held.id, [1]) is not None
    assert home.tree.node(("logging", "sinks")) is not None


def test_refused_items_that_are_let_in_again_wait_as_before(home: Home) -> None:
    home.keeper.observe("run-1", [grown(0, (("logging", "sinks"), 2.0), (("security",), 1.0))], review=True)
    (held,) = home.keeper.proposals()
    before = [item.state for item in held.items(home.keeper.history)]
    assert home.keeper.refuse(held.id, [0]) == 2
    home.reopen()
    assert home.keeper.reopen(held.id, [0, 1, 2]) == 2, "what was not refused is passed over"
    home.reopen()
    assert [item.state for item in home.keeper.proposal(held.id).items(home.keeper.history)] == before


def test_growth_without_review_goes_in_but_not_past_a_lock(home: Home) -> None:
    home.keeper.edit([Add(parent=ROOT, name="logging", observed=2), Lock(node=1)])
    home.keeper.observe(
        "run-1", [read("s1", ("logging",)), grown(0, (("logging", "sinks"), 2.0), (("security",), 1.0))]
    )
    assert home.tree.paths() == [("logging",), ("security",)]
    assert home.tree.observed(1) == 3
    assert home.keeper.history.entries()[-1].summary == "read 1 seeds, grew 1 times"
    assert home.keeper.proposals() == []
    home.reopen()


def test_a_batch_whose_commit_fails_is_gone_from_memory_too(home: Home) -> None:
    home.keeper.edit([Add(parent=ROOT, name="a")])
    before = state(home.tree)

    def ingest() -> None:
        with home.keeper.reopened_on_failure(), home.db.transaction():
            home.keeper.observe("run-1", [read("s1", ("logging",)), grown(0, (("x",), 1.0))], review=True)
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        ingest()
    assert state(home.tree) == before
    assert home.keeper.history.last == 1
    assert home.keeper.proposals() == []
    home.keeper.observe("run-1", [read("s1", ("logging",)), grown(0, (("x",), 1.0))], review=True)
    home.reopen()
    assert home.tree.paths() == [("a",), ("logging",)]
    assert len(home.keeper.proposals()) == 1


# proposals


def test_decisions_outlive_a_restart(home: Home) -> None:
    home.keeper.edit([Add(parent=ROOT, name="a"), Add(parent=ROOT, name="b")])
    made = home.keeper.propose(
        ENGINE,
        "tidy",
        fragment=paths(("x", "y"), ("z",)),
        operations=[Merge(target=1, sources=(2,))],
        reasons={3: "same"},
    )
    home.reopen()
    home.keeper.accept(made.id, [1])
    home.keeper.refuse(made.id, [2])
    home.reopen()
    known = home.keeper.proposal(made.id)
    history = home.keeper.history
    assert [item.state for item in known.items(history)] == ["accepted", "accepted", "refused", "open"]
    assert [item.reason for item in known.items(history)] == ["tidy"] * 3 + ["same"]
    entry = home.keeper.accept(made.id)
    assert entry is not None
    assert entry.operations == (Merge(target=1, sources=(2,)),)
    home.keeper.undo()
    home.reopen()
    known = home.keeper.proposal(made.id)
    assert [item.state for item in known.items(home.keeper.history)] == ["accepted", "accepted", "refused", "open"]
    with pytest.raises(NotFound, match="no proposal `nothing`"):
        home.keeper.accept("nothing")
    with pytest.raises(BadInput, match="empty"):
        home.keeper.propose(ENGINE, "nothing")


def test_a_replacement_is_proposed_with_its_deletions(home: Home) -> None:
    home.keeper.load(paths(("a", "b"), ("a", "c"), ("d",)), Actor(kind="import", name="f"))
    made = home.keeper.propose(ENGINE, "", fragment=paths(("a", "b"), ("n",)), replace=True)
    other = home.keeper.propose(ENGINE, "", fragment=paths(("a", "b"), ("n",)), replace=True)
    assert made.id != other.id
    assert [item.kind for item in made.items(home.keeper.history)] == ["same", "count", "add", "delete", "delete"]
    home.reopen()
    home.keeper.accept(made.id)
    assert home.tree.paths() == [("a",), ("a", "b"), ("n",)]
    assert [proposal.id for proposal in home.keeper.proposals()] in ([made.id, other.id], [other.id, made.id])
    with pytest.raises(BadInput, match="no feature with id"):
        home.keeper.accept(other.id)
    home.reopen()


# states


def test_snapshots_are_compared_and_restored_and_that_is_undone(home: Home) -> None:
    home.keeper.edit([Add(parent=ROOT, name="a", observed=1), Add(parent=1, name="b")])
    first = home.keeper.snapshot("first", ANNA, "before tidying")
    home.keeper.edit([Rename(node=2, name="beta"), Add(parent=ROOT, name="c")])
    home.keeper.snapshot("second; 'x'")
    home.keeper.edit([Delete(node=1)])
    now = state(home.tree)
    home.reopen()
    assert (first.entry, first.actor, first.reason) == (1, "anna", "before tidying")
    assert [snapshot.name for snapshot in home.keeper.snapshots()] == ["first", "second; 'x'"]
    assert home.keeper.diff("first", "second; 'x'").counts == {
        "added": 1, "removed": 0, "moved": 0, "renamed": 1, "counts": 0,
    }  # fmt: skip
    assert home.keeper.diff("second; 'x'").counts["removed"] == 2
    assert home.keeper.diff("now", "0").counts["removed"] == 1
    assert home.keeper.diff("0", "1").counts["added"] == 2
    assert sum(home.keeper.diff("now", "3").counts.values()) == 0
    entry = home.keeper.restore("first", ANNA)
    assert entry is not None
    assert entry.summary == "restore first"
    assert home.tree.paths() == [("a",), ("a", "b")]
    assert sum(home.keeper.diff("first").counts.values()) == 0
    assert home.keeper.restore("first") is None
    home.reopen()
    home.keeper.undo()
    assert state(home.tree) == now
    home.keeper.redo()
    home.keeper.restore("0")
    assert len(home.tree) == 0
    home.reopen()
    home.keeper.restore("3")
    assert state(home.tree) == now


@pytest.mark.parametrize("name", ["", "  ", "now", "12", "x" * 201, "half \ud83d"], ids=ascii)
def test_names_that_cannot_name_a_snapshot(home: Home, name: str) -> None:
    with pytest.raises(BadInput):
        home.keeper.snapshot(name)
    assert home.keeper.snapshots() == []


def test_a_snapshots_name_is_taken_once(home: Home) -> None:
    home.keeper.snapshot("mine")
    home.keeper.edit([Add(parent=ROOT, name="a")])
    with pytest.raises(BadInput, match="`mine` already"):
        home.keeper.snapshot("mine")
    assert home.keeper.number_of("mine") == 0


@pytest.mark.parametrize("state_name", ["nothing", "2", "-1", "", "²", "9" * 5_000, "1.0"], ids=lambda name: name[:8])
def test_a_state_that_is_not_there_is_said_to_be_so(home: Home, state_name: str) -> None:
    home.keeper.edit([Add(parent=ROOT, name="a")])
    home.keeper.snapshot("mine")
    for call in (home.keeper.restore, home.keeper.diff, home.keeper.number_of):
        with pytest.raises(NotFound, match="up to 1 or one of: `mine`"):
            call(state_name)


def test_a_tree_is_saved_for_others(home: Home, tmp_path: Path) -> None:
    home.keeper.edit([Add(parent=ROOT, name="a", observed=3)])
    home.keeper.save(tmp_path / "elsewhere" / "tree")
    home.keeper.edit([Delete(node=1)])
    saved, facts = open_segment(tmp_path / "elsewhere" / "tree")
    assert saved.to_rows() == [(("a",), 3, None, [])]
    assert facts == {"entry": 1}


# bases


def grow_history(home: Home, entries: int) -> None:
    """Add one feature at a time."""
    for number in range(entries):
        live = list(home.tree.nodes())
        home.keeper.edit([Add(parent=random.Random(number).choice([ROOT, *live]), name=f"n{number}", observed=number)])


def test_a_base_is_written_when_opening_would_take_long(home: Home) -> None:
    grow_history(home, 199)
    home.reopen()
    assert home.bases() == []
    home.keeper.undo()
    home.reopen()
    assert home.bases() == ["base-00000200"]
    assert home.tree.node(("n198",)) is None
    home.keeper.redo()
    home.keeper.edit([Note(node=1, text="after the base"), Add(parent=1, name="new")])
    home.keeper.undo()
    home.reopen()
    assert home.bases() == ["base-00000200"]
    assert state(home.tree) == state(home.replayed())
    home.keeper.redo()
    assert home.tree.note(1) == "after the base"
    home.keeper.restore("10")
    assert len(home.tree) == 10
    home.reopen()
    assert home.keeper.diff("10").counts["added"] == 0
    assert home.keeper.diff("0", "200").counts["added"] == 198


DAMAGE: dict[str, Callable[[Path], object]] = {
    "gone": lambda base: base.rename(base.with_name("elsewhere")),
    "meta is garbage": lambda base: (base / "meta.json").write_bytes(b"\xff{"),
    "meta is empty": lambda base: (base / "meta.json").write_text("{}"),
    "no facts": lambda base: (base / "meta.json").write_text(
        (base / "meta.json").read_text().replace('"facts"', '"factz"')
    ),
    "no entry": lambda base: (base / "meta.json").write_text(
        (base / "meta.json").read_text().replace('"entry"', '"entri"')
    ),
    "a column is gone": lambda base: (base / "parent.bin").unlink(),
    "a column is cut": lambda base: os.truncate(base / "observed.bin", 10),
    "an older form": lambda base: (base / "meta.json").write_text(
        (base / "meta.json").read_text().replace('"version": 1', '"version": 0')
    ),
    "only a draft": lambda base: base.rename(base.with_name(f"{base.name}.part")),
}


def test_without_a_base_the_history_gives_the_same_tree(home: Home) -> None:
    grow_history(home, 200)
    home.keeper.undo()
    wanted = state(home.tree)
    for damage in DAMAGE.values():
        home.reopen()
        (base,) = home.bases()
        home.keeper.close()
        home.db.close()
        damage(home.folder / "tree" / base)
        home.open()
        assert state(home.tree) == wanted
        home.keeper.redo()
        home.keeper.undo()
    home.reopen()
    assert home.bases() == [f"base-{home.keeper.history.last:08d}"]


def test_a_base_beyond_the_history_is_left_out(home: Home) -> None:
    grow_history(home, 5)
    home.keeper.save(home.folder / "tree" / "base-00000099")
    home.keeper.save(home.folder / "tree" / "base-00000004")
    home.keeper.edit([Add(parent=ROOT, name="last")])
    home.reopen()
    assert home.tree.node(("last",)) is not None


def test_a_large_import_is_a_base_at_once_and_its_delta_a_file(home: Home) -> None:
    builder = FragmentBuilder()
    for number in range(100_000):
        builder.add(number // 50 - 1, f"n{number}")
    home.keeper.edit([Add(parent=ROOT, name="before")])
    home.keeper.load(builder.finish(ordered=False), Actor(kind="import", name="large"))
    assert home.bases() == ["base-00000002"]
    assert (home.folder / "tree" / "delta-000002.bin").stat().st_size > 1 << 20
    rows = home.tree.to_rows()
    home.db.close()
    home.open()
    assert home.tree.to_rows() == rows
    assert home.replayed().to_rows() == rows
    home.keeper.undo()
    assert home.tree.paths() == [("before",)]
    home.db.close()
    home.open()
    assert home.tree.paths() == [("before",)]
    home.keeper.redo()
    assert home.tree.to_rows() == rows


def test_a_large_delta_comes_back_after_a_restart(home: Home) -> None:
    home.keeper.load(wide(25_000, 1), Actor(kind="import", name="wide"))
    assert home.bases() == []
    assert [file.name for file in (home.folder / "tree").iterdir()] == ["delta-000001.bin"]
    home.reopen()
    home.keeper.undo()
    home.reopen()
    assert len(home.tree) == 0


# a sudden end

EDITING = """
import random, sys
from pathlib import Path
from synth.errors import EspalierError
from synth.store import Database
from synth.store.tree_log import TreeLog
from synth.tree.operations import Add, Delete, Merge, Move, Note, Rename
from synth.workspace.tree import TreeKeeper
from tests.tree.test_merge import wide
from synth.tree.operations import Actor

folder, seed = Path(sys.argv[1]), int(sys.argv[2])
keeper = TreeKeeper(TreeLog(Database(folder / "workspace.duckdb"), folder / "tree"), folder / "tree")
rng = random.Random(seed)
step = 0
while True:
    step += 1
    live = list(keeper.tree.nodes())[-300:] or [0]
    one, other = rng.choice(live), rng.choice(live)
    name = f"{seed} {step}"
    try:
        if step % 40 == 0:
            entry = keeper.load(wide(500, step), Actor(kind="import", name=name))[1]
        elif step % 7 == 0:
            entry = keeper.undo()
        elif step % 7 == 1 and keeper.history.can_redo():
            entry = keeper.redo()
        else:
            change = rng.choice([Move(node=one, parent=other), Rename(node=one, name=name), Note(node=one, text=name),
                                 Merge(target=one, sources=(other,)), Delete(node=one)])
            entry = keeper.edit([Add(parent=rng.choice([0, one]), name=name, observed=step),
                                 *([change] if step % 3 == 0 else [])], reason=name)
        if step == 60:
            keeper._write_base()
    except EspalierError:
        continue
    if entry is not None:
        print(entry.number, entry.action, flush=True)
"""


def test_what_was_said_to_be_done_outlives_a_sudden_end(tmp_path: Path) -> None:
    told: dict[int, str] = {}
    for round_number in range(3):
        process = subprocess.Popen(
            [sys.executable, "-c", EDITING, str(tmp_path), str(round_number)],
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
        )
        assert process.stdout is not None
        try:
            assert select.select([process.stdout], [], [], 60)[0]
            time.sleep(random.Random(round_number).uniform(0.3, 1.5))
        finally:
            process.send_signal(signal.SIGKILL)
            output = process.communicate()[0].decode()
        lines = [line.split() for line in output.splitlines(keepends=True) if line.endswith("\n")]
        assert lines
        fresh = {int(number): action for number, action in lines}
        assert min(fresh) > max(told, default=0)
        told |= fresh
        home = Home(tmp_path)
        history = home.keeper.history
        assert {number: history.entry(number).action for number in told} == told
        assert history.last <= max(told) + 1  # at most the one that was under way
        assert [entry.number for entry in history.entries()] == list(range(1, history.last + 1))
        assert list(faults(home.tree)) == []
        assert state(home.tree) == state(home.replayed())
        home.db.close()


def test_a_base_that_cannot_be_written_loses_nothing(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.keeper.edit([Add(parent=ROOT, name="kept")], ANNA)
    blocked = tmp_path / "tree" / f"base-{home.keeper.history.last:08d}.part"
    blocked.parent.mkdir(exist_ok=True)
    blocked.write_bytes(b"a file where the folder should come")
    home.keeper.checkpoint(1)
    assert home.bases() == [blocked.name]
    home.reopen()
    assert [home.tree.name(node) for node in home.tree.children(ROOT)] == ["kept"]
