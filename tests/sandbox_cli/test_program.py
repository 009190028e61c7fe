"""`synth sandbox run` and `synth sandbox packages`: what a program says and how it ended, and what it may import."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sandbox_cli import start, synth

pytestmark = pytest.mark.sandbox


def test_a_program_says_what_it_says_and_how_it_ended(tmp_path: Path) -> None:
    file = tmp_path / "hello.py"
    file.write_text("import sys\nprint('héllo')\nprint('oh', file=sys.stderr)\n", encoding="utf-8")
    said = synth("sandbox", "run", file)
    assert said.out == "héllo\n"
    assert said.err.startswith("oh\nsynth: passed in ")
    assert said.err.endswith(", strong\n")


def test_a_program_gets_its_other_files_by_name_and_its_input(tmp_path: Path) -> None:
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "part.py").write_text("NAME = 'part'\n", encoding="utf-8")
    (tmp_path / "main.py").write_text("import sys\nfrom pkg.part import NAME\nprint(NAME, sys.stdin.read())\n")
    (tmp_path / "in.txt").write_text("typed", encoding="utf-8")
    words = ("sandbox", "run", tmp_path / "main.py", tmp_path / "pkg" / "part.py", "--stdin", tmp_path / "in.txt")
    (row,) = synth(*words, "--json").rows()
    assert row["stdout"] == "part typed\n"
    assert set(row) == {"outcome", "exit_code", "seconds", "peak_mb", "stdout", "stderr", "sandbox"}
    assert (row["outcome"], row["exit_code"], row["sandbox"]["level"]) == ("passed", 0, "strong")


def test_relative_names_stay_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "main.py").write_text("print(open('deep/main.py').read())\n")
    done = subprocess.run(
        [sys.executable, "-m", "synth", "sandbox", "run", "deep/main.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "print(open" in done.stdout


@pytest.mark.parametrize(
    ("text", "outcome"),
    [("raise SystemExit(3)", "failed"), ("1 / 0", "failed"), ("while True: pass", "timeout"), ("def (", "failed")],
)
def test_a_program_that_does_not_end_well_gives_exit_code_1(tmp_path: Path, text: str, outcome: str) -> None:
    (tmp_path / "bad.py").write_text(text)
    (row,) = synth("sandbox", "run", tmp_path / "bad.py", "--json", "--timeout", 2, code=1).rows()
    assert row["outcome"] in (outcome, "error")


def test_a_terminal_gets_no_control_characters_of_a_program(tmp_path: Path) -> None:
    (tmp_path / "red.py").write_text("print('\\x1b[31mred\\x1b]0;title\\x07')\n")
    main, other = os.openpty()
    command = [sys.executable, "-m", "synth", "sandbox", "run", str(tmp_path / "red.py")]
    done = subprocess.run(
        command, stdout=other, stderr=subprocess.PIPE, cwd=Path(__file__).parents[2], timeout=60, check=True
    )
    os.close(other)
    shown = os.read(main, 4096)
    os.close(main)
    assert done.stderr.startswith(b"synth: passed")
    assert b"\x1b" not in shown
    assert b"\\x1b[31mred" in shown


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    (tmp_path / "binary.py").write_bytes(b"\xff\xfe")
    (tmp_path / "fine.py").write_text("")
    assert "No such file" in synth("sandbox", "run", tmp_path / "none.py", code=1).err
    assert "Is a directory" in synth("sandbox", "run", tmp_path, code=1).err
    assert "no text in UTF-8 at byte 1" in synth("sandbox", "run", tmp_path / "binary.py", code=1).err
    fine = tmp_path / "fine.py"
    assert "is given twice" in synth("sandbox", "run", fine, fine, code=1).err
    assert "No such file" in synth("sandbox", "run", fine, "--stdin", tmp_path / "none", code=1).err


def test_without_bubblewrap_nothing_runs_and_the_superuser_cannot_insist(tmp_path: Path) -> None:
    (tmp_path / "fine.py").write_text("open('mark', 'w')\n")
    for flags in ([], ["--i-accept-unsandboxed-execution"]):
        with start(
            "sandbox", "run", tmp_path / "fine.py", *flags, PATH=str(tmp_path), ESPALIER_SANDBOX="strong"
        ) as process:
            out, err = process.communicate(timeout=60)
        assert process.returncode == 1
        assert out == ""
        assert "Traceback" not in err
        assert "not run without a sandbox" in err


def test_the_packages_are_listed_and_hostile_names_change_nothing() -> None:
    before = synth("sandbox", "packages", "list", "--json").rows()
    assert {"pytest", "numpy"} <= {row["name"].lower() for row in before}
    assert all(set(row) == {"name", "version", "origin"} for row in before)
    for name in ("../x", "x; rm -rf /", "git+https://example.org/x", "--pre", "x @ file:///x", ""):
        said = synth("sandbox", "packages", "add", "--", name, code=1)
        assert said.err.startswith("synth: ")
        assert "Traceback" not in said.err
    assert synth("sandbox", "packages", "remove", "never-added-by-anybody", code=1).err.startswith("synth: ")
    assert synth("sandbox", "packages", "list", "--json").rows() == before
    assert json.dumps(before)
