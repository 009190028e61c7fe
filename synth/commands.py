"""What a command of the command line is, for the packages that each bring some."""

import argparse
from typing import Protocol


class Command(Protocol):
    """Does what the options say. Returns the exit code."""

    def __call__(self, options: argparse.Namespace, /) -> int: ...


class Register(Protocol):
    """How a command is added: see `synth.cli`."""

    def __call__(
        self, group: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, command: Command, text: str
    ) -> argparse.ArgumentParser: ...
