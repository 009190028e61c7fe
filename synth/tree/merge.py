"""Merging: a fragment into the tree, or one node of it into another. Counts add up, in any order the same."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from synth.errors import BadInput
from synth.tree.bulk import fragment_cells, ranks
from synth.tree.columns import FeatureTree
from synth.tree.fragment import NO_PARENT, Fragment
from synth.tree.integrity import fault
from synth.tree.table import MAX_COUNT, MAX_SUM, ROOT

Counts = Literal["add", "set", "keep"]
"""What happens to the counts of a feature that is there already: the sum, the fragment's, or its own."""

_BLOCKED = -1
_BULK = 2_000


@dataclass(frozen=True, slots=True)
class Merged:
    """What merging a fragment did."""

    nodes: NDArray[np.int32]
    """Row of the fragment -> node; -1 where a lock kept it out."""
    created: int
    met: int
    """Rows that were in the tree already."""
    blocked: int
    removed: int = 0


def merge_fragment(
    tree: FeatureTree,
    fragment: Fragment,
    parent: int = ROOT,
    *,
    counts: Counts = "add",
    replace: bool = False,
    counted: NDArray[np.bool_] | None = None,
) -> Merged:
    """Merge the rows of a fragment into the tree, below `parent`, by name.

    A locked feature keeps its counts and takes no new children; what is kept out so is only counted. With `replace`
    the tree becomes the fragment: counts are set, what the fragment does not hold goes, except for what is locked and
    what lies above it. Rows that are not `counted` bring their names alone. Raises `BadInput` where `parent` is gone,
    the fragment holds a name twice below one parent or a count is too large.
    """
    _check(fragment)
    if not tree.alive(parent):
        raise BadInput(f"there is no feature with id {parent} any more, so nothing can go below it; choose another.")
    nodes, first = _place(tree, fragment, parent)
    met = np.flatnonzero((nodes != _BLOCKED) & (nodes < first))
    new = np.flatnonzero(nodes >= first)
    _check_once(fragment, met, nodes)
    known = met if counted is None else met[counted[met]]
    _meet(tree, fragment, known, nodes, "set" if replace else counts)
    if len(new) > _BULK:
        _create_many(tree, fragment, new, nodes, parent)
    else:
        _create_each(tree, fragment, new, nodes, parent)
    _show(tree, fragment, nodes)
    removed = _remove_others(tree, nodes, parent) if replace else 0
    check_sums(tree, np.unique(tree.column("parent")[nodes[nodes != _BLOCKED]]).tolist())
    return Merged(nodes, len(new), len(met), int((nodes == _BLOCKED).sum()), removed)


def merge_nodes(tree: FeatureTree, target: int, source: int) -> None:
    """Make `source` part of `target`: counts add up, evidence is united, children of one name are merged in turn.

    Neither may lie below the other. Raises `BadInput` where a locked feature would change.
    """
    waiting = [(target, source)]
    while waiting:
        into, what = waiting.pop()
        if tree.locked(into):
            raise BadInput(f"`{tree.name(into)}` is locked, so nothing is merged into it; unlock it first.")
        for child in tree.children(what):
            same = tree.child(into, tree.name(child))
            if same is None:
                tree.change(child, parent=into, rank=0)
            else:
                waiting.append((same, child))
        _add_counts(tree, into, what)
        check_sums(tree, [into, tree.parent(into)])
    # the sources that were merged have no live children left but merged ones: they go from below
    gone = np.array([source, *tree.nodes(source)], np.int32)[::-1]
    tree.change_many(gone, {"alive": np.zeros(len(gone), np.uint8)})


def check_sums(tree: FeatureTree, parents: Iterable[int]) -> None:
    """Raises `BadInput` where the counts of a parent's children add up to more than its sum can hold."""
    for parent in parents:
        # fewer children than this cannot, whatever their counts
        if tree.child_count(parent) * MAX_COUNT > MAX_SUM:
            total = float(tree.layout().counts_of(tree.child_ids(parent)).sum())
            if total > MAX_SUM:
                place = f"`{tree.name(parent)}`" if parent != ROOT else "the root"
                raise BadInput(f"the counts below {place} would add up to more than {MAX_SUM:,}; give smaller ones.")


def held_by_lock(tree: FeatureTree, node: int) -> bool:
    """Whether a lock keeps a feature in the tree: its own, or that of its parent, whose children stay as they are."""
    return tree.locked(node) or tree.locked(tree.parent(node))


def _add_counts(tree: FeatureTree, into: int, what: int) -> None:
    observed = tree.observed(into) + tree.observed(what)
    if observed > MAX_COUNT:
        raise BadInput(f"the counts of `{tree.name(into)}` would add up to more than {MAX_COUNT:,}.")
    estimates = [value for value in (tree.estimated(into), tree.estimated(what)) if value is not None]
    estimated = sum(estimates) if estimates else float("nan")
    if estimated > MAX_COUNT:
        raise BadInput(f"the estimates of `{tree.name(into)}` would add up to more than {MAX_COUNT:,}.")
    tree.change(into, observed=observed, estimated=estimated, source=0)
    for seed in tree.seeds_of(what):
        tree.add_evidence(into, seed)


def _check(fragment: Fragment) -> None:
    large = (fragment.observed > MAX_COUNT) | (fragment.estimated > MAX_COUNT)
    bad = large | (fragment.observed < 0) | (fragment.estimated < 0) | np.isinf(fragment.estimated)
    if bad.any():
        path = " > ".join(fragment.path(int(np.argmax(bad))))
        raise BadInput(f"the counts of `{path}` must lie between 0 and {MAX_COUNT:,}; mend them in the file.")


def _check_once(fragment: Fragment, rows: NDArray[np.int64], nodes: NDArray[np.int32]) -> None:
    _, first = np.unique(nodes[rows], return_index=True)
    if len(first) < len(rows):
        again = int(np.delete(rows, first)[0])
        raise BadInput(f"`{' > '.join(fragment.path(again))}` comes twice; keep one of the two.")


def _place(tree: FeatureTree, fragment: Fragment, parent: int) -> tuple[NDArray[np.int32], int]:
    """The node of each row, new ones numbered on from the last row of the tree, and the first new number."""
    first = tree.rows
    if parent == ROOT and not len(tree):
        return np.arange(first, first + len(fragment), dtype=np.int32), first
    nodes: list[int] = []
    fresh = first
    locked = tree.column("locked")
    for above, name in zip(fragment.parent.tolist(), fragment.name, strict=True):
        holder = parent if above == NO_PARENT else nodes[above]
        found = None if holder >= first or holder == _BLOCKED else tree.names_below(holder).get(name)
        if found is None:
            if holder == _BLOCKED or (ROOT < holder < first and locked[holder]):
                found = _BLOCKED
            else:
                found, fresh = fresh, fresh + 1
        nodes.append(found)
    return np.array(nodes, np.int32), first


def _meet(
    tree: FeatureTree, fragment: Fragment, rows: NDArray[np.int64], nodes: NDArray[np.int32], counts: Counts
) -> None:
    """Bring the counts of features that are there already up to date."""
    if counts == "keep" or not len(rows):
        return
    rows = rows[tree.column("locked")[nodes[rows]] == 0]
    held = nodes[rows]
    observed, estimated = fragment.observed[rows], fragment.estimated[rows]
    if counts == "add":
        before = tree.column("estimated")[held]
        observed = observed + tree.column("observed")[held]
        estimated = np.where(np.isnan(before), estimated, np.where(np.isnan(estimated), before, before + estimated))
        if len(held) and max(observed.max(), np.nan_to_num(estimated).max()) > MAX_COUNT:
            raise BadInput(f"counts would add up to more than {MAX_COUNT:,}; import with --replace, or smaller counts.")
    same = (observed == tree.column("observed")[held]) & _equal(estimated, tree.column("estimated")[held])
    source = np.zeros(len(rows), np.int32)
    if counts == "set" and fragment.source is not None:
        source = tree.strings.add_many([fragment.source[int(row)] for row in rows])
        same = np.zeros(len(rows), np.bool_)
    _remark(tree, fragment, rows, held, over=counts == "set")
    changed = ~same
    values: dict[str, NDArray[Any]] = {"observed": observed, "estimated": estimated, "source": source}
    tree.change_many(held[changed], {name: column[changed] for name, column in values.items()})


def _remark(
    tree: FeatureTree, fragment: Fragment, rows: NDArray[np.int64], held: NDArray[np.int32], *, over: bool
) -> None:
    """Locks, statuses and notes that the fragment brings: where there are none yet, or `over` those that are there."""
    for name, given in (("locked", fragment.locked), ("status", fragment.status)):
        if given is not None:
            before = tree.column(name)[held]
            after = given[rows].astype(np.uint8)
            changed = (after != before) & (over | (before == 0))
            tree.change_many(held[changed], {name: after[changed]})
    if fragment.note:
        for row, node in zip(rows.tolist(), held.tolist(), strict=True):
            text = fragment.note.get(row, "")
            if text and text != tree.note(node) and (over or not tree.note(node)):
                tree.change(node, note=tree.strings.add(text))


def _equal(left: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.bool_]:
    same: NDArray[np.bool_] = (left == right) | (np.isnan(left) & np.isnan(right))
    return same


def _create_each(
    tree: FeatureTree, fragment: Fragment, rows: NDArray[np.int64], nodes: NDArray[np.int32], parent: int
) -> None:
    own, cells = ranks(fragment), fragment_cells(tree, fragment) if len(rows) else {}
    first, bare = tree.rows, not tree.child_count(parent)
    for row in rows.tolist():
        above = int(fragment.parent[row])
        holder = parent if above == NO_PARENT else int(nodes[above])
        if tree.child(holder, fragment.name[row]) is not None:
            raise BadInput(f"`{' > '.join(fragment.path(row))}` comes twice; keep one of the two.")
        values = {name: column[row] for name, column in cells.items() if name != "name"}
        # the fragment's order holds among features that are new; beside others a new one goes by name
        rank = int(own[row]) if holder >= first or (bare and holder == parent) else 0
        made = tree.create(holder, fragment.name[row], rank=rank, **values)
        assert made == nodes[row]


def _create_many(
    tree: FeatureTree, fragment: Fragment, rows: NDArray[np.int64], nodes: NDArray[np.int32], parent: int
) -> None:
    made = nodes[rows]
    above = fragment.parent[rows]
    holders = np.where(above == NO_PARENT, parent, nodes[above]).astype(np.int32)
    columns = {name: column[rows] for name, column in fragment_cells(tree, fragment).items()}
    columns["parent"] = holders
    bare = not tree.child_count(parent)
    columns["rank"] = np.where((holders >= made[0]) | ((holders == parent) & bare), ranks(fragment)[rows], 0)
    columns["alive"] = np.ones(len(rows), np.uint8)
    tree.write_many({name: (made, values) for name, values in columns.items()}, int(made[-1]) + 1)
    tree.rebuild()
    wrong = fault(tree, made)
    if wrong:
        raise BadInput(f"the rows make no tree: {wrong}.")


def _show(tree: FeatureTree, fragment: Fragment, nodes: NDArray[np.int32]) -> None:
    for row, seeds in fragment.evidence.items():
        if nodes[row] != _BLOCKED:
            for seed_id in seeds:
                tree.add_evidence(int(nodes[row]), tree.seed_number(seed_id))


def _remove_others(tree: FeatureTree, nodes: NDArray[np.int32], parent: int) -> int:
    """Take away what the fragment does not hold, from below, but for what a lock holds and what is above that."""
    keep = np.zeros(tree.rows, np.bool_)
    keep[nodes[nodes != _BLOCKED]] = True
    below = list(tree.nodes(parent))
    for node in reversed(below):
        if keep[node] or held_by_lock(tree, node):
            keep[node] = True
            keep[tree.parent(node)] = True
    gone = np.array([node for node in reversed(below) if not keep[node]], np.int32)
    tree.change_many(gone, {"alive": np.zeros(len(gone), np.uint8)})
    return len(gone)
