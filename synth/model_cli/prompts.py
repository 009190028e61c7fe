"""`synth prompts`: list, show, compare, preview, replace and take back what engines are asked with.

Works beside an app that has the workspace open; only items and counts of records are not to be had then.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from synth.errors import BadInput, WorkspaceBusy
from synth.workspace import Workspace
from synth.workspace.prompting import PromptFacts, Prompting

if TYPE_CHECKING:
    from synth.commands import Register

_STYLES = {"+": "green", "-": "red", "@": "cyan"}


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]", register: "Register") -> None:
    """Add the commands."""
    group = commands.add_parser(
        "prompts",
        help="what engines are asked with: list, show, compare, preview, replace",
        description="What engines are asked with. Own copies stay in the workspace; runs take them as they start.",
    ).add_subparsers(required=True, metavar="WHAT")
    listing = register(group, "list", _list, "list the prompts with step, purpose and hash")
    listing.add_argument("--json", action="store_true", help="one object a line, with the records that each hash made")
    show = register(group, "show", _show, "print a prompt as it is in force")
    show.add_argument("--shipped", action="store_true", help="as it came with the product")
    diff = register(group, "diff", _diff, "compare a workspace's copy with the shipped prompt")
    diff.add_argument("--since", action="store_true", help="instead: what the shipped one changed since then")
    preview = register(group, "preview", _preview, "print what a step would send")
    preview.add_argument("--item", metavar="ID", help="about this record; default: the newest")
    preview.add_argument("--items", action="store_true", help="list the records that it can be shown on")
    preview.add_argument("--file", type=Path, metavar="FILE", help="with the text of this file instead")
    replace = register(group, "set", _set, "keep the text of a file as the workspace's own copy")
    reset = register(group, "reset", _reset, "take the workspace's own copy away")
    reset.add_argument("--yes", action="store_true", help="do not ask")
    for one in (show, diff, preview, replace, reset):
        one.add_argument("name", metavar="NAME")
    replace.add_argument("file", type=Path, metavar="FILE")


@contextmanager
def _with_records(folder: Path) -> Iterator[Prompting]:
    """With the records of the workspace where there is one that nobody else has open."""
    if not (folder / "workspace.duckdb").exists():
        yield Prompting(folder)
        return
    try:
        workspace = Workspace(folder)
    except WorkspaceBusy:
        print("synth: the workspace is open elsewhere, so its records are left out.", file=sys.stderr)
        yield Prompting(folder)
        return
    try:
        yield workspace.prompting
    finally:
        workspace.close()


def _list(options: argparse.Namespace) -> int:
    if not options.json:
        for facts in Prompting(options.workspace).all():
            print(f"{facts.name:<21} {facts.step:<8} {facts.hash}  {_mark(facts)}")
            print(f"  {facts.purpose}")
        return 0
    with _with_records(options.workspace) as prompting:
        for facts in prompting.all():
            made = prompting.used(facts.name) if prompting.has_records else None
            print(json.dumps({**asdict(facts), "records": made}))
    return 0


def _mark(facts: PromptFacts) -> str:
    if facts.problem:
        return f"own, and no run can ask with it: {facts.problem}"
    if facts.outdated:
        return "own, the shipped one has changed since: `synth prompts diff --since` shows how"
    return "own" if facts.own else "shipped"


def _show(options: argparse.Namespace) -> int:
    prompting = Prompting(options.workspace)
    text = prompting.shipped_text(options.name) if options.shipped else prompting.text(options.name)
    print(text, end="")
    return 0


def _diff(options: argparse.Namespace) -> int:
    prompting = Prompting(options.workspace)
    facts = prompting.facts(options.name)
    if options.since and prompting.based_on(options.name) is None:
        raise BadInput(f"what {options.name} was based on was not kept, or the workspace has no copy of its own.")
    found = prompting.shipped_changes(options.name) if options.since else prompting.changes(options.name)
    console = Console(highlight=False)
    for line in found.splitlines():
        console.print(Text(line, _STYLES.get(line[:1], "")), soft_wrap=True)
    if not found:
        print("nothing differs." if facts.own else f"{options.name} is the shipped one.")
    return 0


def _preview(options: argparse.Namespace) -> int:
    with _with_records(options.workspace) as prompting:
        if options.items:
            for item in prompting.items(options.name):
                print(f"{item.id}  {item.label}")
            return 0
        text = _read(options.file) if options.file is not None else None
        preview = prompting.preview(options.name, options.item, text)
        if preview.item is None:
            print(
                f"synth: no {prompting.noun(options.name)} to show it on; this is a shipped example.", file=sys.stderr
            )
        else:
            print(f"synth: on {preview.item.id}: {preview.item.label}", file=sys.stderr)
        print(preview.text)
    return 0


def _set(options: argparse.Namespace) -> int:
    facts = Prompting(options.workspace).save(options.name, _read(options.file))
    said = "is kept as this workspace's own" if facts.own else "is the shipped one, letter for letter"
    print(f"{facts.name} {said}, hash {facts.hash}; runs that start from now on ask with it.")
    return 0


def _reset(options: argparse.Namespace) -> int:
    prompting = Prompting(options.workspace)
    if not prompting.facts(options.name).own:
        print(f"{options.name} is the shipped one already.")
        return 0
    if not options.yes:
        if not sys.stdin.isatty():
            raise BadInput(f"this takes the workspace's copy of {options.name} away; say --yes if that is meant.")
        if input(f"take the workspace's copy of {options.name} away? [y/N] ").strip().lower() not in ("y", "yes"):
            print("nothing was changed.")
            return 0
    prompting.reset(options.name)
    print(f"{options.name} is the shipped one again.")
    return 0


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise BadInput(f"{path}: no such file.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} cannot be read as text: {error}.") from error
