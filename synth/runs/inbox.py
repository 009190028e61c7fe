"""Runs that other processes hand to the owner of a workspace: `runs/inbox/`.

Who may not open the database writes `<name>.config`; the owner takes it by renaming it to `<name>.taken`, starts the
run and writes `<name>.answer`, with the run's id or what is wrong. Renaming decides who has it: a config that was
called back is not started, one that was taken cannot be called back.
"""

import json
import os
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from synth.errors import BadInput, CannotWrite, EspalierError
from synth.runs.frozen import read_config
from synth.settings import RunConfig

_LOOK_EVERY = 0.1
_STALE_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Posted:
    """A config that was handed over."""

    folder: Path
    name: str

    def wait(self, until_taken: float = 10.0, until_started: float = 180.0) -> str | None:
        """The id of the run; None where nobody took it within `until_taken` seconds, and it was called back.

        Raises `BadInput` with what the owner says is wrong.
        """
        if not self._taken(until_taken):
            return None
        answer, end = self.folder / f"{self.name}.answer", time.monotonic() + until_started
        while not answer.exists():
            if time.monotonic() > end:
                raise BadInput("the app took the run, but did not say that it began; look at its page Runs.")
            time.sleep(_LOOK_EVERY)
        said = json.loads(answer.read_text(encoding="utf-8"))
        for path in (answer, self.folder / f"{self.name}.taken"):
            path.unlink(missing_ok=True)
        if "error" in said:
            raise BadInput(str(said["error"]))
        return str(said["run"])

    def _taken(self, seconds: float) -> bool:
        waiting, end = self.folder / f"{self.name}.config", time.monotonic() + seconds
        while waiting.exists():
            if time.monotonic() > end:
                with suppress(FileNotFoundError):
                    waiting.unlink()
                    return False
            time.sleep(_LOOK_EVERY)
        return True


class Inbox:
    """The inbox of one workspace."""

    def __init__(self, runs: Path) -> None:
        self.folder = runs / "inbox"

    def post(self, config: RunConfig) -> Posted:
        """Lay a config there. Raises `CannotWrite`."""
        name = f"{time.time_ns():020d}-{secrets.token_hex(4)}"
        draft = self.folder / f".{name}.part"
        try:
            self.folder.mkdir(exist_ok=True)
            draft.write_text(config.model_dump_json(), encoding="utf-8")
            draft.replace(self.folder / f"{name}.config")
        except OSError as error:
            raise CannotWrite(f"{self.folder} cannot be written: {error.strerror or error}.") from error
        return Posted(self.folder, name)

    def serve(self, start: Callable[[RunConfig], str]) -> int:
        """Start what lies there, oldest first, and answer. Returns how many were taken."""
        count = 0
        for waiting in sorted(self.folder.glob("*.config")):
            taken = waiting.with_suffix(".taken")
            try:
                os.rename(waiting, taken)
            except FileNotFoundError:
                continue  # called back
            count += 1
            answer = self._answer(taken, start)
            draft = taken.with_suffix(".part")
            draft.write_text(json.dumps(answer), encoding="utf-8")
            draft.replace(taken.with_suffix(".answer"))
        if count:
            self._tidy()
        return count

    def _answer(self, taken: Path, start: Callable[[RunConfig], str]) -> dict[str, str]:
        try:
            return {"run": start(read_config(taken.read_bytes(), "the config that was handed over"))}
        except EspalierError as error:
            return {"error": str(error)}
        except Exception as error:  # noqa: BLE001 whoever waits for the answer must get one
            return {"error": f"the run cannot be started: {error}."}

    def _tidy(self) -> None:
        """Answers that nobody came for."""
        for path in self.folder.iterdir():
            with suppress(OSError):
                if path.suffix != ".config" and time.time() - path.stat().st_mtime > _STALE_SECONDS:
                    path.unlink()
