"""How far a verification is: a bar where somebody looks at it, else a line now and then, or JSON lines."""

import json
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

_LINE_EVERY = 5.0
_JSON_EVERY = 1.0
_BAR_EVERY = 0.2
_PIECE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class State:
    """How far it is."""

    done: int
    """Lines dealt with, in this run and before."""
    total: int | None
    """None while they are being counted."""
    run: int
    """Jobs that ended in this run."""
    seconds: float
    outcomes: Mapping[str, int]
    """Of all results, by outcome."""
    bad: int

    @property
    def rate(self) -> float:
        """Jobs a second."""
        return self.run / self.seconds if self.seconds > 0 else 0.0

    @property
    def left_seconds(self) -> float | None:
        """Time to the end at this rate."""
        if self.total is None or not self.rate:
            return None
        return max(0, self.total - self.done) / self.rate

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        left = self.left_seconds
        return {
            "done": self.done,
            "total": self.total,
            "rate": round(self.rate, 2),
            "left_seconds": None if left is None else round(left, 1),
            "outcomes": dict(self.outcomes),
            "bad": self.bad,
        }

    def note(self) -> str:
        """Rate, time left and outcomes in words."""
        left = self.left_seconds
        parts = [f"{self.rate:.1f}/s" if self.run else "", "" if left is None else f"{clock(left)} left"]
        parts += [f"{count:,} {outcome}" for outcome, count in sorted(self.outcomes.items(), key=lambda one: -one[1])]
        parts += [f"{self.bad:,} bad lines"] if self.bad else []
        return ", ".join(part for part in parts if part)


class Showing(Protocol):
    """Where progress is shown."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def tell(self, state: State) -> None:
        """Show it, unless it is too soon."""


def show(*, as_json: bool) -> Showing:
    """The way that fits: JSON lines on stdout, a bar on a terminal's stderr, or lines on stderr."""
    if as_json:
        return _Lines(as_json=True)
    return _Bar() if sys.stderr.isatty() else _Lines(as_json=False)


class _Lines:
    def __init__(self, *, as_json: bool) -> None:
        self._json = as_json
        self._every = _JSON_EVERY if as_json else _LINE_EVERY
        self._at = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def tell(self, state: State) -> None:
        if time.monotonic() - self._at < self._every:
            return
        self._at = time.monotonic()
        if self._json:
            print(json.dumps({"event": "progress", **state.as_dict()}), flush=True)
        else:
            total = "?" if state.total is None else f"{state.total:,}"
            print(f"  {state.done:,}/{total}  {state.note()}", file=sys.stderr, flush=True)


class _Bar:
    def __init__(self) -> None:
        columns = (TextColumn("verifying"), BarColumn(), MofNCompleteColumn(), TextColumn("[dim]{task.fields[note]}"))
        self._bar = Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False)
        self._task = self._bar.add_task("", total=None, note="")
        self._at = 0.0

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def tell(self, state: State) -> None:
        if time.monotonic() - self._at < _BAR_EVERY:
            return
        self._at = time.monotonic()
        self._bar.update(self._task, completed=state.done, total=state.total, note=state.note())


class LineCount:
    """The number of lines of a file, counted beside the work, because a large file takes a while."""

    def __init__(self, path: Path, part: int = 1, parts: int = 1) -> None:
        """part, parts: count only every `parts`-th line, from line `part`."""
        self.total: int | None = None
        self._path, self._part, self._parts = path, part, parts
        threading.Thread(target=self._count, daemon=True).start()

    def _count(self) -> None:
        lines, last = 0, b"\n"
        try:
            with self._path.open("rb") as file:
                while piece := file.read(_PIECE):
                    lines += piece.count(b"\n")
                    last = piece[-1:]
        except OSError:
            return
        lines += last != b"\n"
        self.total = max(0, (lines - self._part) // self._parts + 1)


def clock(seconds: float) -> str:
    """Minutes and seconds, or hours too."""
    minutes, rest = divmod(int(seconds + 0.5), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
