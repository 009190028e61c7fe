"""The command line: the same flow as the app, on the same workspace. Errors go to stderr with exit code 1."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console

from synth.errors import BadInput, EspalierError
from synth.records import Seed
from synth.sandbox_cli import add_sandbox_commands
from synth.settings import RunConfig, SampleConfig, load_config
from synth.terminal import count_bar, print_funnel, watch_run
from synth.tree_cli import add_tree_commands
from synth.workspace import Workspace, demo_config

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
    run = _command(commands, "run", _run, "run the flow from seeds to scores; with no config, the demo")
    run.add_argument("config", nargs="?", type=Path, help="TOML file; see data/demo.toml")
    run.add_argument(
        "--resume", nargs="?", const="", metavar="RUN", help="go on with the latest stopped run, or with RUN"
    )
    run.add_argument("--shape", metavar="NAME", help="draw with this shape of the workspace; the config says how many")
    run.add_argument("--json", action="store_true", help="print progress and the funnel as JSON lines")

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
    _command(commands, "runs", _runs, "list runs").add_argument("--json", action="store_true")
    funnel = _command(commands, "funnel", _funnel, "what was made, kept and dropped, and why")
    funnel.add_argument("run", nargs="?", metavar="RUN", help="default: the whole workspace")
    funnel.add_argument("--json", action="store_true")

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


def _run(options: argparse.Namespace) -> int:
    if options.resume is not None and options.config is not None:
        raise BadInput("--resume takes up a frozen config; give either a config file or --resume, not both.")
    if options.resume is not None and options.shape is not None:
        raise BadInput("--resume takes up a frozen config, its shape included; leave out --shape.")
    config: RunConfig | None = None
    if options.resume is None:
        config = load_config(options.config) if options.config else demo_config()
    workspace = Workspace(options.workspace)
    try:
        if config and options.shape is not None:
            config = _with_shape(config, workspace.settings().shape(options.shape))
        run_id = workspace.start_run(config) if config else _resume(workspace, options.resume)
        return watch_run(workspace, run_id, as_json=options.json)
    finally:
        workspace.close()


def _with_shape(config: RunConfig, shape: SampleConfig) -> RunConfig:
    sample = shape.model_copy(update={"count": config.sample.count})
    return config.model_copy(update={"sample": sample})


def _resume(workspace: Workspace, wanted: str) -> str:
    if wanted:
        workspace.resume(wanted)
        return wanted
    for status in workspace.runs():
        if status.resumable or status.alive:
            workspace.resume(status.id)
            return status.id
    raise BadInput("no stopped run in this workspace; start one with `synth run`.")


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


def _runs(options: argparse.Namespace) -> int:
    workspace = Workspace(options.workspace)
    try:
        statuses = workspace.runs()
    finally:
        workspace.close()
    for status in statuses:
        if options.json:
            print(json.dumps({"run": status.id, "name": status.name, "state": status.state, "error": status.error}))
        else:
            print(f"{status.id}  {status.state}" + (f"  {status.error}" if status.error else ""))
    if not statuses and not options.json:
        print("no runs yet; start one with `synth run`.")
    return 0


def _funnel(options: argparse.Namespace) -> int:
    workspace = Workspace(options.workspace)
    try:
        if options.run:
            workspace.run(options.run)
        print_funnel(workspace.funnel(options.run), Console(), as_json=options.json)
    finally:
        workspace.close()
    return 0


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
