"""A worker process: executes one run folder. Never opens the database; what it makes goes into its journal.

python -m synth.worker RUN_FOLDER [DESCRIPTOR]

DESCRIPTOR is that of the run's lock, where whoever started this process took it.
"""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from synth.embed import SentenceEmbedder
from synth.engines import open_engines
from synth.errors import BudgetReached, CannotWrite, EspalierError
from synth.flow import Cancelled, Desk, Snapshot, run_flow
from synth.journal import Index, Journal, Lines
from synth.keys import find_key
from synth.models.ledger import Event, read_calls, sum_calls
from synth.prompts import Prompts
from synth.records import Extraction, Growth, Seed
from synth.runlog import RunLog
from synth.runs import Amendment, Progress, State, effective, read_amendments, read_config, take_lock, takes_of
from synth.sandbox.base import Sandbox
from synth.settings import STEPS, RunConfig
from synth.tree.segment import open_segment

_PATIENCE = 1.0
"""Seconds: whoever looks whether a run is alive holds its lock for an instant."""
_LOGGED = ("step", "prompt", "item", "model", "finish", "note", "attempts", "seconds")


class WorkerWatch(Progress):
    """Progress whose state says when the flow stands still."""

    def paused(self, now: bool) -> None:
        """Show `paused` or `running`."""
        state: State = "paused" if now else "running"
        if state != self.state:
            self.state = state
            self.write()


def main(arguments: list[str]) -> int:
    """Run one folder to its end. Exit code 0 = finished, cancelled, stopped; 1 = failed; 3 = another worker has it."""
    folder = Path(arguments[0])
    lock = _inherited(int(arguments[1])) if arguments[1:] else take_lock(folder / "worker.lock", _PATIENCE)
    if lock is None:
        print("another worker has this run", file=sys.stderr)  # noqa: T201
        return 3
    with lock:
        signal.signal(signal.SIGTERM, lambda *_: _cancel(folder))
        watch = WorkerWatch(folder, started=_first_start(folder))
        watch.keep_room()
        while True:
            watch.state, watch.error = "running", ""
            amendments = read_amendments(folder)
            watch.amendments = len(amendments)
            watch.write()
            try:
                state = _attempt(folder, watch, amendments)
            finally:
                watch.last_word()
            # What was asked for meanwhile is taken up at once: whoever asked saw that a worker is there.
            if state not in ("finished", "stopped") or len(read_amendments(folder)) == watch.amendments:
                break
            watch.forget()
    return 1 if state == "failed" else 0


def _inherited(descriptor: int) -> IO[str]:
    os.set_inheritable(descriptor, False)
    return os.fdopen(descriptor, "r")


def _attempt(folder: Path, watch: WorkerWatch, amendments: Sequence[Amendment]) -> State:
    """Work until there is nothing left or something is in the way; what came of it stands in `watch`, too."""
    log: RunLog | None = None
    try:
        config = effective(read_config((folder / "config.json").read_bytes(), str(folder / "config.json")), amendments)
        log = RunLog(folder, _keys(config, folder))
        log.write("started", process=os.getpid(), amendments=len(amendments))
        asyncio.run(_work(folder, config, takes_of(amendments), watch, log))
        watch.state = "finished"
    except Cancelled:
        watch.state = "cancelled"
    except BudgetReached as error:
        watch.state, watch.error = "stopped", str(error)
    except EspalierError as error:
        watch.state, watch.error = "failed", str(error)
    except BaseException as error:
        watch.state, watch.error = "failed", f"{type(error).__name__}: {error}"
        raise
    finally:
        if log is not None:
            log.write("ended", "error" if watch.state == "failed" else "info", state=watch.state, why=watch.error)
            log.close()
    return watch.state


async def _work(folder: Path, config: RunConfig, takes: dict[str, int], watch: WorkerWatch, log: RunLog) -> None:
    snapshot = folder / "snapshot"
    embedder = SentenceEmbedder(config.embed.model, cache=folder.parent.parent / "cache")
    if _embeds(config):
        embedder.warm()
    watch.spend = lambda: sum_calls(read_calls(folder))  # the earlier workers' accounts, where no engine opens
    engines = open_engines(
        config,
        Prompts(snapshot / "prompts"),
        embedder,
        [folder.parent.parent],
        run=folder,
        on_call=lambda event: _log_call(log, event),
        on_pace=lambda event: _log_pace(log, event),
        check=lambda: _end_if_cancelled(watch),
    )
    watch.spend = engines.spend
    workers = config.tasks.sandbox_workers or os.cpu_count() or 1
    try:
        with (
            Lines(snapshot / "seeds.jsonl", Seed) as seeds,
            Index.of_run(folder, takes) as finished,
            _known(snapshot) as known,
            Journal(folder) as journal,
            _the_sandbox(config, workers) as sandbox,
            ThreadPoolExecutor(workers) as threads,  # last: they end before the sandbox in which they have jobs
        ):
            desk = Desk(
                config=config,
                asker=engines.asker,
                embedder=embedder,
                sandbox=sandbox,
                journal=journal,
                watch=watch,
                threads=threads,
                finished=finished,
                known=known,
                takes=takes,
            )
            tree, _ = open_segment(snapshot / "tree")
            flushing = asyncio.create_task(_keep_flushing(journal))
            try:
                await run_flow(desk, Snapshot(seeds, tree, _first_samples(folder)))
            finally:
                flushing.cancel()
    finally:
        await engines.close()


def _first_samples(folder: Path) -> int:
    """Draws that the run was frozen with."""
    return read_config((folder / "config.json").read_bytes(), str(folder)).sample.count


@contextmanager
def _the_sandbox(config: RunConfig, workers: int) -> Iterator[Sandbox | None]:
    """The best sandbox of this machine, ended with the run; None for a run that has nothing to verify."""
    if not config.sample.count:
        yield None
        return
    from synth.sandbox.choose import choose_sandbox  # half of all that a worker imports

    sandbox = choose_sandbox(workers)
    try:
        yield sandbox
    finally:
        sandbox.close()
        choose_sandbox.cache_clear()  # it gives the same one again, and a worker may go on after its end


async def _keep_flushing(journal: Journal) -> None:
    """So that a power cut takes half a second of work, and nobody waits for the disk."""
    with suppress(CannotWrite):  # the journal remembers, and lets nothing new begin
        while True:
            await asyncio.sleep(0.5)
            await asyncio.to_thread(journal.flush)


def _known(snapshot: Path) -> Index:
    known = Index()
    known.scan_records(snapshot / "extractions.jsonl", Extraction.kind)
    known.scan_records(snapshot / "growths.jsonl", Growth.kind)
    return known


def _embeds(config: RunConfig) -> bool:
    offline = any(config.engine_of(step).kind == "offline" for step in STEPS)
    return offline or bool(config.seeds.coreset or config.evolve.roots)


def _log_call(log: RunLog, event: Event) -> None:
    """What went well is in the accounts."""
    if event["finish"] != "stop":
        log.write("call", "warning", **{name: event[name] for name in _LOGGED})


def _log_pace(log: RunLog, event: Mapping[str, object]) -> None:
    """Pauses, slower asking, batches on their way."""
    fields = {name: value for name, value in event.items() if isinstance(value, str | int | float)}
    log.write(str(fields.pop("event", "pace")), "warning" if "why" in fields else "info", **fields)


def _keys(config: RunConfig, folder: Path) -> list[str]:
    names = {config.engine_of(step).api_key_env for step in STEPS}
    return [key for name in names if (key := find_key(name, [folder.parent.parent]))]


def _cancel(folder: Path) -> None:
    with suppress(OSError):
        (folder / "control").write_text("cancel", encoding="utf-8")


def _end_if_cancelled(watch: Progress) -> None:
    """A batch takes hours; who cancels does not wait for it. What was sent is collected when the run is resumed."""
    if watch.control() == "cancel":
        raise Cancelled("cancelled")


def _first_start(folder: Path) -> float:
    with suppress(OSError, ValueError, KeyError):
        return float(json.loads((folder / "progress.json").read_text(encoding="utf-8"))["started"])
    return time.time()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
