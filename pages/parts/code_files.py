"""Files of a solution: highlighted, one tab each, and what changed between two attempts."""

import difflib
from collections.abc import Sequence
from typing import Literal

import streamlit as st

from pages.parts.text import plain
from synth.records import CodeFile, Solution

_LANGUAGES = {"py": "python", "json": "json", "toml": "toml", "md": "markdown", "yaml": "yaml", "yml": "yaml"}
_MOST_LINES = 26
_HEIGHT = 520


def show_text(text: str, language: str | None = None, numbers: bool = False) -> None:
    """Text letter for letter, never taller than a screen."""
    height: int | Literal["content"] = _HEIGHT if text.count("\n") > _MOST_LINES else "content"
    st.code(text, language=language, line_numbers=numbers, wrap_lines=language is None, height=height)


def show_files(files: Sequence[CodeFile], nothing: str = "No files.") -> None:
    """One tab a file."""
    if not files:
        st.caption(nothing)
        return
    for tab, file in zip(st.tabs([plain(file.path) or "(no name)" for file in files]), files, strict=True):
        with tab:
            show_text(file.text, _LANGUAGES.get(file.path.rsplit(".", 1)[-1].lower(), "text"), numbers=True)


def changed_files(before: Solution, after: Solution) -> list[tuple[CodeFile, CodeFile]]:
    """Files and tests that differ, by path; one that is on one side alone is empty on the other."""
    old, new = ({file.path: file.text for file in (*one.files, *one.tests)} for one in (before, after))
    return [
        (CodeFile(path=path, text=old.get(path, "")), CodeFile(path=path, text=new.get(path, "")))
        for path in sorted(old.keys() | new.keys())
        if old.get(path) != new.get(path)
    ]


def difference(changed: Sequence[tuple[CodeFile, CodeFile]]) -> str:
    """A unified diff of the files."""
    lines: list[str] = []
    for old, new in changed:
        names = f"{old.path} before", f"{new.path} after"
        lines += difflib.unified_diff(old.text.splitlines(), new.text.splitlines(), *names, lineterm="")
    return "\n".join(lines)
