"""What is asked of a run after it was frozen: another try of what failed, more samples, a larger budget."""

import time
from pathlib import Path

import pytest

from synth.errors import BadInput
from synth.journal import journal_files, read_run
from synth.records import Dropped, Subtree, Task
from synth.runs import read_amendments, takes_of
from synth.settings import Budget
from tests.loopback import Loopback, bad_key
from tests.runs.talking import asked, config, ended, everything_is_there_once, reply_to, talks, wait_until
from tests.test_flow import open_with_seeds

READ_ONLY = {"grow": {"steps": 0}, "evolve": {"roots": 0}, "seeds": {"limit": 20}}


class Stubborn:
    """Says nothing of use to some questions, the first so many times that it is asked them."""

    def __init__(self, times: int) -> None:
        self.times = times
        self.heard: dict[str, int] = {}

    def __call__(self, text: str) -> str:
        self.heard[text] = self.heard.get(text, 0) + 1
        return "no" if "def " in text and self.heard[text] <= self.times and len(text) % 3 == 0 else reply_to(text)


def test_what_ended_early_is_tried_anew_and_what_came_counts_no_longer_as_dropped(tmp_path: Path) -> None:
    workspace = open_with_seeds(tmp_path)
    with Loopback(talks(reply=Stubborn(2))) as server:
        run_id = workspace.start_run(config(server, **READ_ONLY))
        folder = workspace.folder / "runs" / run_id
        assert ended(workspace, run_id) == "finished"
        lost = [record for record in read_run(folder) if isinstance(record, Dropped)]
        assert 0 < len(lost) < 20
        before = asked(server)
        assert workspace.retry(run_id) == len(lost)
        assert ended(workspace, run_id) == "finished"
        assert takes_of(read_amendments(folder)) == {record.wanted_id: 1 for record in lost}
        assert sum((asked(server) - before).values()) == len(lost), "only what was lost is asked again"
    assert workspace.ended_early(run_id) == []
    assert workspace.funnel(run_id).drops == ()
    assert workspace.counts().extractions == 20
    assert len(workspace.tree()) > 0
    with pytest.raises(BadInput, match="nothing of run"):
        workspace.retry(run_id)
    everything_is_there_once(workspace, run_id)
    workspace.close()


def test_an_item_that_is_lost_again_has_the_reason_of_the_last_try(tmp_path: Path) -> None:
    workspace = open_with_seeds(tmp_path)
    lost: list[str] = []
    with Loopback(talks(reply=lambda text: "".join(lost) or "no")) as server:
        run_id = workspace.start_run(config(server, **{**READ_ONLY, "seeds": {"limit": 2}}))
        assert ended(workspace, run_id) == "finished"
        lost.append("<decline>not this one</decline>")
        assert workspace.retry(run_id, step="extract", reason="unparseable") == 2
        assert ended(workspace, run_id) == "finished"
        (drop,) = workspace.funnel(run_id).drops
        assert (drop.reason, drop.count) == ("declined", 2)
        one = workspace.ended_early(run_id)[0].wanted_id
        count = len(server.requests)
        assert workspace.retry(run_id, [one, "task-that-nobody-knows"]) == 1
        assert ended(workspace, run_id) == "finished"
        assert len(server.requests) == count + 1, "each try is a take of its own"
    workspace.close()


@pytest.mark.sandbox
def test_more_samples_come_on_top_and_what_was_drawn_stays(tmp_path: Path) -> None:
    workspace = open_with_seeds(tmp_path)
    changes = {
        "seeds": {"limit": 6},
        "sample": {"count": 4, "widths": (2, 1), "mandatory": 0},
        "tasks": {"files_share": 0.0, "prove_tests": False, "recheck": False},
        "evolve": {"roots": 2, "roots_from": "tasks", "rounds": 1, "children": 1},
    }
    with Loopback(talks()) as server:
        run_id = workspace.start_run(config(server, **changes))
        folder = workspace.folder / "runs" / run_id
        assert ended(workspace, run_id) == "finished", workspace.run(run_id).error
        before = list(read_run(folder))
        roots = {tree.tree_id for tree in workspace.forest(run_id)}
        paid = asked(server)
        workspace.extend(run_id, 3)
        assert workspace.run_config(run_id).sample.count == 7
        assert ended(workspace, run_id) == "finished", workspace.run(run_id).error
        after = list(read_run(folder))
        assert after[: len(before)] == before
        assert [r.draw for r in after if isinstance(r, Subtree)] == list(range(7))
        assert sum(isinstance(r, Task) for r in after) == 7
        assert sum((asked(server) - paid).values()) <= 6, "three tasks and their solutions at most"
    assert {tree.tree_id for tree in workspace.forest(run_id)} == roots
    assert len(roots) == 2
    (samples,) = [step for step in workspace.run(run_id).steps if step.step == "samples"]
    assert (samples.done, samples.total, samples.reused) == (7, 7, 4)
    with pytest.raises(BadInput):
        workspace.extend(run_id, 0)
    everything_is_there_once(workspace, run_id)
    workspace.close()


@pytest.mark.sandbox
def test_samples_asked_for_while_a_worker_is_at_it_are_drawn_and_proven_by_it(tmp_path: Path) -> None:
    workspace = open_with_seeds(tmp_path)
    changes = {
        "seeds": {"limit": 4},
        "sample": {"count": 2, "widths": (2, 1), "mandatory": 0},
        "tasks": {"files_share": 0.0, "prove_tests": False, "recheck": False},
        "evolve": {"roots": 0},
    }
    with Loopback(talks(0.1)) as server:
        run_id = workspace.start_run(config(server, **changes))
        wait_until(lambda: bool(workspace.run(run_id).steps))
        workspace.extend(run_id, 2)
        assert workspace.run(run_id).alive
        assert ended(workspace, run_id) == "finished", workspace.run(run_id).error
    stages = {stage.name: stage.count for stage in workspace.funnel(run_id).stages}
    assert (stages["subtrees drawn"], stages["proven"]) == (4, 4)
    assert len(journal_files(workspace.folder / "runs" / run_id)) == 2
    workspace.close()


def test_a_budget_stops_a_run_and_a_larger_one_lets_it_go_on(tmp_path: Path) -> None:
    workspace = open_with_seeds(tmp_path)
    with Loopback(talks(0.01)) as server:
        run_id = workspace.start_run(config(server, **READ_ONLY, budget={"calls": 6}))
        assert ended(workspace, run_id) == "stopped"
        assert "budget" in workspace.run(run_id).error
        assert workspace.run(run_id).resumable
        assert workspace.run(run_id).total.calls == len(server.requests) <= 6 + 4
        workspace.raise_budget(run_id, Budget(calls=1000))
        assert workspace.run_config(run_id).budget.calls == 1000
        assert ended(workspace, run_id) == "finished"
        assert workspace.run(run_id).total.calls == len(server.requests) == 20
    workspace.close()


def test_what_is_asked_of_a_run_at_work_is_taken_up_before_its_worker_ends(tmp_path: Path) -> None:
    workspace = open_with_seeds(tmp_path)
    with Loopback(talks(0.05, Stubborn(2))) as server:
        run_id = workspace.start_run(config(server, **READ_ONLY))
        folder = workspace.folder / "runs" / run_id
        wait_until(lambda: bool(workspace.ended_early(run_id)))
        one = workspace.ended_early(run_id)[0].wanted_id
        assert workspace.run(run_id).alive
        assert workspace.retry(run_id, [one]) == 1
        assert ended(workspace, run_id) == "finished"
    assert one in {record.id for record in read_run(folder)}
    assert len(journal_files(folder)) == 2
    workspace.close()


def test_amendments_that_no_worker_has_taken_up_show_and_can_be_resumed(tmp_path: Path) -> None:
    workspace = open_with_seeds(tmp_path)
    with Loopback(talks()) as server:
        run_id = workspace.start_run(config(server, **READ_ONLY))
        assert ended(workspace, run_id) == "finished"
        folder = workspace.folder / "runs" / run_id
        with (folder / "amendments.jsonl").open("a") as lines:
            lines.write('{"at": "2026-11-21", "kind": "budget", "calls": 900}\n{"kind": "bu')
        assert workspace.run(run_id).state == "interrupted"
        workspace.raise_budget(run_id, Budget(calls=800))
        assert ended(workspace, run_id) == "finished"
        assert workspace.run_config(run_id).budget.calls == 800
    workspace.close()


def test_a_worker_that_cannot_start_shows_why(tmp_path: Path) -> None:
    workspace = open_with_seeds(tmp_path)
    with Loopback(bad_key()) as server:
        run_id = workspace.start_run(config(server, **READ_ONLY))
        assert ended(workspace, run_id) == "failed"
        assert "OPENAI_API_KEY" in workspace.run(run_id).error
    seeds = workspace.folder / "runs" / run_id / "snapshot" / "seeds.jsonl"
    seeds.rename(seeds.with_suffix(".gone"))
    workspace.resume(run_id)
    assert ended(workspace, run_id) == "failed"
    assert "seeds.jsonl" in workspace.run(run_id).error
    assert "seeds.jsonl" in workspace.worker_words(run_id)
    seeds.with_suffix(".gone").rename(seeds)
    workspace.close()


def test_two_runs_at_once_in_one_workspace_both_come_to_their_end(tmp_path: Path) -> None:
    workspace = open_with_seeds(tmp_path)
    workspace.ingest_in_background(0.05)
    with Loopback(talks(0.01)) as server:
        ids = [workspace.start_run(config(server, name=name, seed=seed)) for name, seed in (("one", 1), ("two", 2))]
        began = time.monotonic()
        assert [ended(workspace, run_id) for run_id in ids] == ["finished", "finished"]
        assert time.monotonic() - began < 120
        seeds = workspace.counts().seeds
        repeated = asked(server)
    for run_id in ids:
        assert workspace.funnel(run_id).stages[0].count == seeds
        everything_is_there_once(workspace, run_id)
    tree = workspace.tree()
    assert all(tree.observed(tree.node(path) or 0) <= seeds for path in tree.paths())
    assert max(repeated.values()) <= 8, "what one run was told the other knows, but for what both asked at once"
    workspace.close()
