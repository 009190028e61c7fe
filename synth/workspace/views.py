"""What can be asked of the tree without changing it: search, finders, numbers, draws, plans, files."""

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from synth.embed import SentenceEmbedder
from synth.errors import BadInput, NotFound
from synth.flow import shape_of
from synth.records import FeaturePath, Subtree
from synth.settings import SampleConfig
from synth.steps.draw import records_of
from synth.tree.columns import ROOT, FeatureTree
from synth.tree.draw import Drawer
from synth.tree.finders import Finding, Kind, find
from synth.tree.formats import Exported, write
from synth.tree.pairs import cover_pairs
from synth.tree.plan import as_paths, cover_leaves
from synth.tree.search import Mode, Search
from synth.tree.segment import copy_tree
from synth.tree.stats import Stats, stats
from synth.tree.whatif import WhatIf, what_if
from synth.workspace.tree import TreeKeeper

_AT_ONCE = 1_000
"""Draws that are made while nobody may change the tree."""

Told = Callable[[int, int], None]
"""Is told how much is done, and of how much."""


@dataclass(frozen=True, slots=True)
class Found:
    """A feature as lists show it."""

    node: int
    path: FeaturePath
    observed: int
    estimated: float | None
    children: int
    locked: bool
    status: str
    note: str


@dataclass(frozen=True, slots=True)
class Covering:
    """A coverage plan in paths; see `tree.plan.Plan`."""

    subtrees: tuple[tuple[FeaturePath, ...], ...]
    lower_bound: int
    unreachable: tuple[tuple[str, int, FeaturePath], ...]


def written(path: Sequence[str]) -> str:
    """A path on one line, as the command line reads it: names with > between, or a JSON list where that will not do."""
    if not "".join(path).isprintable():
        return json.dumps(list(path))
    odd = any(not name or name != name.strip() or ">" in name or "---" in name for name in path)
    if odd or (path and path[0].startswith(("[", "-"))):
        return json.dumps(list(path), ensure_ascii=False)
    return " > ".join(path) or "the root"


class TreeViews:
    """Questions to the tree. Nobody changes it while one is answered."""

    def __init__(self, keeper: TreeKeeper, cache: Path) -> None:
        self._keeper = keeper
        self._cache = cache
        self._search: tuple[FeatureTree, Search] | None = None
        self._stats: tuple[FeatureTree, int, Stats] | None = None

    def node(self, path: Sequence[str]) -> int:
        """The node at a path. Raises `NotFound` that names features spelt alike."""
        with self._keeper.reading() as tree:
            node = tree.node(path)
            if node is not None:
                return node
            try:
                alike = [written(tree.path(hit)) for hit in self._hits(tree, path[-1], "fuzzy", 3)] if path else []
            except BadInput:
                alike = []
        hint = f" Alike: {', '.join(f'`{one}`' for one in alike)}." if alike else ""
        raise NotFound(f"no feature `{written(path)}` in the tree; check its spelling.{hint}")

    def feature(self, node: int) -> Found:
        """One feature, or the root, as lists show it. Raises `NotFound`."""
        with self._keeper.reading() as tree:
            if not tree.alive(node):
                raise NotFound(f"there is no feature with id {node} any more.")
            return _found(tree, node)

    def children(self, node: int = ROOT, limit: int = 1_000, offset: int = 0) -> list[Found]:
        """One page of the children of a feature, as shown."""
        with self._keeper.reading() as tree:
            return [_found(tree, child) for child in tree.child_ids(node)[offset : offset + limit].tolist()]

    def search(
        self, query: str, mode: Mode = "substring", limit: int = 50, offset: int = 0, below: int = ROOT
    ) -> tuple[list[Found], int | None]:
        """One page of hits and how many there are, None where there may be more. Raises `BadInput`."""
        with self._keeper.reading() as tree:
            hits = self._searcher(tree).find(query, mode, limit, offset, below)
            return [_found(tree, node) for node in hits.nodes.tolist()], hits.total

    def find(
        self,
        kind: Kind,
        *,
        by_meaning: bool = False,
        below: int = ROOT,
        limit: int = 1_000,
        drawn: Collection[FeaturePath] | None = None,
        progress: Told | None = None,
    ) -> list[Finding]:
        """What looks wrong in the tree, worst first, with the edits that would mend it; see `tree.finders.find`.

        It looks through a copy, as it may take minutes: the tree may change meanwhile. `progress` may raise to end it.
        """
        embed = SentenceEmbedder(cache=self._cache).embed if by_meaning or kind == "misplaced" else None
        with self._keeper.reading() as tree:
            copy = copy_tree(tree)
        return find(copy, kind, embed=embed, below=below, limit=limit, drawn=drawn, progress=progress)

    def warm(self) -> None:
        """Make ahead what the first search would wait for; nobody waits meanwhile."""
        with self._keeper.reading() as tree:
            make = self._searcher(tree).ahead() if len(tree) else None
        if make is not None:
            make()

    def stats(self) -> Stats:
        """The tree in numbers."""
        with self._keeper.reading() as tree:
            if self._stats is None or self._stats[:2] != (tree, tree.revision):
                self._stats = (tree, tree.revision, stats(tree))
            return self._stats[2]

    # draws

    def draws(self, sample: SampleConfig, count: int, seed: int) -> Iterator[Subtree]:
        """Subtrees from the whole tree, the language's category included, one by one as asked for.

        Raises `BadInput` where the shape does not fit the tree.
        """
        shape = shape_of(sample)
        with self._keeper.reading() as tree:
            drawer = Drawer(tree, shape)
        for first in range(0, count, _AT_ONCE):
            with self._keeper.reading():
                part = list(records_of(drawer, shape, min(_AT_ONCE, count - first), seed, first))
            yield from part

    def what_if(self, sample: SampleConfig, temperature: float, draws: int) -> WhatIf:
        """What draws would give, computed instead of drawn; the language's category is drawn too."""
        with self._keeper.reading() as tree:
            return what_if(tree, shape_of(sample), temperature, draws)

    def cover_leaves(
        self, sample: SampleConfig, branch: int = ROOT, times: int = 1, progress: Told | None = None
    ) -> Covering:
        """As few subtrees as hold every leaf of a branch so many times; see `tree.plan`."""
        with self._keeper.reading() as tree:
            plan = cover_leaves(tree, shape_of(sample), branch, times, progress)
            return Covering(as_paths(tree, plan), plan.lower_bound, plan.unreachable)

    def cover_pairs(
        self, sample: SampleConfig, features: Sequence[FeaturePath], progress: Told | None = None
    ) -> Covering:
        """Few subtrees that hold every two of some features together; see `tree.pairs`."""
        with self._keeper.reading() as tree:
            plan = cover_pairs(tree, shape_of(sample), features, progress)
            return Covering(as_paths(tree, plan), plan.lower_bound, plan.unreachable)

    # files

    def export(self, form: str, out: Path, *, below: int = ROOT, overwrite: bool = False) -> Exported:
        """Write the tree, or a branch of it, to a file; `espalier` takes the history along. Raises `BadInput`."""
        with self._keeper.reading() as tree:
            fragment = tree.to_fragment(below)
            history = list(self._keeper.written_history()) if form == "espalier" and below == ROOT else []
            done = write(fragment, form, out, overwrite=overwrite, history=history)
            left = (
                (0 if history else self._keeper.history.last, "entries of the history"),
                (0 if history else len(self._keeper.snapshots()), "names of snapshots"),
                (len(self._keeper.proposal_ids()), "proposals"),
            )
            return Exported(done.files, (*done.dropped, *(f"{number:,} {what}" for number, what in left if number)))

    # inside

    def _searcher(self, tree: FeatureTree) -> Search:
        if self._search is None or self._search[0] is not tree:
            self._search = (tree, Search(tree))
        return self._search[1]

    def _hits(self, tree: FeatureTree, query: str, mode: Mode, limit: int) -> list[int]:
        found: list[int] = self._searcher(tree).find(query, mode, limit).nodes.tolist()
        return found


def _found(tree: FeatureTree, node: int) -> Found:
    return Found(
        node=node,
        path=tree.path(node),
        observed=tree.observed(node),
        estimated=tree.estimated(node),
        children=tree.child_count(node),
        locked=tree.locked(node),
        status=tree.status(node),
        note=tree.note(node),
    )
