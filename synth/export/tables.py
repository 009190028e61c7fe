"""Tables and lines of the card, as Markdown that no text from elsewhere can break out of."""

from collections import Counter
from collections.abc import Iterable
from typing import TypeVar

K = TypeVar("K")


def table(head: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    """A Markdown table."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(line(str(cell)) for cell in one)} |" for one in lines)


def line(text: str) -> str:
    """Text that cannot break out of its line or table cell."""
    return " ".join(text.split()).replace("|", "\\|")


def share(count: int, total: int) -> str:
    """A share in per cent; a dash of nothing."""
    return f"{100 * count / total:.1f} %" if total else "-"


def ranked(counts: Counter[K]) -> list[tuple[K, int]]:
    """The counts, largest first, equals by name."""
    return sorted(counts.items(), key=lambda item: (-item[1], str(item[0])))
