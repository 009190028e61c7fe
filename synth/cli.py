"""The command line: the same flow as the app, on the same workspace. Errors go to stderr with exit code 1."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from synth.errors import EspalierError
from synth.model_cli import add_model_commands
from synth.record_cli import add_record_commands
from synth.records import Seed
from synth.run_cli import add_run_commands
from synth.sandbox_cli import add_sandbox_commands
from synth.terminal import count_bar
from synth.tree_cli import add_tree_commands
from synth.workspace import Workspace

DEFAULT_WORKSPACE = Path("workspace")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit code: 0 = done, 1 = a clear error, 2 = wrong usage, 130 = stopped."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.command(options))
    except EspalierError as error:
        print(f"synth: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("synth: stopped; what was finished is kept.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="synth", description="Curate feature trees; make proven training data.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    add_run_commands(commands, _command)
    seeds = commands.add_parser("seeds", help="add and list seeds").add_subparsers(required=True, metavar="WHAT")
    add = _command(seeds, "add", _seeds_add, "read functions and classes from folders or files")
    add.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    add.add_argument("--licence", help="SPDX id; default: what the files and folder say")
    _command(seeds, "stdlib", _seeds_stdlib, "read the running interpreter's standard library")
    listing = _command(seeds, "list", _seeds_list, "list seeds")
    listing.add_argument("--search", default="", help="part of a path or name")
    listing.add_argument("--limit", type=_positive, default=50)
    listing.add_argument("--json", action="store_true")
    coreset = _command(seeds, "coreset", _seeds_coreset, "pick a core set by k-center greedy on embeddings")
    coreset.add_argument("--size", type=_positive, required=True)
    coreset.add_argument("--seed", type=int, default=7)
    coreset.add_argument("--json", action="store_true")

    add_tree_commands(commands, _command)
    add_sandbox_commands(commands, _command)
    add_model_commands(commands, _command)
    add_record_commands(commands, _command)
    _command(commands, "demonstrations", _demonstrations, "list the refined demonstrations and what each changed")

    export = _command(commands, "export", _export, "write a dataset and its card")
    export.add_argument("--format", choices=("messages", "alpaca", "full"), default="messages")
    export.add_argument("--out", type=Path, required=True, metavar="FILE", help=".jsonl or .parquet")
    export.add_argument("--run", metavar="RUN", help="only what this run made")
    export.add_argument("--unproven", action="store_true", help="also solutions that did not pass, and ToE answers")
    export.add_argument("--overwrite", action="store_true", help="replace an existing file")
    return parser


def _command(
    group: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    command: Callable[[argparse.Namespace], int],
    text: str,
) -> argparse.ArgumentParser:
    parser = group.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    parser.add_argument("--workspace", type=Path, default=DEFAULT_WORKSPACE, metavar="DIR", help="default: ./workspace")
    parser.set_defaults(command=command)
    return parser


def _positive(text: str) -> int:
    try:
        value = int(text)
    except ValueError:
        value = 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return value


def _seeds_add(options: argparse.Namespace) -> int:
    workspace = Workspace(options.workspace)
    try:
        for path in options.paths:
            report = workspace.add_seeds(path, options.licence)
            print(f"{path}: {len(report.seeds)} seeds")
            for file, reason in report.skipped:
                print(f"  skipped {file}: {reason}", file=sys.stderr)
        print(f"{workspace.counts().seeds} seeds in {options.workspace}")
    finally:
        workspace.close()
    return 0


def _seeds_stdlib(options: argparse.Namespace) -> int:
    workspace = Workspace(options.workspace)
    try:
        report = workspace.add_stdlib_seeds()
        print(f"standard library: {len(report.seeds)} seeds")
        print(f"{workspace.counts().seeds} seeds in {options.workspace}")
    finally:
        workspace.close()
    return 0


def _seeds_list(options: argparse.Namespace) -> int:
    workspace = Workspace(options.workspace)
    try:
        seeds, total = workspace.seeds(options.search, options.limit)
    finally:
        workspace.close()
    _print_seeds(seeds, as_json=options.json)
    if not options.json:
        print(f"{len(seeds)} of {total} seeds")
    return 0


def _seeds_coreset(options: argparse.Namespace) -> int:
    workspace = Workspace(options.workspace)
    try:
        total = workspace.counts().seeds
        with count_bar("embedding seeds") as embedded:
            seeds = workspace.coreset(options.size, options.seed, embedded)
    finally:
        workspace.close()
    _print_seeds(seeds, as_json=options.json)
    if not options.json:
        print(f"core set of {len(seeds)} out of {total} seeds")
    return 0


def _print_seeds(seeds: Sequence[Seed], *, as_json: bool) -> None:
    for seed in seeds:
        if as_json:
            print(seed.model_dump_json())
        else:
            print(f"{seed.id}  {seed.path}:{seed.line}-{seed.end_line}  {seed.name}")


def _demonstrations(options: argparse.Namespace) -> int:
    workspace = Workspace(options.workspace)
    try:
        versions = workspace.demonstrations()
    finally:
        workspace.close()
    for version in versions:
        print(
            f"version {version.version}  {len(version.features)} features, {version.added} added, "
            f"{version.removed} removed, covers {version.covered:.0%} of the keywords  {version.id}"
        )
    if not versions:
        print("only the shipped demonstration; set extract.demonstration_rounds in a run's config to refine it.")
    return 0


def _export(options: argparse.Namespace) -> int:
    workspace = Workspace(options.workspace)
    try:
        if options.run:
            workspace.run(options.run)
        report = workspace.export(
            options.format, options.out, unproven=options.unproven, run_id=options.run, overwrite=options.overwrite
        )
    finally:
        workspace.close()
    print(f"{report.rows} rows in {report.path}, card in {report.card_path}")
    for reason, count in sorted(report.left_out.items()):
        print(f"  left out {count}: {reason}")
    return 0
