"""What differs between two texts, line by line, with the words that changed marked; readable in light and dark."""

import difflib
import html
import re
from collections.abc import Iterator, Sequence

import streamlit as st

_AROUND = 3
"""Lines shown around a change."""
_STYLE = """<style>
.difference { font-family: var(--st-code-font, monospace); font-size: 0.8rem; line-height: 1.55; }
.difference div { white-space: pre-wrap; overflow-wrap: anywhere; padding: 0 0.6rem 0 1.6rem; text-indent: -1rem; }
.difference .more { background: rgb(47 125 91 / 0.14); } .difference .more b { background: rgb(47 125 91 / 0.34); }
.difference .less { background: rgb(177 73 63 / 0.14); } .difference .less b { background: rgb(177 73 63 / 0.34); }
.difference .gap { opacity: 0.6; } .difference b { font-weight: 600; border-radius: 2px; }
</style>"""
_WORD = re.compile(r"\s+|\w+|[^\w\s]")

Line = tuple[str, str]
"""A class, and the line as HTML with its sign in front."""


def show_difference(before: str, after: str) -> None:
    """Lines of both, the changed ones with signs and colours; one line where nothing differs."""
    lines = list(difference_lines(before.splitlines(), after.splitlines()))
    if not lines:
        st.caption("Nothing differs, letter for letter.")
        return
    body = "".join(f'<div class="{kind}">{text}</div>' for kind, text in lines)
    st.html(f'{_STYLE}<div class="difference">{body}</div>')


def changed_lines(before: str, after: str) -> tuple[int, int]:
    """How many lines are more, and how many fewer."""
    kinds = [kind for kind, _ in difference_lines(before.splitlines(), after.splitlines())]
    return kinds.count("more"), kinds.count("less")


def difference_lines(before: Sequence[str], after: Sequence[str]) -> Iterator[Line]:
    """The lines to show; every text in them is escaped."""
    for number, group in enumerate(difflib.SequenceMatcher(None, before, after, False).get_grouped_opcodes(_AROUND)):
        if number or group[0][1]:
            yield "gap", f"· line {group[0][1] + 1}"
        for tag, first, last, new_first, new_last in group:
            if tag == "equal":
                yield from (("same", f"  {html.escape(line)}") for line in before[first:last])
            else:
                yield from _changed(before[first:last], after[new_first:new_last])


def _changed(old: Sequence[str], new: Sequence[str]) -> Iterator[Line]:
    """Lines that went and lines that came; where there are as many of both, with their words compared."""
    paired = len(old) == len(new)
    for number, line in enumerate(old):
        yield "less", "- " + (_marked(line, new[number]) if paired else html.escape(line))
    for number, line in enumerate(new):
        yield "more", "+ " + (_marked(line, old[number]) if paired else html.escape(line))


def _marked(line: str, other: str) -> str:
    """The line with those words in bold that the other one does not have there."""
    mine, theirs = _WORD.findall(line), _WORD.findall(other)
    parts = []
    for tag, first, last, _, _ in difflib.SequenceMatcher(None, mine, theirs, False).get_opcodes():
        text = html.escape("".join(mine[first:last]))
        parts.append(text if tag == "equal" or not text else f"<b>{text}</b>")
    return "".join(parts)
