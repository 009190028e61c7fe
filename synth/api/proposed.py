"""What proposals would add to the tree, by the feature that it would stand below, and which features they are about."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from synth.tree.columns import ROOT, FeatureTree
from synth.tree.fragment import NO_PARENT
from synth.tree.operations import Add, Merge, Move
from synth.tree.proposals import Proposal, subject
from synth.workspace import Workspace

MOST_ITEMS = 5_000
"""Open items of one proposal that are looked at: the panel for review shows all of them, page by page."""
_DEEPEST = 100
"""Levels of proposed features, one below the other, that are shown."""


@dataclass(frozen=True, slots=True)
class Ghost:
    """A feature that a proposal would add."""

    proposal: str
    item: int
    deeper: int
    """Levels below the place of a child: 0, or more where the feature above is proposed too."""
    name: str
    estimated: float | None
    reason: str


class Proposed:
    """The open items of all proposals by feature. To be asked while nobody may change the tree."""

    def __init__(self, workspace: Workspace) -> None:
        self._trees = workspace.trees
        self._state: tuple[int, int, int] | None = None
        self._below: dict[int, list[Ghost]] = {}
        self._about: set[int] = set()

    @property
    def state(self) -> tuple[int, int, int]:
        """Changes whenever the answers may."""
        trees = self._trees
        return trees.held_changes, trees.history.last, id(trees.tree)

    def below(self) -> dict[int, list[Ghost]]:
        """What would be new below each feature: parents before children. Not to be written."""
        self._refresh()
        return self._below

    def about(self) -> set[int]:
        """Features that an open item would change. Not to be written."""
        self._refresh()
        return self._about

    def _refresh(self) -> None:
        if self._state == self.state:
            return
        self._state = self.state
        self._below, self._about = {}, set()
        tree = self._trees.tree
        in_force = self._trees.history.in_force()
        for proposal in self._trees.proposals():
            if tree.alive(proposal.parent):
                open_items = proposal.open_items(in_force)[:MOST_ITEMS].tolist()
                self._take_rows(tree, proposal, open_items)
                self._take_operations(tree, proposal, open_items)

    def _take_rows(self, tree: FeatureTree, proposal: Proposal, items: Sequence[int]) -> None:
        """Ghosts of the rows that are not in the tree yet; a mark for those that would count otherwise."""
        new: dict[int, list[int]] = {}
        """New rows by the row, or (below 0) by the feature, above them."""
        places: dict[int, int] = {NO_PARENT: proposal.parent}
        ghosts: set[int] = set()
        for row in (item for item in items if item < len(proposal.fragment)):
            above = int(proposal.fragment.parent[row])
            place = self._place(tree, proposal, above, places)
            if above not in ghosts and place < 0:
                continue
            node = tree.child(place, proposal.fragment.name[row]) if place >= 0 else None
            if node is None:
                new.setdefault(above if above in ghosts else -1 - place, []).append(row)
                ghosts.add(row)
                places[row] = -1
            else:
                places[row] = node
                if proposal.counts != "keep" and _counted(proposal, row):
                    self._about.add(node)
        for above in [key for key in new if key < 0]:
            known = self._names_below(-1 - above)
            new[above] = [row for row in new[above] if proposal.fragment.name[row] not in known]
            self._below.setdefault(-1 - above, []).extend(_ghosts(proposal, new, above, 0))

    def _names_below(self, node: int) -> set[str]:
        """Names that are proposed below a feature already: what two proposals say is shown once."""
        return {ghost.name for ghost in self._below.get(node, ()) if ghost.deeper == 0}

    def _place(self, tree: FeatureTree, proposal: Proposal, row: int, places: dict[int, int]) -> int:
        """The feature that a row is in the tree; -1 where it is none."""
        way = []
        while row not in places:
            way.append(row)
            row = int(proposal.fragment.parent[row])
        node = places[row]
        for step in reversed(way):
            found = tree.child(node, proposal.fragment.name[step]) if node >= 0 else None
            node = places[step] = -1 if found is None else found
        return node

    def _take_operations(self, tree: FeatureTree, proposal: Proposal, items: Sequence[int]) -> None:
        """Ghosts of features to be added one by one; marks for those that the other operations are about."""
        for item in (item for item in items if item >= len(proposal.fragment)):
            operation = proposal.operations[item - len(proposal.fragment)]
            if isinstance(operation, Add):
                fresh = operation.name not in self._names_below(operation.parent)
                if fresh and tree.alive(operation.parent) and tree.child(operation.parent, operation.name) is None:
                    reason = proposal.reasons.get(item, proposal.reason)
                    ghost = Ghost(proposal.id, item, 0, operation.name, operation.estimated, reason)
                    self._below.setdefault(operation.parent, []).append(ghost)
                continue
            self._about.add(subject(operation))
            if isinstance(operation, Merge):
                self._about.update(operation.sources)
            elif isinstance(operation, Move):
                self._about.add(operation.parent)
        self._about.discard(ROOT)


def _ghosts(proposal: Proposal, new: dict[int, list[int]], above: int, deeper: int) -> Iterator[Ghost]:
    for row in new.get(above, ()) if deeper < _DEEPEST else ():
        estimated = float(proposal.fragment.estimated[row])
        yield Ghost(
            proposal=proposal.id,
            item=row,
            deeper=deeper,
            name=proposal.fragment.name[row],
            estimated=None if estimated != estimated else estimated,
            reason=proposal.reasons.get(row, proposal.reason),
        )
        yield from _ghosts(proposal, new, row, deeper + 1)


def _counted(proposal: Proposal, row: int) -> bool:
    estimated = float(proposal.fragment.estimated[row])
    return bool(proposal.fragment.observed[row]) or estimated == estimated
