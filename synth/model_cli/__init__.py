"""Commands on engines: find local servers, check an endpoint, prices, prompts."""

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from synth.commands import Register

__all__ = ["add_model_commands"]


def add_model_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]", register: "Register") -> None:
    """Add the commands."""
