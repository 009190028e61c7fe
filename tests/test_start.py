"""The launcher: standard library only, honest about what it cannot do, and quick the second time."""

import ast
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from synth.settings import ROOT


@pytest.fixture
def start(tmp_path: Path) -> ModuleType:
    """`start.py` as a module that works on a folder of its own."""
    spec = importlib.util.spec_from_file_location("start_of_a_copy", ROOT / "start.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    (tmp_path / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    (tmp_path / "requirements.lock").write_bytes((ROOT / "requirements.lock").read_bytes())
    module.ROOT, module.VENV = tmp_path, tmp_path / ".venv"
    module.LOCK, module.STAMP = tmp_path / "requirements.lock", tmp_path / ".venv" / "espalier-stamp"
    module.PYTHON = tmp_path / ".venv" / "bin" / "python"
    return module


def test_it_imports_the_standard_library_alone() -> None:
    tree = ast.parse((ROOT / "start.py").read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
    assert {name.split(".")[0] for name in names} <= set(sys.stdlib_module_names)


@pytest.mark.parametrize(("words", "code"), [(["--help"], 0), (["dance"], 2), (["tset"], 2)])
def test_a_mistyped_word_shows_the_usage_and_does_nothing(words: list[str], code: int) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "start.py"), *words], capture_output=True, text=True, check=False, timeout=30
    )
    assert done.returncode == code
    assert "python3 start.py test" in done.stdout
    assert "making" not in done.stdout


def test_a_finished_set_up_is_left_alone_until_the_lock_changes(
    start: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    start.PYTHON.parent.mkdir(parents=True)
    start.PYTHON.symlink_to(sys.executable)
    start.STAMP.write_text(start.fingerprint(), encoding="utf-8")
    start.setup()
    assert capsys.readouterr().out == ""
    before = start.fingerprint()
    with start.LOCK.open("a", encoding="utf-8") as lock:
        lock.write("one-more==1.0\n")
    assert start.fingerprint() != before


def test_the_lock_pins_everything_and_pulls_no_gpu_package(start: ModuleType) -> None:
    lines = [line for line in start.LOCK.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    assert all("==" in line for line in lines)
    assert not [line for line in lines if line.startswith(("nvidia", "cuda", "triton")) or "+cpu" in line]
    assert start.locked("torch").startswith("torch==")
    assert start.locked("streamlit") == "streamlit==1.67.0"


def test_bytecode_is_written_whatever_the_shell_says(start: ModuleType) -> None:
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    try:
        assert "PYTHONDONTWRITEBYTECODE" not in start.environment()
    finally:
        del os.environ["PYTHONDONTWRITEBYTECODE"]


def test_a_missing_system_package_is_said_with_its_command(start: ModuleType) -> None:
    assert start.by_hand("bubblewrap").startswith("sudo ")
    assert start.by_hand("bubblewrap").endswith(" bubblewrap")
