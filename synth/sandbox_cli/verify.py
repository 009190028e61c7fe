"""`synth verify`: a verdict for each entry of any dataset. It may be killed at any time and taken up again."""

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from synth.errors import BadInput
from synth.sandbox.base import Limits
from synth.sandbox_cli.chosen import add_flag, sandbox_for
from synth.sandbox_cli.ledger import Ledger, Options, journal_of
from synth.sandbox_cli.running import DatasetRun, Proofs

if TYPE_CHECKING:
    from synth.commands import Register

_MUTANTS = 10
_LONGEST_TIMEOUT = 3600.0


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]", register: "Register") -> None:
    """Add the command."""
    command = register(commands, "verify", _verify, "run the tests of every entry of a dataset in the sandbox")
    command.add_argument(
        "file",
        type=Path,
        metavar="IN.jsonl",
        help='one object a line: {"id": ..., "files": {path: text}, "tests": [path, ...], "packages": [...]}',
    )
    command.add_argument("--out", type=Path, required=True, metavar="OUT.jsonl", help="one verdict a line, same order")
    command.add_argument("--workers", type=_whole, metavar="N", help="default: one a core")
    command.add_argument("--timeout", type=seconds, metavar="S", help="seconds for one entry; default: 10")
    command.add_argument("--resume", action="store_true", help="go on where an earlier run was stopped or killed")
    command.add_argument("--overwrite", action="store_true", help="replace an existing OUT")
    command.add_argument(
        "--shard", type=_shard, default="1/1", metavar="I/N", help="only every N-th line, from the I-th"
    )
    command.add_argument("--prove", action="store_true", help="try the tests on a stub and on mutants of what passed")
    command.add_argument("--mutants", type=_whole, metavar="N", help=f"mutants at most; default: {_MUTANTS}")
    command.add_argument("--strict", action="store_true", help="leave out tests that refuse no stub and no mutant")
    command.add_argument("--recheck", action="store_true", help="run what passed again in another order, to find flaky")
    command.add_argument("--json", action="store_true", help="print progress and the summary as JSON lines")
    add_flag(command)


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 7 and int(text) > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def seconds(text: str) -> float:
    """A time limit in seconds, for argparse."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= _LONGEST_TIMEOUT:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds, above 0 and at most 3600")
    return value


def _shard(text: str) -> str:
    part, _, parts = text.partition("/")
    try:
        fine = 1 <= _whole(part) <= _whole(parts)
    except argparse.ArgumentTypeError:
        fine = False
    if not fine:
        raise argparse.ArgumentTypeError(f"{text!r} is not a shard such as 2/8")
    return f"{int(part)}/{int(parts)}"


def _verify(options: argparse.Namespace) -> int:
    _refuse_same_file(options.file, options.out)
    proofs = _proofs(options)
    limits = limits_within(options.timeout)
    kept: Options = {
        "timeout": limits.wall_seconds,
        "mutants": proofs.mutants,
        "strict": proofs.strict,
        "recheck": proofs.recheck,
        "shard": options.shard,
    }
    workers = options.workers or os.cpu_count() or 1
    with _opened(options.file) as file:
        sandbox = sandbox_for(options, options.workers)
        with Ledger(options.out, kept, overwrite=options.overwrite, resume=options.resume, file=file) as ledger:
            run = DatasetRun(file, ledger, sandbox, limits, proofs, kept, workers, as_json=options.json)
            return run.go()


def limits_within(timeout: float | None) -> Limits:
    """The usual limits, with another wall clock; its processor time is allowed too."""
    limits = Limits()
    if timeout is None:
        return limits
    return replace(limits, wall_seconds=timeout, cpu_seconds=max(limits.cpu_seconds, timeout))


def _proofs(options: argparse.Namespace) -> Proofs:
    proving = options.prove or options.strict or options.mutants is not None
    mutants = (options.mutants or _MUTANTS) if proving else 0
    return Proofs(prove=proving, mutants=mutants, strict=options.strict, recheck=options.recheck)


def _refuse_same_file(file: Path, out: Path) -> None:
    """IN must not be written over."""
    for path in (out, journal_of(out)):
        try:
            same = path.exists() and path.samefile(file)
        except OSError:
            same = False
        if same:
            raise BadInput(f"{out} would be written over {file}, which is read; choose another --out.")


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    if path.exists() and not path.is_file():
        raise BadInput(f"{path} is no file that can be read twice; give the name of a JSONL file.")
    try:
        file = path.open("rb")
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}; check the name and rights.") from error
    with file:
        yield file
