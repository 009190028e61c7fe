"""`synth prompts`: list, show, diff, preview, set and reset, with and beside the workspace's database."""

import json
from pathlib import Path

import pytest

from synth.cli import main
from synth.settings import PROMPTS
from synth.store import Database
from synth.workspace import Workspace
from tests import examples
from tests.test_cli import synth

Capture = pytest.CaptureFixture[str]
SHIPPED = (PROMPTS / "solve_task.md").read_text(encoding="utf-8")


def prompts(*words: object, folder: Path) -> int:
    """Run a command on a workspace."""
    return main(["prompts", *[str(word) for word in words], "--workspace", str(folder)])


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A file with a prompt that differs from the shipped one."""
    file = tmp_path / "mine.md"
    file.write_text(SHIPPED + "Keep it short.\n", encoding="utf-8")
    return file


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """A workspace with one record of each kind."""
    folder = tmp_path / "w"
    folder.mkdir()
    database = Database(folder / "workspace.duckdb")
    made = examples.MADE.model_copy(update={"prompt": "solve_task", "prompt_hash": "a" * 16})
    database.add([*examples.ALL, examples.DRAFT.model_copy(update={"id": "solution-9", "made": made})])
    database.close()
    return folder


def test_prompts_are_listed_with_what_is_own(tmp_path: Path, own: Path, capsys: Capture) -> None:
    assert prompts("set", "solve_task", own, folder=tmp_path / "w") == 0
    assert "is kept as this workspace's own" in capsys.readouterr().out
    assert prompts("list", folder=tmp_path / "w") == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if not line.startswith(" ")]
    assert len(lines) == 12
    assert [line.split()[0] for line in lines if line.endswith("  own")] == ["solve_task"]
    assert sum(line.endswith("  shipped") for line in lines) == 11


def test_the_list_as_json_counts_records(filled: Path, capsys: Capture) -> None:
    assert prompts("list", "--json", folder=filled) == 0
    facts = {line["name"]: line for line in map(json.loads, capsys.readouterr().out.splitlines())}
    assert facts["solve_task"]["records"] == {"a" * 16: 1}
    assert facts["solve_task"]["own"] is False


def test_show_prints_what_can_be_set_again(tmp_path: Path, own: Path, capsys: Capture) -> None:
    prompts("set", "solve_task", own, folder=tmp_path)
    capsys.readouterr()
    assert prompts("show", "solve_task", folder=tmp_path) == 0
    assert capsys.readouterr().out == own.read_text(encoding="utf-8")
    assert prompts("show", "solve_task", "--shipped", folder=tmp_path) == 0
    assert capsys.readouterr().out == SHIPPED


def test_diff_prints_what_differs_and_what_changed_since(tmp_path: Path, own: Path, capsys: Capture) -> None:
    assert prompts("diff", "solve_task", folder=tmp_path) == 0
    assert "is the shipped one" in capsys.readouterr().out
    assert prompts("diff", "solve_task", "--since", folder=tmp_path) == 1
    prompts("set", "solve_task", own, folder=tmp_path)
    capsys.readouterr()
    assert prompts("diff", "solve_task", folder=tmp_path) == 0
    assert "+Keep it short." in capsys.readouterr().out
    (tmp_path / "prompts" / "based_on" / "solve_task.md").write_text(SHIPPED + "An old line.\n", encoding="utf-8")
    assert prompts("diff", "solve_task", "--since", folder=tmp_path) == 0
    assert "-An old line." in capsys.readouterr().out


def test_preview_shows_a_real_item_a_chosen_one_or_an_example(filled: Path, own: Path, capsys: Capture) -> None:
    assert prompts("preview", "solve_task", "--items", folder=filled) == 0
    assert capsys.readouterr().out.startswith("task-1  function: Add up the prices of a cart.")
    assert prompts("preview", "solve_task", "--item", "task-1", folder=filled) == 0
    printed = capsys.readouterr()
    assert examples.TASK.question in printed.out
    assert "on task-1" in printed.err
    assert prompts("preview", "solve_task", "--file", own, folder=filled) == 0
    assert capsys.readouterr().out.endswith("Keep it short.\n")
    own.write_text("No front matter.", encoding="utf-8")
    assert prompts("preview", "solve_task", "--file", own, folder=filled) == 1
    assert capsys.readouterr().err.startswith("synth: solve_task: must start with YAML front matter")
    assert prompts("preview", "solve_task", folder=filled / "none") == 0
    assert "this is a shipped example" in capsys.readouterr().err


def test_beside_an_app_there_are_no_items_but_everything_else_works(filled: Path, own: Path) -> None:
    workspace = Workspace(filled)
    try:
        done = synth("prompts", "set", "solve_task", own, "--workspace", filled, cwd=filled)
        assert done.returncode == 0, done.stderr
        assert workspace.prompting.facts("solve_task").own
        done = synth("prompts", "preview", "solve_task", "--workspace", filled, cwd=filled)
        assert done.returncode == 0, done.stderr
        assert "the workspace is open elsewhere" in done.stderr
        assert done.stdout.endswith("Keep it short.\n")
    finally:
        workspace.close()


@pytest.mark.parametrize("text", ["no front matter", SHIPPED + "{{ topic }}", SHIPPED.replace("{{ question }}", "")])
def test_a_broken_file_is_refused_with_its_line(tmp_path: Path, text: str, capsys: Capture) -> None:
    file = tmp_path / "broken.md"
    file.write_text(text, encoding="utf-8")
    assert prompts("set", "solve_task", file, folder=tmp_path) == 1
    printed = capsys.readouterr().err
    assert printed.startswith("synth: solve_task is not kept: line ")
    assert not (tmp_path / "prompts").exists()


def test_a_copy_is_taken_away_only_on_purpose(
    tmp_path: Path, own: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert prompts("reset", "solve_task", folder=tmp_path) == 0
    assert "already" in capsys.readouterr().out
    prompts("set", "solve_task", own, folder=tmp_path)
    assert prompts("reset", "solve_task", folder=tmp_path) == 1
    assert "say --yes" in capsys.readouterr().err
    assert prompts("reset", "solve_task", "--yes", folder=tmp_path) == 0
    assert prompts("diff", "solve_task", folder=tmp_path) == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("show", "nothing"), "no prompt `nothing`; there are `pre_extract`"),
        (("set", "solve_task", "no-such-file"), "no such file"),
        (("preview", "solve_task", "--item", "x"), "no records can be read here"),
    ],
)
def test_wrong_words_are_said_in_a_line(tmp_path: Path, words: tuple[str, ...], said: str, capsys: Capture) -> None:
    assert prompts(*words, folder=tmp_path) == 1
    assert said in capsys.readouterr().err
