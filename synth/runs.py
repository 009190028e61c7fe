"""Start, watch, pause, cancel and resume a run: a folder, a worker process, a progress file.

Knows neither Streamlit nor the steps. A run folder holds `config.json` (frozen), `snapshot/`, `journal-*.jsonl`,
`progress.json` (written by the worker), `control` (written by the owner) and `worker.log`.
"""

import fcntl
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Literal

from synth.errors import BadInput, NotFound
from synth.settings import ROOT, RunConfig

State = Literal["new", "running", "paused", "finished", "cancelled", "failed", "interrupted"]
Control = Literal["go", "pause", "cancel"]

_WRITE_EVERY = 0.25


@dataclass(frozen=True, slots=True)
class StepProgress:
    """How far one step is."""

    step: str
    done: int
    """Items finished, dropped ones included."""
    dropped: int
    total: int
    reused: int
    """Items that an earlier worker of this run, or an earlier run, had already finished."""
    seconds: float
    """Time spent in this step by the present worker."""

    @property
    def rate(self) -> float | None:
        """Items a second, None before the first fresh item."""
        fresh = self.done - self.reused
        return fresh / self.seconds if fresh > 0 and self.seconds > 0 else None

    @property
    def left_seconds(self) -> float | None:
        """Time left at the present rate."""
        rate = self.rate
        return (self.total - self.done) / rate if rate else None


@dataclass(frozen=True, slots=True)
class RunStatus:
    """What is known of a run from its folder."""

    id: str
    name: str
    state: State
    steps: tuple[StepProgress, ...] = ()
    started: float | None = None
    """Unix time of the first start."""
    updated: float | None = None
    error: str = ""
    faults: int = 0
    """Jobs of the sandbox that failed by its own fault, those tried again with success included."""

    @property
    def alive(self) -> bool:
        """True while a worker is at it."""
        return self.state in ("running", "paused")

    @property
    def resumable(self) -> bool:
        """True where a worker can take it up again."""
        return self.state in ("new", "cancelled", "failed", "interrupted")


@dataclass(slots=True)
class _Tally:
    total: int
    began: float
    done: int = 0
    dropped: int = 0
    reused: int = 0
    ended: float | None = None


@dataclass(slots=True)
class Progress:
    """The worker's side: counts steps and writes `progress.json`, at most four times a second."""

    folder: Path
    started: float
    state: State = "running"
    error: str = ""
    sandbox_faults: int = 0
    _tallies: dict[str, _Tally] = field(default_factory=dict)
    _written: float = 0.0

    def start(self, step: str, total: int) -> None:
        """Begin a step of `total` items; a second call raises the total of a step that grows."""
        tally = self._tallies.get(step)
        if tally is None:
            self._tallies[step] = _Tally(total, time.monotonic())
        else:
            tally.total, tally.ended = total, None
        self.write()

    def advance(self, step: str, *, dropped: bool = False, reused: bool = False) -> None:
        """Count one finished item."""
        tally = self._tallies[step]
        tally.done += 1
        tally.dropped += dropped
        tally.reused += reused
        if tally.done >= tally.total:
            tally.ended = time.monotonic()
        if time.monotonic() - self._written > _WRITE_EVERY:
            self.write()

    def faults(self, number: int) -> None:
        """Say how often the sandbox itself has failed so far."""
        self.sandbox_faults = number

    def write(self) -> None:
        """Write the file now, atomically."""
        now = time.monotonic()
        steps = [
            {
                "step": name,
                "done": tally.done,
                "dropped": tally.dropped,
                "total": tally.total,
                "reused": tally.reused,
                "seconds": (tally.ended or now) - tally.began,
            }
            for name, tally in self._tallies.items()
        ]
        body = {
            "state": self.state,
            "started": self.started,
            "updated": time.time(),
            "error": self.error,
            "faults": self.sandbox_faults,
            "steps": steps,
        }
        _write_atomically(self.folder / "progress.json", json.dumps(body))
        self._written = now

    def control(self) -> Control:
        """What the owner wants, from the `control` file."""
        try:
            wanted = (self.folder / "control").read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return "go"
        return "pause" if wanted == "pause" else "cancel" if wanted == "cancel" else "go"


class Runs:
    """The runs of one workspace, by their folders."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._workers: dict[str, subprocess.Popen[bytes]] = {}

    def ids(self) -> list[str]:
        """Run ids, oldest first."""
        return sorted(entry.parent.name for entry in self.folder.glob("*/config.json"))

    def create(self, config: RunConfig, fill: Callable[[Path], None]) -> str:
        """Freeze a config into a new run folder; `fill` writes the snapshot. The folder appears whole or not at all."""
        slug = re.sub(r"[^a-z0-9]+", "-", config.name.lower()).strip("-") or "run"
        number = 1 + max((int(entry.name[1:5]) for entry in self.folder.glob("r[0-9][0-9][0-9][0-9]-*")), default=0)
        run_id = f"r{number:04d}-{slug[:40]}"
        draft = self.folder / f".{run_id}.new"
        (draft / "snapshot").mkdir(parents=True)
        fill(draft / "snapshot")
        (draft / "config.json").write_text(config.model_dump_json(indent=1), encoding="utf-8")
        draft.rename(self.folder / run_id)
        return run_id

    def path(self, run_id: str) -> Path:
        """The folder of a run. Raises `NotFound`."""
        path = self.folder / run_id
        if not run_id or Path(run_id).name != run_id or not (path / "config.json").is_file():
            known = ", ".join(self.ids()[-5:]) or "none yet"
            raise NotFound(f"no run `{run_id}` in this workspace; the latest are: {known}.")
        return path

    def config(self, run_id: str) -> RunConfig:
        """The frozen config of a run."""
        return RunConfig.model_validate_json((self.path(run_id) / "config.json").read_bytes())

    def start(self, run_id: str) -> None:
        """Start a worker, or take a stopped run up again. A run whose worker lives is left alone, unpaused."""
        path = self.path(run_id)
        (path / "control").write_text("go", encoding="utf-8")
        if self.status(run_id).alive:
            return
        if self.status(run_id).state == "finished":
            raise BadInput(f"run {run_id} is finished; start a new run to make more.")
        with (path / "worker.log").open("ab") as log:
            self._workers[run_id] = subprocess.Popen(
                [sys.executable, "-m", "synth.worker", str(path.resolve())],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # a Ctrl-C in the owner's terminal must not kill it mid-record
                env=_worker_environment(),
            )

    def release(self) -> None:
        """Let go of the workers; they go on by themselves."""
        for process in self._workers.values():
            if process.poll() is None:
                process.returncode = 0  # nobody waits for it any more, and Popen would complain of that
        self._workers.clear()

    def pause(self, run_id: str) -> None:
        """Let nothing new begin; what is in flight ends."""
        (self.path(run_id) / "control").write_text("pause", encoding="utf-8")

    def cancel(self, run_id: str) -> None:
        """Stop after what is in flight; everything finished is kept."""
        (self.path(run_id) / "control").write_text("cancel", encoding="utf-8")

    def status(self, run_id: str) -> RunStatus:
        """What is known of a run; a worker that died without a word shows as `interrupted`."""
        path = self.path(run_id)
        alive = self._alive(run_id)  # before the file is read: a worker's last word is written before it lets go
        name = self.config(run_id).name
        try:
            body = json.loads((path / "progress.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            state: State = "running" if alive else "interrupted" if (path / "worker.log").exists() else "new"
            return RunStatus(run_id, name, state, error=_last_words(path) if state == "interrupted" else "")
        state = body["state"]
        if alive and state not in ("running", "paused"):
            state = "running"  # the file is still the previous worker's
        elif not alive and state in ("running", "paused"):
            state = "interrupted"
        steps = tuple(StepProgress(**step) for step in body["steps"])
        said = (body["started"], body["updated"], body["error"], body.get("faults", 0))
        return RunStatus(run_id, name, state, steps, *said)

    def _alive(self, run_id: str) -> bool:
        process = self._workers.get(run_id)
        if process is not None:
            if process.poll() is None:
                return True
            del self._workers[run_id]
        lock = take_lock(self.path(run_id) / "worker.lock")
        if lock is None:
            return True
        lock.close()
        return False


def take_lock(path: Path) -> IO[str] | None:
    """Take an exclusive lock that ends with the process, or return None where another process has it."""
    stream = path.open("a", encoding="utf-8")
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        stream.close()
        return None
    return stream


def _worker_environment() -> dict[str, str]:
    env = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    # Beside other load, spinning OpenMP threads take more time than the work they wait for.
    env = {"OMP_WAIT_POLICY": "PASSIVE", "TOKENIZERS_PARALLELISM": "false", **env}
    # OpenBLAS stops its threads at every fork; a sandbox that starts during a matrix product would hang it for ever.
    return env | {"OPENBLAS_NUM_THREADS": "1"}


def _last_words(path: Path) -> str:
    with suppress(OSError, IndexError):
        return (path / "worker.log").read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1][:500]
    return ""


def _write_atomically(path: Path, text: str) -> None:
    draft = path.with_suffix(".part")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)
