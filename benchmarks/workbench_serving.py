"""What the workbench's benchmark measures: servers as users start them, workspaces with made trees, a run to write."""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from trees import made_tree

from synth.settings import RunConfig
from synth.tree.operations import Actor
from synth.workspace import Workspace

ROOT = Path(__file__).resolve().parents[1]
EMPTY_PAGE = ROOT / "benchmarks" / "empty_page.py"
EMPTY_APP = Path(__file__).with_name("empty_app.py")

_GROWING = {"name": "writing all the while", "extract": {"enabled": False}, "grow": {"steps": 1_000_000}}
_SETTLES = 1.5
"""Seconds after which a run that was told to pause or go on has done so, and what it wrote before is taken in."""


@dataclass(frozen=True, slots=True)
class Server:
    """A Streamlit server that we started."""

    address: str
    process: int

    def ask(self, path: str, body: Mapping[str, object]) -> dict[str, object]:
        """What an endpoint answers."""
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.address}{path}", json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            found: dict[str, object] = json.loads(answer.read())
        return found

    def resident(self) -> dict[str, float]:
        """Megabytes in memory: all, and of those the ones that no file holds."""
        status = Path(f"/proc/{self.process}/status").read_text(encoding="utf-8")
        found = {name: int(value) / 1024 for name, value in re.findall(r"(VmRSS|RssAnon):\s+(\d+) kB", status)}
        return {"all": round(found["VmRSS"], 1), "anonymous": round(found["RssAnon"], 1)}


@contextmanager
def served(script: Path, port: int, workspace: Path | None = None, *, ours: bool = True) -> Iterator[Server]:
    """`streamlit run` on a script, with the settings of `.streamlit/config.toml`; without `ours` as Streamlit comes."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    env["NUMPY_MADVISE_HUGEPAGE"] = "0"  # as `start.py` does
    if workspace is not None:
        env["ESPALIER_WORKSPACE"] = str(workspace)
    command = [sys.executable, "-m", "streamlit", "run", str(script)]
    command += ["--server.port", str(port), "--server.headless", "true"]
    if not ours:
        command += ["--server.address", "127.0.0.1", "--browser.gatherUsageStats", "false"]
    place = ROOT if ours else Path(tempfile.gettempdir())
    server = subprocess.Popen(command, cwd=place, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(f"http://127.0.0.1:{port}")
        yield Server(f"http://127.0.0.1:{port}", server.pid)
    finally:
        server.terminate()
        server.wait(timeout=60)


def _wait_for(address: str) -> None:
    for _ in range(600):
        try:
            urllib.request.urlopen(f"{address}/_stcore/health", timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit(f"{address} did not start")


def made_workspace(folder: Path, nodes: int, *, run: bool) -> str:
    """A workspace with the tree of so many nodes, imported. With `run`, a run that has begun and waits: its id."""
    workspace = Workspace(folder)
    workspace.trees.load(made_tree(nodes), Actor(kind="import", name="benchmark"))
    run_id = ""
    if run:
        run_id = workspace.start_run(RunConfig.model_validate(_GROWING))
        while not any(step.done for step in workspace.run(run_id).steps):
            if workspace.run(run_id).error:
                raise SystemExit(f"the run failed: {workspace.run(run_id).error}")
            time.sleep(0.2)
        workspace.pause(run_id)
        time.sleep(_SETTLES)
    workspace.close()
    return run_id


def column_megabytes(folder: Path) -> float:
    """What the columns of a workspace's newest stored tree take: parents, names, counts, children, texts."""
    base = max((folder / "tree").glob("base-*"))
    return round(sum(path.stat().st_blocks * 512 for path in base.glob("*.bin")) / 2**20, 1)


class Writer:
    """The run of a workspace, which writes or rests."""

    def __init__(self, server: Server, workspace: Path, run_id: str) -> None:
        self._server, self._run_id = server, run_id
        self._folder = workspace / "runs" / run_id
        self._lines = self._count()
        self.written = 0
        """Records so far in the stretches in which it wrote."""

    def write(self) -> None:
        """Let it write."""
        self._act("resume")
        self._lines = self._count()

    def rest(self) -> None:
        """Let it rest. Raises SystemExit where it has written nothing since `write`."""
        came = self._count() - self._lines
        self._act("pause")
        if came <= 0:
            raise SystemExit("the run wrote nothing; the numbers beside it would mean nothing.")
        self.written += came

    def __enter__(self) -> "Writer":
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it for good."""
        self._act("cancel")

    def _act(self, action: str) -> None:
        self._server.ask("/api/runs/act", {"run_id": self._run_id, "action": action})
        time.sleep(_SETTLES)

    def _count(self) -> int:
        return sum(path.read_bytes().count(b"\n") for path in self._folder.glob("journal-*.jsonl"))
