"""`synth verify` on real datasets: every line's verdict in order, bad lines named, killed and taken up again."""

import json
import os
import random
import resource
import signal
import time
from pathlib import Path

import pytest

from tests.sandbox_cli import RIGHT, TEST, WRONG, dataset, entry, results, start, synth

pytestmark = pytest.mark.sandbox

KEYS = ["id", "outcome", "grade", "tests", "failures", "seconds", "peak_mb", "sandbox", "stdout", "stderr", "why"]
SLOW = "import time\ntime.sleep(60)\n"


def test_each_line_gets_its_verdict_in_the_order_of_the_input(tmp_path: Path) -> None:
    entries = [
        entry("right"),
        entry(2, WRONG),
        entry("broken", "def f(:\n"),
        entry("slow", "import time\n\ndef f(n):\n    time.sleep(30)\n"),
        {"id": "no tests", "files": {"solution.py": RIGHT}, "tests": []},
        entry("wants", packages=["no_such_package_of_anybody"]),
        entry("script", test="from solution import f\nassert f(3) == 6\n"),
        entry(
            "unittest",
            test="import unittest\nfrom solution import f\n\nclass T(unittest.TestCase):\n    def test_f(self):\n"
            "        self.assertEqual(f(3), 6)\n",
        ),
        entry(""),
    ]
    file, out = dataset(tmp_path / "in.jsonl", entries), tmp_path / "out.jsonl"
    said = synth("verify", file, "--out", out, "--timeout", 3)
    rows = results(out)
    assert [row["id"] for row in rows] == ["right", 2, "broken", "slow", "no tests", "wants", "script", "unittest", ""]
    outcomes = ["passed", "failed", "error", "timeout", "not_collected", "not_collected", "passed", "passed", "passed"]
    assert [row["outcome"] for row in rows] == outcomes
    assert all(list(row) == KEYS for row in rows)
    assert rows[0]["tests"] == {"collected": 1, "passed": 1, "failed": 0, "skipped": 0}
    assert rows[0]["sandbox"]["level"] == "strong"
    assert rows[0]["grade"] in ("A-split", "B-canary", "C-counted")
    assert [set(failure) for failure in rows[1]["failures"]] == [{"test", "message"}]
    assert "no_such_package_of_anybody" in rows[5]["stderr"]
    assert "9 results" in said.out
    assert sorted(os.listdir(tmp_path)) == ["in.jsonl", "out.jsonl"]


def test_bad_lines_are_named_counted_and_skipped_and_the_rest_is_run(tmp_path: Path) -> None:
    lines = [entry(1), "{", '{"id": 2}', "", entry(3, tests=["other.py"]), "[]", '{"a":' * 50_000, entry(4)]
    file, out = dataset(tmp_path / "in.jsonl", lines), tmp_path / "out.jsonl"
    said = synth("verify", file, "--out", out, "--json")
    assert [row["id"] for row in results(out)] == [1, 4]
    for number, field in (
        (2, "the line"),
        (3, "field `files`"),
        (5, "field `tests`"),
        (6, "the line"),
        (7, "the line"),
    ):
        assert f"{file}:{number}: {field} " in said.err
    events = said.rows()
    assert [event["line"] for event in events if event["event"] == "bad_line"] == [2, 3, 5, 6, 7]
    summary = events[-1]
    assert summary["event"] == "summary"
    assert (summary["end"], summary["results"], summary["bad"], summary["done"]) == ("finished", 2, 5, 8)
    assert summary["outcomes"] == {"passed": 2}


def test_an_empty_input_gives_an_empty_output(tmp_path: Path) -> None:
    file, out = dataset(tmp_path / "in.jsonl", []), tmp_path / "out.jsonl"
    assert "0 results" in synth("verify", file, "--out", out).out
    assert out.read_bytes() == b""


def test_proofs_and_flakiness_are_told_only_where_they_were_asked_for(tmp_path: Path) -> None:
    weak = "from solution import f\n\ndef test_f():\n    f(3)\n"
    file = dataset(tmp_path / "in.jsonl", [entry(1), entry(2, test=weak), entry(3, WRONG)])
    synth("verify", file, "--out", tmp_path / "a", "--prove", "--mutants", 3, "--recheck")
    first, second, third = results(tmp_path / "a")
    assert list(first) == [*KEYS, "proof", "flaky"]
    assert set(first["proof"]) == {"stub", "mutants", "killed", "score", "idle"}
    assert first["proof"]["stub"] != "passed"
    assert first["flaky"] is False
    assert second["proof"]["stub"] == "passed"
    assert (third["proof"], third["flaky"]) == (None, None)
    synth("verify", file, "--out", tmp_path / "b", "--strict")
    assert [row["outcome"] for row in results(tmp_path / "b")] == ["passed", "not_collected", "failed"]


def test_shards_together_are_the_whole(tmp_path: Path) -> None:
    file = dataset(tmp_path / "in.jsonl", [entry(number) for number in range(7)])
    for part in (1, 2, 3):
        said = synth("verify", file, "--out", tmp_path / f"{part}", "--shard", f"{part}/3", "--json")
        assert said.rows()[-1]["done"] == len(range(part - 1, 7, 3))
        assert [row["id"] for row in results(tmp_path / f"{part}")] == list(range(part - 1, 7, 3))


def test_a_finished_output_is_neither_written_over_nor_run_again_unless_asked(tmp_path: Path) -> None:
    file, out = dataset(tmp_path / "in.jsonl", [entry(1), "{", entry(2)]), tmp_path / "out.jsonl"
    synth("verify", file, "--out", out)
    before = out.read_bytes()
    assert "--resume" in synth("verify", file, "--out", out, code=1).err
    summary = synth("verify", file, "--out", out, "--resume", "--json").rows()[-1]
    assert (summary["run"], summary["reused"]) == (0, 2)
    assert out.read_bytes() == before
    dataset(file, [entry(1), "{", entry(2), entry(3)])
    summary = synth("verify", file, "--out", out, "--resume", "--json").rows()[-1]
    assert (summary["run"], summary["reused"], summary["outcomes"]) == (1, 2, {"passed": 3})
    assert out.read_bytes().startswith(before)
    synth("verify", file, "--out", out, "--overwrite")
    assert [row["id"] for row in results(out)] == [1, 2, 3]


def test_an_output_of_another_file_is_not_gone_on_with(tmp_path: Path) -> None:
    file, out = dataset(tmp_path / "in.jsonl", [entry(1), entry(2)]), tmp_path / "out.jsonl"
    dataset(out, [{"id": 1, "outcome": "passed"}, {"id": "other", "outcome": "passed"}])
    before = out.read_bytes()
    assert "'other' as result 2" in synth("verify", file, "--out", out, "--resume", code=1).err
    assert out.read_bytes() == before


def test_an_output_cut_in_the_middle_of_a_line_is_completed(tmp_path: Path) -> None:
    file, out = dataset(tmp_path / "in.jsonl", [entry(number) for number in range(4)]), tmp_path / "out.jsonl"
    synth("verify", file, "--out", out)
    lines = out.read_bytes().splitlines(keepends=True)
    out.write_bytes(b"".join(lines[:2]) + lines[2][:30])
    assert synth("verify", file, "--out", out, "--resume", "--json").rows()[-1]["run"] == 2
    assert [row["id"] for row in results(out)] == [0, 1, 2, 3]
    assert out.read_bytes().splitlines(keepends=True)[:2] == lines[:2]


def refused(*words: object) -> str:
    said = synth("verify", *words, code=1)
    assert said.out == ""
    assert said.err.startswith("synth: ")
    assert "Traceback" not in said.err
    return said.err


def test_files_that_cannot_be_used_are_named_and_nothing_is_lost(tmp_path: Path) -> None:
    file = dataset(tmp_path / "in.jsonl", [entry(1)])
    before = file.read_bytes()
    (tmp_path / "link.jsonl").symlink_to(file)
    (tmp_path / "folder").mkdir()
    os.link(file, tmp_path / "x.journal")
    assert "No such file" in refused(tmp_path / "none.jsonl", "--out", tmp_path / "out")
    assert "no file that can be read twice" in refused(tmp_path, "--out", tmp_path / "out")
    assert "does not exist; make it" in refused(file, "--out", tmp_path / "no" / "out")
    assert "is a folder" in refused(file, "--out", tmp_path / "folder", "--overwrite")
    assert "no file that can be resumed" in refused(file, "--out", "/dev/null", "--overwrite")
    for out in (file, tmp_path / "link.jsonl", tmp_path / "x"):
        assert "written over" in refused(file, "--out", out, "--overwrite")
        assert "written over" in refused(file, "--out", out, "--resume")
    assert file.read_bytes() == before
    assert not (tmp_path / "out").exists()


def test_where_nothing_can_be_written_it_is_said_and_what_was_kept_is_gone_on_with(tmp_path: Path) -> None:
    file, out = dataset(tmp_path / "in.jsonl", [entry(number) for number in range(30)]), tmp_path / "out.jsonl"
    with start("verify", file, "--out", out, "--workers", 1) as process:
        wait_for(out, 2)
        size = out.with_name("out.jsonl.journal").stat().st_size
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (size + 300, size + 300))
        _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "cannot be written" in err
    assert "Traceback" not in err
    kept = len(journal(out))
    summary = synth("verify", file, "--out", out, "--resume", "--json").rows()[-1]
    assert (summary["reused"], summary["run"]) == (kept, 30 - kept)
    assert [row["id"] for row in results(out)] == list(range(30))


@pytest.mark.parametrize(
    "words", [("--workers", "0"), ("--timeout", "nan"), ("--timeout", "-1"), ("--shard", "3/2"), ("--mutants", "x")]
)
def test_senseless_options_are_refused(tmp_path: Path, words: tuple[str, str]) -> None:
    file = dataset(tmp_path / "in.jsonl", [])
    assert "Traceback" not in synth("verify", file, "--out", tmp_path / "out", *words, code=2).err
    assert not (tmp_path / "out").exists()


def journal(out: Path) -> dict[int, dict[str, object]]:
    """The whole results in a journal, by line."""
    lines = out.with_name(out.name + ".journal").read_bytes().split(b"\n")[1:-1]
    return {record["line"]: record["result"] for record in map(json.loads, lines)}


def wait_for(out: Path, count: int) -> None:
    """Wait until a running command has kept `count` results."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            if len(journal(out)) >= count:
                return
        except FileNotFoundError:
            pass
        time.sleep(0.005)
    pytest.fail("the results did not come")


def test_killed_again_and_again_every_result_is_kept_and_none_is_made_twice(tmp_path: Path) -> None:
    chance = random.Random()
    entries: list[object] = [entry(number, chance.choice((RIGHT, WRONG))) for number in range(60)]
    entries[7], entries[20] = "{", ""
    entries[11] = entry(11, "import time\n\ndef f(n):\n    time.sleep(30)\n")
    file, out = dataset(tmp_path / "in.jsonl", entries), tmp_path / "out.jsonl"
    words = ("verify", file, "--out", out, "--timeout", 3)
    kept: dict[int, dict[str, object]] = {}
    for number in range(4):
        with start(*words, *(["--resume"] if number else [])) as process:
            wait_for(out, min(50, len(kept) + chance.randrange(1, 10)))
            time.sleep(chance.random() * 0.1)
            process.kill()
            process.communicate()
        now = journal(out)
        assert {line: now[line] for line in kept} == kept
        kept = now
    summary = synth(*words, "--resume", "--json").rows()[-1]
    assert summary["reused"] == len(kept)
    assert summary["run"] == 58 - len(kept)
    rows = results(out)
    assert [row["id"] for row in rows] == [number for number in range(60) if number not in (7, 20)]
    by_id = {row["id"]: row for row in rows}
    assert all(by_id[line - 1] == result for line, result in kept.items())
    assert sorted(os.listdir(tmp_path)) == ["in.jsonl", "out.jsonl"]


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_soon_and_it_says_how_to_go_on(tmp_path: Path, sign: signal.Signals) -> None:
    entries = [entry(number, SLOW + RIGHT if number % 5 == 4 else RIGHT) for number in range(200)]
    file, out = dataset(tmp_path / "in.jsonl", entries), tmp_path / "out.jsonl"
    with start("verify", file, "--out", out, "--timeout", 30, "--workers", 2) as process:
        wait_for(out, 3)
        began = time.monotonic()
        os.kill(process.pid, sign)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert time.monotonic() - began < 10
    assert "--resume goes on" in err
    assert "Traceback" not in err
    kept = journal(out)
    assert all(result["outcome"] == "passed" for result in kept.values())
    dataset(file, entries[: max(kept)])
    options = ("--timeout", 30, "--workers", 2)
    assert "timeout = 30.0, not 10.0" in refused(file, "--out", out, "--resume")
    short = [one if line + 1 in kept else entry(line) for line, one in enumerate(entries[: max(kept)])]
    dataset(file, short)
    synth("verify", file, "--out", out, "--resume", *options)
    assert [row["id"] for row in results(out)] == list(range(max(kept)))


def test_an_output_is_written_by_one_command_at_a_time(tmp_path: Path) -> None:
    file, out = dataset(tmp_path / "in.jsonl", [entry(1), entry(2, SLOW)]), tmp_path / "out.jsonl"
    with start("verify", file, "--out", out) as process:
        wait_for(out, 1)
        assert "being written by another" in refused(file, "--out", out, "--resume")
        assert "being written by another" in refused(file, "--out", out, "--overwrite")
        process.kill()
        process.communicate()


def test_a_slow_entry_does_not_hold_up_the_others(tmp_path: Path) -> None:
    entries = [entry(0, SLOW), *(entry(number, test=TEST) for number in range(1, 40))]
    file, out = dataset(tmp_path / "in.jsonl", entries), tmp_path / "out.jsonl"
    with start("verify", file, "--out", out, "--workers", 2, "--timeout", 40) as process:
        wait_for(out, 39)
        assert out.read_bytes() == b""
        process.kill()
        process.communicate()
