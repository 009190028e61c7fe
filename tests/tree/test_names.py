"""One spelling for a name, and which siblings say the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.records import CATEGORIES
from synth.tree.names import clean, near_duplicate, near_key, normalise, opposed


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("  Binary   Search\n", "binary search"),
        ("`read_csv`", "read_csv"),
        ("- list item", "list item"),
        ("parse JSON.", "parse json"),
        ("C++", "c++"),
        ("ﬁle\u200b name", "file name"),
        ("half\ud800way", "halfway"),
        ("os.path", "os.path"),
        (".net", ".net"),
        ("O(n log n)", "o(n log n)"),
        ("it's", "it's"),
    ],
)
def test_a_name_is_brought_to_one_spelling(raw: str, expected: str) -> None:
    assert normalise(raw) == expected


@pytest.mark.parametrize(
    "raw", ["", "  ", "None", "N/A", "n.a.", "null", "`none`", "...", "-", "Not specified", "OTHER"]
)
def test_a_name_that_says_nothing_is_none(raw: str) -> None:
    assert normalise(raw) is None


@given(st.text())
def test_normalising_twice_changes_nothing(raw: str) -> None:
    once = normalise(raw)
    assert once is None or normalise(once) == once


@given(st.text())
def test_a_normal_name_is_its_own_near_duplicate_in_any_case(raw: str) -> None:
    name = normalise(raw)
    if name is not None:
        assert near_duplicate(name, [name]) == name
        clean(name).encode()


@pytest.mark.parametrize(
    ("name", "sibling"),
    [
        ("userInput", "user input"),
        ("UserInput", "user_input"),
        ("user-inputs", "User Input"),
        ("notify admin", "notify administrators"),
        ("parsing files", "parse file"),
        ("cache", "caching"),
        ("processes", "process"),
        ("sha 256", "SHA-256"),
        ("read/write", "read write"),
        ("DB query", "database queries"),
        ("matrices", "matrix"),
    ],
)
def test_other_spellings_of_a_sibling_are_near_duplicates(name: str, sibling: str) -> None:
    assert near_duplicate(name, ["something else", sibling, "user"]) == sibling
    assert near_duplicate(sibling, [name]) == name


@pytest.mark.parametrize(
    ("name", "sibling"),
    [
        ("torch", "torchvision"),
        ("dict", "dictionary"),
        ("c", "c++"),
        ("c", "c#"),
        ("http", "https"),
        ("string", "str"),
        ("layer 1 2", "layer 12"),
        ("csv to json", "json to csv"),
        ("bitwise &", "bitwise |"),
        ("python 3.1", "python 31"),
    ],
)
def test_names_that_are_only_close_are_names_of_their_own(name: str, sibling: str) -> None:
    assert near_duplicate(name, [sibling]) is None


def test_the_categories_are_normal_and_no_two_are_near_duplicates() -> None:
    assert [normalise(category) for category in CATEGORIES] == list(CATEGORIES)
    assert len({near_key(category) for category in CATEGORIES}) == len(CATEGORIES)


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        ("integer to string", "string to integer", True),
        ("split with delimiter", "split without delimiter", True),
        ("top-down", "bottom-up", True),
        ("level 1", "level 2", True),
        ("readFile", "write file", True),
        ("remove item", "delete item", False),
        ("parse json", "parse json", False),
    ],
)
def test_names_that_say_the_opposite_are_told_apart(one: str, other: str, apart: bool) -> None:
    assert opposed(one, other) == opposed(other, one) == apart
