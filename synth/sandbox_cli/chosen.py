"""Which sandbox a command runs things in: the best of this machine, or a weaker one where a person insists."""

import argparse
import sys

from synth.errors import SandboxUnavailable
from synth.sandbox.base import Sandbox
from synth.sandbox.choose import choose_no_sandbox, choose_sandbox

_FLAG = "--i-accept-unsandboxed-execution"


def add_rungs(parser: argparse.ArgumentParser) -> None:
    """Let a person say which sandbox, and that a partial one will do."""
    parser.add_argument(
        "--sandbox",
        dest="rung",
        default="",
        metavar="LEVEL|BACKEND",
        help="strong, container, wasm or partial, or a backend such as container:podman; default: the strongest",
    )
    parser.add_argument(
        "--allow-partial",
        action="store_true",
        help="where nothing better is to be had, isolate in part; what passes there does not count as proven",
    )


def add_flag(parser: argparse.ArgumentParser) -> None:
    """Let a person insist, on that and on no sandbox at all."""
    add_rungs(parser)
    parser.add_argument(
        _FLAG,
        dest="unsandboxed",
        action="store_true",
        help="where there is no sandbox, run the code with all the rights of your user; never as the superuser",
    )


def sandbox_for(options: argparse.Namespace, workers: int | None = None) -> Sandbox:
    """The sandbox for `workers` jobs at once, default one a core; a weak one is named on stderr.

    Raises `SandboxUnavailable` and `BadConfig`.
    """
    try:
        sandbox = choose_sandbox(workers, options.rung, options.allow_partial)
    except SandboxUnavailable:
        if not options.unsandboxed:
            raise
    else:
        if sandbox.level != "strong":
            _warn(43, f"sandbox {sandbox.backend}, level `{sandbox.level}`; why: synth doctor")
        return sandbox
    sandbox = choose_no_sandbox(workers)
    _warn(41, "NO SANDBOX: this code can do all that you can. Level `none`.")
    return sandbox


def _warn(colour: int, text: str) -> None:
    begin, end = (f"\x1b[1;{colour}m", "\x1b[0m") if sys.stderr.isatty() else ("", "")
    print(f"{begin}synth: {text}{end}", file=sys.stderr)
