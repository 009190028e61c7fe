"""Which sandbox a command runs things in: the best of this machine, or none where a person insists."""

import argparse
import sys

from synth.errors import SandboxUnavailable
from synth.sandbox.base import Sandbox
from synth.sandbox.choose import choose_no_sandbox, choose_sandbox

_FLAG = "--i-accept-unsandboxed-execution"


def add_flag(parser: argparse.ArgumentParser) -> None:
    """Let a person insist."""
    parser.add_argument(
        _FLAG,
        dest="unsandboxed",
        action="store_true",
        help="where there is no sandbox, run the code with all the rights of your user; never as the superuser",
    )


def sandbox_for(options: argparse.Namespace, workers: int | None = None) -> Sandbox:
    """The sandbox for `workers` jobs at once, default one a core. Raises `SandboxUnavailable`."""
    try:
        return choose_sandbox(workers)
    except SandboxUnavailable:
        if not options.unsandboxed:
            raise
    sandbox = choose_no_sandbox(workers)
    red, plain = ("\x1b[1;41m", "\x1b[0m") if sys.stderr.isatty() else ("", "")
    print(f"{red}synth: NO SANDBOX: this code can do all that you can. Level `none`.{plain}", file=sys.stderr)
    return sandbox
