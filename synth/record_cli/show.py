"""`synth show`: a record between its seeds and what came of it, as a tree."""

import argparse
import json
import sys
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from synth.workspace import Workspace

if TYPE_CHECKING:
    from synth.commands import Register
    from synth.workspace.lineage import Came, LineageNode


_PIPED = 1000
"""Characters of a line where nobody looks: whoever reads it cuts it."""


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]", register: "Register") -> None:
    """Add the command."""
    show = register(commands, "show", _show, "show where a record comes from and what came of it")
    show.add_argument("id", metavar="ID", help="of any record, or of a row of a dataset; its beginning is enough")
    show.add_argument("--all", action="store_true", help="leave nothing out of the lists")
    show.add_argument("--raw", action="store_true", help="the record itself, whole, as JSON")
    show.add_argument("--json", action="store_true", help="the tree as JSON; with --raw the record in it, too")


def _show(options: argparse.Namespace) -> int:
    workspace = Workspace(options.workspace)
    try:
        record = workspace.lineage.find(options.id)
        came = None if options.raw and not options.json else workspace.lineage.show(record.id, everything=options.all)
    finally:
        workspace.close()
    raw = record.model_dump(mode="json")
    if came is None:
        print(json.dumps(raw, ensure_ascii=True, indent=2))
    elif options.json:
        print(json.dumps(came.model_dump(mode="json") | ({"raw": raw} if options.raw else {})))
    else:
        print_lineage(came, Console(highlight=False, width=None if sys.stdout.isatty() else _PIPED))
    return 0


def print_lineage(came: "Came", console: Console) -> None:
    """The record, then both trees, then what they came to."""
    console.print(_entry(came.record, ()))
    for title, nodes, more in (
        ("comes from", came.above, came.above_more),
        ("led to", came.below, came.below_more),
    ):
        tree = Tree(Text(title, style="bold"), guide_style="dim")
        _grow(tree, nodes, more, came.record.runs)
        if not nodes and not more:
            tree.add(Text("nothing", style="dim"))
        console.print(tree)
    if came.cut:
        console.print(Text("There is more than fits; --all shows it.", style="yellow"))
    for bill in came.bills:
        console.print(Text(bill, style="dim"))


def _grow(tree: Tree, nodes: "tuple[LineageNode, ...]", more: int, runs: tuple[str, ...]) -> None:
    for node in nodes:
        _grow(tree.add(_entry(node, runs)), node.nodes, node.more, runs)
    if more:
        tree.add(Text(f"and {more:,} more, with --all", style="dim"))


def _entry(node: "LineageNode", runs: tuple[str, ...]) -> Text:
    """One entry; its runs are said where they are not those given."""
    text = Text()
    if node.role:
        text.append(f"{node.role}: ", style="dim")
    text.append(node.id if node.kind != "feature" else f"feature {node.id}", style="cyan")
    text.append(f"  {node.line}", style="red" if node.kind == "missing" else "")
    if node.again:
        text.append("  (more of it above)", style="dim")
    elif said := node.said(runs):
        text.append(f"\n{said}", style="dim")
    return text
