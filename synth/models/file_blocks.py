"""The form in which an engine writes files: `<file>path</file>`, then the text in a fence. Read here for every step.

Reading is forgiving about decoration and strict about what would be a guess: paths, missing fences, doubles.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from synth.records import CodeFile

_TAG = re.compile(r"<file>(.*?)</file>", re.IGNORECASE)
_LOOSE_TAG = re.compile(r"</?file\b[^>]*>", re.IGNORECASE)
_FENCE = re.compile(r"( *)(`{3,}|~{3,}) *([^\s`]*)[^`]*$")
_FORBIDDEN = re.compile(r"""[\x00-\x1f\x7f<>:"'`|?*]|[ .](?:/|$)|(?:^|/) """)
"""Characters, and spaces or dots at an end of a part, that some system refuses in a name or that quoting would lose."""
_LONGEST_PATH = 200
_DECORATION = "`'\"* \t"


class BadBlocks(ValueError):
    """A reply whose files cannot be read; the message tells the engine what to mend."""


@dataclass(frozen=True, slots=True)
class Blocks:
    """The files of a reply in its order, and the text around them."""

    files: tuple[CodeFile, ...]
    around: str


def read_blocks(text: str) -> Blocks:
    """Read all files of a reply. Raises `BadBlocks`.

    As in CommonMark, a fence is not ended by a shorter one or by one indented four columns deeper. Beyond it, a
    fence with a language inside another opens a nested one, so Markdown within code survives.
    """
    files: dict[str, CodeFile] = {}
    around: list[str] = []
    lines = iter(text.replace("\r\n", "\n").split("\n"))
    for line in lines:
        tag = _TAG.search(line)
        if tag is None:
            if _LOOSE_TAG.search(line):
                raise BadBlocks("write each path on one line of its own as <file>path</file>, before the fence")
            around.append(line)
            continue
        path = clean_path(tag.group(1))
        if path in files:
            raise BadBlocks(f"`{path}` is given twice; give each file once")
        files[path] = CodeFile(path=path, text=_fenced(path, lines))
    check_folders(list(files))
    return Blocks(tuple(files.values()), "\n".join(around))


def clean_path(path: str) -> str:
    """A relative path with `/` between its parts. Raises `BadBlocks` for any other."""
    bare = path.strip(_DECORATION).replace("\\", "/")
    if not bare:
        raise BadBlocks("a <file> tag is empty; put the file's path in it")
    clean = str(PurePosixPath(bare))
    if clean.startswith(("/", "~")) or re.match(r"[A-Za-z]:", bare):
        raise BadBlocks(f"`{bare}` is an absolute path; use paths relative to the project folder")
    if ".." in bare.split("/"):
        raise BadBlocks(f"`{bare}` leaves the project folder; use paths without `..`")
    if clean == "." or bare.endswith("/") or _FORBIDDEN.search(clean) or len(clean) > _LONGEST_PATH:
        raise BadBlocks(f"`{bare[:_LONGEST_PATH]}` is not a file name that every system takes; choose a plain one")
    return clean


def check_folders(paths: list[str]) -> None:
    """Raise `BadBlocks` where one path is both a file and a folder."""
    folders = {str(parent) for path in paths for parent in PurePosixPath(path).parents}
    for path in paths:
        if path in folders:
            raise BadBlocks(f"`{path}` is given as a file and as a folder; rename one")


def is_test(path: str) -> bool:
    """True for `test_*.py`, `*_test.py`, `conftest.py` and whatever lies in a folder `tests`."""
    pure = PurePosixPath(path)
    named = pure.suffix == ".py" and (pure.stem.startswith("test_") or pure.stem.endswith("_test"))
    return named or pure.name == "conftest.py" or "tests" in pure.parts[:-1]


def _fenced(path: str, lines: Iterator[str]) -> str:
    """The text of the fence that must come next."""
    opening = next((line for line in lines if line.strip()), "")
    fence = _FENCE.match(opening)
    if fence is None:
        raise BadBlocks(f"no fence after <file>{path}</file>; put the file's text between ```python and ```")
    inside: list[str] = []
    depth = 1
    for line in lines:
        if _is_fence(line, fence):
            depth += 1 if _language(line) else -1
        if not depth:
            return _as_text(path, inside)
        inside.append(line)
    raise BadBlocks(f"the fence of `{path}` is never closed; end it, and use ```` where the file itself holds ```")


def _is_fence(line: str, opening: re.Match[str]) -> bool:
    """True where the line can end a fence that began like `opening`, or begin another inside it."""
    fence = _FENCE.match(line)
    if fence is None or len(fence[1]) > len(opening[1]) + 3:
        return False
    return fence[2][0] == opening[2][0] and len(fence[2]) >= len(opening[2])


def _language(line: str) -> str:
    fence = _FENCE.match(line)
    return fence[3] if fence else ""


def _as_text(path: str, lines: list[str]) -> str:
    text = "\n".join(lines).strip("\n")
    if not text.strip() and PurePosixPath(path).name != "__init__.py":
        raise BadBlocks(f"`{path}` is empty; give its whole text")
    return text + "\n" if text.strip() else ""
