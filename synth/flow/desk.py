"""What every part of the flow works with: the frozen config, the ports, and what is finished already."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeVar

from synth.ask import Asker
from synth.embed import Embedder
from synth.errors import EspalierError
from synth.journal import Journal
from synth.records import Dropped, Record, Verdict
from synth.sandbox.base import Sandbox
from synth.sandbox.prove import Faults
from synth.settings import RunConfig

Item = TypeVar("Item")
R = TypeVar("R", bound=Record)

_PAUSE_LOOK = 0.2


class Cancelled(EspalierError):
    """The owner asked the run to stop; everything finished is kept."""


class Watch(Protocol):
    """Who is told how far the flow is, and who says whether it goes on."""

    def start(self, step: str, total: int) -> None:
        """Begin a step, or set the new total of one that grew."""

    def advance(self, step: str, *, dropped: bool = False, reused: bool = False) -> None:
        """Count one finished item."""

    def control(self) -> Literal["go", "pause", "cancel"]:
        """What the owner wants."""

    def faults(self, number: int) -> None:
        """Say how often the sandbox itself has failed so far."""

    def paused(self, now: bool) -> None:
        """Say that the flow stands still, or goes on."""


@dataclass(slots=True)
class Desk:
    """Config, ports and the finished records of one run, earlier workers included."""

    config: RunConfig
    asker: Asker
    embedder: Embedder
    sandbox: Sandbox | None
    """None in a run that draws no subtree, so has nothing to verify."""
    journal: Journal
    watch: Watch
    threads: ThreadPoolExecutor
    """As many as sandboxes may run at once."""
    faults: Faults = field(default_factory=Faults)
    """Of the sandbox; too many of them end the run."""
    finished: dict[str, Record] = field(default_factory=dict)
    """By id; a dropped item by the id that it would have had."""
    taken: frozenset[str] = frozenset()
    """Ids of extractions and growths that the tree held when the run began, or lost again by a person's hand."""
    _stopped_by: Exception | None = None

    def remember(self, records: Iterable[Record]) -> None:
        """Take records of earlier workers as finished."""
        for record in records:
            if isinstance(record, Verdict) and record.unfinished:
                continue  # the sandbox's fault, not the solution's: tried again
            if not isinstance(record, Dropped):
                self.finished[record.id] = record
            elif not record.retry:
                self.finished[record.wanted_id] = record

    def keep(self, record: Record) -> None:
        """Journal a record, unless an equal one is there already."""
        key = record.wanted_id if isinstance(record, Dropped) else record.id
        if key not in self.finished:
            self.finished[key] = record
            self.journal.append(record)

    async def once(self, wanted_id: str, kind: type[R], make: Callable[[], Awaitable[R | Dropped]]) -> R | Dropped:
        """Return the finished record of this id, or make and journal it. Raises `Cancelled` between items."""
        known = self.finished.get(wanted_id)
        if isinstance(known, kind | Dropped):
            return known
        await self.gate()
        record = await make()
        self.keep(record)
        return record

    async def gate(self) -> None:
        """Wait while paused. Raises `Cancelled` when the owner wants to stop, or the fault that stops the run."""
        if self._stopped_by:
            raise self._stopped_by
        while (wanted := self.watch.control()) == "pause":
            self.watch.paused(True)
            self.journal.flush()
            await asyncio.sleep(_PAUSE_LOOK)
        self.watch.paused(False)
        if wanted == "cancel":
            raise Cancelled("cancelled")

    async def each(self, items: Iterable[Item], work: Callable[[Item], Awaitable[None]]) -> None:
        """Work on items side by side, as many as the engine takes; what is in flight ends before an error leaves."""
        waiting = iter(items)

        async def take() -> None:
            for item in waiting:
                try:
                    await work(item)
                except Exception as error:
                    self._stopped_by = self._stopped_by or error
                    raise

        ended = await asyncio.gather(*(take() for _ in range(self.config.engine.concurrency)), return_exceptions=True)
        if any(isinstance(end, BaseException) for end in ended):
            raise self._stopped_by or next(end for end in ended if isinstance(end, BaseException))

    async def in_thread(self, work: Callable[[], R]) -> R:
        """Run blocking work beside the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self.threads, work)
