"""`synth run`: start a run, or take one up again, and follow it; or say first what it will come to."""

import argparse
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

from synth.errors import BadInput, WorkspaceBusy
from synth.run_cli.estimate import make_pilot, show_estimate
from synth.run_cli.handing import run_beside
from synth.settings import RunConfig, SampleConfig, load_config
from synth.terminal import watch_run
from synth.workspace import Workspace, demo_config

if TYPE_CHECKING:
    from synth.commands import Register


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]", register: "Register") -> None:
    """Add the command."""
    run = register(commands, "run", _run, "run the flow from seeds to scores; with no config, the demo")
    run.add_argument("config", nargs="?", type=Path, help="TOML file; see data/demo.toml")
    run.add_argument(
        "--resume", nargs="?", const="", metavar="RUN", help="go on with the latest stopped run, or with RUN"
    )
    run.add_argument("--shape", metavar="NAME", help="draw with this shape of the workspace; the config says how many")
    run.add_argument(
        "--estimate", action="store_true", help="print calls, tokens and cost of each step; start nothing, send nothing"
    )
    run.add_argument(
        "--pilot", type=int, metavar="N", help="make N items first, and print what the whole run will come to"
    )
    run.add_argument(
        "--budget", type=float, metavar="MONEY", help="stop when so much is spent, after what is in flight"
    )
    run.add_argument("--fresh", action="store_true", help="ask again where the workspace has a reply already")
    run.add_argument("--batch", action="store_true", help="ask through the endpoint's batch interface: cheaper, slower")
    run.add_argument("--json", action="store_true", help="print progress and the funnel as JSON lines")


def _run(options: argparse.Namespace) -> int:
    _check_together(options)
    config = None if options.resume is not None else _config(options)
    try:
        workspace = Workspace(options.workspace)
    except WorkspaceBusy as busy:
        return run_beside(options, config, busy)
    try:
        if config is None:
            return watch_run(workspace, _resume(workspace, options.resume), as_json=options.json)
        if options.shape is not None:
            config = _with_shape(config, workspace.settings().shape(options.shape))
        if options.pilot is not None:
            return make_pilot(workspace, config, options.pilot, as_json=options.json)
        if options.estimate:
            return show_estimate(workspace, config, as_json=options.json)
        return watch_run(workspace, workspace.start_run(config), as_json=options.json)
    finally:
        workspace.close()


def _check_together(options: argparse.Namespace) -> None:
    if options.resume is None:
        return
    if options.config is not None:
        raise BadInput("--resume takes up a frozen config; give either a config file or --resume, not both.")
    if options.shape is not None:
        raise BadInput("--resume takes up a frozen config, its shape included; leave out --shape.")
    if options.budget is not None:
        raise BadInput("--resume takes up a frozen config; raise its budget with `synth runs budget`.")
    given = ("estimate", "fresh", "batch")
    for name in [name for name in given if getattr(options, name)] + (["pilot"] if options.pilot is not None else []):
        raise BadInput(f"--resume takes up a frozen config; leave out --{name}.")


def _config(options: argparse.Namespace) -> RunConfig:
    """The config of the file, or the demo's, with what the flags say."""
    config = load_config(options.config) if options.config else demo_config()
    change: dict[str, object] = {name: True for name in ("fresh", "batch") if getattr(options, name)}
    if options.budget is not None:
        if not isfinite(options.budget) or options.budget < 0:
            raise BadInput(f"--budget {options.budget:g}: give an amount of money, 0 or more.")
        change["budget"] = config.budget.model_copy(update={"money": options.budget})
    return config.model_copy(update=change)


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
