import ast
import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.errors import BadInput
from synth.metrics.source import plain
from synth.records import Seed
from synth.steps.seeds import read_path, read_stdlib

PLAIN = "def add(a, b):\n    total = a + b\n    return total\n"


def write(folder: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(dedent(content).encode() if isinstance(content, str) else content)
    return folder


def names(seeds: list[Seed]) -> list[str]:
    return [seed.name for seed in seeds]


def reason(folder: Path) -> str:
    report = read_path(folder)
    assert report.seeds == []
    ((_, why),) = report.skipped
    return why


def body(lines: int) -> str:
    return "".join(f"    x{number} = {number}\n" for number in range(lines))


def test_functions_and_classes_come_with_their_lines_and_decorators(tmp_path: Path) -> None:
    write(
        tmp_path / "pkg",
        {
            "a.py": """\
            import functools


            @functools.cache
            @functools.wraps(
                print
            )
            def first(n):
                return n


            class Box:
                def __init__(self):
                    self.items = []


            async def later():
                await other()
                return 1
            """
        },
    )
    report = read_path(tmp_path / "pkg")
    assert [(seed.name, seed.unit, seed.line, seed.end_line) for seed in report.seeds] == [
        ("first", "function", 4, 9),
        ("Box", "class", 12, 14),
        ("later", "function", 17, 19),
    ]
    assert report.seeds[0].code.startswith("@functools.cache\n@functools.wraps(")
    assert {seed.path for seed in report.seeds} == {"pkg/a.py"}
    assert {seed.source for seed in report.seeds} == {"path"}


def test_a_methods_code_is_only_a_seed_of_its_own_where_the_class_is_too_long(tmp_path: Path) -> None:
    method = "    def small(self):\n        y = 1\n        return y\n"
    write(tmp_path, {"short.py": f"class Short:\n{method}", "long.py": f"class Long:\n{body(120)}{method}"})
    assert names(read_path(tmp_path).seeds) == ["Long.small", "Short"]


def test_a_method_is_moved_to_the_margin_and_parses_alone(tmp_path: Path) -> None:
    text = f'class Long:\n{body(120)}    @property\n    def text(self):\n        return """\nleft\n    in"""\n'
    write(tmp_path, {"a.py": text})
    (seed,) = read_path(tmp_path).seeds
    assert seed.code == '@property\ndef text(self):\n    return """\nleft\nin"""'
    ast.parse(seed.code)


def test_nested_classes_of_a_long_class_are_cut_in_turn(tmp_path: Path) -> None:
    inner = "    class Inner:\n        def go(self):\n            return 1\n"
    write(tmp_path, {"a.py": f"class Outer:\n{body(120)}{inner}"})
    assert names(read_path(tmp_path).seeds) == ["Outer.Inner"]


def test_definitions_under_if_and_try_are_found_and_closures_stay_inside(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "a.py": """\
            try:
                import fast
            except ImportError:
                def slow():
                    def inner():
                        x = 1
                        return x
                    return inner
            else:
                if fast:
                    def quick():
                        y = 2
                        return y
            """
        },
    )
    assert names(read_path(tmp_path).seeds) == ["slow", "quick"]


@pytest.mark.parametrize(
    ("lines", "kept"),
    [(1, False), (2, True), (119, True), (120, False)],
)
def test_a_function_has_3_to_120_lines(tmp_path: Path, lines: int, kept: bool) -> None:
    write(tmp_path, {"a.py": f"def f():\n{body(lines)}"})
    assert (names(read_path(tmp_path).seeds) == ["f"]) is kept


def test_a_function_of_more_than_8000_characters_is_left_out(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": f"def f():\n    x = '{'a' * 8000}'\n    return x\n\n\n{PLAIN}"})
    assert names(read_path(tmp_path).seeds) == ["add"]


@pytest.mark.parametrize(
    "text", ["pass", "...", '"""Only words.\n\n    More words.\n    """', '"""Words."""\n    pass\n    ...']
)
def test_what_does_nothing_is_left_out(tmp_path: Path, text: str) -> None:
    write(tmp_path, {"a.py": f"@one\n@two\ndef f(a):\n    {text}\n\n\n{PLAIN}"})
    assert names(read_path(tmp_path).seeds) == ["add"]


def test_equal_code_is_one_seed_and_the_first_path_has_it(tmp_path: Path) -> None:
    write(tmp_path / "p", {"b/a.py": PLAIN, "a.py": "\n\n" + PLAIN, "c.py": PLAIN})
    assert [(seed.path, seed.line) for seed in read_path(tmp_path / "p").seeds] == [("p/a.py", 3)]


def test_folders_that_are_not_source_are_not_read(tmp_path: Path) -> None:
    hidden = [".git", ".venv", "site-packages", "node_modules", "__pycache__", "build", "dist", "a/.tox"]
    write(tmp_path, {f"{folder}/x.py": PLAIN for folder in hidden} | {"env/pyvenv.cfg": "", "env/lib/y.py": PLAIN})
    write(tmp_path, {"src/z.py": PLAIN})
    assert [seed.path for seed in read_path(tmp_path).seeds] == [f"{tmp_path.name}/src/z.py"]


def test_a_single_file_is_read_also_in_a_folder_that_would_be_ignored(tmp_path: Path) -> None:
    write(tmp_path, {"build/one.py": PLAIN})
    (seed,) = read_path(tmp_path / "build" / "one.py").seeds
    assert (seed.path, seed.line, seed.end_line) == ("one.py", 1, 3)
    assert names(read_path(tmp_path / "build").seeds) == ["add"]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"def f(:\n    pass\n", "syntax error in line 1"),
        (b"x = 1\n  y = 2\n", "syntax error in line 2"),
        ("# caf\xe9\n".encode("latin-1"), "declare its encoding"),
        (b"# coding: no-such-code\n", "unknown encoding"),
        (b"# coding: rot13\n", "not a text encoding"),
        (b"x = 1\0\n", "NUL"),
        (b"#" * (2 * 1024 * 1024 + 1), "MiB"),
        (b"x = " + b"-" * 100_000 + b"1\n", "nested too deeply"),
    ],
)
def test_a_file_that_cannot_be_read_is_skipped_with_the_reason(tmp_path: Path, content: bytes, why: str) -> None:
    write(tmp_path, {"bad.py": content})
    assert why in reason(tmp_path)


def test_a_bad_file_does_not_hide_a_good_one(tmp_path: Path) -> None:
    write(tmp_path, {"bad.py": b"(", "good.py": PLAIN})
    report = read_path(tmp_path)
    assert names(report.seeds) == ["add"]
    assert [path for path, _ in report.skipped] == [f"{tmp_path.name}/bad.py"]
    assert "bad.py" not in report.skipped[0][1]


def test_a_declared_encoding_and_a_byte_order_mark_are_read(tmp_path: Path) -> None:
    latin = "# -*- coding: latin-1 -*-\ndef f():\n    x = 'caf\xe9'\n    return x\n".encode("latin-1")
    write(tmp_path, {"latin.py": latin, "mark.py": b"\xef\xbb\xbf" + PLAIN.encode()})
    report = read_path(tmp_path)
    assert report.skipped == []
    assert [seed.line for seed in report.seeds] == [2, 1]
    assert "café" in report.seeds[0].code


def test_lines_are_counted_as_python_counts_them(tmp_path: Path) -> None:
    odd = "x = '\x0c\x1c\u2028'\r\n\x0c\r\n" + PLAIN.replace("\n", "\r\n")
    write(tmp_path, {"a.py": odd.encode()})
    (seed,) = read_path(tmp_path).seeds
    assert (seed.line, seed.code) == (3, PLAIN.rstrip("\n"))


def test_links_cannot_lead_round_in_circles(tmp_path: Path) -> None:
    write(tmp_path, {"a/b/x.py": PLAIN})
    (tmp_path / "a" / "b" / "up").symlink_to(tmp_path / "a", target_is_directory=True)
    (tmp_path / "one.py").symlink_to(tmp_path / "two.py")
    (tmp_path / "two.py").symlink_to(tmp_path / "one.py")
    (tmp_path / "gone.py").symlink_to(tmp_path / "nowhere.py")
    report = read_path(tmp_path)
    assert names(report.seeds) == ["add"]
    reasons = {Path(path).name: why for path, why in report.skipped}
    assert sorted(reasons) == ["gone.py", "one.py", "two.py", "up"]
    assert "not followed" in reasons["up"]
    assert all("link" in why for why in reasons.values())


def test_a_pipe_and_a_folder_with_a_python_name_do_not_stop_the_reader(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    write(tmp_path, {"folder.py/a.py": PLAIN})
    report = read_path(tmp_path)
    assert names(report.seeds) == ["add"]
    assert report.skipped == [(f"{tmp_path.name}/pipe.py", "not a regular file")]


def test_a_file_name_that_is_not_text_can_be_stored(tmp_path: Path) -> None:
    try:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/bad\xff.py")).write_text(PLAIN)
    except OSError:
        pytest.skip("this file system takes text names only")
    (seed,) = read_path(tmp_path).seeds
    assert seed.path.encode()


@pytest.mark.parametrize("files", [{}, {"readme.md": "x"}, {".hidden/a.py": PLAIN}])
def test_a_folder_without_python_is_bad_input(tmp_path: Path, files: dict[str, str | bytes]) -> None:
    write(tmp_path, files)
    with pytest.raises(BadInput, match=r"no \.py file"):
        read_path(tmp_path)


def test_a_missing_path_and_a_file_of_another_kind_are_bad_input(tmp_path: Path) -> None:
    write(tmp_path, {"notes.txt": "x"})
    with pytest.raises(BadInput, match="no such file"):
        read_path(tmp_path / "none")
    with pytest.raises(BadInput, match=r"not a \.py file"):
        read_path(tmp_path / "notes.txt")


def test_reading_twice_gives_the_same_seeds(tmp_path: Path) -> None:
    write(tmp_path, {f"{name}.py": PLAIN.replace("add", name) for name in "zyxabc"})
    assert read_path(tmp_path) == read_path(tmp_path)
    assert names(read_path(tmp_path).seeds) == list("abcxyz")


@given(
    st.lists(
        st.sampled_from(["if x:", "    ", "\t", "def f():", "class C:", "\n", "pass", "'''", "\\", "(", "é", "\r"])
    )
)
def test_no_text_makes_the_reader_raise(tmp_path_factory: pytest.TempPathFactory, parts: list[str]) -> None:
    file = tmp_path_factory.getbasetemp() / "any.py"
    file.write_bytes("".join(parts).encode())
    report = read_path(file)
    for seed in report.seeds:
        ast.parse(plain(seed.code))


MIT = """MIT License

Permission is hereby granted, free of charge, to any person obtaining a copy of this software, provided that
the above copyright notice and this permission notice shall be included.
"""
BSD = "Redistribution and use in source and binary forms are permitted. Neither the name of the holder may be used"
LICENCES = {
    "MIT": MIT,
    "Apache-2.0": "\n      Apache License\n    Version 2.0, January 2004\n",
    "BSD-3-Clause": "Copyright (c) 2020, Somebody\n" + BSD,
    "BSD-2-Clause": "Redistribution and use in source and\nbinary forms are permitted",
    "GPL-3.0": "GNU GENERAL PUBLIC LICENSE\n Version 3, 29 June 2007\n"
    + "x" * 500
    + "GNU Affero General Public License version 3",
    "LGPL-3.0": "GNU LESSER GENERAL PUBLIC LICENSE\nVersion 3\n It adds to the GNU General Public License version 3",
    "MPL-2.0": "Mozilla Public License Version 2.0\n====",
    "unknown": "All rights reserved.",
}


def licence_of(folder: Path, licence: str | None = None) -> str:
    (seed,) = read_path(folder, licence).seeds
    return seed.licence


@pytest.mark.parametrize("expected", LICENCES)
def test_a_licence_file_is_recognised_by_its_text(tmp_path: Path, expected: str) -> None:
    write(tmp_path, {"LICENSE": LICENCES[expected], "src/a.py": PLAIN})
    assert licence_of(tmp_path) == expected


def test_the_argument_goes_before_the_header_and_the_header_before_the_file(tmp_path: Path) -> None:
    write(tmp_path, {"LICENSE.txt": MIT, "a.py": "# SPDX-License-Identifier: Apache-2.0 OR ISC\n" + PLAIN})
    assert licence_of(tmp_path) == "Apache-2.0 OR ISC"
    assert licence_of(tmp_path, "CC0-1.0") == "CC0-1.0"
    write(tmp_path, {"a.py": PLAIN})
    assert licence_of(tmp_path) == "MIT"


def test_a_header_far_down_or_in_code_is_no_licence(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"a.py": PLAIN + "SPDX = 'SPDX-License-Identifier: MIT'\n" + "\n" * 50 + "# SPDX-License-Identifier: MIT\n"},
    )
    assert licence_of(tmp_path) == "unknown"


def test_licence_files_are_looked_for_up_to_the_repository_and_no_further(tmp_path: Path) -> None:
    write(tmp_path, {"LICENSE": MIT, "repo/COPYING": LICENCES["GPL-3.0"], "repo/src/deep/a.py": PLAIN})
    assert licence_of(tmp_path / "repo" / "src") == "unknown"
    (tmp_path / "repo" / ".git").mkdir()
    assert licence_of(tmp_path / "repo" / "src") == "GPL-3.0"
    assert licence_of(tmp_path / "repo" / "src" / "deep" / "a.py") == "GPL-3.0"
    (tmp_path / "repo" / "COPYING").unlink()
    assert licence_of(tmp_path / "repo" / "src") == "unknown"


def test_code_taken_over_into_a_subfolder_keeps_its_own_licence(tmp_path: Path) -> None:
    other = PLAIN.replace("add", "plus")
    write(tmp_path, {"LICENSE": MIT, "a.py": PLAIN, "vendor/LICENSE.md": "All rights reserved.", "vendor/b.py": other})
    assert [seed.licence for seed in read_path(tmp_path).seeds] == ["MIT", "unknown"]


def test_two_licence_files_that_differ_claim_nothing(tmp_path: Path) -> None:
    write(tmp_path, {"LICENSE-MIT": MIT, "LICENSE-APACHE": LICENCES["Apache-2.0"], "a.py": PLAIN})
    assert licence_of(tmp_path) == "unknown"


def test_the_standard_library_gives_at_least_2000_seeds() -> None:
    report = read_stdlib()
    assert len(report.seeds) >= 2000
    assert len({seed.id for seed in report.seeds}) == len(report.seeds)
    assert {(seed.source, seed.licence) for seed in report.seeds} == {("stdlib", "PSF-2.0")}
    folders = {part for seed in report.seeds for part in Path(seed.path).parts[1:-1]}
    assert not folders & {"test", "tests", "idlelib", "lib2to3", "turtledemo", "site-packages", "ensurepip"}
    for seed in report.seeds[::25]:
        ast.parse(seed.code)


def test_the_standard_library_is_read_in_one_order_at_any_hash_seed() -> None:
    program = (
        "from synth.ids import digest; from synth.steps.seeds import read_stdlib;"
        "print(digest([seed.id for seed in read_stdlib().seeds]))"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": number},
            cwd=Path(__file__).parents[2],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for number in ("1", "2")
    }
    assert len(said) == 1
