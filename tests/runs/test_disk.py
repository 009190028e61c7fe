"""A full disk and a folder that cannot be written: the run fails in plain words, spends no more, and goes on later."""

import contextlib
import resource
import shutil
import subprocess
from pathlib import Path

import pytest

from synth.errors import CannotWrite
from synth.journal import Journal, journal_files, read_journal, read_run
from tests.examples import ALL, TASK
from tests.loopback import Loopback
from tests.runs.talking import asked, config, ended, everything_is_there_once, talks, wait_until, worker_of
from tests.test_flow import open_with_seeds

SMALL = {"grow": {"steps": 0}, "evolve": {"roots": 0}}
IN_FLIGHT = 4


def test_a_worker_whose_journal_may_not_grow_fails_and_goes_on_when_it_may(tmp_path: Path) -> None:
    workspace = open_with_seeds(tmp_path)
    with Loopback(talks(0.02)) as server:
        run_id = workspace.start_run(config(server, **SMALL))
        folder = workspace.folder / "runs" / run_id
        wait_until(lambda: sum(1 for _ in read_run(folder)) >= 5)
        process = worker_of(folder)
        assert process is not None
        size = journal_files(folder)[0].stat().st_size + 700
        resource.prlimit(process, resource.RLIMIT_FSIZE, (size, size))
        assert ended(workspace, run_id) == "failed"
        assert "resume the run" in workspace.run(run_id).error
        held = read_journal(journal_files(folder)[0])
        assert held.offset == journal_files(folder)[0].stat().st_size, "half a line was left"
        spent = len(server.requests)
        assert spent < workspace.counts().seeds
        assert spent - len(held.records) <= 2 * IN_FLIGHT
        workspace.resume(run_id)
        assert ended(workspace, run_id) == "finished"
        assert sum(asked(server).values()) - len(asked(server)) <= IN_FLIGHT
    everything_is_there_once(workspace, run_id)
    workspace.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Path:
    """A file system of its own, of 12 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", place], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("mounting is not allowed here")
    return place


def unmount(place: Path) -> None:
    """Give the file system back."""
    subprocess.run(["umount", "-l", place], check=True)


def test_a_full_disk_ends_a_run_and_room_lets_it_go_on(tmp_path: Path, small_disk: Path) -> None:
    workspace = open_with_seeds(tmp_path / "w")
    try:
        with Loopback(talks(0.01)) as server:
            draft = workspace.start_run(config(server, **SMALL, budget={"calls": 0}))
            assert ended(workspace, draft) == "stopped"
            folder = workspace.folder / "runs" / draft
            shutil.copytree(folder, small_disk / "run")
            shutil.rmtree(folder)
            folder.symlink_to(small_disk / "run")
            filler = small_disk / "filler"
            with filler.open("wb", buffering=0) as rest, contextlib.suppress(OSError):
                while True:
                    rest.write(bytes(4096))
            with filler.open("r+b") as rest:
                rest.truncate(filler.stat().st_size - 60_000)
            (folder / "config.json").write_text(
                (folder / "config.json").read_text().replace('"calls": 0', '"calls": null')
            )
            workspace.resume(draft)
            assert ended(workspace, draft) == "failed", workspace.run(draft)
            assert "resume the run" in workspace.run(draft).error
            assert len(server.requests) < workspace.counts().seeds
            filler.unlink()
            workspace.resume(draft)
            assert ended(workspace, draft) == "finished", workspace.run(draft).error
            assert sum(asked(server).values()) - len(asked(server)) <= IN_FLIGHT
        everything_is_there_once(workspace, draft)
        workspace.close()
    finally:
        unmount(small_disk)


def test_a_folder_that_cannot_be_written_is_said_at_once_and_can_be_looked_at(tmp_path: Path, small_disk: Path) -> None:
    workspace = open_with_seeds(tmp_path / "w")
    try:
        with Loopback(talks()) as server:
            run_id = workspace.start_run(config(server, **SMALL, budget={"calls": 8}))
            assert ended(workspace, run_id) == "stopped"
            folder = workspace.folder / "runs" / run_id
            shutil.copytree(folder, small_disk / "run")
            shutil.rmtree(folder)
            folder.symlink_to(small_disk / "run")
            subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
            count = len(server.requests)
            assert workspace.run(run_id).state == "stopped"
            with pytest.raises(CannotWrite, match="folder writable, then resume"):
                workspace.resume(run_id)
            with pytest.raises(CannotWrite):
                workspace.extend(run_id, 5)
            with pytest.raises(CannotWrite), Journal(folder):
                pass
            assert len(server.requests) == count
            subprocess.run(["mount", "-o", "remount,rw", small_disk], check=True)
            workspace.resume(run_id)
            assert ended(workspace, run_id) == "stopped"
        everything_is_there_once(workspace, run_id)
        workspace.close()
    finally:
        unmount(small_disk)


def fill(journal: Journal) -> None:
    """Write until there is no room."""
    for number in range(100_000):
        journal.append(TASK.model_copy(update={"id": f"task-{number:016x}"}))


def test_nothing_follows_half_a_line(small_disk: Path) -> None:
    try:
        folder = small_disk / "runs" / "r0001-x"
        with Journal(folder) as journal:
            place = journal.append(TASK)
            with pytest.raises(CannotWrite, match="No space left on device"):
                fill(journal)
            with pytest.raises(CannotWrite):
                journal.append(ALL[0])
            with pytest.raises(CannotWrite):
                journal.check()
        assert place.file.read_bytes().endswith(b"\n")
        assert sum(1 for _ in read_run(folder)) == place.file.read_bytes().count(b"\n")
    finally:
        unmount(small_disk)
