"""A loopback server with OpenAI's batch interface over real HTTP, that can do what endpoints do on bad days.

    with BatchServer(answer=lambda body: completion("fine")) as server:
        ... settings.Engine(kind="openai", base_url=server.base_url, model="tiny")

What a batch comes to is decided by `faults`, one for each batch in turn, good ones after them. `server.asked` counts
how often each question was worked on: what would have been paid.
"""

import asyncio
import json
import random
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from aiohttp import web

Answer = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass(slots=True)
class Fault:
    """What is wrong with one batch."""

    refused: str = ""
    """Code with which the batch fails as a whole."""
    looks: int = 1
    """How often it is looked at before it has ended."""
    missing: float = 0.0
    """Share of questions without an answer, as in a batch that expired."""
    broken: float = 0.0
    """Share of answers that are a server error."""
    doubled: float = 0.0
    """Share of answers that come twice, the second time with another text."""
    garbled: int = 0
    """How many downloads of the answers come cut off in the middle of a line."""
    status: str = "completed"
    lost: bool = False
    """The batch begins, and the answer that says so is lost."""
    stuck: bool = False
    """It never ends."""


@dataclass(slots=True)
class Batch:
    """A batch that was begun."""

    id: str
    file: str
    metadata: dict[str, str]
    fault: Fault
    looks: int = 0
    output: str = ""
    errors: str = ""


@dataclass(slots=True)
class BatchServer:
    """The server, in a thread of its own, on a free port of 127.0.0.1."""

    answer: Answer
    faults: list[Fault] = field(default_factory=list)
    asked: Counter[str] = field(default_factory=Counter)
    """How often each question was answered, by its text."""
    batches: dict[str, Batch] = field(default_factory=dict)
    down: int = 0
    """So many requests from now on get 503."""
    files: dict[str, bytes] = field(default_factory=dict)
    sizes: list[int] = field(default_factory=list)
    """Questions of each batch."""
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _runner: web.AppRunner | None = None
    _port: int = 0
    _chance: random.Random = field(default_factory=lambda: random.Random(11))

    @property
    def base_url(self) -> str:
        """The address for `engine.base_url`."""
        return f"http://127.0.0.1:{self._port}/v1"

    def __enter__(self) -> "BatchServer":
        self._thread().start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(10)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)

    def _thread(self) -> threading.Thread:
        def work() -> None:
            self._loop.run_forever()
            self._loop.close()

        return threading.Thread(target=work, daemon=True)

    async def _start(self) -> None:
        app = web.Application(client_max_size=1 << 28)
        app.router.add_post("/v1/files", self._upload)
        app.router.add_get("/v1/files/{id}/content", self._content)
        app.router.add_post("/v1/batches", self._begin)
        app.router.add_get("/v1/batches", self._list)
        app.router.add_get("/v1/batches/{id}", self._look)
        app.router.add_post("/v1/chat/completions", self._chat)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self._port = self._runner.addresses[0][1]

    async def _stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _chat(self, request: web.Request) -> web.Response:
        return _error(400, "this server is asked in batches only")

    async def _upload(self, request: web.Request) -> web.Response:
        form = await request.post()
        if self._is_down():
            return _error(503, "down")
        upload = form["file"]
        assert isinstance(upload, web.FileField)
        assert form["purpose"] == "batch"
        name = f"file-{len(self.files)}"
        self.files[name] = upload.file.read()
        return web.json_response(
            {"id": name, "object": "file", "bytes": len(self.files[name]), "created_at": 0, "filename": "x",
             "purpose": "batch", "status": "processed"}
        )  # fmt: skip

    async def _begin(self, request: web.Request) -> web.Response:
        asked = await request.json()
        if self._is_down():
            return _error(503, "down")
        fault = self.faults.pop(0) if self.faults else Fault()
        batch = Batch(f"batch_{len(self.batches)}", asked["input_file_id"], asked.get("metadata") or {}, fault)
        self.batches[batch.id] = batch
        if not fault.refused:
            self._work(batch)
        if fault.lost:
            assert request.transport is not None
            request.transport.abort()
            raise asyncio.CancelledError
        return web.json_response(self._shown(batch))

    async def _list(self, request: web.Request) -> web.Response:
        found = [self._shown(batch) for batch in reversed(self.batches.values())]
        return web.json_response({"object": "list", "data": found, "has_more": False})

    async def _look(self, request: web.Request) -> web.Response:
        if self._is_down():
            return _error(503, "down")
        batch = self.batches.get(request.match_info["id"])
        if batch is None:
            return _error(404, "no such batch")
        batch.looks += 1
        return web.json_response(self._shown(batch))

    async def _content(self, request: web.Request) -> web.Response:
        if self._is_down():
            return _error(503, "down")
        name = request.match_info["id"]
        content = self.files[name]
        batch = next((one for one in self.batches.values() if name == one.output), None)
        if batch is not None and batch.fault.garbled:
            batch.fault.garbled -= 1
            content = content[: len(content) // 2]
        return web.Response(body=content, content_type="application/octet-stream")

    def _work(self, batch: Batch) -> None:
        questions = [json.loads(line) for line in self.files[batch.file].splitlines()]
        self.sizes.append(len(questions))
        answers: list[dict[str, Any]] = []
        errors: list[dict[str, Any]] = []
        for question in questions:
            if self._chance.random() < batch.fault.missing:
                continue
            key, body = question["custom_id"], question["body"]
            if self._chance.random() < batch.fault.broken:
                errors.append(_line(key, 500, {"error": {"message": "server error"}}))
                continue
            self.asked[body["messages"][0]["content"]] += 1
            answers.append(_line(key, 200, self.answer(body)))
            if self._chance.random() < batch.fault.doubled:
                answers.append(_line(key, 200, self.answer(body) | {"id": "second"}))
        self._chance.shuffle(answers)
        batch.output = self._keep(answers)
        batch.errors = self._keep(errors)

    def _keep(self, lines: list[dict[str, Any]]) -> str:
        if not lines:
            return ""
        name = f"file-{len(self.files)}"
        self.files[name] = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
        return name

    def _shown(self, batch: Batch) -> dict[str, Any]:
        ended = batch.looks >= batch.fault.looks and not batch.fault.stuck
        shown: dict[str, Any] = {
            "id": batch.id, "object": "batch", "endpoint": "/v1/chat/completions", "completion_window": "24h",
            "input_file_id": batch.file, "created_at": 0, "metadata": batch.metadata, "status": "in_progress",
        }  # fmt: skip
        if ended and batch.fault.refused:
            problem = {"code": batch.fault.refused, "message": f"refused: {batch.fault.refused}"}
            return shown | {"status": "failed", "errors": {"object": "list", "data": [problem]}}
        if ended:
            files = {"output_file_id": batch.output or None, "error_file_id": batch.errors or None}
            return shown | {"status": batch.fault.status} | files
        return shown

    def _is_down(self) -> bool:
        self.down -= 1
        return self.down >= 0


def _line(key: str, status: int, body: dict[str, Any]) -> dict[str, Any]:
    response = {"status_code": status, "request_id": "r", "body": body}
    return {"id": f"line-{key}", "custom_id": key, "response": response, "error": None}


def _error(status: int, message: str) -> web.Response:
    return web.json_response({"error": {"message": message, "type": "error", "code": None}}, status=status)
