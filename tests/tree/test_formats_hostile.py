"""Broken, odd and hostile files: each is refused with its place and the mend, and nothing but BadInput comes out."""

import csv
import io
import json
import os
import time
import tracemalloc
import zipfile
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.errors import BadInput
from synth.tree.codec import fragment_to_bytes
from synth.tree.columns import STATUSES, FeatureTree
from synth.tree.formats import FORMATS, Imported, read, read_outline, write
from synth.tree.formats.parquet import _Columns
from synth.tree.fragment import NO_PARENT, Fragment, FragmentBuilder
from synth.tree.table import MAX_COUNT

DEEP = 10_000
LONG = "x" * 10_001
BIG = "9" * 5_000


def refused(path: Path, format: str | None = None, frequencies: Path | None = None) -> str:
    """The text with which a file is refused."""
    with pytest.raises(BadInput) as caught:
        read(path, format, frequencies)
    return str(caught.value)


def kept(folder: Path, name: str, content: str | bytes) -> Path:
    """A file with this content."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
    return path


FEATURES = [
    ("", "is empty"),
    ("\ufeff \n", "is empty"),
    ("{}", "holds no features"),
    ("[]", "line 1, column 1: expected a mapping"),
    ('"workflow"', "expected a mapping"),
    ('{"a": ["b"', "line 1, column 11"),
    ('{"a": ["b"]', "is the file cut?"),
    ('{"a": ["b"],}', "is the file cut?"),
    ('{"a" ["b"]}', "expected a colon after 'a'"),
    ('{"a": }', "line 1, column 7: expected a value"),
    ('{"a": ["b"]} {}', "column 14: something follows the mapping"),
    ('{"a": ["b"],\n "a": []}', "line 2, column 9: the category 'a' stands twice"),
    ('{"a": {"b": [], "c": {"d": [], "d": []}}}', "at 'a---c': 'd' stands twice"),
    ('{"a": {"b": 3}}', "at 'a---b': expected a mapping or a list of names, got 3"),
    ('{"a": {"frequency": 3}}', "is this frequencies.json?"),
    ('{"a": {"b": "c"}}', "got 'c'"),
    ('{"a": {"b": false}}', "got False"),
    ('{"a": ["b", 3]}', "a list may hold names and mappings, got 3"),
    ('{"a": [["b"]]}', "a list may hold names and mappings"),
    ('{"a": {"b": NaN}}', "NaN is no number"),
    ('{"a": {"b": [""]}}', "at 'a---b---': a name is empty"),
    ('{" ": []}', "a name is empty"),
    ('{"a": ["\\ud800"]}', "lone surrogate"),
    (f'{{"a": ["{LONG}"]}}', "10,001 characters"),
    (f'{{"a": {BIG}}}', "cannot be read"),
    ('{"a": ' * DEEP + "[]" + "}" * DEEP, "nested too deep"),
    ("[" * DEEP, "expected a mapping"),
    ('{"a": ' + "[" * DEEP + "]" * DEEP + "}", "nested too deep"),
    ('{"a": ' * 65 + "[]" + "}" * 65, "more than 64 levels deep"),
    (b'{"a": [\n"caf\xe9"]}', "line 2: byte 12 (0xe9) is not UTF-8"),
]


@pytest.mark.parametrize(("content", "why"), FEATURES, ids=range(len(FEATURES)))
def test_features_that_are_refused(content: str | bytes, why: str, tmp_path: Path) -> None:
    path = kept(tmp_path, "features.json", content)
    message = refused(path)
    assert why in message
    assert str(path) in message


def test_a_tree_as_deep_as_allowed_is_read(tmp_path: Path) -> None:
    path = kept(tmp_path, "features.json", '{"a": ' * 64 + "[]" + "}" * 64)
    assert len(read(path).fragment) == 64


FREQUENCIES = [
    ("[]", "expected a mapping"),
    ('{"a": {"frequency": 1}', "is the file cut?"),
    ('{"a": {"frequency": 1},\n "a": {"frequency": 1}}', "line 2, column 7: 'a' stands twice"),
    ('{"x": 1, "x": 2}', "'x' stands twice"),
    ('{"a": {"frequency": 1, "frequency": 2}}', "'frequency' stands twice"),
    ('{"a": {"his_frequencies": []}}', 'must hold a mapping with "frequency"'),
    ('{"a": 3}', 'must hold a mapping with "frequency", got'),
    ('{"a": ["frequency", "his_frequencies", "avg_sub_frequency"]}', "must hold a mapping"),
    ('{"a": [1, 2, 3]}', "must hold a mapping"),
    ('{"a": null}', "must hold a mapping"),
    *(
        (f'{{"a": {{"frequency": {value}, "his_frequencies": [1], "avg_sub_frequency": 1}}}}', why)
        for value, why in (
            ("NaN", "NaN is no number"),
            ("-Infinity", "-Infinity is no number"),
            ("-1", "'a': frequency is -1; it must be a number, 0 or more"),
            ("-0.5", "frequency is -0.5"),
            ("true", "frequency is True"),
            ('"3"', "frequency is '3'"),
            ("null", "frequency is None"),
            ("[1]", "frequency is [1]"),
            ("1000000001", "the largest count is 1,000,000,000"),
            ("1e999", "the largest count is 1,000,000,000"),
            (BIG, "cannot be read"),
            ("[" * DEEP, "nested too deep"),
        )
    ),
]


@pytest.mark.parametrize(("content", "why"), FREQUENCIES, ids=range(len(FREQUENCIES)))
def test_frequencies_that_are_refused(content: str, why: str, tmp_path: Path) -> None:
    kept(tmp_path, "features.json", '{"a": ["b"]}')
    path = kept(tmp_path, "frequencies.json", content)
    message = refused(tmp_path)
    assert why in message
    assert f"{path}, line " in message


RECORDS = [
    ("", "is empty"),
    ("3", "line 1: expected a mapping"),
    ('{"path": ["a"]}\n{"path": ["b"]', "line 2, column 15: this is no JSON"),
    ('{"path": ["a"], "path": ["b"]}', "'path' stands twice"),
    ('{"path": ["a"], "count": 3}', "line 1: 'count' is no field; known are path, observed"),
    ('{"observed": 3}', '"path" must be a list of names, got None'),
    ('{"path": "a"}', '"path" must be a list of names'),
    ('{"path": ["a", 3]}', '"path" must be a list of names'),
    ('{"path": []}', "line 1: the path is empty"),
    ('\n{"path": ["a", ""]}', "line 2: a name is empty"),
    ('{"path": ["\\ud800"]}', "lone surrogate"),
    (f'{{"path": ["{LONG}"]}}', "10,001 characters"),
    (json.dumps({"path": ["a"] * 65}), "more than 64 levels deep"),
    (json.dumps({"path": ["a"] * DEEP}), "more than 64 levels deep"),
    ('{"path": ' + "[" * DEEP, "nested too deep"),
    ('{"path": ["a"], "observed": 1}\n{"path": ["b"], "observed": 1}\n{"path": ["a"]}', "line 1; remove one"),
    *(
        (f'{{"path": ["a"], {field}}}', why)
        for field, why in (
            ('"observed": 1.5', "observed is 1.5; it must be a whole number"),
            ('"observed": -1', "observed is -1"),
            ('"observed": true', "observed is True"),
            ('"observed": null', "observed is None"),
            ('"observed": NaN', "NaN is no number"),
            ('"observed": 1e400', "observed is inf"),
            (f'"observed": {MAX_COUNT + 1}', "the largest count is"),
            (f'"observed": {BIG}', "line 1: "),
            ('"estimated": -0.1', "estimated is -0.1"),
            ('"estimated": "2"', "estimated is '2'"),
            ('"estimated": 1e10', "the largest count is"),
            ('"locked": 1', '"locked" is 1; it must be true or false'),
            ('"status": "done"', "it must be one of 'to review', 'reviewed', 'disputed'"),
            ('"status": []', '"status" is []'),
            ('"note": 3', '"note" is 3'),
            ('"note": "\\udc00"', '"note" is'),
            ('"evidence": "s"', '"evidence" is'),
            ('"evidence": [""]', '"evidence" is'),
            ('"evidence": ["\\ud800"]', '"evidence" is'),
        )
    ),
]


@pytest.mark.parametrize(("content", "why"), RECORDS, ids=range(len(RECORDS)))
def test_records_that_are_refused(content: str, why: str, tmp_path: Path) -> None:
    path = kept(tmp_path, "tree.jsonl", content)
    message = refused(path, "jsonl")
    assert why in message
    assert str(path) in message


TABLES = [
    ("name,count\na,3", "line 1: 'name' is no column"),
    ("observed\n3", "needs either a column path or the columns level_1"),
    ("path,level_1\n[],a", "needs either"),
    ("level_1,level_3\na,b", "without a gap"),
    ("path,path\n[],[]", "stands twice"),
    ("path", "holds no features"),
    ('path\n"[""a""]",3', "line 2: the line has 2 cells, the header 1"),
    ('path\n"[""a""', "line 2: this is no CSV"),
    ('path\n"[""a""]"x', "line 2: this is no CSV"),
    ("path\na", 'line 2, "path", column 1: this is no JSON'),
    ("path\n3", '"path" must be a list of names, got 3'),
    ('path,note\n"[""a""]","two\nlines"\n"[""a""]",', "line 4: the path ['a'] already stands in"),
    ('path,observed\n"[""a""]",-1', "line 2: observed is -1"),
    ('path,estimated\n"[""a""]",Infinity', "Infinity is no number"),
    ('path,locked\n"[""a""]",yes', 'line 2, "locked", column 1'),
    ("level_1,level_2\n,b", "level_1 is empty, but one after it is not"),
    ("level_1,level_2\n,", "line 2: the path is empty"),
    ("level_1\n ", "line 2: a name is empty"),
    ('path,note\n"[""a""]",' + "x" * 64_000_001, "field limit"),
]


@pytest.mark.parametrize(("content", "why"), TABLES, ids=range(len(TABLES)))
def test_tables_that_are_refused(content: str, why: str, tmp_path: Path) -> None:
    limit = csv.field_size_limit()
    path = kept(tmp_path, "tree.csv", content)
    message = refused(path)
    assert why in message
    assert str(path) in message
    assert csv.field_size_limit() == limit


TEXTS = [
    (" \n\t\n", "is empty"),
    ("a\n    b\n  c", "line 3: the indent is that of no line above"),
    ("  a\nb", "line 2: the indent is that of no line above"),
    ("a\n\tb\n    c", "line 3: the indent is that of no line above"),
    ("a\nb\na", "line 3: 'a' already stands below the same parent, in line 1"),
    ("a [-3]", "line 1: observed is -3.0"),
    ("a [1.5]", "observed is 1.5"),
    ("a [nan]", "observed is nan"),
    ("a [3, est -1]", "estimated is -1.0"),
    ("a [est inf]", "the largest count is"),
    (f"a [{BIG}]", "observed is inf"),
    ('"a', "line 1: the name in quotes is no JSON string"),
    ('"a" b', "'b' follows a name in quotes"),
    ('""', "line 1: a name is empty"),
    ('"\\ud800"', "lone surrogate"),
    (LONG, "10,001 characters"),
    ("\n".join(" " * level + "x" for level in range(65)), "line 65: the tree is more than 64 levels deep"),
    ("\n".join(" " * level + "x" for level in range(2_000)), "line 65: the tree is more than 64 levels deep"),
]


@pytest.mark.parametrize(("content", "why"), TEXTS, ids=range(len(TEXTS)))
def test_outlines_that_are_refused(content: str, why: str, tmp_path: Path) -> None:
    assert why in refused(kept(tmp_path, "tree.txt", content))
    if content.strip():
        with pytest.raises(BadInput, match="the pasted text"):
            read_outline(content, "the pasted text")
        listed = "\n".join(f"{line[: len(line) - len(line.lstrip())]}- {line.lstrip()}" for line in content.split("\n"))
        assert why in refused(kept(tmp_path, "tree.md", listed))


def test_markdown_that_is_refused(tmp_path: Path) -> None:
    assert "line 2: 'some words' is neither" in refused(kept(tmp_path, "a.md", "- a\nsome words"))
    assert "line 1: a name is empty" in refused(kept(tmp_path, "b.md", "-"))
    deep = "\n".join(["# a", "## b", *("  " * level + "- x" for level in range(63))])
    assert "more than 64 levels deep" in refused(kept(tmp_path, "c.md", deep))


def test_parquet_that_is_refused(tmp_path: Path) -> None:
    paths = pa.array([["a"], ["a", "b"]])
    for columns, why in (
        ({"observed": pa.array([1, 2])}, "path must be"),
        ({"path": paths, "count": pa.array([1, 2])}, "'count' does not fit"),
        ({"path": pa.array(["a", "b"])}, '"path" must hold a list of texts, not string'),
        ({"path": pa.array([[1], [2]])}, '"path" must hold a list of texts'),
        ({"path": pa.array([["a"], None])}, "row 2: the path is empty"),
        ({"path": pa.array([["a"], ["a", None]])}, 'row 2, "path": the list holds a null'),
        ({"path": pa.array([["a"], ["a", " "]])}, "row 2: a name is empty"),
        ({"path": pa.array([["a"], ["b"] * 65])}, "row 2: the tree is more than 64 levels deep"),
        ({"path": pa.array([["a"], ["a"]])}, "row 2: the path ['a'] already stands in"),
        ({"path": paths, "observed": pa.array([1, -2])}, "row 2: observed is -2"),
        ({"path": paths, "observed": pa.array([0.5, 2])}, "row 1: observed is 0.5"),
        ({"path": paths, "observed": pa.array([float("nan"), 2])}, "row 1: observed is nan"),
        ({"path": paths, "observed": pa.array([2**64 - 1, 2], pa.uint64())}, "the largest count"),
        ({"path": paths, "observed": pa.array([True, False])}, '"observed" must hold numbers, not bool'),
        ({"path": paths, "estimated": pa.array([1.0, float("inf")])}, "row 2: estimated is inf"),
        ({"path": paths, "locked": pa.array([0, 1])}, '"locked" must hold true or false'),
        ({"path": paths, "status": pa.array(["", "done"])}, "row 2: \"status\" is 'done'"),
        ({"path": paths, "note": pa.array([1, 2])}, '"note" must hold text'),
        ({"path": paths, "evidence": pa.array([["s"], [""]])}, "a seed id is empty"),
        ({"path": paths[:0]}, "holds no features"),
    ):
        pq.write_table(pa.table(columns), tmp_path / "tree.parquet")
        assert why in refused(tmp_path / "tree.parquet")
    pq.write_table(pa.table({"path": pa.nulls(2)}), tmp_path / "tree.parquet")
    assert "row 1: the path is empty" in refused(tmp_path / "tree.parquet")
    empty = {name: pa.nulls(2) for name in ("observed", "estimated", "locked", "status", "note", "evidence")}
    pq.write_table(pa.table({"path": paths, **empty}), tmp_path / "tree.parquet")
    assert read(tmp_path / "tree.parquet").fragment.name == ["a", "b"]
    assert "no usable Parquet" in refused(kept(tmp_path, "cut.parquet", (tmp_path / "tree.parquet").read_bytes()[:-9]))


def packed(folder: Path, **files: bytes) -> Path:
    """A zip file with these members."""
    path = folder / "tree.espalier"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in files.items():
            file.writestr(name.replace("_", "."), content)
    return path


def small() -> Fragment:
    """a, a > b, c."""
    builder = FragmentBuilder()
    for path in (("a", "b"), ("c",)):
        builder.add_path(path)
    return builder.finish()


def test_espalier_that_is_refused(tmp_path: Path) -> None:
    assert "broken zip file" in refused(kept(tmp_path, "no.espalier", b"PK\x03\x04 no zip"))
    assert "holds no tree.arrow" in refused(packed(tmp_path, other_txt=b"x"))
    assert "is broken" in refused(packed(tmp_path, tree_arrow=b"no arrow"))
    good = fragment_to_bytes(small())
    assert "is broken" in refused(packed(tmp_path, tree_arrow=good[: len(good) // 2]))
    assert "line 2, column 1: this is no JSON" in refused(packed(tmp_path, tree_arrow=good, history_jsonl=b"{}\nno\n"))
    assert "is not UTF-8" in refused(packed(tmp_path, tree_arrow=good, history_jsonl=b"{}\n\xff\n"))
    other = io.BytesIO()
    with pa.ipc.new_stream(other, pa.schema([("parent", pa.int32())])):
        pass
    assert "columns are not those of a tree" in refused(packed(tmp_path, tree_arrow=other.getvalue()))


@pytest.mark.parametrize(
    ("column", "value", "why"),
    [
        ("parent", 2, "row 3: the parent does not come before it"),
        ("parent", 77, "row 3: the parent does not come before it"),
        ("parent", -2, "row 3: the parent does not come before it"),
        ("observed", -1, "row 3: the observed count"),
        ("observed", MAX_COUNT + 1, "row 3: the observed count"),
        ("estimated", -0.5, "row 3: the estimated count"),
        ("estimated", float("inf"), "row 3: the estimated count"),
        ("status", len(STATUSES), "row 3: the status"),
        ("name", "a", "'a' stands twice"),
        ("name", " ", "row 3: a name is empty"),
        ("name", LONG, "row 3: a name has 10,001"),
    ],
)
def test_espalier_with_cells_that_no_tree_has(column: str, value: float, why: str, tmp_path: Path) -> None:
    fragment = small()
    fragment.status = np.zeros(3, np.uint8)
    getattr(fragment, column)[2] = value
    assert why in refused(packed(tmp_path, tree_arrow=fragment_to_bytes(fragment)))


def test_a_chain_of_ten_thousand_is_refused_both_ways(tmp_path: Path) -> None:
    rows = np.arange(DEEP, dtype=np.int32) - 1
    chain = Fragment(rows, ["x"] * DEEP, np.zeros(DEEP, np.int64), np.full(DEEP, np.nan))
    assert "more than 64 levels deep" in refused(packed(tmp_path, tree_arrow=fragment_to_bytes(chain)))
    for format in FORMATS:
        with pytest.raises(BadInput, match="more than 64 levels deep"):
            write(chain, format, tmp_path / "out")


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = packed(tmp_path, tree_arrow=fragment_to_bytes(small()))
    data = bytearray(path.read_bytes())
    entry = data.index(b"PK\x01\x02")
    data[entry + 24 : entry + 28] = (0xFFFFFFF0).to_bytes(4, "little")
    second = data[entry:].index(b"PK\x05\x06") + entry
    twin = bytearray(data[entry:second])
    data[second:second] = twin  # two members of 4 GB each, as the directory says
    end = data.index(b"PK\x05\x06")
    data[end + 8 : end + 12] = (2).to_bytes(2, "little") * 2
    data[end + 12 : end + 16] = (2 * len(twin)).to_bytes(4, "little")
    path.write_bytes(data)
    assert "the limit is 4,294,967,296" in refused(path)


def test_files_that_are_not_there_or_not_files(tmp_path: Path) -> None:
    for format in FORMATS:
        suffix = FORMATS[format].suffix
        assert "does not exist" in refused(tmp_path / f"missing{suffix}", format)
        assert "is empty" in refused(kept(tmp_path, f"empty{suffix}", b""), format)
        (tmp_path / f"folder{suffix}").mkdir(exist_ok=True)
        assert "folder" in refused(tmp_path / f"folder{suffix}", None if suffix == ".json" else format)
        assert str(tmp_path) in refused(tmp_path / f"folder{suffix}", format)
        assert "cannot be read" in refused(Path(f"nul\0byte{suffix}"), format)
    assert "the ending does not tell the format" in refused(kept(tmp_path, "tree.xml", "<a/>"))
    assert "known are epicoder, deepfabric" in refused(tmp_path / "tree.xml", "xml")
    text = kept(tmp_path, "tree.txt", "a")
    assert "leave" in refused(text, "outline", text)
    kept(tmp_path, "features.json", '{"a": []}')
    assert "does not exist" in refused(tmp_path / "features.json", None, tmp_path / "no.json")
    fifo = tmp_path / "pipe.txt"
    os.mkfifo(fifo)
    assert "is no file" in refused(fifo)


@cache
def valid(format: str) -> bytes:
    """A small valid file of each format; for EpiCoder, the frequencies behind a NUL."""
    builder = FragmentBuilder()
    for number, path in enumerate((("a", "b---c", "ü\n"), ("a", "- d [3]"), ("torch",), ("torchvision", 'say "x"'))):
        builder.count(builder.add_path(path), number, number / 3)
    fragment = builder.finish()
    size = len(fragment)
    fragment.locked, fragment.status = np.arange(size) == 1, np.arange(size, dtype=np.uint8) % 4
    fragment.note, fragment.evidence = {0: "see, there"}, {2: ("seed-1", "seed-2")}
    with TemporaryDirectory() as folder:
        files = write(fragment, format, Path(folder) / "tree", history=['{"kind": "made"}']).files
        return b"\0".join(file.read_bytes() for file in files)


@st.composite
def mutated(draw: st.DrawFn, format: str) -> bytes:
    """A valid file that was cut, flipped here and there, or got bytes in between."""
    data = bytearray(valid(format))
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, max(0, len(data) - 1)))
        kind = draw(st.sampled_from(("cut", "flip", "put", "drop")))
        if kind == "cut":
            del data[place:]
        elif kind == "flip" and data:
            data[place] ^= 1 << draw(st.integers(0, 7))
        elif kind == "put":
            tokens = [
                b"{",
                b"}",
                b"[",
                b"]",
                b'"',
                b",",
                b"\n",
                b"\0",
                b"  ",
                b"\xff",
                b"-",
                b"1e999",
                b"NaN",
                b"\\ud800",
            ]
            data[place:place] = draw(st.sampled_from(tokens) | st.binary(max_size=4))
        else:
            del data[place : place + draw(st.integers(1, 9))]
    return bytes(data)


def check_either_way(format: str, data: bytes) -> None:
    """Read as that format, the bytes are a sound tree or refused."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "tree"
        if format == "epicoder":
            path.mkdir()
            features, _, frequencies = data.partition(b"\0")
            (path / "features.json").write_bytes(features)
            (path / "frequencies.json").write_bytes(frequencies)
        else:
            path.write_bytes(data)
        try:
            imported = read(path, format)
        except BadInput as error:
            if folder in str(error):
                return
            raise
    check_sound(imported)


def check_sound(imported: Imported) -> None:
    """What every reader promises."""
    fragment = imported.fragment
    size = len(fragment)
    rows = range(size)
    assert all(NO_PARENT <= above < row for row, above in zip(rows, fragment.parent.tolist(), strict=True))
    assert len(set(zip(fragment.parent.tolist(), fragment.name, strict=True))) == size
    assert all(type(name) is str and name.strip() and name.encode() for name in fragment.name)
    assert all(0 <= count <= MAX_COUNT for count in fragment.observed.tolist())
    assert all(count != count or 0 <= count <= MAX_COUNT for count in fragment.estimated.tolist())
    assert fragment.status is None or int(fragment.status.max(initial=0)) < len(STATUSES)
    assert all(type(note) is str and note.encode() and row in rows for row, note in fragment.note.items())
    assert all(row in rows and all(type(seed) is str for seed in seeds) for row, seeds in fragment.evidence.items())
    assert len(FeatureTree.from_fragment(fragment)) == size


@pytest.mark.parametrize("format", FORMATS)
@given(data=st.data())
@settings(max_examples=120)
def test_mutations_are_read_or_refused(format: str, data: st.DataObject) -> None:
    check_either_way(format, data.draw(mutated(format)))


@pytest.mark.parametrize("format", FORMATS)
@given(data=st.binary(max_size=200))
@settings(max_examples=60)
def test_random_bytes_are_read_or_refused(format: str, data: bytes) -> None:
    check_either_way(format, data)


@given(data=st.data())
@settings(max_examples=120)
def test_a_mutated_tree_in_a_sound_zip_is_read_or_refused(data: st.DataObject) -> None:
    arrow = bytearray(fragment_to_bytes(small()))
    for _ in range(data.draw(st.integers(1, 3))):
        arrow[data.draw(st.integers(0, len(arrow) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with TemporaryDirectory() as folder:
        path = packed(Path(folder), tree_arrow=bytes(arrow))
        try:
            imported = read(path)
        except BadInput:
            return
    check_sound(imported)


def test_nesting_about_as_deep_as_python_goes_is_read_or_refused() -> None:
    """Where a value can just be read, but not shown or written again."""
    for depth in range(850, 1000):
        deep = "[" * depth + "]" * depth
        check_either_way("epicoder", f'{{"a": ["b", {deep}]}}'.encode())
        check_either_way("epicoder", f'{{"a": []}}\0{{"a": {{"frequency": {deep}}}}}'.encode())
        check_either_way("epicoder", f'{{"a": []}}\0{{"a": {{"his_frequencies": {deep}, "frequency": 1}}}}'.encode())
        check_either_way("jsonl", f'{{"path": {deep}}}'.encode())


def test_texts_that_stand_often_are_counted_before_they_are_unpacked(tmp_path: Path) -> None:
    """Half a million notes of 10,000 letters are 5 GB, and a few kB in the file."""
    size = 500_000
    note = pa.DictionaryArray.from_arrays(pa.array(np.zeros(size, np.int32)), pa.array(["x" * 10_000]))
    for notes, column in (
        (note, "note"),
        (pa.LargeListArray.from_arrays(pa.array(np.arange(size + 1)), note), "evidence"),
        (pa.StructArray.from_arrays([note], ["note"]), "other"),
    ):
        paths = pa.array([["a"]]).take(pa.array(np.zeros(size, np.int32)))
        table = pa.table({"path": paths, column: notes})
        pq.write_table(table, tmp_path / "tree.parquet", compression="zstd", store_schema=False)
        assert (tmp_path / "tree.parquet").stat().st_size < 100_000
        assert "unpacks to 5,000" in refused(tmp_path / "tree.parquet")


def test_more_text_than_offsets_of_32_bits_reach_is_refused() -> None:
    """Two pieces of 2 GB that nothing touches, so that they take no memory."""
    ends = pa.py_buffer(np.array([0, 2**31 - 1], np.int32))
    piece = pa.StringArray.from_buffers(1, ends, pa.py_buffer(np.zeros(2**31 - 1, np.uint8)))
    table = pa.table({"note": pa.chunked_array([piece, piece])})
    with pytest.raises(BadInput, match="too much text"):
        _Columns(table, lambda row: f"row {row + 1}").texts("note")


def test_long_names_above_many_others_are_refused(tmp_path: Path) -> None:
    """60 names of 10,000 letters above 10,000 leaves: joined paths of 6 GB in a file of 700 kB."""
    leaves = [str(number) for number in range(10_000)]
    for below in (leaves, {leaf: [] for leaf in leaves}):
        value: object = below
        for _ in range(60):
            value = {"x" * 10_000: value}
        assert "the joined paths have more than 1,073,741,824" in refused(
            kept(tmp_path, "features.json", json.dumps({"a": value}))
        )


def test_members_are_unpacked_no_further_than_they_say(tmp_path: Path) -> None:
    path = tmp_path / "tree.espalier"
    for packing, why in ((zipfile.ZIP_BZIP2, "packed in a way"), (zipfile.ZIP_DEFLATED, "broken zip file")):
        with zipfile.ZipFile(path, "w", packing) as file:
            file.writestr("tree.arrow", bytes(1 << 28))
        data = bytearray(path.read_bytes())
        entry = data.index(b"PK\x01\x02")
        data[entry + 24 : entry + 28] = (100).to_bytes(4, "little")
        path.write_bytes(data)
        del data
        tracemalloc.start()
        try:
            assert why in refused(path)
            assert tracemalloc.get_traced_memory()[1] < 1 << 24
        finally:
            tracemalloc.stop()


def test_odd_records_and_repeated_names_take_no_longer_each_the_more_there_are(tmp_path: Path) -> None:
    size = 100_000
    kept(tmp_path, "features.json", json.dumps({"a": [f"x{number}" for number in range(size)]}))
    counts = {f"a---x{number}": {"frequency": 1} for number in range(size)}
    kept(tmp_path, "frequencies.json", json.dumps(counts, indent=1))
    started = time.perf_counter()
    assert int(read(tmp_path).fragment.observed.sum()) == size
    repeated = kept(tmp_path, "repeated.json", json.dumps({"a": [{"b": [f"x{number}"]} for number in range(size)]}))
    assert len(read(repeated).fragment) == size + 2
    assert time.perf_counter() - started < 15  # a minute and more where each looks at all before it


def test_names_of_files_that_no_file_can_have(tmp_path: Path) -> None:
    long = tmp_path / ("x" * 300 + ".txt")
    for format in (None, *FORMATS):
        assert "too long" in refused(long, format)
    for format in FORMATS:
        with pytest.raises(BadInput, match="too long"):
            write(small(), format, long)
