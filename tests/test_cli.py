"""The command line: what people type, also what they mistype. Real processes, real folders."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from synth.workspace import Workspace

CODE = '''
def total(prices):
    """Add up."""
    result = 0
    for price in prices:
        result += price
    return result
'''
TINY = """
name = "tiny"
[grow]
steps = 1
[sample]
count = 2
[evolve]
roots = 0
"""


def synth(
    *words: object, cwd: Path, module: bool = True, env: dict[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run a command in a folder."""
    program = [sys.executable, "-m", "synth"] if module else [str(Path(sys.executable).parent / "synth")]
    return subprocess.run(
        [*program, *[str(word) for word in words]],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
        env={**os.environ, **(env or {})},
    )


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "cart.py").write_text(CODE, encoding="utf-8")
    (folder / "broken.py").write_text("def (:\n", encoding="utf-8")
    return folder


def test_seeds_are_added_with_file_and_lines_and_what_cannot_be_read_is_said(shop: Path, tmp_path: Path) -> None:
    done = synth("seeds", "add", shop, "--workspace", "w", "--licence", "MIT", cwd=tmp_path)
    assert done.returncode == 0
    assert "1 seeds" in done.stdout
    assert "broken.py" in done.stderr
    listed = synth("seeds", "list", "--json", "--workspace", "w", cwd=tmp_path)
    (seed,) = [json.loads(line) for line in listed.stdout.splitlines()]
    assert (seed["path"], seed["line"], seed["end_line"], seed["licence"]) == ("shop/cart.py", 2, 7, "MIT")


def test_the_standard_library_gives_two_thousand_seeds_once(tmp_path: Path) -> None:
    first = synth("seeds", "stdlib", cwd=tmp_path)
    assert first.returncode == 0, first.stderr
    again = synth("seeds", "stdlib", cwd=tmp_path)
    total = int(again.stdout.splitlines()[-1].split()[0])
    assert total >= 2000
    assert first.stdout == again.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run", "absent.toml"], "absent.toml: no such file"),
        (["run", "bad.toml"], "bad.toml: `sample.coutn` is not a known field"),
        (["run", "--resume"], "no stopped run"),
        (["run", "--resume", "r0001-ghost"], "no run `r0001-ghost`"),
        (["run", "tiny.toml", "--resume"], "not both"),
        (["seeds", "add", "nowhere"], "nowhere"),
        (["seeds", "add", "empty"], "empty"),
        (["seeds", "coreset", "--size", "3"], "no seeds yet"),
        (["funnel", "r0001-ghost"], "no run `r0001-ghost`"),
        (["export", "--out", "x.csv"], ".jsonl"),
        (["export", "--out", "x.jsonl"], ""),
        (["export", "--out", "x.jsonl", "--run", "../.."], "no run"),
        (["runs", "--workspace", "bad.toml"], "bad.toml"),
        (["runs", "show", "--workspace", "empty"], "there are no runs in empty"),
        (["runs", "pause", "r0001-ghost", "--workspace", "empty"], "there are no runs in empty"),
        (["funnel", "--workspace", "diary"], "cannot be opened"),
    ],
)
def test_a_mistake_ends_with_one_clear_line_and_no_traceback(tmp_path: Path, words: list[str], said: str) -> None:
    (tmp_path / "bad.toml").write_text("[sample]\ncoutn = 3\n", encoding="utf-8")
    (tmp_path / "tiny.toml").write_text(TINY, encoding="utf-8")
    (tmp_path / "empty").mkdir()
    (tmp_path / "diary").mkdir()
    (tmp_path / "diary" / "workspace.duckdb").write_text("dear diary", encoding="utf-8")
    done = synth(*words, cwd=tmp_path)
    assert done.returncode == 1, done.stdout
    assert done.stderr.startswith("synth: ")
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert (tmp_path / "diary" / "workspace.duckdb").read_text(encoding="utf-8") == "dear diary"


@pytest.mark.parametrize(
    "words",
    [[], ["sing"], ["seeds"], ["export"], ["seeds", "coreset", "--size", "-4"], ["seeds", "list", "--limit", "x"]],
)
def test_wrong_usage_shows_the_usage(tmp_path: Path, words: list[str]) -> None:
    done = synth(*words, cwd=tmp_path)
    assert done.returncode == 2
    assert "usage: synth" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_workspace_in_use_is_said_plainly(tmp_path: Path) -> None:
    owner = Workspace(tmp_path / "w")
    done = synth("funnel", "--workspace", "w", cwd=tmp_path)
    assert synth("runs", "--workspace", "w", cwd=tmp_path).returncode == 0, "looking at runs needs no database"
    owner.close()
    assert done.returncode == 1
    assert "is open in another Espalier" in done.stderr
    assert synth("funnel", "--workspace", "w", cwd=tmp_path).returncode == 0


def test_help_is_there_for_every_command(tmp_path: Path) -> None:
    for words in ([], ["run"], ["seeds"], ["seeds", "add"], ["runs"], ["funnel"], ["demonstrations"], ["export"]):
        done = synth(*words, "--help", cwd=tmp_path, module=False)
        assert done.returncode == 0
        assert "usage: synth" in done.stdout


@pytest.mark.sandbox
def test_a_run_streams_progress_as_json_and_its_rows_are_exported(tmp_path: Path) -> None:
    (tmp_path / "tiny.toml").write_text(TINY.replace("count = 2", "count = 6"), encoding="utf-8")
    import heapq
    import textwrap

    for module in (heapq, textwrap):
        assert synth("seeds", "add", module.__file__, cwd=tmp_path).returncode == 0
    done = synth("run", "tiny.toml", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert {event["event"] for event in events} == {"progress", "log", "funnel", "estimate", "end"}
    assert {"started", "ended"} <= {event["log"]["event"] for event in events if event["event"] == "log"}
    (funnel,) = [event for event in events if event["event"] == "funnel"]
    assert funnel["stages"]["subtrees drawn"] == 6
    assert funnel["stages"]["proven"] > 0
    assert events[-1]["state"] == "finished"
    assert events[-1]["exit"] == 0

    out = synth("export", "--format", "full", "--out", "rows.jsonl", cwd=tmp_path)
    assert out.returncode == 0, out.stderr
    rows = [json.loads(line) for line in (tmp_path / "rows.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(rows) == funnel["stages"]["proven"]
    assert all(row["proven"] and row["tests"] and row["lineage"] for row in rows)
    assert "offline" in (tmp_path / "rows.card.md").read_text(encoding="utf-8")
    assert synth("export", "--format", "full", "--out", "rows.jsonl", cwd=tmp_path).returncode == 1


@pytest.mark.sandbox
def test_ctrl_c_stops_a_run_and_resume_finishes_it(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "synth", "run", "--workspace", "w"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    journal = tmp_path / "w" / "runs" / "r0001-demo" / "journal-0000.jsonl"
    end = time.monotonic() + 90
    while not (journal.exists() and journal.stat().st_size > 0):
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=90)
    assert process.returncode == 130
    assert "everything finished is kept" in stderr
    assert "Traceback" not in stderr
    workspace = Workspace(tmp_path / "w")
    assert workspace.runs()[0].state == "cancelled"
    assert workspace.counts().extractions > 0
    workspace.close()
