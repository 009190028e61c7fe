"""OUT and its journal: cut anywhere, taken up again, OUT is the same, and nothing that was kept is done twice."""

import json
import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.errors import BadInput
from synth.sandbox_cli.ledger import Ledger, journal_of
from synth.sandbox_cli.lines import BadLine, Line, parse, read_lines
from tests.sandbox_cli import dataset, entry

OPTIONS = {"timeout": 10.0, "shard": "1/1"}


def mixed(number: int) -> object:
    """Entries with bad and blank lines among them."""
    return "" if number % 7 == 3 else "{" if number % 7 == 5 else entry(f"n{number}")


def work(folder: Path, chance: random.Random, most: int, *, resume: bool) -> list[int]:
    """Do up to `most` lines, a few at a time and in any order. Gives their numbers."""
    done: list[int] = []
    with (folder / "in").open("rb") as file:
        ledger = Ledger(folder / "out", OPTIONS, overwrite=False, resume=resume, file=file)
        with ledger:
            busy: list[tuple[Line, str | int]] = []
            for line in read_lines(file, ledger.place.line, ledger.place.mark):
                ledger.take(line)
                try:
                    item = parse(line)
                except BadLine:
                    ledger.skip(line, bad=True)
                    continue
                if line.number in ledger.kept:
                    ledger.reuse(line)
                elif item is None:
                    ledger.skip(line, bad=False)
                else:
                    busy.append((line, item.id))
                while len(busy) > 5:
                    settle(ledger, busy.pop(chance.randrange(len(busy))), done)
                    if len(done) == most:
                        return done
            while busy:
                settle(ledger, busy.pop(chance.randrange(len(busy))), done)
                if len(done) == most:
                    return done
            ledger.finish()
    return done


def settle(ledger: Ledger, one: tuple[Line, str | int], done: list[int]) -> None:
    line, id = one
    ledger.keep(line, "passed", json.dumps({"id": id, "outcome": "passed"}))
    done.append(line.number)


def cut(path: Path, size: int) -> None:
    """Lose the last bytes, as a kill in the middle of writing does."""
    data = path.read_bytes()
    path.write_bytes(data[: max(0, len(data) - size)])


WHOLE = [f'{{"id": "n{number}", "outcome": "passed"}}' for number in range(40) if isinstance(mixed(number), dict)]


@given(st.integers(0, 2**32), st.lists(st.integers(1, 12), max_size=6), st.booleans(), st.booleans())
@settings(max_examples=120, deadline=None)
def test_stopped_anywhere_and_taken_up_out_is_in_order_and_nothing_is_done_twice(
    seed: int, stops: list[int], torn: bool, deleted: bool
) -> None:
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        dataset(folder / "in", map(mixed, range(40)))
        done: list[int] = []
        for number, stop in enumerate(stops):
            done += work(folder, chance, stop, resume=number > 0)
            if torn and journal_of(folder / "out").exists():
                with journal_of(folder / "out").open("ab") as file:
                    file.write(b'{"line": 3, "dig')
                with (folder / "out").open("ab") as file:
                    file.write(b'{"id": "n')
            if deleted and number == 1:
                journal_of(folder / "out").unlink(missing_ok=True)
        done += work(folder, chance, -1, resume=bool(stops))
        assert (folder / "out").read_text().splitlines() == WHOLE
        assert not journal_of(folder / "out").exists()
        if not deleted:
            assert len(done) == len(set(done)) == len(WHOLE)


@given(st.integers(0, 2**32), st.integers(1, 20), st.integers(0, 400))
@settings(max_examples=100, deadline=None)
def test_a_journal_that_lost_its_end_costs_only_the_results_that_it_lost(seed: int, stop: int, lost: int) -> None:
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        dataset(folder / "in", map(mixed, range(40)))
        first = work(folder, chance, stop, resume=False)
        journal = journal_of(folder / "out")
        head = len(journal.read_bytes().split(b"\n")[0]) + 1
        cut(journal, min(lost, journal.stat().st_size - head))
        kept = journal.read_bytes().count(b"\n") - 1
        again = work(folder, chance, -1, resume=True)
        assert (folder / "out").read_text().splitlines() == WHOLE
        assert len(first) + len(again) == len(WHOLE) + (len(first) - kept)


@pytest.fixture
def stopped(tmp_path: Path) -> Path:
    """A folder with a run that ended after ten results."""
    dataset(tmp_path / "in", map(mixed, range(40)))
    work(tmp_path, random.Random(1), 10, resume=False)
    return tmp_path


def test_a_line_that_changed_after_it_was_done_is_named_and_nothing_is_touched(stopped: Path) -> None:
    before = (stopped / "out").read_bytes(), journal_of(stopped / "out").read_bytes()
    dataset(stopped / "in", [entry("other"), *map(mixed, range(1, 40))])
    with pytest.raises(BadInput, match="line 1 has changed since it was run"):
        work(stopped, random.Random(1), -1, resume=True)
    dataset(stopped / "in", map(mixed, range(4)))
    with pytest.raises(BadInput, match="fewer lines than were run"):
        work(stopped, random.Random(1), -1, resume=True)
    assert before == ((stopped / "out").read_bytes(), journal_of(stopped / "out").read_bytes())


def test_lines_that_were_not_run_yet_may_change_and_more_may_come(stopped: Path) -> None:
    dataset(stopped / "in", [*map(mixed, range(30)), entry("new"), entry("newer")])
    work(stopped, random.Random(1), -1, resume=True)
    ids = [json.loads(line)["id"] for line in (stopped / "out").read_text().splitlines()]
    assert ids[-2:] == ["new", "newer"]


def test_a_faulty_result_is_tried_again(tmp_path: Path) -> None:
    dataset(tmp_path / "in", map(mixed, range(3)))
    with (tmp_path / "in").open("rb") as file:
        ledger = Ledger(tmp_path / "out", OPTIONS, overwrite=False, resume=False, file=file)
        with ledger:
            line = next(read_lines(file))
            ledger.take(line)
            ledger.keep(line, "infra_error", '{"id": "n0", "outcome": "infra_error"}')
    assert sorted(work(tmp_path, random.Random(1), -1, resume=True)) == [1, 2, 3]
    assert (tmp_path / "out").read_text().count("passed") == 3


def test_two_processes_cannot_write_the_same_out(stopped: Path) -> None:
    with (
        (stopped / "in").open("rb") as file,
        Ledger(stopped / "out", OPTIONS, overwrite=False, resume=True, file=file),
        pytest.raises(BadInput, match="being written by another"),
    ):
        work(stopped, random.Random(1), -1, resume=True)


def test_a_long_journal_is_begun_anew_and_may_be_cut_there_too(tmp_path: Path) -> None:
    dataset(tmp_path / "in", (entry(number) for number in range(300)))
    text = "x" * 1_000_000
    with (
        (tmp_path / "in").open("rb") as file,
        Ledger(tmp_path / "out", OPTIONS, overwrite=False, resume=False, file=file) as ledger,
    ):
        for line in read_lines(file):
            ledger.take(line)
            ledger.keep(line, "passed", json.dumps({"id": line.number - 1, "outcome": "passed", "stdout": text}))
            if line.number == 150:
                break
        assert journal_of(tmp_path / "out").stat().st_size < 100_000_000
    again = work(tmp_path, random.Random(1), -1, resume=True)
    assert sorted(again) == list(range(151, 301))
    with (tmp_path / "out").open() as lines:
        assert [json.loads(line)["id"] for line in lines] == list(range(300))
