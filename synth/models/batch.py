"""Asking through the endpoint's batch interface: questions are gathered, sent as one file, and answered within hours.

The flow waits for its answers as for any other; what has been sent goes on by itself when the worker is stopped, and a
resumed run collects it. One question is one `custom_id`, made from its content.
"""

import asyncio
import json
import secrets
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from synth.errors import EspalierError, ModelError
from synth.models.base import Reply, Request
from synth.models.batch_book import Answered, Book, Sent, key_of
from synth.models.cache import key_of as question_key

MOST_QUESTIONS = 10_000
MOST_BYTES = 150_000_000
"""Of one batch. OpenAI takes 50,000 questions and 200 MB; all of it is in memory while it is sent."""
_SETTLE_SECONDS = 1.0
"""So long no further question comes before a batch is sent: then the flow waits for answers."""
_LOOK_SECONDS = 0.1
_FIRST_POLL, _LAST_POLL = 0.5, 60.0
_TRIES = 4
"""How often a question is sent that came back without an answer."""


class Talk(Protocol):
    """What a question and its answer look like on the wire."""

    def body(self, request: Request) -> dict[str, Any]:
        """The body of a chat completion."""

    def read_answer(self, request: Request, status: int, body: str, seconds: float) -> Reply | None:
        """The reply in an answer; None where the question may be sent again. Raises `ModelError`."""


class Gone(Exception):
    """The endpoint knows no such batch or file."""


@dataclass(frozen=True, slots=True)
class Failed:
    """Why a batch was refused."""

    error: ModelError
    for_now: bool
    """Whether it may be taken later, or in smaller parts."""


@dataclass(frozen=True, slots=True)
class State:
    """Where a batch stands."""

    ended: bool
    files: tuple[str, ...] = ()
    """Ids of the files with answers and errors."""
    failed: Failed | None = None


class Office(Protocol):
    """An endpoint's batch interface. None says "not now"; each raises `ModelError` where it will never go."""

    @property
    def trouble(self) -> str:
        """What was in the way the last time that it was "not now"."""

    async def upload(self, content: bytes, token: str) -> str | None:
        """Put a file of questions there. Returns its id."""

    async def begin(self, file: str, token: str) -> str | None:
        """Begin a batch that carries `token`. Returns its id."""

    async def find(self, token: str) -> str | None:
        """The id of the batch that carries `token`; empty where there is none."""

    async def look(self, batch: str) -> State | None:
        """Where a batch stands. Raises `Gone`."""

    async def fetch(self, file: str) -> bytes | None:
        """The content of a file. Raises `Gone`."""

    async def close(self) -> None:
        """Release connections."""


@dataclass(slots=True)
class _Question:
    line: bytes
    future: asyncio.Future[None]
    """Done when the book has an answer, or there will be none."""
    sent: int = 0


@dataclass(slots=True)
class _Open:
    """A batch that is being waited for."""

    batch: Sent
    wait: float
    """Seconds until the next look after the one that is due."""
    due: float
    damaged: int = 0
    """How often its answers came damaged."""
    gone: int = 0
    """How often the endpoint knew nothing of it."""


@dataclass(slots=True)
class Batched:
    """One model at one address, asked in batches. Use it inside one event loop and close it there."""

    name: str
    talk: Talk
    office: Office
    book: Book
    check: Callable[[], None]
    """Called while waiting; raises what ends the run."""
    settle: float = _SETTLE_SECONDS
    room: float = 30.0
    """Seconds until what did not go is tried again, and until a batch that was not heard of is looked for."""
    first_look: float = _FIRST_POLL
    """Seconds until a batch is looked at, more from then on."""
    patience: float = 600.0
    """Seconds of nothing but setbacks after which no more is tried to be sent."""
    tell: Callable[[Mapping[str, object]], None] = lambda event: None
    """Is told what is sent, collected and put off."""
    engine: str = "openai"
    _questions: dict[str, _Question] = field(default_factory=dict)
    """Asked and not answered, by key."""
    _waiting: dict[str, None] = field(default_factory=dict)
    """Keys that are to be sent, in order."""
    _sent: set[str] = field(default_factory=set)
    """Keys in batches that are on their way."""
    _open: dict[str, _Open] = field(default_factory=dict)
    _arrived: float = 0.0
    _not_before: float = 0.0
    _most: int = MOST_QUESTIONS
    _setback: float | None = None
    """Since when nothing could be sent."""
    _work: asyncio.Task[None] | None = None

    def __post_init__(self) -> None:
        self._sent.update(key for batch in self.book.sent.values() for key in batch.keys)

    async def complete(self, request: Request) -> Reply:
        """Have the question sent with others, and wait. Raises what `check` raises, and `ModelError`."""
        started = time.monotonic()
        body = self.talk.body(request)
        # Not of the body, which changes with what the model turns out not to take: a later worker does not know that.
        key = question_key(self, request).hex()[:32]
        for attempt in range(1, _TRIES + 1):
            answer = await self._answer(key, body)
            if answer is None:
                break
            reply = self.talk.read_answer(request, answer.status, answer.body, time.monotonic() - started)
            if reply is not None:
                return _through_a_batch(reply, attempt)
            self.book.forget(key)
            body = self.talk.body(request)  # what the endpoint refused, it may have been told otherwise since
        seconds = time.monotonic() - started
        return Reply("", self.name, "failed", seconds=seconds, note="the batch gave no answer to this question")

    async def close(self) -> None:
        """Let go; batches that were sent go on at the endpoint and are collected when the run is resumed."""
        if self._work is not None:
            self._work.cancel()
            with suppress(asyncio.CancelledError, EspalierError):
                await self._work
        await self.office.close()

    async def _answer(self, key: str, body: dict[str, Any]) -> Answered | None:
        if found := self.book.answer(key):
            return found
        question = self._questions.get(key)
        if question is None:
            question = self._questions[key] = _Question(_line(key, body), asyncio.get_running_loop().create_future())
            if key not in self._sent:
                self._waiting[key] = None
            self._arrived = time.monotonic()
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._run())
        await asyncio.shield(question.future)
        return self.book.answer(key)

    async def _run(self) -> None:
        """Send and collect until nobody waits any more."""
        try:
            self._take_up()
            while self._questions:
                self.check()
                await self._turn()
                await asyncio.sleep(_LOOK_SECONDS)
        except BaseException as error:
            self._end(error)
            if not isinstance(error, Exception):
                raise

    async def _turn(self) -> None:
        now = time.monotonic()
        full = len(self._waiting) >= self._most
        if self._waiting and now >= self._not_before and (full or now - self._arrived >= self.settle):
            await self._send()
        for token, one in list(self._open.items()):
            if now >= one.due:
                await self._poll(token, one)

    def _take_up(self) -> None:
        """Batches of earlier workers: wait for them too, and look for those whose id was never heard."""
        for token, batch in self.book.sent.items():
            if token not in self._open:
                self._wait_for(batch)

    def _wait_for(self, batch: Sent) -> None:
        # One whose id was not heard may be begun a while after we stopped listening.
        due = time.monotonic() + (self.first_look if batch.batch else self.room)
        self._open[batch.token] = _Open(batch, self.first_look, due)

    async def _find(self, token: str, one: _Open) -> None:
        """Look for a batch whose id was not heard; where there is none, it was never begun."""
        found = await self.office.find(token)
        if found:
            self.book.was_sent(token, found)
        elif found is not None:
            self._lost(token, one)

    async def _send(self) -> None:
        keys: list[str] = []
        size = 0
        for key in self._waiting:
            size += len(self._questions[key].line)
            if keys and (len(keys) >= self._most or size > MOST_BYTES):
                break
            keys.append(key)
        token = secrets.token_hex(12)
        file = await self.office.upload(b"".join(self._questions[key].line for key in keys), token)
        if file is None:
            self._put_off()
            return
        self._setback = None
        # Said before it is done: a batch that was begun and never heard of again would be paid twice.
        self.book.sending(token, keys)
        for key in keys:
            del self._waiting[key]
            self._questions[key].sent += 1
        self._sent.update(keys)
        batch = await self.office.begin(file, token)
        if batch is not None:
            self.book.was_sent(token, batch)
            self.tell({"event": "batch sent", "batch": batch, "questions": len(keys)})
        else:
            self._not_before = time.monotonic() + self.room
        self._wait_for(self.book.sent[token])

    def _put_off(self) -> None:
        """Nothing can be sent now; raise `ModelError` where that has been so for too long."""
        now = time.monotonic()
        self._setback = self._setback or now
        self._not_before = now + self.room
        self.tell({"event": "batch put off", "why": self.office.trouble})
        if now - self._setback >= self.patience:
            raise ModelError(
                f"The endpoint has taken no batch for {now - self._setback:,.0f} s: {self.office.trouble}. "
                "Resume the run when it does, or run without --batch."
            )

    async def _poll(self, token: str, one: _Open) -> None:
        one.wait = min(one.wait * 1.5, _LAST_POLL)
        one.due = time.monotonic() + one.wait
        if not one.batch.batch:
            await self._find(token, one)
            return
        try:
            await self._collect(token, one)
        except Gone:
            self._missed(token, one)

    async def _collect(self, token: str, one: _Open) -> None:
        """Take what there is of a batch that has ended; later again where it has not. Raises `Gone`."""
        state = await self.office.look(one.batch.batch)
        if state is None:
            return
        if not state.ended:
            one.gone = 0
            return
        if state.failed is not None:
            self._refused(token, one, state.failed)
            return
        lines = await self._fetch(one, state)
        if lines is None:
            return
        self.book.save(token, lines)
        self.tell({"event": "batch collected", "batch": one.batch.batch, "answers": len(lines)})
        del self._open[token]
        self._hand_out(one.batch.keys)

    def _missed(self, token: str, one: _Open) -> None:
        """The endpoint knows nothing of a batch: perhaps not yet, perhaps for another key, perhaps no more."""
        one.gone += 1
        one.due = time.monotonic() + self.room
        if one.gone < _TRIES:
            return
        if one.batch.missing:  # the person was told, and resumed the run
            self._lost(token, one)
            return
        self.book.miss(token)
        raise ModelError(
            f"The endpoint does not know the batch {one.batch.batch} or its answers any more "
            f"({len(one.batch.keys):,} questions). If the key is that of another account, set the right one. Then "
            "resume the run: what is still not there is asked, and paid, anew."
        )

    async def _fetch(self, one: _Open, state: State) -> list[bytes] | None:
        """All lines of answers and errors; None where they could not be had whole yet."""
        lines: list[bytes] = []
        for file in state.files:
            content = await self.office.fetch(file)
            if content is None:
                return None
            lines += [line + b"\n" for line in content.split(b"\n") if line.strip()]
        if lines and all(key_of(line) is None for line in lines):
            return None  # something else, a page of a proxy say
        # A transfer that broke off looks like damage; the next one may be whole.
        if one.damaged < _TRIES and any(key_of(line) is None for line in lines):
            one.damaged += 1
            return None
        return lines

    def _refused(self, token: str, one: _Open, failed: Failed) -> None:
        """The endpoint did not take the batch at all."""
        self._lost(token, one)
        if not failed.for_now:
            raise failed.error
        self._most = max(1, min(self._most, len(one.batch.keys)) // 2)
        self._not_before = time.monotonic() + self.room

    def _lost(self, token: str, one: _Open) -> None:
        self.book.lost(token)
        del self._open[token]
        self._send_again(one.batch.keys)

    def _hand_out(self, keys: tuple[str, ...]) -> None:
        """Let go those who wait for an answer that came; what came back without one is sent again."""
        self._sent.difference_update(keys)
        without: list[str] = []
        for key in keys:
            question = self._questions.get(key)
            if question is None:
                continue
            if self.book.answer(key) is None and question.sent < _TRIES:
                without.append(key)
            else:
                del self._questions[key]
                question.future.set_result(None)
        self._send_again(without)

    def _send_again(self, keys: tuple[str, ...] | list[str]) -> None:
        self._sent.difference_update(keys)
        self._waiting |= {key: None for key in keys if key in self._questions}

    def _end(self, error: BaseException) -> None:
        said = error if isinstance(error, Exception) else asyncio.CancelledError()
        for question in self._questions.values():
            if not question.future.done():
                question.future.set_exception(said)
                question.future.exception()  # whoever waited may be gone
        self._questions.clear()
        self._waiting.clear()


def _line(key: str, body: dict[str, Any]) -> bytes:
    entry = {"custom_id": key, "method": "POST", "url": "/v1/chat/completions", "body": body}
    return json.dumps(entry, ensure_ascii=True).encode() + b"\n"


def _through_a_batch(reply: Reply, attempts: int) -> Reply:
    return replace(reply, batch=True, attempts=attempts)
