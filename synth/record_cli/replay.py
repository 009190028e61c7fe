"""`synth replay`: make a record again and say whether it is the same. Exit code 0 same, 1 differs, 2 cannot."""

import argparse
import sys
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from synth.errors import EspalierError
from synth.workspace import Workspace

if TYPE_CHECKING:
    from synth.commands import Register
    from synth.workspace.replaying import Replay

_CODES = {"same": 0, "differs": 1, "cannot": 2}


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]", register: "Register") -> None:
    """Add the command."""
    replay = register(commands, "replay", _replay, "make a record again and say whether it is the same")
    replay.add_argument("id", metavar="ID", help="of any record, or of a row of a dataset; its beginning is enough")
    replay.add_argument("--fresh", action="store_true", help="ask the endpoint anew and pay; the answer is not kept")
    replay.add_argument("--json", action="store_true")


def _replay(options: argparse.Namespace) -> int:
    try:
        workspace = Workspace(options.workspace)
        try:
            said = workspace.replaying.replay(options.id, fresh=options.fresh)
        finally:
            workspace.close()
    except EspalierError as error:  # 1 would say that it differs
        print(f"synth: {error}", file=sys.stderr)
        return _CODES["cannot"]
    if options.json:
        print(said.model_dump_json())
    else:
        _print(said, Console(file=sys.stdout, highlight=False))
    return _CODES[said.outcome]


def _print(said: "Replay", console: Console) -> None:
    words = {"same": "the same", "differs": "not the same", "cannot": "cannot be made again"}
    style = {"same": "green", "differs": "yellow", "cannot": "red"}[said.outcome]
    console.print(Text.assemble((said.id, "cyan"), ": ", (words[said.outcome], style)))
    if said.reason:
        console.print(Text(said.reason))
    if said.differences:
        table = Table("field", "was", "now", box=None, pad_edge=False)
        for one in said.differences:
            table.add_row(*(Text(_plain(text), overflow="fold") for text in (one.field, one.was, one.now)))
        console.print(table)
    if said.outcome != "cannot":
        run = f"made again as in {said.run}; " if said.run else ""
        console.print(Text(f"{run}{said.bill}.", style="dim"))


def _plain(text: str) -> str:
    """Without what a terminal obeys."""
    return "".join(mark if mark.isprintable() else "?" for mark in text)
