"""The walls: contracts that import-linter cannot see. Pages are scripts; some rules hold at run time only."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from synth.settings import ROOT

PAGES = sorted([ROOT / "app.py", *(ROOT / "pages").rglob("*.py")])
ALLOWED = {"synth.workspace", "synth.records", "synth.settings", "synth.errors", "synth.api"}
MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for path in (ROOT / "synth").rglob("*.py")
)
MOST_LINES = 400
AS_HTML = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function")
BY_CHOICE = ("synth.__main__", "synth.models.openai_", "synth.sandbox.wasm_guest")
"""Modules that nothing imports unless a person chose them, or that only the WebAssembly sandbox can import."""


def imports_of(path: Path) -> set[str]:
    """Every module that a script imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_pages_enter_the_engine_by_its_front_door(page: Path) -> None:
    ours = {name for name in imports_of(page) if name.split(".")[0] == "synth"}
    assert ours <= ALLOWED, f"{page.name} imports {sorted(ours - ALLOWED)}"


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_pages_hold_no_sql(page: Path) -> None:
    assert "duckdb" not in page.read_text(encoding="utf-8")


def test_the_workbenchs_files_stay_short_and_never_write_names_as_html() -> None:
    for path in sorted((ROOT / "pages" / "workbench").iterdir()):
        text = path.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= MOST_LINES, f"{path.name} is longer than {MOST_LINES} lines"
        assert not AS_HTML.search(text), path.name


def test_only_the_store_speaks_sql() -> None:
    users = {module for module in MODULES if "duckdb" in imports_of(path_of(module))}
    assert users == {"synth.store.database", "synth.store.schema"}


def test_every_module_says_its_place_and_stays_short() -> None:
    for module in MODULES:
        text = path_of(module).read_text(encoding="utf-8")
        if text.strip():
            assert ast.get_docstring(ast.parse(text)), f"{module} has no docstring"
        assert len(text.splitlines()) <= MOST_LINES, f"{module} is longer than {MOST_LINES} lines"


def test_importing_every_module_has_no_side_effect_and_loads_nothing_heavy(tmp_path: Path) -> None:
    code = (
        "import sys, importlib\n"
        f"for name in {[m for m in MODULES if not m.startswith(BY_CHOICE)]!r}: importlib.import_module(name)\n"
        "heavy = {'torch', 'sentence_transformers', 'faiss', 'streamlit', 'openai'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False, env={"PATH": ""}
    )
    assert result.returncode == 0, result.stderr
    assert list(tmp_path.iterdir()) == []


def path_of(module: str) -> Path:
    """The file of a module."""
    base = ROOT.joinpath(*module.split("."))
    return base / "__init__.py" if base.is_dir() else base.with_suffix(".py")
