"""Deltas: what a change of the tree did, cell by cell, so that it can be undone, done again and stored.

Every operation ends as one delta, whatever it was. Its inverse is the same delta with before and after swapped: there
is one way to undo, and it restores the tree exactly.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth.errors import EspalierError
from synth.tree.integrity import fault
from synth.tree.layout import CELLS, Value
from synth.tree.table import Table

_BULK = 1_000
"""From so many placed rows on, computing the child ranges anew may be cheaper than mending them one by one."""


class EditConflict(EspalierError):
    """The tree has changed since, so that the edit does not fit it any more; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Cells:
    """Values of one column before and after, for rows in ascending order."""

    nodes: NDArray[np.int32]
    before: NDArray[Any]
    after: NDArray[Any]

    def reversed(self) -> "Cells":
        """The way back."""
        return Cells(self.nodes, self.after, self.before)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Seeds that came to what shows a node (sign 1) or went away (-1)."""

    nodes: NDArray[np.int32]
    seeds: NDArray[np.int32]
    signs: NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Delta:
    """One change of a tree."""

    first: int
    """Rows before it; what it made are the rows from here on."""
    rows: int
    """Rows after it."""
    cells: dict[str, Cells]
    evidence: Evidence
    texts: tuple[int, tuple[str, ...]] = (0, ())
    """Texts that it added, from this number on."""
    seeds: tuple[int, tuple[str, ...]] = (0, ())
    """Seed ids that it added, from this number on."""

    def __bool__(self) -> bool:
        return any(len(cells.nodes) for cells in self.cells.values()) or bool(len(self.evidence.nodes))

    def reversed(self) -> "Delta":
        """The way back. Rows and texts stay: they are never used twice."""
        evidence = Evidence(self.evidence.nodes[::-1], self.evidence.seeds[::-1], -self.evidence.signs[::-1])
        return Delta(
            self.rows,
            self.rows,
            {name: cells.reversed() for name, cells in self.cells.items()},
            evidence,
            self.texts,
            self.seeds,
        )

    def nodes(self) -> NDArray[np.int32]:
        """Every row that it touches, in ascending order."""
        parts = [cells.nodes for cells in self.cells.values()]
        return np.unique(np.concatenate([*parts, self.evidence.nodes])).astype(np.int32)


@dataclass(slots=True)
class _Record:
    """Collects what is overwritten while a change is made."""

    first: int
    cells: dict[str, dict[int, Any]] = field(default_factory=lambda: defaultdict(dict))
    shown: dict[tuple[int, int], int] = field(default_factory=dict)

    def cell(self, column: str, node: int, before: Value) -> None:
        """Remember the first value only; rows that the change made were blank."""
        if node < self.first:
            self.cells[column].setdefault(node, before)

    def evidence(self, node: int, seed: int, added: bool) -> None:
        """Add up: what came and went again leaves nothing."""
        self.shown[node, seed] = self.shown.get((node, seed), 0) + (1 if added else -1)


@dataclass(slots=True)
class Recording:
    """Holds the delta once the recorded block has ended."""

    delta: Delta | None = None

    @property
    def made(self) -> Delta:
        """The delta. Raises RuntimeError inside the block."""
        if self.delta is None:
            raise RuntimeError("the change is not finished yet")
        return self.delta


@contextmanager
def recording(tree: Table, kept: tuple[int, int] | None = None) -> Iterator[Recording]:
    """Record every change of `tree` made in the block; an exception undoes them all and leaves.

    `kept`: how many texts and seeds are stored already (None: all there are). The delta brings those behind them: a
    change that was taken back leaves its texts in the table, and a later one may use them.
    """
    result, record = Recording(), _Record(tree.rows)
    texts, seeds = kept or (len(tree.strings), len(tree.seeds))
    tree.recorder = record
    try:
        yield result
    except BaseException:
        tree.recorder = None
        take_back(tree, _finish(tree, record, texts, seeds))
        raise
    finally:
        tree.recorder = None
    result.delta = _finish(tree, record, texts, seeds)


def apply(tree: Table, delta: Delta, *, trusted: bool = False) -> None:
    """Do what the delta says. Raises `EditConflict`, with nothing changed, where the tree is not as it was before it.

    `trusted` leaves the checks out, for the replay of a history onto the state that it began from.
    """
    _bring_texts(tree, delta)
    if not trusted:
        _check_before(tree, delta)
    _write(tree, delta)
    reason = None if trusted else fault(tree, delta.nodes())
    if reason:
        _write(tree, delta.reversed())
        tree.forget_names()
        raise EditConflict(f"it does not fit any more: {reason}. Undo what changed that first.")


def take_back(tree: Table, delta: Delta) -> None:
    """Undo the latest change as if it had never been: its rows go too, since no log will name them.

    Its texts stay, unused: a reader in another thread may just be on the way from a row to its text.
    """
    _write(tree, delta.reversed())
    tree.resize(delta.first)


def compose(first: Delta, then: Delta) -> Delta:
    """The one delta that does what both do, one after the other."""
    cells = {}
    for name in first.cells.keys() | then.cells.keys():
        cells[name] = _compose_cells(first.cells.get(name), then.cells.get(name))
    return Delta(
        first.first,
        max(first.rows, then.rows),
        {name: cells[name] for name in CELLS if name in cells},
        _compose_evidence(first.evidence, then.evidence),
        then.texts,
        then.seeds,
    )


def check_chain(deltas: Sequence[Delta]) -> None:
    """Raises `EditConflict` where what one of the deltas leaves is not what a later one goes on from.

    Between two of them something else has changed the same cell then, which `compose` would pass over.
    """
    for name, kind in CELLS.items():
        links = [delta.cells[name] for delta in deltas if name in delta.cells]
        if len(links) < 2:
            continue
        nodes = np.unique(np.concatenate([cells.nodes for cells in links]))
        known, left = np.zeros(len(nodes), np.bool_), np.zeros(len(nodes), kind).view(_bits(kind))
        for cells in links:
            at = np.searchsorted(nodes, cells.nodes)
            if (known[at] & (left[at] != cells.before.view(_bits(kind)))).any():
                raise EditConflict(
                    f"another change came in between and wrote {name} of the same features; undo that change first."
                )
            known[at], left[at] = True, cells.after.view(_bits(kind))


def blank(rows: int) -> Delta:
    """The delta that does nothing to a tree of so many rows."""
    none = np.zeros(0, np.int32)
    return Delta(rows, rows, {}, Evidence(none, none, np.zeros(0, np.int8)))


def _finish(tree: Table, record: _Record, texts: int, seeds: int) -> Delta:
    cells = {}
    made = np.arange(record.first, tree.rows, dtype=np.int32)
    for name, kind in CELLS.items():
        column = tree.column(name)
        old = record.cells.get(name, {})
        nodes = np.array(sorted(old), np.int32)
        before = np.array([old[int(node)] for node in nodes], kind)
        changed = before.view(_bits(kind)) != column[nodes].view(_bits(kind))
        new = made[column[made].view(_bits(kind)) != 0]  # a blank row holds zeros
        nodes, before = (
            np.concatenate([nodes[changed], new]),
            np.concatenate([before[changed], np.zeros(len(new), kind)]),
        )
        if len(nodes):
            cells[name] = Cells(nodes, before, column[nodes].copy())
    shown = [(node, seed, sign) for (node, seed), sign in record.shown.items() if sign]
    pairs = np.array(shown, np.int32).reshape(-1, 3)
    return Delta(
        record.first,
        tree.rows,
        cells,
        Evidence(pairs[:, 0], pairs[:, 1], pairs[:, 2].astype(np.int8)),
        (texts, tree.strings.since(texts)),
        (seeds, tree.seeds.since(seeds)),
    )


def _check_before(tree: Table, delta: Delta) -> None:
    if delta.first > tree.rows:
        raise EditConflict("it belongs to a later state of the tree.")
    for name, cells in delta.cells.items():
        held = np.zeros(len(cells.nodes), CELLS[name])
        known = cells.nodes < tree.rows
        held[known] = tree.column(name)[cells.nodes[known]]
        wrong = held.view(_bits(CELLS[name])) != cells.before.view(_bits(CELLS[name]))
        if wrong.any():
            node = int(cells.nodes[int(np.argmax(wrong))])
            text = tree.strings[int(tree.column("name")[node])] if node < tree.rows else "a feature"
            raise EditConflict(f"{name} of `{text}` has changed since, so it is left as it is; undo that change first.")


def _write(tree: Table, delta: Delta) -> None:
    placed = sum(len(delta.cells[name].nodes) for name in ("alive", "parent", "name", "rank") if name in delta.cells)
    if placed > max(_BULK, tree.rows // 20):
        tree.write_many({name: (cells.nodes, cells.after) for name, cells in delta.cells.items()}, delta.rows)
        tree.rebuild()
    else:
        _write_each(tree, delta)
    held = delta.evidence
    for node, seed, sign in zip(held.nodes.tolist(), held.seeds.tolist(), held.signs.tolist(), strict=True):
        (tree.add_evidence if sign > 0 else tree.remove_evidence)(node, seed)


def _write_each(tree: Table, delta: Delta) -> None:
    """First everything that leaves its place, then what arrives: on the way no name is below a parent twice."""
    tree.resize(max(tree.rows, delta.rows))
    values: dict[int, dict[str, Any]] = defaultdict(dict)
    for name, cells in delta.cells.items():
        for node, value in zip(cells.nodes.tolist(), cells.after, strict=True):
            values[node][name] = value
    alive = tree.column("alive")
    leaving = {
        node: values[node].get("alive", 1)
        for node, new in values.items()
        if alive[node] and not new.keys().isdisjoint(("alive", "parent", "name", "rank"))
    }
    for node in leaving:
        tree.change(node, alive=0)
    # parents before children does not matter here: a range belongs to its parent's row, live or not
    for node, new in values.items():
        tree.change(node, **(new | {"alive": leaving[node]} if node in leaving else new))


def _bring_texts(tree: Table, delta: Delta) -> None:
    for table, (first, texts) in ((tree.strings, delta.texts), (tree.seeds, delta.seeds)):
        missing = first + len(texts) - len(table)
        if texts and missing > 0:
            # numbers that a change used which was undone before it was stored stay unused
            table.append([""] * max(0, first - len(table)))
            table.append(texts[len(texts) - (first + len(texts) - len(table)) :])


def _compose_cells(first: Cells | None, then: Cells | None) -> Cells:
    if first is None or then is None:
        found = first or then
        assert found is not None
        return found
    nodes = np.union1d(first.nodes, then.nodes)
    before, after = np.empty(len(nodes), first.before.dtype), np.empty(len(nodes), first.after.dtype)
    for cells in (then, first):
        before[np.searchsorted(nodes, cells.nodes)] = cells.before
    for cells in (first, then):
        after[np.searchsorted(nodes, cells.nodes)] = cells.after
    kind = _bits(before.dtype.str[1:])
    changed = before.view(kind) != after.view(kind)
    return Cells(nodes[changed].astype(np.int32), before[changed], after[changed])


def _compose_evidence(first: Evidence, then: Evidence) -> Evidence:
    total: dict[tuple[int, int], int] = defaultdict(int)
    for part in (first, then):
        for node, seed, sign in zip(part.nodes.tolist(), part.seeds.tolist(), part.signs.tolist(), strict=True):
            total[node, seed] += sign
    pairs = np.array([(*pair, sign) for pair, sign in total.items() if sign], np.int32).reshape(-1, 3)
    return Evidence(pairs[:, 0], pairs[:, 1], pairs[:, 2].astype(np.int8))


def _bits(kind: str) -> str:
    """The integer type of the same size, so that NaN equals NaN."""
    return f"i{kind[1:]}"
