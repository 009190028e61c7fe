"""The history of the tree in the database; large deltas and fragments lie in files beside it.

A file is complete and on disk before the row that names it, so a row never points at nothing.
"""

import json
import os
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import TypeAdapter
from pydantic_core import PydanticSerializationError

from synth.errors import BadInput, NotFound
from synth.records import Frozen
from synth.store.database import Database
from synth.tree.codec import delta_from_bytes, delta_to_bytes, fragment_from_bytes, fragment_to_bytes
from synth.tree.delta import Delta
from synth.tree.history import Entry
from synth.tree.operations import Actor, Operation
from synth.tree.proposals import Proposal
from synth.tree.segment import sync_folder

_LARGE = 1 << 20
"""Bytes from which on a delta or a fragment gets a file of its own."""

_AHEAD = 63
"""Entries after the one asked for whose deltas are read with it."""

_OPERATIONS: TypeAdapter[tuple[Operation, ...]] = TypeAdapter(tuple[Operation, ...])

_ENTRY = 'number, moment, actor_kind, actor, reason, action, summary, operations, targets, "group", touched'


class Snapshot(Frozen):
    """A state of the tree with a name."""

    name: str
    entry: int
    """Number of the last history entry that it holds."""
    at: str
    actor: str
    reason: str


class TreeLog:
    """`history.Log` on the workspace's database."""

    def __init__(self, db: Database, folder: Path) -> None:
        self._db = db
        self._folder = folder
        self._ahead: dict[int, tuple[bytes | None, str | None]] = {}
        """Deltas read before they were asked for, as they lie in the database."""

    def together(self) -> AbstractContextManager[None]:
        """What is stored in the block is stored as one, or not at all."""
        return self._db.transaction()

    def append(self, entry: Entry, delta: Delta | None) -> None:
        """Keep an entry; it is durable when this returns, or with the transaction that it is part of.

        Raises `BadInput`, as all that writes here, where a text cannot be stored.
        """
        _check_texts(entry.actor.name, entry.reason, entry.group, entry.summary)
        self._ahead = {}  # what is appended may be taken back, and its number used again
        data = b"" if delta is None else delta_to_bytes(delta)
        file = self._put(f"delta-{entry.number:06d}.bin", data) if len(data) > _LARGE else None
        with self._db.transaction():
            self._db.execute(
                f"insert into tree_entries ({_ENTRY}, delta, file) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    entry.number,
                    entry.at,
                    entry.actor.kind,
                    entry.actor.name,
                    entry.reason,
                    entry.action,
                    entry.summary,
                    _dump(entry.operations),
                    json.dumps(entry.targets),
                    entry.group,
                    entry.touched,
                    None if file or delta is None else data,
                    file,
                ],
            )

    def last(self) -> int:
        """Number of the latest entry; 0 before the first."""
        return int(self._db.rows("select coalesce(max(number), 0) from tree_entries")[0][0])

    def entries(self, after: int = 0) -> list[Entry]:
        """Entries with a number above `after`, in order."""
        rows = self._db.rows(f"select {_ENTRY} from tree_entries where number > ? order by number", [after])
        return [_entry(row) for row in rows]

    def delta(self, number: int) -> Delta:
        """What a "do" entry changed. Raises `NotFound`, or `BadInput` where its file is damaged."""
        ahead = self._ahead  # another thread may put others in its place meanwhile
        if number not in ahead:
            # who wants one entry mostly wants the next ones too, and a question costs more than its answer
            rows = self._db.rows(
                "select number, delta, file from tree_entries where number between ? and ? and action = 'do'",
                [number, number + _AHEAD],
            )
            ahead = self._ahead = {found: (data, file) for found, data, file in rows}
        if number not in ahead:
            raise NotFound(f"entry {number} is not in the history of the tree.")
        data, file = ahead[number]
        try:
            return delta_from_bytes(self._get(data, file))
        except ValueError as error:
            place = f"{self._folder / file}: " if file else ""
            raise BadInput(f"{place}entry {number} of the tree's history cannot be read: {error}.") from error

    def forget_everything(self) -> None:
        """Take back a history that proved no good as a whole, right after it was read."""
        self._db.execute("delete from tree_entries")
        self._db.execute("delete from tree_snapshots")
        self._ahead = {}

    # snapshots

    def add_snapshot(self, snapshot: Snapshot) -> None:
        """Keep a name for a state. Raises `BadInput` where the name is taken."""
        _check_texts(snapshot.name, snapshot.actor, snapshot.reason)
        if self._db.rows("select 1 from tree_snapshots where name = ?", [snapshot.name]):
            raise BadInput(f"there is a snapshot `{snapshot.name}` already; choose another name.")
        values = [snapshot.name, snapshot.entry, snapshot.at, snapshot.actor, snapshot.reason]
        self._db.execute("insert into tree_snapshots values (?, ?, ?, ?, ?)", values)

    def snapshots(self) -> list[Snapshot]:
        """Every snapshot, oldest first."""
        rows = self._db.rows("select name, entry, moment, actor, reason from tree_snapshots order by moment, name")
        names = ("name", "entry", "at", "actor", "reason")
        return [Snapshot.model_validate(dict(zip(names, row, strict=True))) for row in rows]

    # proposals

    def save_proposal(self, proposal: Proposal) -> None:
        """Keep a proposal, or what was decided about it since."""
        _check_texts(proposal.actor.name, proposal.reason, *proposal.reasons.values())
        data = fragment_to_bytes(proposal.fragment)
        file = self._put(f"{proposal.id}.arrow", data) if len(data) > _LARGE else None
        self._db.execute(
            "insert or replace into tree_proposals values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                proposal.id,
                proposal.at,
                proposal.actor.model_dump_json(),
                proposal.reason,
                proposal.parent,
                proposal.counts,
                None if file else data,
                file,
                _dump(proposal.operations),
                json.dumps(proposal.reasons),
                proposal.decisions.tobytes(),
            ],
        )

    def save_decisions(self, proposal: Proposal) -> None:
        """Keep what was decided about a proposal."""
        values = [proposal.decisions.tobytes(), proposal.id]
        self._db.execute("update tree_proposals set decisions = ? where id = ?", values)

    def proposal_ids(self) -> list[str]:
        """Ids of all proposals, oldest first."""
        return [row[0] for row in self._db.rows("select id from tree_proposals order by moment, id")]

    def proposal(self, proposal_id: str) -> Proposal:
        """One proposal. Raises `NotFound`."""
        rows = self._db.rows(
            "select moment, actor, reason, parent, counts, fragment, file, operations, reasons, decisions "
            "from tree_proposals where id = ?",
            [proposal_id],
        )
        if not rows:
            raise NotFound(f"there is no proposal `{proposal_id}`; see `synth tree proposals`.")
        at, actor, reason, parent, counts, data, file, operations, reasons, decisions = rows[0]
        try:
            fragment = fragment_from_bytes(self._get(data, file))
        except ValueError as error:
            place = f"{self._folder / file}: " if file else ""
            raise BadInput(f"{place}proposal `{proposal_id}` cannot be read: {error}.") from error
        return Proposal(
            id=proposal_id,
            at=at,
            actor=Actor.model_validate_json(actor),
            reason=reason,
            parent=parent,
            counts=counts,
            fragment=fragment,
            operations=_OPERATIONS.validate_json(operations),
            reasons={int(number): text for number, text in json.loads(reasons).items()},
            decisions=np.frombuffer(decisions, np.int32).copy(),
        )

    # files

    def _put(self, name: str, data: bytes) -> str:
        self._folder.mkdir(parents=True, exist_ok=True)
        draft = self._folder / f"{name}.part"
        try:
            with draft.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self._folder / name)
        finally:
            draft.unlink(missing_ok=True)
        sync_folder(self._folder)
        return name

    def _get(self, data: bytes | None, file: str | None) -> bytes:
        if file is None:
            return bytes(data or b"")
        try:
            return (self._folder / file).read_bytes()
        except OSError as error:
            raise BadInput(f"{self._folder / file}: part of the tree's history cannot be read: {error}.") from error


def _check_texts(*texts: str) -> None:
    for text in texts:
        try:
            text.encode("utf-8")
        except UnicodeEncodeError as error:
            raise BadInput(f"{text!r:.80} holds half a character (a lone surrogate); write it again.") from error


def _dump(operations: tuple[Operation, ...]) -> str:
    try:
        return _OPERATIONS.dump_json(operations).decode()
    except PydanticSerializationError as error:
        raise BadInput(f"an operation cannot be stored: {error}; write it again.") from error


def _entry(row: tuple[Any, ...]) -> Entry:
    number, at, kind, name, reason, action, summary, operations, targets, group, touched = row
    return Entry(
        number=number,
        at=at,
        actor=Actor(kind=kind, name=name),
        reason=reason,
        action=action,
        summary=summary,
        operations=_OPERATIONS.validate_json(operations),
        targets=tuple(json.loads(targets)),
        group=group,
        touched=touched,
    )
