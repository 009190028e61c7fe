"""`synth sandbox run`: a program in the sandbox, and how it ended."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from synth.errors import BadInput
from synth.records import CodeFile
from synth.sandbox.base import Script
from synth.sandbox_cli.chosen import add_flag, sandbox_for
from synth.sandbox_cli.verify import limits_within, seconds

if TYPE_CHECKING:
    from synth.commands import Register

_MOST_BYTES = 64 * 1024 * 1024


def add(sandbox: "argparse._SubParsersAction[argparse.ArgumentParser]", register: "Register") -> None:
    """Add the command."""
    run = register(sandbox, "run", _run, "run a program in the sandbox; exit code 0 where it came to its regular end")
    run.add_argument("files", nargs="+", type=Path, metavar="FILE", help="the program, then files that it needs")
    run.add_argument("--timeout", type=seconds, metavar="S", help="default: 10")
    run.add_argument("--stdin", type=Path, metavar="FILE", help="what it reads; - for the standard input")
    run.add_argument("--json", action="store_true", help="print one JSON object instead")
    add_flag(run)


def _run(options: argparse.Namespace) -> int:
    names = _names(options.files)
    files = tuple(CodeFile(path=name, text=_read(path)) for name, path in zip(names, options.files, strict=True))
    stdin = "" if options.stdin is None else _read(options.stdin)
    sandbox = sandbox_for(options, 1)
    script = Script(files=files, main=names[0], stdin=stdin, limits=limits_within(options.timeout))
    result = sandbox.run(script)
    if options.json:
        print(json.dumps({**asdict(result), "sandbox": {"backend": sandbox.backend, "level": sandbox.level}}))
    else:
        _show(result.stdout, sys.stdout)
        _show(result.stderr, sys.stderr)
        peak = "" if result.peak_mb is None else f", {result.peak_mb:.0f} MB"
        code = "" if result.exit_code in (0, None) else f" (exit code {result.exit_code})"
        end = f"{result.outcome}{code} in {result.seconds:.2f} s{peak}; {sandbox.backend}, {sandbox.level}"
        print(f"synth: {end}", file=sys.stderr)
    return 0 if result.outcome == "passed" else 1


def _names(paths: Sequence[Path]) -> list[str]:
    """Their names in the sandbox: as given where that is below this folder, else below the folder they share."""
    plain = [os.path.normpath(path) for path in paths]
    if any(os.path.isabs(name) or name.split(os.sep)[0] == os.pardir for name in plain):
        whole = [os.path.abspath(path) for path in paths]
        shared = os.path.commonpath([os.path.dirname(name) for name in whole])
        plain = [os.path.relpath(name, shared) for name in whole]
    for name in plain:
        if plain.count(name) > 1:
            raise BadInput(f"{name} is given twice; give it once.")
    return [name.replace(os.sep, "/") for name in plain]


def _read(path: Path) -> str:
    """The text of a file, its line ends as they are."""
    try:
        if str(path) == "-":
            data = sys.stdin.buffer.read(_MOST_BYTES + 1)
        else:
            with path.open("rb") as file:
                data = file.read(_MOST_BYTES + 1)
        text = data.decode()
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}; check the name and rights.") from error
    except UnicodeDecodeError as error:
        raise BadInput(f"{path} is no text in UTF-8 at byte {error.start + 1}; convert it.") from error
    if len(data) > _MOST_BYTES:
        raise BadInput(f"{path} holds more than {_MOST_BYTES // 1024 // 1024} MiB; give less.")
    return text


def _show(text: str, stream: TextIO) -> None:
    """Print what a program said; a terminal gets no control characters of it."""
    if stream.isatty():
        text = "".join(
            sign if sign in "\n\t" or sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text
        )
    encoding = stream.encoding or "utf-8"
    stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
    if text and not text.endswith("\n") and stream.isatty():
        stream.write("\n")
    stream.flush()
