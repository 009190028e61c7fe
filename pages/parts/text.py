"""Text that a model or a person wrote, made fit for where it is shown: never markup, never too long."""

import re
from collections.abc import Sequence

_MARKUP = re.compile(r"([\\`*_{}\[\]()#+\-.!|~<>$&^=\"'@/])")
_COLON = re.compile(r":(?=[\w+-])")
_JOINER = "\u2060"
"""Takes no room; `:smile:` and `:material/home:` are read as icons even where their colons are escaped."""

SEPARATOR = " › "


def plain(text: str) -> str:
    """Markdown that shows `text` letter for letter, on one line."""
    return _COLON.sub(f":{_JOINER}", _MARKUP.sub(r"\\\1", " ".join(text.split())))


def short(text: str, most: int = 48) -> str:
    """`text` on one line, cut with an ellipsis at `most` characters."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"


def path_text(path: Sequence[str]) -> str:
    """A feature path in a line of text. To show only: a name may hold the separator too."""
    return SEPARATOR.join(" ".join(name.split()) for name in path)


def chart_text(text: str, most: int = 48) -> str:
    """A label for Plotly, which takes a few HTML tags and entities in labels for markup."""
    return short(text, most).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def counted(number: int, noun: str, plural: str = "") -> str:
    """`1 seed`, `2,431 seeds`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def amount(value: float | None, empty: str = "–") -> str:
    """A count that may be whole or not, or not there at all."""
    if value is None:
        return empty
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}"
