"""Many mixed jobs, a third of them hostile, through one pool: no wrong verdict, no fault, nothing left, memory flat."""

import os
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from synth.records import CodeFile
from synth.sandbox.base import Job, JobResult, Sandbox, Script, ScriptResult
from tests.sandbox import around, cases
from tests.sandbox.cases import Folder

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(900)]

JOBS = int(os.environ.get("ESPALIER_SOAK_JOBS", "2000"))
SEED = int(os.environ.get("ESPALIER_SOAK_SEED", "1"))
WORKERS = os.cpu_count() or 1
WARM_UP = 100
SLOW = "import time\ntime.sleep(1)\ndef f():\n    return 1\n"
"""So slow that every worker gets one of as many as there are workers."""
MOST_GROWTH_MB = 40.0
"""Of all processes of the sandbox together, from after the warm-up to the end."""

Result = JobResult | ScriptResult


def run(sandbox: Sandbox, work: cases.Work) -> Result:
    """One of the mixed jobs."""
    return sandbox.verify(work) if isinstance(work, Job) else sandbox.run(work)


def every_kind() -> list[cases.Work]:
    """Works that between them start every kind of warm process: for tests or not, with packages or not."""
    test = CodeFile(path="test_it.py", text="from solution import f\ndef test_a():\n    assert f() == 1\n")
    works: list[cases.Work] = []
    for text in (SLOW, f"import numpy\nimport pandas\n{SLOW}"):
        solution = CodeFile(path="solution.py", text=text)
        works += [Script((solution,), "solution.py"), Job((solution,), (test,))]
    return works


def is_wrong(result: Result, allowed: set[str] | None) -> bool:
    """Whether a result is not what it should be; see `cases.mixed`."""
    said = result.stdout + result.stderr
    if result.outcome == "infra_error" or around.SECRET in said:
        return True
    return result.outcome == "passed" if allowed is None else bool(allowed) and result.outcome not in allowed


def test_thousands_of_mixed_jobs_through_one_pool(sandbox: Sandbox) -> None:
    around.keep_orphans()
    jobs = cases.mixed(Folder(cases.HOSTILE), JOBS, SEED)
    with ThreadPoolExecutor(WORKERS) as threads:
        for work in every_kind():
            assert {result.outcome for result in threads.map(lambda one: run(sandbox, one), [work] * WORKERS)} == {
                "passed"
            }
        list(threads.map(lambda job: run(sandbox, job[1]), cases.mixed(Folder(cases.HOSTILE), WARM_UP, SEED + 1)))
        before = around.descendants()
        size = around.resident_mb(before)
        descriptors = len(os.listdir("/proc/self/fd"))
        segments = around.shared_segments()
        start = time.monotonic()
        results = list(threads.map(lambda job: run(sandbox, job[1]), jobs))
        seconds = time.monotonic() - start
    wrong = [
        f"{name}: {result.outcome} {result.stderr[-300:]}"
        for (name, _, allowed), result in zip(jobs, results, strict=True)
        if is_wrong(result, allowed)
    ]
    after = around.settled(len(before))
    growth = around.resident_mb(after) - size
    print(f"{JOBS} jobs in {seconds:.0f} s, {size:.0f} MiB and {growth:+.0f}, processes {len(before)} and {len(after)}")
    assert wrong == []
    assert len(after) <= len(before), (before, after)
    assert growth < MOST_GROWTH_MB
    assert len(os.listdir("/proc/self/fd")) <= descriptors + 2 * WORKERS
    assert around.shared_segments() <= segments
    assert around.settled_marks() == []
