"""`synth verify`, `synth sandbox` and `synth doctor`: the sandbox for any dataset, any program and any machine."""

import argparse

from synth.commands import Register
from synth.sandbox_cli import doctor, packages, program, verify


def add_sandbox_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]", register: Register) -> None:
    """Add `verify`, `sandbox` with its commands, and `doctor`."""
    verify.add(commands, register)
    sandbox = commands.add_parser(
        "sandbox",
        help="run a program in the sandbox; see and extend the packages it has",
        description="Run a program in the sandbox; see and extend the packages it has.",
    ).add_subparsers(required=True, metavar="WHAT")
    program.add(sandbox, register)
    packages.add(sandbox, register)
    doctor.add(commands, register)
