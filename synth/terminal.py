"""A run in the terminal: progress bars with rate and time left, and the closing funnel; or JSON lines."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from synth.workspace import Funnel, RunStatus, StepProgress, Workspace

_LOOK_EVERY = 0.4
_LINE_EVERY = 5.0


def watch_run(workspace: Workspace, run_id: str, *, as_json: bool) -> int:
    """Show a run until its worker stops, then its funnel. Returns the exit code; Ctrl-C stops the run, keeping all."""
    console = Console(stderr=False)
    if not as_json:
        console.print(f"[bold]{run_id}[/bold]  seed-to-score run in {workspace.folder}")
    try:
        if as_json:
            status = _follow_json(workspace, run_id)
        elif console.is_terminal:
            status = _follow(workspace, run_id, console)
        else:
            status = _follow_lines(workspace, run_id)
    except KeyboardInterrupt:
        workspace.cancel(run_id)
        print("stopping after what is in flight; press Ctrl-C again to leave it to itself", file=sys.stderr)
        with suppress(KeyboardInterrupt):
            while workspace.run(run_id).alive:
                time.sleep(_LOOK_EVERY)
        status = workspace.run(run_id)
    workspace.ingest()
    print_funnel(workspace.funnel(run_id), console, as_json=as_json)
    return _verdict(status, run_id)


def _verdict(status: RunStatus, run_id: str) -> int:
    if status.state == "finished":
        return 0
    reason = status.error or "its worker ended without a word"
    hint = f"`synth run --resume {run_id}` goes on where it stopped."
    if status.state == "cancelled":
        print(f"synth: run {run_id} was stopped; everything finished is kept. {hint}", file=sys.stderr)
        return 130
    print(f"synth: run {run_id} {status.state}: {reason} {hint}", file=sys.stderr)
    return 1


def _follow(workspace: Workspace, run_id: str, console: Console) -> RunStatus:
    columns = (
        TextColumn("{task.description:<16}"),
        BarColumn(bar_width=28),
        MofNCompleteColumn(),
        _Pace(),
        TextColumn("[dim]{task.fields[note]}"),
    )
    with Progress(*columns, console=console) as bars:
        ids: dict[str, object] = {}
        while True:
            status = workspace.run(run_id)
            workspace.ingest()
            for step in status.steps:
                if step.step not in ids:
                    ids[step.step] = bars.add_task(step.step, total=step.total, note="", pace=step)
                note = f"{step.dropped} dropped" if step.dropped else ""
                if status.state == "paused":
                    note = "paused"
                bars.update(ids[step.step], completed=step.done, total=step.total, note=note, pace=step)  # type: ignore[arg-type]
            if not status.alive:
                return status
            time.sleep(_LOOK_EVERY)


def _follow_lines(workspace: Workspace, run_id: str) -> RunStatus:
    """Where nobody can redraw a bar (a pipe, a log file): a line now and then, and one for each finished step."""
    said: dict[str, tuple[int, float]] = {}
    while True:
        status = workspace.run(run_id)
        workspace.ingest()
        for step in status.steps:
            done, at = said.get(step.step, (-1, 0.0))
            news = step.done != done and (step.done >= step.total or time.monotonic() - at > _LINE_EVERY)
            if news:
                print(f"  {step.step}: {step.done}/{step.total} {_pace(step).plain}", flush=True)
                said[step.step] = (step.done, time.monotonic())
        if not status.alive:
            return status
        time.sleep(_LOOK_EVERY)


class _Pace(ProgressColumn):
    """Items a second and time left, from the worker's own clock."""

    def render(self, task: Task) -> Text:
        return _pace(task.fields["pace"])


def _pace(step: StepProgress) -> Text:
    if step.rate is None:
        return Text("all reused" if step.done and step.done == step.reused else "", style="dim")
    if step.done >= step.total:
        return Text(f"{step.rate:.1f}/s in {_clock(step.seconds)}", style="green")
    return Text(f"{step.rate:.1f}/s, {_clock(step.left_seconds or 0)} left", style="cyan")


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds + 0.5), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def _follow_json(workspace: Workspace, run_id: str) -> RunStatus:
    last = ""
    while True:
        status = workspace.run(run_id)
        workspace.ingest()
        steps = [{**asdict(step), "rate": step.rate, "left_seconds": step.left_seconds} for step in status.steps]
        line = json.dumps({"event": "progress", "run": run_id, "state": status.state, "steps": steps})
        if line != last:
            print(line, flush=True)
            last = line
        if not status.alive:
            return status
        time.sleep(_LOOK_EVERY)


@contextmanager
def count_bar(title: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on stderr, from the first time that what it gives is called with (done, total)."""
    columns = (TextColumn(title), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=Console(stderr=True), transient=True)

    def show(done: int, total: int) -> None:
        if not bar.task_ids:
            bar.add_task(title)
            bar.start()
        bar.update(bar.task_ids[0], completed=done, total=total)

    try:
        yield show
    finally:
        if bar.task_ids:
            bar.stop()


def print_funnel(funnel: Funnel, console: Console, *, as_json: bool) -> None:
    """Print what was made, kept and dropped."""
    if as_json:
        stages = {stage.name: stage.count for stage in funnel.stages}
        print(json.dumps({"event": "funnel", "stages": stages, "drops": [asdict(drop) for drop in funnel.drops]}))
        return
    made = Table(title="Funnel", title_justify="left", title_style="bold", box=None, pad_edge=False)
    made.add_column("stage")
    made.add_column("count", justify="right")
    made.add_column("")
    for stage in funnel.stages:
        made.add_row(stage.name, f"{stage.count:,}", stage.note)
    console.print(made)
    if funnel.drops:
        why = Table(title="Why dropped", title_justify="left", title_style="bold", box=None, pad_edge=False)
        for column in ("step", "count", "reason"):
            why.add_column(column, justify="right" if column == "count" else "left")
        for drop in funnel.drops:
            why.add_row(drop.step, f"{drop.count:,}", Text(drop.reason))
        console.print(why)
