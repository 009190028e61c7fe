"""`synth tree`: everything that can be done with a feature tree, from the command line."""

import argparse

from synth.commands import Register
from synth.tree_cli import changes, history, reading, sampling


def add_tree_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]", register: Register) -> None:
    """Add `tree` with all its commands."""
    tree = commands.add_parser(
        "tree",
        help="browse, edit, draw from, import and export the feature tree",
        description="Browse, edit, draw from, import and export the feature tree. A feature is named by its path:"
        " `data processing > parsing > csv`, the same with --- between names, or a JSON list of names.",
    ).add_subparsers(required=True, metavar="WHAT")
    for module in (reading, sampling, changes, history):
        module.add(tree, register)
