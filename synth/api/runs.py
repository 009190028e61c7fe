"""Runs: how far they are, and pause, resume, cancel, retry, extend."""

from typing import Annotated, Literal

from pydantic import Field

from synth.api.bench import Bench
from synth.api.endpoint import JSON, Body, Endpoint
from synth.runs import RunStatus, StepProgress
from synth.workspace import Workspace

_MOST = 20


class StateBody(Body):
    """One run, or the newest."""

    run_id: str | None = Field(default=None, max_length=200)


class ActBody(Body):
    """What is to become of a run."""

    run_id: str = Field(max_length=200)
    action: Literal["pause", "resume", "cancel", "retry", "extend"]
    wanted: tuple[Annotated[str, Field(max_length=200)], ...] | None = Field(default=None, max_length=100_000)
    """For `retry`: ids of what dropped items would have become; None = all that ended early."""
    samples: int = Field(default=0, ge=0, le=1_000_000)
    """For `extend`: how many more."""


def state(bench: Bench, asked: StateBody) -> JSON:
    """How far runs are, the newest first. Raises `NotFound`."""
    workspace = bench.workspace
    found = workspace.runs()[:_MOST] if asked.run_id is None else [workspace.run(asked.run_id)]
    return {"runs": [_line(workspace, run) for run in found]}


def act(bench: Bench, asked: ActBody) -> JSON:
    """Do what is asked of a run. Raises `NotFound`, and `BadInput` where that cannot be done."""
    workspace = bench.workspace
    workspace.run(asked.run_id)
    match asked.action:
        case "pause":
            workspace.pause(asked.run_id)
        case "resume":
            workspace.resume(asked.run_id)
        case "cancel":
            workspace.cancel(asked.run_id)
        case "retry":
            workspace.retry(asked.run_id, asked.wanted)
        case "extend":
            workspace.extend(asked.run_id, asked.samples)
    return {"runs": [_line(workspace, workspace.run(asked.run_id))]}


def _line(workspace: Workspace, run: RunStatus) -> dict[str, object]:
    config = workspace.run_config(run.id)
    return {
        "id": run.id,
        "name": run.name,
        "state": run.state,
        "steps": [_step(step) for step in run.steps],
        "error": run.error,
        "alive": run.alive,
        "resumable": run.resumable,
        "targets": len(config.sample.targets),
        "at": config.grow.at,
    }


def _step(step: StepProgress) -> dict[str, object]:
    return {
        "name": step.step,
        "done": step.done,
        "total": step.total,
        "dropped": step.dropped,
        "left_seconds": step.left_seconds,
    }


ENDPOINTS = (
    Endpoint("/api/runs/state", StateBody, state),
    Endpoint("/api/runs/act", ActBody, act),
)
