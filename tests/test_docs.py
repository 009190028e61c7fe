"""The docs speak of what is there: every path and link in them exists, every decision is listed."""

import re
from pathlib import Path

import pytest

from synth.settings import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
PATH = re.compile(r"`((?:synth|pages|prompts|data|tests|docs|benchmarks|tools)/[\w./-]*)`")
LINK = re.compile(r"\]\((?!https?://|#)([^)#]+)")


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_path_and_link_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    missing = [name for name in PATH.findall(text) if not (ROOT / name).exists()]
    missing += [name for name in LINK.findall(text) if not (page.parent / name).exists()]
    assert not missing


def test_every_function_named_beside_its_module_is_in_it() -> None:
    for line in (ROOT / "docs" / "papers.md").read_text(encoding="utf-8").splitlines():
        cells = line.split("|")
        if len(cells) < 5:
            continue
        modules = [ROOT / name for name in PATH.findall(cells[3]) if name.endswith(".py")]
        names = re.findall(r"`([A-Za-z_]+(?:\.[a-z_]+)?)`", cells[3])
        source = "\n".join(module.read_text(encoding="utf-8") for module in modules)
        for name in names:
            if modules and not name.startswith("Shape"):
                last = name.split(".")[-1]
                assert last in source or name.split(".")[0] in ("sample", "tasks", "grow", "evolve"), (name, line)


def test_every_decision_is_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = set(LINK.findall((folder / "README.md").read_text(encoding="utf-8")))
    assert listed == {path.name for path in folder.glob("0*.md")}
