"""The history of a tree: an append-only log of batches, each with who, when and why, and the delta it made.

Undo and redo are entries too. What is in force follows from the log alone, so it is the same after a restart.
"""

import datetime
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from typing import Literal, Protocol

import numpy as np
from pydantic import Field

from synth.errors import BadInput, NotFound
from synth.records import Frozen
from synth.tree.columns import FeatureTree
from synth.tree.delta import Delta, apply, blank, check_chain, compose, recording, take_back
from synth.tree.edits import describe, perform_all
from synth.tree.operations import Actor, Operation
from synth.tree.touched import Touched

MOST_OPERATIONS = 1_000
"""Operations that an entry names one by one; of a larger batch it tells the number and the delta."""

Action = Literal["do", "undo", "redo"]


class Entry(Frozen):
    """One line of the history."""

    number: int
    """From 1, without gaps."""
    at: str
    """UTC, ISO 8601."""
    actor: Actor
    reason: str
    """Why, in the words of who did it; may be empty."""
    action: Action
    summary: str
    """What, in words, with the names of that time."""
    operations: tuple[Operation, ...] = ()
    targets: tuple[int, ...] = ()
    """Of an undo or redo: the entries it took back or did again, in that order."""
    group: str = ""
    """What belongs together, for example all batches of one run; a group can be undone as one."""
    touched: int = Field(default=0, ge=0)
    """Features that it changed."""


class Log(Protocol):
    """Where a history is kept."""

    def append(self, entry: Entry, delta: Delta | None) -> None:
        """Keep an entry; it is durable when this returns. Undo and redo have no delta of their own."""

    def entries(self, after: int = 0) -> list[Entry]:
        """Entries with a number above `after`, in order."""

    def delta(self, number: int) -> Delta:
        """What a "do" entry changed. Raises `NotFound`."""


class MemoryLog:
    """A history that ends with the process."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._deltas: dict[int, Delta] = {}

    def append(self, entry: Entry, delta: Delta | None) -> None:
        """Keep an entry."""
        self._entries.append(entry)
        if delta is not None:
            self._deltas[entry.number] = delta

    def entries(self, after: int = 0) -> list[Entry]:
        """Entries with a number above `after`, in order."""
        return self._entries[after:]

    def delta(self, number: int) -> Delta:
        """What a "do" entry changed. Raises `NotFound`."""
        if number not in self._deltas:
            raise NotFound(f"entry {number} is not in the history.")
        return self._deltas[number]


class History:
    """A tree with its log: the one way to change a tree that is kept."""

    def __init__(self, tree: FeatureTree, log: Log, applied: int | None = None) -> None:
        """`applied`: the last entry that `tree` holds already (None: all); later ones are done now."""
        self.tree = tree
        self._log = log
        self._entries = log.entries()
        self._done: list[int] = []
        self._undone: list[int] = []
        self._touched = Touched()
        self._guard = threading.Lock()
        for entry in self._entries:
            self._follow(entry)
            if applied is not None and entry.number > applied:
                apply(tree, self.delta(entry), trusted=True)
        self._kept = len(tree.strings), len(tree.seeds)
        """Texts and seeds that the log holds; what a batch added that was taken back is not among them."""

    @property
    def last(self) -> int:
        """Number of the latest entry; 0 before the first."""
        return len(self._entries)

    def entries(self, after: int = 0) -> Sequence[Entry]:
        """Entries with a number above `after`, oldest first."""
        return self._entries[after:]

    def entry(self, number: int) -> Entry:
        """One entry. Raises `NotFound`."""
        if not 0 < number <= self.last:
            raise NotFound(f"there is no entry {number} in the history of the tree; it has {self.last}.")
        return self._entries[number - 1]

    def in_force(self) -> Sequence[int]:
        """Numbers of the batches that are done and not undone, oldest first."""
        return tuple(self._done)

    def can_undo(self) -> bool:
        """Whether `undo` without a number has something to do."""
        return self._latest_own() is not None

    def can_redo(self) -> bool:
        """Whether `redo` has something to do."""
        return bool(self._undone)

    # changing

    def do(self, operations: Sequence[Operation], actor: Actor, reason: str = "", group: str = "") -> Entry | None:
        """Do operations as one batch. Returns its entry; None where they change nothing.

        Raises `BadInput`, with nothing changed, where one of them cannot be done.
        """
        said = self._summary(operations)
        with self.batch(actor, reason, group) as batch:
            perform_all(self.tree, operations)
            batch.summary = said
            batch.operations = tuple(operations) if len(operations) <= MOST_OPERATIONS else ()
        return batch.entry

    @contextmanager
    def batch(self, actor: Actor, reason: str = "", group: str = "", summary: str = "") -> Iterator["Batch"]:
        """Record every change made in the block as one batch; an exception takes them all back.

        The entry is durable when the block has ended; where it cannot be stored, the changes are taken back too.
        """
        batch = Batch(summary)
        with recording(self.tree, self._kept) as change:
            yield batch
        if not change.made:
            take_back(self.tree, change.made)
            return
        touched = len(change.made.nodes())
        batch.entry = self._entry("do", actor, reason, batch.summary, batch.operations, group=group, touched=touched)
        self._keep(batch.entry, change.made, lambda: take_back(self.tree, change.made))
        self._kept = len(self.tree.strings), len(self.tree.seeds)

    def undo(self, actor: Actor, number: int | None = None, reason: str = "") -> Entry:
        """Take back a batch: the latest that a person made, or the one named.

        Raises `BadInput` where there is none, `EditConflict` where later changes stand on it.
        """
        if number is None:
            number = self._latest_own()
            if number is None:
                raise BadInput("there is nothing to undo.")
        self.entry(number)
        if number not in self._done:
            raise BadInput(f"entry {number} is not in force, so it cannot be undone; see the history.")
        return self._again("undo", (number,), actor, reason)

    def undo_group(self, group: str, actor: Actor, reason: str = "") -> Entry:
        """Take back all batches of a group as one, the latest first. Raises as `undo`."""
        numbers = tuple(number for number in reversed(self._done) if self.entry(number).group == group)
        if not group or not numbers:
            raise BadInput(f"nothing of `{group}` is in force, so nothing can be undone.")
        return self._again("undo", numbers, actor, reason)

    def redo(self, actor: Actor, reason: str = "") -> Entry:
        """Do again what the latest undo took back. Raises `BadInput` where there is none, or `EditConflict`."""
        if not self._undone:
            raise BadInput("there is nothing to redo.")
        last = next(
            entry for entry in reversed(self._entries) if entry.action == "undo" and self._undone[-1] in entry.targets
        )
        return self._again("redo", tuple(reversed(last.targets)), actor, reason)

    def return_to(self, number: int, actor: Actor, reason: str = "", summary: str = "") -> Entry | None:
        """Bring the tree to what it was after entry `number` (0: empty), as a new batch that can be undone.

        Returns None where nothing has changed since. Raises `NotFound`.
        """
        delta = self.between(self.last, number)
        if not delta:
            return None
        apply(self.tree, delta, trusted=True)
        summary = summary or f"return to entry {number}"
        entry = self._entry("do", actor, reason, summary, touched=len(delta.nodes()))
        self._keep(entry, delta, lambda: apply(self.tree, delta.reversed(), trusted=True))
        return entry

    # looking back

    def delta(self, entry: Entry) -> Delta:
        """What an entry changed."""
        return _chain(self._parts(entry))

    def between(self, before: int, after: int) -> Delta:
        """The delta that leads from the tree after entry `before` to the one after `after`, in either direction."""
        for number in (before, after):
            if not 0 <= number <= self.last:
                raise NotFound(f"there is no entry {number} in the history of the tree; it has {self.last}.")
        first, last = sorted((before, after))
        way = _chain([self.delta(entry) for entry in self._entries[first:last]])
        return way if before <= after else way.reversed()

    def of_node(self, node: int) -> list[Entry]:
        """The entries that changed a feature, oldest first; the first call reads every delta, later ones new ones."""
        return self.changed_since(0, (node,))

    def changed_since(self, number: int, nodes: Iterable[int]) -> list[Entry]:
        """The entries after `number` that changed any of some features, oldest first; reads deltas after it only."""
        entries = self._entries[max(number, 0) :]
        with self._guard:
            for entry in entries:
                self._learn(entry)
            found = self._touched.entries(np.unique(np.fromiter(nodes, np.int64)))
        return [entry for entry in entries if entry.number in found]

    # inside

    def _learn(self, entry: Entry) -> None:
        """Have in `_touched` what an entry changed."""
        if entry.number in self._touched.known:
            return
        if len(entry.targets) == 1:
            self._learn(self.entry(entry.targets[0]))
            self._touched.add_same(entry.number, entry.targets[0])
        else:
            self._touched.add(entry.number, self.delta(entry))

    def _latest_own(self) -> int | None:
        """The latest batch in force that no run made."""
        return next((done for done in reversed(self._done) if self.entry(done).actor.kind != "run"), None)

    def _again(self, action: Action, numbers: tuple[int, ...], actor: Actor, reason: str) -> Entry:
        entry = self._entry(action, actor, reason, self._recall(action, numbers), targets=numbers)
        parts = self._parts(entry)
        check_chain(parts)
        delta = _chain(parts)
        apply(self.tree, delta)
        entry = entry.model_copy(update={"touched": len(delta.nodes())})
        self._keep(entry, None, lambda: apply(self.tree, delta.reversed(), trusted=True))
        return entry

    def _parts(self, entry: Entry) -> list[Delta]:
        """What an entry did, one delta after the other."""
        if entry.action == "do":
            return [self._log.delta(entry.number)]
        parts = [self._log.delta(target) for target in entry.targets]
        return [part.reversed() for part in parts] if entry.action == "undo" else parts

    def _keep(self, entry: Entry, delta: Delta | None, back: Callable[[], None]) -> None:
        """Store an entry; the tree goes back where that fails."""
        try:
            self._log.append(entry, delta)
        except BaseException:
            back()
            raise
        self._entries.append(entry)
        self._follow(entry)

    def _follow(self, entry: Entry) -> None:
        """Bring the two stacks to what they are after an entry."""
        if entry.action == "do":
            self._done.append(entry.number)
            if entry.actor.kind != "run":
                self._undone.clear()
        elif entry.action == "undo":
            self._done = [number for number in self._done if number not in entry.targets]
            self._undone.extend(entry.targets)
        else:
            self._undone = [number for number in self._undone if number not in entry.targets]
            self._done = sorted({*self._done, *entry.targets})

    def _entry(
        self,
        action: Action,
        actor: Actor,
        reason: str,
        summary: str,
        operations: tuple[Operation, ...] = (),
        *,
        targets: tuple[int, ...] = (),
        group: str = "",
        touched: int = 0,
    ) -> Entry:
        return Entry(
            number=self.last + 1,
            at=datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds"),
            actor=actor,
            reason=reason,
            action=action,
            summary=summary,
            operations=operations,
            targets=targets,
            group=group,
            touched=touched,
        )

    def _summary(self, operations: Sequence[Operation]) -> str:
        if not operations:
            return ""
        more = f" and {len(operations) - 1:,} more" if len(operations) > 1 else ""
        return f"{describe(self.tree, operations[0])}{more}"

    def _recall(self, action: Action, numbers: Sequence[int]) -> str:
        said = self.entry(numbers[0]).summary
        return f"{action} {said}" + (f" and {len(numbers) - 1:,} more" if len(numbers) > 1 else "")


def stretches(entries: Sequence[Entry]) -> Iterator[list[Entry]]:
    """Entries newest first, by ones; but what a run did in a row, which it stores every other moment, is one."""
    for _, part in groupby(reversed(entries), key=_belongs):
        yield list(part)


def _belongs(entry: Entry) -> str:
    return f"run {entry.group}" if entry.actor.kind == "run" and entry.action == "do" else str(entry.number)


class Batch:
    """What a block of `History.batch` says of itself."""

    def __init__(self, summary: str) -> None:
        self.summary = summary
        self.operations: tuple[Operation, ...] = ()
        self.entry: Entry | None = None
        """The entry, once the block has ended; None where nothing changed."""


def _chain(deltas: Sequence[Delta]) -> Delta:
    """One delta for several, in order; by halves, so that a large one is not copied for each small one."""
    if len(deltas) <= 1:
        return deltas[0] if deltas else blank(0)
    half = len(deltas) // 2
    return compose(_chain(deltas[:half]), _chain(deltas[half:]))
