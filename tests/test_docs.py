"""The docs speak of what is there: paths, links, functions and config fields exist, every decision is listed."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from synth.api.edits import Change
from synth.api.endpoints import ENDPOINTS
from synth.settings import ROOT, RunConfig

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
PATH = re.compile(r"`((?:synth|pages|prompts|data|tests|docs|benchmarks|tools)/[\w./-]*)`")
LINK = re.compile(r"\]\((?!https?://|mailto:|#)([^)#\s]+)")
NAMED = re.compile(r"`(synth/[\w/]+\.py)`((?:,?\s`[A-Za-z_][\w.]*`)+)")
"""A module and the names that stand right behind it."""
FIELD = re.compile(rf"`((?:{'|'.join(RunConfig.model_fields)})\.(?!py`|md`|jsonl?`)[a-z_]+)`")


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_path_and_link_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    missing = [name for name in PATH.findall(text) if not (ROOT / name).exists()]
    missing += [name for name in LINK.findall(text) if not (page.parent / name).exists()]
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_function_named_behind_its_module_is_in_it(page: Path) -> None:
    missing = []
    for module, names in NAMED.findall(page.read_text(encoding="utf-8")):
        wanted = set(re.findall(r"`([^`]+)`", names)) - config_fields()
        missing += [(module, name) for name in sorted(wanted - names_in(ROOT / module))]
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_config_field_exists(page: Path) -> None:
    assert set(FIELD.findall(page.read_text(encoding="utf-8"))) <= config_fields()


def test_every_line_of_the_papers_names_a_module_or_says_why_not() -> None:
    said = ("not yet", "out of scope: ", "nothing to build")
    silent = []
    for line in (ROOT / "docs" / "papers.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if len(cells) == 4 and cells[0] not in ("where", "---") and "---" not in cells[0]:
            named = PATH.search(cells[2]) or FIELD.search(cells[2])
            silent += [] if named or cells[2].startswith(said) else [line]
    assert not silent


def test_the_pattern_for_names_finds_what_is_wrong() -> None:
    found = NAMED.findall("see `synth/ids.py` `digest`, `no_such_name` and `synth/ask.py` `Asker.ask`")
    assert found == [("synth/ids.py", " `digest`, `no_such_name`"), ("synth/ask.py", " `Asker.ask`")]
    assert "digest" in names_in(ROOT / "synth" / "ids.py")
    assert "no_such_name" not in names_in(ROOT / "synth" / "ids.py")
    assert "Asker.ask" in names_in(ROOT / "synth" / "ask.py")
    assert "sample.widths" in config_fields()


def test_every_decision_is_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = LINK.findall((folder / "README.md").read_text(encoding="utf-8"))
    assert sorted(listed) == sorted(path.name for path in folder.glob("*.md") if path.name != "README.md")


@cache
def names_in(module: Path) -> frozenset[str]:
    """Functions, classes and constants of a module, and `Class.member` of its classes."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    found = set(bound(tree))
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{name}" for name in bound(node)}
    return frozenset(found)


def bound(owner: ast.Module | ast.ClassDef) -> list[str]:
    """What the definitions and assignments of a body bind."""
    names: list[str] = []
    for node in owner.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.append(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names += [target.id for target in targets if isinstance(target, ast.Name)]
    return names


@cache
def config_fields() -> frozenset[str]:
    """Every `section.field` of the run config."""
    sections = {name: field.annotation for name, field in RunConfig.model_fields.items()}
    return frozenset(
        f"{name}.{field}"
        for name, section in sections.items()
        if isinstance(section, type) and hasattr(section, "model_fields")
        for field in section.model_fields
    )


KEYED = re.compile(r'\bid: "[\w-]+", title: "([^"]+)"[^{}]*?\bkey: "([^"]+)"')
"""A command of the workbench that has a key, as its modules write it."""


def test_every_key_of_the_workbench_is_in_its_page_and_no_other() -> None:
    modules = sorted((ROOT / "pages" / "workbench").glob("*.js"))
    registered = {
        (", ".join(f"`{key}`" for key in keys.split(" / ")), title)
        for module in modules
        for title, keys in KEYED.findall(module.read_text(encoding="utf-8"))
    }
    assert len(registered) > 40
    assert listed("| key | command |") == registered


def test_every_route_of_the_workbench_is_in_its_page_with_its_fields() -> None:
    said = {
        (path.strip("` *"), frozenset(filter(None, fields.split(", "))), path.endswith("*"))
        for path, fields in listed("| path (* takes `rev` and `op`) | body |")
    }
    there = {
        (endpoint.path, frozenset(endpoint.body.model_fields) - {"rev", "op"}, issubclass(endpoint.body, Change))
        for endpoint in ENDPOINTS
    }
    assert {line for line in said if "(GET)" not in line[0] and "VERSION" not in line[0]} == there


def listed(heading: str) -> set[tuple[str, str]]:
    """The first two cells of the lines below a table's heading on the workbench's page."""
    text = (ROOT / "docs" / "workbench.md").read_text(encoding="utf-8")
    lines = text.split(heading, 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    return {
        (first, second)
        for first, second, *_ in ([cell.strip() for cell in line.strip("|").split(" | ")] for line in lines)
    }
