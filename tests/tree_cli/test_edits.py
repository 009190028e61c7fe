"""Looking and editing: paths however they are spelt, each edit as one entry, and mistakes that change nothing."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.tree_cli.shared import readings
from synth.workspace.views import written
from tests.tree_cli import ODD, OURS, Tool

OUTLINE = "a [9]\n  b [3]\n    deep\n  c [2, est 1.5]\nalgorithm [1]\n  sorting\n  searching\n"

names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6) | st.sampled_from(ODD)


@pytest.fixture
def tool(tmp_path: Path) -> Tool:
    tool = Tool(tmp_path / "w")
    tool("add-many", "-", typed=OUTLINE)
    return tool


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Tool:
    """A workspace that no mistake may change."""
    tool = Tool(tmp_path_factory.mktemp("calm") / "w")
    tool("add-many", "-", typed=OUTLINE)
    return tool


@given(path=st.lists(names.filter(lambda name: bool(name.strip())), min_size=1, max_size=4).map(tuple))
@settings(max_examples=300, deadline=None)
def test_a_path_is_printed_on_one_line_as_the_commands_read_it(path: tuple[str, ...]) -> None:
    line = written(path)
    assert readings(line)[0] == path
    assert line.isprintable()


def test_a_feature_with_an_odd_name_can_be_made_seen_renamed_and_deleted(tmp_path: Path) -> None:
    tool = Tool(tmp_path / "w")
    for name in ODD:
        tool("add", json.dumps([name]))
    rows = [json.dumps({"path": [name, name], "note": ""}) for name in ODD]
    (tmp_path / "below.jsonl").write_text("\n".join(rows), encoding="utf-8")
    tool("import", tmp_path / "below.jsonl")
    shown = tool("show", "--limit", 1000).lines
    assert len(shown) == len(ODD)
    assert all(line.isprintable() for line in shown)
    for line in shown:
        printed = line.rsplit("  [", 1)[0]
        (name,) = readings(printed)[0]
        tool("rename", "--", json.dumps([name, name]), f"{name}!")
        assert tool("show", printed).lines[0] == line
    assert {path for path, *_ in tool.state()} == {(name,) for name in ODD} | {(name, f"{name}!") for name in ODD}
    tool("delete", *(json.dumps([name]) for name in ODD))
    assert tool.state() == []
    tool("undo")
    assert len(tool.state()) == 2 * len(ODD)


def test_paths_are_read_with_either_mark_and_names_may_hold_the_other(tool: Tool) -> None:
    for spelt in ("a > b > deep", "a---b---deep", "a>b>deep", ' ["a", "b", "deep"] '):
        assert tool("show", spelt, "--json").rows()[0]["path"] == ["a", "b", "deep"]
    tool("add", "a > x---y")
    assert tool.one("a", "x---y")["children"] == 0
    tool("add", "a > x---y > below")
    tool("add", '["p > q"]')
    tool("add", "p > q---r")
    assert tool.one("p > q", "r")["children"] == 0
    assert tool("show", "p > q---r", "--json").rows()[0]["path"] == ["p > q", "r"]
    assert tool("show", "p > q", "--json").rows()[0]["path"] == ["p > q"]
    assert tool("search", "r", "--mode", "prefix").lines == ['["p > q", "r"]  [no count]']


@pytest.mark.parametrize(
    ("path", "alike"),
    [("algoritm", "`algorithm`"), ("a > serching", "`algorithm > searching`"), ('["a","dep"]', "`a > b > deep`")],
)
def test_a_near_miss_names_features_spelt_alike(calm: Tool, path: str, alike: str) -> None:
    said = calm.refused("show", path)
    assert "no feature" in said
    assert alike in said


def test_each_edit_is_one_entry_with_its_reason(tool: Tool, tmp_path: Path) -> None:
    (tmp_path / "more.txt").write_text("new\n  newer [2]\n", encoding="utf-8")
    edits: list[tuple[object, ...]] = [
        ("add", "a > z", "--observed", 4, "--estimated", "0.5", "--before", "a > b"),
        ("add-many", tmp_path / "more.txt", "--below", "a > b"),
        ("rename", "a > z", "y"),
        ("move", "a > c", "algorithm", "--before", "algorithm > sorting"),
        ("move", "algorithm > c"),
        ("reorder", "algorithm", "searching", "sorting"),
        ("merge", "a", "c", "algorithm > searching"),
        ("set-count", "a", "--observed", 1, "--estimated", "2.25"),
        ("set-count", "a", "--clear-estimated"),
        ("note", "a", "look: 'twice'"),
        ("status", "disputed", "a", "a > b"),
        ("status", "none", "a > b"),
        ("lock", "a", "--below"),
        ("unlock", "a"),
        ("unlock", "a > b", "--below"),
        ("delete", "a > b > deep", "algorithm"),
    ]
    states = [tool.state(ids=True)]
    for number, words in enumerate(edits, start=2):
        assert tool(*words, "--reason", f"reason {number}").out.startswith(f"{number}  ")
        states.append(tool.state(ids=True))
        assert states[-1] != states[-2], words
    entries = tool.history()[::-1]
    assert [entry["number"] for entry in entries] == list(range(1, len(edits) + 2))
    assert [entry["reason"] for entry in entries[1:]] == [f"reason {entry['number']}" for entry in entries[1:]]
    last = tool.state()
    assert last == [
        (("a",), 1, None, False, "disputed", "look: 'twice'"),
        (("a", "y"), 4, 0.5, True, "", ""),
        (("a", "b"), 3, None, False, "", ""),
        (("a", "b", "new"), 0, None, False, "", ""),
        (("a", "b", "new", "newer"), 2, None, False, "", ""),
    ]
    for before in reversed(states[:-1]):
        tool("undo")
        assert tool.state(ids=True) == before
    tool("restore", len(edits) + 1)
    assert tool.state() == last


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["add", "a > b"], "has a child `b` already"),
        (["add", "ghost > b"], "no feature `ghost`"),
        (["add", " "], "needs a name"),
        (["add", '["a", "\\ud800"]'], "half a character"),
        (["add", "a > new", "--before", "algorithm"], "`algorithm`"),
        (["rename", "a", "algorithm"], "already"),
        (["rename", "a", ""], "needs a name"),
        (["move", "a", "a > b"], "below itself"),
        (["move", "ghost"], "no feature `ghost`"),
        (["reorder", "algorithm", "sorting"], "`algorithm`"),
        (["reorder", "algorithm", "sorting", "ghost"], "ghost"),
        (["merge", "a > b", "a"], "`a`"),
        (["delete", "a", "ghost"], "no feature `ghost`"),
        (["delete", "a", "a > b"], "Look at the tree again"),
        (["set-count", "a"], "--observed"),
        (["set-count", "a", "--observed", "99999999999"], "the largest"),
        (["add-many", "nowhere.txt"], "nowhere.txt"),
        (["add-many", "-"], "no names"),
        (["show", "["], 'no feature `["["]`'),
        (["show", "[" * 9000], "no feature"),
        (["search", " "], "blank"),
        (["show", "\udcff"], "no feature"),
        (["add", "\udcff"], "half a character"),
    ],
)
def test_a_mistake_is_one_clear_line_and_changes_nothing(calm: Tool, words: list[str], said: str) -> None:
    assert said in calm.refused(*words)


def test_a_lock_keeps_edits_out_and_an_edit_without_effect_is_no_entry(tool: Tool) -> None:
    tool("lock", "a", "--below")
    for words in (["rename", "a > b", "x"], ["delete", "a"], ["set-count", "a", "--observed", 1], ["move", "a > b"]):
        assert "is locked; unlock it first" in tool.refused(*words)
    entries = len(tool.history())
    for words in (["lock", "a > b"], ["status", "none", "algorithm"], ["rename", "algorithm", "algorithm"]):
        assert tool(*words).out == "nothing changed.\n"
    assert len(tool.history()) == entries


@pytest.mark.parametrize(
    "words",
    [[], ["sing"], ["add"], ["set-count", "a", "--observed", "-1"], ["status", "fine", "a"], ["export", "x.csv"]],
)
def test_wrong_usage_shows_the_usage(tmp_path: Path, words: list[str]) -> None:
    tool = Tool(tmp_path / "w")
    said = tool(*(words or ["--help-me"]), code=2)
    assert said.err.startswith("usage: synth tree")
    assert not tool.workspace.exists()


def test_show_goes_as_deep_and_as_far_as_asked(tool: Tool) -> None:
    assert tool("show").lines == ["a  [9; 2 below]", "algorithm  [1; 2 below]"]
    assert tool("show", "--depth", 3, "a").lines == [
        "a  [9; 2 below]",
        "  b  [3; 1 below]",
        "    deep  [no count]",
        "  c  [2, est 1.5]",
    ]
    assert tool("show", "--limit", 2).err == ""
    cut = tool("show", "--limit", 3, "--depth", 9)
    assert (len(cut.lines), "--limit" in cut.err) == (3, True)
    tool("note", "a", "first\nsecond")
    assert tool("show", "--limit", 1).lines == ["a  [9; 2 below]  first second"]
    assert "is empty" in Tool(tool.workspace.parent / "new")("show").err


def test_search_in_each_mode(tmp_path: Path) -> None:
    tool = Tool(tmp_path / "w")
    tool("import", OURS)

    def found(*words: object) -> set[str]:
        return {" > ".join(row["path"]) for row in tool("search", *words, "--json").rows()}  # type: ignore[arg-type]

    assert found("TORCH", "--mode", "prefix") == {"workflow > torch", "workflow > torchvision"}
    assert found("béch") == {"kitchen language > naïve Béchamel"}
    assert found("retry > pause", "--mode", "path") == {"error handling > retry > with butter > after---a pause"}
    assert "workflow > plating" in found("platng", "--mode", "fuzzy")
    assert found("o", "--below", "logging") == set()
    pages = [tool("search", "o", "--limit", 3, "--offset", 3 * page) for page in range(20)]
    every = [line for page in pages for line in page.lines]
    assert len(every) == len(set(every)) == int(pages[0].err.split(" of ")[1].split()[0])


def test_stats_in_numbers_and_to_read(tool: Tool) -> None:
    tool("add", "[bold]name[/bold]")
    tool("add", ":smile:")
    numbers = tool("stats", "--json").rows()[0]
    assert (numbers["nodes"], numbers["leaves"], numbers["per_level"]) == (9, 6, [4, 4, 1])
    text = tool("stats").out
    assert "[bold]name[/bold]" in text
    assert ":smile:" in text
