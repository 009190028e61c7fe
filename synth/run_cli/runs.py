"""`synth runs` and `synth funnel`: what runs there are, and what came of them."""

import argparse
import json
from typing import TYPE_CHECKING

from rich.console import Console

from synth.terminal import print_funnel
from synth.workspace import Workspace

if TYPE_CHECKING:
    from synth.commands import Register


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]", register: "Register") -> None:
    """Add the commands."""
    register(commands, "runs", _runs, "list runs").add_argument("--json", action="store_true")
    funnel = register(commands, "funnel", _funnel, "what was made, kept and dropped, and why")
    funnel.add_argument("run", nargs="?", metavar="RUN", help="default: the whole workspace")
    funnel.add_argument("--json", action="store_true")


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
