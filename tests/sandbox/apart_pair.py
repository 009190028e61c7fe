"""Runs a candidate in a process of its own, as the sandbox does, with the driver in the test's process."""

import os
import socket
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from synth.sandbox.inside import candidate, driver
from synth.sandbox.inside.report import Report


def apart(folder: Path, files: dict[str, str], run: Callable[[], None]) -> tuple[Report, bool]:
    """Drive `run` against a solution of these files; what it raised is the report's one failure."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return against(
        lambda link: serve_folder(link, folder),
        [Path(name).parts[0].removesuffix(".py") for name in files],
        lambda: reported(run),
    )


def against(serve: Callable[[int], None], modules: list[str], run: Callable[[], Report]) -> tuple[Report, bool]:
    """Drive `run` against whatever `serve` does with the other end of the link, in a forked process."""
    ours, theirs = socket.socketpair()
    child = os.fork()
    if child == 0:
        ours.close()
        try:
            serve(theirs.fileno())
        finally:
            os._exit(0)
    theirs.close()
    try:
        return driver.drive(ours.fileno(), modules, run)
    finally:
        ours.close()
        os.waitpid(child, 0)


def serve_folder(link: int, folder: Path) -> None:
    """Be the candidate of a folder."""
    os.chdir(folder)
    sys.path[:] = [path for path in sys.path if path]
    candidate.serve(link, str(folder))


def reported(run: Callable[[], None]) -> Report:
    """A report of one test, which is `run`."""
    report = Report(complete=True)
    try:
        run()
    except BaseException as error:  # noqa: BLE001 - what a runner does
        report.failures.append(("test", "".join(traceback.format_exception(error))))
    return report
