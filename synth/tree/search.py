"""Search by name: prefix, substring, path and fuzzy, in pages, over a tree that changes all the time.

All modes compare names as `str.casefold` leaves them, without normalisation. What each finds, and in which order:

- prefix: names that begin with the query; by name, then node id.
- substring: names that contain it; names equal to it first, then by name, then node id.
- path: `a > b` (or `a/b`, where there is no `>`): nodes whose own name contains the last part, with the other parts in
  names above, in order, not necessarily neighbours; ordered as substring with the last part. Parts are trimmed, blank
  ones left out.
- fuzzy: names at an optimal string alignment distance of at most 0 (queries of 1 or 2 characters, folded), 1 (up to 5)
  or 2 (longer) from the query; by distance, then name, then node id.

"By name" is the code point order of folded names.
"""

import threading
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from heapq import merge
from itertools import islice
from typing import Literal

import numpy as np

from synth.errors import BadInput
from synth.tree.columns import FeatureTree
from synth.tree.name_index import Fresh, Ids, Mask, Named, NameIndex, Names, Nodes, coded, distances
from synth.tree.table import ROOT

Mode = Literal["prefix", "substring", "path", "fuzzy"]

MAX_QUERY = 1_000
"""Characters of a query."""

_PATIENCE = 1_000
"""After so many candidates, finding all nodes in the right place beats looking above each candidate."""
_FEW = 8
"""Where fewer than one node in so many is in the right place, their names are tested instead of all names."""

_Ranked = tuple[int, str, int]
"""What hits are sorted by: how far the name is from the best, folded name, node."""


@dataclass(frozen=True, slots=True)
class Hits:
    """One page of what a search found."""

    nodes: Nodes
    total: int | None
    """Hits on all pages; None where the search stopped once it had the page, as there may be more."""


@dataclass(frozen=True, slots=True)
class _Sought:
    """What the names of hits are like, in the three forms in which names are tested."""

    text: str
    """Names equal to it come first."""
    portions: Callable[[], Iterator[tuple[Ids, bool]]]
    """Ids of all such names, in the order of hits, and whether no more come."""
    which: Callable[[Ids], Mask]
    among: Callable[[list[Fresh]], list[Fresh]]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where hits may lie: below a node, and below names that contain these parts, in order."""

    below: int
    above: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.below != ROOT or bool(self.above)


class Search:
    """Finds nodes by name. The index is made at the first search; later ones only look at what changed.

    Where much did, another index is made beside, and searches take a little longer until it is there. Not to be asked
    in the middle of an edit, whose texts may be taken back.
    """

    def __init__(self, tree: FeatureTree) -> None:
        self._tree = tree
        self._names: Names | None = None
        self._made: Names | None = None
        """Made beside, and not yet in use."""
        self._making = threading.Lock()

    def find(self, query: str, mode: Mode = "substring", limit: int = 50, offset: int = 0, below: int = ROOT) -> Hits:
        """Hits number `offset` to `offset + limit` of those below the node `below`, in the order of the mode.

        Raises `BadInput` for a blank or overlong query, a negative page, an unknown mode, or a dead `below`.
        """
        self._check(query, limit, offset, below)
        names, folded = self._now(), query.casefold()
        match mode:
            case "prefix":
                return self._find(names, _beginning(names.index, folded), _Place(below), limit, offset)
            case "substring":
                return self._find(names, _holding(names.index, folded), _Place(below), limit, offset)
            case "path":
                *above, last = _path_parts(folded)
                return self._find(names, _holding(names.index, last), _Place(below, tuple(above)), limit, offset)
            case "fuzzy":
                return self._find_alike(names, folded, _Place(below), limit, offset)
        raise BadInput(f"there is no search mode `{mode}`; choose prefix, substring, path or fuzzy.")

    @property
    def nbytes(self) -> int:
        """Memory of the index in bytes."""
        return self._now().index.nbytes

    def ahead(self) -> Callable[[], None]:
        """What makes an index of the tree as it is now. To be called in any thread, while the tree changes or not."""
        return partial(self._make, Named.of(self._tree))

    def _now(self) -> Names:
        """The names of the tree as it is: nothing to do, a comparison of columns, or all indexed."""
        names, self._made = self._made or self._names, None
        if names is None:
            with self._making:  # where that is under way, it is not done twice
                names, self._made = self._made or Names.of(Named.of(self._tree)), None
        if names.revision != self._tree.revision:
            names = names.follow(self._tree)
            if names.behind and not self._making.locked():
                threading.Thread(target=self.ahead(), name="names", daemon=True).start()
        self._names = names
        return names

    def _make(self, named: Named) -> None:
        with self._making:
            self._made = Names.of(named)

    def _check(self, query: str, limit: int, offset: int, below: int) -> None:
        if not query.strip():
            raise BadInput("the search is blank; type a part of a name.")
        if len(query) > MAX_QUERY:
            raise BadInput(f"the search has {len(query):,} characters; {MAX_QUERY:,} is the most, so shorten it.")
        if limit < 0 or offset < 0:
            raise BadInput(f"there is no page of {limit} hits from {offset}; both must be 0 or more.")
        if not self._tree.alive(below):
            raise BadInput(f"the tree has no feature {below} to search below; choose one that exists.")

    def _find(self, names: Names, sought: _Sought, place: _Place, limit: int, offset: int) -> Hits:
        """The page of hits by prefix, substring or path."""
        nodes, complete = self._collect(names, sought, place, offset + limit)
        fresh = [(int(text != sought.text), text, node) for text, node, _ in sought.among(names.fresh)]
        fresh = self._kept(names, fresh, place)
        total = len(nodes) + len(fresh) if complete else None
        exact = names.index.exact(coded(sought.text))
        ranks = (int(text_id != exact) for text_id in names.index.text_id[nodes].tolist()) if fresh else ()
        return Hits(_page(names, nodes, ranks, fresh, limit, offset), total)

    def _find_alike(self, names: Names, query: str, place: _Place, limit: int, offset: int) -> Hits:
        """The page of hits by distance."""
        index, most = names.index, 0 if len(query) <= 2 else 1 if len(query) <= 5 else 2
        ids, away = index.alike(query, most)
        order = np.argsort(away, kind="stable")
        ids, away = ids[order], away[order]
        parts = [names.current(index.nodes[index.first[one] : index.first[one + 1]]) for one in ids.tolist()]
        nodes = np.concatenate([np.zeros(0, np.int32), *parts])
        away = np.repeat(away, [len(part) for part in parts])
        close = [one for one in names.fresh if abs(len(one[0]) - len(query)) <= most]
        far = distances([text for text, *_ in close], query, most).tolist()
        fresh = [(edits, text, node) for edits, (text, node, _) in zip(far, close, strict=True) if edits <= most]
        if place:
            kept = self._placed(names, nodes, place)
            nodes, away = nodes[kept], away[kept]
            fresh = self._kept(names, fresh, place)
        return Hits(_page(names, nodes, away.tolist(), fresh, limit, offset), len(nodes) + len(fresh))

    def _collect(self, names: Names, sought: _Sought, place: _Place, wanted: int) -> tuple[Nodes, bool]:
        """At least the first `wanted` hits of the index, in order, and whether these are all of them."""
        index, parent = names.index, self._tree.column("parent")
        exact = index.exact(coded(sought.text))
        parts: list[Nodes] = [np.zeros(0, np.int32)]
        found = examined = 0
        right: Mask | None = None
        portions, last = sought.portions(), False
        while not last and found < max(wanted, 1):
            if place and right is None and examined > _PATIENCE:
                right = self._right_parents(names, place)
                if int(self._tree.column("width")[right].sum()) * _FEW < self._tree.rows:
                    return self._listed(names, sought, right, exact), True
            ids, last = next(portions, (np.zeros(0, np.int64), True))
            nodes = names.current(index.nodes_of(ids))
            examined += len(nodes)
            if right is not None:
                nodes = nodes[right[parent[nodes]]]
            elif place:
                nodes = nodes[self._placed(names, nodes, place)]
            parts.append(nodes)
            found += len(nodes)
        return np.concatenate(parts), last

    def _listed(self, names: Names, sought: _Sought, right: Mask, exact: int) -> Nodes:
        """All hits of the index, in order, from the few children of the right parents."""
        live = np.flatnonzero(self._tree.column("alive") & right[self._tree.column("parent")])
        nodes = names.current(live[(live != ROOT) & (live < names.index.rows)].astype(np.int32))
        ids, which = np.unique(names.index.text_id[nodes], return_inverse=True)
        hit = sought.which(ids.astype(np.int64))[which]
        nodes, ids = nodes[hit], ids[which[hit]]
        return nodes[np.lexsort((nodes, ids, ids != exact))]

    def _right_parents(self, names: Names, place: _Place) -> Mask:
        """Row -> whether its children are in the right place."""
        inner = np.flatnonzero((self._tree.column("width") > 0) & self._tree.column("alive")).astype(np.int32)
        right = np.zeros(self._tree.rows, np.bool_)
        right[inner] = self._fit(names, inner, place)
        return right

    def _kept(self, names: Names, fresh: list[_Ranked], place: _Place) -> list[_Ranked]:
        """Those in the right place."""
        if not fresh or not place:
            return fresh
        kept = self._placed(names, np.array([node for *_, node in fresh], np.int32), place)
        return [fresh[row] for row in np.flatnonzero(kept).tolist()]

    def _placed(self, names: Names, nodes: Nodes, place: _Place) -> Mask:
        """Which nodes are in the right place."""
        parents = self._tree.column("parent")[nodes]
        way = _way_up(parents, self._tree.column("parent"))
        fit: Mask = self._fit(names, way, place)[np.searchsorted(way, parents)]
        return fit

    def _fit(self, names: Names, way: Nodes, place: _Place) -> Mask:
        """Whose children are in the right place; `way` ascends and holds the parents of its nodes, the root too.

        Each part is met as high up as it can be. What holds of a node holds of all below it: passed on to those 1, 2,
        4, ... levels down, it reaches the deepest in few steps.
        """
        slot = np.empty(self._tree.rows, np.int32)
        slot[way] = np.arange(len(way), dtype=np.int32)
        up = slot[self._tree.column("parent")[way]]
        up[:1] = 0
        jumps = [up]
        while jumps[-1].any():
            jumps.append(jumps[-1][jumps[-1]])

        def passed_on(fit: Mask) -> Mask:
            for jump in jumps:
                fit |= fit[jump]
            return fit

        fit = np.ones(len(way), np.bool_)
        for part in place.above:
            open_to = np.flatnonzero(fit[up])
            fit = np.zeros(len(way), np.bool_)
            fit[open_to] = names.hold(way[open_to], part)
            passed_on(fit)
        return fit if place.below == ROOT else fit & passed_on(way == place.below)


def _page(names: Names, nodes: Nodes, ranks: Iterable[int], fresh: list[_Ranked], limit: int, offset: int) -> Nodes:
    """The page of both lists of hits; `nodes` of the index are in order, with a rank each where `fresh` has any."""
    if not fresh:
        return nodes[offset : offset + limit].copy()
    ids = names.index.text_id[nodes].tolist()
    known = (
        (rank, names.index.text(text_id), node) for rank, text_id, node in zip(ranks, ids, nodes.tolist(), strict=True)
    )
    page = islice(merge(known, sorted(fresh)), offset, offset + limit)
    return np.array([node for *_, node in page], np.int32)


def _way_up(nodes: Nodes, parent: Nodes) -> Nodes:
    """These nodes and all above them, the root too, ascending."""
    seen = np.zeros(len(parent), np.bool_)
    while len(nodes):
        seen[nodes] = True
        nodes = parent[nodes[nodes != ROOT]]
        nodes = nodes[~seen[nodes]]
    return np.flatnonzero(seen).astype(np.int32)


def _beginning(index: NameIndex, start: str) -> _Sought:
    low, high = index.beginning(coded(start))
    portions: list[tuple[Ids, bool]] = [(np.arange(low, high), True)]

    def among(fresh: list[Fresh]) -> list[Fresh]:
        def key(one: Fresh) -> str:
            return one[0][: len(start)]

        return fresh[bisect_left(fresh, start, key=key) : bisect_right(fresh, start, key=key)]

    return _Sought(start, lambda: iter(portions), lambda ids: (ids >= low) & (ids < high), among)


def _holding(index: NameIndex, part: str) -> _Sought:
    code = coded(part)
    exact = index.exact(code)

    def portions() -> Iterator[tuple[Ids, bool]]:
        if exact >= 0:
            yield np.array([exact]), False
        for ids, last in index.containing(code):
            yield ids[ids != exact], last

    return _Sought(
        part, portions, lambda ids: index.contain(ids, code), lambda fresh: [one for one in fresh if part in one[0]]
    )


def _path_parts(query: str) -> list[str]:
    parts = [part.strip() for part in query.split(">" if ">" in query else "/")]
    kept = [part for part in parts if part]
    if not kept:
        raise BadInput(f"the search `{query}` has nothing between its separators; write names, as in `a > b`.")
    return kept
