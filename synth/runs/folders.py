"""The runs of one workspace, by their folders: what whoever steers them does. Works beside the owner of a workspace."""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from synth.errors import BadInput, CannotWrite, NotFound
from synth.records import Spend
from synth.runs.amendments import Amendment, add_amendments, effective, read_amendments, takes_of
from synth.runs.dropped import Ended, ended_early
from synth.runs.frozen import read_config
from synth.runs.inbox import Inbox
from synth.runs.locks import is_locked, take_lock
from synth.runs.status import RunStatus, State, StepProgress
from synth.settings import ROOT, Budget, RunConfig

_PATIENCE = 1.0
"""Seconds: whoever looks whether a run is alive holds its lock for an instant."""
_LAST_BYTES = 65_536
"""Of what a worker printed."""


class Runs:
    """The runs of one workspace."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.inbox = Inbox(folder)
        self._creating = threading.Lock()
        self._workers: dict[str, subprocess.Popen[bytes]] = {}

    def ids(self) -> list[str]:
        """Run ids, oldest first."""
        return sorted(entry.parent.name for entry in self.folder.glob("*/config.json"))

    def create(self, config: RunConfig, fill: Callable[[Path], None]) -> str:
        """Freeze a config into a new run folder; `fill` writes the snapshot. The folder appears whole or not at all."""
        slug = re.sub(r"[^a-z0-9]+", "-", config.name.lower()).strip("-") or "run"
        with self._creating:
            number = 1 + max((int(entry.name[1:5]) for entry in self.folder.glob("r[0-9][0-9][0-9][0-9]-*")), default=0)
            run_id = f"r{number:04d}-{slug[:40]}"
            draft = self.folder / f".{run_id}.new"
            shutil.rmtree(draft, ignore_errors=True)  # of an owner that was killed
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
        path = self.path(run_id) / "config.json"
        return read_config(path.read_bytes(), str(path))

    def amendments(self, run_id: str) -> list[Amendment]:
        """What was asked of a run since it was frozen, oldest first."""
        return read_amendments(self.path(run_id))

    def effective_config(self, run_id: str) -> RunConfig:
        """The frozen config with what was asked for since."""
        return effective(self.config(run_id), self.amendments(run_id))

    # steering

    def start(self, run_id: str) -> None:
        """Start a worker, or take a stopped run up again. A run whose worker lives is left alone, unpaused.

        Raises `BadInput` where it is finished, `CannotWrite` where its folder cannot be written.
        """
        path = self.path(run_id)
        self._steer(run_id, "go")
        status = self.status(run_id)
        if status.alive:
            return
        if status.state == "finished":
            raise BadInput(
                f"run {run_id} is finished; extend it, have what ended early tried again, or start a new run."
            )
        try:
            self._spawn(run_id, path)
        except OSError as error:
            raise _cannot_write(path, error) from error

    def release(self) -> None:
        """Let go of the workers; they go on by themselves."""
        for process in self._workers.values():
            if process.poll() is None:
                process.returncode = 0  # nobody waits for it any more, and Popen would complain of that
        self._workers.clear()

    def pause(self, run_id: str) -> None:
        """Let nothing new begin; what is in flight ends."""
        self._steer(run_id, "pause")

    def cancel(self, run_id: str) -> None:
        """Stop after what is in flight; everything finished is kept."""
        self._steer(run_id, "cancel")

    def extend(self, run_id: str, samples: int) -> None:
        """Draw `samples` more, and go on; earlier draws stay what they are. Raises `BadInput`."""
        if samples < 1:
            raise BadInput("give 1 sample or more to extend a run by.")
        self._amend(run_id, [{"kind": "extend", "samples": samples}])

    def raise_budget(self, run_id: str, budget: Budget) -> None:
        """Let a run use up to `budget` from its beginning, in place of what it had, and go on."""
        self._amend(run_id, [{"kind": "budget", **budget.model_dump(exclude_none=True)}])

    def retry(
        self, run_id: str, wanted: Sequence[str] | None = None, *, step: str | None = None, reason: str | None = None
    ) -> int:
        """Have items that ended early tried anew, each as a new take. Returns how many.

        `wanted`: ids of what they would have become, None = all; of these only items of `step`, and those whose
        reason begins with `reason`. Raises `BadInput` where there is none.
        """
        takes = takes_of(self.amendments(run_id))
        chosen = None if wanted is None else set(wanted)
        found = [
            one.wanted_id
            for one in ended_early(self.path(run_id), takes)
            if (chosen is None or one.wanted_id in chosen)
            and (step is None or one.step == step)
            and (reason is None or one.reason.startswith(reason))
        ]
        if not found:
            raise BadInput(f"nothing of run {run_id} ended early that fits; `synth runs show {run_id}` lists what did.")
        by_take: dict[int, list[str]] = defaultdict(list)
        for one in found:
            by_take[takes.get(one, 0) + 1].append(one)
        self._amend(run_id, [{"kind": "retry", "wanted": ids, "take": take} for take, ids in sorted(by_take.items())])
        return len(found)

    def ended_early(self, run_id: str) -> list[Ended]:
        """What ended early in a run and was not made since."""
        return ended_early(self.path(run_id), takes_of(self.amendments(run_id)))

    # looking

    def status(self, run_id: str) -> RunStatus:
        """What is known of a run; a worker that died without a word shows as `interrupted`."""
        path = self.path(run_id)
        alive = self._alive(run_id)  # before the file is read: a worker's last word is written before it lets go
        name = self.config(run_id).name
        try:
            body = json.loads((path / "progress.json").read_text(encoding="utf-8"))
            state: State = body["state"]
            steps = tuple(StepProgress(**step) for step in body["steps"])
            spend = {step: Spend.model_validate(spent) for step, spent in body.get("spend", {}).items()}
            said = (body["started"], body["updated"], body["error"], body.get("faults", 0), spend)
        except (OSError, ValueError, KeyError, TypeError):
            state = "running" if alive else "interrupted" if (path / "worker.log").exists() else "new"
            return RunStatus(run_id, name, state, error=self._last_words(run_id) if state == "interrupted" else "")
        if alive and state not in ("running", "paused"):
            state = "running"  # the file is still the previous worker's
        elif not alive and state in ("running", "paused"):
            state = "interrupted"
        elif not alive and state == "finished" and len(read_amendments(path)) > body.get("amendments", 0):
            state = "interrupted"  # something was asked of it since that no worker has taken up
        return RunStatus(run_id, name, state, steps, *said)

    def printed(self, run_id: str) -> str:
        """The end of what a run's workers printed."""
        try:
            with (self.path(run_id) / "worker.log").open("rb") as log:
                log.seek(max(0, log.seek(0, os.SEEK_END) - _LAST_BYTES))
                return log.read().decode("utf-8", "replace")
        except OSError:
            return ""

    def _spawn(self, run_id: str, path: Path) -> None:
        """Start a worker that has the run's lock from its first moment: others see at once that it is there."""
        lock = take_lock(path / "worker.lock", _PATIENCE)
        if lock is None:
            return  # somebody else was first
        with lock, (path / "worker.log").open("ab") as log:
            self._workers[run_id] = subprocess.Popen(
                [sys.executable, "-m", "synth.worker", str(path.resolve()), str(lock.fileno())],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(lock.fileno(),),
                start_new_session=True,  # a Ctrl-C in the owner's terminal must not kill it mid-record
                env=_worker_environment(),
            )

    def _amend(self, run_id: str, wishes: list[dict[str, object]]) -> None:
        path = self.path(run_id)
        add_amendments(path, wishes)
        if not self._alive(run_id):
            self.start(run_id)  # a worker that is at it takes up what was asked before it ends

    def _steer(self, run_id: str, wanted: str) -> None:
        path = self.path(run_id)
        try:
            (path / "control").write_text(wanted, encoding="utf-8")
        except OSError as error:
            raise _cannot_write(path, error) from error

    def _last_words(self, run_id: str) -> str:
        lines = self.printed(run_id).strip().splitlines()
        return lines[-1][:500] if lines else ""

    def _alive(self, run_id: str) -> bool:
        process = self._workers.get(run_id)
        if process is not None:
            if process.poll() is None:
                return True
            del self._workers[run_id]
        with suppress(OSError):
            return is_locked(self.path(run_id) / "worker.lock")
        return False


def _cannot_write(path: Path, error: OSError) -> CannotWrite:
    why = error.strerror or str(error)
    return CannotWrite(f"{path} cannot be written: {why}. Make room on that disk or the folder writable, then resume.")


def _worker_environment() -> dict[str, str]:
    env = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    # Beside other load, spinning OpenMP threads take more time than the work they wait for.
    env = {"OMP_WAIT_POLICY": "PASSIVE", "TOKENIZERS_PARALLELISM": "false", **env}
    # OpenBLAS stops its threads at every fork; a sandbox that starts during a matrix product would hang it for ever.
    return env | {"OPENBLAS_NUM_THREADS": "1"}
