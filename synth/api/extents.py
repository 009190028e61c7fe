"""How far the branches of the workspace's tree reach, brought up to date by what changed instead of counted anew."""

from synth.tree.columns import FeatureTree
from synth.tree.extent import Extent
from synth.workspace import Workspace

_FOLLOWED = 50
"""Entries of the history up to which changes are followed; beyond that counting anew is quicker."""


class Extents:
    """The extent of the tree as it is now. To be asked while nobody may change the tree (`TreeKeeper.reading`)."""

    def __init__(self, workspace: Workspace) -> None:
        self._trees = workspace.trees
        self._known: tuple[FeatureTree, Extent, int, int] | None = None
        """The tree, its extent, and the entry and the revision that it was brought up to."""

    def now(self) -> Extent:
        """The extent of the tree."""
        tree, history = self._trees.tree, self._trees.history
        if self._known is None or self._known[0] is not tree:
            extent = Extent(tree)
        else:
            _, extent, entry, revision = self._known
            if revision != tree.revision and 0 < history.last - entry <= _FOLLOWED:
                extent.edited(history.between(entry, history.last), since=revision)
        self._known = (tree, extent, history.last, tree.revision)
        return extent
