"""Real workspace folders for the page tests, and a way to open a page of the app on them."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from synth.records import Extraction, Grown, Growth, Record, Seed
from synth.settings import ROOT
from synth.store import Database
from tests import examples

HOSTILE = "<b>bold</b> $x$ *star* [link](http://x) :smile: `tick`"
"""A feature name as a model might write it: pages must show it letter for letter."""

OpenPage = Callable[[str], AppTest]


@pytest.fixture
def empty_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of a workspace that holds nothing; the app is pointed at it."""
    folder = tmp_path / "workspace"
    folder.mkdir()
    monkeypatch.setenv("ESPALIER_WORKSPACE", str(folder))
    st.cache_resource.clear()  # lets go of the workspace of the test before
    st.cache_data.clear()
    yield folder
    st.cache_resource.clear()
    st.cache_data.clear()


@pytest.fixture
def filled_workspace(empty_workspace: Path) -> Path:
    """A workspace with one record of each kind, 60 more seeds, and features of which one has a hostile name."""
    put_records(empty_workspace, [*examples.ALL, *more_seeds(60), *more_features()])
    return empty_workspace


@pytest.fixture
def open_page() -> OpenPage:
    """Opens a page by its file name, for example `open_page("seeds")`; Home is "home"."""

    def open_it(name: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
        app.run()
        return app if name == "home" else app.switch_page(f"pages/{name}.py").run()

    return open_it


def put_records(folder: Path, records: Sequence[Record]) -> None:
    """Store records in a workspace that no app has open."""
    database = Database(folder / "workspace.duckdb")
    try:
        database.add(records)
    finally:
        database.close()


def more_seeds(count: int) -> list[Seed]:
    """Seeds of the standard library, each of three lines."""
    return [
        Seed(
            id=f"seed-more-{number:03d}",
            source="stdlib",
            path=f"lib/module_{number:03d}.py",
            line=10 * number + 1,
            end_line=10 * number + 3,
            name=f"function_{number:03d}",
            unit="function" if number % 5 else "class",
            code=f"def function_{number:03d}(value):\n    # {HOSTILE}\n    return value + {number}\n",
            licence="PSF-2.0",
        )
        for number in range(count)
    ]


def more_features() -> list[Record]:
    """Observed features in two further categories, one hostile name among them, and grown ones below."""
    read = [
        Extraction(
            id=f"extraction-more-{number}",
            seed_id=f"seed-more-{number:03d}",
            demonstration_id=None,
            features=(
                ("data processing",),
                ("data processing", "cleaning"),
                ("data processing", "cleaning", f"step {number % 3}"),
                ("security",),
                ("security", HOSTILE),
            ),
            made=examples.MADE,
        )
        for number in range(6)
    ]
    grown = Growth(
        id="growth-more",
        step=1,
        drawn=(("data processing",), ("data processing", "cleaning")),
        added=(
            Grown(path=("data processing", "cleaning", "outlier removal"), estimated=2.0, basis="expanded"),
            Grown(path=("data processing", "merging"), estimated=6.0, basis="tree"),
        ),
        refused=(),
        made=examples.MADE,
    )
    return [*read, grown]
