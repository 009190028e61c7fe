"""The files of one cell in WebAssembly: in the worker's memory alone, bounded, gone with the cell."""

import time
from collections.abc import Mapping
from errno import ENOSPC, ENOTEMPTY

from synth.sandbox.base import Limits

Answer = tuple[str, int, int]
"""Kind (`file` or `dir`), size in bytes, time of the last change in ns."""

_MIB = 1024 * 1024
_PLACES = ("/dev", "/tmp", "/work")
_NULL = "/dev/null"
_FIXED = frozenset({_NULL, "/dev/pytest.ini"})
"""Empty whatever is done to them: what is written to the first is lost, the second pytest reads its settings from."""


class Files:
    """A tree of files with `/work`, `/tmp` and a `/dev` of no use; paths are absolute and normal.

    Every method raises the `OSError` that says what is wrong: the guest sees its kind.
    """

    def __init__(self, files: Mapping[str, str], limits: Limits) -> None:
        """`files`: texts by their paths below `/work`."""
        self._most_bytes = 2 * limits.disk_mb * _MIB
        self._most_entries = 2 * limits.inodes
        self._most_each = limits.file_mb * _MIB
        self._contents: dict[str, bytes] = dict.fromkeys(_FIXED, b"")
        self._folders: dict[str, set[str]] = {"/": {"dev", "tmp", "work"}, **{place: set() for place in _PLACES}}
        self._folders["/dev"] |= {path.rpartition("/")[2] for path in _FIXED}
        self._times: dict[str, int] = dict.fromkeys((*self._folders, *_FIXED), time.time_ns())
        self._held = 0
        for path, text in files.items():
            self._lay_out(f"/work/{path}", text.encode())

    def look(self, path: str) -> Answer:
        """What is at `path`."""
        if path in self._folders:
            return "dir", 0, self._times[path]
        return "file", len(self._content(path)), self._times[path]

    def names(self, path: str) -> list[tuple[str, str]]:
        """Names and kinds of what is in a folder."""
        if path not in self._folders:
            self._content(path)
            raise NotADirectoryError(path)
        below = "" if path == "/" else path
        return [(name, "dir" if f"{below}/{name}" in self._folders else "file") for name in sorted(self._folders[path])]

    def read(self, path: str) -> bytes:
        """The content of a file."""
        return self._content(path)

    def write(self, path: str, data: bytes) -> None:
        """Replace the content of a file, or make it."""
        if path == _NULL:
            return
        if path in _FIXED:
            raise PermissionError(path)
        if path in self._folders:
            raise IsADirectoryError(path)
        self._folder_of(path)
        before = self._contents.get(path)
        grows = len(data) - len(before or b"")
        if len(data) > self._most_each or self._held + grows > self._most_bytes:
            raise OSError(ENOSPC, "no space left")
        if before is None:
            self._enter(path)
        self._contents[path] = data
        self._held += grows
        self._times[path] = time.time_ns()

    def mkdir(self, path: str) -> None:
        """Make a folder."""
        if path in self._folders or path in self._contents:
            raise FileExistsError(path)
        self._enter(path)
        self._folders[path] = set()
        self._times[path] = time.time_ns()

    def remove(self, path: str) -> None:
        """Remove a file."""
        if path in self._folders:
            raise IsADirectoryError(path)
        self._held -= len(self._content(path))
        self._leave(path)
        del self._contents[path], self._times[path]

    def rmdir(self, path: str) -> None:
        """Remove an empty folder."""
        if path not in self._folders:
            self._content(path)
            raise NotADirectoryError(path)
        if path == "/" or path in _PLACES:
            raise PermissionError(path)
        if self._folders[path]:
            raise OSError(ENOTEMPTY, "not empty")
        self._leave(path)
        del self._folders[path], self._times[path]

    def rename(self, source: str, target: str) -> None:
        """Move a file or a folder, replacing what a program may replace."""
        self.look(source)
        if source == target:
            return
        if source == "/" or source in _PLACES or source in _FIXED or target.startswith(f"{source}/"):
            raise PermissionError(source)
        self._make_way(target, folder=source in self._folders)
        kept = self._content(source) if source not in self._folders else None
        self._enter(target)
        self._leave(source)
        if kept is not None:
            self._contents[target] = self._contents.pop(source)
            self._times[target] = self._times.pop(source)
            return
        for path in [source, *(path for path in self._times if path.startswith(f"{source}/"))]:
            moved = target + path[len(source) :]
            self._times[moved] = self._times.pop(path)
            if path in self._folders:
                self._folders[moved] = self._folders.pop(path)
            else:
                self._contents[moved] = self._contents.pop(path)

    def _make_way(self, target: str, *, folder: bool) -> None:
        if target in self._folders:
            if not folder:
                raise IsADirectoryError(target)
            self.rmdir(target)
        elif target in self._contents:
            if folder:
                raise NotADirectoryError(target)
            self.remove(target)

    def _content(self, path: str) -> bytes:
        if path in self._folders:
            raise IsADirectoryError(path)
        if path not in self._contents:
            self._folder_of(path)
            raise FileNotFoundError(path)
        return self._contents[path]

    def _folder_of(self, path: str) -> set[str]:
        folder = path.rpartition("/")[0] or "/"
        if folder in self._folders:
            return self._folders[folder]
        while folder and folder not in self._contents:
            folder = folder.rpartition("/")[0]
        raise NotADirectoryError(path) if folder else FileNotFoundError(path)

    def _enter(self, path: str) -> None:
        names = self._folder_of(path)
        if path.startswith("/dev/") or path.count("/") == 1:
            raise PermissionError(path)
        if len(self._times) >= self._most_entries:
            raise OSError(ENOSPC, "no space left")
        names.add(path.rpartition("/")[2])
        self._times[path.rpartition("/")[0]] = time.time_ns()

    def _leave(self, path: str) -> None:
        if path in _FIXED:
            raise PermissionError(path)
        self._folder_of(path).discard(path.rpartition("/")[2])
        self._times[path.rpartition("/")[0]] = time.time_ns()

    def _lay_out(self, path: str, content: bytes) -> None:
        folder = path.rpartition("/")[0]
        missing = []
        while folder not in self._folders:
            missing.append(folder)
            folder = folder.rpartition("/")[0]
        for each in reversed(missing):
            self.mkdir(each)
        self._enter(path)
        self._contents[path] = content
        self._held += len(content)
        self._times[path] = time.time_ns()
