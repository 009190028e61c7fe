"""Trees through files and back: what a form carries comes back, and what it cannot carry is said."""

import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.errors import BadInput
from synth.tree.columns import STATUSES, FeatureTree
from synth.tree.formats import FORMATS, read, read_outline, write
from synth.tree.fragment import Fragment, FragmentBuilder
from synth.tree.table import MAX_COUNT

OURS = Path(__file__).parent / "data" / "epicoder"
PUBLIC = Path(__file__).parents[3] / "shared" / "data" / "epicoder-tree"
FOLDERS = [folder for folder in (OURS, PUBLIC) if folder.exists()]
LOSSLESS = ("jsonl", "csv", "parquet", "espalier")

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6)
odd = st.sampled_from(
    (
        *("torch", "torchvision", "a---b", "---", 'say "hi"', '"', "- item", "* x", "1. one", "1)", "# head", "[3]"),
        *("x [3]", "x  [3, est 2.5]", " lead", "trail ", "two\nlines", "a\r\nb", "tab\tin", "\u2028", "\x85x", "a\\b"),
        *("a\\", "*bold*", "`code`", "<b>", "x]", "null", "=1+1", "a,b", "\x00", "\ufeffx", "数据", "🍲", "-", "path"),
    )
)
names = st.one_of(odd, texts).filter(lambda name: bool(name.strip()))
seeds = st.lists(texts, min_size=1, max_size=3, unique=True).map(lambda found: tuple(sorted(found)))
estimates = st.floats(0, MAX_COUNT) | st.sampled_from([0.0, 1.0, 1e-9, 1 / 3])


@st.composite
def fragments(draw: st.DrawFn, *, rich: bool = True) -> Fragment:
    """A tree in any row order in which parents come first, with or without everything that can be said of a node."""
    builder = FragmentBuilder()
    for _ in range(draw(st.integers(1, 14))):
        row = builder.add(draw(st.integers(-1, len(builder) - 1)), draw(names))
        builder.count(row, draw(st.integers(0, 3) | st.integers(0, MAX_COUNT)), draw(st.none() | estimates))
    fragment = builder.finish(ordered=draw(st.booleans()))
    size = len(fragment)
    if rich:
        fragment.locked = np.array(draw(st.lists(st.booleans(), min_size=size, max_size=size)), np.bool_)
        kinds = st.integers(0, len(STATUSES) - 1)
        fragment.status = np.array(draw(st.lists(kinds, min_size=size, max_size=size)), np.uint8)
        fragment.note = draw(st.dictionaries(st.integers(0, size - 1), texts | odd, max_size=3))
        fragment.evidence = draw(st.dictionaries(st.integers(0, size - 1), seeds, max_size=3))
    return fragment


def told(fragment: Fragment, *parts: str) -> list[tuple[object, ...]]:
    """What a tree says node by node, siblings as shown."""
    tree = FeatureTree.from_fragment(fragment)
    return [(tree.path(node), *(getattr(tree, part)(node) for part in parts)) for node in tree.nodes()]


def through(fragment: Fragment, format: str) -> tuple[Fragment, tuple[str, ...]]:
    """Written and read again."""
    with TemporaryDirectory() as folder:
        out = Path(folder) / f"tree{FORMATS[format].suffix}"
        dropped = write(fragment, format, out).dropped
        return read(out, format).fragment, dropped


@pytest.mark.parametrize("format", LOSSLESS)
@given(fragment=fragments())
@settings(max_examples=40)
def test_lossless_forms_give_everything_back(format: str, fragment: Fragment) -> None:
    back, dropped = through(fragment, format)
    parts = ("observed", "estimated", "locked", "status", "note", "evidence")
    assert told(back, *parts) == told(fragment, *parts)
    assert dropped == ()


@pytest.mark.parametrize("format", ["outline", "markdown"])
@given(fragment=fragments())
@settings(max_examples=80)
def test_texts_give_names_order_and_counts_back(format: str, fragment: Fragment) -> None:
    back, dropped = through(fragment, format)
    assert told(back, "observed", "estimated") == told(fragment, "observed", "estimated")
    assert any("note" in text for text in dropped) == bool(fragment.note)
    assert any("evidence" in text for text in dropped) == bool(fragment.evidence)


@given(fragment=fragments(rich=False))
@settings(max_examples=80)
def test_deepfabric_gives_paths_and_order_back(fragment: Fragment) -> None:
    back, dropped = through(fragment, "deepfabric")
    assert told(back) == told(fragment)
    assert any("observed" in text for text in dropped) == bool(fragment.observed.any())


@given(fragment=fragments(rich=False))
@settings(max_examples=80)
def test_epicoder_gives_back_what_it_does_not_report_as_dropped(fragment: Fragment) -> None:
    back, dropped = through(fragment, "epicoder")
    assert told(back) == told(fragment)
    if not dropped:
        assert told(back, "observed", "estimated") == told(fragment, "observed", "estimated")
    again, _ = through(back, "epicoder")
    assert told(again, "observed", "estimated", "source") == told(back, "observed", "estimated", "source")


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_epicoder_files_come_back_as_they_were(folder: Path, tmp_path: Path) -> None:
    tree = FeatureTree.from_fragment(read(folder).fragment)
    exported = write(tree.to_fragment(), "epicoder", tmp_path / "out")
    assert exported.dropped == ()
    for file in exported.files:
        ours, theirs = json.loads(file.read_text()), json.loads((folder / file.name).read_text())
        assert json.dumps(ours) == json.dumps(theirs)  # equal down to the order of the keys


def test_epicoder_counts_reach_the_node_with_just_that_path() -> None:
    imported = read(OURS)
    tree = FeatureTree.from_fragment(imported.fragment)
    found = {path: (observed, estimated) for path, observed, estimated, _ in tree.to_rows()}
    assert found["workflow", "torch"] == (7, None)
    assert found["workflow", "torchvision"] == (0, 0.5)
    assert found["workflow", "torch", "blue flame"] == (0, None)
    assert found["error handling", "retry", "with butter", "after---a pause"] == (0, 4 / 3)
    assert found["error handling", "retry", "with butter", "after---a pause", "long"] == (2, None)
    assert [note for note in imported.notes if "joined path" in note] == [
        "joined path of two features, its count given to the first: 'workflow---parsing---recipes'"
    ]
    assert "features without a count in frequencies.json: 13" in imported.notes


def test_epicoder_takes_every_way_to_write_a_leaf() -> None:
    imported = read(OURS / "odd.json")
    assert list(FeatureTree.from_fragment(imported.fragment).leaves()) == [
        ("workflow", "parsing", "recipes"),
        *(("workflow", "parsing", "lists", name) for name in ("metric", "imperial", "other")),
        ("workflow", "parsing", "labels"),
        ("workflow", "parsing---recipes"),
        ("logging",),
        ("security", "lock", "key"),
    ]
    assert "repeated name in a list, taken as one: 'security---lock' and 1 more" in imported.notes


def test_epicoder_reports_paths_of_no_feature(tmp_path: Path) -> None:
    (tmp_path / "features.json").write_text('{"a": ["b"]}')
    (tmp_path / "counts.json").write_text(
        '{"a---b": {"frequency": 2}, "a---c": {"frequency": 1}, "b": {"frequency": 1}}'
    )
    imported = read(tmp_path / "features.json", frequencies=tmp_path / "counts.json")
    assert imported.fragment.observed.tolist() == [0, 2]
    assert "path in counts.json of no feature, left out: 'a---c' and 1 more" in imported.notes


def test_epicoder_computes_the_record_of_a_changed_count(tmp_path: Path) -> None:
    fragment = read(OURS).fragment
    tree = FeatureTree.from_fragment(fragment)
    node = tree.node(("workflow", "torch"))
    assert node is not None
    tree.change(node, observed=8, source=0)
    write(tree.to_fragment(), "epicoder", tmp_path / "out")
    before, after = (json.loads((at / "frequencies.json").read_text()) for at in (OURS, tmp_path / "out"))
    assert after.pop("workflow---torch") == {"frequency": 8, "his_frequencies": [8], "avg_sub_frequency": 2.0}
    del before["workflow---torch"]
    assert after == before


def test_progress_rises_to_the_bytes_of_the_files(tmp_path: Path) -> None:
    fragment = read(OURS).fragment
    for format in FORMATS:
        out = tmp_path / f"{format}{FORMATS[format].suffix}"
        files = write(fragment, format, out).files
        calls: list[tuple[int, int]] = []
        read(out, format, progress=lambda done, total, calls=calls: calls.append((done, total)))  # type: ignore[misc]
        size = sum(file.stat().st_size for file in files)
        assert calls == sorted(calls)
        assert calls[0] == (0, size)
        assert calls[-1] == (size, size)


@pytest.mark.parametrize("format", FORMATS)
def test_the_name_and_the_content_tell_the_format(format: str, tmp_path: Path) -> None:
    out = tmp_path / f"tree{FORMATS[format].suffix}"
    write(read(OURS).fragment, format, out)
    assert read(out).format == format


def test_espalier_keeps_history_and_source(tmp_path: Path) -> None:
    fragment, history = read(OURS).fragment, ('{"kind": "rename"}', '{"kind": "merge", "of": "ü"}')
    write(fragment, "espalier", tmp_path / "tree.espalier", history=history)
    imported = read(tmp_path / "tree.espalier")
    assert imported.history == history
    assert told(imported.fragment, "source") == told(fragment, "source")
    assert write(fragment, "csv", tmp_path / "tree.csv", history=history).dropped[-1] == "2 entries of the history"


def test_dropped_names_everything_with_its_number(tmp_path: Path) -> None:
    builder = FragmentBuilder()
    for name, observed, estimated in (("a", 3, 2.5), ("b", 0, 4.0), ("c", 1, None)):
        builder.count(builder.add(-1, name), observed, estimated)
    fragment = builder.finish()
    fragment.note = {0: "see", 1: "this"}
    fragment.locked = np.array([True, False, False])
    fragment.status = np.array([1, 2, 0], np.uint8)
    fragment.evidence = {2: ("s",)}
    others = ("1 lock", "the status of 2 features", "2 notes", "evidence of 1 feature")
    assert write(fragment, "outline", tmp_path / "o.txt").dropped == others
    assert write(fragment, "epicoder", tmp_path / "e").dropped == (
        *others,
        "estimated counts of 1 feature with an observed one",
        "the origin of 1 whole count (estimated, and read back as observed)",
    )
    counts = ("observed counts of 2 features", "estimated counts of 2 features")
    assert write(fragment, "deepfabric", tmp_path / "d.jsonl").dropped == (*counts, *others)


def test_writing_asks_before_it_overwrites_and_leaves_nothing_half_done(tmp_path: Path) -> None:
    fragment = read(OURS).fragment
    out = tmp_path / "tree.txt"
    out.write_text("mine")
    with pytest.raises(BadInput, match="exists"):
        write(fragment, "outline", out)
    assert out.read_text() == "mine"
    broken = Fragment(fragment.parent, [*fragment.name[:-1], "\ud800"], fragment.observed, fragment.estimated)
    for format in ("outline", "jsonl", "csv", "markdown"):
        with pytest.raises(BadInput):
            write(broken, format, out, overwrite=True)
    assert out.read_text() == "mine"
    assert os.listdir(tmp_path) == ["tree.txt"]
    write(fragment, "outline", out, overwrite=True)
    assert told(read(out).fragment) == told(fragment)
    with pytest.raises(BadInput, match="is a folder"):
        write(fragment, "outline", tmp_path, overwrite=True)
    with pytest.raises(BadInput, match="cannot be written"):
        write(fragment, "outline", tmp_path / "missing" / "tree.txt")
    (tmp_path / "link.txt").symlink_to(tmp_path / "not there yet.txt")
    with pytest.raises(BadInput, match="exists"):
        write(fragment, "outline", tmp_path / "link.txt")
    assert (tmp_path / "link.txt").is_symlink()
    with pytest.raises(BadInput, match="known are epicoder"):
        write(fragment, "yaml", tmp_path / "tree.yaml")
    with pytest.raises(BadInput, match="empty"):
        write(FragmentBuilder().finish(), "csv", tmp_path / "empty.csv")
    write(FragmentBuilder().finish(), "espalier", tmp_path / "empty.espalier")
    assert len(read(tmp_path / "empty.espalier").fragment) == 0


def test_outlines_as_people_write_them() -> None:
    text = (
        '\ufeff\n  fruit [12]\r\n\r\n\t\r\n    - apple [est 3.5]\r\n    * pear  [2, est 1]\n  list[3]\n    "[4]"  [4]'
    )
    tree = FeatureTree.from_fragment(read_outline(text, "the text"))
    assert tree.to_rows() == [
        (("fruit",), 12, None, []),
        (("fruit", "apple"), 0, 3.5, []),
        (("fruit", "pear"), 2, 1.0, []),
        (("list[3]",), 0, None, []),
        (("list[3]", "[4]"), 4, None, []),
    ]


def test_lists_in_markdown_as_people_write_them(tmp_path: Path) -> None:
    (tmp_path / "tree.md").write_text(
        "# fruit\n\n* apple \\[raw\\]\n  + red  [3]\n\n## citrus\n1. lemon\n   - sour\n2. lime\n# bread\n- rye\n"
    )
    assert [path for (path,) in told(read(tmp_path / "tree.md").fragment)] == [
        ("fruit",),
        ("fruit", "apple [raw]"),
        ("fruit", "apple [raw]", "red"),
        ("fruit", "citrus"),
        ("fruit", "citrus", "lemon"),
        ("fruit", "citrus", "lemon", "sour"),
        ("fruit", "citrus", "lime"),
        ("bread",),
        ("bread", "rye"),
    ]


def test_tables_of_others(tmp_path: Path) -> None:
    (tmp_path / "levels.csv").write_text("\ufeffLevel 1,level_2,observed,locked\r\na,,3,TRUE\r\na,b,,\r\n", newline="")
    assert told(read(tmp_path / "levels.csv").fragment, "observed", "locked") == [
        (("a",), 3, True),
        (("a", "b"), 0, False),
    ]
    table = pa.table({"observed": pa.array([2.0, None]), "path": pa.array([["a", "b"], ["a"]], pa.list_(pa.string()))})
    pq.write_table(table, tmp_path / "table.parquet")
    assert told(read(tmp_path / "table.parquet").fragment, "observed") == [(("a",), 0), (("a", "b"), 2)]
    (tmp_path / "paths.jsonl").write_text('{"path": ["r", "a", "b"]}\r\n\r\n{"path": ["r", "c"]}\n{"path": ["r", "c"]}')
    imported = read(tmp_path / "paths.jsonl")
    assert (imported.format, len(imported.fragment)) == ("deepfabric", 4)
    assert imported.notes == ("1 of the lines repeat a path from before and were skipped",)
