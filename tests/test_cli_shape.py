"""`synth run --shape`: a named shape of the workspace, frozen into the run with its name."""

from pathlib import Path

import pytest

from synth.settings import SampleConfig
from synth.workspace import Workspace, WorkspaceSettings
from tests.test_cli import synth

GROW_ONLY = """
name = "tiny"
[extract]
enabled = false
[grow]
steps = 0
[sample]
count = 0
widths = [9]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tiny.toml").write_text(GROW_ONLY, encoding="utf-8")
    (tmp_path / "cart.py").write_text("def total(prices):\n    result = sum(prices)\n    return result\n")
    workspace = Workspace(tmp_path / "w")
    workspace.add_seeds(tmp_path / "cart.py", licence="MIT")
    shapes = {"cold": SampleConfig(count=77, widths=(3, 2)), "wide": SampleConfig()}
    workspace.save_settings(WorkspaceSettings(shapes=shapes))
    workspace.close()
    return tmp_path


def test_a_run_draws_with_a_named_shape_as_often_as_its_config_says(folder: Path) -> None:
    done = synth("run", "tiny.toml", "--shape", "cold", "--workspace", "w", cwd=folder)
    assert done.returncode == 0, done.stderr
    workspace = Workspace(folder / "w")
    sample = workspace.run_config("r0001-tiny").sample
    workspace.close()
    assert (sample.name, sample.widths, sample.count) == ("cold", (3, 2), 0)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run", "tiny.toml", "--shape", "warm"], "no shape `warm` in this workspace; the shapes there are: `cold`,"),
        (["run", "tiny.toml", "--shape", ""], "no shape ``"),
        (["run", "--resume", "--shape", "cold"], "leave out --shape"),
    ],
)
def test_a_wrong_shape_is_said_in_one_line_and_nothing_starts(folder: Path, words: list[str], said: str) -> None:
    done = synth(*words, "--workspace", "w", cwd=folder)
    assert done.returncode == 1
    assert done.stderr.startswith("synth: ")
    assert said in done.stderr
    assert not list((folder / "w" / "runs").iterdir())
