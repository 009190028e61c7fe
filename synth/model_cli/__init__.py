"""Commands on engines: find local servers, check an endpoint, prices, prompts."""

import argparse
from typing import TYPE_CHECKING

from synth.model_cli import cache, models, prices, prompts

if TYPE_CHECKING:
    from synth.commands import Register

__all__ = ["add_model_commands"]


def add_model_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]", register: "Register") -> None:
    """Add `models`, `prompts`, `prices` and `cache`."""
    models.add(commands, register)
    prompts.add(commands, register)
    prices.add(commands, register)
    cache.add(commands, register)
