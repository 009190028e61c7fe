import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from synth.errors import BadInput
from synth.export import FORMS, ExportReport, Form, Sample, export_samples, preview
from synth.records import Proof
from tests.export import examples

GOLDEN = Path(__file__).parent / "golden"


def exported(
    out: Path, form: Form = "full", samples: list[Sample] | None = None, unproven: bool = False
) -> ExportReport:
    return export_samples(
        examples.everything() if samples is None else samples, form, out, examples.FACTS, unproven=unproven
    )


def lines_of(file: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in file.read_bytes().split(b"\n")[:-1]]


def agrees_with_golden(file: Path, name: str) -> None:
    """Compare with the kept file; `UPDATE_GOLDEN=1` writes it anew, to be read before it is kept."""
    if os.environ.get("UPDATE_GOLDEN"):
        (GOLDEN / name).write_bytes(file.read_bytes())
    assert file.read_bytes() == (GOLDEN / name).read_bytes()


@pytest.mark.parametrize("form", FORMS)
def test_each_format_writes_what_the_golden_file_holds(tmp_path: Path, form: Form) -> None:
    report = exported(tmp_path / "demo.jsonl", form, unproven=True)
    agrees_with_golden(report.path, f"{form}.jsonl")


def test_the_card_says_what_the_golden_card_says(tmp_path: Path) -> None:
    agrees_with_golden(exported(tmp_path / "demo.jsonl", unproven=True).card_path, "demo.card.md")


def test_only_proven_solutions_leave_and_the_others_are_counted_by_reason(tmp_path: Path) -> None:
    report = exported(tmp_path / "demo.jsonl")
    assert report.rows == 3
    assert [row["id"] for row in lines_of(report.path)] == ["solution-plain-0", "solution-shop-1", "solution-hostile-0"]
    assert report.left_out == {
        "no solution or answer": 1,
        "not proven: an answer, nothing was run": 1,
        "not proven: never run": 1,
        "not proven: timeout": 1,
    }


def test_asked_for_unproven_samples_leave_too_and_say_so(tmp_path: Path) -> None:
    report = exported(tmp_path / "demo.jsonl", unproven=True)
    assert report.left_out == {"no solution or answer": 1}
    assert [row["proven"] for row in lines_of(report.path)] == [True, True, True, False, False, False]


def test_a_sample_given_twice_is_written_once(tmp_path: Path) -> None:
    report = exported(tmp_path / "demo.jsonl", samples=[examples.proven(), examples.proven()])
    assert (report.rows, report.left_out) == (1, {"given twice": 1})


def test_messages_have_the_shape_that_trainers_read(tmp_path: Path) -> None:
    report = exported(tmp_path / "demo.jsonl", "messages", unproven=True)
    for row in lines_of(report.path):
        assert set(row) == {"id", "messages"}
        assert isinstance(row["messages"], list)
        assert [turn["role"] for turn in row["messages"]] == ["user", "assistant"]
        assert all(set(turn) == {"role", "content"} and turn["content"].strip() for turn in row["messages"])


def test_alpaca_rows_have_an_id_and_three_texts(tmp_path: Path) -> None:
    for row in lines_of(exported(tmp_path / "demo.jsonl", "alpaca").path):
        assert list(row) == ["id", "instruction", "input", "output"]
        assert row["input"] == ""
        assert row["instruction"]
        assert row["output"]


def test_hostile_text_comes_back_as_it_was_but_for_what_no_file_can_hold(tmp_path: Path) -> None:
    row = lines_of(exported(tmp_path / "demo.jsonl", samples=[examples.hostile()]).path)[0]
    assert row["files"] == [
        {"path": "odd.py", "text": examples.HOSTILE},
        {"path": "lone.py", "text": "X = '\ufffd'\n"},
    ]
    assert examples.HOSTILE in str(row["response"])


def test_a_row_is_one_line_for_every_reader(tmp_path: Path) -> None:
    text = exported(tmp_path / "demo.jsonl", samples=[examples.hostile()]).path.read_text(encoding="utf-8")
    assert len(text.splitlines()) == 1
    assert "漢" in text


def test_the_lineage_leads_back_to_file_and_line_and_through_every_attempt(tmp_path: Path) -> None:
    plain, shop, *_ = lines_of(exported(tmp_path / "demo.jsonl").path)
    seeds = [{"feature": ["algorithm", "arithmetic"], "places": ["lib/sums.py:12", "lib/sums.py:40"]}]
    assert plain["lineage"]["seeds"] == seeds  # type: ignore[index]
    assert shop["lineage"]["attempts"] == [  # type: ignore[index]
        {"id": "solution-shop-0", "attempt": 0, "outcome": "failed", "note": "", "tests_corrected": None},
        {
            "id": "solution-shop-1",
            "attempt": 2,
            "outcome": "passed",
            "note": "the sum was a difference",
            "tests_corrected": "2 + 2 is 4",
        },
    ]
    assert shop["lineage"]["engine"] == "offline, openai"  # type: ignore[index]


def test_two_scores_of_one_name_and_one_that_is_no_number(tmp_path: Path) -> None:
    one, other, broken = (
        examples.score("s", "challenge", value, by)
        for value, by in ((7.0, "a/judge"), (5.0, "b/judge"), (float("nan"), "c/judge"))
    )
    sample = replace(examples.proven(), scores=(other, broken, one))
    (row,) = lines_of(exported(tmp_path / "demo.jsonl", samples=[sample]).path)
    assert row["scores"] == {"challenge": 7.0, "challenge (b/judge)": 5.0}


@pytest.mark.parametrize("form", FORMS)
def test_parquet_holds_the_rows_of_jsonl(tmp_path: Path, form: Form) -> None:
    text = exported(tmp_path / "text.jsonl", form, unproven=True)
    table = exported(tmp_path / "table.parquet", form, unproven=True)
    rows = pq.read_table(table.path).to_pylist()
    for row in rows:
        if form == "full":
            row["scores"] = {name: value for name, value in (row["scores"] or {}).items() if value is not None}
    assert rows == lines_of(text.path)
    assert table.rows == text.rows == len(rows)


def test_parquet_columns_keep_their_types_where_every_value_is_absent(tmp_path: Path) -> None:
    schema = pq.read_schema(exported(tmp_path / "table.parquet", samples=[examples.evolved()], unproven=True).path)
    assert schema.field("files").type == pa.list_(pa.struct([("path", pa.string()), ("text", pa.string())]))
    assert schema.field("level").type == pa.string()
    assert [field.name for field in schema.field("scores").type] == ["challenge", "diversity"]


def test_parquet_without_any_score_has_no_column_of_them(tmp_path: Path) -> None:
    report = exported(tmp_path / "table.parquet", samples=[examples.hostile()])
    assert "scores" not in pq.read_schema(report.path).names


def test_a_preview_is_the_first_rows_of_the_export(tmp_path: Path) -> None:
    rows = lines_of(exported(tmp_path / "demo.jsonl").path)
    assert preview(examples.everything(), "full", 2) == rows[:2]
    assert preview(examples.everything(), "full", 50) == rows
    assert len(preview(examples.everything(), "alpaca", 50, unproven=True)) == 6


def test_another_ending_is_refused_with_the_two_that_work(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"out\.csv: .* \.jsonl or \.parquet"):
        exported(tmp_path / "out.csv")
    assert exported(tmp_path / "OUT.JSONL").rows == 3


def test_an_unknown_format_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="messages, alpaca, full"):
        exported(tmp_path / "demo.jsonl", "sharegpt")  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("there", ["demo.jsonl", "demo.card.md"])
def test_a_file_that_is_there_is_replaced_only_when_asked(tmp_path: Path, there: str) -> None:
    (tmp_path / there).write_text("mine")
    with pytest.raises(BadInput, match=f"{there}: exists already"):
        exported(tmp_path / "demo.jsonl")
    assert (tmp_path / there).read_text() == "mine"
    report = export_samples(examples.everything(), "alpaca", tmp_path / "demo.jsonl", examples.FACTS, overwrite=True)
    assert report.rows == 3
    assert (tmp_path / there).read_text() != "mine"


def test_folders_are_made_and_only_the_two_files_are_left(tmp_path: Path) -> None:
    report = exported(tmp_path / "a" / "b" / "demo.parquet")
    assert sorted(file.name for file in report.path.parent.iterdir()) == ["demo.card.md", "demo.parquet"]
    assert report.card_path == tmp_path / "a" / "b" / "demo.card.md"


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_an_export_that_breaks_off_leaves_the_earlier_one_alone(tmp_path: Path, ending: str) -> None:
    out = exported(tmp_path / f"demo.{ending}").path
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}

    def breaking() -> Iterator[Sample]:
        yield examples.proven()
        raise RuntimeError("the pipe broke")

    with pytest.raises(RuntimeError):
        export_samples(breaking(), "full", out, examples.FACTS, overwrite=True)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_nothing_to_export_is_said_with_the_reasons(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="1 no solution or answer, 1 not proven: timeout"):
        exported(tmp_path / "demo.jsonl", samples=[examples.failed(), examples.unsolved()])
    with pytest.raises(BadInput, match="no finished sample yet"):
        exported(tmp_path / "demo.parquet", samples=[])
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match=r"demo\.jsonl: cannot be written"):
        exported(tmp_path / "file" / "demo.jsonl")
    (tmp_path / "folder.jsonl").mkdir()
    with pytest.raises(BadInput, match="is a folder"):
        exported(tmp_path / "folder.jsonl")


def test_the_formats_are_those_of_the_type() -> None:
    assert get_args(Form) == FORMS


def card_of(out: Path, samples: list[Sample], unproven: bool = False) -> tuple[dict[str, object], str]:
    text = exported(out, samples=samples, unproven=unproven).card_path.read_text(encoding="utf-8")
    _, front, body = text.split("---\n", 2)
    return yaml.safe_load(front), body


def test_the_card_counts_the_rows_that_were_written(tmp_path: Path) -> None:
    front, body = card_of(tmp_path / "demo.jsonl", examples.everything())
    assert (front["rows"], front["proven"], front["engines"]) == (3, 3, ["offline", "openai"])
    assert front["seed_licences"] == {"MIT": 2, "PSF-2.0": 1, "no seed known": 1}
    assert front["configs"] == [{"config_name": "default", "data_files": "demo.jsonl"}]
    assert "| task | function | 2 |" in body
    assert "| first draft | 2 | 66.7 % |" in body
    assert "| repair 1 | 1 | 33.3 % |" in body
    assert "| not proven: timeout | 1 |" in body
    assert front["sandbox_level"] == "strong"
    assert "| bubblewrap | strong | A-split | 1 |" in body
    assert "| bubblewrap | strong | not kept | 1 |" in body
    assert "| a solution that does nothing fails the tests (2 tried) | 2 |" in body
    assert "| some test failed for no wrong solution | 1 |" in body
    assert "| tests corrected after a judge said that they were wrong | 1 |" in body
    assert "| all of them | 1 | 50.0 % |" in body
    assert "| 80 % or more, not all | 1 | 50.0 % |" in body
    assert "| lines | 2 | 2 | 3.5 | 5 |" in body
    assert "are not proven" not in body


def test_the_card_says_that_offline_rows_are_composed_from_templates(tmp_path: Path) -> None:
    _, body = card_of(tmp_path / "demo.jsonl", [examples.repaired()])
    assert "1 of 1 rows were made, in whole or part, by the engine `offline`" in body
    assert "templates" in body


def test_the_card_says_nothing_of_offline_where_no_row_is(tmp_path: Path) -> None:
    asked = examples.task("remote").model_copy(update={"made": examples.made("make_task", "openai", "big")})
    solved = examples.solution("remote", engine="openai")
    _, body = card_of(tmp_path / "demo.jsonl", [Sample(task=asked, solution=solved, verdict=examples.verdict(solved))])
    assert "offline`" not in body
    assert "templates" not in body


def test_a_card_of_unproven_rows_says_how_many(tmp_path: Path) -> None:
    front, body = card_of(tmp_path / "demo.jsonl", examples.everything(), unproven=True)
    assert (front["rows"], front["proven"]) == (6, 3)
    assert "3 of 6 rows are not proven" in body
    assert "| evolution | - | 1 |" in body


def in_doubt() -> list[Sample]:
    """Samples that passed and are not proven all the same."""
    idle = Proof(stub="passed", mutants=2, killed=0, idle=("test_code.py::test_it",))
    doubts: dict[str, dict[str, object]] = {
        "open": {"level": "none", "backend": "plain"},
        "flaky": {"flaky": True},
        "idle": {"proof": idle},
    }
    made = {name: examples.solution(name) for name in doubts}
    return [
        Sample(task=examples.task(name), solution=made[name], verdict=examples.verdict(made[name], **how))
        for name, how in doubts.items()
    ]


def test_a_pass_in_doubt_stays_behind_and_says_why(tmp_path: Path) -> None:
    report = exported(tmp_path / "demo.jsonl", samples=[examples.proven(), *in_doubt()])
    assert report.rows == 1
    assert report.left_out == {
        "not proven: flaky": 1,
        "not proven: its tests pass for a solution that does nothing": 1,
        "not proven: run without isolation": 1,
    }


def test_rows_that_were_run_without_isolation_mark_the_whole_card(tmp_path: Path) -> None:
    front, body = card_of(tmp_path / "demo.jsonl", [examples.proven(), *in_doubt()], unproven=True)
    assert (front["sandbox_level"], front["rows"], front["proven"]) == ("none", 4, 1)
    assert "1 of 4 rows were run without any isolation (`sandbox_level: none`)" in body
    assert "| plain | none | not kept | 1 |" in body
    assert "| flaky: run again in another order, the verdict was another (2 tried) | 1 |" in body
    assert "| a solution that does nothing passes the tests | 1 |" in body


def test_names_and_configs_cannot_break_out_of_the_card(tmp_path: Path) -> None:
    facts = replace(examples.FACTS, name="a\n---\nb: |", configs=('{"name": "```\\n# Title"}', "not ``` JSON"))
    out = tmp_path / "demo.jsonl"
    text = export_samples(examples.everything(), "full", out, facts).card_path.read_text(encoding="utf-8")
    _, front, body = text.split("---\n", 2)
    assert yaml.safe_load(front)["pretty_name"] == "a --- b: |"
    assert "# a --- b: \\|\n" in body
    assert '\n````json\n{\n  "name": "```\\n# Title"\n}\n````' in body
