"""Bad samples are refused before the start, with a reason."""

import re
from dataclasses import replace
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.records import CodeFile
from synth.sandbox.admit import refuse, refuse_script, runnable
from synth.sandbox.base import Job, Limits, Script
from synth.sandbox.distributions import Package
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
    ("package", "name"),
    [
        ("numpy", "numpy"),
        ("PyYAML>=6", "PyYAML"),
        ("scikit-learn", "scikit-learn"),
        ("sklearn", "scikit-learn"),
        ("cv2 ", "opencv-python"),
        ("requests[socks] ~= 2", "requests"),
        ("a-b ; python_version > '3'", "a-b"),
        ("torch 2.1", "torch"),
        ("zope.interface", "zope.interface"),
        ("x @ https://example.org/x.whl", "x"),
    ],
)
def test_packages_that_are_not_there_are_named_with_the_command_that_adds_them(package: str, name: str) -> None:
    said = refuse(Job((), (TEST,), ("json", package)), HERE)
    assert said == f"package {package!r} is not in the sandbox; add it with `synth sandbox packages add {name}`"


@pytest.mark.parametrize(
    "package", ["--index-url=x", "$(id)", "`id`", "a;b", "../a", "a\nb", "é", "x" * 201, "-r x", "a|b"]
)
def test_what_is_no_name_of_a_package_never_gets_into_a_command(package: str) -> None:
    said = refuse(Job((), (TEST,), (package,)), HERE) or ""
    assert said.startswith("package ")
    command = re.search("`(.*)`", said.replace(repr(package), ""), re.DOTALL)
    assert command is None or re.fullmatch(r"synth sandbox packages add [a-z]", command[1])


@given(st.text(st.sampled_from("ab0-_.[]<>=!~;@ \n'$`|&\ud800é")))
def test_whatever_stands_for_a_package_there_is_an_answer_and_no_odd_command(package: str) -> None:
    said = refuse(Job((), (TEST,), (package,)), HERE) or ""
    command = said.rpartition("; add it with ")[2] if "; add it with " in said else "`synth sandbox packages add a`"
    assert re.fullmatch(r"`synth sandbox packages add [A-Za-z0-9._-]+`", command)


def test_the_name_of_a_package_is_turned_into_the_name_to_import() -> None:
    for package, name in (("PyYAML", "yaml"), ("scikit-learn>=1", "sklearn"), ("Pillow", "PIL"), ("a-b", "a_b")):
        assert refuse(Job((), (TEST,), (package,)), frozenset({name})) is None


HELD = (
    Package("Odd.Name", "2.4.6", "stated", "", ("strange", "other"), ""),
    Package("attrs", "26.1.0", "stated", "", ("attr", "attrs"), ""),
)


@pytest.mark.parametrize(
    "package",
    ["odd-name", "Odd_Name>=2", "odd.name~=2.4", "strange", "other==2.4.6", "attrs", "odd-name ; python_version < '3'"],
)
def test_what_the_sandbox_has_is_known_by_both_its_names(package: str) -> None:
    assert refuse(Job((), (TEST,), (package,)), HERE, HELD) is None


@pytest.mark.parametrize("package", ["odd-name<2", "strange==1.0", "Odd.Name>=3,<4"])
def test_a_version_that_the_sandbox_does_not_have_is_named(package: str) -> None:
    said = refuse(Job((), (TEST,), (package,)), HERE, HELD)
    assert said == f"package {package!r} is not in the sandbox, which has Odd.Name 2.4.6"


def test_a_package_with_a_marker_that_does_not_hold_is_not_wanted() -> None:
    assert refuse(Job((), (TEST,), ("absent ; sys_platform == 'win32'",)), HERE) is None


def test_a_program_is_refused_for_the_same_reasons() -> None:
    good = Script(files({"main.py": ""}), "main.py", ("json",))
    assert refuse_script(good, HERE) is None
    assert refuse_script(replace(good, main="other.py"), HERE) == "there is no file 'other.py'"
    assert "not in the sandbox" in (refuse_script(replace(good, packages=("absent",)), HERE) or "")
    assert "relative path" in (refuse_script(Script(files({"/a": ""}), "/a"), HERE) or "")


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
