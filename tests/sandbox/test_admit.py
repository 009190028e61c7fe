"""Bad samples are refused before the start, with a reason."""

from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.records import CodeFile
from synth.sandbox.admit import refuse, runnable
from synth.sandbox.base import Job, Limits
from tests.sandboxed import files

TEST = CodeFile(path="test_it.py", text="def test_a():\n    pass\n")
HERE = frozenset({"json", "os", "pytest", "typing", "unittest"})


def reason(*paths: str, text: str = "") -> str | None:
    """Why a job with files of these names is refused."""
    return refuse(Job(tuple(CodeFile(path=path, text=text) for path in paths), (TEST,)), HERE)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("", "no name"),
        ("/etc/passwd", "not a relative path"),
        ("../a.py", "`..` part"),
        ("a/../../b.py", "`..` part"),
        ("./a.py", "`.`"),
        ("a//b.py", "empty"),
        ("a/", "empty"),
        ("a\0.py", "not a relative path"),
        ("a\\b.py", "not a relative path"),
        ("\ud800.py", "not valid text"),
        ("x" * 300, "too long"),
        ("/".join(["ab"] * 500), "too long"),
    ],
)
def test_a_bad_path_is_refused(path: str, said: str) -> None:
    assert said in (reason(path) or "")


@pytest.mark.parametrize(
    "path", ["a.py", "a/b/c.py", "ünï/cöde.py", ".hidden", "a..b/c.py", "with space.py", "data.json"]
)
def test_a_good_path_is_taken(path: str) -> None:
    assert reason(path) is None


@given(st.text(st.sampled_from("ab./\\\0~ü\ud800"), max_size=12))
def test_every_path_that_is_taken_stays_below_the_folder(path: str) -> None:
    if reason(path) is None:
        pure = PurePosixPath(path)
        assert not pure.is_absolute()
        assert ".." not in pure.parts
        assert str(pure) == path
        assert path.encode()


def test_two_files_may_not_claim_one_place() -> None:
    assert reason("a.py", "b.py", "a.py") == "file name 'a.py' is given twice"
    assert reason("test_it.py") == "file name 'test_it.py' is given twice"
    assert reason("a", "a/b.py") == "'a' is both a file and a folder"


def test_text_that_cannot_be_stored_or_is_too_long_is_refused() -> None:
    assert "not valid text" in (reason("a.py", text="x = '\ud800'") or "")
    big = Job((CodeFile(path="a.py", text="x" * (2 << 20)),), (TEST,), limits=Limits(disk_mb=1))
    assert "more than 1 MiB" in (refuse(big, HERE) or "")


def test_a_job_without_a_test_file_is_refused() -> None:
    assert refuse(Job(files({"a.py": ""}), ()), HERE) == "there is no test file"
    assert refuse(Job((), files({"README.md": "", "tests/__init__.py": ""})), HERE) == "there is no test file"


@pytest.mark.parametrize(
    "package",
    [
        "",
        "None",
        "N/A",
        "json",
        "unittest.mock",
        "typing>=3.7",
        "pytest==8.0",
        "pytest[x]",
        "JSON",
        "solution",
        "python>=3.8",
    ],
)
def test_packages_that_can_be_imported_are_taken(package: str) -> None:
    assert refuse(Job(files({"solution.py": ""}), (TEST,), (package,)), HERE) is None


@pytest.mark.parametrize(
    "package", ["numpy", "PyYAML>=6", "scikit-learn", "requests[socks] ~= 2", "a-b ; python_version > '3'"]
)
def test_packages_that_are_not_there_are_named(package: str) -> None:
    said = refuse(Job((), (TEST,), ("json", package)), HERE)
    assert said == f"package {package!r} is not available in the sandbox"


def test_the_name_of_a_package_is_turned_into_the_name_to_import() -> None:
    for package, name in (("PyYAML", "yaml"), ("scikit-learn>=1", "sklearn"), ("Pillow", "PIL"), ("a-b", "a_b")):
        assert refuse(Job((), (TEST,), (package,)), frozenset({name})) is None


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (["test_a.py", "helper.py", "conftest.py"], ["test_a.py"]),
        (["tests/a_test.py", "tests/support.py"], ["tests/a_test.py"]),
        (["tests/__init__.py", "tests/check.py", "data.json"], ["tests/check.py"]),
        (["tests.py"], ["tests.py"]),
        (["testing.py", "conftest.py"], ["testing.py"]),
        (["data.json"], []),
    ],
)
def test_the_files_to_run_are_those_named_like_tests_or_else_every_module(
    paths: list[str], expected: list[str]
) -> None:
    assert runnable(files(dict.fromkeys(paths, ""))) == expected
