"""`synth show` and `synth replay` as people type them: trees, JSON, exit codes, mistakes."""

import json
from pathlib import Path

import pytest

from synth.cli import main
from synth.export.sample import Sample
from synth.records import Answer
from synth.settings import RunConfig
from synth.steps.score import score_solution
from synth.workspace import Workspace
from tests import examples
from tests.past import keep_run

SCORES = score_solution(examples.REPAIRED, examples.SUBTREE)
ALTERED = SCORES[0].model_copy(update={"value": SCORES[0].value + 1})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A workspace with one record of each kind, of one run, and two measures: one as it is, one altered."""
    keep_run(tmp_path, RunConfig(name="shop"), [*examples.ALL, ALTERED, SCORES[1]])
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], folder: Path, *words: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a command."""
    code = main([*words, "--workspace", str(folder)])
    out, err = capsys.readouterr()
    return code, out, err


def test_show_prints_the_record_its_origin_and_what_came_of_it(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = said(capsys, folder, "show", "solution-2")
    assert code == 0
    lines = out.splitlines()
    assert lines[0].startswith("solution-2  attempt 2: 1 file, 1 test file; total returned 0")
    assert lines[1].startswith("offline/offline-2 · prompt p 0000000000000000 · temperature 0.7")
    assert lines[1].endswith("run r0001-shop")
    assert out.index("comes from") < out.index("seed-1  shop/cart.py:3-9") < out.index("led to")
    assert out.index("led to") < out.index("verdict-2  passed: 1 of 1 test passed")
    assert lines[-2].startswith("It and its own line of ancestors: cost 0")


def test_show_as_json_holds_the_same_tree(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, folder, "show", "subtree-1", "--json", "--raw")
    came = json.loads(out)
    assert code == 0
    assert came["record"]["id"] == "subtree-1"
    assert came["below"][0]["nodes"][0]["nodes"][1]["id"] == "solution-2"
    assert came["raw"] == examples.SUBTREE.model_dump(mode="json")


@pytest.mark.parametrize("record", examples.ALL, ids=lambda record: record.id)
def test_show_raw_prints_the_whole_record(
    folder: Path, capsys: pytest.CaptureFixture[str], record: examples.Record
) -> None:
    code, out, _ = said(capsys, folder, "show", record.id, "--raw")
    assert (code, json.loads(out)) == (0, record.model_dump(mode="json"))


def test_show_says_how_much_is_left_out_and_all_leaves_nothing_out(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keep_run(folder, RunConfig(name="more"), SCORES)
    few, whole = (said(capsys, folder, "show", "solution-2", *words)[1] for words in ([], ["--all"]))
    left = len(SCORES) + 1 - 8
    assert f"and {left} more, with --all" in few
    assert "with --all" not in whole
    assert whole.count("score-") == len(SCORES) + 1


def test_show_and_replay_of_what_is_not_there_end_in_one_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, folder, "show", "task-2") == (
        1, "", "synth: no record `task-2` in this workspace; alike are `task-1`.\n"
    )  # fmt: skip
    code, out, err = said(capsys, folder, "replay", "\x1b[31m")
    assert (code, out) == (2, "")
    assert err == "synth: `?[31m` is no id of a record; ids look like `task-3f0c9b5e11aa7d02`.\n"


@pytest.mark.parametrize(
    ("record_id", "code", "outcome"),
    [(SCORES[1].id, 0, "same"), (ALTERED.id, 1, "differs"), ("task-1", 2, "cannot"), ("seed-1", 2, "cannot")],
)
def test_replay_ends_with_0_for_the_same_1_for_another_and_2_where_it_cannot(
    folder: Path, capsys: pytest.CaptureFixture[str], record_id: str, code: int, outcome: str
) -> None:
    assert said(capsys, folder, "replay", record_id)[0] == code
    ended, out, _ = said(capsys, folder, "replay", record_id, "--json")
    assert (ended, json.loads(out)["outcome"]) == (code, outcome)


def test_replay_shows_field_by_field_what_differs(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = said(capsys, folder, "replay", ALTERED.id)
    lines = [line.split() for line in out.splitlines()]
    assert lines[0][1:] == ["not", "the", "same"]
    assert ["value", str(ALTERED.value), str(SCORES[0].value)] in lines


@pytest.mark.parametrize("words", [["show", "task-1"], ["replay", "task-1"]])
def test_a_workspace_that_an_app_has_open_is_said_plainly(
    folder: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    from tests.test_cli import synth

    owner = Workspace(folder)
    done = synth(*words, "--workspace", folder, cwd=folder)
    owner.close()
    assert done.returncode == {"show": 1, "replay": 2}[words[0]]
    assert "is open in another Espalier" in done.stderr
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("form", ["messages", "alpaca", "full"])
def test_every_row_of_a_dataset_leads_back(folder: Path, capsys: pytest.CaptureFixture[str], form: str) -> None:
    code, _, err = said(capsys, folder, "export", "--format", form, "--out", str(folder / "x.jsonl"), "--unproven")
    assert code == 0, err
    rows = [json.loads(line) for line in (folder / "x.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {row["id"] for row in rows} == {"solution-2", "answer-1"}
    for row in rows:
        _, out, _ = said(capsys, folder, "show", row["id"], "--json")
        way = json.dumps(json.loads(out)["above"])
        assert '"seed-1"' in way


def test_the_id_of_a_row_is_that_of_what_answers() -> None:
    answer = Answer(id="answer-5", instruction_id="instruction-1", text="so", made=examples.MADE)
    assert Sample(instruction=examples.CHILD, answer=answer).id == "answer-5"
    assert Sample(task=examples.TASK, solution=examples.REPAIRED).id == "solution-2"
