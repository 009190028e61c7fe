"""What was generated from each feature, kept beside the tree and brought up to date as records arrive.

Records name features by their path at the time of the draw. A path that no feature has any more, because it was
renamed, moved or deleted since, counts for nothing; one that comes back, for example by undo, counts again.
"""

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from synth.errors import EspalierError, NotFound
from synth.records import FeaturePath
from synth.steps.draw import LANGUAGE
from synth.store import Database, DatabaseError, uses
from synth.store.uses import COLUMNS, NO_PATH, Ints, MadeTask
from synth.tree.bulk import breadth_first
from synth.tree.columns import MAX_COUNT, ROOT, FeatureTree
from synth.workspace.tree import TreeKeeper

Rows = NDArray[np.int32]

_AT_ONCE = 10_000
"""Subtrees that are added up by one query."""
_CANDIDATES = 100_000
"""Features whose names are compared while nobody may change the tree."""
_FEW = 5_000
"""Features up to which names are looked up one by one."""
_REST = 4.0
"""Times the length of a recount that passes before the next one."""
_NO_SOONER = 0.1
"""Seconds between two looks whether anything is new."""
_AFTER_FAILURE = 5.0
"""Seconds until a recount that failed is tried again."""
_TRIES = 3
"""Passes over a tree that changes meanwhile; after that the next recount goes on."""
_NOWHERE = -1

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FeatureUse:
    """What was generated from a feature: from every subtree that drew it."""

    node: int
    drawn: int
    """Subtrees that hold it."""
    ended: int
    """Subtrees that it is an end of: they hold nothing below it."""
    tasks: int
    passed: int
    """Tasks whose last attempt is proven."""
    kept: int
    """Those of them that overlap no benchmark: what an export keeps."""
    tokens_in: int | None
    """Spent on these tasks and all their attempts; None where no record says how many."""
    tokens_out: int | None

    @property
    def pass_rate(self) -> float | None:
        """Share of the tasks that passed, 0 to 1; None where there is no task."""
        return self.passed / self.tasks if self.tasks else None


@dataclass(frozen=True)
class _Counted:
    """What the records add up to. The arrays are never written again."""

    marks: tuple[int, ...] = ()
    subtrees: Ints = field(default_factory=lambda: np.zeros((0, len(COLUMNS)), np.int64))
    """What was added for each subtree, by row; columns: `COLUMNS`."""
    task_rows: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    task_subtrees: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    """Row of each task's subtree."""
    totals: Ints = field(default_factory=lambda: np.zeros((0, len(COLUMNS) + 1), np.int64))
    """By number of path; columns: `COLUMNS`, and last the draws that it ended."""


@dataclass(frozen=True)
class _Placed:
    """Where the paths are in the tree."""

    tree: FeatureTree | None = None
    revision: int = -1
    nodes: Rows = field(default_factory=lambda: np.zeros(0, np.int32))
    """By number of path; `_NOWHERE` where no feature has it."""
    texts: Rows = field(default_factory=lambda: np.zeros(0, np.int32))
    """Number of the name that the feature had when it was found."""


@dataclass(frozen=True)
class _State:
    """What readers see: replaced as a whole."""

    counted: _Counted = field(default_factory=_Counted)
    placed: _Placed = field(default_factory=_Placed)
    path_of: Rows = field(default_factory=lambda: np.zeros(0, np.int32))
    """By row of the tree: one more than the number of its path; 0 where nothing drew it."""
    columns: dict[str, NDArray[np.int32]] = field(default_factory=dict)
    """Columns by row of the tree, made when first asked for."""

    def column(self, name: str) -> NDArray[np.int32]:
        """One column of the totals by row of the tree."""
        found = self.columns.get(name)
        if found is None:
            totals = np.append(0, self.counted.totals[:, COLUMNS.index(name)]).astype(np.int32)
            found = totals[self.path_of]
            found.flags.writeable = False
            self.columns[name] = found
        return found


class Uses:
    """What was generated from each feature, by node.

    Reading never waits for a recount: a reader has the numbers of the last one, and begins the next. Arrays are by row
    of the tree, at least as long as it was when they were asked for, and not to be written.
    """

    def __init__(self, db: Database, keeper: TreeKeeper) -> None:
        self._db = db
        self._keeper = keeper
        self._paths = uses.Paths()
        self._state = _State()
        self._counting = threading.Lock()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._next_look, self._closed = 0.0, False

    def begin(self) -> None:
        """Count what is new in the background, so that the first reader finds it done."""
        with self._starting:
            if self._closed or time.monotonic() < self._next_look:
                return
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._count_in_background, name="uses", daemon=True)
                self._thread.start()

    def catch_up(self) -> None:
        """Count all that is stored by now, and wait for it. Raises what reading the database raises."""
        with self._counting:
            self._update()

    def close(self) -> None:
        """Count no more; waits for the query that is under way."""
        with self._starting:
            self._closed = True
        if self._thread is not None:
            self._thread.join()

    @property
    def ready(self) -> bool:
        """False until the records were counted for the first time: until then all numbers are 0."""
        return self._state.placed.tree is not None

    @property
    def state(self) -> object:
        """Another object whenever the numbers may be others."""
        return self._state

    def of(self, node: int) -> FeatureUse:
        """What was generated from a feature; all 0 for one that nothing drew."""
        state = self._latest()
        path = int(state.path_of[node]) if 0 <= node < len(state.path_of) else 0
        row = state.counted.totals[path - 1].tolist() if path else [0] * (len(COLUMNS) + 1)
        drawn, tasks, passed, kept, tokens_in, tokens_out, known_in, known_out, ended = row
        spent = (tokens_in if known_in else None, tokens_out if known_out else None)
        return FeatureUse(node, drawn, ended, tasks, passed, kept, *spent)

    def tasks_of(self, path: FeaturePath, limit: int = 20, offset: int = 0) -> tuple[list[MadeTask], int]:
        """One page of the tasks made from subtrees that drew a path, those stored last first, and how many there are.

        The path is one of the time of the draw: it need not be in the tree any more.
        """
        counted = self._latest().counted
        drew = uses.subtrees_with(self._db, path)
        rows = counted.task_rows[np.isin(counted.task_subtrees, drew)][::-1]
        return uses.tasks_in_rows(self._db, rows[offset : offset + limit].tolist()), len(rows)

    def counts(self, of: Literal["drawn", "tasks", "passed", "kept"]) -> NDArray[np.int32]:
        """One number of each feature; what they mean is said at `FeatureUse`."""
        return self._sized(self._latest(), of)

    def drawn_among(self, nodes: Rows) -> NDArray[np.int64] | None:
        """How many subtrees hold each of a few features; None where nothing was drawn, or none is counted yet."""
        state = self._latest()
        if not len(state.counted.totals) or state.placed.tree is not self._keeper.tree:
            return None
        known = nodes < len(state.path_of)
        paths = np.zeros(len(nodes), np.int32)
        paths[known] = state.path_of[nodes[known]]
        return np.where(paths > 0, state.counted.totals[paths - 1, COLUMNS.index("drawn")], 0)

    def pass_rates(self) -> NDArray[np.float64]:
        """Share of the tasks that passed, 0 to 1; NaN where there is no task."""
        state = self._latest()
        tasks, passed = state.column("tasks"), state.column("passed")
        rates = np.full(max(len(tasks), self._keeper.tree.rows), np.nan)
        np.divide(passed, tasks, out=rates[: len(tasks)], where=tasks > 0)
        return rates

    def cold(self) -> NDArray[np.bool_]:
        """The leaves that no subtree drew; the language's category is left out, as tasks never draw from it."""
        state = self._latest()
        with self._keeper.reading() as tree:
            return _leaves(tree) & ~self._sized(state, "drawn")[: tree.rows].astype(np.bool_)

    def coldest(self, n: int, below: int = ROOT) -> Rows:
        """The `n` leaves at or below a feature that were drawn least, of equal ones those that draws weigh most.

        The language's category is left out, as in `cold`. Raises `NotFound` where `below` is not in the tree.
        """
        state = self._latest()
        with self._keeper.reading() as tree:
            if not tree.alive(below):
                raise NotFound(f"there is no feature with id {below} any more.")
            leaves = _leaves(tree)
            if below != ROOT:
                leaves &= _branch(tree, below)
            nodes = np.flatnonzero(leaves).astype(np.int32)
            drawn = self._sized(state, "drawn")[nodes]
            weights = tree.layout().counts_of(nodes)
        return _least(nodes, drawn, weights, n)

    # inside

    def _latest(self) -> _State:
        """The newest state that is there; what came since is counted meanwhile."""
        self.begin()
        return self._state

    def _sized(self, state: _State, name: str) -> NDArray[np.int32]:
        """A column that covers the rows which came since, too."""
        column = state.column(name)
        missing = self._keeper.tree.rows - len(column)
        return np.append(column, np.zeros(missing, np.int32)) if missing > 0 else column

    def _count_in_background(self) -> None:
        began = time.monotonic()
        try:
            self.catch_up()
            rest = max(_NO_SOONER, _REST * (time.monotonic() - began))
        except (EspalierError, DatabaseError, ValueError):
            rest = _AFTER_FAILURE
            if not self._closed:
                _log.exception("counting what was generated failed; trying again")
        self._next_look = time.monotonic() + rest

    def _update(self) -> None:
        """Bring the state up to date; one thread at a time."""
        state = self._state
        counted = self._count(state.counted)
        placed, tree = state.placed, self._keeper.tree
        if counted is state.counted and tree is placed.tree and tree.revision == placed.revision:
            return
        placed = self._place(placed)
        path_of = np.zeros(placed.tree.rows if placed.tree else 0, np.int32)
        found = np.flatnonzero(placed.nodes != _NOWHERE)
        path_of[placed.nodes[found]] = found + 1
        self._state = _State(counted, placed, path_of)

    def _count(self, known: _Counted) -> _Counted:
        """What the records add up to; only what changed since `known` is added up."""
        marks = uses.marks(self._db)
        if marks == known.marks and len(known.totals) == len(self._paths):
            return known
        fresh = uses.subtree_rows(self._db, len(known.subtrees) - 1)
        tasks = uses.task_states(self._db)
        size = int(fresh[-1]) + 1 if len(fresh) else len(known.subtrees)
        subtrees = np.zeros((size, len(COLUMNS)), np.int64)
        subtrees[: len(known.subtrees), 0] = known.subtrees[:, 0]
        subtrees[fresh, 0] = 1
        mine = tasks.subtree < size  # those of later subtrees come with the next count
        values = (tasks.passed, tasks.kept, tasks.tokens_in, tasks.tokens_out, tasks.known_in, tasks.known_out)
        for column, value in enumerate((np.ones(len(mine), np.int64), *values), start=1):
            np.add.at(subtrees[:, column], tasks.subtree[mine], value[mine])
        changes = subtrees.copy()
        changes[: len(known.subtrees)] -= known.subtrees
        totals = self._add_up(known.totals, changes)
        return _Counted(marks, subtrees, tasks.row[mine], tasks.subtree[mine], totals)

    def _add_up(self, totals: Ints, changes: Ints) -> Ints:
        """The totals after changes of subtrees."""
        totals = totals.copy()
        changed = np.flatnonzero(changes.any(axis=1))
        for first in range(0, len(changed), _AT_ONCE):
            part = changed[first : first + _AT_ONCE]
            found = uses.path_counts(self._db, part, changes[part])
            numbers = self._paths.take(found.keys)
            totals = _longer(totals, len(self._paths))
            totals[numbers] += found.counts
        return _longer(totals, len(self._paths))

    def _place(self, placed: _Placed) -> _Placed:
        """Find the paths in the tree as it is now; where it changes meanwhile, what changed is looked up again."""
        for _ in range(_TRIES):
            tree = self._keeper.tree
            revision = tree.revision
            known = placed if placed.tree is tree else _Placed()
            missing = len(self._paths) - len(known.nodes)
            nodes = np.append(known.nodes, np.full(missing, _NOWHERE, np.int32))
            texts = np.append(known.texts, np.zeros(missing, np.int32))
            for numbers, above in self._paths.levels():
                parents = np.where(above == NO_PATH, ROOT, nodes[above])
                with self._keeper.reading():
                    lost = ~_still(tree, nodes[numbers], texts[numbers], parents)
                nodes[numbers[lost]] = _NOWHERE
                self._search(tree, numbers[lost], parents[lost], nodes, texts)
            placed = _Placed(tree, revision, nodes, texts)
            if tree is self._keeper.tree and tree.revision == revision:
                break
        return placed

    def _search(self, tree: FeatureTree, numbers: Rows, parents: Rows, nodes: Rows, texts: Rows) -> None:
        """Find paths below the nodes of the paths above them, few enough at a time that editors need not wait."""
        order = np.argsort(parents, kind="stable")
        order = order[parents[order] != _NOWHERE]
        if not len(order):
            return
        first_of = np.flatnonzero(np.diff(parents[order], prepend=_NOWHERE))
        with self._keeper.reading():
            widths = tree.layout().child_len[parents[order][first_of]]
        reached = np.cumsum(widths, dtype=np.int64) // _CANDIDATES
        for part in np.split(order, first_of[np.flatnonzero(np.diff(reached)) + 1]):
            with self._keeper.reading():
                found = _children_called(tree, parents[part], [self._paths.names[n] for n in numbers[part].tolist()])
                nodes[numbers[part]] = found
                texts[numbers[part]] = tree.column("name")[found]


def _still(tree: FeatureTree, nodes: Rows, texts: Rows, parents: Rows) -> NDArray[np.bool_]:
    """Whether each node is where and what it was when it was found."""
    still: NDArray[np.bool_] = (nodes != _NOWHERE) & (parents != _NOWHERE) & (tree.column("alive")[nodes] == 1)
    still &= (tree.column("parent")[nodes] == parents) & (tree.column("name")[nodes] == texts)
    return still


def _children_called(tree: FeatureTree, parents: Rows, names: Sequence[str]) -> Rows:
    """The child of each parent that has the name beside it; `_NOWHERE` where there is none."""
    tops, which = np.unique(parents, return_inverse=True)
    layout = tree.layout()
    widths = layout.child_len[tops].astype(np.int64)
    if widths.sum() <= _FEW:
        found = [tree.child(parent, name) for parent, name in zip(parents.tolist(), names, strict=True)]
        return np.array([_NOWHERE if node is None else node for node in found], np.int32)
    places = np.repeat(layout.child_start[tops] - np.cumsum(widths) + widths, widths) + np.arange(widths.sum())
    children = layout.child_list[places]
    wanted = pa.array(names, pa.large_string())
    different = wanted.unique()
    called = tree.strings.array().take(pa.array(layout.name[children]))
    codes = pc.index_in(called, value_set=different).fill_null(_NOWHERE).to_numpy()
    have = (np.repeat(np.arange(len(tops)), widths) * len(different) + codes)[codes != _NOWHERE]
    children = children[codes != _NOWHERE]
    want = which * len(different) + pc.index_in(wanted, value_set=different).to_numpy()
    order = np.argsort(have)
    have, children = np.append(have[order], -1), np.append(children[order], _NOWHERE)
    at = np.searchsorted(have[:-1], want)
    return np.where(have[at] == want, children[at], _NOWHERE).astype(np.int32)


def _leaves(tree: FeatureTree) -> NDArray[np.bool_]:
    """The leaves that tasks may draw, by row."""
    layout = tree.layout()
    leaves: NDArray[np.bool_] = layout.alive & (layout.child_len == 0)
    leaves[ROOT] = False
    language = tree.node(LANGUAGE)
    if language is not None:
        leaves &= ~_branch(tree, language)
    return leaves


def _branch(tree: FeatureTree, top: int) -> NDArray[np.bool_]:
    """A node and all below it, by row."""
    inside = np.zeros(tree.rows, np.bool_)
    inside[top] = True
    for nodes in breadth_first(tree, top):
        inside[nodes] = True
    return inside


def _least(nodes: Rows, drawn: NDArray[np.int32], weights: NDArray[np.float64], n: int) -> Rows:
    """The `n` nodes drawn least, of equal ones the heaviest first, then the oldest."""
    if 0 < n < len(nodes):
        # a key that never sorts two nodes the wrong way round leaves few to be sorted truly
        keys = drawn - weights / (MAX_COUNT + 1.0)
        near = keys <= np.partition(keys, n - 1)[n - 1]
        nodes, drawn, weights = nodes[near], drawn[near], weights[near]
    return nodes[np.lexsort((nodes, -weights, drawn))][: max(n, 0)]


def _longer(totals: Ints, size: int) -> Ints:
    return np.pad(totals, ((0, size - len(totals)), (0, 0)))
