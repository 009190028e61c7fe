"""Reading and writing a tree in any of the forms; which one a file has, its name and its first lines tell."""

import os
import secrets
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from synth.errors import BadInput
from synth.tree.formats.checks import first_bad_name, is_folder, name_fault, read_text
from synth.tree.formats.epicoder import FEATURES, FREQUENCIES, Progress, read_epicoder
from synth.tree.formats.epicoder_out import feature_lines, frequency_lines, shared_keys
from synth.tree.formats.outline import markdown_lines, outline_lines, read_markdown, read_outline
from synth.tree.formats.own import read_own, write_own
from synth.tree.formats.parquet import read_parquet, write_parquet
from synth.tree.formats.paths import depth_first
from synth.tree.formats.records import (
    csv_lines,
    deepfabric_lines,
    jsonl_lines,
    lists_features,
    only_paths,
    read_csv,
    read_deepfabric,
    read_jsonl,
    read_nested,
)
from synth.tree.fragment import Fragment


@dataclass(frozen=True, slots=True)
class Format:
    """A form in which a tree can be kept."""

    name: str
    suffix: str
    sentence: str
    carries: frozenset[str]
    """What it keeps besides names and their order."""


_COUNTS = frozenset(("observed", "estimated"))
_TABLE = _COUNTS | {"locked", "status", "note", "evidence"}

FORMATS: dict[str, Format] = {
    one.name: one
    for one in (
        Format("epicoder", ".json", "EpiCoder's nested features.json with its frequencies.json.", _COUNTS | {"source"}),
        Format("deepfabric", ".jsonl", "DeepFabric's list of leaf paths, one a line, without counts.", frozenset()),
        Format("outline", ".txt", "Indented text, one name a line, with counts in brackets.", _COUNTS),
        Format("markdown", ".md", "Nested bullets with counts in brackets, to read and to discuss.", _COUNTS),
        Format("jsonl", ".jsonl", "One feature a line with path, counts, lock, status, note and evidence.", _TABLE),
        Format("csv", ".csv", "A table for spreadsheets, one feature a row.", _TABLE),
        Format("parquet", ".parquet", "A table for data tools, one feature a row, small and fast to load.", _TABLE),
        Format("espalier", ".espalier", "The whole tree with its history and snapshots.", _TABLE | {"source"}),
    )
}

_NESTED = "nested"
"""What the workbench exports as JSON: read, and written there alone."""

_SUFFIXES = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".txt": "outline",
    ".csv": "csv",
    ".parquet": "parquet",
    ".json": "epicoder",
    ".espalier": "espalier",
}


@dataclass(frozen=True, slots=True)
class Imported:
    """A tree that was read."""

    fragment: Fragment
    format: str
    notes: tuple[str, ...] = ()
    """What was odd and how it was taken."""
    history: tuple[str, ...] = ()
    """Changes that led to the tree, as lines of JSON."""


@dataclass(frozen=True, slots=True)
class Exported:
    """A tree that was written."""

    files: tuple[Path, ...]
    dropped: tuple[str, ...] = ()
    """What the form cannot carry."""


def read(
    path: Path, format: str | None = None, frequencies: Path | None = None, progress: Progress | None = None
) -> Imported:
    """Read a tree; `progress(done, total)` is told bytes. Raises BadInput with the place of what cannot be used."""
    known = _format(format).name if format else _guess(path, frequencies)
    if frequencies is not None and known != "epicoder":
        raise BadInput(f"{path} is taken as {known}, which has its counts in it; leave {frequencies} out")
    report = progress or _silent
    if known == "epicoder":
        features = path
        if is_folder(path):
            features = path / FEATURES
            beside = path / FREQUENCIES
            frequencies = frequencies or (beside if beside.exists() else None)
        fragment, notes = read_epicoder(features, frequencies, report)
        return Imported(fragment, known, tuple(notes))
    return _read_one(path, known, report)


def write(
    fragment: Fragment, format: str, out: Path, *, overwrite: bool = False, history: Sequence[str] = ()
) -> Exported:
    """Write a tree to the file `out`, a folder for EpiCoder's; all of it is there afterwards, or nothing.

    Raises BadInput where something is there and `overwrite` is off, or where the tree cannot be written.
    """
    known = _format(format).name
    if not len(fragment) and known != "espalier":
        raise BadInput(f"the tree is empty; only espalier can hold an empty tree, {known} cannot")
    if any("\n" in entry for entry in history):
        raise BadInput("an entry of the history holds a line break; write it as one line of JSON")
    bad = first_bad_name(fragment.name)
    if bad is not None:
        raise BadInput(f"row {bad + 1} of the tree cannot be written: {name_fault(fragment.name[bad])}")
    ordered = depth_first(fragment)
    dropped = [*losses(ordered, known), *([f"{len(history):,} entries of the history"] if history else [])]
    if known == "epicoder":
        parts = {out / FEATURES: _lines(feature_lines, ordered), out / FREQUENCIES: _lines(frequency_lines, ordered)}
    elif known == "espalier":
        parts = {out: lambda draft: write_own(ordered, history, draft)}
        dropped = []
    elif known == "parquet":
        parts = {out: lambda draft: write_parquet(ordered, draft)}
    else:
        makers = {
            "deepfabric": deepfabric_lines,
            "outline": outline_lines,
            "markdown": markdown_lines,
            "jsonl": jsonl_lines,
            "csv": csv_lines,
        }
        parts = {out: _lines(makers[known], ordered)}
    _put(parts, out if known == "epicoder" else out.parent, make=known == "epicoder", overwrite=overwrite)
    return Exported(tuple(parts), tuple(dropped))


def losses(fragment: Fragment, format: str) -> list[str]:
    """What a form cannot say about this tree, in words; empty where it says everything."""
    carries = FORMATS[format].carries
    seen, grown = fragment.observed > 0, ~np.isnan(fragment.estimated)
    found = {
        "observed": (int(seen.sum()), "observed counts of {} feature{s}"),
        "estimated": (int(grown.sum()), "estimated counts of {} feature{s}"),
        "locked": (0 if fragment.locked is None else int(fragment.locked.sum()), "{} lock{s}"),
        "status": (0 if fragment.status is None else int((fragment.status > 0).sum()), "the status of {} feature{s}"),
        "note": (sum(map(bool, fragment.note.values())), "{} note{s}"),
        "evidence": (sum(map(bool, fragment.evidence.values())), "evidence of {} feature{s}"),
        "source": (
            sum(map(bool, fragment.source or ())),
            "what the file that {} feature{s} came from said of the counts",
        ),
    }
    counts = [pair for part, pair in found.items() if part not in carries]
    if format == "epicoder":
        whole = grown & ~seen & (fragment.estimated == np.floor(fragment.estimated))
        counts += [
            (int((seen & grown).sum()), "estimated counts of {} feature{s} with an observed one"),
            (int(whole.sum()), "the origin of {} whole count{s} (estimated, and read back as observed)"),
            (shared_keys(fragment), "counts of {} feature{s} with the joined path of another"),
        ]
    return [text.format(f"{number:,}", s="" if number == 1 else "s") for number, text in counts if number]


def _silent(done: int, total: int) -> None:
    """Nobody asked."""


def _format(name: str) -> Format:
    if name not in FORMATS:
        raise BadInput(f"{name!r} is no format; known are {', '.join(FORMATS)}")
    return FORMATS[name]


def _guess(path: Path, frequencies: Path | None) -> str:
    """The format that the name and the first record tell."""
    if is_folder(path):
        if not (path / FEATURES).exists():
            raise BadInput(f"{path} is a folder without {FEATURES}; give a file, or a folder in EpiCoder's form")
        return "epicoder"
    if frequencies is not None:
        return "epicoder"
    suffix = path.suffix.lower()
    if suffix == ".json" and lists_features(path):
        return _NESTED
    if suffix in (".jsonl", ".ndjson"):
        return "deepfabric" if only_paths(path) else "jsonl"
    if suffix not in _SUFFIXES:
        known = ", ".join([*_SUFFIXES, ".jsonl"])
        raise BadInput(f"{path}: the ending does not tell the format ({known} do); name it: {', '.join(FORMATS)}")
    return _SUFFIXES[suffix]


def _read_one(path: Path, known: str, report: Progress) -> Imported:
    """Read a form that is one file."""
    try:
        total = path.stat().st_size
    except (OSError, ValueError):
        total = 0

    def steps(share: float) -> None:
        report(int(share * total), total)

    notes: list[str] = []
    history: tuple[str, ...] = ()
    report(0, total)
    if known == "deepfabric":
        fragment, notes = read_deepfabric(path, steps)
    elif known == "espalier":
        fragment, history = read_own(path)
    elif known == "parquet":
        fragment = read_parquet(path)
    elif known == _NESTED:
        fragment = read_nested(path)
    elif known in ("jsonl", "csv"):
        fragment = (read_jsonl if known == "jsonl" else read_csv)(path, steps)
    else:
        fragment = (read_outline if known == "outline" else read_markdown)(read_text(path), str(path))
    report(total, total)
    return Imported(fragment, known, tuple(notes), history)


def _lines(make: Callable[[Fragment], Iterable[str]], fragment: Fragment) -> Callable[[Path], None]:
    def write_lines(draft: Path) -> None:
        with draft.open("w", encoding="utf-8", newline="", buffering=1 << 20) as file:
            file.writelines(make(fragment))

    return write_lines


def _put(parts: dict[Path, Callable[[Path], None]], folder: Path, *, make: bool, overwrite: bool) -> None:
    """Write all parts beside their places and move them there when all are complete."""
    for path in parts:
        if is_folder(path):
            raise BadInput(f"{path} is a folder; give the name of a file")
        if not overwrite and (path.exists() or path.is_symlink()):
            raise BadInput(f"{path} exists; choose another name or allow to overwrite it")
    try:
        if make:
            folder.mkdir(parents=True, exist_ok=True)
        with ExitStack() as cleaning:
            drafts = {}
            for path, fill in parts.items():
                draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
                cleaning.callback(draft.unlink, missing_ok=True)
                fill(draft)
                drafts[draft] = path
            for draft, path in drafts.items():
                os.replace(draft, path)
    except (OSError, ValueError) as error:
        raise BadInput(f"{folder} cannot be written to: {error}") from None
