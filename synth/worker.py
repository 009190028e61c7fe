"""A worker process: executes one run folder. Never opens the database; what it makes goes into its journal.

python -m synth.worker RUN_FOLDER
"""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from synth.embed import SentenceEmbedder
from synth.engines import open_engines
from synth.errors import EspalierError
from synth.flow import Cancelled, Desk, Snapshot, run_flow
from synth.journal import Journal, read_run
from synth.prompts import Prompts
from synth.records import Extraction, Growth, Record, Seed
from synth.runs import Progress, State, take_lock
from synth.sandbox.base import Sandbox
from synth.sandbox.choose import choose_sandbox
from synth.settings import RunConfig
from synth.tree.segment import open_segment

R = TypeVar("R", bound=Record)


class WorkerWatch(Progress):
    """Progress whose state says when the flow stands still."""

    def paused(self, now: bool) -> None:
        """Show `paused` or `running`."""
        state: State = "paused" if now else "running"
        if state != self.state:
            self.state = state
            self.write()


def main(arguments: list[str]) -> int:
    """Run one folder to its end. Exit code 0 = finished or cancelled, 1 = failed, 3 = another worker has it."""
    folder = Path(arguments[0])
    lock = take_lock(folder / "worker.lock")
    if lock is None:
        print("another worker has this run", file=sys.stderr)  # noqa: T201
        return 3
    with lock:
        signal.signal(signal.SIGTERM, lambda *_: (folder / "control").write_text("cancel", encoding="utf-8"))
        watch = WorkerWatch(folder, started=_first_start(folder))
        watch.write()
        try:
            asyncio.run(_work(folder, watch))
            watch.state = "finished"
        except Cancelled:
            watch.state = "cancelled"
        except EspalierError as error:
            watch.state, watch.error = "failed", str(error)
        except BaseException as error:
            watch.state, watch.error = "failed", f"{type(error).__name__}: {error}"
            raise
        finally:
            watch.write()
    return 1 if watch.state == "failed" else 0


async def _work(folder: Path, watch: WorkerWatch) -> None:
    config = RunConfig.model_validate_json((folder / "config.json").read_bytes())
    embedder = SentenceEmbedder(config.embed.model, cache=folder.parent.parent / "cache")
    embedder.warm()
    engines = open_engines(config, Prompts(folder / "snapshot" / "prompts"), embedder, [folder.parent.parent])
    workers = config.tasks.sandbox_workers or os.cpu_count() or 1
    tree, _ = open_segment(folder / "snapshot" / "tree")
    snapshot = Snapshot(list(_read(folder, "seeds", Seed)), list(_read_known(folder)), tree)
    # in this order: the threads end before the sandbox in which they have jobs
    with Journal(folder) as journal, _the_sandbox(config, workers) as sandbox, ThreadPoolExecutor(workers) as threads:
        desk = Desk(
            config=config,
            asker=engines.asker,
            embedder=embedder,
            sandbox=sandbox,
            journal=journal,
            watch=watch,
            threads=threads,
        )
        desk.remember(snapshot.known)
        desk.remember(read_run(folder))
        flushing = asyncio.create_task(_keep_flushing(journal))
        try:
            await run_flow(desk, snapshot)
        finally:
            flushing.cancel()
            await engines.close()


@contextmanager
def _the_sandbox(config: RunConfig, workers: int) -> Iterator[Sandbox | None]:
    """The best sandbox of this machine, ended with the run; None for a run that has nothing to verify."""
    sandbox = choose_sandbox(workers) if config.sample.count else None
    try:
        yield sandbox
    finally:
        if sandbox is not None:
            sandbox.close()


async def _keep_flushing(journal: Journal) -> None:
    """So that no record waits for the next one: an engine may take minutes."""
    while True:
        await asyncio.sleep(0.5)
        journal.flush()


def _read(folder: Path, name: str, kind: type[R]) -> Iterator[R]:
    with (folder / "snapshot" / f"{name}.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            yield kind.model_validate_json(line)


def _read_known(folder: Path) -> Iterator[Extraction | Growth]:
    yield from _read(folder, "extractions", Extraction)
    yield from _read(folder, "growths", Growth)


def _first_start(folder: Path) -> float:
    with suppress(OSError, ValueError, KeyError):
        return float(json.loads((folder / "progress.json").read_text(encoding="utf-8"))["started"])
    return time.time()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
