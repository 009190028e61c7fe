"""Under which licence a file lies: its own header, else the nearest licence file, else unknown."""

import os
import re
from pathlib import Path

UNKNOWN = "unknown"

_HEADER = re.compile(r"^\s*#.*?SPDX-License-Identifier:\s*([A-Za-z0-9.+() :-]+?)\s*$", re.MULTILINE)
_HEADER_LINES = 40
_FILE = re.compile(
    r"(unlicen[cs]e|licen[cs]e|copying)([-._](mit|apache|bsd|gpl|mpl)[\w.-]*)?(\.(txt|md|rst))?", re.IGNORECASE
)
_FILE_BYTES = 65_536
_TITLE = 400
_ROOTS = (".git", ".hg", ".svn")

_TITLES = (
    ("Apache-2.0", r"apache license,? version 2\.0"),
    ("LGPL-3.0", r"gnu lesser general public license version 3"),
    ("LGPL-2.1", r"gnu lesser general public license version 2\.1"),
    ("AGPL-3.0", r"gnu affero general public license version 3"),
    ("GPL-3.0", r"gnu general public license version 3"),
    ("GPL-2.0", r"gnu general public license version 2"),
    ("MPL-2.0", r"mozilla public license,? version 2\.0"),
    ("EPL-2.0", r"eclipse public license - v 2\.0"),
    ("BSL-1.0", r"boost software license - version 1\.0"),
    ("CC0-1.0", r"cc0 1\.0 universal"),
    ("Unlicense", r"this is free and unencumbered software released into the public domain"),
)
"""Licences that name themselves at the start of their text."""

_TERMS = (
    ("MIT", r"permission is hereby granted, free of charge, to any person obtaining a copy.*this permission notice"),
    (
        "ISC",
        r"permission to use, copy, modify, and(/or)? distribute this software .*with or without fee.* provided that",
    ),
    ("BSD-4-Clause", r"redistribution and use in source and binary forms.*all advertising materials mentioning"),
    ("BSD-3-Clause", r"redistribution and use in source and binary forms.*neither the name"),
    ("BSD-2-Clause", r"redistribution and use in source and binary forms"),
    ("PSF-2.0", r"python software foundation license version 2"),
)
"""Licences known by their terms; the first that fits."""


class Licences:
    """The licences below one added folder."""

    def __init__(self, root: Path) -> None:
        self._top = next((folder for folder in (root, *root.parents) if _is_repository(folder)), root)
        self._known: dict[Path, str] = {}

    def of(self, file: Path, text: str) -> str:
        """The SPDX id or expression for a file with this text, `unknown` where it cannot be told.

        The nearest folder with a licence file decides, so code taken over into a subfolder keeps its own;
        where that file is not recognised, or there are several that differ, nothing is claimed.
        """
        head = "\n".join(text.split("\n", _HEADER_LINES)[:_HEADER_LINES])
        if match := _HEADER.search(head):
            return match.group(1)
        return self._of_folder(file.parent)

    def _of_folder(self, folder: Path) -> str:
        if folder not in self._known:
            found = {_recognise(path) for path in _licence_files(folder)}
            if found:
                self._known[folder] = found.pop() if len(found) == 1 else UNKNOWN
            elif folder == self._top or _is_repository(folder) or folder == folder.parent:
                self._known[folder] = UNKNOWN
            else:
                self._known[folder] = self._of_folder(folder.parent)
        return self._known[folder]


def _is_repository(folder: Path) -> bool:
    return any(os.path.lexists(folder / name) for name in _ROOTS)


def _licence_files(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if _FILE.fullmatch(path.name) and os.path.isfile(path))
    except OSError:
        return []


def _recognise(path: Path) -> str:
    try:
        with path.open("rb") as file:
            text = file.read(_FILE_BYTES).decode("utf-8", "replace")
    except OSError:
        return UNKNOWN
    words = " ".join(text.lower().split())
    for licence, title in _TITLES:
        if re.search(title, words[:_TITLE]):
            return licence
    return next((licence for licence, terms in _TERMS if re.search(terms, words)), UNKNOWN)
