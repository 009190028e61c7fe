"""`synth runs ...` and `synth funnel`: what runs there are, steering them, and what came of them.

Looking at runs and steering them needs their folders only, so it works beside an app that has the workspace open.
"""

import argparse
import json
import sys
from collections import Counter
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from rich.console import Console

from synth.errors import BadInput, NotFound
from synth.records import Spend
from synth.runs import Runs, RunStatus
from synth.settings import Budget
from synth.terminal import print_funnel, watch_beside
from synth.workspace import Workspace
from synth.workspace.running import Running

if TYPE_CHECKING:
    from synth.commands import Command, Register

Parser = argparse.ArgumentParser

_REASONS = 12
"""Reasons why items ended early that `show` lists."""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]", register: "Register") -> None:
    """Add the commands."""
    runs = register(commands, "runs", _list, "list runs, look at one, steer it")
    runs.add_argument("--json", action="store_true")
    group = runs.add_subparsers(metavar="WHAT")

    def sub(name: str, command: "Command", text: str, run: str | None = "RUN") -> Parser:
        parser = group.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        # No default of its own: what stands before the word holds as well.
        parser.add_argument(
            "--workspace", type=Path, default=argparse.SUPPRESS, metavar="DIR", help="default: ./workspace"
        )
        parser.set_defaults(command=command)
        if run is not None:
            parser.add_argument("run", nargs=None if run == "RUN" else "?", metavar="RUN", help="default: the newest")
        return parser

    _json(sub("list", _list, "list runs", run=None))
    _json(sub("show", _show, "how far a run is, what it cost, and what ended early", run="newest"))
    sub("pause", _pause, "let nothing new begin; what is in flight ends")
    sub("cancel", _cancel, "stop after what is in flight; everything finished is kept")
    sub("resume", _resume, "take a stopped run up again, or let a paused one go on")
    _add_more(sub)
    _json(sub("watch", _watch, "follow a run until its worker stops", run="newest"))
    log = sub("log", _log, "the latest lines of a run's log", run="newest")
    log.add_argument("--lines", type=int, default=40, metavar="N")
    log.add_argument("--worker", action="store_true", help="what its worker printed instead")
    _json(log)
    funnel = register(commands, "funnel", _funnel, "what was made, kept and dropped, and why")
    funnel.add_argument("run", nargs="?", metavar="RUN", help="default: the whole workspace")
    funnel.add_argument("--json", action="store_true")


class _Sub(Protocol):
    """How the commands below `runs` are added."""

    def __call__(self, name: str, command: "Command", text: str, run: str | None = "RUN") -> Parser: ...


def _add_more(sub: _Sub) -> None:
    retry = sub("retry", _retry, "have what ended early tried anew: all of it, or what the options choose")
    retry.add_argument("ids", nargs="*", metavar="ID", help="what the items would have become")
    retry.add_argument("--step", help="only items that ended at this step, such as `task`")
    retry.add_argument("--reason", help="only items whose reason begins so")
    sub("extend", _extend, "draw more samples in a run").add_argument("samples", type=int, metavar="N")
    budget = sub("budget", _budget, "what a run may use, from its beginning, and go on; what is not named is unlimited")
    budget.add_argument("--money", type=float, metavar="AMOUNT", help="in the currency of the prices")
    budget.add_argument("--tokens", type=int, metavar="N", help="input and output together")
    budget.add_argument("--calls", type=int, metavar="N")


def _json(parser: Parser) -> None:
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS)


def _door(options: argparse.Namespace) -> tuple[Runs, Running]:
    if not (options.workspace / "runs").is_dir():
        raise BadInput(f"there are no runs in {options.workspace}; start one with `synth run`, or give --workspace.")
    runs = Runs(options.workspace.absolute() / "runs")
    return runs, Running(runs)


def _chosen(options: argparse.Namespace, runs: Runs) -> str:
    ids = runs.ids()
    if options.run is None and not ids:
        raise NotFound("no runs yet; start one with `synth run`.")
    return str(options.run or ids[-1])


def _list(options: argparse.Namespace) -> int:
    if options.workspace.exists() and not options.workspace.is_dir():
        raise BadInput(f"{options.workspace} is no folder; choose another --workspace.")
    statuses = _door(options)[1].runs() if (options.workspace / "runs").is_dir() else []
    for status in statuses:
        if options.json:
            print(json.dumps({"run": status.id, "name": status.name, "state": status.state, "error": status.error}))
        else:
            print(f"{status.id}  {status.state}" + (f"  {status.error}" if status.error else ""))
    if not statuses and not options.json:
        print("no runs yet; start one with `synth run`.")
    return 0


def _show(options: argparse.Namespace) -> int:
    runs, door = _door(options)
    run_id = _chosen(options, runs)
    status = door.run(run_id)
    early = door.ended_early(run_id)
    ended = Counter((one.step, one.why) for one in early)
    example = {(one.step, one.why): one.wanted_id for one in reversed(early)}
    if options.json:
        drops = [
            {"step": step, "reason": why, "count": count, "example": example[step, why]}
            for (step, why), count in ended.most_common()
        ]
        amendments = [one.model_dump(exclude_defaults=True) for one in runs.amendments(run_id)]
        print(json.dumps(_as_json(status) | {"ended_early": drops, "amendments": amendments}))
        return 0
    print(f"{run_id}  {status.state}" + (f"  {status.error}" if status.error else ""))
    if status.started:
        print(f"  started {datetime.fromtimestamp(status.started).astimezone().isoformat(timespec='seconds')}")
    for step in status.steps:
        print(f"  {step.step}: {step.done:,} of {step.total:,}" + (f", {step.dropped:,} dropped" * bool(step.dropped)))
    for name, spent in status.spend.items():
        print(f"  {name}: {_spent(spent)}")
    if status.spend:
        print(f"  in all: {_spent(status.total)}")
    for (step_name, reason), count in ended.most_common(_REASONS):
        print(f"  {count:,} ended early at {step_name}: {reason}, such as {example[step_name, reason]}")
    if ended:
        print(f"  `synth runs retry {run_id}` has them tried anew.")
    return 0


def _as_json(status: RunStatus) -> dict[str, object]:
    said = asdict(status)
    said["spend"] = {step: spent.model_dump() for step, spent in status.spend.items()}
    return {"run": status.id} | said | {"resumable": status.resumable}


def _spent(spend: Spend) -> str:
    cost = "cost not known" if spend.money is None else f"{'at least ' * bool(spend.unpriced)}{spend.money:,.4f}"
    tokens = f"{spend.input_tokens:,} tokens in, {spend.output_tokens:,} out"
    return f"{spend.calls:,} calls, {spend.hits:,} known already, {tokens}, {cost}"


def _pause(options: argparse.Namespace) -> int:
    door = _door(options)[1]
    if not door.run(options.run).alive:
        raise BadInput(f"run {options.run} is {door.run(options.run).state}; there is nothing to pause.")
    door.pause(options.run)
    print(f"{options.run} pauses after what is in flight; `synth runs resume {options.run}` lets it go on.")
    return 0


def _cancel(options: argparse.Namespace) -> int:
    door = _door(options)[1]
    if not door.run(options.run).alive:
        raise BadInput(f"run {options.run} is {door.run(options.run).state}; there is nothing to stop.")
    door.cancel(options.run)
    print(f"{options.run} stops after what is in flight; everything finished is kept.")
    return 0


def _resume(options: argparse.Namespace) -> int:
    runs, door = _door(options)
    door.resume(options.run)
    return _gone_on(runs, options.run, "goes on")


def _retry(options: argparse.Namespace) -> int:
    runs, door = _door(options)
    count = door.retry(options.run, options.ids or None, step=options.step, reason=options.reason)
    return _gone_on(runs, options.run, f"tries {count:,} item{'s' * (count != 1)} anew")


def _extend(options: argparse.Namespace) -> int:
    runs, door = _door(options)
    door.extend(options.run, options.samples)
    return _gone_on(runs, options.run, f"draws {options.samples:,} more")


def _budget(options: argparse.Namespace) -> int:
    runs, door = _door(options)
    if (options.money, options.tokens, options.calls) == (None, None, None):
        raise BadInput("say what the run may use: --money, --tokens or --calls.")
    if any(value is not None and not 0 <= value < float("inf") for value in vars(options).values() if _number(value)):
        raise BadInput("a budget is 0 or more.")
    door.raise_budget(options.run, Budget(money=options.money, tokens=options.tokens, calls=options.calls))
    return _gone_on(runs, options.run, "goes on with its new budget")


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _gone_on(runs: Runs, run_id: str, what: str) -> int:
    runs.release()
    print(f"{run_id} {what}; `synth runs watch {run_id}` follows it.")
    return 0


def _watch(options: argparse.Namespace) -> int:
    runs, _ = _door(options)
    run_id = _chosen(options, runs)
    runs.path(run_id)
    return watch_beside(runs, run_id, as_json=options.json)


def _log(options: argparse.Namespace) -> int:
    runs, door = _door(options)
    run_id = _chosen(options, runs)
    if options.worker:
        printed = door.worker_words(run_id).splitlines()[-options.lines :]
        print("\n".join(printed) or "its worker printed nothing.", file=sys.stdout if printed else sys.stderr)
        return 0
    lines = door.log(run_id, options.lines)
    for line in lines:
        print(json.dumps(line) if options.json else _log_line(dict(line)))
    if not lines and not options.json:
        print(f"{run_id} has no log yet.", file=sys.stderr)
    return 0


def _log_line(line: dict[str, object]) -> str:
    at = line.pop("at", None)
    moment = datetime.fromtimestamp(at).strftime("%H:%M:%S") if isinstance(at, int | float) else "--:--:--"
    head = f"{moment}  {line.pop('level', '')!s:<7}  {line.pop('event', '')!s}"
    return head + "".join(f"  {name}={value}" for name, value in line.items() if value not in ("", None))


def _funnel(options: argparse.Namespace) -> int:
    workspace = Workspace(options.workspace)
    try:
        if options.run:
            workspace.run(options.run)
        print_funnel(workspace.funnel(options.run), Console(), as_json=options.json, run_id=options.run)
    finally:
        workspace.close()
    return 0
