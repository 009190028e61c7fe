"""The outline's rows: what is open comes from the browser once, then a name for it and the window that is wanted.

What a person has opened makes a view. Views are kept by what they are, so their names mean the same after any change
of the tree: only the rows are counted anew then, when they are next asked for.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import Field

from synth.api.bench import Bench
from synth.api.endpoint import JSON, Body, Endpoint, Many, Refused
from synth.api.extents import Extents
from synth.api.inspect import NodeBody, Standings
from synth.api.outline_rows import row_lines
from synth.api.proposed import Ghost, Proposed
from synth.errors import BadInput
from synth.records import FeaturePath
from synth.tree.columns import FeatureTree
from synth.tree.filters import Filter, Origin, matching
from synth.tree.outline import Opened, Outline
from synth.tree.path_words import Mask, PathWords
from synth.workspace import Workspace

MOST_ROWS = 300
"""Rows of one answer."""
MOST_IDS = 5_000
"""Features that are found, told of or listed by one answer."""
_KEPT = 12
"""Views that are kept with their rows."""
_TYPED_THROUGH = 20_000
"""Rows that are read one by one for a name that is typed; beyond, the search index says where it may be."""

Ids = Many[int]
SomeIds = Field(default=(), max_length=200_000)


class OpenedBody(Body):
    """What is open, as in `synth.tree.outline.Opened`."""

    open: Ids = SomeIds
    flat: Ids = SomeIds
    closed: Ids = SomeIds
    shut: Ids = SomeIds
    level: int = Field(default=0, ge=0, le=10_000)


class ChangeBody(Body):
    """What the person opens or closes now."""

    kind: Literal["expand", "collapse", "expand_all", "collapse_all", "reveal", "to_level"]
    node: int = Field(default=0, ge=0)
    level: int = Field(default=1, ge=0, le=10_000)


class FilterBody(Body):
    """What is to be shown, as in `synth.tree.filters.Filter`; a range may have no beginning or end."""

    words: str = Field(default="", max_length=1_000)
    levels: tuple[int | None, int | None] | None = None
    origin: Origin = ""
    counts: tuple[float | None, float | None] | None = None
    status: str | None = None
    locked: bool = False
    noted: bool = False
    leaves: bool = False
    proposed: bool = False
    cold: bool = False

    @property
    def empty(self) -> bool:
        """Whether everything is shown."""
        return self.of_the_tree().empty and not self.proposed and not self.cold

    def of_the_tree(self) -> Filter:
        """The conditions that the tree itself can answer."""
        low, high = self.levels or (None, None)
        least, most = self.counts or (None, None)
        return Filter(
            words=self.words,
            levels=None if self.levels is None else (low or 1, 1_000_000 if high is None else high),
            origin=self.origin,
            counts=None if self.counts is None else (least or 0.0, float("inf") if most is None else most),
            status=self.status,
            locked=self.locked,
            noted=self.noted,
            leaves=self.leaves,
        )


class OutlineBody(Body):
    """A window of rows. With `view` alone: of what was shown; with `opened`: of what is open from now on."""

    view: str | None = Field(default=None, max_length=64)
    opened: OpenedBody | None = None
    top: int = Field(default=0, ge=0)
    filter: FilterBody = FilterBody()
    change: ChangeBody | None = None
    first: int = Field(default=0, ge=0)
    count: int = Field(default=100, ge=0, le=MOST_ROWS)
    locate: Many[int] = Field(default=(), max_length=MOST_IDS)
    temperature: float = 1.0
    boosts: dict[str, float] = Field(default_factory=dict)
    excluded: Many[FeaturePath] = Field(default=(), max_length=10_000)


class TypedBody(Body):
    """The beginning of a name, looked for from a row on."""

    view: str = Field(max_length=64)
    text: str = Field(min_length=1, max_length=200)
    first: int = Field(default=0, ge=0)


class RangeBody(Body):
    """Rows from one to another, both included."""

    view: str = Field(max_length=64)
    first: int = Field(ge=0)
    last: int = Field(ge=0)


@dataclass(slots=True)
class View:
    """What is shown of the tree, and its rows as they were last counted."""

    name: str
    opened: Opened
    filter: FilterBody
    rows: Outline | None = None
    state: object = None
    """Of the tree, the proposals and, for a filter that asks for it, what was drawn, when the rows were counted."""


class Views:
    """The views of the workspace's tree. To be asked while nobody may change the tree."""

    def __init__(self, workspace: Workspace) -> None:
        self._trees = workspace.trees
        self._uses = workspace.uses
        self._kept: OrderedDict[str, View] = OrderedDict()
        self._words: tuple[FeatureTree, PathWords] | None = None

    def of(self, opened: Opened, asked: FilterBody) -> View:
        """The view of what is open under a filter."""
        parts = (opened.top, opened.level, *map(sorted, (opened.open, opened.flat, opened.closed, opened.shut)))
        name = hashlib.blake2b(repr((parts, asked)).encode(), digest_size=12).hexdigest()
        return self._keep(self._kept.get(name) or View(name, opened, asked))

    def called(self, name: str) -> View:
        """A view that is known. Raises `Refused` where it is not."""
        view = self._kept.get(name)
        if view is None:
            raise Refused(410, "gone", "this view is not kept any more; say again what is open.")
        return self._keep(view)

    def rows(self, view: View, extent: Extents, proposed: Proposed, cold: Callable[[], Mask]) -> Outline:
        """The rows of a view of the tree as it is now."""
        tree = self._trees.tree
        drawn = self._uses.state if view.filter.cold else None
        state = (tree.revision, proposed.state, drawn)
        if view.rows is None or view.state != state:
            shown = view.filter.empty or view.filter.proposed
            ghosts = {node: len(found) for node, found in proposed.below().items()} if shown else {}
            kept = None if view.filter.empty else self._matching(tree, view.filter, proposed, cold)
            view.rows = Outline(tree, view.opened, extent.now(), kept=kept, ghosts=ghosts)
            view.state = state
        return view.rows

    def _matching(self, tree: FeatureTree, asked: FilterBody, proposed: Proposed, cold: Callable[[], Mask]) -> Mask:
        if self._words is None or self._words[0] is not tree:
            self._words = (tree, PathWords(tree))
        about = {*proposed.about(), *proposed.below()} if asked.proposed else None
        drawn = cold() if asked.cold else None
        return matching(tree, asked.of_the_tree(), proposed=about, cold=drawn, words=self._words[1])

    def _keep(self, view: View) -> View:
        self._kept[view.name] = view
        self._kept.move_to_end(view.name)
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return view


def outline(bench: Bench, asked: OutlineBody) -> JSON:
    """A window of rows. Raises `Refused` 410 for a view that is not known, `BadInput` for a filter that is none."""
    views, proposed = bench.part(Views), bench.part(Proposed)
    weighing = NodeBody(node=0, temperature=asked.temperature, boosts=asked.boosts, excluded=asked.excluded)
    uses = bench.workspace.uses
    if asked.filter.cold:
        uses.cold()  # brings the counts up to date, which nobody could while the tree is held
    with bench.workspace.trees.reading() as tree:
        known = _shown(views, tree, asked)
        changed = known.opened if asked.change is None else _changed(known.opened, tree, asked.change, known.filter)
        view = known if changed == known.opened else views.of(changed, known.filter)
        rows = views.rows(view, bench.part(Extents), proposed, uses.cold)
        top = view.opened.living(tree).top
        standing = bench.part(Standings).of(tree, weighing)
        told: dict[str, object] = {
            "rev": bench.workspace.trees.history.last,
            "view": view.name,
            "top": top,
            "way": [(node, tree.name(node)) for node in tree.way(top)],
            "features": len(tree),
            "total": rows.total,
            "first": asked.first,
            "located": {node: _row_of(rows, node) for node in asked.locate},
            **row_lines(tree, rows, rows.rows(asked.first, asked.count), standing, proposed, uses),
        }
        if view is not known or asked.view is None:
            told["opened"] = _said(view.opened)
        return told


def typed(bench: Bench, asked: TypedBody) -> JSON:
    """The next row, from a row on and around the end, whose name begins so; row -1 where there is none."""
    wanted = asked.text.casefold()
    with bench.workspace.trees.reading() as tree:
        rows, below = _rows(bench, asked.view)
        if not rows.total:
            return {"row": -1, "node": 0}
        start = asked.first % rows.total
        for first, size in _windows(start, min(rows.total, _TYPED_THROUGH), rows.total):
            for row, line in enumerate(rows.rows(first, size), start=first):
                name = tree.name(line.node) if line.ghost is None else below[line.node][line.ghost].name
                if name.casefold().startswith(wanted):
                    return {"row": row, "node": line.node if line.ghost is None else 0}
        if rows.total <= _TYPED_THROUGH:
            return {"row": -1, "node": 0}
        try:
            hits, _ = bench.workspace.views.search(asked.text, "prefix", 500)
        except BadInput:
            hits = []
        found = [(at, hit.node) for hit in hits if (at := _row_of(rows, hit.node)) >= 0]
        at, node = min(found, key=lambda one: (one[0] - start) % rows.total, default=(-1, 0))
        return {"row": at, "node": node}


def between(bench: Bench, asked: RangeBody) -> JSON:
    """The features of a stretch of rows, the first `MOST_IDS` of them; what is only proposed is left out."""
    with bench.workspace.trees.reading():
        rows, _ = _rows(bench, asked.view)
        first, last = sorted((asked.first, asked.last))
        lines = rows.rows(first, min(last - first + 1, MOST_IDS))
        return {"nodes": [line.node for line in lines if line.ghost is None], "whole": last - first < MOST_IDS}


def _rows(bench: Bench, name: str) -> tuple[Outline, Mapping[int, list[Ghost]]]:
    """The rows of a known view, and what is proposed below its features."""
    views, proposed = bench.part(Views), bench.part(Proposed)
    rows = views.rows(views.called(name), bench.part(Extents), proposed, bench.workspace.uses.cold)
    return rows, proposed.below()


def _shown(views: Views, tree: FeatureTree, asked: OutlineBody) -> View:
    if asked.opened is None:
        return views.called(asked.view or "")
    said = asked.opened
    opened = Opened(
        top=asked.top, level=said.level, open=frozenset(said.open), flat=frozenset(said.flat),
        closed=frozenset(said.closed), shut=frozenset(said.shut),
    )  # fmt: skip
    return views.of(opened.living(tree), asked.filter)


def _changed(opened: Opened, tree: FeatureTree, change: ChangeBody, shown: FilterBody) -> Opened:
    match change.kind:
        case "expand":
            return opened.expand(tree, change.node)
        case "collapse":
            return opened.collapse(tree, change.node, filtered=not shown.empty)
        case "expand_all":
            return opened.expand_all(tree, change.node)
        case "collapse_all":
            return opened.collapse_all(tree, change.node)
        case "reveal":
            return opened.reveal(tree, change.node)
        case "to_level":
            return opened.to_level(tree, change.level)


def _said(opened: Opened) -> Mapping[str, object]:
    sets = {"open": opened.open, "flat": opened.flat, "closed": opened.closed, "shut": opened.shut}
    return {**{name: sorted(nodes) for name, nodes in sets.items()}, "level": opened.level}


def _row_of(rows: Outline, node: int) -> int:
    row = rows.find(node)
    return -1 if row is None else row


def _windows(start: int, count: int, total: int) -> list[tuple[int, int]]:
    """Stretches of at most 1,000 rows that cover `count` rows from `start` on, around the end."""
    at = np.arange(start, start + count, 1_000)
    sizes = np.minimum(1_000, start + count - at)
    found: list[tuple[int, int]] = []
    for first, size in zip(at.tolist(), sizes.tolist(), strict=True):
        before_end = max(0, min(size, total - first))
        found += [(first, before_end)] if before_end else []
        found += [((first + before_end) % total, size - before_end)] if size > before_end else []
    return found


ENDPOINTS = (
    Endpoint("/api/tree/outline", OutlineBody, outline, quick=True),
    Endpoint("/api/tree/typeahead", TypedBody, typed),
    Endpoint("/api/tree/between", RangeBody, between),
)
