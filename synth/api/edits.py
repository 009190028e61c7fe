"""Edits from the browser: each once, none on a tree that the person has not seen."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from synth.api.bench import Bench
from synth.api.endpoint import JSON, Body, Endpoint, Many, Refused
from synth.tree.columns import ROOT, FeatureTree
from synth.tree.history import Entry
from synth.tree.operations import Add, AddMany, Delete, Merge, Move, Operation, Reorder
from synth.workspace import Workspace

MOST_OPERATIONS = 20_000
"""Operations of one request."""
_REMEMBERED = 2_000
_SHOWN = 20
_CREATED = 500


class Change(Body):
    """What every request that changes the tree says besides."""

    rev: int = Field(ge=0)
    """The newest entry of the history that the person who edits has seen."""
    op: str = Field(min_length=8, max_length=64)
    """Names the request: sent again after a broken connection, it is done once."""


class EditBody(Change):
    """Operations to be done as one batch; they are written as in `synth.tree.operations`."""

    operations: Many[Operation] = Field(min_length=1, max_length=MOST_OPERATIONS)
    reason: str = Field(default="", max_length=2_000)
    anyway: bool = False
    """Do it although somebody changed the same features meanwhile."""


class UndoBody(Change):
    """Undo the latest batch of a person, or the one named."""

    number: int | None = Field(default=None, ge=1)


class Done:
    """What was answered to changes, by the name of the request."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._answers: OrderedDict[str, JSON] = OrderedDict()
        self._lock = threading.Lock()

    def once(self, op: str, change: Callable[[], JSON]) -> JSON:
        """Do a change, or answer again what was answered when it was done. Changes wait for each other."""
        with self._lock:
            known = self._answers.get(op)
            if known is None:
                known = self._answers[op] = change()
                if len(self._answers) > _REMEMBERED:
                    self._answers.popitem(last=False)
            return known


def edit(bench: Bench, asked: EditBody) -> JSON:
    """Do operations as one batch. Refused with what changed where somebody else changed the same features."""

    def change() -> JSON:
        trees = bench.workspace.trees
        with trees.reading():
            if not asked.anyway:
                refuse_stale(bench.workspace, asked.rev, asked.operations)
            return told(bench.workspace, trees.edit(asked.operations, reason=asked.reason))

    return bench.part(Done).once(asked.op, change)


def undo(bench: Bench, asked: UndoBody) -> JSON:
    """Take back a batch."""
    trees = bench.workspace.trees
    return bench.part(Done).once(asked.op, lambda: told(bench.workspace, trees.undo(asked.number)))


def redo(bench: Bench, asked: Change) -> JSON:
    """Do again what the latest undo took back."""
    trees = bench.workspace.trees
    return bench.part(Done).once(asked.op, lambda: told(bench.workspace, trees.redo()))


def told(workspace: Workspace, entry: Entry | None) -> JSON:
    """What a change did: its entry, the features it made, and the revision that holds it."""
    history = workspace.trees.history
    if entry is None:
        return {"rev": history.last, "entry": None, "created": []}
    delta = history.delta(entry)
    created = list(range(delta.first, min(delta.rows, delta.first + _CREATED)))
    return {"rev": history.last, "entry": entry_line(entry), "created": created}


def entry_line(entry: Entry) -> dict[str, object]:
    """An entry of the history as the browser shows it."""
    return {
        "number": entry.number, "at": entry.at, "actor": str(entry.actor), "reason": entry.reason,
        "action": entry.action, "summary": entry.summary, "group": entry.group, "touched": entry.touched,
    }  # fmt: skip


def refuse_stale(workspace: Workspace, rev: int, operations: Sequence[Operation]) -> None:
    """Raises `Refused`, with what changed, where a person changed since `rev` what the operations are about.

    What runs count and grow meanwhile stands in nobody's way: it changes no name and no place.
    """
    history = workspace.trees.history
    if rev >= history.last:
        return
    tree = workspace.tree()
    about = [node for operation in operations for node in named(operation) if node < tree.rows]
    whole = {node for operation in operations for node in taken_whole(operation)}
    against = []
    for entry in history.entries(rev):
        if entry.actor.kind == "run" and entry.action == "do":
            continue
        touched = history.delta(entry).nodes()
        if np.isin(touched, about).any() or (whole and any_lies_in(tree, touched, whole)):
            against.append(entry_line(entry))
    if against:
        raise Refused(
            409, "stale", "somebody changed the same features meanwhile; see what changed, then decide.",
            {"changes": against[-_SHOWN:], "rev": history.last},
        )  # fmt: skip


def named(operation: Operation) -> tuple[int, ...]:
    """The features that an operation names."""
    match operation:
        case Add() | AddMany():
            return (operation.parent,) if operation.parent else ()
        case Reorder():
            return operation.children
        case Merge():
            return (operation.target, *operation.sources)
        case Move():
            return (operation.node, operation.parent) if operation.parent else (operation.node,)
        case _:
            return (operation.node,)


def taken_whole(operation: Operation) -> tuple[int, ...]:
    """The features whose whole branch an operation takes away."""
    match operation:
        case Delete():
            return (operation.node,)
        case Merge():
            return operation.sources
        case _:
            return ()


def lies_in(tree: FeatureTree, node: int, tops: set[int]) -> bool:
    """Whether a feature is one of `tops` or lies below one."""
    return not tops.isdisjoint(tree.way(node))


def any_lies_in(tree: FeatureTree, nodes: NDArray[np.int32], tops: set[int]) -> bool:
    """As `lies_in`, for any of many features at once: an import touches all there are."""
    inside = np.zeros(tree.rows, np.bool_)
    inside[[node for node in tops if node < tree.rows]] = True
    parent = tree.column("parent")
    while len(nodes := np.unique(nodes[nodes > ROOT])):
        if inside[nodes].any():
            return True
        nodes = parent[nodes]
    return False


ENDPOINTS = (
    Endpoint("/api/tree/edit", EditBody, edit),
    Endpoint("/api/tree/undo", UndoBody, undo),
    Endpoint("/api/tree/redo", Change, redo),
)
