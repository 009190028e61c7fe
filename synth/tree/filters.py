"""Which features of a tree a person wants to see: words in the path, level, origin, count, status and marks."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from synth.errors import BadInput
from synth.tree.bulk import children_of
from synth.tree.columns import ROOT, STATUSES, FeatureTree
from synth.tree.layout import weighed
from synth.tree.path_words import Mask, PathWords

Origin = Literal["", "observed", "estimated", "both"]
"""Counts that a feature has: in seeds alone, by growth alone, both. "": any, and none."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Conditions that all must hold; each one's default lets everything pass."""

    words: str = ""
    """Each, between blanks, stands somewhere in the path, letters of any case."""
    levels: tuple[int, int] | None = None
    """From and to; categories are on level 1."""
    origin: Origin = ""
    counts: tuple[float, float] | None = None
    """What draws weigh by, from and to; infinity for no end."""
    status: str | None = None
    """One of `STATUSES`; "" for features of which nobody said anything."""
    locked: bool = False
    noted: bool = False
    leaves: bool = False

    @property
    def empty(self) -> bool:
        """Whether every feature passes."""
        return not self.words.split() and replace(self, words="") == Filter()


def matching(
    tree: FeatureTree,
    asked: Filter,
    *,
    proposed: Collection[int] | None = None,
    cold: Mask | None = None,
    words: PathWords | None = None,
) -> Mask:
    """By row, whether a feature passes; False for the root and for what is gone.

    `proposed`: only these ids. `cold`: only rows where it is True; rows beyond its end are not. `words` of the same
    tree spares reading all names anew. Raises `BadInput` for a range from more to less and for an unknown status or
    origin.
    """
    _check(asked)
    layout = tree.layout()
    found = (words or PathWords(tree)).holding(asked.words.split())
    if asked.levels is not None:
        found &= _on_levels(tree, *asked.levels)
    if asked.origin:
        observed, estimated = layout.observed > 0, ~np.isnan(layout.estimated)
        found &= observed == (asked.origin != "estimated")
        found &= estimated == (asked.origin != "observed")
    if asked.counts is not None:
        low, high = asked.counts
        counts = weighed(layout.observed, layout.estimated)
        found &= (counts >= low) & (counts <= high)
    if asked.status is not None:
        found &= tree.column("status") == STATUSES.index(asked.status)
    if asked.locked:
        found &= tree.column("locked") > 0
    if asked.noted:
        found &= tree.column("note") > 0
    if asked.leaves:
        found &= layout.child_len == 0
    if proposed is not None:
        found &= _among(tree.rows, proposed)
    if cold is not None:
        found[: len(cold)] &= cold[: len(found)]
        found[len(cold) :] = False
    return found


def _check(asked: Filter) -> None:
    if asked.origin not in get_args(Origin):
        raise BadInput(f"there is no origin `{asked.origin}`; choose observed, estimated, both or nothing.")
    if asked.status is not None and asked.status not in STATUSES:
        raise BadInput(f"there is no status `{asked.status}`; choose {', '.join(filter(None, STATUSES))}.")
    for what, ends in (("levels", asked.levels), ("counts", asked.counts)):
        if ends is not None and not ends[0] <= ends[1]:
            raise BadInput(f"the {what} go from {ends[0]} to {ends[1]}; give two numbers, the smaller one first.")


def _on_levels(tree: FeatureTree, low: int, high: int) -> Mask:
    """By row, whether its path has from `low` to `high` names; deeper levels are not looked at."""
    layout = tree.layout()
    found = np.zeros(layout.rows, np.bool_)
    level, depth = np.array([ROOT], np.int32), 0
    while len(level) and depth < high:
        level = children_of(layout.child_start[level], layout.child_len[level], layout.child_list)
        depth += 1
        if depth >= low:
            found[level] = True
    return found


def _among(rows: int, nodes: Collection[int]) -> Mask:
    found = np.zeros(rows, np.bool_)
    found[[node for node in nodes if 0 <= node < rows]] = True
    return found
