"""What every part of the flow works with: the frozen config, the ports, and what is finished already."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeVar

from synth.ask import Asker, Item, working_on
from synth.embed import Embedder
from synth.errors import EspalierError
from synth.journal import LOST, Index, Journal
from synth.records import Dropped, Record
from synth.sandbox.base import Sandbox
from synth.sandbox.prove import Faults
from synth.settings import RunConfig

T = TypeVar("T")
V = TypeVar("V")
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
    """Config, ports and what is finished of one run, earlier workers included. Records themselves stay on disk."""

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
    finished: Index = field(default_factory=Index)
    """What this run has made; a dropped item by the id that it would have had."""
    known: Index = field(default_factory=Index)
    """Extractions and growths that the tree held when the run began, or lost again by a person's hand."""
    takes: Mapping[str, int] = field(default_factory=dict)
    """Ids that a person had tried anew, and how often."""
    _stopped_by: Exception | None = None

    def find(self, key: str, kind: type[R], also: str = "") -> R | Dropped | None:
        """What was finished under an id, or under a second name; None where nothing was."""
        for name in (also, also + LOST) if also else ():
            record = self.finished.record(name) if name in self.finished else None
            if isinstance(record, kind | Dropped):
                return record
        for index in (self.finished, self.known):
            record = index.record(key) if key in index else None
            if isinstance(record, kind | Dropped):
                return record
        return None

    def has(self, key: str) -> bool:
        """Whether something was finished under this id."""
        return key in self.finished or key in self.known

    def over(self, name: str) -> Literal["made", "dropped"] | None:
        """Whether the item with this second name is finished, found out without reading it."""
        if name in self.finished:
            return "made"
        return "dropped" if name + LOST in self.finished else None

    def keep(self, record: Record, also: str = "") -> None:
        """Journal a record, unless an equal one is there already."""
        key = record.wanted_id if isinstance(record, Dropped) else record.id
        if key not in self.finished:
            take = self.takes.get(key, 0) if isinstance(record, Dropped) else 0
            self.finished.add(key, _name(record, also), self.journal.append(record, also, take))

    def end(self, name: str, *, lost: bool, drops: Iterable[str] = (), of: Mapping[str, object] | None = None) -> None:
        """Say that a piece of work is over, so that it need not be gone through again; `drops`: what it missed."""
        name = name + LOST if lost else name
        if name not in self.finished:
            said = {"drops": {key: self.takes.get(key, 0) for key in drops}, **(of or {})}
            self.finished.add(name, "", self.journal.mark(name, said))

    async def once(
        self, wanted_id: str, kind: type[R], make: Callable[[], Awaitable[R | Dropped]], also: str = ""
    ) -> R | Dropped:
        """Return the finished record of this id, or make and journal it. Raises `Cancelled` between items."""
        known = self.find(wanted_id, kind, also)
        if known is not None:
            return known
        record = await self.make(wanted_id, make)
        self.keep(record, also)
        return record

    async def make(self, wanted_id: str, make: Callable[[], Awaitable[V]]) -> V:
        """Make what will have this id; questions put meanwhile are for it. Raises as `gate`."""
        await self.gate()
        with working_on(Item(wanted_id, self.takes.get(wanted_id, 0))):
            return await make()

    async def gate(self) -> None:
        """Wait while paused. Raises `Cancelled` when the owner wants to stop, or the fault that stops the run."""
        if self._stopped_by:
            raise self._stopped_by
        self.journal.check()
        while (wanted := self.watch.control()) == "pause":
            self.watch.paused(True)
            self.journal.flush()
            await asyncio.sleep(_PAUSE_LOOK)
        self.watch.paused(False)
        if wanted == "cancel":
            raise Cancelled("cancelled")

    async def each(self, items: Iterable[T], work: Callable[[T], Awaitable[None]]) -> None:
        """Work on items side by side, as many as the engine takes; what is in flight ends before an error leaves."""
        waiting = iter(items)

        async def take() -> None:
            try:
                for item in waiting:
                    await work(item)
            except Exception as error:
                self._stopped_by = self._stopped_by or error
                raise

        ended = await asyncio.gather(*(take() for _ in range(self.config.in_flight)), return_exceptions=True)
        if any(isinstance(end, BaseException) for end in ended):
            raise self._stopped_by or next(end for end in ended if isinstance(end, BaseException))

    async def in_thread(self, work: Callable[[], R]) -> R:
        """Run blocking work beside the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self.threads, work)


def _name(record: Record, also: str) -> str:
    return also + LOST if also and isinstance(record, Dropped) else also
