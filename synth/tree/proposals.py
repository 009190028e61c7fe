"""Proposals: changes that wait for a person, looked at and decided item by item, applied and undone as one batch.

An item is a row of a fragment (a feature to add, or other counts for one that is there) or an operation (a merge, a
rename, a deletion). Its decision is the number of the history entry that applied it, so what is undone is open again.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from synth.errors import BadInput
from synth.tree.columns import FeatureTree
from synth.tree.edits import describe, perform
from synth.tree.fragment import NO_PARENT, Fragment, FragmentBuilder
from synth.tree.history import MOST_OPERATIONS, Entry, History
from synth.tree.merge import Counts, held_by_lock, merge_fragment
from synth.tree.operations import Actor, Add, AddMany, Delete, Merge, Operation, Reorder
from synth.tree.table import ROOT

OPEN = 0
REFUSED = -1
SAME = -2
"""Accepted when it changed nothing any more, so that no entry tells of it."""

State = Literal["open", "accepted", "refused"]


@dataclass(frozen=True, slots=True)
class Item:
    """One change of a proposal, as it stands to the tree now."""

    number: int
    kind: str
    """`add`, `count`, `same` (nothing to change any more), or the kind of the operation."""
    path: tuple[str, ...]
    """Where: of the feature, below `Proposal.parent`."""
    summary: str
    reason: str
    state: State
    observed: int = 0
    estimated: float | None = None
    depends_on: int | None = None
    """The item of the feature above, where that is new too."""


@dataclass(slots=True)
class Proposal:
    """A set of changes from one source."""

    id: str
    at: str
    """UTC, ISO 8601."""
    actor: Actor
    reason: str
    parent: int = ROOT
    """The node below which the fragment goes."""
    counts: Counts = "add"
    """What happens to counts of features that are there; see `merge_fragment`."""
    fragment: Fragment = field(default_factory=lambda: FragmentBuilder().finish())
    operations: tuple[Operation, ...] = ()
    reasons: dict[int, str] = field(default_factory=dict)
    """Why, by item number, where an item has a reason of its own."""
    decisions: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))
    """By item: `OPEN`, `REFUSED`, `SAME`, or the entry that applied it. Rows first, then operations."""

    def __post_init__(self) -> None:
        if len(self.decisions) != len(self):
            # rows came that no decision is about yet: those before them keep their numbers
            known = self.decisions[: len(self.fragment)]
            self.decisions = np.zeros(len(self), np.int32)
            self.decisions[: len(known)] = known

    def __len__(self) -> int:
        return len(self.fragment) + len(self.operations)

    def states(self, in_force: Collection[int]) -> list[State]:
        """The state of each item, given the entries that are in force."""
        return [_state(decision, in_force) for decision in self.decisions.tolist()]

    def open_items(self, in_force: Collection[int]) -> NDArray[np.int64]:
        """Numbers of the items that wait for a decision, in array operations: there may be millions."""
        applied = np.isin(self.decisions, np.fromiter(in_force, np.int32, len(in_force)))
        return np.flatnonzero(~applied & (self.decisions != REFUSED) & (self.decisions != SAME))

    def items(self, history: History, first: int = 0, limit: int = 100) -> Iterator[Item]:
        """Items from number `first` on, compared with the tree as it is now."""
        in_force = set(history.in_force())
        for number in range(first, min(first + limit, len(self))):
            state = _state(int(self.decisions[number]), in_force)
            if number < len(self.fragment):
                yield self._row_item(history.tree, number, state)
            else:
                yield self._operation_item(history.tree, number, state)

    def accept(
        self, history: History, actor: Actor, items: Sequence[int] | None = None, reason: str = ""
    ) -> Entry | None:
        """Apply items (None: all that are open) as one batch, with the new features that they stand below.

        What a lock keeps out stays open. Returns the entry, or None where nothing was left to change. Raises `BadInput`
        where an item was refused or one above it was, or cannot be applied; then nothing is.
        """
        states = self.states(set(history.in_force()))
        wanted = self._with_those_above(self._open(states) if items is None else items, states)
        rows = [number for number in wanted if number < len(self.fragment)]
        operations = [self.operations[number - len(self.fragment)] for number in wanted if number >= len(self.fragment)]
        by = self.actor.name or self.actor.kind
        with history.batch(actor, reason or self.reason, f"proposal {self.id}") as batch:
            if rows:
                chosen = np.array(with_above(self.fragment, rows))
                part, counted = select_rows(self.fragment, rows), np.isin(chosen, rows)
                merged = merge_fragment(history.tree, part, self.parent, counts=self.counts, counted=counted)
                kept_out = {*chosen[merged.nodes < 0].tolist()}
                wanted = [number for number in wanted if number not in kept_out]
            for operation in operations:
                perform(history.tree, operation)
            batch.summary = f"accept {len(wanted):,} of {len(self):,} changes proposed by {by}"
            batch.operations = tuple(operations[:MOST_OPERATIONS])
        if batch.entry is not None:
            self.decisions[wanted] = batch.entry.number
        else:
            self.decisions[wanted] = SAME
        return batch.entry

    def refuse(self, history: History, items: Sequence[int] | None = None) -> int:
        """Refuse items (None: all that are open) and what stands below them. Returns how many."""
        states = self.states(set(history.in_force()))
        refused = set(self._open(states) if items is None else self._known(items))
        for row, above in enumerate(self.fragment.parent.tolist()):
            if above in refused and states[row] == "open":
                refused.add(row)
        accepted = [number for number in refused if states[number] == "accepted" and self.decisions[number] != SAME]
        if accepted:
            raise BadInput(f"item {accepted[0]} was accepted already; undo that to refuse it.")
        self.decisions[sorted(refused)] = REFUSED
        return len(refused)

    def reopen(self, items: Sequence[int]) -> int:
        """Let refused items wait for a decision again; others are passed over. Returns how many."""
        refused = [number for number in self._known(items) if self.decisions[number] == REFUSED]
        self.decisions[refused] = OPEN
        return len(refused)

    def _open(self, states: Sequence[State]) -> list[int]:
        return [number for number, state in enumerate(states) if state == "open"]

    def _known(self, items: Sequence[int]) -> Sequence[int]:
        wrong = [number for number in items if not 0 <= number < len(self)]
        if wrong:
            raise BadInput(f"the proposal has no item {wrong[0]}; its items are 0 to {len(self) - 1}.")
        return items

    def _with_those_above(self, items: Sequence[int], states: Sequence[State]) -> list[int]:
        """The items and the open rows above them, in ascending order."""
        wanted: set[int] = set()
        for number in self._known(items):
            if states[number] != "open":
                raise BadInput(f"item {number} is {states[number]} already; choose open ones.")
            wanted.add(number)
            while number < len(self.fragment) and self.fragment.parent[number] != NO_PARENT:
                number = int(self.fragment.parent[number])
                if states[number] == "refused":
                    raise BadInput(f"item {number} above it was refused, so it has no place; leave it out.")
                if states[number] == "accepted" or number in wanted:
                    break
                wanted.add(number)
        return sorted(wanted)

    def _row_item(self, tree: FeatureTree, number: int, state: State) -> Item:
        path = self.fragment.path(number)
        node = tree.node((*tree.path(self.parent), *path)) if tree.alive(self.parent) else None
        observed, estimated = int(self.fragment.observed[number]), float(self.fragment.estimated[number])
        given = None if estimated != estimated else estimated
        above = int(self.fragment.parent[number])
        if node is None:
            kind, summary = "add", f"add {_counted(observed, given)}"
        elif self.counts == "keep" or (observed == 0 and given is None):
            kind, summary = "same", "is there already"
        else:
            kind, summary = "count", f"{_counted(tree.observed(node), tree.estimated(node))} {_verb(self.counts)} "
            summary += _counted(observed, given)
        return Item(
            number=number,
            kind=kind,
            path=path,
            summary=summary,
            reason=self.reasons.get(number, self.reason),
            state=state,
            observed=observed,
            estimated=given,
            depends_on=above if node is None and above != NO_PARENT else None,
        )

    def _operation_item(self, tree: FeatureTree, number: int, state: State) -> Item:
        operation = self.operations[number - len(self.fragment)]
        node = subject(operation)
        return Item(
            number=number,
            kind=operation.kind,
            path=tree.path(node) if 0 <= node < tree.rows else (),
            summary=describe(tree, operation),
            reason=self.reasons.get(number, self.reason),
            state=state,
        )


def subject(operation: Operation) -> int:
    """The node that an operation is about: its own, the target of a merge, or the parent of what comes."""
    match operation:
        case Merge():
            return operation.target
        case Add() | AddMany() | Reorder():
            return operation.parent
        case _:
            return operation.node


def select_rows(fragment: Fragment, rows: Sequence[int]) -> Fragment:
    """Some rows with everything above them; those above bring their names alone unless they are among `rows`."""
    counted = set(rows)
    chosen = with_above(fragment, rows)
    place = {row: index for index, row in enumerate(chosen)} | {NO_PARENT: NO_PARENT}
    plain = np.array([row not in counted for row in chosen], np.bool_)
    return Fragment(
        parent=np.array([place[int(fragment.parent[row])] for row in chosen], np.int32),
        name=[fragment.name[row] for row in chosen],
        observed=np.where(plain, 0, fragment.observed[chosen]),
        estimated=np.where(plain, np.nan, fragment.estimated[chosen]),
        ordered=fragment.ordered,
        locked=None if fragment.locked is None else fragment.locked[chosen],
        status=None if fragment.status is None else fragment.status[chosen],
        note={place[row]: text for row, text in fragment.note.items() if row in counted},
        source=None
        if fragment.source is None
        else ["" if row not in counted else fragment.source[row] for row in chosen],
        evidence={place[row]: seeds for row, seeds in fragment.evidence.items() if row in counted},
    )


def with_above(fragment: Fragment, rows: Sequence[int]) -> list[int]:
    """Rows with everything above them, in ascending order: those that `select_rows` takes."""
    needed = set(rows)
    for row in rows:
        while (row := int(fragment.parent[row])) != NO_PARENT and row not in needed:
            needed.add(row)
    return sorted(needed)


def deletions_for(tree: FeatureTree, fragment: Fragment, parent: int = ROOT) -> tuple[Delete, ...]:
    """What would go if the tree below `parent` became the fragment: the uppermost features that it does not hold.

    Locked features, and what lies above them, stay.
    """
    held = _held(tree, fragment, parent)
    keep = set(held)
    for node in reversed(list(tree.nodes(parent))):
        if node in keep or held_by_lock(tree, node):
            keep |= {node, tree.parent(node)}
    gone = (node for node in tree.nodes(parent) if node not in keep)
    return tuple(Delete(node=node) for node in gone if tree.parent(node) in keep or tree.parent(node) == parent)


def _held(tree: FeatureTree, fragment: Fragment, parent: int) -> list[int]:
    nodes: list[int] = []
    for above, name in zip(fragment.parent.tolist(), fragment.name, strict=True):
        holder = parent if above == NO_PARENT else nodes[above]
        nodes.append(-1 if holder == -1 else tree.names_below(holder).get(name, -1))
    return [node for node in nodes if node != -1]


def _state(decision: int, in_force: Collection[int]) -> State:
    if decision == REFUSED:
        return "refused"
    return "accepted" if decision == SAME or decision in in_force else "open"


def _counted(observed: int, estimated: float | None) -> str:
    said = [f"observed {observed:,}"] if observed else []
    said += [] if estimated is None else [f"estimated {estimated:g}"]
    return ", ".join(said) or "no count"


def _verb(counts: Counts) -> str:
    return "plus" if counts == "add" else "becomes"
