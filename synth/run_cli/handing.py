"""`synth run` while another process has the workspace open: its owner starts the run, we follow it by its folder."""

import argparse

from synth.errors import WorkspaceBusy
from synth.runs import Runs
from synth.settings import RunConfig
from synth.terminal import watch_beside
from synth.workspace.running import Running

_PATIENCE = 10.0
"""Seconds until an owner that takes nothing counts as one that never will."""


def run_beside(options: argparse.Namespace, config: RunConfig | None, busy: WorkspaceBusy) -> int:
    """Hand a config to the owner of the workspace, or take up a run (None), and follow it. Returns the exit code.

    Raises `busy` where the owner takes nothing, which then starts nothing later either, and where only the database
    could tell what is asked; `BadInput` with what the owner says is wrong.
    """
    if options.pilot is not None or options.estimate or options.shape is not None:
        raise busy
    runs = Runs(options.workspace.absolute() / "runs")
    run_id = _resumed(runs, options.resume) if config is None else runs.inbox.post(config).wait(_PATIENCE)
    if run_id is None:
        raise busy
    return watch_beside(runs, run_id, as_json=options.json)


def _resumed(runs: Runs, wanted: str) -> str | None:
    door = Running(runs)
    for status in [door.run(wanted)] if wanted else door.runs():
        if wanted or status.resumable or status.alive:
            door.resume(status.id)
            return status.id
    return None
