"""The files of a cell in WebAssembly behave as those of a real folder, and are bounded."""

import os
import shutil
import tempfile
from collections.abc import Callable
from errno import ENOSPC
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.sandbox.base import Limits
from synth.sandbox.wasm_files import Files

PATHS = st.sampled_from(["a", "b", "a/c", "a/d", "b/c", "a/c/e", "b/c/e"])
STEPS = st.one_of(
    st.tuples(st.sampled_from(["read", "names", "mkdir", "remove", "rmdir", "look"]), PATHS),
    st.tuples(st.just("write"), PATHS, st.binary(max_size=3)),
    st.tuples(st.just("rename"), PATHS, PATHS),
)
WORDS = {"read": "read_bytes", "mkdir": "mkdir", "remove": "unlink", "rmdir": "rmdir", "write": "write_bytes"}


def on_disk(root: Path, step: tuple[Any, ...]) -> object:
    name, path, *rest = step
    place = root / path
    if name == "rename":
        place.rename(root / rest[0])
        return None
    if name == "look":
        return "dir" if os.stat(place).st_mode & 0o40000 else "file"
    if name == "names":
        return sorted((entry.name, "dir" if entry.is_dir() else "file") for entry in os.scandir(place))
    said = getattr(place, WORDS[name])(*rest)
    return said if name == "read" else None


def in_memory(files: Files, step: tuple[Any, ...]) -> object:
    name, path, *rest = step
    if name == "rename":
        rest = [f"/work/{rest[0]}"]
    said = getattr(files, name)(f"/work/{path}", *rest)
    return said[0] if name == "look" else said


def outcome(do: Callable[[], object], *, exactly: bool) -> object:
    """What it gave, or the kind of its refusal where that has to be the same."""
    try:
        return do()
    except OSError as error:
        return type(error) if exactly else OSError


@settings(max_examples=300, deadline=None)
@given(st.lists(STEPS, max_size=12))
def test_they_behave_as_on_a_disk(steps: list[tuple[Any, ...]]) -> None:
    folder = Path(tempfile.mkdtemp(prefix="espalier-test-"))
    files = Files({}, Limits())
    try:
        for step in steps:
            exactly = step[0] in ("read", "look", "names", "write")
            memory = outcome(partial(in_memory, files, step), exactly=exactly)
            assert memory == outcome(partial(on_disk, folder, step), exactly=exactly), step
    finally:
        shutil.rmtree(folder)


def test_a_job_is_laid_out_in_its_folders() -> None:
    files = Files({"app/parts/x.py": "é", "y.py": ""}, Limits())
    assert files.read("/work/app/parts/x.py") == "é".encode()
    assert files.names("/work") == [("app", "dir"), ("y.py", "file")]
    assert files.names("/") == [("dev", "dir"), ("tmp", "dir"), ("work", "dir")]


def filled(step: Callable[[int], None]) -> int:
    """How often it can be done."""
    for number in range(100):
        try:
            step(number)
        except OSError as error:
            if error.errno != ENOSPC:
                raise
            return number
    raise AssertionError("without end")


@pytest.mark.parametrize(("size", "most"), [(2**20 + 1, 0), (2**20, 2)], ids=["one file", "all files"])
def test_no_more_bytes_are_held_than_allowed(size: int, most: int) -> None:
    files = Files({}, Limits(file_mb=1, disk_mb=1))
    assert filled(lambda number: files.write(f"/tmp/{number}", bytes(size))) == most
    files.write("/tmp/0", b"less")
    files.write("/tmp/again", bytes(2**19))


def test_no_more_files_are_held_than_allowed() -> None:
    files = Files({}, Limits(inodes=10))
    assert filled(lambda number: files.mkdir(f"/work/{number}")) < 20
    files.rmdir("/work/0")
    files.mkdir("/work/again")


@pytest.mark.parametrize("path", ["/new", "/dev/new", "/dev/pytest.ini", "/nowhere/new"])
def test_there_are_places_where_nothing_can_be_put(path: str) -> None:
    with pytest.raises((PermissionError, FileNotFoundError)):
        Files({}, Limits()).write(path, b"x")


def test_what_is_fixed_stays() -> None:
    files = Files({"a": "x"}, Limits())
    files.write("/dev/null", b"lost")
    assert files.read("/dev/null") == b""
    refused: list[Callable[[], None]] = [
        lambda: files.remove("/dev/null"),
        lambda: files.rename("/work/a", "/dev/pytest.ini"),
        lambda: files.rename("/dev/pytest.ini", "/work/b"),
        lambda: files.rename("/work", "/tmp/work"),
        lambda: files.rmdir("/tmp"),
    ]
    for each in refused:
        with pytest.raises(PermissionError):
            each()
    assert files.read("/work/a") == b"x"
