"""Finding Python files below a folder and reading their text, whatever lies there."""

import os
import stat
import tokenize
from pathlib import Path

_IGNORED = frozenset({"site-packages", "dist-packages", "node_modules", "__pycache__", "build", "dist"})
_MOST_BYTES = 2 * 1024 * 1024


class Unreadable(ValueError):
    """A file whose text cannot be had; the message says why."""


def find_python(root: Path, ignored: frozenset[str] = frozenset()) -> tuple[list[Path], list[tuple[Path, str]]]:
    """Return all `.py` files below a folder in the order of their paths, and (path, reason) of what was passed by.

    Hidden folders, virtual environments, build output and folders named in `ignored` are left out in silence.
    Links to folders are not followed, so there is no loop.
    """
    files: list[Path] = []
    skipped: list[tuple[Path, str]] = []
    waiting = [root]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(folder) as listing:
                entries = list(listing)
        except OSError as error:
            skipped.append((folder, f"folder cannot be read: {error.strerror}"))
            continue
        if folder != root and any(entry.name == "pyvenv.cfg" for entry in entries):
            continue
        for entry in entries:
            wanted = not entry.name.startswith(".") and entry.name not in _IGNORED | ignored
            if entry.is_symlink() and os.path.isdir(entry.path):
                if wanted:
                    skipped.append((Path(entry.path), "link to a folder, not followed; add that folder itself"))
            elif entry.is_dir(follow_symlinks=False):
                if wanted:
                    waiting.append(Path(entry.path))
            elif entry.name.endswith(".py"):
                files.append(Path(entry.path))
    return sorted(files, key=lambda file: file.parts), sorted(skipped, key=lambda item: item[0].parts)


def read_text(file: Path) -> str:
    """Decode a file as Python would. Raises `Unreadable` that says why it cannot be."""
    raw = _read_bytes(file)
    if b"\0" in raw:
        raise Unreadable("holds a NUL byte, so it is not source text")
    try:
        lines = iter(raw.splitlines(keepends=True))
        encoding, _ = tokenize.detect_encoding(lambda: next(lines, b""))
        text = raw.decode(encoding)
        text.encode()
    except (SyntaxError, UnicodeError, LookupError) as error:
        raise Unreadable(f"encoding: {error}; save it as UTF-8 or declare its encoding in line 1") from error
    return text


def printable(path: str) -> str:
    """A path that can be stored and shown, also where its name is not valid text."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _read_bytes(file: Path) -> bytes:
    try:
        status = file.stat()
        if not stat.S_ISREG(status.st_mode):
            raise Unreadable("not a regular file")
        if status.st_size > _MOST_BYTES:
            raise Unreadable(
                f"{status.st_size / 1024 / 1024:.1f} MiB, more than the {_MOST_BYTES // 1024 // 1024} MiB read"
            )
        return file.read_bytes()
    except OSError as error:
        link = "link that leads nowhere: " if file.is_symlink() else ""
        raise Unreadable(f"{link}{error.strerror}") from error
