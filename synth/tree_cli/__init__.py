"""`synth tree`: everything that can be done with a feature tree, from the command line."""

import argparse
from typing import Protocol

from synth.tree_cli import changes, history, reading, sampling


class Register(Protocol):
    """How a command is added: see `synth.cli`."""

    def __call__(
        self, group: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, command: "Command", text: str
    ) -> argparse.ArgumentParser: ...


class Command(Protocol):
    """Does what the options say. Returns the exit code."""

    def __call__(self, options: argparse.Namespace, /) -> int: ...


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
