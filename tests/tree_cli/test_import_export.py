"""Trees into a workspace and out of it: every form, every option, and every kind of bad file."""

import json
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from synth.tree.formats import FORMATS
from tests.tree_cli import FOLDERS, ODD, OURS, Tool

KEPT = {
    "epicoder": {"observed", "estimated"},
    "deepfabric": set(),
    "outline": {"observed", "estimated"},
    "markdown": {"observed", "estimated"},
    "jsonl": {"observed", "estimated", "locked", "status", "note"},
    "csv": {"observed", "estimated", "locked", "status", "note"},
    "parquet": {"observed", "estimated", "locked", "status", "note"},
    "espalier": {"observed", "estimated", "locked", "status", "note"},
}
PARTS = ("observed", "estimated", "locked", "status", "note")
SAID = {"observed": "observed counts", "estimated": "estimated counts", "locked": "lock", "status": "status"}


@pytest.fixture
def kitchen(tmp_path: Path) -> Tool:
    """A tree with counts of both kinds, odd names, a note, a status and a lock; six entries of history."""
    tool = Tool(tmp_path / "kitchen")
    tool("import", OURS)
    tool("add-many", "-", typed="odd\n  x [3]\n  y [est 2.5]\n")
    tool("add", json.dumps(["odd", "a > b---c "]), "--observed", 4)
    tool("note", "workflow > parsing", 'first "line"\nsecond')
    tool("status", "to review", "logging", "odd > x")
    tool("lock", "error handling > retry", "--below")
    return tool


def test_the_forms_named_here_are_all() -> None:
    assert set(KEPT) == set(FORMATS)


@pytest.mark.parametrize("form", sorted(FORMATS))
def test_a_form_gives_back_what_it_carries_and_says_what_it_drops(kitchen: Tool, tmp_path: Path, form: str) -> None:
    out = tmp_path / f"out{'' if form == 'epicoder' else FORMATS[form].suffix}"
    said = kitchen("export", out, "--format", form)
    if form == "epicoder":
        assert sorted(file.name for file in out.iterdir()) == ["features.json", "frequencies.json"]
    other = Tool(tmp_path / "other")
    other("import", out)  # its ending, or its folder, tells the form
    given, back = kitchen.state(), other.state()
    assert [row[0] for row in back] == [row[0] for row in given]
    for place, part in enumerate(PARTS, start=1):
        if part in KEPT[form]:
            assert [row[place] for row in back] == [row[place] for row in given], part
        else:
            assert {row[place] for row in back} <= {0, None, ""}, part
    dropped = "\n".join(said.lines[1:])
    for part in PARTS:
        assert (SAID.get(part, "1 note") in dropped) == (part not in KEPT[form]), part
    assert ("6 entries of the history" in dropped) == (form != "espalier")
    assert all(line.startswith(f"  {form} cannot carry: ") for line in said.lines[1:])


@pytest.mark.parametrize("form", ["espalier", "parquet", "csv", "jsonl"])
def test_odd_names_come_through_files_and_the_command_line(tmp_path: Path, form: str) -> None:
    tool, other = Tool(tmp_path / "w"), Tool(tmp_path / "other")
    tool("add", "top")
    lines = [json.dumps({"path": ["top", name], "note": name}, ensure_ascii=False) for name in ODD]
    (tmp_path / "odd.jsonl").write_text("\n".join(lines), encoding="utf-8")
    tool("import", tmp_path / "odd.jsonl")
    assert sorted(path[-1] for path, *_ in tool.state()) == sorted(("top", *ODD))
    tool("export", tmp_path / f"out.{form}", "--format", form)
    other("import", tmp_path / f"out.{form}", "--format", form)
    assert other.state() == tool.state()


def test_espalier_takes_the_history_along_and_undo_works_there(kitchen: Tool, tmp_path: Path) -> None:
    out = tmp_path / "tree.espalier"
    kitchen("export", out, "--format", "espalier")
    other = Tool(tmp_path / "other")
    said = other("import", out, "--with-history")
    assert "6 entries" in said.out
    assert other.history() == kitchen.history()
    assert other.state(ids=True) == kitchen.state(ids=True)
    for tool in (kitchen, other):
        tool("undo")
        tool("undo", 1 + 2)
    assert other.state(ids=True) == kitchen.state(ids=True)
    assert "of its own" in other.refused("import", out, "--with-history")
    plain = Tool(tmp_path / "plain")
    for option in (["--replace"], ["--propose"], ["--below", "odd"]):
        assert "leave out" in plain.refused("import", out, "--with-history", *option)
    kitchen("export", tmp_path / "tree.csv", "--format", "csv")
    assert "has no history" in plain.refused("import", tmp_path / "tree.csv", "--with-history")


def test_a_branch_has_no_history_and_that_is_said(kitchen: Tool, tmp_path: Path) -> None:
    said = kitchen("export", tmp_path / "branch.espalier", "--format", "espalier", "--below", "error handling")
    assert "6 entries of the history" in said.out
    other = Tool(tmp_path / "other")
    other("import", tmp_path / "branch.espalier")
    assert [path for path, *_ in other.state()] == [
        path[1:] for path, *_ in kitchen.state() if path[0] == "error handling" and path[1:]
    ]
    kitchen("snapshot", "good")
    assert "1 names of snapshots" in kitchen("export", tmp_path / "tree.csv", "--format", "csv").out


def test_names_of_states_travel_with_the_history(kitchen: Tool, tmp_path: Path) -> None:
    kitchen("snapshot", "good", "--reason", "checked")
    named = kitchen.state()
    kitchen("add", "error handling > late", "--observed", "3")
    said = kitchen("export", tmp_path / "tree.espalier", "--format", "espalier").out
    assert "cannot carry" not in said
    other = Tool(tmp_path / "other")
    other("import", tmp_path / "tree.espalier", "--with-history")
    assert other.state() == kitchen.state() != named
    assert other("snapshots").out == kitchen("snapshots").out
    other("restore", "good")
    assert other.state() == named


@pytest.mark.parametrize("options", [[], ["--below", "odd > x"], ["--replace"], ["--replace", "--below", "workflow"]])
def test_an_import_is_one_batch_and_its_undo_brings_the_identical_tree_back(kitchen: Tool, options: list[str]) -> None:
    before, entries = kitchen.state(ids=True), len(kitchen.history())
    kitchen("import", OURS, *options, "--reason", "because")
    after = kitchen.state(ids=True)
    assert after != before
    (entry, *_) = kitchen.history()
    assert (entry["number"], entry["reason"], entry["actor"]) == (
        entries + 1,
        "because",
        {"kind": "import", "name": "epicoder"},
    )
    kitchen("undo")
    assert kitchen.state(ids=True) == before
    kitchen("redo")
    assert kitchen.state(ids=True) == after
    kitchen("undo", entries + 1)
    assert kitchen.state(ids=True) == before


def test_counts_add_up_and_replace_sets_them_and_keeps_what_is_locked(kitchen: Tool, tmp_path: Path) -> None:
    file = tmp_path / "more.txt"
    file.write_text("odd\n  x [10]\nworkflow [1]\n", encoding="utf-8")
    kitchen("import", file)
    assert (kitchen.one("odd", "x")["observed"], kitchen.one("workflow")["observed"]) == (13, 62)
    kitchen("undo")
    size = len(kitchen.state())
    told = kitchen("import", file, "--replace", "--json").rows()[0]
    assert (kitchen.one("odd", "x")["observed"], kitchen.one("workflow")["observed"]) == (10, 1)
    top = sorted({path[0] for path, *_ in kitchen.state()})
    assert top == ["error handling", "odd", "workflow"]
    assert kitchen.one("error handling", "retry", "with butter")["locked"]
    assert (told["format"], told["created"], told["met"]) == ("outline", 0, 3)
    assert told["removed"] == size - len(kitchen.state()) > 0


def test_the_form_is_told_by_name_content_or_option_and_frequencies_by_theirs(tmp_path: Path) -> None:
    shutil.copy(OURS / "features.json", tmp_path / "tree.txt")
    whole, bare, named = (Tool(tmp_path / name) for name in ("whole", "bare", "named"))
    whole("import", OURS / "features.json", "--frequencies", OURS / "frequencies.json")
    bare("import", OURS / "features.json")
    named("import", tmp_path / "tree.txt", "--format", "epicoder", "--frequencies", OURS / "frequencies.json")
    assert named.state() == whole.state()
    assert {row[1] for row in bare.state()} == {0}
    assert whole.one("workflow", "torch")["observed"] == 7
    assert whole.one("workflow", "torchvision")["estimated"] == 0.5
    (tmp_path / "paths.jsonl").write_text('{"path": ["a", "b"]}\n', encoding="utf-8")
    assert "(deepfabric)" in bare("import", tmp_path / "paths.jsonl").out
    (tmp_path / "noted.jsonl").write_text('{"path": ["a", "b"], "note": "n"}\n', encoding="utf-8")
    assert "(jsonl)" in bare("import", tmp_path / "noted.jsonl").out
    assert "leave" in bare.refused("import", tmp_path / "noted.jsonl", "--format", "jsonl", "--frequencies", "x")
    assert bare("import", OURS, "--format", "yaml", code=2).err.startswith("usage: ")


BAD = [
    ("cut.json", '{"a": {"b": ', "column"),
    ("number.json", '{"a": {"b": 3}}', "a---b"),
    ("deep.txt", "a\n    b\n  c\n", "line 3"),
    ("list.md", "- a\n\ntext\n", "line 3"),
    ("path.jsonl", '{"path": ["a"], "observed": 1}\n{"path": "a"}\n', "line 2"),
    ("count.jsonl", '{"path": ["a"], "observed": -1}\n', "line 1"),
    ("names.jsonl", '{"path": ["a"]}\n{"path": ["a", " "]}\n', "line 2"),
    ("count.csv", 'path,observed\n"[""a""]",1\n"[""b""]",many\n', "line 3"),
    ("empty.csv", "", "empty"),
    ("bytes.parquet", "nothing of the kind", "Parquet"),
    ("bytes.espalier", "nothing of the kind", "zip"),
    ("tree.yaml", "a: b", "ending"),
]


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Tool:
    """A workspace that no bad file may change."""
    tool = Tool(tmp_path_factory.mktemp("calm") / "w")
    tool("add-many", "-", typed="a [1]\n  b [2]\n")
    return tool


@pytest.mark.parametrize(("name", "text", "place"), BAD)
@pytest.mark.parametrize("options", [[], ["--replace"], ["--propose"]])
def test_a_bad_file_is_named_with_the_place_and_changes_nothing(
    calm: Tool, tmp_path: Path, options: list[str], name: str, text: str, place: str
) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    said = calm.refused("import", tmp_path / name, *options)
    assert name in said
    assert place in said


def test_other_bad_files_are_named_with_the_place_and_change_nothing(tmp_path: Path) -> None:
    tool = Tool(tmp_path / "w")
    tool("import", OURS)
    (tmp_path / "text.txt").write_bytes(b"a\nb\xff\n")
    assert "line 2" in tool.refused("import", tmp_path / "text.txt")
    pq.write_table(pa.table({"path": [["a"], ["b"]], "observed": [1, -1]}), tmp_path / "count.parquet")
    assert "row 2" in tool.refused("import", tmp_path / "count.parquet")
    (tmp_path / "frequencies.json").write_text('{"workflow": {"frequency": "many"}}', encoding="utf-8")
    said = tool.refused("import", OURS / "features.json", "--frequencies", tmp_path / "frequencies.json")
    assert "frequencies.json" in said
    assert "workflow" in said
    good = tmp_path / "good.espalier"
    tool("export", good, "--format", "espalier")
    good.write_bytes(good.read_bytes()[:-30])
    assert "good.espalier" in tool.refused("import", good)
    assert "features.json" in tool.refused("import", tmp_path)
    assert "absent.csv" in tool.refused("import", tmp_path / "absent.csv")
    assert "no feature `nowhere`" in tool.refused("import", OURS, "--below", "nowhere")


def test_what_is_there_is_not_written_over_without_being_told_to(kitchen: Tool, tmp_path: Path) -> None:
    out = tmp_path / "tree.csv"
    out.write_text("mine", encoding="utf-8")
    assert "tree.csv exists" in kitchen.refused("export", out, "--format", "csv")
    assert out.read_text(encoding="utf-8") == "mine"
    kitchen("export", out, "--format", "csv", "--overwrite")
    assert out.read_text(encoding="utf-8") != "mine"
    folder = tmp_path / "folder"
    kitchen("export", folder, "--format", "epicoder")
    (folder / "features.json").unlink()
    assert "frequencies.json exists" in kitchen.refused("export", folder, "--format", "epicoder")
    assert [file.name for file in folder.iterdir()] == ["frequencies.json"]
    assert "is a folder" in kitchen.refused("export", folder, "--format", "csv", "--overwrite")
    assert "cannot be written" in kitchen.refused("export", tmp_path / "no" / "t.csv", "--format", "csv")
    assert "the tree is empty" in Tool(tmp_path / "empty").refused("export", tmp_path / "e.csv", "--format", "csv")


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_counts_of_untouched_features_come_back_as_they_were(folder: Path, tmp_path: Path) -> None:
    tool = Tool(tmp_path / "w")
    tool("import", folder)
    given = json.loads((folder / "frequencies.json").read_text(encoding="utf-8"))
    names = json.loads((folder / "features.json").read_text(encoding="utf-8"))
    tool("export", tmp_path / "as-it-was", "--format", "epicoder")
    assert json.loads((tmp_path / "as-it-was" / "frequencies.json").read_text(encoding="utf-8")) == given
    tool("set-count", "logging", "--observed", 77)
    tool("add", "workflow > quite new", "--observed", 5)
    tool("export", tmp_path / "edited", "--format", "epicoder")
    then = json.loads((tmp_path / "edited" / "frequencies.json").read_text(encoding="utf-8"))
    assert then["logging"]["frequency"] == 77
    assert then["workflow---quite new"]["frequency"] == 5
    changed = {"logging", "workflow---quite new"}
    assert {key: value for key, value in then.items() if key not in changed} == {
        key: value for key, value in given.items() if key not in changed
    }
    assert list(json.loads((tmp_path / "edited" / "features.json").read_text(encoding="utf-8"))) == list(names)


def test_a_folder_that_cannot_be_made_is_a_clear_error(tmp_path: Path) -> None:
    said = Tool(tmp_path / ("w" * 300))("stats", code=1).err
    assert f"{tmp_path / 'www'}" in said
    assert "cannot be a workspace folder: File name too long" in said
