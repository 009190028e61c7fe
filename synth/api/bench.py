"""What the routes share: the open workspace, and what each part keeps between two requests."""

import threading
from collections.abc import Callable
from typing import TypeVar, cast

from synth.workspace import Workspace

Part = TypeVar("Part")


class Bench:
    """The workspace on the bench. Parts are made at first use and thrown away with the workspace they were made for."""

    def __init__(self, open_workspace: Callable[[], Workspace]) -> None:
        """`open_workspace` gives the one open workspace; it is asked every time and may raise `EspalierError`."""
        self._open = open_workspace
        self._lock = threading.Lock()
        self._parts: dict[type, object] = {}
        self._made_for: Workspace | None = None
        self.opened: Workspace | None = None
        """The workspace, once somebody has asked for it."""

    @property
    def workspace(self) -> Workspace:
        """The one open workspace. Raises `EspalierError` where it cannot be opened."""
        self.opened = self._open()
        return self.opened

    def part(self, kind: Callable[[Workspace], Part]) -> Part:
        """The one `kind(workspace)` of this process."""
        workspace = self.workspace
        with self._lock:
            if self._made_for is not workspace:
                self._parts, self._made_for = {}, workspace
            key = cast(type, kind)
            if key not in self._parts:
                self._parts[key] = kind(workspace)
            return cast(Part, self._parts[key])
