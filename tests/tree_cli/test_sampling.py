"""Draws, plans and computed draws from the command line: what the options promise, holds in every line."""

import json
from collections import Counter
from pathlib import Path

import pytest

from tests.tree_cli import FOLDERS, Tool

FOLDER = FOLDERS[-1]
Paths = list[tuple[str, ...]]


@pytest.fixture(scope="module")
def tool(tmp_path_factory: pytest.TempPathFactory) -> Tool:
    """A workspace that no test of this module changes."""
    tool = Tool(tmp_path_factory.mktemp("sampling") / "w")
    tool("import", FOLDER)
    held = {path[0] for path, *_ in tool.state()}
    for name in sorted({"algorithm", "functionality", "security", "data structures"} - held):
        tool("add", name, "--observed", 5)
    return tool


def features(row: dict[str, object], key: str = "features") -> Paths:
    """The features of a line."""
    return [tuple(path) for path in row[key]]  # type: ignore[attr-defined]


def children(paths: Paths) -> "Counter[tuple[str, ...]]":
    """How many children each feature has in a subtree."""
    return Counter(path[:-1] for path in paths)


def test_a_seed_gives_the_same_bytes_everywhere(tool: Tool, tmp_path: Path) -> None:
    words = ("subtrees", "--shape", "5,2,1,1", "--temperature", 10, "--count", 50, "--seed", 3, "--mandatory", 2)
    first = tmp_path / "first.jsonl"
    assert "50 subtrees in" in tool(*words, "--out", first).out
    tool(*words, "--out", tmp_path / "second.jsonl")
    assert (tmp_path / "second.jsonl").read_bytes() == first.read_bytes()
    for place, seed in (("third.jsonl", "1"), ("fourth.jsonl", "4242")):
        said = tool.apart(*words, "--out", tmp_path / place, PYTHONHASHSEED=seed)
        assert said.code == 0, said.err
        assert (tmp_path / place).read_bytes() == first.read_bytes()
    assert tool(*words).out == first.read_text(encoding="utf-8")
    assert tool(*words[:-3], 4, "--mandatory", 2).out != first.read_text(encoding="utf-8")
    assert "--overwrite" in tool("subtrees", "--out", first, code=1).err
    tool("subtrees", "--count", 1, "--out", first, "--overwrite")
    assert len(first.read_text(encoding="utf-8").splitlines()) == 1
    assert not [file for file in tmp_path.iterdir() if file.name.startswith(".")]


def test_fixed_excluded_rules_shape_and_mandatory_hold_in_every_draw(tool: Tool) -> None:
    widths = (5, 2, 1, 1)
    tree = {path for path, *_ in tool.state()}
    fixed = ("workflow", "data validation") if ("workflow", "data validation") in tree else ("workflow", "parsing")
    seldom, common = ("logging",), ("error handling",)
    for temperature in ("10", "-2", "1"):
        said = tool(
            *("subtrees", "--shape", "5,2,1,1", f"--temperature={temperature}", "--count", 200, "--seed", 11),
            *("--fixed", " > ".join(fixed), "--mandatory", 3),
            *("--exclude", "security", "--exclude", "data structures"),
            *("--never", "algorithm", "functionality", "--only-with", *seldom, *common),
        )
        rows = said.rows()
        assert [row["draw"] for row in rows] == list(range(200))
        for row in rows:
            drawn = features(row)
            assert len(set(drawn)) == len(drawn)
            assert set(drawn) <= tree
            assert {path[:-1] for path in drawn} - {()} <= set(drawn)
            assert all(many <= widths[len(above)] for above, many in children(drawn).items())
            assert {fixed, fixed[:1]} <= set(drawn)
            assert not {path[0] for path in drawn} & {"security", "data structures"}
            assert not {("algorithm",), ("functionality",)} <= set(drawn)
            assert common in drawn or seldom not in drawn
            ends = set(drawn) - {path[:-1] for path in drawn}
            asked = features(row, "mandatory")
            assert len(asked) == min(3, len(ends))
            assert set(asked) <= ends
            assert (row["seed"], row["temperature"]) == (11, float(temperature))


def test_negative_infinite_and_several_temperatures(tool: Tool) -> None:
    used = [row["temperature"] for row in tool("subtrees", "--temperature=-2,0.5", "--count", 4).rows()]
    assert used == [-2, 0.5, -2, 0.5]
    text = tool("subtrees", "--temperature", "inf", "--count", 1).out
    assert "Infinity" not in text  # which is no JSON
    assert (
        tool("subtrees", "--temperature", "-2", "--count", 1).out
        == tool("subtrees", "--temperature=-2", "--count", 1).out
    )
    top = [len({path[0] for path in features(row)}) for row in tool("subtrees", "--distinct", "--count", 20).rows()]
    assert set(top) == {min(5, len({path[0] for path, *_ in tool.state()}))}
    only = tool("subtrees", "--shape", "1", "--boost", "workflow=0", "--count", 300).rows()
    assert not any(("workflow",) in features(row) for row in only)
    assert tool("subtrees", "--count", 0).out == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--temperature", "0"], "--temperature: "),
        (["--temperature", "nan"], "--temperature: "),
        (["--temperature", "hot"], "`hot` is no number"),
        (["--temperature", "1,,2"], "--temperature: "),
        (["--shape", "0,1"], "--shape: "),
        (["--shape", "5,-1"], "`-1` is no width"),
        (["--shape", ""], "--shape: "),
        (["--shape", "1.5"], "`1.5` is no width"),
        (["--shape", "99999,99999"], "the most is"),
        (["--boost", "workflow"], "CATEGORY=FACTOR"),
        (["--boost", "workflow=much"], "`much` is no number"),
        (["--boost", "workflow=-1"], "--boost: "),
        (["--boost", "ghost=2"], "`ghost`"),
        (["--fixed", "worklow"], "Alike: `workflow`"),
        (["--exclude", "workflow > ghost"], "no feature `workflow > ghost`"),
        (["--fixed", "workflow", "--exclude", "workflow"], "excluded"),
        (["--fixed", "workflow", "--fixed", "logging", "--never", "workflow", "logging"], "keeps them apart"),
        (["--fixed", "workflow", "--fixed", "logging", "--shape", "1"], "widen"),
        (["--never", "workflow", "workflow"], "with itself"),
        (["--out", "nowhere/at/all.jsonl"], "cannot be written"),
        (["--out", "."], "is a folder"),
    ],
)
def test_a_wrong_value_is_one_clear_line(tool: Tool, words: list[str], said: str) -> None:
    done = tool("subtrees", *words, code=1)
    assert done.out == ""
    assert done.err.startswith("synth: ")
    assert said in done.err
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(
    "words",
    [
        ["subtrees", "--count", "-1"],
        ["subtrees", "--seed", "x"],
        ["subtrees", "--never", "workflow"],
        ["subtrees", "--mandatory", "some"],
        ["plan", "--times", "x"],
        ["what-if", "--draws", "-1"],
    ],
)
def test_wrong_usage_shows_the_usage(tool: Tool, words: list[str]) -> None:
    assert tool(*words, code=2).err.startswith("usage: synth tree")


def test_a_plan_covers_every_leaf_within_the_shape(tool: Tool, tmp_path: Path) -> None:
    tree = {path for path, *_ in tool.state()}
    leaves = tree - {path[:-1] for path in tree}
    out = tmp_path / "plan.jsonl"
    said = tool("plan", "--shape", "6,4,3,3", "--out", out)
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert said.out.startswith(f"{len(rows)} subtrees; no plan has fewer than ")
    covered: Counter[tuple[str, ...]] = Counter()
    for row in rows:
        drawn = features(row)
        covered.update(set(drawn) & leaves)
        assert all(many <= (6, 4, 3, 3)[len(above)] for above, many in children(drawn).items())
        assert {path[:-1] for path in drawn} - {()} <= set(drawn)
    assert {leaf for leaf in leaves if len(leaf) <= 4} == set(covered)
    assert "--overwrite" in tool("plan", "--out", out, code=1).err
    some = {leaf for leaf in leaves if leaf[0] == "workflow"}
    twice = tool("plan", "--shape", "1,9,9,9", "--below", "workflow", "--times", 2, "--exclude", "logging").rows()
    seen = Counter(path for row in twice for path in features(row) if path in some)
    assert set(seen) == some
    assert min(seen.values()) >= 2


def test_a_plan_says_what_it_cannot_cover_and_covers_pairs(tool: Tool) -> None:
    said = tool("plan", "--shape", "9,9", "--exclude", "workflow")
    assert "not covered: " in said.err
    pairs = tool("plan", "--shape", "2,1", "--pairs", "workflow", "logging", "error handling")
    together = [{path[0] for path in features(row)} for row in pairs.rows()]
    for one, other in (("workflow", "logging"), ("workflow", "error handling"), ("logging", "error handling")):
        assert any({one, other} <= found for found in together)
    assert "leave out" in tool("plan", "--pairs", "workflow", "logging", "--times", 2, code=1).err
    assert "`times`" in tool("plan", "--times", 0, code=1).err


def test_what_if_agrees_with_draws_and_writes_every_feature(tool: Tool, tmp_path: Path) -> None:
    shape = ("--shape", "3,2,1,1", "--temperature", 2, "--exclude", "logging")
    out = tmp_path / "chances.jsonl"
    said = tool("what-if", *shape, "--draws", 500, "--json", "--out", out, "--top", 5).rows()[0]
    chances = {tuple(row["path"]): row["probability"] for row in map(json.loads, out.read_text("utf-8").splitlines())}
    assert list(chances) == [path for path, *_ in tool.state()]
    assert chances["logging",] == 0
    assert said["expected_features_a_draw"] == pytest.approx(sum(chances.values()))
    assert [row["probability"] for row in said["likeliest"]] == sorted(chances.values(), reverse=True)[:5]  # type: ignore[attr-defined]
    drawn = Counter(path for row in tool("subtrees", *shape, "--count", 2000).rows() for path in features(row))
    for path, chance in chances.items():
        assert abs(drawn[path] / 2000 - chance) < 5 * (chance * (1 - chance) / 2000) ** 0.5 + 0.003, path
    plain = tool("what-if", *shape, "--never", "workflow", "error handling", "--top", 1)
    assert "not counted" in plain.err
    assert plain.lines[-1].strip().startswith("0.")
    assert "one temperature at a time" in tool("what-if", "--temperature", "1,2", code=1).err
    assert "--overwrite" in tool("what-if", "--out", out, code=1).err


def test_nothing_is_drawn_from_an_empty_tree(tmp_path: Path) -> None:
    empty = Tool(tmp_path / "empty")
    assert "no features yet" in empty("subtrees", code=1).err
    assert empty("plan").out == ""
    assert empty("what-if", "--json").rows()[0]["reachable_leaves"] == 0
