import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.errors import BadInput
from synth.steps.decontaminate import check_overlap, load_benchmarks

PROBLEM = "Return the running maximum of a list of numbers, or an empty list where there is none to be had."
TWELVE = "one two three four five six seven eight nine ten eleven twelve"


def written(folder: Path, *rows: object, name: str = "bench.jsonl") -> Path:
    file = folder / name
    file.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n", encoding="utf-8")
    return file


def test_a_shared_run_of_ten_words_is_found_whatever_the_layout(tmp_path: Path) -> None:
    file = written(tmp_path, {"task_id": "x/0", "prompt": "something else"}, {"task_id": "x/1", "prompt": PROBLEM})
    benchmarks = load_benchmarks([file], 10)
    text = f"# Task\n\n{PROBLEM.upper().replace(' ', chr(10))}"
    choice = check_overlap("task-1", text, benchmarks)
    assert not choice.kept
    assert (choice.stage, choice.subject_id) == ("decontaminate", "task-1")
    assert choice.value == len(PROBLEM.split()) - 9
    assert f"{file}:2" in choice.reason
    assert "return the running maximum of a list of numbers or" in choice.reason


def test_nine_shared_words_are_not_enough_and_ten_are(tmp_path: Path) -> None:
    benchmarks = load_benchmarks([written(tmp_path, TWELVE)], 10)
    nine, ten = " ".join(TWELVE.split()[:9]), " ".join(TWELVE.split()[:10])
    assert check_overlap("s", f"we count {nine} and stop there", benchmarks).kept
    found = check_overlap("s", f"we count {ten} and stop there", benchmarks)
    assert (found.kept, found.value) == (False, 1.0)
    assert found.reason.startswith("overlaps a benchmark: 1 run of 10 words")


def test_a_kept_text_says_what_it_was_compared_with(tmp_path: Path) -> None:
    choice = check_overlap(
        "s", PROBLEM, load_benchmarks([written(tmp_path, {"a": TWELVE, "b": ["c", {"d": "e"}]})], 10)
    )
    assert (choice.kept, choice.value) == (True, 0.0)
    assert choice.reason == "no 10 words in a row are shared with 3 benchmark texts"


@pytest.mark.parametrize("row", [TWELVE, [TWELVE], {"a": {"b": [{"c": TWELVE}]}}, {"a": [1, None, True, [[TWELVE]]]}])
def test_every_nested_string_counts(tmp_path: Path, row: object) -> None:
    assert not check_overlap("s", TWELVE, load_benchmarks([written(tmp_path, row)], 10)).kept


def test_a_text_that_stands_twice_is_named_at_its_first_place(tmp_path: Path) -> None:
    file = written(tmp_path, "other", TWELVE, TWELVE)
    assert f"{file}:2" in check_overlap("s", TWELVE, load_benchmarks([file], 10)).reason


def test_keys_do_not_count(tmp_path: Path) -> None:
    assert check_overlap("s", TWELVE, load_benchmarks([written(tmp_path, {TWELVE: "value"})], 10)).kept


def test_a_short_benchmark_text_never_matches_inside_a_longer_one(tmp_path: Path) -> None:
    benchmarks = load_benchmarks([written(tmp_path, {"entry_point": "add", "note": "sort the list"})], 10)
    assert check_overlap("s", f"add: sort the list {PROBLEM}", benchmarks).kept


def test_a_short_text_overlaps_only_where_the_whole_benchmark_text_is_the_same(tmp_path: Path) -> None:
    benchmarks = load_benchmarks([written(tmp_path, {"text": "Reverse a string in place."}, TWELVE)], 10)
    assert not check_overlap("s", "reverse a STRING, in place", benchmarks).kept
    assert check_overlap("s", "reverse a string", benchmarks).kept
    assert check_overlap("s", "two three four five", benchmarks).kept


def test_underscored_names_are_one_word_and_wide_letters_are_plain_ones(tmp_path: Path) -> None:
    benchmarks = load_benchmarks([written(tmp_path, "has_close_elements numbers threshold")], 3)
    assert check_overlap("s", "has close elements numbers threshold", benchmarks).kept
    assert not check_overlap("s", "def has_close_elements(numbers, threshold)", benchmarks).kept
    assert not check_overlap("s", "has_close_elements ｎｕｍｂｅｒｓ threshold", benchmarks).kept


def test_a_text_without_words_is_kept(tmp_path: Path) -> None:
    assert check_overlap("s", " ... \n", load_benchmarks([written(tmp_path, "...", TWELVE)], 10)).kept


def test_without_benchmark_files_everything_is_kept_and_the_reason_says_so() -> None:
    choice = check_overlap("s", PROBLEM, load_benchmarks([], 10))
    assert (choice.kept, choice.reason) == (True, "no benchmark files were given")


def test_a_long_overlap_is_quoted_in_part(tmp_path: Path) -> None:
    words = [f"w{number}" for number in range(80)]
    choice = check_overlap("s", " ".join(words), load_benchmarks([written(tmp_path, " ".join(words))], 10))
    assert choice.value == 71
    assert 'w23 ..."' in choice.reason


def test_the_id_changes_with_the_text_and_with_the_benchmarks(tmp_path: Path) -> None:
    one = load_benchmarks([written(tmp_path, TWELVE)], 10)
    other = load_benchmarks([written(tmp_path, PROBLEM, name="other.jsonl")], 10)
    first = check_overlap("s", PROBLEM, one)
    assert check_overlap("s", PROBLEM, one).id == first.id
    assert len({first.id, check_overlap("s", TWELVE, one).id, check_overlap("s", PROBLEM, other).id}) == 3


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b'{"a": "b"}\n\n{"a": \n', "line 3: not JSON"),
        (b'[\n  "pretty printed"\n]\n', "line 1: not JSON"),
        (b'"fine"\n"caf\xe9"\n', "line 2: not UTF-8"),
        (b"", "holds no text"),
        (b'{"only": [1, 2]}\n', "holds no text"),
        (b"[" * 200_000 + b"\n", "line 1"),
    ],
)
def test_a_broken_benchmark_file_is_named_with_its_line(tmp_path: Path, content: bytes, says: str) -> None:
    file = tmp_path / "broken.jsonl"
    file.write_bytes(content)
    with pytest.raises(BadInput, match=says) as caught:
        load_benchmarks([file], 10)
    assert str(file) in str(caught.value)


def test_a_missing_benchmark_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"gone\.jsonl: the benchmark file cannot be read"):
        load_benchmarks([tmp_path / "gone.jsonl"], 10)


def test_a_byte_order_mark_and_odd_line_breaks_inside_a_string_are_fine(tmp_path: Path) -> None:
    file = tmp_path / "marked.jsonl"
    file.write_bytes(b"\xef\xbb\xbf" + json.dumps(TWELVE.replace("five", "five\u2028"), ensure_ascii=False).encode())
    assert not check_overlap("s", TWELVE, load_benchmarks([file], 10)).kept


words = st.lists(st.sampled_from("abc"), max_size=12)


@given(words, words, st.integers(2, 4))
def test_overlap_is_exactly_a_shared_window(
    tmp_path_factory: pytest.TempPathFactory, mine: list[str], theirs: list[str], n: int
) -> None:
    file = written(tmp_path_factory.mktemp("bench"), " ".join(theirs))
    found = check_overlap("s", " ".join(mine), load_benchmarks([file], n))
    windows = {tuple(theirs[start : start + n]) for start in range(len(theirs) - n + 1)}
    shared = sum(tuple(mine[start : start + n]) in windows for start in range(len(mine) - n + 1))
    if len(mine) < n:
        shared = int(mine != [] and mine == theirs)
    assert found.value == shared
    assert found.kept == (shared == 0)
