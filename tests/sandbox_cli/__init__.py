"""`synth verify`, `synth sandbox` and `synth doctor` as they are typed: in this process, or as one of their own."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synth.cli import main

TEST = "from solution import f\n\ndef test_f():\n    assert f(3) == 6\n"
RIGHT = "def f(n):\n    return n * 2\n"
WRONG = "def f(n):\n    return n\n"


@dataclass(frozen=True)
class Said:
    """How a command ended."""

    code: int
    out: str
    err: str

    def rows(self) -> list[dict[str, Any]]:
        """What it printed as JSON lines."""
        return [json.loads(line) for line in self.out.split("\n") if line]


def synth(*words: object, code: int = 0) -> Said:
    """Run a command in this process; a traceback fails the test, as does another exit code than `code`."""
    out, err = io.StringIO(), io.StringIO()
    try:
        with redirect_stdout(out), redirect_stderr(err):
            done = main([str(word) for word in words])
    except SystemExit as stop:
        done = int(stop.code or 0)
    assert done == code, err.getvalue() + out.getvalue()
    return Said(done, out.getvalue(), err.getvalue())


def start(*words: object, **env: str) -> "subprocess.Popen[str]":
    """The same as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "synth", *map(str, words)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        cwd=Path(__file__).parents[2],
        env={**os.environ, **env},
        start_new_session=True,
    )


def entry(id: object, solution: str = RIGHT, test: str = TEST, **more: object) -> dict[str, object]:
    """One entry of a dataset."""
    files = {"solution.py": solution, "test_solution.py": test}
    return {"id": id, "files": files, "tests": ["test_solution.py"], **more}


def dataset(path: Path, entries: Iterable[object]) -> Path:
    """A JSONL file; texts are lines as they are."""
    lines = [one if isinstance(one, str) else json.dumps(one) for one in entries]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def results(path: Path) -> list[dict[str, Any]]:
    """The lines of an OUT."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
