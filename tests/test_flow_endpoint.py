"""The same flow through a model endpoint: real HTTP to a loopback server, every prompt rendered from `prompts/`."""

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from synth.prompts import Prompts
from synth.records import Demonstration, Dropped, Solution, Task, Verdict
from synth.settings import RunConfig
from tests import loopback
from tests.loopback import Loopback, Received
from tests.test_flow import open_with_seeds, wait

pytestmark = pytest.mark.sandbox

KEY = "sk-this-must-never-be-seen-9f3a"
GOOD = "def total(values):\n    return sum(values)\n"
WRONG = "def total(values):\n    return sum(values[1:])\n"
TESTS = "from adding import total\n\n\ndef test_total():\n    assert total([1, 2, 3]) == 6\n"
GROWN = '<begin>{"algorithm": {"sums": ["totals", "running totals"], "sorting": ["merge sort"]}}<end>'
TOPICS = ("tide tables", "seed banks", "night trains", "bee hives", "old maps", "choir rehearsals", "glacier snow")


class Talker:
    """What a model might say to each of the prompts, known by their openings; now and then what it should not say."""

    def __init__(self) -> None:
        self.tasks = 0
        self.drafts = 0

    def __call__(self, received: Received) -> str:
        text = received.text
        topic = TOPICS[int(hashlib.sha256(text.encode()).hexdigest(), 16) % len(TOPICS)]
        sums = '{"algorithm": {"sums": ["totals"]}, "logging": ["levels"]}'
        kinds: list[tuple[str, Callable[[], str]]] = [
            ("Name its features as short keywords", lambda: "loops ## sums ## text wrapping"),
            ("in good order", lambda: '<begin>{"workflow": ["read", "write"], "algorithm": ["sums"]}<end>'),
            ("as a small tree of features", lambda: f"<begin>{sums}<end>"),
            ("give it back with new features", lambda: GROWN),
            ("You invent programming tasks", lambda: self.task(received, topic)),
            (
                "Find out why and correct",
                lambda: f"<file>adding.py</file>\n```python\n{GOOD}```\n<note>lost one</note>",
            ),
            ("Solve the task below completely", self.draft),
            ("You start from a real piece of code", lambda: question(topic)),
            ("write a new one that deserves better", lambda: question(topic + " and " + text[-40:])),
            ("Judge the question", lambda: f"Step 1 [Judge Reason]: parts\nStep 2 [Final Score]: {4 + len(topic) % 5}"),
            ("answer a colleague", lambda: "```python\nprint(42)\n```"),
        ]
        for opening, answer in kinds:
            if re.search(opening.replace(" ", r"\s+"), text):
                return answer()
        raise AssertionError(f"a prompt that nobody knows: {text[:200]}")

    def task(self, received: Received, topic: str) -> str:
        """A task. The second one needs to be asked for twice, the third never comes."""
        if len(received.messages) == 1:
            self.tasks += 1
            if self.tasks in (2, 3):
                return f"<f>totals</f> What a nice set of features! ({'later' if self.tasks == 2 else 'never'})"
        elif "never" in received.messages[1]["content"]:
            return "<f>totals</f> I would rather talk. (never)"
        return (
            f"<f>totals, levels, sums, merge sort, running totals</f><s>A club keeps {topic}.</s>"
            f"<t>Write `total(values)` in `adding.py`; it adds up {topic}.</t><i>Add up the {topic}.</i>"
        )

    def draft(self) -> str:
        """A solution in the asked form; every third is wrong."""
        self.drafts += 1
        code = GOOD if self.drafts % 3 else WRONG
        listed = '<json>{"file_names": ["adding.py", "test_adding.py"], "packages": ["pytest"]}</json>'
        files = f"<file>adding.py</file>\n```python\n{code}```\n<file>test_adding.py</file>\n```python\n{TESTS}```\n"
        return files + listed


def question(topic: str) -> str:
    """A question long enough to be one."""
    return (
        f"Step 1 [Plan]: one\nStep 2 [Programming Question]: Write a Python function about {topic} that takes a list "
        "of readings and returns, for every day, the number of readings above the mean of the week before, as a "
        "dictionary by date."
    )


CONFIG = {
    "name": "endpoint",
    "seeds": {"limit": 12},
    "extract": {"demonstration_rounds": 2, "pre_extract": 4},
    "grow": {"steps": 2, "parallel": 2, "widths": (2, 1, 1)},
    "sample": {"count": 14, "widths": (2, 2, 1), "temperatures": (1.0, 5.0), "mandatory": 1},
    "tasks": {"files_share": 0.0},
    "evolve": {"roots": 3, "rounds": 2, "children": 2, "distance": 0.0},
}


def test_the_whole_flow_runs_through_a_model_endpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOOPBACK_KEY", KEY)
    workspace = open_with_seeds(tmp_path)
    with Loopback(loopback.ok(Talker())) as server:
        engine = {"kind": "openai", "model": "tiny", "base_url": server.base_url, "api_key_env": "LOOPBACK_KEY"}
        run_id = workspace.start_run(RunConfig.model_validate({**CONFIG, "engine": engine}))
        state = wait(workspace, run_id)
        requests = list(server.requests)
    folder = workspace.folder / "runs" / run_id
    assert state == "finished", workspace.run(run_id).error + (folder / "worker.log").read_text(encoding="utf-8")

    stages = {stage.name: stage.count for stage in workspace.funnel(run_id).stages}
    assert stages["seeds read"] == 12
    assert stages["subtrees drawn"] == 14
    assert stages["tasks made"] == stages["proven"] == 13, "one task never came"
    assert stages["repaired"] >= 3, "every third draft is wrong, and equal tasks have one answer"
    assert stages["instructions evolved"] >= 6
    assert stages["answered"] == stages["collected"] > 0
    assert [d.version for d in workspace.demonstrations()] == [1, 2]
    check_records(folder)
    assert all(request.headers["authorization"] == f"Bearer {KEY}" for request in requests)
    workspace.close()
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or KEY.encode() not in path.read_bytes(), f"the key is in {path}"


def check_records(folder: Path) -> None:
    """Everything says who made it; what could not be parsed twice is kept with what was said."""
    from synth.journal import read_run

    records = list(read_run(folder))
    tasks = [record for record in records if isinstance(record, Task)]
    known = {name: Prompts().get(name).hash for name in Prompts().names()}
    assert tasks
    assert all(task.made.engine == "openai" and task.made.prompt_hash == known["make_task"] for task in tasks)
    (lost,) = [record for record in records if isinstance(record, Dropped) and record.step == "task"]
    assert lost.reason.startswith("unparseable twice")
    assert lost.raw == "<f>totals</f> I would rather talk. (never)"
    repaired = [record for record in records if isinstance(record, Solution) and record.attempt == 1]
    assert all(solution.note == "lost one" for solution in repaired)
    assert {record.outcome for record in records if isinstance(record, Verdict)} <= {"passed", "failed"}
    assert any(isinstance(record, Demonstration) and record.previous_id for record in records)


def test_a_refused_key_stops_the_run_at_once_and_names_the_mend(tmp_path: Path) -> None:
    workspace = open_with_seeds(tmp_path)
    with Loopback(loopback.error(401, "Incorrect API key provided.", "invalid_api_key")) as server:
        engine = {"kind": "openai", "model": "tiny", "base_url": server.base_url, "concurrency": 2}
        run_id = workspace.start_run(RunConfig.model_validate({**CONFIG, "engine": engine}))
        assert wait(workspace, run_id) == "failed"
        assert len(server.requests) <= 4
    assert "OPENAI_API_KEY" in workspace.run(run_id).error
    workspace.close()


def test_a_server_that_fails_now_and_then_costs_single_items(tmp_path: Path) -> None:
    workspace = open_with_seeds(tmp_path)
    small = {**CONFIG, "extract": {}, "grow": {"steps": 0}, "sample": {"count": 0}, "evolve": {"roots": 0}}
    broken = [loopback.body({"error": "not a completion"})] * 3
    with Loopback(*broken, loopback.ok(Talker())) as server:
        engine = {"kind": "openai", "model": "tiny", "base_url": server.base_url, "concurrency": 1}
        run_id = workspace.start_run(RunConfig.model_validate({**small, "engine": engine}))
        assert wait(workspace, run_id) == "finished"
    drops = workspace.funnel(run_id).drops
    assert [(drop.step, drop.reason, drop.count) for drop in drops] == [("extract", "no reply", 3)]
    assert workspace.counts().extractions == 9
    assert json.loads((workspace.folder / "runs" / run_id / "progress.json").read_text())["state"] == "finished"
    workspace.close()
