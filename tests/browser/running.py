"""What the browser tests of runs share: an app that can be killed, an endpoint with a pace, and a small run."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from aiohttp import web

from synth.runs import Runs
from synth.settings import ROOT, Engine, Price, RunConfig
from synth.workspace.settings import WorkspaceSettings, write_settings
from tests.browser.conftest import free_port, served
from tests.loopback import Answer, Loopback, Received
from tests.runs.talking import kill_worker, talks, wait_until

UNHURRIED = 0.3
"""Seconds until an answer, while somebody looks on."""
STEPS = 150
"""Growth steps of a run: each asks the endpoint once, one after the other, so it lasts until somebody says hurry."""
SEEDS = 5


def never(text: str) -> Answer | None:
    """No answer out of the ordinary."""
    return None


class Endpoint:
    """A model endpoint that takes its time, until somebody says that it may hurry, and may answer as it should not."""

    def __init__(self) -> None:
        self.seconds = UNHURRIED
        self.fault: Callable[[str], Answer | None] = never
        self.server = Loopback(self._answer)

    async def _answer(self, received: Received, request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(self.seconds)
        return await (self.fault(received.text) or talks())(received, request)

    def engine(self, model: str) -> Engine:
        """To ask it as this model: what one was asked is not known of the other."""
        return Engine(kind="openai", model=model, base_url=self.server.base_url, concurrency=2, structured="no")

    def asked(self, model: str) -> Counter[str]:
        """How often a model was asked what."""
        bodies = [request.body for request in self.server.requests if request.body.get("model") == model]
        return Counter(json.dumps(body["messages"]) for body in bodies)


class App:
    """The app on one workspace, always at the same address."""

    def __init__(self, folder: Path, endpoint: Endpoint) -> None:
        self.folder, self.endpoint = folder, endpoint
        self.runs = Runs(folder / "runs")
        self._port = free_port()
        self._served: ExitStack | None = None
        settings = WorkspaceSettings(engine=endpoint.engine("tiny"), prices={"tiny": Price(input=1000, output=3000)})
        write_settings(folder, settings)

    @property
    def address(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start it, unless it is there."""
        if self._served is None:
            self._served = ExitStack()
            self._served.enter_context(served(self.folder, self._port))

    def close(self) -> None:
        """End it in good order."""
        if self._served is not None:
            self._served.close()
            self._served = None

    def kill(self) -> None:
        """SIGKILL."""
        os.kill(self._process(), signal.SIGKILL)
        self.close()

    def begin(self, name: str, steps: int = STEPS, model: str = "", **changes: object) -> str:
        """Have the app start a run, as the command line does beside it; waits until it is at work. Returns its id."""
        base = {
            "name": name,
            "engine": self.endpoint.engine(model or f"tiny-{name[:12]}"),
            "seeds": {"limit": SEEDS},
            "grow": {"steps": steps},
            "sample": {"count": 0},
        }
        run_id = self.runs.inbox.post(RunConfig.model_validate({**base, **changes})).wait(60)
        assert run_id is not None, "the app took no run"
        wait_until(lambda: bool(self.runs.status(run_id).steps) or not self.runs.status(run_id).alive)
        return run_id

    def say(self, *words: str) -> str:
        """What `synth runs ...` prints, in a process of its own beside the app."""
        command = [sys.executable, "-m", "synth", "runs", *words, "--workspace", str(self.folder)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def end_all(self) -> None:
        """Leave no process behind."""
        self.close()
        for run_id in self.runs.ids():
            kill_worker(self.runs.path(run_id))

    def _process(self) -> int:
        for entry in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                words = entry.read_bytes().split(b"\0")
            except OSError:
                continue
            if b"streamlit" in words and self._port.encode() in words:
                return int(entry.parent.name)
        raise AssertionError("no app")
