"""Looking at the tree and writing it to files: show, search, find, stats, export."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from synth.tree.columns import ROOT
from synth.tree.finders import KINDS, Finding
from synth.tree.formats import FORMATS
from synth.tree.stats import Stats
from synth.tree_cli.shared import as_json, as_line, bar, node_of, opened, person, whole
from synth.workspace.views import written

if TYPE_CHECKING:
    from synth.commands import Register
    from synth.workspace import Workspace

_INDENT = "  "


def add(tree: "argparse._SubParsersAction[argparse.ArgumentParser]", register: "Register") -> None:
    """Add the commands."""
    show = register(tree, "show", _show, "show the features below a path, or the categories")
    show.add_argument("path", nargs="?", metavar="PATH")
    show.add_argument("--depth", type=whole, default=1, help="levels below it; default: 1")
    show.add_argument("--limit", type=whole, default=200, help="lines; default: 200")
    show.add_argument("--json", action="store_true")
    search = register(tree, "search", _search, "find features by name")
    search.add_argument("query")
    search.add_argument("--mode", choices=("prefix", "substring", "path", "fuzzy"), default="substring")
    search.add_argument("--below", metavar="PATH")
    search.add_argument("--limit", type=whole, default=50)
    search.add_argument("--offset", type=whole, default=0)
    search.add_argument("--json", action="store_true")
    find = register(tree, "find", _find, "list what looks wrong, why, and what would mend it")
    find.add_argument("kind", choices=[kind.replace(" ", "-") for kind in KINDS])
    find.add_argument("--meaning", action="store_true", help="also compare names by embedding (duplicates)")
    find.add_argument("--below", metavar="PATH")
    find.add_argument("--limit", type=whole, default=50)
    find.add_argument("--propose", action="store_true", help="hold the mends as a proposal; see `tree proposals`")
    find.add_argument("--json", action="store_true")
    register(tree, "stats", _stats, "the tree in numbers").add_argument("--json", action="store_true")
    export = register(tree, "export", _export, "write the tree to a file or folder")
    export.add_argument("out", type=Path, metavar="OUT", help="a file; for epicoder a folder")
    export.add_argument("--format", choices=sorted(FORMATS), required=True)
    export.add_argument("--below", metavar="PATH", help="only what is below this feature")
    export.add_argument("--overwrite", action="store_true", help="replace what is there")


def _show(options: argparse.Namespace) -> int:
    with opened(options) as workspace:
        top = node_of(workspace, options.path)
        if options.path is not None:
            found = workspace.views.feature(top)
            print(as_json(found) if options.json else as_line(found, written(found.path)))
        left = _show_below(workspace, top, options, 1, options.limit)
        empty = not len(workspace.tree())
    if empty:
        print("the tree is empty; `synth tree import` and `synth tree add` fill it.", file=sys.stderr)
    if left < 0 and not options.json:
        print(f"... the first {options.limit:,} are shown; see more with --limit.", file=sys.stderr)
    return 0


def _show_below(workspace: "Workspace", node: int, options: argparse.Namespace, level: int, left: int) -> int:
    """Print the children and what is below them. Returns how many lines are left, -1 where they did not suffice."""
    if level > options.depth:
        return left
    for found in workspace.views.children(node, limit=left + 1):
        if left <= 0:
            return -1
        indent = _INDENT * (level if options.path is not None else level - 1)
        print(as_json(found) if options.json else indent + as_line(found, written(found.path[-1:])))
        left = _show_below(workspace, found.node, options, level + 1, left - 1)
    return left


def _search(options: argparse.Namespace) -> int:
    with opened(options) as workspace:
        below = node_of(workspace, options.below)
        hits, total = workspace.views.search(options.query, options.mode, options.limit, options.offset, below)
    for found in hits:
        print(as_json(found) if options.json else as_line(found, written(found.path)))
    if not options.json:
        print(f"{len(hits):,} of {'many' if total is None else f'{total:,}'} hits", file=sys.stderr)
    return 0


def _find(options: argparse.Namespace) -> int:
    kind = options.kind.replace("-", " ")
    with opened(options) as workspace:
        with bar("looking") as told:
            found = workspace.views.find(
                kind,
                by_meaning=options.meaning,
                below=node_of(workspace, options.below),
                limit=options.limit,
                progress=told,
            )
        mends = [(operation, finding.reason) for finding in found for operation in finding.operations]
        proposal = None
        if options.propose and mends:
            proposal = workspace.trees.propose(
                person(),
                f"found: {kind}",
                operations=[operation for operation, _ in mends],
                reasons={number: reason for number, (_, reason) in enumerate(mends)},
            )
    for finding in found:
        print(_finding_json(finding) if options.json else f"{written(finding.path)}\n{_INDENT}{finding.reason}")
    if proposal is not None and options.json:
        print(json.dumps({"proposal": proposal.id, "changes": len(mends)}))
    elif proposal is not None:
        print(f"proposal {proposal.id} holds {len(mends):,} changes; see `synth tree proposal {proposal.id}`.")
    if not options.json:
        said = ", nothing to propose" if options.propose and not mends else ""
        print(f"{len(found):,} found{said}", file=sys.stderr)
    return 0


def _finding_json(finding: Finding) -> str:
    values = {
        "kind": finding.kind,
        "id": finding.node,
        "path": finding.path,
        "reason": finding.reason,
        "score": finding.score,
        "operations": [operation.model_dump(mode="json") for operation in finding.operations],
    }
    return json.dumps(values, ensure_ascii=False)


def _stats(options: argparse.Namespace) -> int:
    with opened(options) as workspace:
        found = workspace.views.stats()
    if options.json:
        print(json.dumps(found.as_dict(), ensure_ascii=False))
    else:
        _print_stats(found)
    return 0


def _print_stats(found: Stats) -> None:
    lines = {
        "features": f"{found.nodes:,}",
        "leaves": f"{found.leaves:,}",
        "levels": f"{found.depth}: " + " / ".join(f"{size:,}" for size in found.per_level),
        "children of an inner feature": f"{found.fanout_mean:.1f} on average, {found.fanout_max:,} at most"
        + (f" ({written(found.widest)})" if found.widest else ""),
        "observed": f"{found.observed:,}",
        "only estimated": f"{found.estimated_only:,}",
        "without a count": f"{found.uncounted:,}",
        "locked": f"{found.locked:,}",
        "with a note": f"{found.noted:,}",
        "evidence": f"{found.evidence_pairs:,} pairs with {found.seeds:,} seeds",
        "different names": f"{found.distinct_names:,}, {found.repeated_names:,} of them at several places",
    }
    console = Console(markup=False, emoji=False, highlight=False)
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, value in lines.items():
        table.add_row(name, value)
    console.print(table)
    largest = Table(title="Largest categories", title_justify="left", title_style="bold", box=None, pad_edge=False)
    for column in ("category", "features below", "count"):
        largest.add_column(column, justify="left" if column == "category" else "right")
    for category in found.categories:
        largest.add_row(written((category.name,)), f"{category.nodes_below:,}", f"{category.count:,g}")
    if found.categories:
        console.print(largest)


def _export(options: argparse.Namespace) -> int:
    with opened(options) as workspace:
        below = node_of(workspace, options.below)
        report = workspace.views.export(options.format, options.out, below=below, overwrite=options.overwrite)
        size = len(workspace.tree()) if below == ROOT else None
    where = ", ".join(str(file) for file in report.files)
    print(f"{'the branch' if size is None else f'{size:,} features'} in {where}")
    for dropped in report.dropped:
        print(f"  {options.format} cannot carry: {dropped}")
    return 0
