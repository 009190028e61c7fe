"""Commands on runs: start, follow, pause, resume, cancel, retry, extend, compare, and what came of them."""

import argparse
from typing import TYPE_CHECKING

from synth.run_cli import run, runs

if TYPE_CHECKING:
    from synth.commands import Register

__all__ = ["add_run_commands"]


def add_run_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]", register: "Register") -> None:
    """Add `run`, `runs` and `funnel`."""
    run.add(commands, register)
    runs.add(commands, register)
