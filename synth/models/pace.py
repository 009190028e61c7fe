"""How fast one endpoint is asked: questions in flight, per minute, pauses that it asks for, and when it is given up.

One `Pace` stands before all models at one address with one key. It lets in fewer when the endpoint says that it has
too much to do, and more again when it answers; what was sent once goes before what is new.
"""

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from synth.errors import ModelError
from synth.models.attempt import Setback
from synth.settings import Engine

LONGEST_PAUSE = 3600.0
"""Seconds; an endpoint that asks for more has no room for this run today."""
PATIENCE = 300.0
"""Seconds without a single answer, all of them setbacks, after which the run is stopped. Pauses that were asked for
do not count, but together no longer than `LONGEST_PAUSE`."""
_CUT = 0.6
_GROWTH = 32
"""Windows of answers that it takes from nothing to everything."""

Event = Mapping[str, object]


@dataclass(slots=True)
class Bucket:
    """What may be used in a minute: it fills steadily, holds a second's worth, and lends to what is larger."""

    per_minute: int
    level: float = field(init=False)
    _filled: float = field(init=False)

    def __post_init__(self) -> None:
        self.level = self._most
        self._filled = time.monotonic()

    @property
    def _most(self) -> float:
        return max(1.0, self.per_minute / 60)

    def delay(self, amount: float) -> float:
        """Seconds until so much may be taken."""
        if not self.per_minute:
            return 0.0
        now = time.monotonic()
        self.level = min(self._most, self.level + (now - self._filled) * self.per_minute / 60)
        self._filled = now
        return max(0.0, (min(amount, self._most) - self.level) * 60 / self.per_minute)

    def take(self, amount: float) -> None:
        """Take it; a negative amount gives back."""
        self.level = min(self._most, self.level - amount)


@dataclass(slots=True)
class _Waiting:
    tokens: float
    future: asyncio.Future[None]


class Pace:
    """The state that all models of one endpoint share. Use it inside one event loop."""

    def __init__(
        self,
        concurrency: int,
        requests_per_minute: int = 0,
        tokens_per_minute: int = 0,
        *,
        patience: float = PATIENCE,
        excuse: float = LONGEST_PAUSE,
        on_event: Callable[[Event], None] | None = None,
    ) -> None:
        """`concurrency` questions in flight at most; 0 a minute = no limit. `on_event` is told of pauses and limits."""
        self._most = concurrency
        self.limit = float(concurrency)
        """Questions that may be in flight now."""
        self.inside = 0
        self._requests = Bucket(requests_per_minute)
        self._tokens = Bucket(tokens_per_minute)
        self._patience = patience
        self._excuse = excuse
        self._excused = 0.0
        """Seconds of pauses since the last answer that the patience was not charged for."""
        self._on_event = on_event
        self._new: deque[_Waiting] = deque()
        self._again: deque[_Waiting] = deque()
        self._resting: set[asyncio.Future[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._paused_until = 0.0
        self._cut_at = 0.0
        self._answered = False
        self._trouble: tuple[float, float] | None = None
        """When the first and the latest setback came since the last answer."""
        self._fatal = ""

    @classmethod
    def of(cls, engine: Engine, on_event: Callable[[Event], None] | None = None) -> "Pace":
        """For an engine as it is set."""
        return cls(
            engine.concurrency,
            engine.requests_per_minute,
            engine.tokens_per_minute,
            patience=max(PATIENCE, 2.5 * engine.deadline_seconds),
            on_event=on_event,
        )

    @property
    def counts_tokens(self) -> bool:
        """Whether tokens are limited at all."""
        return self._tokens.per_minute > 0

    async def enter(self, tokens: float = 0.0, *, again: bool = False) -> None:
        """Wait for a place, and `leave` it. Raises `ModelError` where the endpoint is given up meanwhile."""
        self._check()
        if not self._new and not self._again and self._delay(tokens) <= 0 and self.inside < int(self.limit):
            self._take(tokens)
            return
        waiting = _Waiting(tokens, asyncio.get_running_loop().create_future())
        (self._again if again else self._new).append(waiting)
        self._let_in()
        try:
            await waiting.future
        except asyncio.CancelledError:
            given = waiting.future.done() and not waiting.future.cancelled() and not waiting.future.exception()
            if given:
                self.leave()
            raise

    def leave(self) -> None:
        """Give the place back."""
        self.inside -= 1
        self._let_in()

    async def rest(self, seconds: float) -> None:
        """Sleep. Raises `ModelError` as soon as the endpoint is given up."""
        self._check()
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        handle = loop.call_later(seconds, _wake, future)
        self._resting.add(future)
        try:
            await future
        finally:
            handle.cancel()
            self._resting.discard(future)

    def pause_left(self) -> float:
        """Seconds for which nothing is sent."""
        return max(0.0, self._paused_until - time.monotonic())

    def answered(self, tokens: float = 0.0) -> None:
        """An answer came; `tokens` are what it took beyond what was taken for it."""
        self._answered = True
        self._trouble = None
        self._excused = 0.0
        if self.limit < self._most:
            self.limit = min(self._most, self.limit + max(1.0, self._most / _GROWTH) / self.limit)
        if tokens:
            self._tokens.take(tokens)

    def set_back(self, setback: Setback, sent: float, tokens: float = 0.0) -> None:
        """No answer came to a request of the moment `sent`; `tokens` were taken for it and not used.

        Raises `ModelError` where that is the end of it.
        """
        self._tokens.take(-tokens)
        if setback.trouble == "unreachable" and not self._answered:
            raise self.give_up(setback.why)
        if setback.trouble == "limit":
            self._slow_down(setback, sent)
        now = time.monotonic()
        first, latest = self._trouble or (now, now)
        # Nothing was asked for a while: that was not the endpoint's fault.
        first = now if now - latest > self._patience else first
        self._trouble = (first, max(now, self._paused_until))
        if now - first > self._patience:
            raise self.give_up(
                f"Nothing got through for {now - first:,.0f} seconds: {setback.why.rstrip('.')}. "
                "Look after the endpoint, then resume the run."
            )

    def give_up(self, reason: str) -> ModelError:
        """End it for all who wait, and for all who come. Returns what to raise."""
        self._fatal = self._fatal or reason
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        waiting = [one.future for one in (*self._again, *self._new)]
        self._again.clear()
        self._new.clear()
        for future in (*waiting, *self._resting):
            if not future.done():
                future.set_exception(ModelError(self._fatal))
                future.exception()  # who waited may be gone, and that is no fault
        return ModelError(self._fatal)

    def _check(self) -> None:
        if self._fatal:
            raise ModelError(self._fatal)

    def _slow_down(self, setback: Setback, sent: float) -> None:
        now = time.monotonic()
        if sent >= self._cut_at:  # those that were in flight at the last cut say nothing about what came after it
            self._cut_at = now
            self.limit = max(1.0, min(self.limit, float(max(self.inside, 1))) * _CUT)
            self._tell({"event": "slower", "in_flight": int(self.limit), "why": setback.why})
        if setback.wait is None:
            return
        if setback.wait > LONGEST_PAUSE:
            raise self.give_up(
                f"The endpoint asks for a pause of {setback.wait / 3600:,.1f} hours ({setback.why.rstrip('.')}). "
                "Resume the run after that."
            )
        # Not all workers of all runs at the very same moment.
        until = now + setback.wait * random.uniform(1.0, 1.1)
        if until > self._paused_until:
            if setback.wait >= 1 and self._paused_until < now:
                self._tell({"event": "waiting", "seconds": round(setback.wait, 1), "why": setback.why})
            if self._trouble is not None:
                first, latest = self._trouble
                more = min(until - max(now, self._paused_until), self._excuse - self._excused)
                self._excused += more
                self._trouble = (first + more, latest)
            self._paused_until = until

    def _delay(self, tokens: float) -> float:
        return max(self.pause_left(), self._requests.delay(1.0), self._tokens.delay(tokens))

    def _take(self, tokens: float) -> None:
        self.inside += 1
        self._requests.take(1.0)
        self._tokens.take(tokens)

    def _let_in(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while (queue := self._again or self._new) and self.inside < int(self.limit):
            waiting = queue[0]
            if waiting.future.done():  # whoever it was has gone
                queue.popleft()
                continue
            delay = self._delay(waiting.tokens)
            if delay > 0:
                self._timer = asyncio.get_running_loop().call_later(delay, self._let_in)
                return
            queue.popleft()
            self._take(waiting.tokens)
            waiting.future.set_result(None)

    def _tell(self, event: Event) -> None:
        if self._on_event is not None:
            self._on_event(event)


def _wake(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)
