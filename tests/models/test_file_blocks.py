"""Reading files out of a reply: forgiving about decoration, strict about what would be a guess."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.models.file_blocks import BadBlocks, check_folders, clean_path, is_test, read_blocks


def block(path: str, text: str, fence: str = "```", language: str = "python") -> str:
    return f"<file>{path}</file>\n{fence}{language}\n{text}\n{fence}\n"


def test_files_come_in_the_order_of_the_reply_and_the_rest_is_what_is_around() -> None:
    blocks = read_blocks("Sure.\n" + block("b.py", "b = 1") + "and\n" + block("a.py", "a = 1") + "<note>done</note>")
    assert [(file.path, file.text) for file in blocks.files] == [("b.py", "b = 1\n"), ("a.py", "a = 1\n")]
    assert "Sure." in blocks.around
    assert "<note>done</note>" in blocks.around
    assert "b = 1" not in blocks.around


@pytest.mark.parametrize(
    "tag", ["<file>`a.py`</file>", "**<file>a.py</file>**", "### <file> ./a.py </file>", "`<file>'a.py'</file>`:"]
)
def test_decoration_around_a_path_is_taken_off(tag: str) -> None:
    (file,) = read_blocks(f"{tag}\n\n```python\nx = 1\n```").files
    assert file.path == "a.py"


@pytest.mark.parametrize("opening", ["```", "```python", "``` py", "~~~python", "````", "```python title=a.py"])
def test_the_language_of_a_fence_is_optional(opening: str) -> None:
    closing = opening[: 4 if opening.startswith("````") else 3]
    (file,) = read_blocks(f"<file>a.py</file>\n{opening}\nx = 1\n{closing}").files
    assert file.text == "x = 1\n"


def test_a_longer_fence_holds_shorter_ones() -> None:
    code = 'DOC = """\n```\nplain\n```\n```python\nopen\n"""'
    (file,) = read_blocks(block("a.py", code, fence="````")).files
    assert file.text == code + "\n"


def test_a_fence_with_a_language_inside_another_is_nested() -> None:
    code = '"""Use:\n\n```python\nrun()\n```\n"""\nx = 1'
    (file,) = read_blocks(block("a.py", code)).files
    assert file.text == code + "\n"


def test_a_deeply_indented_fence_is_part_of_the_code() -> None:
    code = 'def f():\n    """\n    ```\n    f()\n    ```\n    """'
    (file,) = read_blocks(block("a.py", code)).files
    assert file.text == code + "\n"


def test_a_tag_inside_a_fence_is_code() -> None:
    code = 'TEMPLATE = "<file>x.py</file>"'
    (file,) = read_blocks(block("a.py", code)).files
    assert file.text == code + "\n"


def test_windows_line_ends_and_form_feeds_survive_reading() -> None:
    (file,) = read_blocks(block("a.py", "x = 1\n\x0cy = 2").replace("\n", "\r\n")).files
    assert file.text == "x = 1\n\x0cy = 2\n"


def test_a_package_marker_may_be_empty() -> None:
    (file,) = read_blocks("<file>shop/__init__.py</file>\n```python\n```").files
    assert (file.path, file.text) == ("shop/__init__.py", "")


@pytest.mark.parametrize(
    ("reply", "complaint"),
    [
        (block("a.py", "x = 1") + block("./a.py", "x = 2"), "`a.py` is given twice"),
        (block("a.py", ""), "`a.py` is empty"),
        ("<file>a.py</file>\nx = 1", "no fence after <file>a.py</file>"),
        ("<file>a.py</file>", "no fence after"),
        ("<file>a.py</file>\n```python\nx = 1", "never closed"),
        ("<file></file>\n```\nx\n```", "<file> tag is empty"),
        ("<file>a.py\n```python\nx = 1\n```\n</file>", "one line of its own"),
        ('<file path="a.py">\n```python\nx = 1\n```', "one line of its own"),
        ("a.py</file>\n```python\nx = 1\n```", "one line of its own"),
        (block("shop", "x = 1") + block("shop/a.py", "x = 1"), "as a file and as a folder"),
    ],
)
def test_what_would_be_a_guess_is_refused_with_what_to_mend(reply: str, complaint: str) -> None:
    with pytest.raises(BadBlocks) as caught:
        read_blocks(reply)
    assert complaint in str(caught.value)


@pytest.mark.parametrize(
    ("path", "clean"), [("a.py", "a.py"), ("./src//a.py", "src/a.py"), ("src\\a.py", "src/a.py"), ("a b.py", "a b.py")]
)
def test_relative_paths_are_written_one_way(path: str, clean: str) -> None:
    assert clean_path(path) == clean


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "C:\\a.py",
        "c:a.py",
        "\\\\host\\a.py",
        "~/a.py",
        "./~",
        "../a.py",
        "a/../../b.py",
        "src\\..\\..\\a.py",
        ".",
        "./",
        "src/",
        "a\x00.py",
        "a:b.py",
        "a's.py",
        "a /b.py",
        "x" * 300,
    ],
)
def test_paths_that_leave_the_folder_or_name_no_file_are_refused(path: str) -> None:
    with pytest.raises(BadBlocks):
        clean_path(path)


@given(st.text(alphabet="ab./\\~: `C'\x00", max_size=12))
def test_a_clean_path_stays_inside_and_is_clean_already(path: str) -> None:
    try:
        clean = clean_path(path)
    except BadBlocks:
        return
    assert not clean.startswith("/")
    assert ".." not in clean.split("/")
    assert clean_path(clean) == clean


def test_a_file_and_a_folder_of_one_name_cannot_both_be() -> None:
    check_folders(["shop/a.py", "shop/b.py", "shops.py"])
    with pytest.raises(BadBlocks, match="`shop`"):
        check_folders(["shop/a.py", "shop"])


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("test_a.py", True),
        ("src/test_a.py", True),
        ("a_test.py", True),
        ("tests/data.json", True),
        ("src/tests/base.py", True),
        ("conftest.py", True),
        ("contest_a.py", False),
        ("testing.py", False),
        ("tests.py", False),
        ("latest.py", False),
        ("test_notes.md", False),
    ],
)
def test_what_counts_as_a_test(path: str, expected: bool) -> None:
    assert is_test(path) is expected
