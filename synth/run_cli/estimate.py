"""`synth run --estimate` and `--pilot`: what a run will come to, before it is paid."""

import json

from rich.console import Console
from rich.table import Table

from synth.errors import BadInput
from synth.settings import RunConfig
from synth.terminal import watch_run
from synth.workspace import RunEstimate, Workspace
from synth.workspace.expected import in_words

_FROM = {"measured": "measured", "other models": "other models", "bound": "upper bound"}


def show_estimate(workspace: Workspace, config: RunConfig, *, as_json: bool) -> int:
    """Print what a run of this config will come to; nothing is started and nothing sent."""
    print_estimate(workspace.estimating.estimate(config), "run", as_json=as_json)
    return 0


def make_pilot(workspace: Workspace, config: RunConfig, count: int, *, as_json: bool) -> int:
    """Make a few items, then print what the whole run will come to. Returns the exit code of the small run."""
    if count < 1:
        raise BadInput("--pilot takes a number of items, 1 or more.")
    small = workspace.estimating.pilot_of(config, count)
    expected = workspace.estimating.estimate(small)
    print_estimate(expected, "pilot", as_json=as_json)
    pilot = workspace.start_run(small, expected)
    code = watch_run(workspace, pilot, as_json=as_json)
    if code == 0:
        print_estimate(workspace.estimating.estimate(config, pilot), "run", as_json=as_json)
    return code


def print_estimate(estimate: RunEstimate, of: str, *, as_json: bool) -> None:
    """Print an estimate; `of` says whether it is of the whole run or of a pilot."""
    if as_json:
        print(json.dumps({"event": "estimate", "of": of, **estimate.model_dump(mode="json")}), flush=True)
        return
    console = Console()
    title = "The whole run" if of == "run" else "The pilot"
    if estimate.pilot:
        title += f", after {estimate.pilot}"
    table = Table(title=f"{title}: expected", title_justify="left", title_style="bold", box=None, pad_edge=False)
    for column in ("step", "model", "calls", "input tokens", "output tokens", f"cost, {estimate.currency}", "from"):
        table.add_column(column, justify="left" if column in ("step", "model", "from") else "right")
    for step in estimate.steps:
        cost = "free" if step.engine == "offline" else in_words(step.cost, money=True)
        tokens = ("", "") if step.engine == "offline" else (in_words(step.input_tokens), in_words(step.output_tokens))
        source = "" if step.engine == "offline" else _FROM[step.basis]
        table.add_row(step.step, step.model, in_words(step.calls), *tokens, cost, source)
    if not estimate.free:
        whole = (in_words(estimate.input_tokens), in_words(estimate.output_tokens))
        table.add_row("in all", "", in_words(estimate.calls), *whole, in_words(estimate.cost, money=True), "")
    console.print(table)
    for line in closing_words(estimate):
        console.print(line, style="dim", highlight=False, markup=False)


def closing_words(estimate: RunEstimate) -> list[str]:
    """What is said below the numbers."""
    said = ["Free: the offline engine answers."] if estimate.free else []
    if estimate.seconds is not None:
        said.append(f"About {max(1, round(estimate.seconds)):,} s at the pace of the latest such run.")
    if not estimate.free and estimate.cost.low is not None:
        said.append("In brackets: between what it will lie in eight of ten cases.")
    return [*said, *estimate.notes]
