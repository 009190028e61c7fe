"""What the commands share: an open workspace, paths, pages of features, who is at the keyboard."""

import argparse
import getpass
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from synth.errors import BadInput, NotFound
from synth.records import FeaturePath
from synth.terminal import count_bar
from synth.tree.columns import ROOT
from synth.tree.operations import Actor
from synth.workspace import Workspace
from synth.workspace.views import Found

_MOST_ITEMS = 10_000_000


@contextmanager
def opened(options: argparse.Namespace) -> Iterator[Workspace]:
    """The workspace of a command, closed at its end."""
    try:
        str(options.workspace).encode()
    except UnicodeEncodeError:
        raise BadInput(f"{options.workspace} is not UTF-8; choose another --workspace.") from None
    try:
        workspace = Workspace(options.workspace)
        try:
            yield workspace
        finally:
            workspace.close()
    except BrokenPipeError:
        raise  # who reads the output went away; nothing is wrong with a file
    except OSError as error:
        place = error.filename or options.workspace
        raise BadInput(
            f"{place}: {error.strerror or error}; free space there, or check the name and rights."
        ) from error


@contextmanager
def bar(title: str) -> Iterator[Callable[[int, int], None]]:
    """What is told how much is done: a progress bar where somebody may look at it, else nothing."""
    if sys.stderr.isatty():
        with count_bar(title) as told:
            yield told
    else:
        yield lambda done, total: None


def person() -> Actor:
    """Who is at the keyboard, as far as the system tells."""
    try:
        return Actor(name=getpass.getuser())
    except (KeyError, OSError, ImportError):
        return Actor()


def readings(text: str) -> list[FeaturePath]:
    """The paths that a text may mean, the likeliest first."""
    if text.lstrip().startswith("["):
        try:
            names = json.loads(text, strict=False)
        except (ValueError, RecursionError):
            names = None
        if isinstance(names, list) and names and all(isinstance(name, str) for name in names):
            return [tuple(names)]
    found = [tuple(part.strip() for part in text.split(mark)) for mark in (">", "---")]
    return list(dict.fromkeys([*found, (text,)]))


def path_of(workspace: Workspace, text: str) -> FeaturePath:
    """The path of a feature of the tree. Raises `NotFound` that names features spelt alike."""
    tree = workspace.tree()
    options = readings(text)
    for path in options:
        if tree.node(path) not in (None, ROOT):
            return path
    workspace.views.node(max(options, key=len))
    raise NotFound(f"no feature `{text}` in the tree.")


def node_of(workspace: Workspace, text: str | None) -> int:
    """The node that a text names; the root for nothing."""
    return ROOT if text is None else workspace.views.node(path_of(workspace, text))


def new_place(workspace: Workspace, text: str) -> tuple[int, str]:
    """Parent and name of a feature that is to be made."""
    tree = workspace.tree()
    options = sorted(readings(text), key=len, reverse=True)
    *above, name = next((path for path in options if path[:-1] and tree.node(path[:-1]) is not None), options[0])
    return workspace.views.node(above), name


def as_json(found: Found) -> str:
    """A feature as one line of JSON."""
    values = {
        "id": found.node,
        "path": found.path,
        "observed": found.observed,
        "estimated": found.estimated,
        "children": found.children,
        "locked": found.locked,
        "status": found.status,
        "note": found.note,
    }
    return json.dumps(values, ensure_ascii=False)


def as_line(found: Found, shown: str) -> str:
    """A feature as one line to read."""
    counts = [f"{found.observed:,}"] if found.observed else []
    counts += [] if found.estimated is None else [f"est {found.estimated:g}"]
    marks = [", ".join(counts) or "no count"]
    marks += [f"{found.children:,} below"] if found.children else []
    marks += ["locked"] if found.locked else []
    marks += [found.status] if found.status else []
    note = " ".join(found.note.split())
    return f"{shown}  [{'; '.join(marks)}]" + (f"  {note}" if note else "")


def whole(text: str) -> int:
    """A whole number, 0 or more, for argparse."""
    try:
        value = int(text)
    except ValueError:
        value = -1
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number, 0 or more")
    return value


def items_of(texts: Sequence[str]) -> list[int] | None:
    """Numbers and ranges such as `3` and `5-9`; None for none. Raises `BadInput`."""
    found: list[int] = []
    for text in texts:
        first, mark, last = text.partition("-")
        last = last if mark else first
        if not (first.isdecimal() and last.isdecimal() and int(first[:18]) <= int(last[:18]) < _MOST_ITEMS):
            raise BadInput(f"`{text}` names no items; give numbers and ranges such as `3 5-9`.")
        found.extend(range(int(first), int(last) + 1))
    return found or None
