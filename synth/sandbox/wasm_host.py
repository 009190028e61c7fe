"""The host's side of a worker (`wasm_worker`): starts it, hands it jobs, bounds it, ends it."""

import base64
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from pydantic import BaseModel, ConfigDict, ValidationError

from synth.errors import SandboxUnavailable
from synth.records import Outcome
from synth.sandbox.base import Limits
from synth.sandbox.cells import CellFault
from synth.sandbox.wasm_worker import START_SECONDS, read_frame, write_frame
from synth.sandbox.watch import Cut, Seen

PREPARE_SECONDS = 1800.0
_READY_SECONDS = 300.0
"""Enough to compile anew what somebody removed."""
_GRACE = 20.0
"""Seconds beyond a job's own that its worker has to answer."""
_LEAVE = 5.0
"""Seconds that it has to tidy up and leave."""
_ANSWER_BYTES = 64 * 1024 * 1024
_MOST_SAID = 2000
TEMPORARY = "wasm-temporary"
"""Beside the modules: where the engine keeps its own copy of what cells read, and removes it."""
_ROOT = Path(__file__).parents[2]


class End(BaseModel):
    """How one cell ended; `wasm_worker.Ended`."""

    model_config = ConfigDict(extra="forbid", strict=True)
    exit: int | None
    trapped: str
    memory: bool
    overflow: bool
    stdout: str
    stderr: str
    report: str
    lacks: list[str]


class Answer(BaseModel):
    """What a worker says of a job."""

    model_config = ConfigDict(extra="forbid", strict=True)
    cut: Cut | None
    stuck: bool
    fault: str
    seconds: float
    ends: list[End]


class Worker:
    """A process with the engine, ready for one job at a time."""

    def __init__(self, folder: Path, modules: Path) -> None:
        """See `WasmSandbox`."""
        self.jobs = 0
        self._ready = False
        self._process = _start("serve", folder, modules)
        self._answers: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        threading.Thread(target=self._listen, args=(self._process.stdout,), daemon=True).start()

    @property
    def alive(self) -> bool:
        """Whether it can take another job."""
        return self._process.poll() is None

    def run(self, job: dict[str, Any], limits: Limits) -> tuple[Seen, list[str]]:
        """Have it do a job: what came out of its cells, and what they lacked. Raises `CellFault`."""
        self.jobs += 1
        if not self._ready:
            self._expect(_READY_SECONDS)
            self._ready = True
        assert self._process.stdin is not None
        try:
            write_frame(self._process.stdin, job)
        except OSError as error:
            raise CellFault(f"the WebAssembly worker does not listen: {error}") from error
        self._expect(2 * START_SECONDS)
        try:
            answer = Answer.model_validate(self._next(limits.wall_seconds + _GRACE))
        except queue.Empty:
            # The code began, and keeps the engine busy in a way that nothing but this ends.
            self.close()
            return Seen("timeout", True, limits.wall_seconds + _GRACE, b"", b"", None, (b"",) * len(job["parts"])), []
        except ValidationError as error:
            raise CellFault("the WebAssembly worker answered with rubbish") from error
        if answer.stuck:
            self.close()
        if answer.fault and answer.cut is None:
            raise CellFault(f"no cell in WebAssembly: {answer.fault}")
        return _seen(answer, limits), sorted({lack for end in answer.ends for lack in end.lacks})

    def close(self) -> None:
        """End it, and what it runs."""
        if self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()
        try:
            self._process.wait(_LEAVE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _listen(self, stream: IO[bytes]) -> None:
        with stream, suppress(OSError, ValueError):
            while (answer := read_frame(stream, _ANSWER_BYTES)) is not None:
                self._answers.put(answer)
        self._answers.put(None)

    def _expect(self, seconds: float) -> None:
        try:
            self._next(seconds)
        except queue.Empty as error:
            raise CellFault("the WebAssembly worker does not answer") from error

    def _next(self, seconds: float) -> dict[str, Any]:
        answer = self._answers.get(timeout=seconds)
        if answer is None:
            raise CellFault("the WebAssembly worker ended")
        return answer


def prepare(folder: Path, modules: Path) -> None:
    """Have a worker compile its engine and write `folder`. Raises `SandboxUnavailable`."""
    process = _start("prepare", folder, modules)
    try:
        _, said = process.communicate(timeout=PREPARE_SECONDS)
    except subprocess.TimeoutExpired as error:
        process.kill()
        process.communicate()
        raise SandboxUnavailable("WebAssembly's Python took too long to compile.") from error
    if process.returncode:
        raise SandboxUnavailable(f"WebAssembly's Python does not run: {said.decode(errors='replace')[-_MOST_SAID:]}")


def _start(task: str, folder: Path, modules: Path) -> "subprocess.Popen[bytes]":
    quiet = task == "serve"
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "synth.sandbox.wasm_worker", task, str(folder), str(modules)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL if quiet else subprocess.PIPE,
        cwd="/",
        env={
            "PATH": os.defpath,
            "PYTHONPATH": str(_ROOT),
            "LANG": "C.UTF-8",
            "HOME": str(modules.parent),
            "TMPDIR": str(modules.parent / TEMPORARY),
        },
        start_new_session=True,
    )


def _seen(answer: Answer, limits: Limits) -> Seen:
    """As `watch` would have seen it."""
    keep = limits.output_kb * 1024
    cut: Cut | None = "output_limit" if any(end.overflow for end in answer.ends) else answer.cut
    last = answer.ends[-1]
    return Seen(
        cut=cut,
        started=True,
        seconds=answer.seconds,
        stdout=b"".join(base64.b64decode(end.stdout) for end in answer.ends)[:keep],
        stderr=b"".join(base64.b64decode(end.stderr) + _said(end) for end in answer.ends)[:keep],
        report=base64.b64decode(last.report),
        ends=tuple(map(_last_words, answer.ends)),
    )


def _said(end: End) -> bytes:
    trapped = end.exit is None and end.trapped not in ("", "cancelled")
    return f"WebAssembly ended it: {end.trapped}\n".encode() if trapped else b""


def _last_words(end: End) -> bytes:
    """As the first process of a cell writes them; none for a cell that we ended."""
    if end.exit is None and end.trapped in ("", "cancelled", "deadline"):
        return b""
    code = end.exit if end.exit is not None else -signal.SIGABRT
    cut: Outcome | None = "memory_limit" if end.memory else None
    return json.dumps({"exit": code, "cpu_seconds": 0.0, "peak_mb": 0.0, "cut": cut}).encode()
