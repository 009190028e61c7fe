"""Claim: an edit costs about the same at 140 thousand and at 1.8 million features, and is on disk before it counts.

python benchmarks/tree_edit.py [--sizes 5000 140000 1795310] [--edits 40]

Every side edits nodes that touch the same number of others. The nested-dict side does what such code does: it changes
the dict and writes the file again.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import nested
from measure import save
from trees import LARGE, MIDDLE, SMALL, made_tree

from synth.tree.columns import FeatureTree
from synth.tree.operations import Actor, Add, Delete, Merge, Move, Operation, Rename, SetCount
from synth.workspace import Workspace

PERSON = Actor(name="benchmark")
FAN_OUT, BELOW = range(4, 13), 1
"""Each edit works below a parent of about so many children, on a node with just so many."""


class Side:
    """A workspace with a tree of one size and the places that are edited."""

    def __init__(self, nodes: int, folder: Path, edits: int) -> None:
        self.workspace = Workspace(folder)
        self.workspace.trees.load(made_tree(nodes), Actor(kind="import", name="benchmark"))
        self.workspace.close()
        self.workspace = Workspace(folder)  # as a user meets it: mapped from disk
        self.places = places(self.workspace.tree(), edits)
        self.seconds: dict[str, list[float]] = {}

    def edit(self, number: int) -> None:
        """One of each operation, then its undo; each timed until it is on disk."""
        parent, first, second = self.places[number]
        trees, tree = self.workspace.trees, self.workspace.tree()
        operations: dict[str, Operation] = {
            "add": Add(parent=parent, name=f"new {number}", observed=3),
            "rename": Rename(node=first, name=f"renamed {number}"),
            "set count": SetCount(node=first, observed=12),
            "move": Move(node=first, parent=second),
            "merge": Merge(target=second, sources=(first,)),
            "delete": Delete(node=first),
        }
        for name, operation in operations.items():
            if not tree.alive(first):
                raise RuntimeError("an undo did not bring the node back")
            self.time(name, lambda operation=operation: trees.edit([operation], PERSON))  # type: ignore[misc]
            self.time("undo", lambda: trees.undo(actor=PERSON))

    def time(self, name: str, work: Callable[[], object]) -> None:
        """Note the seconds of one piece of work."""
        began = time.perf_counter()
        work()
        self.seconds.setdefault(name, []).append(time.perf_counter() - began)


def places(tree: FeatureTree, count: int) -> list[tuple[int, int, int]]:
    """(parent, child, another child), where all have about as many children at every size."""
    width = tree.column("width")
    parent = tree.column("parent")
    found: list[tuple[int, int, int]] = []
    for node in range(1, tree.rows):
        if width[node] == BELOW and width[parent[node]] in FAN_OUT and parent[node]:
            above = int(parent[node])
            other = next((child for child in tree.children(above) if child != node), None)
            if other is not None and all(above != known for known, _, _ in found):
                found.append((above, node, other))
                if len(found) == count:
                    return found
    return found


def rewrite(nodes: int, edits: int) -> list[float]:
    """Seconds of one edit with nested dicts: change a count, write the file, have it on disk."""
    root = nested.nested(made_tree(nodes))
    names = list(root.children)
    seconds = []
    with tempfile.TemporaryDirectory() as place:
        for number in range(edits):
            began = time.perf_counter()
            root.children[names[number % len(names)]].count += 1
            with Path(place, "tree.json").open("w", encoding="utf-8") as file:
                json.dump(as_dict(root), file)
                file.flush()
                os.fsync(file.fileno())
            seconds.append(time.perf_counter() - began)
    return seconds


def as_dict(node: nested.Node) -> dict[str, object]:
    """A node as JSON holds it."""
    return {"count": node.count, "children": {name: as_dict(child) for name, child in node.children.items()}}


def main() -> None:
    """Measure and save the result."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", type=int, nargs="+", default=[SMALL, MIDDLE, LARGE])
    parser.add_argument("--edits", type=int, default=40)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        sides = {nodes: Side(nodes, Path(place, str(nodes)), options.edits) for nodes in options.sizes}
        done = min(options.edits, *(len(side.places) for side in sides.values()))
        for number in range(done):
            for side in sides.values():
                side.edit(number)
        for side in sides.values():
            side.workspace.close()
    plain = {nodes: rewrite(nodes, 3 if nodes > MIDDLE else 5) for nodes in options.sizes}
    base = sides.get(MIDDLE) or next(iter(sides.values()))
    result = {}
    for nodes, side in sides.items():
        medians = {name: statistics.median(taken) for name, taken in side.seconds.items()}
        result[f"{nodes}"] = {
            "milliseconds": {name: round(1000 * one, 2) for name, one in medians.items()},
            "times the cost at 140k": {
                name: round(one / statistics.median(base.seconds[name]), 2) for name, one in medians.items()
            },
            "nested dicts, file written again, milliseconds": round(1000 * statistics.median(plain[nodes]), 1),
        }
    save("tree_edit", {"edits of each kind": done, "nodes": result})


if __name__ == "__main__":
    main()
