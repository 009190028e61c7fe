"""What workers have journaled goes into the database and the tree: each record once, however often it is read."""

from collections.abc import Sequence

from synth.journal import journal_files, read_journal
from synth.records import Extraction, Growth, Record
from synth.runs import Runs
from synth.store import Database, queries
from synth.workspace.fits import fits_the_tree
from synth.workspace.tree import TreeKeeper

_BATCH = 24 << 20
"""Bytes of a journal that are stored together: thousands of records, for the database is quick with many at once."""


class Intake:
    """Reads journals for the owner. One caller at a time."""

    def __init__(self, db: Database, runs: Runs, trees: TreeKeeper) -> None:
        self._db = db
        self._runs = runs
        self._trees = trees

    def take_in(self) -> int:
        """Store what workers have journaled since the last call. Returns how many records were read."""
        total = 0
        read = queries.ingested(self._db)
        for run_id in self._runs.ids():
            for file in journal_files(self._runs.path(run_id)):
                offset = read.get((run_id, file.name), 0)
                while offset < file.stat().st_size:
                    batch = read_journal(file, offset, _BATCH)
                    if batch.offset == offset:
                        break
                    sound = [record for record in batch.records if fits_the_tree(record)]
                    damaged = batch.damaged + len(batch.records) - len(sound)
                    with self._trees.reopened_on_failure(), self._db.transaction():
                        self._grow_tree(run_id, sound)
                        total += self._db.ingest(run_id, file.name, sound, batch.offset, damaged)
                    offset = batch.offset
        if total:
            self._trees.checkpoint()
        return total

    def take_in_earlier_records(self) -> None:
        """A workspace from before trees were stored: its tree is what its records add up to."""
        if self._trees.history.last == 0 and not self._trees.proposals():
            records: list[Extraction | Growth] = [*queries.extractions(self._db), *queries.growths(self._db)]
            sound = [record for record in records if fits_the_tree(record)]
            if sound:
                self._trees.observe("earlier runs", sound)

    def _grow_tree(self, run_id: str, records: Sequence[Record]) -> None:
        """Add to the tree what the database does not hold yet."""
        features = {record.id: record for record in records if isinstance(record, Extraction | Growth)}
        fresh: set[str] = set()
        for kind in (Extraction.kind, Growth.kind):
            fresh |= self._db.missing(kind, [record.id for record in features.values() if record.kind == kind])
        if fresh:
            review = self._runs.config(run_id).grow.review
            new = [record for record in features.values() if record.id in fresh]
            self._trees.observe(run_id, new, review=review)
