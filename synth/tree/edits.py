"""Operations on the tree: each checked before it writes, each recorded, so that it can be undone exactly.

A locked feature keeps its name, place, counts and children until somebody unlocks it; notes and status may be written,
and seeds that show it go on counting, since they are facts.
"""

from collections.abc import Sequence
from itertools import groupby

import numpy as np

from synth.errors import BadInput
from synth.tree.columns import STATUSES, FeatureTree
from synth.tree.delta import Delta, recording
from synth.tree.formats.checks import MAX_LENGTH, encodes
from synth.tree.formats.outline import read_outline
from synth.tree.merge import check_sums, merge_fragment, merge_nodes
from synth.tree.operations import (
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
from synth.tree.table import MAX_COUNT, ROOT


def edit(tree: FeatureTree, operations: Sequence[Operation]) -> Delta:
    """Do all operations, or none of them. Returns what changed.

    Raises `BadInput` that names the operation's feature and says how to mend it.
    """
    with recording(tree) as change:
        perform_all(tree, operations)
    return change.made


def perform_all(tree: FeatureTree, operations: Sequence[Operation]) -> None:
    """Do operations one after the other, as `perform` does each.

    Features that go in front of the same sibling are put there together: each alone would move all behind it.
    """
    for together, some in groupby(operations, key=_in_front_of):
        if together is None:
            for operation in some:
                perform(tree, operation)
            continue
        placed: dict[int, None] = {}
        for operation in some:
            node = _placed(tree, operation)
            placed.pop(node, None)
            placed[node] = None
        _put_before(tree, list(placed), together[1])


def perform(tree: FeatureTree, operation: Operation) -> None:
    """Do one operation. Raises `BadInput`, where it may be half done: `edit` then takes it back."""
    match operation:
        case Add() | Move():
            node = _placed(tree, operation)
            if operation.before is not None:
                _put_before(tree, [node], operation.before)
        case AddMany():
            _check_children(tree, operation.parent)
            merge_fragment(tree, read_outline(operation.outline, "the outline"), operation.parent, counts="keep")
        case Rename():
            _rename(tree, operation)
        case Reorder():
            _reorder(tree, operation)
        case Merge():
            _merge(tree, operation)
        case Delete():
            _delete(tree, operation)
        case SetCount():
            _set_count(tree, operation)
        case Lock():
            _lock(tree, operation)
        case Note():
            _check_alive(tree, operation.node)
            tree.change(operation.node, note=tree.strings.add(_text(operation.text)))
        case Status():
            _set_status(tree, operation)


def describe(tree: FeatureTree, operation: Operation) -> str:
    """The operation in words, for a history or a proposal; names are those of the tree as it is now."""
    match operation:
        case Add():
            return f"add {_said(operation.name)} below {_name(tree, operation.parent)}"
        case AddMany():
            return f"add {len(operation.outline.splitlines())} lines below {_name(tree, operation.parent)}"
        case Rename():
            return f"rename {_name(tree, operation.node)} to {_said(operation.name)}"
        case Move():
            return f"move {_name(tree, operation.node)} below {_place(tree, operation.parent)}"
        case Reorder():
            return f"order the children of {_name(tree, operation.parent)}"
        case Merge():
            names = ", ".join(_name(tree, source) for source in operation.sources[:3])
            more = f" and {len(operation.sources) - 3} more" if len(operation.sources) > 3 else ""
            return f"merge {names}{more} into {_name(tree, operation.target)}"
        case Delete():
            return f"delete {_name(tree, operation.node)}"
        case SetCount():
            return f"set the counts of {_name(tree, operation.node)}"
        case Lock():
            return f"{'lock' if operation.locked else 'unlock'} {_name(tree, operation.node)}"
        case Note():
            return f"note on {_name(tree, operation.node)}"
        case Status():
            return f"mark {_name(tree, operation.node)} as {operation.status or 'nothing'}"


def _in_front_of(operation: Operation) -> tuple[int, int] | None:
    """Parent and sibling of what goes in front of another feature."""
    if not isinstance(operation, Add | Move) or operation.before is None:
        return None
    if isinstance(operation, Move) and operation.node == operation.before:
        return None
    return operation.parent, operation.before


def _placed(tree: FeatureTree, operation: Operation) -> int:
    """Do an `Add` or a `Move` but for the place among siblings. Returns the feature."""
    if isinstance(operation, Add):
        return _add(tree, operation)
    assert isinstance(operation, Move)
    _move(tree, operation)
    return operation.node


def _add(tree: FeatureTree, operation: Add) -> int:
    _check_children(tree, operation.parent)
    name = _new_name(tree, operation.parent, operation.name)
    _check_counts(operation.observed, operation.estimated, name)
    estimated = float("nan") if operation.estimated is None else operation.estimated
    node = tree.create(operation.parent, name, observed=operation.observed, estimated=estimated)
    check_sums(tree, [operation.parent])
    return node


def _rename(tree: FeatureTree, operation: Rename) -> None:
    _check_free(tree, operation.node)
    if operation.name == tree.name(operation.node):
        return
    name = _new_name(tree, tree.parent(operation.node), operation.name)
    tree.change(operation.node, name=tree.strings.add(name))


def _move(tree: FeatureTree, operation: Move) -> None:
    node, parent = operation.node, operation.parent
    _check_free(tree, node)
    _check_children(tree, parent)
    if parent != tree.parent(node):
        _check_children(tree, tree.parent(node))
        if _is_below(tree, parent, node):
            raise BadInput(f"{_name(tree, node)} cannot be moved below itself; choose a parent outside of it.")
        _new_name(tree, parent, tree.name(node))
        tree.change(node, parent=parent, rank=0)
        check_sums(tree, [parent])


def _reorder(tree: FeatureTree, operation: Reorder) -> None:
    _check_children(tree, operation.parent)
    children = tree.children(operation.parent)
    if not operation.children:
        for child in children:
            tree.change(child, rank=0)
        return
    if sorted(operation.children) != sorted(children):
        raise BadInput(
            f"the order given for {_name(tree, operation.parent)} names {len(operation.children)} features, "
            f"but its {len(children)} children are others; give each child once."
        )
    _rank(tree, operation.children)


def _put_before(tree: FeatureTree, nodes: Sequence[int], sibling: int) -> None:
    """Give all siblings a rank, `nodes` of one parent right in front of `sibling`, in this order."""
    parent = tree.parent(nodes[0])
    if sibling in nodes:
        return
    if not tree.alive(sibling) or tree.parent(sibling) != parent:
        raise BadInput(f"{_name(tree, sibling)} is no child of {_name(tree, parent)}; name a sibling to stand before.")
    moved = set(nodes)
    order = [child for child in tree.children(parent) if child not in moved]
    at = order.index(sibling)
    order[at:at] = nodes
    _rank(tree, order)


def _rank(tree: FeatureTree, order: Sequence[int]) -> None:
    ranks = tree.column("rank")
    for rank, child in enumerate(order, start=1):
        if ranks[child] != rank:
            tree.change(child, rank=rank)


def _merge(tree: FeatureTree, operation: Merge) -> None:
    sources = [source for source in dict.fromkeys(operation.sources) if source != operation.target]
    _check_free(tree, operation.target)
    for source in sources:
        _check_free(tree, source)
        _check_no_lock_below(tree, source)
        _check_children(tree, tree.parent(source))
    together = {operation.target, *sources}
    for node in together:
        above = tree.parent(node)
        while above not in together and above != ROOT:
            above = tree.parent(above)
        if above in together:
            raise BadInput(
                f"{_name(tree, node)} lies below {_name(tree, above)}, so the two cannot be merged; move one first."
            )
    for source in sources:
        merge_nodes(tree, operation.target, source)


def _delete(tree: FeatureTree, operation: Delete) -> None:
    _check_free(tree, operation.node)
    _check_children(tree, tree.parent(operation.node))
    _check_no_lock_below(tree, operation.node)
    gone = np.array([operation.node, *tree.nodes(operation.node)], np.int32)[::-1]
    tree.change_many(gone, {"alive": np.zeros(len(gone), np.uint8)})


def _set_count(tree: FeatureTree, operation: SetCount) -> None:
    _check_free(tree, operation.node)
    _check_counts(operation.observed, operation.estimated, tree.name(operation.node))
    cells: dict[str, float | int] = {"source": 0}
    if operation.observed is not None:
        cells["observed"] = operation.observed
    if operation.clear_estimated:
        cells["estimated"] = float("nan")
    elif operation.estimated is not None:
        cells["estimated"] = operation.estimated
    tree.change(operation.node, **cells)
    check_sums(tree, [tree.parent(operation.node)])


def _lock(tree: FeatureTree, operation: Lock) -> None:
    _check_alive(tree, operation.node)
    nodes = np.array([operation.node, *(tree.nodes(operation.node) if operation.below else ())], np.int32)
    wanted = nodes[tree.column("locked")[nodes] != operation.locked]
    tree.change_many(wanted, {"locked": np.full(len(wanted), operation.locked, np.uint8)})


def _set_status(tree: FeatureTree, operation: Status) -> None:
    _check_alive(tree, operation.node)
    if operation.status not in STATUSES:
        known = ", ".join(f"`{status}`" for status in STATUSES)
        raise BadInput(f"`{operation.status}` is no status of a feature; use one of {known}.")
    tree.change(operation.node, status=STATUSES.index(operation.status))


def _new_name(tree: FeatureTree, parent: int, name: str) -> str:
    """`name` as it may stand below `parent`."""
    text = _text(name)
    if not text.strip():
        raise BadInput("a feature needs a name; this one is empty.")
    if len(text) > MAX_LENGTH:
        raise BadInput(f"the name {_said(text)} has {len(text):,} characters; {MAX_LENGTH:,} are allowed.")
    if tree.child(parent, text) is not None:
        raise BadInput(
            f"{_name(tree, parent)} has a child {_said(text)} already; choose another name, or merge the two."
        )
    return text


def _text(text: str) -> str:
    if not encodes(text):
        raise BadInput(f"{text!r:.80} holds half a character (a lone surrogate); write it again.")
    return text


def _check_counts(observed: int | None, estimated: float | None, name: str) -> None:
    if max(observed or 0, estimated or 0) > MAX_COUNT:
        raise BadInput(f"a count of {_said(name)} is above {MAX_COUNT:,}, the largest that a tree holds.")


def _check_alive(tree: FeatureTree, node: int) -> None:
    if not tree.alive(node) or node == ROOT:
        raise BadInput(
            f"there is no feature with id {node} any more; it was deleted or merged. Look at the tree again."
        )


def _check_free(tree: FeatureTree, node: int) -> None:
    _check_alive(tree, node)
    if tree.locked(node):
        raise BadInput(f"{_name(tree, node)} is locked; unlock it first.")


def _check_children(tree: FeatureTree, parent: int) -> None:
    """That the children of `parent` may change."""
    if parent != ROOT:
        _check_free(tree, parent)


def _check_no_lock_below(tree: FeatureTree, node: int) -> None:
    locked = next((below for below in tree.nodes(node) if tree.locked(below)), None)
    if locked is not None:
        raise BadInput(f"{_name(tree, locked)} below {_name(tree, node)} is locked; unlock it first.")


def _is_below(tree: FeatureTree, node: int, top: int) -> bool:
    """Whether `node` is `top` or lies below it."""
    return top in (ROOT, *tree.way(node))


def _place(tree: FeatureTree, node: int) -> str:
    """A feature with those above it."""
    return _said(" > ".join(tree.path(node))) if node != ROOT and tree.alive(node) else _name(tree, node)


def _name(tree: FeatureTree, node: int) -> str:
    return _said(tree.name(node)) if 0 < node < tree.rows else "the root"


def _said(name: str) -> str:
    return f"`{name if len(name) <= 60 else name[:59] + '…'}`"
