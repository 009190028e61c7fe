"""The structured log of a run: whole lines, no keys, and never in the way."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.runlog import LogTail, RunLog, last_lines, log_files

SECRET = "a-key-that-nobody-may-see-4711"


def test_events_are_lines_that_other_programs_can_read(tmp_path: Path) -> None:
    log = RunLog(tmp_path)
    log.write("began", version="1", steps=["extract", "grow"])
    log.write("call", "warning", attempts=3, cost=None)
    log.close()
    (path,) = log_files(tmp_path)
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [(line["event"], line["level"]) for line in lines] == [("began", "info"), ("call", "warning")]
    assert lines[1]["cost"] is None


@pytest.mark.parametrize(
    "text",
    [
        f"refused: {SECRET}",
        "Incorrect API key provided: sk-proj-abcDEF1234567890abcdef.",
        "Authorization: Bearer abcdef1234567890abcdef",
        "token hf_abcdefghijklmnopqrst",
    ],
)
def test_keys_are_blotted_out_by_value_and_by_look(tmp_path: Path, text: str) -> None:
    log = RunLog(tmp_path, [SECRET])
    log.write("call", note=text, more={"inside": [text]})
    log.close()
    said = log_files(tmp_path)[0].read_text(encoding="utf-8")
    assert "[key]" in said
    for part in (SECRET, "abcDEF1234567890", "abcdef1234567890", "abcdefghijklmnopqrst"):
        assert part not in said


def test_every_writer_has_a_file_of_its_own(tmp_path: Path) -> None:
    for number in range(3):
        log = RunLog(tmp_path)
        log.write("began", number=number)
        log.close()
    assert len(log_files(tmp_path)) == 3
    assert [line["number"] for line in last_lines(tmp_path, 2)] == [1, 2]


def test_a_log_that_cannot_be_written_costs_the_log_only(tmp_path: Path) -> None:
    log = RunLog(tmp_path / "there-is-no-such-folder")
    log.write("began")
    log.close()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no full device on this system")
def test_a_full_disk_ends_the_log_and_nothing_else(tmp_path: Path) -> None:
    log = RunLog(tmp_path)
    log.close()
    log._file = open("/dev/full", "wb", buffering=0)  # noqa: SIM115
    log.write("began")
    log.write("goes on")
    log.close()


@given(st.lists(st.text(max_size=30), max_size=20), st.integers(0, 400))
def test_a_tail_gives_every_whole_line_once(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], cut: int
) -> None:
    folder = tmp_path_factory.mktemp("log")
    log = RunLog(folder)
    for text in texts:
        log.write("said", text=text)
    log.close()
    path = log_files(folder)[0] if log_files(folder) else folder / "log-0000.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole[:cut])
    tail = LogTail(folder)
    found = tail.new()
    path.write_bytes(whole)
    found += tail.new()
    assert tail.new() == []
    assert len(found) == len(texts)
