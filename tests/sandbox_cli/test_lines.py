"""Reading datasets: good lines exactly as they are, and a clear word about every other, whatever its bytes."""

import io
import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.sandbox_cli.lines import LONGEST_LINE, BadLine, Item, Line, parse, read_lines

GOOD = '{"id": 7, "files": {"a.py": "A", "t.py": "T"}, "tests": ["t.py"], "packages": ["numpy"], "more": [NaN]}'


def read(data: bytes) -> list[Line]:
    return list(read_lines(io.BytesIO(data)))


def only(text: str | bytes) -> Item | None:
    (line,) = read(text if isinstance(text, bytes) else text.encode())
    return parse(line)


def refused(text: str | bytes) -> tuple[str, str]:
    """The field and what is said of it."""
    with pytest.raises(BadLine) as caught:
        only(text)
    assert str(caught.value).isprintable()
    return caught.value.field, str(caught.value)


def test_a_good_line_gives_the_solution_the_tests_and_the_packages_and_leaves_other_fields_alone() -> None:
    item = only(GOOD)
    assert item is not None
    assert item.id == 7
    assert [(file.path, file.text) for file in item.files] == [("a.py", "A")]
    assert [(file.path, file.text) for file in item.tests] == [("t.py", "T")]
    assert item.packages == ("numpy",)


@pytest.mark.parametrize("id", ["", "x", "é\n\u2028", 0, -5, 10**400, "\ud800"])
def test_an_id_stays_the_string_or_number_that_it_is(id: str | int) -> None:
    item = only(json.dumps({"id": id, "files": {}, "tests": []}))
    assert item is not None
    assert item.id == id
    assert type(item.id) is type(id)


@pytest.mark.parametrize(
    ("text", "field", "said"),
    [
        ("{", "", "is not JSON"),
        ("[1]", "", "is a list, not an object"),
        ("null", "", "is null, not an object"),
        (b'{"id": "\xff"}', "", "is not UTF-8 at byte 9"),
        (GOOD.encode("utf-16"), "", "is not UTF-8"),
        (b"\0\0\0", "", "is not JSON"),
        (f'{{"id": {"9" * 5000}, "files": {{}}, "tests": []}}', "", "too many digits"),
        ('{"a":' * 100_000, "", "is nested too deeply"),
        ("[" * 100_000, "", "is nested too deeply"),
        ('{"files": {}, "tests": []}', "id", "is missing"),
        ('{"id": 1, "tests": []}', "files", "is missing"),
        ('{"id": 1, "files": {}}', "tests", "is missing"),
        ('{"id": 1.5, "files": {}, "tests": []}', "id", "is a number; make it a string or a whole number"),
        ('{"id": true, "files": {}, "tests": []}', "id", "is a truth value"),
        ('{"id": NaN, "files": {}, "tests": []}', "id", "is a number"),
        ('{"id": null, "files": {}, "tests": []}', "id", "is null"),
        ('{"id": 1, "id": 2, "files": {}, "tests": []}', "id", "is given twice"),
        ('{"id": 1, "files": [], "tests": []}', "files", "is a list"),
        ('{"id": 1, "files": {"a": 1}, "tests": []}', "files", "gives a number for 'a'"),
        ('{"id": 1, "files": {"a\\u001b": "", "a\\u001b": ""}, "tests": []}', "files", "'a\\x1b' twice"),
        ('{"id": 1, "files": {}, "tests": "a"}', "tests", "is a string; make it a list"),
        ('{"id": 1, "files": {}, "tests": [1]}', "tests", "holds a number"),
        ('{"id": 1, "files": {"a": ""}, "tests": ["b"]}', "tests", "names 'b', which is not in `files`"),
        ('{"id": 1, "files": {"a": ""}, "tests": ["a", "a"]}', "tests", "names a file twice"),
        ('{"id": 1, "files": {}, "tests": [], "packages": "numpy"}', "packages", "is a string"),
        ('{"id": 1, "files": {}, "tests": [], "packages": [null]}', "packages", "holds null"),
    ],
)
def test_a_bad_line_says_its_field_what_is_wrong_and_the_mend(text: str | bytes, field: str, said: str) -> None:
    where, told = refused(text)
    assert where == field
    assert said in told
    assert ";" in told


def test_a_line_too_long_is_refused_without_being_held_and_the_next_one_is_read() -> None:
    data = b"x" * (LONGEST_LINE + 3_000_000) + b"\n" + GOOD.encode()
    first, second = read(data)
    assert len(first.text) <= LONGEST_LINE + 1
    with pytest.raises(BadLine, match="is longer than 64 MiB"):
        parse(first)
    assert parse(second) is not None


def test_two_long_lines_that_differ_only_behind_the_cut_are_told_apart() -> None:
    one, other = (read(b"x" * (LONGEST_LINE + 2_000_000) + end)[0] for end in (b"a", b"b"))
    assert one.digest != other.digest


def test_a_byte_order_mark_windows_line_ends_and_a_missing_last_end_do_no_harm() -> None:
    plain = read(f"{GOOD}\n\n{GOOD}\n".encode())
    odd = read(f"\ufeff{GOOD}\r\n\r\n{GOOD}".encode())
    assert [line.number for line in odd] == [1, 2, 3]
    assert [parse(line) for line in odd] == [parse(line) for line in plain]
    assert parse(odd[1]) is None


@given(st.binary(max_size=200) | st.text(st.sampled_from('{}[]":,\\u0d8f1e9 \n\r'), max_size=60).map(str.encode))
@settings(max_examples=500, deadline=None)
def test_any_bytes_are_a_job_an_empty_line_or_a_bad_line(data: bytes) -> None:
    for line in read(data):
        with suppress(BadLine):
            parse(line)


@given(st.lists(st.binary(max_size=5).filter(lambda text: b"\n" not in text), max_size=8), st.integers(0, 8))
@settings(max_examples=200, deadline=None)
def test_reading_on_from_any_line_gives_the_same_lines(texts: list[bytes], stop: int) -> None:
    data = b"".join(text + b"\n" for text in texts)
    whole = read(data)
    assert len(whole) == len(texts)
    file = io.BytesIO(data)
    lines = read_lines(file)
    first = [line for line, _ in zip(lines, range(stop), strict=False)] if stop <= len(texts) else list(lines)
    number, mark = (first[-1].number, first[-1].mark) if first else (0, "")
    file.seek(sum(len(text) + 1 for text in texts[:number]))
    assert first + list(read_lines(file, number, mark)) == whole
