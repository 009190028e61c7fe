"""Grow: one step of feature evolution (EpiCoder 2.2, Algorithm 2).

Draw a subtree of the tree as it is now, ask the engine to expand it in depth and breadth, merge what is new. The count
of a new node is the mean count of its siblings: children of the same parent that were in the tree before the step.
Where features were chosen to be grown, each step draws below one of them, and only what is new below them is taken.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from math import fsum
from typing import Literal

from synth.ask import Asker, Unanswered, Unparseable
from synth.errors import BadInput
from synth.ids import seed_number
from synth.records import CATEGORIES, Dropped, FeaturePath, Grown, Growth, Made, Refused, Shape
from synth.settings import DATA
from synth.tree.columns import FeatureTree
from synth.tree.draw import draw
from synth.tree.names import MAX_NAME, clean, near_duplicate, near_key, normalise
from synth.tree.nested import read_nested, to_nested

MAX_DEPTH = 8
"""Names in a path; the deepest public tree has 7 levels."""

_LANGUAGE: FeaturePath = ("programming language",)
"""Not grown: tasks are told their language apart and never draw one."""


Basis = Literal["expanded", "tree", "none"]


@dataclass(frozen=True, slots=True)
class Chosen:
    """Features that a person wants grown, and the run's seed number: another one gets other proposals for them."""

    at: tuple[FeaturePath, ...]
    seed: int

    def top(self, step: int) -> FeaturePath:
        """The feature that a step grows: each in turn."""
        return self.at[step % len(self.at)]

    def number(self, step: int) -> int:
        """Draw number of a step's question: steps draw one small branch often, so seeds must tell questions apart."""
        return seed_number("growth at", self.seed, step) % 2**31


@dataclass(frozen=True, slots=True)
class Proposal:
    """An expanded subtree as the engine wrote it: what is new in it, and fit to be merged, is not decided yet."""

    id: str
    step: int
    drawn: tuple[FeaturePath, ...]
    features: tuple[FeaturePath, ...]
    made: Made
    at: tuple[FeaturePath, ...] = ()
    """What is new is taken below these only; () = anywhere."""


def check_chosen(tree: FeatureTree, at: Sequence[FeaturePath]) -> None:
    """Raise `BadInput` that names a feature chosen to be grown which cannot be."""
    for path in at:
        shown = " > ".join(path)
        if path[:1] == _LANGUAGE:
            raise BadInput(f"`grow.at` names `{shown}`, but `{_LANGUAGE[0]}` is not grown; take it out.")
        if tree.node(path) is None:
            raise BadInput(f"`grow.at` names `{shown}`, which is not in the tree; check its spelling or take it out.")


def draw_for_growth(
    tree: FeatureTree,
    widths: Sequence[int],
    temperature: float,
    seed: int,
    step: int,
    top: FeaturePath = (),
) -> tuple[FeaturePath, ...]:
    """The subtree that step `step` expands, weighed by counts. Raises `BadInput` where there is nothing to draw.

    With `top`: the path down to it, and Algorithm 1 with the widths below it; a leaf is alone at the end of its path.
    """
    shape = Shape(
        widths=(*(1 for _ in top), *widths),
        temperatures=(temperature,),
        mandatory=0,
        excluded=(_LANGUAGE,),
        fixed=(top,) if top else (),
    )
    return draw(tree, shape, seed_number("growth", seed), step)


def growth_id(
    asker: Asker, drawn: Sequence[FeaturePath], step: int, temperature: float, chosen: Chosen | None = None
) -> str:
    """The id of what comes of asking to expand `drawn` in step `step`."""
    place = () if chosen is None else (chosen.at, chosen.seed)
    return asker.record_id(Growth.kind, "grow_features", tuple(drawn), step, *place, temperature=temperature)


async def propose_growth(
    asker: Asker, drawn: Sequence[FeaturePath], step: int, temperature: float, chosen: Chosen | None = None
) -> Proposal | Dropped:
    """Ask the engine to expand the drawn subtree in depth and breadth (EpiCoder A.3)."""
    wanted = growth_id(asker, drawn, step, temperature, chosen)
    inputs = {"subtree": to_nested(drawn), "explanations": _explain(drawn, chosen.top(step) if chosen else ())}
    parse = partial(_parse, frozenset(drawn))
    number = chosen.number(step) if chosen else step
    answer = await asker.ask("grow_features", inputs, parse, temperature=temperature, draw=number)
    if isinstance(answer, Unanswered):
        return answer.dropped("grow", f"growth-step-{step}", wanted)
    return Proposal(wanted, step, tuple(drawn), answer.value, answer.made, chosen.at if chosen else ())


def merge_growth(tree: FeatureTree, proposal: Proposal) -> Growth:
    """Merge what the proposal adds into `tree` and return the record of it; see `estimate_growth`."""
    growth = estimate_growth(tree, proposal)
    tree.add_growth(growth)
    return growth


def estimate_growth(tree: FeatureTree, proposal: Proposal) -> Growth:
    """What the proposal adds to `tree`, with estimated counts, and what it refuses; the tree stays as it is.

    The siblings of a new node (Algorithm 2, lines 7 to 16) are children of its own parent that had a count before the
    step: those in the expanded subtree (basis "expanded"), else those in the tree ("tree"), else none, and the count
    is 1. What was drawn belongs to the expanded subtree even where the reply left it out. Nodes that are new in the
    same step have no count yet, so they never enter a mean and the order of names in a reply changes no estimate. A
    name that the tree already holds is not new and stays as it is.

    Names are normalised first. Refused, with the reason, are: a category that is none of ours, a name that says
    "none", an overlong one, a path below `MAX_DEPTH`, all that lies below a refused name, what is not below the
    features chosen to be grown, and a near-duplicate of a sibling; what was proposed below a near-duplicate goes to
    that sibling.
    """
    sorting = _Sorting(tree, proposal.at)
    for path in (*proposal.drawn, *proposal.features):
        sorting.place(path)
    return Growth(
        id=proposal.id,
        step=proposal.step,
        drawn=proposal.drawn,
        added=tuple(_estimate(tree, sorting)),
        refused=tuple(sorting.refused),
        made=proposal.made,
    )


@dataclass(slots=True)
class _Sorting:
    """Sorts an expanded subtree, parents first, into new, known and refused; the tree itself is only read."""

    tree: FeatureTree
    at: tuple[FeaturePath, ...] = ()
    added: dict[FeaturePath, None] = field(default_factory=dict)
    known: dict[FeaturePath, dict[int, None]] = field(default_factory=dict)
    """Nodes that the tree holds, by their parent's path."""
    refused: list[Refused] = field(default_factory=list)
    _meant: dict[FeaturePath, FeaturePath | None] = field(default_factory=lambda: {(): ()})
    """Where a path as it was written goes; None where it was refused."""
    _fresh: dict[tuple[FeaturePath, str], str] = field(default_factory=dict)
    """New names by their parent's path and by what makes names near-duplicates."""

    def place(self, written: FeaturePath) -> None:
        """Decide about one node; the one above it was placed before."""
        if written not in self._meant:
            self._meant[written] = self._decide(written)

    def _decide(self, written: FeaturePath) -> FeaturePath | None:
        parent = self._meant[written[:-1]]
        if parent is not None and self._is_known((*parent, written[-1])):
            return (*parent, written[-1])
        name = normalise(written[-1]) or ""
        if parent == ():
            # a category in another spelling is that category: there is no second one that it could be
            name = near_duplicate(name, CATEGORIES) or name
        reason = self._objection(written, parent, name)
        if parent is None or reason:
            self._refuse((*(written[:-1] if parent is None else parent), name or written[-1]), reason)
            return None
        return self._place_child(parent, name, written[-1])

    def _objection(self, written: FeaturePath, parent: FeaturePath | None, name: str) -> str:
        """Why the name cannot be taken below `parent`; empty where it can."""
        if parent is None:
            return f"`{_shown(written[-2])}` above it was refused"
        if not name:
            return "the name says nothing"
        if len(name) > MAX_NAME:
            return f"longer than {MAX_NAME} characters"
        if len(parent) >= MAX_DEPTH:
            return f"deeper than {MAX_DEPTH} levels"
        if not parent and name not in CATEGORIES and self.tree.node((name,)) is None:
            return f"not one of the {len(CATEGORIES)} categories"
        return ""

    def _place_child(self, parent: FeaturePath, name: str, written: str) -> FeaturePath | None:
        path = (*parent, name)
        if self._is_known(path) or path in self.added:
            return path
        node = self.tree.node(parent)
        sibling = None if node is None else self.tree.near_child(node, written)
        if sibling is None and not self._is_wanted(path):
            self._refuse(path, "not below what was chosen to be grown")
            return None
        if sibling is None:
            sibling = self._fresh.setdefault((parent, near_key(written)), name)
        if sibling == name:
            self.added[path] = None
            return path
        self._refuse(path, f"says the same as its sibling `{sibling}`")
        self._is_known((*parent, sibling))
        return (*parent, sibling)

    def _is_wanted(self, path: FeaturePath) -> bool:
        return not self.at or any(path[: len(top)] == top for top in self.at)

    def _is_known(self, path: FeaturePath) -> bool:
        """Whether the tree holds `path`; if so, it is noted as part of the expanded subtree."""
        node = self.tree.node(path)
        if node is not None:
            self.known.setdefault(path[:-1], {})[node] = None
        return node is not None

    def _refuse(self, path: FeaturePath, reason: str) -> None:
        self.refused.append(Refused(path=tuple(map(_shown, path)), reason=reason))


def _estimate(tree: FeatureTree, sorting: _Sorting) -> Iterable[Grown]:
    """The new nodes with their counts; those of one parent get the same, from what the tree held before the step."""
    counts: dict[FeaturePath, tuple[float, Basis]] = {}
    for path in sorting.added:
        parent = path[:-1]
        if parent not in counts:
            counts[parent] = _sibling_mean(tree, parent, sorting.known.get(parent, {}))
        value, basis = counts[parent]
        yield Grown(path=path, estimated=value, basis=basis)


def _sibling_mean(tree: FeatureTree, parent: FeaturePath, expanded: Iterable[int]) -> tuple[float, Basis]:
    counts = [tree.count(node) for node in expanded if tree.has_count(node)]
    if counts:
        return round(fsum(counts) / len(counts), 6), "expanded"
    node = tree.node(parent)
    mean = None if node is None else tree.mean_child_count(node)
    return (1.0, "none") if mean is None else (round(mean, 6), "tree")


def _parse(drawn: frozenset[FeaturePath], reply: str) -> tuple[FeaturePath, ...]:
    try:
        features = tuple(read_nested(reply))
    except ValueError as error:
        raise Unparseable(str(error)) from error
    if drawn.issuperset(features):
        raise Unparseable("the tree came back without a single new name; add siblings and finer features to it")
    return features


def _explain(drawn: Sequence[FeaturePath], top: FeaturePath) -> dict[str, str]:
    """What the drawn categories are about, in one sentence each, and with `top` where new features are wanted."""
    sentences: dict[str, str] = json.loads((DATA / "categories.json").read_text(encoding="utf-8"))
    categories = dict.fromkeys(path[0] for path in drawn)
    explained = {category: sentences[category] for category in categories if category in sentences}
    if len(top) > 1:
        wanted = (
            f"In this part, only what lies below {' > '.join(top)} is to be expanded; what is above it is there to"
            " show its place and comes back without new features."
        )
        explained[top[0]] = f"{explained.get(top[0], '')} {wanted}".strip()
    return explained


def _shown(name: str) -> str:
    text = clean(name)
    return text if len(text) <= MAX_NAME else f"{text[: MAX_NAME - 1]}…"
