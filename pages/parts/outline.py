"""Feature paths as a nested list, the way a person would write them down."""

from collections.abc import Collection, Iterable

from pages.parts.text import plain
from synth.records import FeaturePath

MARK = ":material/flag:"


def outline(paths: Iterable[FeaturePath], marked: Collection[FeaturePath] = ()) -> str:
    """Markdown of the tree that the paths make, children in the order in which they come; `marked` ones stand out."""
    below: dict[FeaturePath, dict[FeaturePath, None]] = {}
    for path in paths:
        for depth in range(1, len(path) + 1):
            below.setdefault(path[: depth - 1], {})[path[:depth]] = None
    lines: list[str] = []
    waiting = [*reversed(below.get((), ()))]
    while waiting:
        path = waiting.pop()
        name = plain(path[-1]) or "(no name)"
        lines.append(f"{'    ' * (len(path) - 1)}- {f'**{name}** {MARK}' if path in marked else name}")
        waiting.extend(reversed(below.get(path, ())))
    return "\n".join(lines)
