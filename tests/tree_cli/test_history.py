"""Going back and deciding: undo over processes, states, proposals, and commands that are cut off or meet another."""

import json
import signal
import sys
import time
from pathlib import Path

import pytest

from tests.tree_cli import OURS, Tool

OUTLINE = "a [9]\n  b [3]\n  c [2]\nlists\nlist [4]\n"
FILES = "sorting\n  quicksort\n  sort a list\n  read a file from disk\nfile operation\n  write a file\n  close a file\n"


@pytest.fixture
def tool(tmp_path: Path) -> Tool:
    tool = Tool(tmp_path / "w")
    tool("add-many", "-", typed=OUTLINE)
    return tool


def held(tool: Tool, *words: object) -> str:
    """Import the recipes as a proposal. Returns its id."""
    return str(tool("import", OURS, "--propose", "--json", *words).rows()[0]["proposal"])


def items(tool: Tool, name: str) -> dict[tuple[str, ...], dict[str, object]]:
    """The changes of a proposal by path."""
    return {tuple(row["path"]): row for row in tool("proposal", name, "--json").rows()}  # type: ignore[arg-type]


def test_processes_of_their_own_undo_and_redo_what_others_did(tmp_path: Path) -> None:
    tool = Tool(tmp_path / "w")
    assert tool.apart("import", OURS).code == 0
    imported = tool.state(ids=True)
    assert tool.apart("rename", "workflow", "arbeit — 作業", "--reason", "naïve").code == 0
    renamed = tool.state(ids=True)
    assert tool.apart("undo").code == 0
    assert tool.state(ids=True) == imported
    said = tool.apart("redo")
    assert said.out == "4  redo rename `workflow` to `arbeit — 作業`\n"
    assert (said.code, said.err) == (0, "")
    assert tool.state(ids=True) == renamed
    lines = tool.apart("history").lines
    assert [line.split()[0] for line in lines] == ["4", "3", "2", "1"]
    assert lines[2].endswith("rename `workflow` to `arbeit — 作業`  because: naïve")


def test_undo_takes_what_is_named_and_refuses_what_later_edits_stand_on(tool: Tool) -> None:
    tool("add", "a > d")
    tool("set-count", "list", "--observed", 5)
    tool("undo", 2)
    assert [path for path, *_ in tool.state()] == [("a",), ("a", "b"), ("a", "c"), ("lists",), ("list",)]
    assert tool.one("list")["observed"] == 5
    assert "(undone)" in tool("history").lines[2]
    for wrong in ("2", "99", "0", "ghost", ""):
        tool.refused("undo", wrong)
    tool("add", "a > b > e")
    tool("delete", "a > c")
    assert "undo that change first" in tool.refused("undo", 1)
    said = tool("history", "--limit", 2)
    assert (len(said.lines), said.err) == (2, "... 4 older; see more with --limit.\n")
    assert [line.split()[0] for line in tool("history", "--of", "a > b").lines] == ["1"]
    assert "nothing to redo" in tool.refused("redo")
    assert "nothing to undo" in Tool(tool.workspace.parent / "new").refused("undo")


def test_states_are_named_compared_and_brought_back(tool: Tool) -> None:
    first = tool.state(ids=True)
    assert tool("snapshot", "good one", "--reason", "before").out == "`good one` is the tree after entry 1.\n"
    tool("rename", "lists", "rows")
    tool("move", "a > b")
    tool("set-count", "list", "--observed", 7, "--estimated", 1.5)
    tool("add", "new")
    tool("delete", "a > c")
    last = tool.state(ids=True)
    assert tool("diff", "good one").lines == [
        *("added: 1", "  new  [0]", "removed: 1", "  a > c  [2]", "moved: 1", "  a > b -> b"),
        *("renamed: 1", "  lists -> rows", "counts: 1", "  list  [4 -> 7, est 1.5]"),
    ]
    rows = tool("diff", "now", "1", "--json").rows()
    assert {(row["kind"], *(row["before"] or ()), "->", *(row["after"] or ())) for row in rows} == {  # type: ignore[misc]
        ("added", "->", "a", "c"),
        ("removed", "new", "->"),
        ("moved", "b", "->", "a", "b"),
        ("renamed", "rows", "->", "lists"),
        ("counts", "list", "->", "list"),
    }
    assert tool("diff", "1", "--kind", "renamed").lines == ["renamed: 1", "  lists -> rows"]
    tool("restore", "good one")
    assert [row[:1] + row[2:] for row in tool.state(ids=True)] == [row[:1] + row[2:] for row in first]
    assert tool("restore", "good one").out == "the tree is in that state already.\n"
    tool("undo")
    assert tool.state(ids=True) == last
    tool("restore", 0)
    assert tool.state() == []
    tool("undo")
    assert tool.state(ids=True) == last
    assert tool("snapshots", "--json").rows()[0]["name"] == "good one"
    for wrong in (["snapshot", "good one"], ["snapshot", "12"], ["snapshot", "now"], ["snapshot", " "]):
        tool.refused(*wrong)
    assert "`good one`" in tool.refused("restore", "bad one")
    assert "`99`" in tool.refused("diff", "99")


@pytest.mark.parametrize("options", [[], ["--below", "a"], ["--replace"]])
def test_a_proposal_changes_nothing_until_accepted_and_is_undone_as_one_batch(tool: Tool, options: list[str]) -> None:
    plain = Tool(tool.workspace.parent / "plain")
    plain("add-many", "-", typed=OUTLINE)
    plain("import", OURS, *options)
    before, entries = tool.state(ids=True), len(tool.history())
    name = held(tool, *options)
    assert tool.state(ids=True) == before
    assert len(tool.history()) == entries
    tool("accept", name)
    after = tool.state(ids=True)
    assert sorted(tool.state(), key=str) == sorted(plain.state(), key=str)
    assert len(tool.history()) == entries + 1
    tool("undo")
    assert tool.state(ids=True) == before
    assert {row["state"] for row in items(tool, name).values()} == {"open"}
    tool("redo")
    assert tool.state(ids=True) == after
    tool("undo", name)
    assert tool.state(ids=True) == before


def test_single_items_ranges_and_all_are_accepted_or_refused(tool: Tool) -> None:
    name, before = held(tool), tool.state()
    rows = items(tool, name)
    torch, flame = rows["workflow", "torch"], rows["workflow", "torch", "blue flame"]
    assert flame["depends_on"] == torch["item"]
    assert flame["kind"] == "add"
    tool("accept", name, flame["item"])
    added = [path for path, *_ in tool.state()][len(before) :]
    assert added == [("workflow",), ("workflow", "torch"), ("workflow", "torch", "blue flame")]
    tool("undo")
    assert tool.state() == before
    tool("accept", name, "0-2", 7)
    states = [row["state"] for row in items(tool, name).values()]
    assert [number for number, state in enumerate(states) if state == "accepted"] == [0, 1, 2, 7]
    refused = tool("refuse", name, rows["error handling", "retry"]["item"]).out
    assert refused == "5 changes refused.\n"
    assert "is refused" in tool.refused("accept", name, rows["error handling", "retry", "with butter"]["item"])
    assert "already" in tool.refused("accept", name, 0)
    size = len(rows)
    for wrong in ("5-2", "x", "1-", "-", "3-x", "0-99999999999999", str(size), f"0-{size}"):
        assert "item" in tool.refused("accept", name, "--", wrong)
        assert "item" in tool.refused("refuse", name, "--", wrong)
    tool("accept", name)
    assert not [path for path, *_ in tool.state() if path[:2] == ("error handling", "retry")]
    counted = tool("proposals", "--json").rows()[0]
    assert (counted["open"], counted["accepted"], counted["refused"]) == (0, size - 5, 5)
    assert tool("accept", name).out == "nothing was left to change.\n"
    for words in (["accept", "ghost"], ["refuse", "ghost", "1"], ["proposal", "ghost"], ["accept", "\udcff"]):
        assert "no proposal" in tool.refused(*words)
    assert tool("proposal", name, "--limit", 2).err == f"... {size - 2} more; go on with --first 2.\n"
    assert len(tool("proposal", name, "--first", size - 1).lines) == 1


@pytest.mark.parametrize(
    ("kind", "outline", "gone", "stays"),
    [
        ("duplicates", OUTLINE, {("lists",)}, {("list",)}),
        ("empty-names", "a\n  none\n  some\n", {("a", "none")}, {("a", "some")}),
        ("chains", "a\n  only\n    child [2]\n    other\nb\n  x\n  y\n", set(), {("b", "x")}),
        ("cold-leaves", OUTLINE + "  cold\n", set(), {("a",)}),
        ("wide-parents", "a\n" + "".join(f"  n{i} [{i + 1}]\n" for i in range(60)), {("a", "n0")}, {("a", "n59")}),
        ("misplaced", FILES, {("sorting", "read a file from disk")}, {("sorting", "quicksort")}),
    ],
)
def test_what_a_finder_finds_is_proposed_and_accepted(
    tmp_path: Path, kind: str, outline: str, gone: set[tuple[str, ...]], stays: set[tuple[str, ...]]
) -> None:
    tool = Tool(tmp_path / "w")
    tool("add-many", "-", typed=outline)
    before = tool.state(ids=True)
    *found, last = tool("find", kind, "--json", "--propose", "--limit", 100).rows() or [{}]
    assert tool.state(ids=True) == before
    if "proposal" not in last:
        assert not gone
        assert "nothing to propose" in tool("find", kind, "--propose").err
        return
    assert {row["kind"] for row in found} == {kind.replace("-", " ")}
    assert all(row["reason"] for row in found)
    assert tool("find", kind, "--limit", 100).err == f"{len(found)} found\n"
    tool("accept", last["proposal"])
    assert tool.state(ids=True) != before
    left = {path for path, *_ in tool.state()}
    assert not left & gone
    assert stays <= left
    tool("undo")
    assert tool.state(ids=True) == before


def test_two_writers_meet_a_plain_message_and_nothing_breaks(tool: Tool) -> None:
    tool("import", OURS)
    with tool.start("subtrees", "--count", "100000000", PYTHONUNBUFFERED="1") as first:
        assert first.stdout is not None
        json.loads(first.stdout.readline())
        busy = tool.apart("rename", "a", "z")
        assert busy.code == 1
        assert busy.err.startswith("synth: ")
        assert "is open in another Espalier" in busy.err
        assert busy.err.count("\n") == 1
        first.stdout.close()
        assert first.stderr is not None
        assert first.stderr.read() == ""
        assert first.wait(timeout=60) == 1
    assert tool.apart("rename", "a", "z").code == 0


@pytest.mark.parametrize(
    "words", [("show", "--depth", "9"), ("search", "n"), ("history",), ("diff", "0", "--limit", "99999"), ("stats",)]
)
def test_a_reader_that_goes_away_leaves_no_traceback(tmp_path: Path, words: tuple[str, ...]) -> None:
    tool = Tool(tmp_path / "w")
    tool("add-many", "-", typed="".join(f"n{i}\n" for i in range(6000)))
    with tool.start(*words) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()
        assert process.wait(timeout=60) in (0, 1, 120)
    assert "Traceback" not in said
    assert "BrokenPipe" not in said


@pytest.mark.skipif(sys.platform == "win32", reason="this system sends no interrupt to one process")
def test_an_interrupt_leaves_no_traceback_no_half_file_and_the_workspace_free(tool: Tool, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    with tool.start("subtrees", "--count", "100000000", "--out", str(out / "draws.jsonl")) as process:
        deadline = time.monotonic() + 60
        while not list(out.iterdir()) and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err == "synth: stopped; what was finished is kept.\n"
    assert list(out.iterdir()) == []
    assert tool("show").lines
