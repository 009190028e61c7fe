"""What a run has paid for: one JSON line a call, sums by step, and the budget that stops the run.

Lines go to `calls-NNNN.jsonl` of the run folder, a file for each worker, before the reply is handed on; a new worker
adds up what its predecessors wrote. They hold no question, no reply and no key.
"""

import datetime
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from synth.errors import BudgetReached, CannotWrite, ModelError
from synth.models.base import Model, Reply, Request
from synth.records.spending import Spend
from synth.settings import Budget, Price

CHARACTERS_A_TOKEN = 4
"""Only where an endpoint does not say how many tokens a call took, and only for the budget."""
_NOTE_CHARACTERS = 300
_compact = json.JSONEncoder(separators=(",", ":")).encode

Event = dict[str, Any]
"""One line: time, step, prompt, item, take, model, answered_by, engine, finish, note, attempts, input_tokens,
cached_tokens, output_tokens, cost, seconds, batch, hit; `saved` by a hit; `counted`: what the budget guessed."""


@dataclass(slots=True)
class _Sums:
    """Of one step. As `Spend`, which is made from it; a call must not take the time of building one."""

    numbers: dict[str, float] = field(default_factory=lambda: dict.fromkeys(Spend.model_fields, 0))

    def add(self, event: Mapping[str, Any]) -> None:
        numbers = self.numbers
        if event["hit"]:
            numbers["hits"] += 1
            return
        numbers["calls"] += 1
        numbers["failed"] += event["finish"] == "failed"
        given, written = event["input_tokens"], event["output_tokens"]
        numbers["input_tokens"] += given or 0
        numbers["cached_tokens"] += event["cached_tokens"] or 0
        numbers["output_tokens"] += written or 0
        numbers["unmeasured"] += given is None or written is None
        numbers["cost"] += event["cost"] or 0.0
        numbers["unpriced"] += event["cost"] is None

    def spend(self) -> Spend:
        whole = {name: int(value) for name, value in self.numbers.items() if name != "cost"}
        return Spend(**whole, cost=self.numbers["cost"])


class Account:
    """What one run has spent, earlier workers included, and whether it may spend more."""

    def __init__(
        self, budget: Budget | None = None, folder: Path | None = None, on_call: Callable[[Event], None] | None = None
    ) -> None:
        """`folder`: of the run; without one nothing is written. `on_call` gets every line as a dict."""
        self.budget = budget or Budget()
        self._folder = folder
        self._on_call = on_call
        self._steps: dict[str, _Sums] = {}
        self._calls = 0
        self._tokens = 0
        self._money = 0.0
        self._in_flight = 0
        self._file: int | None = None
        self._broken: CannotWrite | None = None
        self._tell: list[Callable[[str], object]] = []
        for event in read_calls(folder) if folder is not None else ():
            self._add(event)

    def spend(self) -> dict[str, Spend]:
        """By step, in the order of their first call."""
        return {step: sums.spend() for step, sums in self._steps.items()}

    def when_reached(self, tell: Callable[[str], object]) -> None:
        """Have the reason told, once, as soon as nothing more may be asked."""
        self._tell.append(tell)

    def check(self, *, free: bool = False) -> None:
        """Raises `BudgetReached` where nothing more may be asked; `free`: the call costs no money."""
        if self._broken is not None:
            raise self._broken
        budget = self.budget
        if budget.calls is not None and self._calls >= budget.calls:
            raise self._reached("calls", f"{budget.calls:,} calls", f"{self._calls:,} were made")
        if budget.tokens is not None and self._tokens >= budget.tokens:
            raise self._reached("tokens", f"{budget.tokens:,} tokens", f"{self._tokens:,} were used")
        if budget.money is not None and not free and self._money >= budget.money:
            raise self._reached("money", _money(budget.money), f"{_money(self._money)} were spent")

    def admit(self, *, free: bool) -> None:
        """Count a call as in flight. Raises as `check`; calls are never more than the budget has."""
        self.check(free=free)
        allowed = self.budget.calls
        if allowed is not None and self._calls + self._in_flight >= allowed:
            raise self._reached("calls", f"{allowed:,} calls", "the last of them are in flight")
        self._in_flight += 1

    def leave(self) -> None:
        """A call is no longer in flight."""
        self._in_flight -= 1

    def book(self, event: Event) -> None:
        """Write a line and add it up. Raises `CannotWrite` where it cannot be written; then nothing more is asked."""
        self._add(event)
        if self._folder is not None:
            self._write(_compact(event).encode("ascii") + b"\n", self._folder)
        if self._on_call is not None:
            self._on_call(event)
        if self._tell:
            self._send_away(free=event["hit"])

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _send_away(self, *, free: bool) -> None:
        try:
            self.check(free=free)
        except BudgetReached as error:
            waiting, self._tell = self._tell, []
            for tell in waiting:
                tell(str(error))

    def _add(self, event: Event) -> None:
        step = event["step"]
        sums = self._steps.get(step)
        if sums is None:
            sums = self._steps[step] = _Sums()
        sums.add(event)
        if event["hit"]:
            return
        counted = event.get("counted")
        self._calls += 1
        self._tokens += counted["tokens"] if counted else event["input_tokens"] + event["output_tokens"]
        self._money += counted["money"] if counted else event["cost"] or 0.0

    def _write(self, line: bytes, folder: Path) -> None:
        if self._broken is not None:
            raise self._broken  # a line behind half a line could not be read
        try:
            if self._file is None:
                self._file = _new_file(folder)
            if os.write(self._file, line) != len(line):
                raise OSError("the disk is full")
        except OSError as error:
            why = error.strerror or str(error)
            self._broken = CannotWrite(
                f"{folder}: what is paid cannot be written down: {why}. Nothing more is asked. Make room or make the "
                "folder writable, then resume the run."
            )
            raise self._broken from error

    def _reached(self, name: str, allowed: str, used: str) -> BudgetReached:
        run = self._folder.name if self._folder is not None else "RUN"
        return BudgetReached(
            f"the budget of {allowed} is used up: {used}. Raise it with `synth runs budget {run} --{name} N` to go on."
        )


class Ledger:
    """A model whose every call is written down and counted against the budget."""

    def __init__(self, model: Model, account: Account, price: Price | None) -> None:
        """`price` is None where it is not known."""
        self._model = model
        self._account = account
        self._price = price
        self.free = model.engine == "offline" or (price is not None and not price.input and not price.output)
        """True where no call can cost money."""

    @property
    def engine(self) -> str:
        """As the model's."""
        return self._model.engine

    @property
    def name(self) -> str:
        """As the model's."""
        return self._model.name

    async def complete(self, request: Request) -> Reply:
        """See `Model.complete`. Raises `BudgetReached` where nothing more may be asked."""
        self._account.admit(free=self.free)
        try:
            reply = await self._model.complete(request)
        except ModelError:
            self._account.check(free=self.free)  # sent away from where it waited, because the budget was reached
            raise
        finally:
            self._account.leave()
        self._account.book(self._event(request, reply))
        return reply

    async def close(self) -> None:
        """Close the model; the account belongs to whoever opened it."""
        await self._model.close()

    def hit(self, request: Request, reply: Reply) -> None:
        """Write down a reply that was not asked for, so not paid."""
        self._account.book(self._event(request, reply))

    def _event(self, request: Request, reply: Reply) -> Event:
        worth = self._worth(reply)
        event: Event = {
            "time": datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds"),
            "step": request.step,
            "prompt": request.prompt,
            "item": request.item,
            "take": request.take,
            "model": self._model.name,
            "answered_by": reply.model,
            "engine": self._model.engine,
            "finish": reply.finish,
            "note": reply.note[:_NOTE_CHARACTERS],
            "attempts": reply.attempts,
            "input_tokens": reply.prompt_tokens,
            "cached_tokens": reply.cached_tokens,
            "output_tokens": reply.completion_tokens,
            "cost": 0.0 if reply.hit else worth,
            "seconds": round(reply.seconds, 4),
            "batch": reply.batch,
            "hit": reply.hit,
        }
        if reply.hit:
            event["saved"] = worth
        elif reply.prompt_tokens is None or reply.completion_tokens is None:
            event["counted"] = self._guess(request, reply)
        return event

    def _worth(self, reply: Reply) -> float | None:
        """What it costs, or did when it was asked for."""
        if self._model.engine == "offline":
            return 0.0
        if self._price is None or reply.prompt_tokens is None or reply.completion_tokens is None:
            return None
        return self._price.cost(reply.prompt_tokens, reply.cached_tokens, reply.completion_tokens, batch=reply.batch)

    def _guess(self, request: Request, reply: Reply) -> dict[str, float]:
        """What the budget counts where the endpoint did not say: by the length of the texts."""
        sent = len(request.text) + sum(len(turn.reply) + len(turn.complaint) for turn in request.previous)
        given = reply.prompt_tokens if reply.prompt_tokens is not None else sent // CHARACTERS_A_TOKEN
        said = 0 if reply.finish == "failed" else len(reply.raw or reply.text) // CHARACTERS_A_TOKEN
        written = reply.completion_tokens if reply.completion_tokens is not None else said
        price = Price() if self.free else self._price
        money = 0.0 if price is None else price.cost(given, reply.cached_tokens, written, batch=reply.batch)
        return {"tokens": given + written, "money": money}


def _money(amount: float) -> str:
    return f"{amount:,.2f}" if amount >= 1 or not amount else f"{amount:.3g}"


def call_files(folder: Path) -> list[Path]:
    """The ledger files of a run folder, oldest first."""
    return sorted(folder.glob("calls-*.jsonl"))


def read_calls(folder: Path) -> Iterator[Event]:
    """Every line of a run's ledger; half a line at the end of a file, left by a kill or a full disk, is no line."""
    for file in call_files(folder):
        with file.open("rb") as lines:
            for line in lines:
                if (event := parse_call(line)) is not None:
                    yield event


def parse_call(line: bytes) -> Event | None:
    """One line of a ledger; None where it is none."""
    if not line.endswith(b"\n"):
        return None
    try:
        event = json.loads(line)
    except ValueError:
        return None
    if not isinstance(event, dict) or not event.keys() >= _NEEDED:
        return None
    measured = event["input_tokens"] is not None and event["output_tokens"] is not None
    return event if measured or event["hit"] or event.get("counted") else None


_NEEDED = frozenset({"step", "hit", "finish", "input_tokens", "cached_tokens", "output_tokens", "cost"})


def sum_calls(events: Iterable[Event]) -> dict[str, Spend]:
    """What lines add up to, by step."""
    steps: dict[str, _Sums] = {}
    for event in events:
        steps.setdefault(event["step"], _Sums()).add(event)
    return {step: sums.spend() for step, sums in steps.items()}


def _new_file(folder: Path) -> int:
    number = len(call_files(folder))
    while True:
        try:
            return os.open(
                folder / f"calls-{number:04d}.jsonl", os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o644
            )
        except FileExistsError:
            number += 1
