"""A fragment: a tree on its way in or out, as columns. Importers make one, the tree merges it; exporters read one.

Text is in lists, numbers in arrays; row i is a node, and parents come before their children.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from synth.records import FeaturePath

NO_PARENT = -1
"""The `parent` of a category."""


@dataclass(slots=True)
class Fragment:
    """Nodes with what a format can say about them. Rows of one parent stand in the order in which they are shown."""

    parent: NDArray[np.int32]
    """Row of the node above, `NO_PARENT` at the top; always smaller than the row itself."""
    name: list[str]
    observed: NDArray[np.int64]
    estimated: NDArray[np.float64]
    """NaN where growth gave no count."""
    ordered: bool = True
    """Whether the order of siblings means something; if not, they are shown by name."""
    locked: NDArray[np.bool_] | None = None
    status: NDArray[np.uint8] | None = None
    """Indices into `columns.STATUSES`."""
    note: dict[int, str] = field(default_factory=dict)
    source: list[str] | None = None
    """What the file said about the counts, word for word, so that an export can give it back; "" = nothing."""
    evidence: dict[int, tuple[str, ...]] = field(default_factory=dict)
    """Seed ids by row."""

    def __len__(self) -> int:
        return len(self.name)

    def path(self, row: int) -> FeaturePath:
        """Names from the category down to `row`."""
        names = []
        while row != NO_PARENT:
            names.append(self.name[row])
            row = int(self.parent[row])
        return tuple(reversed(names))

    def paths(self) -> Iterator[FeaturePath]:
        """The path of every row, in order, each built on its parent's."""
        known: list[FeaturePath] = []
        for row, above in enumerate(self.parent.tolist()):
            known.append((*known[above], self.name[row]) if above != NO_PARENT else (self.name[row],))
            yield known[row]


class FragmentBuilder:
    """Collects nodes one by one; a name that comes again below the same parent is the node that it named before."""

    def __init__(self) -> None:
        self._parent: list[int] = []
        self._name: list[str] = []
        self._observed: list[int] = []
        self._estimated: list[float] = []
        self._rows: dict[tuple[int, str], int] = {}
        self.note: dict[int, str] = {}

    def __len__(self) -> int:
        return len(self._name)

    def add(self, parent: int, name: str) -> int:
        """The row of `name` below row `parent`, made where it is new."""
        row = self._rows.setdefault((parent, name), len(self._name))
        if row == len(self._name):
            self._parent.append(parent)
            self._name.append(name)
            self._observed.append(0)
            self._estimated.append(float("nan"))
        return row

    def add_path(self, path: Sequence[str]) -> int:
        """The row at `path`, with every row above it."""
        row = NO_PARENT
        for name in path:
            row = self.add(row, name)
        return row

    def count(self, row: int, observed: int | None = None, estimated: float | None = None) -> None:
        """Set the counts of a row."""
        if observed is not None:
            self._observed[row] = observed
        if estimated is not None:
            self._estimated[row] = estimated

    def finish(self, *, ordered: bool = True) -> Fragment:
        """The fragment of everything added."""
        return Fragment(
            parent=np.array(self._parent, np.int32),
            name=self._name,
            observed=np.array(self._observed, np.int64),
            estimated=np.array(self._estimated, np.float64),
            ordered=ordered,
            note=self.note,
        )
