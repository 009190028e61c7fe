"""What is known of a run from its folder."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from synth.records import Spend

State = Literal["new", "running", "paused", "finished", "cancelled", "stopped", "failed", "interrupted"]
"""`cancelled`: by a person; `stopped`: at its budget; `interrupted`: the worker ended without a word."""


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
    spend: Mapping[str, Spend] = field(default_factory=dict)
    """What asking came to, by step."""

    @property
    def total(self) -> Spend:
        """What asking came to in all."""
        return sum(self.spend.values(), Spend())

    @property
    def alive(self) -> bool:
        """True while a worker is at it."""
        return self.state in ("running", "paused")

    @property
    def resumable(self) -> bool:
        """True where a worker can take it up again."""
        return self.state in ("new", "cancelled", "stopped", "failed", "interrupted")
