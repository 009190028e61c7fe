"""Runs the inside's runners in a process of their own, without the sandbox."""

import json
import os
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import TypedDict, Unpack

from synth.sandbox.inside import suite
from synth.sandbox.inside.report import Report


class Options(TypedDict, total=False):
    """Of `run_suite`."""

    order: int
    before_each: Callable[[], None]
    conftests: list[str]
    fast: bool


@dataclass
class Runner:
    """Writes a job below a folder, and runs its tests in a process of their own."""

    folder: Path

    def __call__(
        self, files: dict[str, str] | str, tests: list[str] | None = None, **options: Unpack[Options]
    ) -> Report:
        files = {"test_it.py": files} if isinstance(files, str) else files
        root = self.folder / f"job{len(list(self.folder.iterdir()))}"
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(text), encoding="utf-8")
        names = [name for name in files if Path(name).name.startswith("test_")] if tests is None else tests
        root.mkdir(exist_ok=True)
        return in_a_fork(lambda: suite.run_suite(str(root), names, **options), root)


def in_a_fork(work: Callable[[], Report], folder: Path) -> Report:
    """What `work` returns, done in a copy of this process that works in `folder`; its output goes to files there."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            os.chdir(folder)
            warnings.resetwarnings()
            for descriptor, name in ((1, "stdout.txt"), (2, "stderr.txt")):
                os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT), descriptor)
            with open(1, "w", closefd=False) as sys.stdout, open(2, "w", closefd=False) as sys.stderr:
                os.write(writing, work().encode())
        finally:
            os._exit(0)
    os.close(writing)
    with open(reading, "rb") as pipe:
        content = pipe.read()
    os.waitpid(child, 0)
    assert content, (folder / "stderr.txt").read_text()
    facts = json.loads(content)
    facts["failures"] = [tuple(failure) for failure in facts["failures"]]
    facts["errors"] = [tuple(error) for error in facts["errors"]]
    return Report(**facts)
