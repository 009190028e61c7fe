"""Kills at random points: of the worker, of the owner, of both, also while journals are taken in.

After each the run is taken up again. Whatever happened: the database opens, each finished record is in it exactly
once, and no question is paid twice but those that were in flight at a kill.
"""

import random
import time
from pathlib import Path

import pytest

from synth.journal import Journal, journal_files, read_run
from synth.records import Extraction, Solution
from synth.runs import Runs
from synth.workspace import Workspace, demo_config
from tests.examples import DRAFT
from tests.loopback import Loopback
from tests.runs.talking import (
    Owner,
    asked,
    config,
    ended,
    everything_is_there_once,
    kill_worker,
    talks,
    wait_until,
    worker_of,
)
from tests.test_flow import open_with_seeds

IN_FLIGHT = 4
KILLS_OF_THE_WORKER = 16
KILLS_OF_BOTH = 7
KILLS_OF_THE_OWNER = 9


def dice(request: pytest.FixtureRequest) -> random.Random:
    """Where the kills fall; the seed is printed, so that a failure can be had again."""
    seed = time.time_ns() % 1_000_000
    print(f"{request.node.name}: seed {seed}")
    return random.Random(seed)


def size(folder: Path) -> int:
    """Bytes of all journals of a run."""
    return sum(file.stat().st_size for file in journal_files(folder))


def whole_run(tmp_path: Path) -> int:
    """How many questions a run has that nobody kills, and how many bytes it writes."""
    workspace = open_with_seeds(tmp_path / "whole")
    with Loopback(talks()) as server:
        run_id = workspace.start_run(config(server))
        assert ended(workspace, run_id) == "finished", workspace.run(run_id).error
        total = size(workspace.folder / "runs" / run_id)
    workspace.close()
    return total


def test_a_worker_killed_again_and_again_repeats_only_what_was_in_flight(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    chance, total = dice(request), whole_run(tmp_path)
    workspace = open_with_seeds(tmp_path / "killed")
    with Loopback(talks(0.002)) as server:
        run_id = workspace.start_run(config(server))
        folder = workspace.folder / "runs" / run_id
        for number in range(KILLS_OF_THE_WORKER):
            least = total * (number + chance.random()) / (KILLS_OF_THE_WORKER + 1)
            wait_until(lambda least=least: size(folder) >= least or not workspace.run(run_id).alive)  # type: ignore[misc]
            time.sleep(chance.random() * 0.02)
            if not kill_worker(folder):
                break
            workspace.ingest()
            wait_until(lambda: not workspace.run(run_id).alive)  # its threads may take a moment longer to die
            assert workspace.run(run_id).state in ("interrupted", "finished")
            if workspace.run(run_id).state == "finished":
                break
            workspace.resume(run_id)
        print(f"killed {number + 1} times")
        assert number >= KILLS_OF_THE_WORKER // 2, "it was too quick to be killed often"
        assert ended(workspace, run_id) == "finished", workspace.run(run_id).error
        paid, plain = sum(asked(server).values()), len(asked(server))
    assert paid - plain <= (number + 1) * IN_FLIGHT
    ids = [record.id for record in read_run(folder)]
    assert len(ids) == len(set(ids)), "finished work was repeated"
    everything_is_there_once(workspace, run_id)
    workspace.close()


def test_owner_and_worker_killed_together_lose_nothing(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    chance, folder = dice(request), tmp_path / "both"
    open_with_seeds(folder).close()
    with Loopback(talks(0.005)) as server:
        (tmp_path / "config.json").write_text(config(server).model_dump_json(), encoding="utf-8")
        owner = Owner(folder, "start", str(tmp_path / "config.json"))
        run_id = owner.said.readline().strip()
        run = folder / "runs" / run_id
        for number in range(KILLS_OF_BOTH):
            print(f"kill {number + 1}")
            assert owner.said.readline() == "open\n"
            wait_until(lambda: worker_of(run) is not None)
            before, more = size(run), chance.randrange(60_000)
            wait_until(lambda before=before, more=more: size(run) >= before + more or worker_of(run) is None)  # type: ignore[misc]
            owner.kill()
            kill_worker(run)
            if Runs(folder / "runs").status(run_id).state == "finished":
                break
            owner = Owner(folder, "resume", run_id)
        else:
            owner.kill()
        workspace = Workspace(folder)
        if workspace.run(run_id).state != "finished":
            workspace.resume(run_id)
        assert ended(workspace, run_id) == "finished", workspace.run(run_id).error
        paid, plain = sum(asked(server).values()), len(asked(server))
    assert paid - plain <= (KILLS_OF_BOTH + 1) * IN_FLIGHT
    everything_is_there_once(workspace, run_id)
    workspace.close()


def test_an_owner_killed_while_it_takes_in_journals_takes_in_the_rest_later(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    chance, folder = dice(request), tmp_path / "owner"
    Workspace(folder).close()
    runs = Runs(folder / "runs")
    run_id = runs.create(demo_config(), lambda path: None)
    code = DRAFT.files[0].model_copy(update={"text": "x = 1\n" * 700})
    for part in range(4):
        with Journal(runs.path(run_id)) as journal:
            for number in range(2_500):
                name = f"solution-{part:08x}{number:08x}"
                journal.append(DRAFT.model_copy(update={"id": name, "files": (code,)}))
    for _ in range(KILLS_OF_THE_OWNER):
        owner = Owner(folder)
        time.sleep(0.8 + chance.random() * 1.5)
        owner.kill()
    workspace = Workspace(folder)
    assert workspace.counts().solutions == 10_000
    assert workspace._db.number("select count(distinct id) from solutions") == 10_000
    assert workspace._db.number("select count(*) from members") == 10_000
    assert workspace._db.records(Solution, "true limit 1")[0].files == (code,)
    workspace.close()


def test_the_owner_alone_is_killed_and_the_worker_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "alone"
    open_with_seeds(folder).close()
    with Loopback(talks(0.005)) as server:
        (tmp_path / "config.json").write_text(config(server).model_dump_json(), encoding="utf-8")
        owner = Owner(folder, "start", str(tmp_path / "config.json"))
        run_id = owner.said.readline().strip()
        run = folder / "runs" / run_id
        wait_until(lambda: any(isinstance(record, Extraction) for record in read_run(run)))
        owner.kill()
        workspace = Workspace(folder)
        assert workspace.run(run_id).state in ("running", "finished")
        assert ended(workspace, run_id) == "finished"
        assert max(asked(server).values()) == 1
    everything_is_there_once(workspace, run_id)
    workspace.close()
