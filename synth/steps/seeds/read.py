"""Seeds from a folder, a file, or the running interpreter's standard library (EpiCoder 2.1)."""

import os
import sys
import sysconfig
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from synth.errors import BadInput
from synth.ids import record_id
from synth.metrics.source import Unparsed, parse, plain
from synth.records import Seed
from synth.steps.seeds.files import Unreadable, find_python, printable, read_text
from synth.steps.seeds.licence import Licences
from synth.steps.seeds.units import cut_units

_STDLIB_LICENCE = "PSF-2.0"
_STDLIB_IGNORED = frozenset(
    {"test", "tests", "idlelib", "lib2to3", "turtledemo", "ensurepip", "encodings", "pydoc_data", "__phello__"}
)
_STDLIB_OF_ONE_MACHINE = ("config-", "_sysconfigdata")


@dataclass(frozen=True, slots=True)
class SeedReport:
    """The seeds in the order of path and line, and what could not be read: (path, reason)."""

    seeds: list[Seed] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)


def read_path(path: Path, licence: str | None = None) -> SeedReport:
    """Read the seeds of a `.py` file or of every one below a folder.

    The licence is the one given, else what the file's SPDX header says, else that of the nearest licence file
    up to the root of the version control, else `unknown`. Raises `BadInput` where there is no Python file.
    """
    root = Path(os.path.abspath(path.expanduser()))
    files, skipped = _named_files(root)
    licences = Licences(root if os.path.isdir(root) else root.parent)
    report = SeedReport(skipped=[(printable(_shown(file, root)), reason) for file, reason in skipped])

    def licence_of(file: Path, text: str) -> str:
        return licence or licences.of(file, text)

    return _read(files, "path", lambda file: _shown(file, root), licence_of, report)


def read_stdlib() -> SeedReport:
    """Read the seeds of the running interpreter's standard library, its tests and tables left out.

    Raises `BadInput` where the library is not on disk as source.
    """
    root = Path(sysconfig.get_paths()["stdlib"])
    files, skipped = find_python(root, _STDLIB_IGNORED) if os.path.isdir(root) else ([], [])
    files = [file for file in files if not _of_one_machine(file.relative_to(root))]
    if not files:
        raise BadInput(
            f"{root}: this Python's standard library is not there as source. "
            "Add a folder of code with `synth seeds add PATH`, or use a Python that ships its library as files."
        )
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"

    def shown(file: Path) -> str:
        return (Path(name) / file.relative_to(root)).as_posix()

    report = SeedReport(skipped=[(printable(shown(file)), reason) for file, reason in skipped])
    return _read(files, "stdlib", shown, lambda _file, _text: _STDLIB_LICENCE, report)


def _read(
    files: Iterable[Path],
    source: Literal["stdlib", "path"],
    shown: Callable[[Path], str],
    licence_of: Callable[[Path, str], str],
    report: SeedReport,
) -> SeedReport:
    seen: set[str] = set()
    for file in files:
        place = printable(shown(file))
        try:
            text = plain(read_text(file))
            units = cut_units(text, parse(place, text))
        except (Unreadable, Unparsed) as error:
            report.skipped.append((place, str(error).removeprefix(f"{place}: ")))
            continue
        for unit in units:
            if unit.code in seen:
                continue
            seen.add(unit.code)
            report.seeds.append(
                Seed(
                    id=record_id("seed", place, unit.name, unit.code),
                    source=source,
                    path=place,
                    line=unit.line,
                    end_line=unit.end_line,
                    name=unit.name,
                    unit=unit.kind,
                    code=unit.code,
                    licence=licence_of(file, text),
                )
            )
    return report


def _named_files(root: Path) -> tuple[list[Path], list[tuple[Path, str]]]:
    if os.path.isdir(root):
        files, skipped = find_python(root)
        if not files:
            why = f" ({skipped[0][1]})" if skipped else ""
            raise BadInput(
                f"{printable(str(root))}: no .py file in this folder{why}. Hidden folders, virtual environments, "
                "build and dist are not read; name the folder that holds the code."
            )
        return files, skipped
    if not os.path.lexists(root):
        raise BadInput(f"{printable(str(root))}: no such file or folder. Check the path.")
    if root.suffix != ".py":
        raise BadInput(f"{printable(str(root))}: not a .py file. Name a Python file or a folder of them.")
    return [root], []


def _shown(file: Path, root: Path) -> str:
    """The path as seeds carry it: relative to what was added, with its own name in front."""
    return (Path(root.name) / file.relative_to(root)).as_posix()


def _of_one_machine(file: Path) -> bool:
    return any(part.startswith(_STDLIB_OF_ONE_MACHINE) for part in file.parts)
