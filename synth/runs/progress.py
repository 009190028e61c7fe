"""The worker's side of a run folder: what it says of itself in `progress.json`, and what `control` wants of it."""

import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from synth.records import Spend
from synth.runs.status import State

Control = Literal["go", "pause", "cancel"]

_WRITE_EVERY = 0.25
_SPARE_BYTES = 32_768
"""Kept free for the last word of a worker on a full disk."""


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
    """Counts steps and writes `progress.json`, at most four times a second; one that cannot be written is let go."""

    folder: Path
    started: float
    state: State = "running"
    error: str = ""
    sandbox_faults: int = 0
    amendments: int = 0
    """How many of the run's amendments this worker knows."""
    spend: Callable[[], Mapping[str, Spend]] = dict
    """What asking came to so far, by step."""
    _tallies: dict[str, _Tally] = field(default_factory=dict)
    _written: float = 0.0
    _before: list[object] = field(default_factory=list)
    """What an earlier worker said of its steps; shown until this one begins its own."""

    def __post_init__(self) -> None:
        with suppress(OSError, ValueError, KeyError, TypeError):
            self._before = list(json.loads((self.folder / "progress.json").read_text(encoding="utf-8"))["steps"])

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
        now = time.monotonic()
        if tally.done >= tally.total:
            tally.ended = now
        if now - self._written > _WRITE_EVERY:
            self.write()

    def forget(self) -> None:
        """Count from the beginning again, as a new worker does."""
        self._tallies.clear()
        self._before = []

    def faults(self, number: int) -> None:
        """Say how often the sandbox itself has failed so far."""
        self.sandbox_faults = number

    def keep_room(self) -> None:
        """Set a little of the disk aside for the last word."""
        spare = self.folder / "spare"
        with suppress(OSError):
            if not spare.exists():
                spare.write_bytes(bytes(_SPARE_BYTES))

    def write(self) -> None:
        """Write the file now, atomically, where that is possible."""
        self._written = time.monotonic()
        with suppress(OSError):  # what a run has made is in its journals; the next word may get through
            _write_atomically(self.folder / "progress.json", self._said())

    def last_word(self) -> None:
        """Write the file, on a full disk with the room that was kept for it."""
        path = self.folder / "progress.json"
        try:
            _write_atomically(path, self._said())
        except OSError:
            with suppress(OSError):
                (self.folder / "spare").unlink(missing_ok=True)
                _write_atomically(path, self._said())

    def control(self) -> Control:
        """What the owner wants, from the `control` file."""
        try:
            wanted = (self.folder / "control").read_text(encoding="utf-8").strip()
        except OSError:
            return "go"
        return "pause" if wanted == "pause" else "cancel" if wanted == "cancel" else "go"

    def _said(self) -> str:
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
        return json.dumps(
            {
                "state": self.state,
                "started": self.started,
                "updated": time.time(),
                "error": self.error,
                "faults": self.sandbox_faults,
                "amendments": self.amendments,
                "spend": {step: spend.model_dump() for step, spend in self.spend().items()},
                "steps": steps or self._before,
            }
        )


def _write_atomically(path: Path, text: str) -> None:
    draft = path.with_suffix(".part")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)
