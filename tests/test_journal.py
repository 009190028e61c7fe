"""The journal: what is on disk after a kill is read back, what was cut off is not."""

import json
import math
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.journal import Index, Journal, Lines, journal_files, read_head, read_journal, read_run
from synth.journal.entries import read_body, write_record
from synth.journal.index import _Table
from synth.records import Dropped, Record, Seed
from tests.examples import ALL, DROPPED, SCORE, SEED, SUBTREE, TASK


def test_every_kind_of_record_comes_back_as_it_was(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        for record in ALL:
            journal.append(record)
    assert list(read_run(tmp_path)) == list(ALL)


@pytest.mark.parametrize("cut", [1, 5, 40, 200])
def test_a_line_cut_off_by_a_kill_is_left_alone_until_it_is_whole(tmp_path: Path, cut: int) -> None:
    with Journal(tmp_path) as journal:
        journal.append(SEED)
        journal.append(TASK)
    file = journal_files(tmp_path)[0]
    whole = file.read_bytes()
    file.write_bytes(whole[:-cut])
    torn = read_journal(file)
    assert torn.records == [SEED]
    assert torn.damaged == 0
    file.write_bytes(whole)
    assert read_journal(file, torn.offset).records == [TASK]


def test_every_writer_has_a_file_of_its_own_so_a_torn_line_never_joins_a_new_one(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        journal.append(SEED)
    first = journal_files(tmp_path)[0]
    first.write_bytes(first.read_bytes()[:-3])
    with Journal(tmp_path) as journal:
        journal.append(TASK)
    assert list(read_run(tmp_path)) == [TASK]
    assert len(journal_files(tmp_path)) == 2


def test_lines_that_are_no_record_are_counted_and_passed_over(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        journal.append(SEED)
    file = journal_files(tmp_path)[0]
    bad = b'not json\n{"kind": "ghost", "record": {}}\n{"kind": "seed", "record": {"id": 3}}\n[]\n'
    file.write_bytes(bad + file.read_bytes())
    batch = read_journal(file)
    assert batch.records == [SEED]
    assert batch.damaged == 4
    assert batch.offset == file.stat().st_size


def test_reading_in_small_pieces_gives_the_same_records(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        for record in ALL:
            journal.append(record)
    file = journal_files(tmp_path)[0]
    read: list[Record] = []
    offset = 0
    while offset < file.stat().st_size:
        batch = read_journal(file, offset, most_bytes=64)
        read += batch.records
        offset = batch.offset
    assert read == list(ALL)


def test_hostile_text_survives(tmp_path: Path) -> None:
    record = DROPPED.model_copy(update={"raw": 'a\u2028b\u0000c\n\r😀\ud800 "quoted" \\'})
    with Journal(tmp_path) as journal:
        journal.append(record)
    assert list(read_run(tmp_path)) == [record]


def test_lines_from_before_there_were_keys_are_read_and_found(tmp_path: Path) -> None:
    lines = [json.dumps({"kind": record.kind, "record": record.model_dump(mode="json")}) for record in ALL]
    (tmp_path / "journal-0000.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert list(read_run(tmp_path)) == list(ALL)
    with Index.of_run(tmp_path) as index:
        assert index.record(TASK.id) == TASK
        assert index.record(DROPPED.wanted_id) == (None if DROPPED.retry else DROPPED)
        assert index.record(f"draw {SUBTREE.draw}") == SUBTREE


@given(st.text(max_size=30), st.text(max_size=10), st.integers(0, 999), st.booleans())
def test_the_head_of_a_line_says_what_the_record_would(raw: str, reason: str, take: int, again: bool) -> None:
    record = DROPPED.model_copy(update={"raw": raw, "reason": reason, "wanted_id": f"task-{reason}", "retry": again})
    line = write_record(record, "draw 3", take)
    head = read_head(line)
    assert (head.kind, head.key, head.also, head.take, head.again) == (
        "dropped",
        f"task-{reason}",
        "draw 3",
        take,
        again,
    )
    assert line.count(b"\n") == 1
    assert read_body(line, head) == record


def test_endless_numbers_come_back(tmp_path: Path) -> None:
    records = [SCORE.model_copy(update={"id": f"score-{value}", "value": value}) for value in (math.inf, -math.inf)]
    with Journal(tmp_path) as journal:
        for record in records:
            journal.append(record)
    assert list(read_run(tmp_path)) == records


def test_records_and_marks_are_found_where_they_lie_and_marks_are_no_records(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal, Index() as index:
        for record in ALL:
            name = record.wanted_id if isinstance(record, Dropped) else record.id
            index.add(name, f"also {name}", journal.append(record, f"also {name}"))
        index.add("ended 3", "", journal.mark("ended 3", {"task": TASK.id}))
        assert (index.record(TASK.id), index.record(f"also {TASK.id}")) == (TASK, TASK)
        assert index.mark("ended 3") == {"task": TASK.id}
        assert index.record("ended 3") is None
        assert index.record("task-that-is-not-there") is None
    assert list(read_run(tmp_path)) == list(ALL)
    assert read_journal(journal_files(tmp_path)[0]).damaged == 0
    with Index.of_run(tmp_path) as again:
        assert again.mark("ended 3") == {"task": TASK.id}
        assert again.record(f"also {TASK.id}") == TASK
        assert "ended 4" not in again


def test_what_a_person_had_tried_anew_counts_only_as_the_last_try_left_it(tmp_path: Path) -> None:
    lost = DROPPED.model_copy(update={"retry": False})
    with Journal(tmp_path) as journal:
        journal.append(lost, "draw 1")
        journal.mark("ended 1 lost", {"drops": {lost.wanted_id: 0}})
    for takes, held in (({}, True), ({lost.wanted_id: 1}, False), ({"another": 1}, True)):
        with Index.of_run(tmp_path, takes) as index:
            assert (lost.wanted_id in index, "draw 1 lost" in index, "ended 1 lost" in index) == (held, held, held)
    with Journal(tmp_path) as journal:
        journal.append(lost.model_copy(update={"reason": "lost again"}), "draw 1", 1)
    with Index.of_run(tmp_path, {lost.wanted_id: 1}) as index:
        found = index.record(lost.wanted_id)
        assert isinstance(found, Dropped)
        assert found.reason == "lost again"


def test_an_index_of_many_says_of_each_where_it_is(tmp_path: Path) -> None:
    table = _Table()
    expected: dict[int, int] = {}
    chance = random.Random(4)
    for _ in range(120_000):
        key, value = chance.getrandbits(17) * 2**40, chance.getrandbits(60)
        table.put(key, value)
        expected[key] = value
    assert len(table) == len(expected)
    assert all(table.get(key) == value for key, value in expected.items())
    assert table.get(3) is None


def test_records_of_a_file_are_read_when_they_are_asked_for(tmp_path: Path) -> None:
    seeds = [SEED.model_copy(update={"id": f"seed-{number}", "code": f"x = {number}\n\u2028"}) for number in range(40)]
    path = tmp_path / "seeds.jsonl"
    path.write_text("".join(seed.model_dump_json() + "\n" for seed in seeds), encoding="utf-8")
    with Lines(path, Seed) as lines:
        assert list(lines) == seeds
        assert (lines[-1], lines[3:5]) == (seeds[-1], seeds[3:5])
        picked = lines.pick([7, 2]).pick([1, 0])
        assert (list(picked), list(picked.numbers)) == ([seeds[2], seeds[7]], [2, 7])
        assert random.Random(1).sample(lines, 5) == random.Random(1).sample(seeds, 5)
