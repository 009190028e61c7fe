"""Changing the tree: import and the single edits."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from synth.errors import BadInput
from synth.tree.columns import STATUSES
from synth.tree.formats import FORMATS, read
from synth.tree.operations import (
    Actor,
    Add,
    AddMany,
    Delete,
    Lock,
    Merge,
    Move,
    Note,
    Operation,
    Rename,
    Reorder,
    SetCount,
    Status,
)
from synth.tree_cli.shared import bar, new_place, node_of, opened, path_of, person, whole
from synth.workspace.views import written

if TYPE_CHECKING:
    from synth.commands import Register
    from synth.workspace import Workspace

Edits = Callable[["Workspace", argparse.Namespace], Sequence[Operation]]


def add(tree: "argparse._SubParsersAction[argparse.ArgumentParser]", register: "Register") -> None:
    """Add the commands."""
    take = register(tree, "import", _import, "read a tree from a file and merge it in, as one batch")
    take.add_argument("file", type=Path, metavar="FILE", help="a file; for epicoder also its folder")
    take.add_argument("--frequencies", type=Path, metavar="FILE", help="EpiCoder's second file")
    take.add_argument("--format", choices=sorted(FORMATS), help="default: what the file looks like")
    take.add_argument("--below", metavar="PATH", help="put it below this feature; default: the root")
    take.add_argument("--replace", action="store_true", help="the tree becomes the file; what is locked stays")
    take.add_argument("--propose", action="store_true", help="hold it for review; see `tree proposals`")
    take.add_argument(
        "--with-history", action="store_true", help="take over an espalier file's history, into a new tree"
    )
    take.add_argument("--reason", default="")
    take.add_argument("--json", action="store_true")

    def edit(name: str, edits: Edits, text: str) -> argparse.ArgumentParser:
        parser = register(tree, name, lambda options: _edit(options, edits), text)
        parser.add_argument("--reason", default="", help="kept in the history")
        return parser

    one = edit("add", _add, "add a feature")
    one.add_argument("path", metavar="PATH", help="with its new name last")
    _count_options(one)
    one.add_argument("--before", metavar="PATH", help="the sibling that it goes in front of")
    many = edit("add-many", _add_many, "add an indented outline")
    many.add_argument("file", type=Path, metavar="FILE", help="- for the standard input")
    many.add_argument("--below", metavar="PATH")
    rename = edit("rename", _rename, "give a feature another name")
    rename.add_argument("path", metavar="PATH")
    rename.add_argument("name")
    move = edit("move", _move, "put a feature, with all below it, somewhere else")
    move.add_argument("path", metavar="PATH")
    move.add_argument("to", nargs="?", metavar="PARENT", help="default: the root")
    move.add_argument("--before", metavar="PATH", help="the new sibling that it goes in front of")
    order = edit("reorder", _reorder, "give the children of a feature an order; with no names, by name again")
    order.add_argument("path", metavar="PATH")
    order.add_argument("names", nargs="*", default=[], metavar="NAME", help="all children, in their new order")
    merge = edit("merge", _merge, "make features part of another: counts add up, children are united")
    merge.add_argument("into", metavar="INTO")
    merge.add_argument("paths", nargs="+", metavar="PATH")
    delete = edit("delete", _delete, "take features away, with all below them")
    delete.add_argument("paths", nargs="+", metavar="PATH")
    count = edit("set-count", _set_count, "give a feature other counts")
    count.add_argument("path", metavar="PATH")
    _count_options(count)
    count.add_argument("--clear-estimated", action="store_true")
    for name, text in (("lock", "let only seeds change features"), ("unlock", "take locks away")):
        lock = edit(name, _lock if name == "lock" else _unlock, text)
        lock.add_argument("paths", nargs="+", metavar="PATH")
        lock.add_argument("--below", action="store_true", help="everything below them too")
    note = edit("note", _note, "write something about a feature")
    note.add_argument("path", metavar="PATH")
    note.add_argument("text")
    status = edit("status", _status, "say what you think of features")
    status.add_argument("status", choices=[name for name in STATUSES if name] + ["none"])
    status.add_argument("paths", nargs="+", metavar="PATH")


def _count_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--observed", type=whole, metavar="N")
    parser.add_argument("--estimated", type=_estimate, metavar="X")


def _estimate(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number, 0 or more")
    return value


def _import(options: argparse.Namespace) -> int:
    if options.with_history and (options.replace or options.propose or options.below):
        raise BadInput("--with-history begins a tree; leave out --replace, --propose and --below.")
    with opened(options) as workspace:
        parent = node_of(workspace, options.below)
        with bar("reading") as told:
            found = read(options.file, options.format, options.frequencies, told)
        actor = Actor(kind="import", name=options.file.name)
        trees = workspace.trees
        done: dict[str, object] = {"format": found.format, "features": len(found.fragment), "notes": found.notes}
        if options.with_history:
            if not found.history:
                raise BadInput(f"{options.file} has no history; import it without --with-history.")
            done["entries"] = trees.take_over(found.fragment, found.history)
            said = f"{len(found.fragment):,} features with {done['entries']:,} entries of their history"
        elif options.propose:
            proposal = trees.propose(
                actor, options.reason, fragment=found.fragment, replace=options.replace, parent=parent
            )
            done["proposal"] = proposal.id
            said = f"proposal {proposal.id} holds {len(proposal):,} changes; see `synth tree proposal {proposal.id}`"
        else:
            merged, entry = trees.load(found.fragment, actor, options.reason, parent=parent, replace=options.replace)
            done |= {
                "entry": None if entry is None else entry.number,
                "created": merged.created,
                "met": merged.met,
                "removed": merged.removed,
                "kept_out_by_locks": merged.blocked,
            }
            said = f"{merged.created:,} new, {merged.met:,} known, {merged.removed:,} removed"
            said += f", {merged.blocked:,} kept out by locks" if merged.blocked else ""
            said += "; nothing changed" if entry is None else f"; `synth tree undo {entry.number}` takes it back"
    if options.json:
        print(json.dumps(done, ensure_ascii=False))
        return 0
    print(f"{options.file} ({found.format}): {said}.")
    for note in found.notes:
        print(f"  {note}", file=sys.stderr)
    return 0


def _edit(options: argparse.Namespace, edits: Edits) -> int:
    with opened(options) as workspace:
        entry = workspace.trees.edit(edits(workspace, options), person(), options.reason)
    print("nothing changed." if entry is None else f"{entry.number}  {entry.summary}")
    return 0


def _add(workspace: "Workspace", options: argparse.Namespace) -> Sequence[Operation]:
    parent, name = new_place(workspace, options.path)
    before = None if options.before is None else node_of(workspace, options.before)
    return [Add(parent=parent, name=name, observed=options.observed or 0, estimated=options.estimated, before=before)]


def _add_many(workspace: "Workspace", options: argparse.Namespace) -> Sequence[Operation]:
    try:
        text = sys.stdin.read() if str(options.file) == "-" else options.file.read_text(encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{options.file} cannot be read: {error.strerror}; check the name.") from error
    except ValueError as error:
        raise BadInput(f"{options.file} is no text in UTF-8: {error}.") from error
    return [AddMany(parent=node_of(workspace, options.below), outline=text)]


def _rename(workspace: "Workspace", options: argparse.Namespace) -> Sequence[Operation]:
    return [Rename(node=node_of(workspace, options.path), name=options.name)]


def _move(workspace: "Workspace", options: argparse.Namespace) -> Sequence[Operation]:
    before = None if options.before is None else node_of(workspace, options.before)
    return [Move(node=node_of(workspace, options.path), parent=node_of(workspace, options.to), before=before)]


def _reorder(workspace: "Workspace", options: argparse.Namespace) -> Sequence[Operation]:
    path = path_of(workspace, options.path)
    children = tuple(workspace.views.node((*path, name)) for name in options.names)
    return [Reorder(parent=workspace.views.node(path), children=children)]


def _merge(workspace: "Workspace", options: argparse.Namespace) -> Sequence[Operation]:
    sources = tuple(node_of(workspace, path) for path in options.paths)
    return [Merge(target=node_of(workspace, options.into), sources=sources)]


def _delete(workspace: "Workspace", options: argparse.Namespace) -> Sequence[Operation]:
    return [Delete(node=node_of(workspace, path)) for path in options.paths]


def _set_count(workspace: "Workspace", options: argparse.Namespace) -> Sequence[Operation]:
    if options.observed is None and options.estimated is None and not options.clear_estimated:
        raise BadInput(f"no count is given for `{written((options.path,))}`; use --observed or --estimated.")
    node = node_of(workspace, options.path)
    return [
        SetCount(
            node=node,
            observed=options.observed,
            estimated=options.estimated,
            clear_estimated=options.clear_estimated,
        )
    ]


def _lock(workspace: "Workspace", options: argparse.Namespace) -> Sequence[Operation]:
    return [Lock(node=node_of(workspace, path), below=options.below) for path in options.paths]


def _unlock(workspace: "Workspace", options: argparse.Namespace) -> Sequence[Operation]:
    return [Lock(node=node_of(workspace, path), locked=False, below=options.below) for path in options.paths]


def _note(workspace: "Workspace", options: argparse.Namespace) -> Sequence[Operation]:
    return [Note(node=node_of(workspace, options.path), text=options.text)]


def _status(workspace: "Workspace", options: argparse.Namespace) -> Sequence[Operation]:
    said = "" if options.status == "none" else options.status
    return [Status(node=node_of(workspace, path), status=said) for path in options.paths]
