"""Replay: a record is made again, and compared with what it was. Nothing is written to the database."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from synth.ask import Item, working_on
from synth.embed import SentenceEmbedder
from synth.errors import EspalierError, NotFound
from synth.prompts import Prompts
from synth.records import Dropped, Frozen, Record, Seed, Spend
from synth.runs import Runs
from synth.settings import RunConfig
from synth.store import Database
from synth.workspace.lineage.finding import find_record
from synth.workspace.lineage.showing import made_of
from synth.workspace.lineage.words import bill
from synth.workspace.replaying.again import Again
from synth.workspace.replaying.asking_again import open_again
from synth.workspace.replaying.differences import Difference, differences
from synth.workspace.replaying.past_run import CannotReplay, PastRun
from synth.workspace.replaying.read_again import read_again

_Making = Callable[[], tuple[Record, Spend]]
_MOST = 50
"""Differences that are listed."""


class Replay(Frozen):
    """What came of making a record again."""

    id: str
    kind: str
    run: str | None
    """Whose config and prompts were used; None for what no run made."""
    outcome: Literal["same", "differs", "cannot"]
    reason: str = ""
    """Why it cannot be made again, or what became of it instead."""
    differences: tuple[Difference, ...] = ()
    spend: Spend = Spend()
    """What the calls came to; answers from the workspace's replies are hits, and free."""

    @property
    def bill(self) -> str:
        """What it came to, in words."""
        return bill(self.spend)


@dataclass(slots=True)
class Replaying:
    """Makes records of one workspace again."""

    db: Database
    runs: Runs
    folder: Path
    """Of the workspace."""

    def replay(self, wanted: str, *, fresh: bool = False) -> Replay:
        """Make a record again and compare; of an id or the beginning of one. Raises `NotFound`.

        Asks no endpoint but with `fresh`: answers come from the offline engine or the workspace's own replies.
        """
        record = find_record(self.db, wanted)
        if isinstance(record, Seed):
            return self._compared(record, None, lambda: (read_again(record, self.folder), Spend()))
        rows = self.db.rows(
            "select run_id from members where kind = ? and record_id = ? order by run_id", [record.kind, record.id]
        )
        if not rows:
            return _cannot(record, None, "no run of this workspace made it, so nothing says how it was made.")
        replays = (self._in_run(record, str(row[0]), fresh) for row in rows)
        last = next(replays)
        while last.outcome == "cannot" and (following := next(replays, None)) is not None:
            last = following
        return last

    def _in_run(self, record: Record, run_id: str, fresh: bool) -> Replay:
        return self._compared(record, run_id, lambda: asyncio.run(self._make(record, run_id, fresh)))

    async def _make(self, record: Record, run_id: str, fresh: bool) -> tuple[Record, Spend]:
        folder, config = self._past(run_id)
        embedder = SentenceEmbedder(config.embed.model, cache=self.folder / "cache")
        engines = open_again(config, Prompts(folder / "snapshot" / "prompts"), embedder, folder, fresh=fresh)
        try:
            run = PastRun(run_id, folder, config, engines.asker, embedder, self.db)
            make = Again(run).way(record)
            wanted_id = record.wanted_id if isinstance(record, Dropped) else record.id
            with working_on(Item(wanted_id, run.take_of(wanted_id))):
                now = await make()
            spent = sum(engines.spend().values(), Spend())
        finally:
            await engines.close()
        return now, spent if fresh else _free(now)

    def _past(self, run_id: str) -> tuple[Path, RunConfig]:
        try:
            return self.runs.path(run_id), self.runs.config(run_id)
        except NotFound as error:
            raise CannotReplay(f"its run {run_id} is gone from this workspace.") from error
        except (OSError, ValidationError) as error:
            raise CannotReplay(f"the config of its run {run_id} cannot be read any more.") from error

    def _compared(self, record: Record, run_id: str | None, make: _Making) -> Replay:
        try:
            now, spend = make()
        except EspalierError as error:
            return _cannot(record, run_id, str(error))
        if now.kind != record.kind:
            reason = f"now: {now.reason}" if isinstance(now, Dropped) else f"now there is a {now.kind}, {now.id}."
            return Replay(
                id=record.id, kind=record.kind, run=run_id, outcome="differs", reason=reason, spend=spend
            )  # fmt: skip
        found = tuple(differences(record, now))
        return Replay(
            id=record.id,
            kind=record.kind,
            run=run_id,
            outcome="differs" if found else "same",
            differences=found[:_MOST],
            spend=spend,
        )


def _free(now: Record) -> Spend:
    """Of what was answered by the workspace's own replies, or the offline engine."""
    made = made_of(now)
    hits = (made.hits or 0) if made is not None else 0
    return Spend(calls=(made.calls or 0) - hits if made is not None else 0, hits=hits)


def _cannot(record: Record, run_id: str | None, reason: str) -> Replay:
    return Replay(id=record.id, kind=record.kind, run=run_id, outcome="cannot", reason=reason)
