"""`synth run`: start a run, or take one up again, and follow it."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from synth.errors import BadInput
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
    run.add_argument("--json", action="store_true", help="print progress and the funnel as JSON lines")


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
