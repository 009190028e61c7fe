"""Commands on single records: where one comes from, and making it again."""

import argparse
from typing import TYPE_CHECKING

from synth.record_cli import replay, show

if TYPE_CHECKING:
    from synth.commands import Register

__all__ = ["add_record_commands"]


def add_record_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]", register: "Register") -> None:
    """Add `show` and `replay`."""
    show.add(commands, register)
    replay.add(commands, register)
