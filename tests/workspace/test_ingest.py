"""From the journals of runs into database and tree: both or neither, once, and past whatever stands in a line."""

import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from synth.journal import Journal
from synth.records import Extraction, FeaturePath, Grown, Growth, Record, dropped
from synth.runs import Runs
from synth.store import Database
from synth.store.schema import MIGRATIONS
from synth.tree.columns import FeatureTree
from synth.tree.integrity import faults
from synth.workspace import Workspace, demo_config, intake
from tests.tree.strategies import MADE


def read(number: int, *features: FeaturePath) -> Extraction:
    """What one seed shows."""
    return Extraction(
        id=f"extraction-{number}", seed_id=f"seed-{number}", demonstration_id=None, features=features, made=MADE
    )


def grew(number: int, *added: tuple[FeaturePath, float]) -> Growth:
    """What one growth step added."""
    grown = tuple(Grown(path=path, estimated=estimated, basis="tree") for path, estimated in added)
    return Growth(id=f"growth-{number}", step=number, drawn=(), added=grown, refused=(), made=MADE)


RECORDS: tuple[Extraction | Growth, ...] = (
    read(1, ("logging", "file"), ("logging", "rotation")),
    read(2, ("logging", "file"), ("sorting",)),
    grew(1, (("logging", "syslog"), 2.5), (("logging",), 4.0)),
    grew(2, (("logging", "syslog"), 3.5), (("sorting", "stable", "merge"), 1.0)),
)


def run_folder(folder: Path, *, review: bool = False) -> Path:
    """The folder of a run that has written nothing yet."""
    config = demo_config()
    runs = Runs(folder / "runs")
    return runs.path(
        runs.create(
            config.model_copy(update={"grow": config.grow.model_copy(update={"review": review})}), lambda path: None
        )
    )


def journal(folder: Path, *records: Record) -> None:
    """Write records as a worker does."""
    with Journal(folder) as writer:
        for record in records:
            writer.append(record)


def added_up() -> FeatureTree:
    """The tree of all records."""
    tree = FeatureTree()
    for record in RECORDS:
        if isinstance(record, Extraction):
            tree.add_extraction(record, record.seed_id)
        else:
            tree.add_growth(record)
    return tree


def with_path(*path: str) -> Record:
    """A growth of one path."""
    return grew(9, (path, 1.0))


BAD: dict[str, Callable[[], Record]] = {
    "half a character in a name": lambda: with_path("logging", "\ud800"),
    "half a character in a seed's id": lambda: read(9, ("logging",)).model_copy(update={"seed_id": "\udc00"}),
    "half a character in what a seed shows": lambda: read(9, ("logging", "\ud800")),
    "no path": lambda: with_path(),
    "an empty name": lambda: with_path("logging", ""),
    "too deep a path": lambda: with_path(*["a"] * 3_000),
    "endless": lambda: grew(9, (("logging", "x"), float("inf"))),
    "no number": lambda: grew(9, (("logging", "x"), float("nan"))),
    "below 0": lambda: grew(9, (("logging", "x"), -1.0)),
    "too much": lambda: grew(9, (("logging", "x"), 1e13), (("logging", "y"), 1e13)),
}


@pytest.mark.parametrize("review", [False, True])
@pytest.mark.parametrize("what", BAD)
def test_a_line_that_no_tree_can_hold_is_passed_over(tmp_path: Path, what: str, review: bool) -> None:
    workspace = Workspace(tmp_path)
    folder = run_folder(tmp_path, review=review)
    bad = BAD[what]()
    line = json.dumps({"kind": bad.kind, "record": bad.model_dump(mode="python")})
    (folder / "journal-0000.jsonl").write_text(f"{line}\n", encoding="utf-8")
    journal(folder, RECORDS[0])
    assert workspace.ingest() == 1
    assert workspace.ingest() == 0
    assert workspace.tree().to_rows()[0] == (("logging",), 1, None, ["seed-1"])
    assert len(workspace.tree()) == 3
    assert list(faults(workspace.tree())) == []
    workspace.close()
    workspace = Workspace(tmp_path)
    assert len(workspace.tree()) == 3
    workspace.close()
    with duckdb.connect(tmp_path / "workspace.duckdb") as connection:
        assert connection.execute("select sum(damaged) from ingested").fetchall() == [(1,)]


def test_records_and_tree_come_together_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = Workspace(tmp_path)
    journal(run_folder(tmp_path), *RECORDS)
    store = Database.ingest

    def full(*arguments: object) -> int:
        store(*arguments)  # type: ignore[arg-type]
        raise OSError("no space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Database, "ingest", full)
        with pytest.raises(OSError, match="no space"):
            workspace.ingest()
    assert (len(workspace.tree()), workspace.trees.history.last, workspace.extraction_of("seed-1")) == (0, 0, None)
    workspace.close()
    workspace = Workspace(tmp_path)  # reads what was not read
    assert workspace.tree().to_rows() == added_up().to_rows()
    assert workspace.ingest() == 0
    journal(run_folder(tmp_path), *RECORDS)  # the same records in another run add nothing
    assert workspace.ingest() == len(RECORDS)
    assert (workspace.tree().to_rows(), workspace.trees.history.last) == (added_up().to_rows(), 1)
    workspace.close()


def test_a_workspace_from_before_trees_were_stored_gets_its_tree_once(tmp_path: Path) -> None:
    with duckdb.connect(tmp_path / "workspace.duckdb") as connection:
        connection.execute("create table migrations (number integer primary key, name varchar)")
        number, name, change = MIGRATIONS[0]
        change(connection)
        connection.execute("insert into migrations values (?, ?)", [number, name])
    folder = run_folder(tmp_path)
    journal(folder, *RECORDS)
    old = Database(tmp_path / "workspace.duckdb")
    old.ingest(folder.name, "journal-0000.jsonl", RECORDS, (folder / "journal-0000.jsonl").stat().st_size, 0)
    for table in ("tree_entries", "tree_snapshots", "tree_proposals"):
        old.execute(f"drop table {table}")
    old.execute("delete from migrations where number = 2")
    old.close()
    for _ in range(2):
        workspace = Workspace(tmp_path)
        assert workspace.tree().to_rows() == added_up().to_rows()
        assert workspace.trees.history.last == 1
        assert workspace.ingest() == 0
        workspace.close()


def test_growth_that_waits_for_review_is_not_taken_in_when_the_workspace_is_opened_again(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    journal(run_folder(tmp_path, review=True), RECORDS[2])
    workspace.ingest()
    for _ in range(2):
        assert len(workspace.tree()) == 0
        assert [len(proposal) for proposal in workspace.trees.proposals()] == [2]
        workspace.close()
        workspace = Workspace(tmp_path)
    workspace.close()


def test_of_an_item_that_was_dropped_again_the_last_reason_counts_until_it_is_made(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    folder = run_folder(tmp_path)
    extraction = read(1, ("logging", "file"))
    first = dropped("extract", "seed-1", extraction.id, "unparseable twice: no")
    journal(folder, first)
    workspace.ingest()
    journal(folder, first.model_copy(update={"reason": "declined: not this one"}))
    workspace.ingest()
    assert [(drop.reason, drop.count) for drop in workspace.funnel(folder.name).drops] == [("declined", 1)]
    journal(folder, extraction)
    assert workspace.ingest() == 1
    assert workspace.funnel(folder.name).drops == ()
    assert workspace.counts().extractions == 1
    workspace.close()


def test_marks_are_passed_over_without_being_counted_as_damaged(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    with Journal(run_folder(tmp_path)) as writer:
        writer.mark("ended 0", {"task": None})
        writer.append(RECORDS[0])
    assert workspace.ingest() == 1
    workspace.close()
    with duckdb.connect(tmp_path / "workspace.duckdb") as connection:
        assert connection.execute("select sum(damaged) from ingested").fetchall() == [(0,)]


def test_a_journal_larger_than_one_batch_is_taken_in_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "_BATCH", 2_000)
    workspace = Workspace(tmp_path)
    many = [read(number, ("logging", f"file {number}")) for number in range(60)]
    journal(run_folder(tmp_path), *many, many[0])
    assert workspace.ingest() == 61
    assert workspace.counts().extractions == 60
    assert len(workspace.tree()) == 61
    workspace.close()
