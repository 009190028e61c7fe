"""Claim: the first page of a search comes much sooner from the index than from a plain loop over all names.

python benchmarks/tree_search.py [--sizes 5000 140000 1795310]

Both sides give the same hits in the same order; the plain loop folds each name as it goes, as one would write it.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from itertools import pairwise

from measure import ratios, save, time_in_turn
from trees import LARGE, MIDDLE, SMALL, made_tree

from synth.tree.columns import ROOT, FeatureTree
from synth.tree.edits import edit
from synth.tree.operations import Add, Rename
from synth.tree.search import Mode, Search

PAGE = 50
QUERIES: dict[Mode, tuple[str, ...]] = {
    "prefix": ("s", "sort", "binary search", "Gröbner", "qzx"),
    "substring": ("e", "sort", "Gröbner", "binary search tree", "qzx"),
    "path": ("data > sort", "binary > Gröbner", "qzx > data", "data > qzx", "data > file > sort"),
    "fuzzy": ("binary serach", "srot", "qzxqzxqzxqzx"),
}
"""Frequent, rare, and found nowhere."""
REPEATS = {"prefix": 5, "substring": 5, "path": 5, "fuzzy": 3}
EDITS = 200


class PlainSearch:
    """A loop over a list of names, and a sort."""

    def __init__(self, names: Sequence[str], parents: Sequence[int]) -> None:
        self.names, self.parents = names, parents

    def prefix(self, query: str) -> list[int]:
        """Names that begin with the query."""
        query, names = query.casefold(), self.names
        found = [node for node, name in enumerate(names) if name.casefold().startswith(query)]
        return sorted(found, key=lambda node: (names[node].casefold(), node))[:PAGE]

    def substring(self, query: str) -> list[int]:
        """Names that contain the query."""
        query, names = query.casefold(), self.names
        found = [node for node, name in enumerate(names) if query in name.casefold()]
        return self._first(query, found)

    def path(self, query: str) -> list[int]:
        """Names that contain the last part, below names that contain the others."""
        *above, last = [part.strip() for part in query.casefold().split(">")]
        found = [node for node, name in enumerate(self.names) if last in name.casefold() and self._below(node, above)]
        return self._first(last, found)

    def fuzzy(self, query: str) -> list[int]:
        """Names a few edits away."""
        query, most = query.casefold(), 0 if len(query) <= 2 else 1 if len(query) <= 5 else 2
        found = []
        for node, name in enumerate(self.names):
            folded = name.casefold()
            if abs(len(folded) - len(query)) <= most and (away := distance(query, folded, most)) <= most:
                found.append((away, folded, node))
        return [node for *_, node in sorted(found)[:PAGE]]

    def _first(self, query: str, found: list[int]) -> list[int]:
        keys = sorted(((folded := self.names[node].casefold()) != query, folded, node) for node in found)
        return [node for *_, node in keys[:PAGE]]

    def _below(self, node: int, above: list[str]) -> bool:
        missing = len(above)
        while missing and node != ROOT:
            node = self.parents[node]
            missing -= above[missing - 1] in self.names[node].casefold()
        return not missing


def distance(one: str, other: str, most: int) -> int:
    """Optimal string alignment distance, or `most` + 1: a band about the diagonal, left as soon as all is too far."""
    far = most + 1
    before: list[int] = []
    above = [min(column, far) for column in range(len(other) + 1)]
    for row, letter in enumerate(one, start=1):
        now = [far] * (len(other) + 1)
        now[0] = min(row, far)
        for column in range(max(1, row - most), min(len(other), row + most) + 1):
            cost = above[column - 1] + (letter != other[column - 1])
            cost = min(cost, above[column] + 1, now[column - 1] + 1)
            if row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == other[column - 1]:
                cost = min(cost, before[column - 2] + 1)
            now[column] = min(cost, far)
        if min(now) > most:
            return far
        before, above = above, now
    return above[-1]


def measure(nodes: int) -> dict[str, object]:
    """All modes and queries on the tree of one size, then edits between searches."""
    fragment = made_tree(nodes)
    tree = FeatureTree.from_fragment(fragment)
    plain = PlainSearch(["", *fragment.name], [-1, *(fragment.parent + 1).tolist()])
    search = Search(tree)
    began = time.perf_counter()
    size = search.nbytes
    built = time.perf_counter() - began
    result: dict[str, object] = {
        "nodes": nodes,
        "building the index, s": round(built, 3),
        "index, MB": round(size / 1e6, 1),
    }
    for mode, queries in QUERIES.items():
        slow = {"prefix": plain.prefix, "substring": plain.substring, "path": plain.path, "fuzzy": plain.fuzzy}[mode]
        repeats = 1 if mode == "fuzzy" and nodes == LARGE else REPEATS[mode]
        result[mode] = {query: compare(search, mode, query, slow, repeats) for query in queries}
    result["prefix search after an edit, edit not counted"] = edited(tree, search)
    return result


def compare(
    search: Search, mode: Mode, query: str, slow: Callable[[str], list[int]], repeats: int
) -> dict[str, object]:
    """Both sides in turn; raises AssertionError where they differ."""
    found: dict[str, list[int]] = {}

    def plain() -> None:
        found["plain"] = slow(query)

    def ours() -> None:
        found["index"] = search.find(query, mode, PAGE).nodes.tolist()

    seconds = time_in_turn({"plain": plain, "index": ours}, repeats)
    assert found["plain"] == found["index"], (mode, query)
    return {
        "hits on the page": len(found["index"]),
        "ms": {name: round(1000 * statistics.median(each), 3) for name, each in seconds.items()},
        "times faster": ratios(seconds["plain"], seconds["index"]),
    }


def edited(tree: FeatureTree, search: Search) -> dict[str, float]:
    """Milliseconds of the first prefix search after an edit, the edit not counted, over a few hundred edits."""
    taken: list[float] = []
    parents = [ROOT, *(edit(tree, [Add(parent=ROOT, name=f"place {number}")]).first for number in range(2))]
    for number in range(EDITS):
        node = edit(tree, [Add(parent=parents[1 + number % 2], name=f"new name {number}")]).first
        edit(tree, [Rename(node=node, name=f"newer name {number}")])
        began = time.perf_counter()
        page = search.find(f"newer name {number}", "prefix", PAGE)
        taken.append(1000 * (time.perf_counter() - began))
        assert node in page.nodes
    return {"ms, median": round(statistics.median(taken), 3), "ms, highest": round(max(taken), 3)}


def main() -> None:
    """Measure and save the result."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", type=int, nargs="+", default=[SMALL, MIDDLE, LARGE])
    options = parser.parse_args()
    sizes = sorted(options.sizes)
    assert all(one < other for one, other in pairwise(sizes)), "give each size once"
    save("tree_search", {"page": PAGE, "sizes": [measure(size) for size in sizes]})


if __name__ == "__main__":
    main()
