"""The contract of a sandbox: files and tests in, a verdict's facts out, whatever the code does."""

from dataclasses import dataclass
from typing import Protocol

from synth.records import CodeFile, Failure, Outcome, TestCounts


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one job."""

    wall_seconds: float = 10.0
    cpu_seconds: float = 10.0
    memory_mb: int = 1024
    """Address space of each process."""
    processes: int = 32
    """Processes and threads together."""
    open_files: int = 128
    file_mb: int = 16
    disk_mb: int = 64
    output_kb: int = 256
    """Kept of stdout and of stderr; four times as much ends the job."""


@dataclass(frozen=True, slots=True)
class Job:
    """A solution and its tests, all paths relative; `packages` are the third-party modules it says it needs."""

    files: tuple[CodeFile, ...]
    tests: tuple[CodeFile, ...]
    packages: tuple[str, ...] = ()
    limits: Limits = Limits()


@dataclass(frozen=True, slots=True)
class JobResult:
    """What the sandbox saw."""

    outcome: Outcome
    tests: TestCounts
    failures: tuple[Failure, ...]
    exit_code: int | None
    seconds: float
    peak_mb: float | None
    stdout: str
    stderr: str


class Sandbox(Protocol):
    """Runs jobs in isolation."""

    @property
    def backend(self) -> str:
        """For example `bubblewrap`."""

    @property
    def level(self) -> str:
        """`strong`, `container`, `partial` or `none`."""

    def verify(self, job: Job) -> JobResult:
        """Run the job's tests. Never raises for what the code under test does; blocking, safe to call from threads."""
