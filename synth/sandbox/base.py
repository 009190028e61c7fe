"""The contract of a sandbox: files and tests in, a verdict's facts out, whatever the code does."""

from dataclasses import dataclass
from typing import Protocol

from synth.records import CodeFile, Failure, Grade, Outcome, TestCounts


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one job; those of a whole job hold for all its processes together."""

    wall_seconds: float = 10.0
    cpu_seconds: float = 10.0
    """Of the whole job."""
    memory_mb: int = 1024
    """Resident memory of the whole job, files in memory included."""
    address_mb: int = 2048
    """Address space of each process."""
    processes: int = 32
    """Processes and threads of the whole job."""
    open_files: int = 128
    """Of each process."""
    file_mb: int = 16
    disk_mb: int = 64
    """Of the work folder and of the temporary folder, each."""
    inodes: int = 4096
    """Files and folders in each of them."""
    shared_mb: int = 1
    """Shared memory (`/dev/shm`) of the job, which no other job sees."""
    output_kb: int = 256
    """Kept of stdout and of stderr; four times as much ends the job."""


@dataclass(frozen=True, slots=True)
class Job:
    """A solution and its tests, all paths relative; `packages` are the third-party modules it says it needs."""

    files: tuple[CodeFile, ...]
    tests: tuple[CodeFile, ...]
    packages: tuple[str, ...] = ()
    limits: Limits = Limits()
    apart: bool = True
    """False: the tests run in the solution's process even where they could be judged apart."""
    hash_seed: int = 0
    """`PYTHONHASHSEED` of the job, 0 to 4294967295."""
    once: bool = False
    """One run of the tests as they are, without altered ones: enough for wrong versions of a solution."""
    order: int | None = None
    """Seed of a random order of the tests; None for the order in which they are written."""


@dataclass(frozen=True, slots=True)
class JobResult:
    """What the sandbox saw."""

    outcome: Outcome
    tests: TestCounts
    failures: tuple[Failure, ...]
    exit_code: int | None
    seconds: float
    peak_mb: float | None
    """Largest resident size of the whole job, MiB."""
    stdout: str
    stderr: str
    grade: Grade | None = None
    """How the verdict was reached; None where nothing was judged."""
    why: str = ""
    """Why the grade is not `A-split`."""
    passed_tests: tuple[str, ...] = ()
    """Ids of the tests that passed."""


@dataclass(frozen=True, slots=True)
class Script:
    """A program to run: `main` is the path of one of `files`."""

    files: tuple[CodeFile, ...]
    main: str
    packages: tuple[str, ...] = ()
    stdin: str = ""
    limits: Limits = Limits()


@dataclass(frozen=True, slots=True)
class ScriptResult:
    """How a program ended. `passed` means that it came to its regular end, and says nothing about what it did."""

    outcome: Outcome
    exit_code: int | None
    seconds: float
    peak_mb: float | None
    stdout: str
    stderr: str


class Sandbox(Protocol):
    """Runs jobs in isolation."""

    @property
    def backend(self) -> str:
        """For example `bubblewrap-pool`."""

    @property
    def level(self) -> str:
        """`strong`, `container`, `wasm`, `partial` or `none`."""

    def verify(self, job: Job) -> JobResult:
        """Run the job's tests. Never raises for what the code under test does; blocking, safe to call from threads."""

    def run(self, script: Script) -> ScriptResult:
        """Run a program. Never raises for what it does; blocking, safe to call from threads."""

    def close(self) -> None:
        """End every process of the sandbox; jobs in flight end as `infra_error`. Harmless when repeated."""
