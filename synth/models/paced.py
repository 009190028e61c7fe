"""Asking until there is an answer: what one request could not get, another one may, under one deadline for all.

Waiting for a first place at the endpoint is the run's business and costs the question nothing; from its first request
on the clock runs, waiting between tries included.
"""

import asyncio
import random
import time
from dataclasses import replace

from synth.errors import ModelError
from synth.models.attempt import Attempting, Setback
from synth.models.base import Reply, Request
from synth.models.pace import Pace

_FIRST_WAIT, _LONGEST_WAIT = 0.5, 16.0
_BELIEVED = 3
"""So often in a row an endpoint that says "at once" and does not answer is asked at once."""
_CHARACTERS_A_TOKEN = 4


class Paced:
    """A model whose requests wait for their turn and are tried again. Others may share its `pace`."""

    def __init__(self, model: Attempting, pace: Pace, deadline_seconds: float) -> None:
        self._model = model
        self._pace = pace
        self._deadline = deadline_seconds
        self._mean_reply = 500.0
        """Tokens, of the latest replies."""

    @property
    def engine(self) -> str:
        """Of the model."""
        return self._model.engine

    @property
    def name(self) -> str:
        """Of the model."""
        return self._model.name

    async def complete(self, request: Request) -> Reply:
        """See `Model.complete`. `Reply.seconds` and `Reply.attempts` are of all tries together."""
        tokens = self._expected(request)
        await self._pace.enter(tokens)
        started = time.monotonic()
        tries = _Tries(request, tokens, started + self._deadline)
        reply: Reply | None = None
        try:
            async with asyncio.timeout(self._deadline):
                reply = await self._until_answered(tries)
        except TimeoutError:
            self._pace.set_back(Setback("server", tries.why or "there was no answer within the deadline"), started)
        if reply is not None and tries.sent == 1:
            return reply
        seconds = time.monotonic() - started
        if reply is not None:
            return replace(reply, seconds=seconds, attempts=tries.sent)
        return Reply("", self.name, "failed", seconds=seconds, note=tries.note(), raw=tries.raw, attempts=tries.sent)

    async def close(self) -> None:
        """Release connections."""
        await self._model.close()

    async def _until_answered(self, tries: "_Tries") -> Reply | None:
        """The reply; None where there is no time for another try. The place for the first one is held already."""
        while True:
            got = await self._send(tries)
            if isinstance(got, Reply):
                return got
            if got.trouble != "again":
                tries.why, tries.raw = got.why, got.raw
                tries.failed += 1
                wait = max(_wait(tries.failed, got.wait), self._pace.pause_left())
                if wait > tries.until - time.monotonic():
                    return None
                await self._pace.rest(wait)
            await self._pace.enter(tries.tokens, again=True)

    async def _send(self, tries: "_Tries") -> Reply | Setback:
        """One request in the place that is held. What ends the run ends it for all who wait at this endpoint."""
        tries.sent += 1
        sent = time.monotonic()
        try:
            got = await self._model.attempt(tries.request)
            # Before the place is given to the next one, who must not be sent into a limit that is known.
            if isinstance(got, Reply):
                self._learn(tries, got)
            elif got.trouble != "again":
                self._pace.set_back(got, sent, tries.tokens)
        except ModelError as error:
            raise self._pace.give_up(str(error)) from None
        finally:
            self._pace.leave()
        return got

    def _expected(self, request: Request) -> float:
        """Tokens that a question will take, before it is known; 0 where nobody counts."""
        if not self._pace.counts_tokens:
            return 0.0
        return _characters(request) / _CHARACTERS_A_TOKEN + min(self._mean_reply, request.max_tokens)

    def _learn(self, tries: "_Tries", reply: Reply) -> None:
        if reply.finish == "failed":
            return  # an answer that could not be read tells neither that all is well nor that it is not
        if not self._pace.counts_tokens:
            self._pace.answered()
            return
        prompt, said = reply.prompt_tokens, reply.completion_tokens
        if prompt is None:
            prompt = _characters(tries.request) // _CHARACTERS_A_TOKEN
        if said is None:
            said = len(reply.raw or reply.text) // _CHARACTERS_A_TOKEN
        self._mean_reply += (said - self._mean_reply) / 16
        self._pace.answered(prompt + said - tries.tokens)


class _Tries:
    """What became of one question so far."""

    __slots__ = ("failed", "raw", "request", "sent", "tokens", "until", "why")

    def __init__(self, request: Request, tokens: float, until: float) -> None:
        self.request = request
        self.tokens = tokens
        self.until = until
        self.sent = self.failed = 0
        self.why = self.raw = ""

    def note(self) -> str:
        """Why there is no reply."""
        often = f", asked {self.sent} times" if self.sent > 1 else ""
        return f"{self.why or 'no answer within the deadline'}{often}"


def _wait(failed: int, asked: float | None) -> float:
    """Seconds until the next try: what the endpoint asks for, and more where that has not helped."""
    if asked is None:
        return _backoff(failed)
    return asked if failed <= _BELIEVED else max(asked, _backoff(failed - _BELIEVED))


def _backoff(failed: int) -> float:
    """Seconds until the next try: twice as long each time, and never the same for two questions."""
    return min(_LONGEST_WAIT, _FIRST_WAIT * 2.0 ** min(failed - 1, 10)) * random.uniform(0.5, 1.0)


def _characters(request: Request) -> int:
    return len(request.text) + sum(len(turn.reply) + len(turn.complaint) for turn in request.previous)
