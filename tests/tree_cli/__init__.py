"""`synth tree` as it is typed: in this process, because each command is quick, or as a process of its own."""

import io
import json
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from synth.cli import main
from synth.workspace import Workspace

OURS = Path(__file__).parents[1] / "tree" / "data" / "epicoder"
PUBLIC = Path(__file__).parents[3] / "shared" / "data" / "epicoder-tree"
FOLDERS = [folder for folder in (OURS, PUBLIC) if folder.exists()]

ODD = (
    *("a > b", ">", "c---d", "---", " ends ", 'say "hi"', "it's", "[x]", '["x"]', "[1]", "-", "--shape", "=1+1", "a,b"),
    *(
        "数据",
        "🍲",
        "e\u0301",
        "\u202eltr",
        "two\nlines",
        "tab\tin",
        "\x1b[31mred",
        "a\u2028b",
        "[bold]x[/bold]",
        ":smile:",
    ),
)
"""Names that a terminal, a shell, a table or a path could trip over."""

State = list[tuple[tuple[str, ...], int, float | None, bool, str, str]]


@dataclass(frozen=True)
class Said:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """What it printed."""
        return self.out.splitlines()

    def rows(self) -> list[dict[str, object]]:
        """What it printed as JSON lines."""
        return [json.loads(line) for line in self.out.split("\n") if line]


class Tool:
    """`synth tree` on one workspace."""

    def __init__(self, workspace: Path) -> None:
        self.workspace = workspace

    def __call__(self, *words: object, code: int = 0, typed: str = "") -> Said:
        """Run a command in this process; a traceback fails the test, as does another exit code than `code`."""
        out, err, keyboard = io.StringIO(), io.StringIO(), sys.stdin
        sys.stdin = io.StringIO(typed)
        try:
            with redirect_stdout(out), redirect_stderr(err):
                done = main(["tree", *self.placed(words)])
        except SystemExit as stop:
            done = int(stop.code or 0)
        finally:
            sys.stdin = keyboard
        assert done == code, err.getvalue() + out.getvalue()
        return Said(done, out.getvalue(), err.getvalue())

    def refused(self, *words: object, typed: str = "") -> str:
        """What a command that must fail says: one line, and nothing of the tree or its history has changed."""
        before = self._kept()
        said = self(*words, code=1, typed=typed)
        assert self._kept() == before
        assert said.out == ""
        assert said.err.startswith("synth: ")
        assert said.err.count("\n") == 1
        return said.err

    def _kept(self) -> object:
        """All that the workspace holds of the tree, in a form to be compared."""
        workspace = Workspace(self.workspace)
        fragment = workspace.tree().to_fragment()
        entries = [entry.model_dump_json() for entry in workspace.trees.history.entries()]
        proposals = [(proposal.id, proposal.decisions.tobytes()) for proposal in workspace.trees.proposals()]
        workspace.close()
        counts = (fragment.parent.tobytes(), fragment.observed.tobytes(), fragment.estimated.tobytes())
        return fragment.name, counts, fragment.note, entries, proposals

    def placed(self, words: tuple[object, ...]) -> list[str]:
        """The words with the workspace after the command's name."""
        name, *rest = (str(word) for word in words)
        return [name, "--workspace", str(self.workspace), *rest]

    def start(self, *words: object, **env: str) -> "subprocess.Popen[str]":
        """The same as a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "synth", "tree", *self.placed(words)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            cwd=Path(__file__).parents[2],
            env={**os.environ, **env},
        )

    def apart(self, *words: object, **env: str) -> Said:
        """Run it as a process of its own to its end."""
        with self.start(*words, **env) as process:
            out, err = process.communicate(timeout=100)
        return Said(process.returncode, out, err)

    def state(self, *, ids: bool = False) -> State:
        """All features in order with all that can be said of them."""
        rows = self("show", "--depth", 99, "--limit", 1_000_000, "--json").rows()
        parts = (*(("id",) if ids else ()), "observed", "estimated", "locked", "status", "note")
        return [(tuple(row["path"]), *(row[part] for part in parts)) for row in rows]  # type: ignore[misc, arg-type]

    def history(self) -> list[dict[str, object]]:
        """All entries, newest first."""
        return self("history", "--limit", 1_000_000, "--json").rows()

    def one(self, *path: str) -> dict[str, object]:
        """One feature."""
        return self("show", "--depth", 0, "--json", json.dumps(path)).rows()[0]
