"""`synth cache`: the workspace's replies, from which a question that was asked before is answered for nothing."""

import argparse
import json
from typing import TYPE_CHECKING

from synth.engines import REPLIES
from synth.models.replies import clear, look_into

if TYPE_CHECKING:
    from synth.commands import Register


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]", register: "Register") -> None:
    """Add the commands."""
    group = commands.add_parser("cache", help="replies that the workspace keeps").add_subparsers(
        required=True, metavar="WHAT"
    )
    register(group, "info", _info, "how many replies there are, and their size").add_argument(
        "--json", action="store_true"
    )
    forget = register(group, "clear", _clear, "forget the replies; the same questions are paid again")
    forget.add_argument("--model", default="", help="only those of this model")


def _info(options: argparse.Namespace) -> int:
    kept = look_into(options.workspace / REPLIES)
    if options.json:
        print(json.dumps({"replies": kept.replies, "bytes": kept.size, "models": kept.models}))
        return 0
    print(f"{kept.replies:,} replies, {kept.size / 2**20:,.1f} MiB in {options.workspace / REPLIES}")
    for model, count in kept.models.items():
        print(f"  {model}: {count:,}")
    return 0


def _clear(options: argparse.Namespace) -> int:
    count = clear(options.workspace / REPLIES, options.model)
    print(f"{count:,} replies forgotten; records and datasets are left as they are")
    return 0
