"""The container rung: a sandbox of podman or docker, whichever answers, found out by running a container."""

import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from synth.errors import SandboxUnavailable
from synth.records import CodeFile
from synth.sandbox.base import Limits, Sandbox, Script
from synth.sandbox.cells import Cells
from synth.sandbox.contained import IMAGE_FILES, IMAGE_PLACES, Containers, Engine, engine_environment
from synth.sandbox.launch import launch_user, system_folders
from synth.sandbox.pool import Kind, SandboxPool
from synth.sandbox.runtime import Runtime, prepare_runtime

ENGINES = ("podman", "docker")
_RUNTIMES: dict[str, tuple[tuple[str, ...], ...]] = {
    "podman": ((), ("--runtime", "runc"), ("--runtime", "crun")),
    "docker": ((),),
}
"""Options to try in this order: some runtimes cannot deal with some kernels' control groups."""
_IMAGE = "localhost/espalier-sandbox"
_ANSWER_SECONDS = 20.0
_CAP = 24
_FORKS = f"""
import os, time
count = 0
try:
    while count < {4 * _CAP}:
        if os.fork() == 0:
            time.sleep(30)
            os._exit(0)
        count += 1
except OSError:
    pass
print(count)
"""


@dataclass(slots=True)
class ContainerSlot:
    """Starts a container for every cell; see `pool.Slot`."""

    engine: Engine
    runtime: Runtime

    @property
    def user(self) -> int | None:
        """None: what a limit has to say of a user is said where one is chosen."""
        return None

    def cells(self, kind: Kind) -> Cells:
        """See `pool.Slot`."""
        return Containers(self.engine, self.runtime, kind[1])

    def close(self) -> None:
        """See `pool.Slot`."""


def container_sandbox(workers: int | None = None, engines: Sequence[str] = ENGINES) -> Sandbox:
    """A sandbox of containers, for `workers` jobs at once, default all cores; the first of `engines` that works.

    Raises `SandboxUnavailable`, which says what each of them said.
    """
    if sys.platform != "linux":
        raise SandboxUnavailable(
            f"the sandbox's Python is one of {sys.platform}, which runs in no container. "
            "Mend: run Espalier in a Linux virtual machine."
        )
    said = []
    for name in engines:
        program = shutil.which(name)
        if program is None:
            said.append(f"{name} is missing")
            continue
        try:
            image = _image(Engine(name, Path(program)))
        except SandboxUnavailable as error:
            said.append(f"{name}: {error}")
            continue
        for options in _RUNTIMES[name]:
            try:
                return _try(Engine(name, Path(program), image, options), workers)
            except SandboxUnavailable as error:
                said.append(f"{' '.join((name, *options))}: {error}")
    raise SandboxUnavailable("; ".join(dict.fromkeys(said)))


def _try(engine: Engine, workers: int | None) -> Sandbox:
    """The sandbox of one engine, after the processes of one job were bounded in it."""
    runtime = prepare_runtime(readable_by_all=launch_user() is not None)
    slots = [ContainerSlot(engine, runtime) for _ in range(workers or os.cpu_count() or 1)]
    sandbox = SandboxPool(f"container:{engine.name}", "container", slots, runtime)
    script = Script((CodeFile(path="forks.py", text=_FORKS),), "forks.py", limits=Limits(processes=_CAP))
    result = sandbox.run(script)
    if result.outcome != "passed":
        sandbox.close()
        raise SandboxUnavailable(f"a first program ended as {result.outcome}. It said: {result.stderr.strip()[-500:]}")
    if int(result.stdout) > _CAP:
        sandbox.close()
        raise SandboxUnavailable("it does not bound the number of processes")
    return sandbox


def _image(engine: Engine) -> str:
    """The name of our image, which is made where the engine does not have it: a root folder with nothing in it."""
    content = _root_folder()
    name = f"{_IMAGE}:{hashlib.sha256(content).hexdigest()[:16]}"
    if _ask(engine, "image", "inspect", name).returncode:
        done = _ask(engine, "import", "-", name, content=content)
        if done.returncode:
            said = (done.stderr or done.stdout).decode(errors="replace").strip()
            raise SandboxUnavailable(f"it does not answer: {said[-500:] or f'exit code {done.returncode}'}")
    return name


def _ask(engine: Engine, *command: str, content: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
    try:
        return subprocess.run(
            engine.words(*command),
            input=content,
            capture_output=True,
            check=False,
            cwd="/",
            timeout=_ANSWER_SECONDS,
            env=engine_environment(),
            start_new_session=True,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SandboxUnavailable(f"it does not answer: {error}") from error


def _root_folder() -> bytes:
    """An archive of empty folders and files to mount on, and this system's links; the same bytes every time."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for entry in _entries():
            archive.addfile(entry)
    return file.getvalue()


def _entries() -> Iterator[tarfile.TarInfo]:
    folders = system_folders()
    for name in sorted({*IMAGE_PLACES, "etc", *(place[1:] for place, link in folders.items() if link is None)}):
        entry = tarfile.TarInfo(name)
        # Some runtimes give a mount the mode of the folder below it.
        entry.type, entry.mode = tarfile.DIRTYPE, 0o1777 if name in ("work", "tmp") else 0o755
        yield entry
    for name in IMAGE_FILES:
        yield tarfile.TarInfo(f"etc/{name}")
    for place, link in folders.items():
        if link is not None:
            entry = tarfile.TarInfo(place[1:])
            entry.type, entry.linkname = tarfile.SYMTYPE, link
            yield entry
