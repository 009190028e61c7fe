"""`synth sandbox packages`: which packages code in the sandbox can import, and adding to them on purpose."""

import argparse
import json
import sys
from typing import TYPE_CHECKING

from synth.sandbox import packages

if TYPE_CHECKING:
    from synth.commands import Register


def add(sandbox: "argparse._SubParsersAction[argparse.ArgumentParser]", register: "Register") -> None:
    """Add the commands."""
    group = sandbox.add_parser(
        "packages",
        help="list, add and remove the packages that code in the sandbox can import",
        description="List, add and remove the packages that code in the sandbox can import.",
    ).add_subparsers(required=True, metavar="WHAT")
    listing = register(group, "list", _list, "list the packages with their versions")
    listing.add_argument("--json", action="store_true")
    more = register(group, "add", _add, "add packages: wheels only, and nothing of them is run")
    more.add_argument("names", nargs="+", metavar="NAME", help="as NAME or NAME==VERSION")
    fewer = register(group, "remove", _remove, "take added packages away")
    fewer.add_argument("names", nargs="+", metavar="NAME")


def _list(options: argparse.Namespace) -> int:
    for name, version, origin in packages.listed(say=_say):
        if options.json:
            print(json.dumps({"name": name, "version": version, "origin": origin}))
        else:
            print(f"{name} {version}  {origin}")
    return 0


def _add(options: argparse.Namespace) -> int:
    new = packages.add(options.names, say=_say)
    for one in new:
        print(f"{one.name} {one.version}")
    print(f"{len(new)} added; what starts from now on can import them." if new else "nothing to add: all are there.")
    return 0


def _remove(options: argparse.Namespace) -> int:
    gone = packages.remove(options.names, say=_say)
    print(f"removed {', '.join(one.name for one in gone) or 'nothing: something else needs them'}.")
    return 0


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
