"""What the browser is told of without asking."""

import time

from synth.workspace import Workspace

_EVERY_SECONDS = 2.0
"""Between two looks whether a run made something: enough for those who paint by it."""


class News:
    """The state of the workspace in a few numbers; a number that changed is news."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._next_look = 0.0
        self._state: object = None
        self._made = 0
        self._seen = 0
        self._edited = 0

    def now(self) -> dict[str, object]:
        """Cheap enough to be asked ten times a second for every open tab."""
        trees = self._workspace.trees
        rev = trees.history.last
        return {"rev": rev, "edited": self._edited_at(rev), "held": trees.held_changes, "made": self._made_by_now()}

    def _edited_at(self, rev: int) -> int:
        """Number of the newest entry that no run made: runs write all the time, people want to see each other."""
        if rev < self._seen:  # the tree went back to what is on disk
            self._seen = self._edited = 0
        for entry in reversed(self._workspace.trees.history.entries(self._seen)):
            if entry.number <= rev and (entry.actor.kind != "run" or entry.action != "do"):
                self._edited = entry.number
                break
        self._seen = rev
        return self._edited

    def _made_by_now(self) -> int:
        """Another number whenever what was made from features was counted anew."""
        uses = self._workspace.uses
        if time.monotonic() >= self._next_look:
            self._next_look = time.monotonic() + _EVERY_SECONDS
            uses.begin()
        if uses.state is not self._state:
            self._state = uses.state
            self._made += 1
        return self._made
