"""What the browser is told of without asking."""

from synth.workspace import Workspace


class News:
    """The state of the workspace in a few numbers; a number that changed is news."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def now(self) -> dict[str, object]:
        """Cheap enough to be asked ten times a second for every open tab."""
        trees = self._workspace.trees
        return {"rev": trees.history.last, "held": trees.held_changes}
