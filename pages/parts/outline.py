"""Feature paths as a nested list, the way a person would write them down."""

from collections.abc import Collection, Iterable

from pages.parts.text import SEPARATOR, plain
from synth.records import FeaturePath

MARK = ":material/flag:"


def outline(paths: Iterable[FeaturePath], marked: Collection[FeaturePath] = ()) -> str:
    """Markdown of the tree that the paths make, children in the order in which they come; `marked` ones stand out.

    A node whose only child leads on shares its line, so that long chains stay short.
    """
    below: dict[FeaturePath, dict[FeaturePath, None]] = {}
    for path in paths:
        for depth in range(1, len(path) + 1):
            below.setdefault(path[: depth - 1], {})[path[:depth]] = None
    lines: list[str] = []
    waiting = [(path, 0) for path in reversed(below.get((), ()))]
    while waiting:
        path, indent = waiting.pop()
        names = [_item(path, path in marked)]
        while len(path) > 1 and len(below.get(path, ())) == 1:
            (path,) = below[path]
            names.append(_item(path, path in marked))
        lines.append(f"{'    ' * indent}- {SEPARATOR.join(names)}")
        waiting.extend((child, indent + 1) for child in reversed(below.get(path, ())))
    return "\n".join(lines)


def _item(path: FeaturePath, marked: bool) -> str:
    name = plain(path[-1]) or "(no name)"
    return f"{MARK} **{name}**" if marked else name
