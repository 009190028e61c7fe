"""What the tests of runs share: an endpoint that answers every prompt by what it was asked, and real processes."""

import asyncio
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import IO

from aiohttp import web

from synth.journal import read_run
from synth.runs import Runs
from synth.settings import ROOT, RunConfig
from synth.workspace import Workspace
from tests.loopback import Answer, Loopback, Received, completion

USAGE = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
QUESTION = (
    "Step 1 [Plan]: one\nStep 2 [Programming Question]: Write a Python function about {} that takes a list of readings "
    "and returns, for every day, the number of readings above the mean of the week before, as a dictionary by date."
)
SOLUTION = (
    "<file>adding.py</file>\n```python\ndef total(values):\n    return sum(values)\n```\n<file>test_adding.py</file>\n"
    "```python\nfrom adding import total\n\n\ndef test_total():\n    assert total([1, 2, 3]) == 6\n```\n"
    '<json>{"file_names": ["adding.py", "test_adding.py"], "packages": ["pytest"]}</json>'
)


def reply_to(text: str) -> str:
    """What the endpoint says: the same to the same question."""
    mark = hashlib.sha256(text.encode()).hexdigest()[:6]
    seen = '{"algorithm": {"sums": ["sum ' + mark + '"]}, "logging": ["levels"]}'
    used = "<f>sums, levels, algorithm, logging</f>"
    answers = {
        "as a small tree of features": f"<begin>{seen}<end>",
        "give it back with new features": f'<begin>{{"algorithm": {{"sums": ["grown {mark}"]}}}}<end>',
        "You invent programming tasks": f"{used}<s>A club {mark}.</s><t>Write `total(values)` in `adding.py`."
        f" It adds up {mark}.</t><i>Add up {mark}.</i>",
        "Solve the task below completely": SOLUTION,
        "You start from a real piece of code": QUESTION.format(mark),
        "write a new one that deserves better": QUESTION.format(mark),
        "Judge the question": f"Step 1 [Judge Reason]: {mark}\nStep 2 [Final Score]: {4 + int(mark, 16) % 5}",
        "answer a colleague": f"```python\nprint('{mark}')\n```",
    }
    for opening, answer in answers.items():
        if re.search(opening.replace(" ", r"\s+"), text):
            return answer
    raise AssertionError(f"a prompt that nobody knows: {text[:200]}")


def talks(seconds: float = 0.0, reply: Callable[[str], str] = reply_to) -> Answer:
    """An answer to any prompt, after a while."""

    async def answer(received: Received, request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(seconds)
        return web.json_response(completion(reply(received.text), usage=USAGE))

    return answer


def asked(server: Loopback) -> Counter[str]:
    """How often the server was asked what."""
    return Counter(
        hashlib.sha256(json.dumps(request.messages).encode()).hexdigest()
        for request in server.requests
        if request.path.endswith("/completions")
    )


def config(server: Loopback, **changes: object) -> RunConfig:
    """A run against the server that reads seeds, grows the tree and evolves instructions, without a sandbox."""
    engine = {"kind": "openai", "model": "tiny", "base_url": server.base_url, "concurrency": 4, "structured": "no"}
    base = {
        "name": "loop",
        "engine": engine,
        "grow": {"steps": 3},
        "sample": {"count": 0},
        "evolve": {"roots": 16, "rounds": 3, "children": 1, "distance": 0.0},
    }
    return RunConfig.model_validate({**base, **changes})


def wait_until(holds: Callable[[], bool], seconds: float = 90.0) -> None:
    """Wait until something holds. Fails the test where it never does."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.02)


def ended(workspace: Workspace, run_id: str, seconds: float = 120.0) -> str:
    """Wait for the worker's end and take in what it made; returns the state."""
    wait_until(lambda: not workspace.run(run_id).alive, seconds)
    workspace.ingest()
    return workspace.run(run_id).state


def worker_of(folder: Path) -> int | None:
    """The process id of the run's worker, where there is one."""
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().split(b"\0")
        except OSError:
            continue
        if b"synth.worker" in words and str(folder).encode() in words:
            return int(entry.parent.name)
    return None


def kill_worker(folder: Path) -> bool:
    """SIGKILL for the run's worker and wait until it is gone; False where there is none."""
    process = worker_of(folder)
    if process is None:
        return False
    try:
        os.kill(process, signal.SIGKILL)
    except ProcessLookupError:
        return False
    wait_until(lambda: not _running(process))
    return True


def _running(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


class Owner:
    """An owner of a workspace in a process of its own, as the app is."""

    def __init__(self, folder: Path, *words: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.runs.owner", str(folder), *words],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    @property
    def said(self) -> IO[str]:
        """What it prints."""
        assert self.process.stdout is not None
        return self.process.stdout

    def kill(self) -> None:
        """SIGKILL."""
        self.process.kill()
        self._gone()

    def close(self) -> None:
        """Let it end in good order."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self._gone()

    def _gone(self) -> None:
        self.process.wait(60)
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None and not stream.closed:
                stream.close()


def everything_is_there_once(workspace: Workspace, run_id: str) -> None:
    """Each record of the journals is in the database exactly once, and nothing was damaged."""
    workspace.ingest()
    db = workspace._db
    made = {(record.kind, record.id) for record in read_run(Runs(workspace.folder / "runs").path(run_id))}
    stored = db.rows("select kind, record_id from members where run_id = ?", [run_id])
    assert len(stored) == len(set(stored))
    assert set(stored) == made
    assert db.number("select coalesce(sum(damaged), 0) from ingested") == 0
    for kind, record_id in made:
        table = {"dropped": "drops"}.get(kind, f"{kind}s")
        assert db.number(f"select count(*) from {table} where id = ?", [record_id]) == 1
