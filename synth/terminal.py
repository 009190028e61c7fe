"""A run in the terminal: progress bars with rate, time left and spend, and the closing funnel; or JSON lines."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from synth.records import coins
from synth.runlog import LogTail
from synth.runs import Runs
from synth.workspace import Funnel, RunStatus, StepProgress, Workspace
from synth.workspace.expected import Range

_LOOK_EVERY = 0.4
_LINE_EVERY = 5.0


class Followed(Protocol):
    """Where a run can be looked at and stopped."""

    def run(self, run_id: str) -> RunStatus:
        """How far it is."""

    def cancel(self, run_id: str) -> None:
        """Stop it after what is in flight."""

    def ingest(self) -> int:
        """Store what its worker has written."""


@dataclass(frozen=True, slots=True)
class Beside:
    """The runs of a workspace that another process owns, which stores what workers write."""

    runs: Runs

    def run(self, run_id: str) -> RunStatus:
        """See `Followed`."""
        return self.runs.status(run_id)

    def cancel(self, run_id: str) -> None:
        """See `Followed`."""
        self.runs.cancel(run_id)

    def ingest(self) -> int:
        """See `Followed`."""
        return 0


def watch_run(workspace: Workspace, run_id: str, *, as_json: bool) -> int:
    """Show a run until its worker stops, then its funnel. Returns the exit code; Ctrl-C stops the run, keeping all."""
    status = _watch(workspace, workspace.folder / "runs", run_id, as_json=as_json)
    workspace.ingest()
    print_funnel(workspace.funnel(run_id), Console(), as_json=as_json, run_id=run_id)
    _print_off(workspace, run_id, as_json=as_json)
    return _verdict(status, run_id, as_json=as_json)


def watch_beside(runs: Runs, run_id: str, *, as_json: bool) -> int:
    """As `watch_run`, of a workspace that another process owns: its funnel is shown there."""
    return _verdict(_watch(Beside(runs), runs.folder, run_id, as_json=as_json), run_id, as_json=as_json)


def _watch(source: Followed, folder: Path, run_id: str, *, as_json: bool) -> RunStatus:
    console = Console(stderr=False)
    if not as_json:
        console.print(f"[bold]{run_id}[/bold]  seed-to-score run in {folder.parent}")
    try:
        if as_json:
            return _follow_json(source, folder / run_id, run_id)
        if console.is_terminal:
            return _follow(source, run_id, console)
        return _follow_lines(source, run_id)
    except KeyboardInterrupt:
        source.cancel(run_id)
        print("stopping after what is in flight; press Ctrl-C again to leave it to itself", file=sys.stderr)
        with suppress(KeyboardInterrupt):
            while source.run(run_id).alive:
                time.sleep(_LOOK_EVERY)
        return source.run(run_id)


def _verdict(status: RunStatus, run_id: str, *, as_json: bool) -> int:
    code = {"finished": 0, "cancelled": 130}.get(status.state, 1)
    if as_json:
        spend = {step: spent.model_dump() for step, spent in status.spend.items()}
        end = {"event": "end", "run": run_id, "state": status.state, "error": status.error, "spend": spend}
        print(json.dumps(end | {"exit": code}), flush=True)
    if code == 0:
        return code
    reason = status.error or "its worker ended without a word."
    hint = f"`synth run --resume {run_id}` goes on where it stopped." if status.state != "stopped" else ""
    if status.state == "cancelled":
        print(f"synth: run {run_id} was stopped; everything finished is kept. {hint}", file=sys.stderr)
    else:
        print(f"synth: run {run_id} {status.state}: {reason} {hint}".rstrip(), file=sys.stderr)
    return code


def _follow(source: Followed, run_id: str, console: Console) -> RunStatus:
    columns = (
        TextColumn("{task.description:<16}"),
        BarColumn(bar_width=28),
        MofNCompleteColumn(),
        _Pace(),
        TextColumn("[dim]{task.fields[note]}"),
    )
    bars, spent = Progress(*columns, console=console), Text("", style="dim")
    with Live(Group(bars, spent), console=console, refresh_per_second=4):
        ids: dict[str, object] = {}
        while True:
            status = source.run(run_id)
            source.ingest()
            for step in status.steps:
                if step.step not in ids:
                    ids[step.step] = bars.add_task(step.step, total=step.total, note="", pace=step)
                note = f"{step.dropped} dropped" if step.dropped else ""
                if status.state == "paused":
                    note = "paused"
                bars.update(ids[step.step], completed=step.done, total=step.total, note=note, pace=step)  # type: ignore[arg-type]
            spent.plain = spend_words(status)
            if not status.alive:
                return status
            time.sleep(_LOOK_EVERY)


def spend_words(status: RunStatus) -> str:
    """What asking came to so far; empty where nothing was asked of an engine that counts."""
    total = status.total
    if not total.calls and not total.hits:
        return ""
    said = [f"{total.calls:,} calls"]
    if total.hits:
        said.append(f"{total.hits:,} known already")
    if total.failed:
        said.append(f"{total.failed:,} failed")
    if total.calls > total.unmeasured:
        said.append(f"{total.input_tokens:,} tokens in, {total.output_tokens:,} out")
    if total.money is not None and total.cost:
        said.append(f"{'at least ' if total.unpriced else ''}{coins(total.money)} spent")
    elif total.unpriced:
        said.append("cost not known")
    return "  " + ", ".join(said)


def _follow_lines(source: Followed, run_id: str) -> RunStatus:
    """Where nobody can redraw a bar (a pipe, a log file): a line now and then, and one for each finished step."""
    said: dict[str, tuple[int, float]] = {}
    while True:
        status = source.run(run_id)
        source.ingest()
        for step in status.steps:
            done, at = said.get(step.step, (-1, 0.0))
            news = step.done != done and (step.done >= step.total or time.monotonic() - at > _LINE_EVERY)
            if news:
                print(f"  {step.step}: {step.done}/{step.total} {_pace(step).plain}", flush=True)
                said[step.step] = (step.done, time.monotonic())
        if not status.alive:
            if words := spend_words(status):
                print(words, flush=True)
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


def _follow_json(source: Followed, folder: Path, run_id: str) -> RunStatus:
    """Every event for another program, a line each: how far the run is when that changed, and its log as it grows."""
    last = ""
    tail = LogTail(folder)
    while True:
        status = source.run(run_id)
        source.ingest()
        for entry in tail.new():
            print(json.dumps({"event": "log", "run": run_id, "log": entry}), flush=True)
        steps = [{**asdict(step), "rate": step.rate, "left_seconds": step.left_seconds} for step in status.steps]
        spend = {step: spent.model_dump() for step, spent in status.spend.items()}
        line = json.dumps({"event": "progress", "run": run_id, "state": status.state, "steps": steps, "spend": spend})
        if line != last:
            print(line, flush=True)
            last = line
        if not status.alive:
            return status
        time.sleep(_LOOK_EVERY)


def _print_off(workspace: Workspace, run_id: str, *, as_json: bool) -> None:
    """How far off the estimate was, where something was paid and expected."""
    found = workspace.estimating.compared(run_id)
    if as_json:
        print(json.dumps({"event": "estimate", "run": run_id, "compared": found.model_dump(mode="json")}), flush=True)
        return
    expected, actual = found.estimate, found.total.actual
    if expected is None or expected.free or not actual.calls:
        return
    calls, cost = expected.calls, expected.cost
    said = f"expected {_range(calls, '{:,.0f}'.format)} calls, came to {actual.calls + actual.hits:,}"
    if cost.high is not None and actual.money is not None:
        said += f"; expected {_range(cost, coins)} to pay, came to {coins(actual.money)}"
        said += f", and what was known already to {coins(found.total.saved)}" if found.total.saved else ""
    if found.total.inside is not None:
        said += ", inside the range" if found.total.inside else ", outside the range"
    print(said)


def _range(expected: Range, written: Callable[[float], str]) -> str:
    if expected.low is not None and expected.high is not None:
        return f"{written(expected.low)} to {written(expected.high)}"
    return f"at most {written(expected.high)}" if expected.high is not None else "an unknown number of"


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


def print_funnel(funnel: Funnel, console: Console, *, as_json: bool, run_id: str | None = None) -> None:
    """Print what was made, kept and dropped, in a run or (None) in the workspace."""
    if as_json:
        stages = {stage.name: stage.count for stage in funnel.stages}
        drops = [asdict(drop) for drop in funnel.drops]
        print(json.dumps({"event": "funnel", "run": run_id, "stages": stages, "drops": drops}))
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
