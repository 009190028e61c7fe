"""What always holds for a tree, and the search for where it does not."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from synth.tree.table import MICRO, ROOT, Table


def fault(tree: Table, nodes: NDArray[np.int32]) -> str | None:
    """What is wrong around these rows after a change: an orphan, a circle, one name twice below a parent."""
    parent, alive = tree.column("parent"), tree.column("alive")
    nodes = nodes[nodes != ROOT]
    live = nodes[alive[nodes] == 1]
    orphans = live[alive[parent[live]] == 0]
    if len(orphans):
        return f"the feature above `{_name(tree, int(orphans[0]))}` is gone"
    dead = nodes[alive[nodes] == 0]
    left = dead[tree.column("width")[dead] > 0]
    if len(left):
        return f"`{_name(tree, int(tree.child_ids(int(left[0]))[0]))}` stands below what would go"
    return _circle(tree, live) or _twice(tree, live)


def faults(tree: Table) -> Iterator[str]:
    """Everything that is wrong with a tree; nothing, if all is well. Takes the time of a walk over all nodes."""
    nodes = np.arange(1, tree.rows, dtype=np.int32)
    first = fault(tree, nodes)
    if first:
        yield first
    for node in np.flatnonzero(tree.column("alive")):
        yield from _wrong_children(tree, int(node))


def _wrong_children(tree: Table, node: int) -> Iterator[str]:
    parent, alive, rank = tree.column("parent"), tree.column("alive"), tree.column("rank")
    children = tree.child_ids(node).tolist()
    meant = np.flatnonzero((parent == node) & (alive == 1)).tolist()
    if sorted(children) != [child for child in meant if child != ROOT]:
        yield f"the children of `{_name(tree, node)}` are {meant}, its range says {children}"
    keys = [((int(rank[child]) - 1) % 2**32, _name(tree, child)) for child in children]
    if keys != sorted(keys):
        yield f"the children of `{_name(tree, node)}` are not in order"
    counts = [_micro(tree, child) for child in children]
    known = [count for count in counts if count is not None]
    held = int(tree.column("child_sum")[node]), int(tree.column("child_counted")[node])
    if held != (sum(known), len(known)):
        yield f"sum and number of counts below `{_name(tree, node)}` are {held}, not {(sum(known), len(known))}"
    if tree.names_below(node) != {_name(tree, child): child for child in children}:
        yield f"names below `{_name(tree, node)}` lead elsewhere"


def _micro(tree: Table, node: int) -> int | None:
    observed, estimated = int(tree.column("observed")[node]), float(tree.column("estimated")[node])
    if observed > 0:
        return observed * MICRO
    return None if np.isnan(estimated) else round(estimated * MICRO)


def _circle(tree: Table, nodes: NDArray[np.int32]) -> str | None:
    """Follow all nodes upwards at once, step by step; who is still on the way then, in steps of double length."""
    parent = tree.column("parent")
    above, steps = np.unique(parent[nodes]), 0
    while len(above := above[above > ROOT]) and steps < 1_000:
        steps += 1
        above = np.unique(parent[above])
    if not len(above):
        return None
    # a chain as long as this is rare: after as many steps as there are rows, only who goes in circles has not arrived
    jump = np.maximum(parent, ROOT)
    for _ in range(tree.rows.bit_length()):
        jump = jump[jump]
    circling = above[jump[above] != ROOT]
    return f"`{_name(tree, int(circling[0]))}` would lie below itself" if len(circling) else None


def _twice(tree: Table, nodes: NDArray[np.int32]) -> str | None:
    if len(nodes) < 1_000:
        for holder in np.unique(tree.column("parent")[nodes]).tolist():
            children = tree.child_ids(holder)
            names = [tree.strings[number] for number in tree.column("name")[children].tolist()]
            if len(set(names)) < len(names):
                double = next(name for name in names if names.count(name) > 1)
                return f"there would be two `{double}` below `{_name(tree, holder)}`"
        return None
    live = np.flatnonzero(tree.column("alive"))[1:]
    texts = tree.strings.array().take(pa.array(tree.column("name")[live])).dictionary_encode().indices.to_numpy()
    keys = tree.column("parent")[live].astype(np.int64) * (len(texts) + 1) + texts
    order = np.argsort(keys, kind="stable")
    same = np.flatnonzero(np.diff(keys[order]) == 0)
    if len(same):
        return f"there would be two `{_name(tree, int(live[order[same[0]]]))}` below one feature"
    return None


def _name(tree: Table, node: int) -> str:
    return tree.strings[int(tree.column("name")[node])] if node else "the root"
