"""A run that the owner of the workspace starts for us: while the app has it open, `synth run` hands its config over."""

from collections.abc import Callable
from pathlib import Path

from synth.errors import WorkspaceBusy
from synth.runs import Runs
from synth.settings import RunConfig
from synth.terminal import watch_beside

_PATIENCE = 10.0
"""Seconds until an owner that takes nothing counts as one that never will."""


def hand_over(folder: Path, config: RunConfig, busy: WorkspaceBusy, *, as_json: bool) -> int:
    """Hand a config to the owner of a workspace and follow the run. Returns the exit code.

    Raises `busy` where the owner does not take it, which then starts nothing later either, and `BadInput` with what
    the owner says is wrong.
    """
    runs = Runs(folder.absolute() / "runs")
    run_id = runs.inbox.post(config).wait(_PATIENCE)
    if run_id is None:
        raise busy
    return watch_beside(runs, run_id, as_json=as_json)


def or_hand_over(folder: Path, config: RunConfig, work: Callable[[], int], *, as_json: bool) -> int:
    """Do `work` in the workspace of one's own, or hand the config over where another process has it."""
    try:
        return work()
    except WorkspaceBusy as busy:
        return hand_over(folder, config, busy, as_json=as_json)
