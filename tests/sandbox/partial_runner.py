"""Runs jobs in partial isolation as the superuser or as an ordinary user, in a process that can become one."""

import os
import pickle
import re
import shutil
import tempfile
import traceback
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TypeVar, cast

from synth.records import CodeFile
from synth.sandbox.base import Job, JobResult, ScriptResult
from synth.sandbox.partial import PartialPool, PartialSlot, partial_pool
from synth.sandbox.runtime import Runtime, prepare_runtime
from tests.sandbox import around
from tests.sandbox.cases import Work

AT_ONCE = 4
ORDINARY = 77_777
"""A user without an account, as whom everything runs: the sandbox, what lies around it, and the code."""
WAYS = ("superuser", "ordinary user") if os.geteuid() == 0 else ("ordinary user",)
_PLACE = re.compile(r'(?<![\w"])"/(work|tmp)(?=[/"])')
_HERE = "import os as _os; _HERE = _os.path.dirname(_os.environ['HOME'])\n"

T = TypeVar("T")
Result = JobResult | ScriptResult


@dataclass(frozen=True)
class Left:
    """What was found once all jobs were over and the sandbox was closed."""

    visits: list[str]
    marks: list[str]
    processes: dict[int, str]
    files: list[str]
    """Folders of cells, and shared memory."""


@cache
def runtime() -> Runtime:
    """Of this machine, prepared before we become another user."""
    return prepare_runtime(os.geteuid() == 0)


def as_user(way: str, work: Callable[[], T]) -> T:
    """What `work` returns in a child process of one of `WAYS`; what it raises fails the test, in words."""
    runtime()
    home = tempfile.mkdtemp(prefix="espalier-test-home-", dir="/tmp")
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            with os.fdopen(writing, "wb") as out:
                out.write(pickle.dumps(_attempt(way, home, work)))
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        content = answer.read()
    os.waitpid(child, 0)
    shutil.rmtree(home)
    worked, result = pickle.loads(content)
    assert worked, result
    return cast(T, result)


def with_pool(way: str, work: Callable[[PartialPool], T], workers: int = AT_ONCE) -> T:
    """What `work` returns when it is given a sandbox of this level."""

    def opened() -> T:
        sandbox = partial_pool(runtime(), workers)
        try:
            return work(sandbox)
        finally:
            sandbox.close()

    return as_user(way, opened)


def run_all(way: str, works: Mapping[str, Work]) -> tuple[dict[str, Result], Left]:
    """Run them all, many at once, between planted secrets and open doors; then look for what they left."""
    return as_user(way, lambda: _run_all(works))


def run(sandbox: PartialPool, work: Work) -> Result:
    """Run any work."""
    return sandbox.verify(work) if isinstance(work, Job) else sandbox.run(work)


def _adapted(work: Work, planted: around.Around) -> Work:
    """The same programs, told where their own folders are in the place of `/work` and `/tmp`, and where the secrets."""

    def adapt(files: tuple[CodeFile, ...]) -> tuple[CodeFile, ...]:
        return tuple(CodeFile(path=file.path, text=planted.fill(_told_where(file.text))) for file in files)

    work = replace(work, files=adapt(work.files))
    return replace(work, tests=adapt(work.tests)) if isinstance(work, Job) else work


def _told_where(text: str) -> str:
    return _HERE + _PLACE.sub(r'_HERE + "/\1', text) if _PLACE.search(text) else text


def _attempt(way: str, home: str, work: Callable[[], T]) -> tuple[bool, T | str]:
    try:
        os.environ["HOME"] = home
        if way == "ordinary user" and os.geteuid() == 0:
            os.chown(home, ORDINARY, ORDINARY)
            os.setgroups([])
            os.setresgid(ORDINARY, ORDINARY, ORDINARY)
            os.setresuid(ORDINARY, ORDINARY, ORDINARY)
        return True, work()
    except BaseException:  # noqa: BLE001 - the parent raises it
        return False, traceback.format_exc()


def _run_all(works: Mapping[str, Work]) -> tuple[dict[str, Result], Left]:
    around.keep_orphans()
    sandbox = partial_pool(runtime(), AT_ONCE)
    slots = [slot for slot in sandbox._slots if isinstance(slot, PartialSlot)]
    users = {os.geteuid() if user is None else user for slot in slots for user in slot.users}
    with around.planted() as planted, ThreadPoolExecutor(AT_ONCE) as threads:
        made = [_adapted(work, planted) for work in works.values()]
        results = dict(zip(works, threads.map(lambda work: run(sandbox, work), made), strict=True))
        visits = list(planted.visits)
    sandbox.close()
    return results, Left(visits, around.settled_marks(), around.settled(0), _files_of(users))


def _files_of(users: set[int]) -> list[str]:
    found = []
    for path in (*Path("/tmp").glob("espalier-cell-*"), *Path("/dev/shm").iterdir()):
        with suppress(OSError):
            if path.stat().st_uid in users:
                found.append(str(path))
    return found
