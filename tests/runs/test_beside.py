"""Beside an owner: runs handed over through the inbox, commands that need no database, two who want the same."""

import json
import subprocess
import threading
import time
from pathlib import Path

import pytest

from synth.errors import BadInput, WorkspaceBusy
from synth.runs import Inbox, Runs, take_lock
from synth.runs.locks import is_locked
from synth.workspace import Workspace, demo_config
from tests.loopback import Loopback
from tests.runs.talking import Owner, config, ended, talks, wait_until
from tests.test_cli import synth
from tests.test_flow import open_with_seeds

SMALL = {"grow": {"steps": 0}, "evolve": {"roots": 0}, "seeds": {"limit": 12}}


def command(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A command on the workspace, in a process of its own."""
    return synth(*words, "--workspace", str(folder), cwd=folder)


def test_a_second_owner_is_told_in_plain_words(tmp_path: Path) -> None:
    owner = Owner(tmp_path)
    assert owner.said.readline() == "open\n"
    with pytest.raises(WorkspaceBusy, match="is open in another Espalier"):
        Workspace(tmp_path)
    owner.close()
    Workspace(tmp_path).close()


def test_the_owner_starts_what_is_handed_over_and_says_what_is_wrong(tmp_path: Path) -> None:
    workspace = open_with_seeds(tmp_path)
    workspace.ingest_in_background(0.05)
    with Loopback(talks()) as server:
        run_id = Inbox(tmp_path / "runs").post(config(server, **SMALL)).wait(10)
        assert run_id is not None
        assert ended(workspace, run_id) == "finished"
    assert workspace.counts().extractions == 12
    bad = demo_config().model_copy(update={"budget": demo_config().budget.model_copy(update={"money": -1.0})})
    with pytest.raises(BadInput, match="budget"):
        Inbox(tmp_path / "runs").post(bad).wait(10)
    assert list((tmp_path / "runs" / "inbox").iterdir()) == []
    workspace.close()


def test_what_nobody_takes_is_called_back_and_never_starts(tmp_path: Path) -> None:
    inbox = Inbox(Runs(tmp_path / "runs").folder)
    assert inbox.post(demo_config()).wait(0.3) is None
    started: list[str] = []
    assert inbox.serve(lambda one: started.append(one.name) or "r0001-demo") == 0  # type: ignore[func-returns-value]
    assert started == []


def test_many_who_hand_over_at_once_get_a_run_each(tmp_path: Path) -> None:
    inbox = Inbox(Runs(tmp_path / "runs").folder)
    got: list[str | None] = []
    posts = [
        threading.Thread(
            target=lambda n=n: got.append(inbox.post(demo_config().model_copy(update={"name": f"n{n}"})).wait(10))  # type: ignore[misc]
        )
        for n in range(12)
    ]
    for post in posts:
        post.start()
    end = time.monotonic() + 20
    while any(post.is_alive() for post in posts) and time.monotonic() < end:
        inbox.serve(lambda one: one.name)
    for post in posts:
        post.join()
    assert sorted(map(str, got)) == sorted(f"n{n}" for n in range(12))


def test_the_commands_steer_a_run_while_the_app_has_the_workspace(tmp_path: Path) -> None:
    open_with_seeds(tmp_path).close()
    with Loopback(talks(0.05)) as server:
        (tmp_path / "config.json").write_text(config(server).model_dump_json(), encoding="utf-8")
        owner = Owner(tmp_path, "start", str(tmp_path / "config.json"))
        run_id = owner.said.readline().strip()
        status = Runs(tmp_path / "runs").status
        wait_until(lambda: status(run_id).state == "running" and bool(status(run_id).steps))
        assert "pauses" in command(tmp_path, "runs", "pause", run_id).stdout
        wait_until(lambda: status(run_id).state == "paused")
        assert command(tmp_path, "runs", "list").stdout.startswith(f"{run_id}  paused")
        shown = json.loads(command(tmp_path, "runs", "show", "--json").stdout)
        assert (shown["id"], shown["state"]) == (run_id, "paused")
        assert shown["spend"]["extract"]["calls"] > 0
        assert command(tmp_path, "runs", "resume", run_id).returncode == 0
        wait_until(lambda: status(run_id).state == "running")
        assert command(tmp_path, "runs", "cancel", run_id).returncode == 0
        wait_until(lambda: status(run_id).state == "cancelled")
        assert "nothing to stop" in command(tmp_path, "runs", "cancel", run_id).stderr
        done = command(tmp_path, "runs", "budget", run_id, "--calls", "100000")
        assert done.returncode == 0, done.stderr
        watched = command(tmp_path, "runs", "watch", run_id)
        assert watched.returncode == 0, watched.stderr
        assert status(run_id).state == "finished"
        assert "started" in command(tmp_path, "runs", "log", run_id).stdout
        assert "is finished" in command(tmp_path, "runs", "resume", run_id).stderr
        assert "nothing of run" in command(tmp_path, "runs", "retry", run_id).stderr
        assert "no run `r0009-x`" in command(tmp_path, "runs", "show", "r0009-x").stderr
        owner.close()
    workspace = Workspace(tmp_path)
    assert workspace.counts().extractions == workspace.counts().seeds
    workspace.close()


def test_a_run_is_handed_to_the_app_and_followed(tmp_path: Path) -> None:
    open_with_seeds(tmp_path).close()
    with Loopback(talks()) as server:
        toml = (
            f'name = "handed"\n[engine]\nkind = "openai"\nmodel = "tiny"\nbase_url = "{server.base_url}"\n'
            "[seeds]\nlimit = 5\n[grow]\nsteps = 0\n[sample]\ncount = 0\n"
        )
        (tmp_path / "handed.toml").write_text(toml, encoding="utf-8")
        owner = Owner(tmp_path)
        assert owner.said.readline() == "open\n"
        done = command(tmp_path, "run", "handed.toml")
        assert done.returncode == 0, done.stderr
        assert "r0001-handed" in done.stdout
        owner.close()
    assert Runs(tmp_path / "runs").status("r0001-handed").state == "finished"


def test_a_lock_is_seen_and_whoever_wants_it_is_patient(tmp_path: Path) -> None:
    path = tmp_path / "worker.lock"
    assert not is_locked(path)
    held = take_lock(path)
    assert held is not None
    assert is_locked(path)
    assert take_lock(path) is None
    threading.Timer(0.2, held.close).start()
    second = take_lock(path, 5.0)
    assert second is not None
    second.close()


def test_a_run_that_is_resumed_twice_at_once_has_one_worker(tmp_path: Path) -> None:
    workspace = open_with_seeds(tmp_path)
    with Loopback(talks(0.02)) as server:
        run_id = workspace.start_run(config(server, **SMALL, budget={"calls": 0}))
        assert ended(workspace, run_id) == "stopped"
        folder = workspace.folder / "runs" / run_id
        (folder / "config.json").write_text((folder / "config.json").read_text().replace('"calls": 0', '"calls": null'))
        others = [Runs(tmp_path / "runs") for _ in range(3)]
        for runs in others:
            runs.start(run_id)
        wait_until(lambda: workspace.run(run_id).state != "stopped")
        assert ended(workspace, run_id) == "finished"
        wait_until(lambda: all(not runs.status(run_id).alive for runs in others))
        assert len(server.requests) == 12
    workspace.close()
