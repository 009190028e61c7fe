"""The journal: what is on disk after a kill is read back, what was cut off is not."""

from pathlib import Path

import pytest

from synth.journal import Journal, journal_files, read_journal, read_run
from synth.records import Record
from tests.examples import ALL, DROPPED, SEED, TASK


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
