"""Going back and deciding: history, undo, snapshots, differences, proposals."""

import argparse
import json
import sys
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from synth.tree.diff import KINDS, Change
from synth.tree.history import Entry, stretches
from synth.tree.proposals import Proposal
from synth.tree_cli.shared import items_of, node_of, opened, person, whole
from synth.workspace.views import written

if TYPE_CHECKING:
    from synth.commands import Register
    from synth.workspace import Workspace


def add(tree: "argparse._SubParsersAction[argparse.ArgumentParser]", register: "Register") -> None:
    """Add the commands."""
    history = register(tree, "history", _history, "what was done to the tree, by whom, when and why; newest first")
    history.add_argument("--of", metavar="PATH", help="only what changed this feature")
    history.add_argument("--limit", type=whole, default=50)
    history.add_argument("--all", action="store_true", help="every entry of a run on a line of its own")
    history.add_argument("--json", action="store_true")
    undo = register(tree, "undo", _undo, "take back the latest batch that no run made, or what you name")
    undo.add_argument(
        "what", nargs="?", metavar="WHAT", help="a number of the history, or the id of a run or of a proposal"
    )
    register(tree, "redo", _redo, "do again what the latest undo took back")
    snapshot = register(tree, "snapshot", _snapshot, "give the tree as it is now a name")
    snapshot.add_argument("name")
    snapshot.add_argument("--reason", default="")
    register(tree, "snapshots", _snapshots, "list the snapshots").add_argument("--json", action="store_true")
    diff = register(tree, "diff", _diff, "what differs between two states")
    diff.add_argument("first", metavar="STATE", help="a snapshot, a number of the history, or `now`")
    diff.add_argument("then", nargs="?", default="now", metavar="STATE", help="default: now")
    diff.add_argument("--kind", choices=KINDS)
    diff.add_argument("--limit", type=whole, default=50, help="lines of each kind")
    diff.add_argument("--json", action="store_true")
    restore = register(tree, "restore", _restore, "bring the tree back to a state; this too can be undone")
    restore.add_argument("state", metavar="STATE", help="a snapshot or a number of the history; 0 = empty")
    register(tree, "proposals", _proposals, "list changes held for review").add_argument("--json", action="store_true")
    proposal = register(tree, "proposal", _proposal, "look at a proposal, change by change")
    proposal.add_argument("id")
    proposal.add_argument("--first", type=whole, default=0)
    proposal.add_argument("--limit", type=whole, default=100)
    proposal.add_argument("--json", action="store_true")
    for name, command, text in (
        ("accept", _accept, "apply changes of a proposal as one batch"),
        ("refuse", _refuse, "refuse changes of a proposal"),
    ):
        decide = register(tree, name, command, text)
        decide.add_argument("id")
        decide.add_argument(
            "items", nargs="*", default=[], metavar="ITEM", help="numbers and ranges (3 5-9); default: all open"
        )


def _history(options: argparse.Namespace) -> int:
    with opened(options) as workspace:
        log = workspace.trees.history
        entries = log.entries() if options.of is None else log.of_node(node_of(workspace, options.of))
        in_force = set(log.in_force())
    newest = list(reversed(entries))
    if options.json:
        lines = [entry.model_dump_json() for entry in newest]
    elif options.all:
        lines = [_line(entry, undone=entry.number not in in_force) for entry in newest]
    else:
        lines = [_together(part, in_force) for part in stretches(entries)]
    for line in lines[: options.limit]:
        print(line)
    if not entries and not options.json:
        print("nothing was done to the tree yet.", file=sys.stderr)
    if len(lines) > options.limit and not options.json:
        print(f"... {len(lines) - options.limit:,} older; see more with --limit.", file=sys.stderr)
    return 0


def _together(part: Sequence[Entry], in_force: Collection[int]) -> str:
    latest, first = part[0], part[-1]
    line = _line(latest, undone=latest.number not in in_force)
    if len(part) == 1:
        return line
    return f"{f'{first.number}-{latest.number}':>11}{line[6:]}, and {len(part) - 1:,} entries before; see --all"


def _line(entry: Entry, *, undone: bool) -> str:
    who = str(entry.actor)
    mark = " (undone)" if undone and entry.action == "do" else ""
    why = f"  because: {entry.reason}" if entry.reason else ""
    what = entry.summary if entry.summary.startswith(f"{who}:") else f"{who}: {entry.summary}"
    return f"{entry.number:>6}  {entry.at[:19].replace('T', ' ')}  {what}{mark}{why}"


def _undo(options: argparse.Namespace) -> int:
    with opened(options) as workspace:
        if options.what is None or options.what.isdecimal():
            entry = workspace.trees.undo(None if options.what is None else int(options.what[:18]), person())
        else:
            name = f"proposal {options.what}" if options.what.startswith("proposal-") else options.what
            entry = workspace.trees.undo_group(name, person())
    print(f"{entry.number}  {entry.summary}")
    return 0


def _redo(options: argparse.Namespace) -> int:
    with opened(options) as workspace:
        entry = workspace.trees.redo(person())
    print(f"{entry.number}  {entry.summary}")
    return 0


def _snapshot(options: argparse.Namespace) -> int:
    with opened(options) as workspace:
        snapshot = workspace.trees.snapshot(options.name, person(), options.reason)
    print(f"`{snapshot.name}` is the tree after entry {snapshot.entry}.")
    return 0


def _snapshots(options: argparse.Namespace) -> int:
    with opened(options) as workspace:
        found = workspace.trees.snapshots()
    for snapshot in found:
        line = f"{snapshot.name}  after entry {snapshot.entry}, {snapshot.at[:19].replace('T', ' ')}  {snapshot.reason}"
        print(snapshot.model_dump_json() if options.json else line.rstrip())
    if not found and not options.json:
        print("no snapshots yet; `synth tree snapshot NAME` makes one.", file=sys.stderr)
    return 0


def _diff(options: argparse.Namespace) -> int:
    with opened(options) as workspace, workspace.trees.reading():
        found = workspace.trees.diff(options.first, options.then)
        for kind in KINDS if options.kind is None else (options.kind,):
            if not options.json:
                print(f"{kind}: {found.counts[kind]:,}")
            for change in found.changes(kind, limit=options.limit):
                print(_change_json(change) if options.json else f"  {_change_line(change)}")
    return 0


def _change_line(change: Change) -> str:
    before, after = written(change.before), written(change.after)
    match change.kind:
        case "added":
            return f"{after}  [{_counts(change.counts_after)}]"
        case "removed":
            return f"{before}  [{_counts(change.counts_before)}]"
        case "counts":
            return f"{after}  [{_counts(change.counts_before)} -> {_counts(change.counts_after)}]"
    return f"{before} -> {after}"


def _counts(counts: tuple[int, float | None]) -> str:
    observed, estimated = counts
    return f"{observed:,}" + ("" if estimated is None else f", est {estimated:g}")


def _change_json(change: Change) -> str:
    values = {
        "kind": change.kind,
        "id": change.node,
        "before": change.before,
        "after": change.after,
        "counts_before": change.counts_before,
        "counts_after": change.counts_after,
    }
    return json.dumps(values, ensure_ascii=False)


def _restore(options: argparse.Namespace) -> int:
    with opened(options) as workspace:
        entry = workspace.trees.restore(options.state, person())
    print("the tree is in that state already." if entry is None else f"{entry.number}  {entry.summary}")
    return 0


def _proposals(options: argparse.Namespace) -> int:
    with opened(options) as workspace:
        found = workspace.trees.proposals()
        for proposal in found:
            left = _left(workspace, proposal)
            who = str(proposal.actor)
            if options.json:
                values = {"id": proposal.id, "at": proposal.at, "by": who, "reason": proposal.reason}
                print(json.dumps({**values, "changes": len(proposal), **left}, ensure_ascii=False))
            else:
                states = ", ".join(f"{number:,} {state}" for state, number in left.items() if number)
                print(f"{proposal.id}  {who}: {states}  {proposal.reason}".rstrip())
    if not found and not options.json:
        print("nothing waits for review.", file=sys.stderr)
    return 0


def _left(workspace: "Workspace", proposal: Proposal) -> dict[str, int]:
    states = proposal.states(set(workspace.trees.history.in_force()))
    return {state: states.count(state) for state in ("open", "accepted", "refused")}


def _proposal(options: argparse.Namespace) -> int:
    with opened(options) as workspace, workspace.trees.reading():
        proposal = workspace.trees.proposal(options.id)
        items = list(proposal.items(workspace.trees.history, options.first, options.limit))
    for item in items:
        if options.json:
            values = {
                "item": item.number,
                "kind": item.kind,
                "path": item.path,
                "summary": item.summary,
                "reason": item.reason,
                "state": item.state,
                "depends_on": item.depends_on,
            }
            print(json.dumps(values, ensure_ascii=False))
        else:
            why = f"  ({item.reason})" if item.reason else ""
            print(f"{item.number:>7}  {item.state:<8}  {written(item.path)}: {item.summary}{why}")
    left = len(proposal) - options.first - len(items)
    if left > 0 and not options.json:
        print(f"... {left:,} more; go on with --first {options.first + len(items)}.", file=sys.stderr)
    return 0


def _accept(options: argparse.Namespace) -> int:
    with opened(options) as workspace:
        entry = workspace.trees.accept(options.id, items_of(options.items), person())
    print("nothing was left to change." if entry is None else f"{entry.number}  {entry.summary}")
    return 0


def _refuse(options: argparse.Namespace) -> int:
    with opened(options) as workspace:
        refused = workspace.trees.refuse(options.id, items_of(options.items))
    print(f"{refused:,} changes refused.")
    return 0
