"""At rest: a tree as a folder, deltas and fragments as bytes, and what differs between two states."""

import hashlib
import json
import os
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.errors import BadInput
from synth.tree.codec import delta_from_bytes, delta_to_bytes, fragment_from_bytes, fragment_to_bytes
from synth.tree.columns import ROOT, STATUSES, FeatureTree
from synth.tree.delta import Cells, Delta, Evidence, apply, blank
from synth.tree.diff import KINDS, Diff, diff
from synth.tree.edits import edit
from synth.tree.fragment import Fragment
from synth.tree.history import History, MemoryLog
from synth.tree.integrity import faults
from synth.tree.merge import merge_fragment
from synth.tree.operations import Add, Delete, Lock, Merge, Move, Note, Rename, Reorder, SetCount, Status
from synth.tree.segment import copy_tree, open_segment, save_segment
from synth.tree.table import CELLS
from tests.tree.strategies import extraction, growth, names, tree_of, trees
from tests.tree.test_history import ANNA, cells, state
from tests.tree.test_merge import wide


def worn(seed: int = 1, size: int = 800) -> FeatureTree:
    """A tree that was edited for a while: dead rows, ranges moved about, notes, locks, ranks and evidence."""
    rng = random.Random(seed)
    tree = FeatureTree()
    merge_fragment(tree, wide(size, seed))
    for row in range(60):
        live = list(tree.nodes())
        one, other = rng.choice(live), rng.choice(live)
        parent = tree.parent(one)
        order = tree.children(parent)
        rng.shuffle(order)
        for operation in (
            Lock(node=one, locked=False, below=True),
            Reorder(parent=parent, children=tuple(order)),
            Note(node=one, text=f"数据 {row}"),
            Status(node=one, status=rng.choice(STATUSES)),
            Add(parent=one, name=f"new {row}", estimated=0.5),
            Rename(node=one, name=f"renamed {row}"),
            Delete(node=other) if row % 5 == 0 else Merge(target=one, sources=(other,)),
        ):
            try:
                edit(tree, [operation])
            except BadInput:
                continue
    tree.add_extraction(extraction([("logging", "a"), ("logging",)]), "seed-x")
    return tree


def digests(folder: Path) -> dict[str, str]:
    """What the files of a folder hold."""
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(folder.iterdir())}


# segments


@pytest.mark.parametrize("tree", [FeatureTree(), tree_of({("a",): 1}), worn()], ids=["empty", "one", "worn"])
def test_what_is_saved_is_opened_again(tree: FeatureTree, tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "tree"
    save_segment(tree, folder, {"entry": 7})
    assert [file.name for file in folder.parent.iterdir()] == ["tree"]
    opened, facts = open_segment(folder)
    assert facts == {"entry": 7}
    assert state(opened) == state(tree)
    assert cells(opened) == cells(tree)
    assert (opened.rows, len(opened)) == (tree.rows, len(tree))
    assert list(opened.strings) == list(tree.strings)
    assert opened.to_rows() == tree.to_rows()
    assert list(faults(opened)) == []
    for node in tree.nodes():
        assert opened.mean_child_count(node) == tree.mean_child_count(node)
        assert opened.children(node) == tree.children(node)


def test_an_opened_tree_goes_on_and_leaves_its_files_alone(tmp_path: Path) -> None:
    tree = worn()
    save_segment(tree, tmp_path / "tree")
    before = digests(tmp_path / "tree")
    opened, _ = open_segment(tmp_path / "tree")
    other, _ = open_segment(tmp_path / "tree")
    for one in (tree, opened):
        history = History(one, MemoryLog())
        live = list(one.nodes())
        history.do([Lock(node=live[0], locked=False, below=True), SetCount(node=live[0], observed=9)], ANNA)
        history.do([Add(parent=live[0], name=f"child {number}") for number in range(50)], ANNA)
        history.do([Rename(node=live[0], name="first"), Note(node=live[0], text="ü")], ANNA)
        history.do([Add(parent=ROOT, name=f"category {number}") for number in range(3_000)], ANNA)
        with history.batch(ANNA):
            one.add_extraction(extraction([("first", "child 1", "x"), ("first",)]), "seed-new")
            one.add_growth(growth([(("first", "child 2"), 4.5)]))
            merge_fragment(one, wide(4_000, 9))
        history.do([Delete(node=one.node(("category 7",)) or 0)], ANNA)
        assert list(faults(one)) == []
    assert state(opened) == state(tree)
    assert digests(tmp_path / "tree") == before
    assert state(other) == state(open_segment(tmp_path / "tree")[0])


def test_saving_over_the_folder_that_the_tree_was_opened_from(tmp_path: Path) -> None:
    folder = tmp_path / "tree"
    tree = worn()
    save_segment(tree, folder)
    for number in range(4):
        opened, _ = open_segment(folder)
        edit(opened, [Add(parent=ROOT, name=f"category {number}"), Note(node=1, text=f"note {number}")])
        save_segment(opened, folder, {"entry": number})
        assert opened.note(1) == f"note {number}"
        assert state(opened) == state(open_segment(folder)[0])
    assert len(open_segment(folder)[0]) == len(tree) + 4


def test_a_left_over_draft_is_in_nobodys_way(tmp_path: Path) -> None:
    (tmp_path / "tree.part").mkdir()
    (tmp_path / "tree.part" / "meta.json").write_text("{")
    save_segment(tree_of({("a",): 1}), tmp_path / "tree")
    assert open_segment(tmp_path / "tree")[0].paths() == [("a",)]
    assert not (tmp_path / "tree.part").exists()


def meta(change: Callable[[dict[str, object]], object]) -> Callable[[Path], object]:
    """Damage to what a folder says of itself."""

    def damage(folder: Path) -> None:
        found = json.loads((folder / "meta.json").read_text())
        change(found)
        (folder / "meta.json").write_text(json.dumps(found))

    return damage


DAMAGE: dict[str, Callable[[Path], object]] = {
    "no meta": lambda folder: (folder / "meta.json").unlink(),
    "empty meta": lambda folder: (folder / "meta.json").write_text(""),
    "meta is no json": lambda folder: (folder / "meta.json").write_text('{"version": 1, '),
    "meta is a list": lambda folder: (folder / "meta.json").write_text("[1, 2]"),
    "meta is binary": lambda folder: (folder / "meta.json").write_bytes(b"\xff\xfe\x00\x81"),
    "meta is null": lambda folder: (folder / "meta.json").write_text("null"),
    "another version": meta(lambda found: found.update(version=99)),
    "no version": meta(lambda found: found.pop("version")),
    "no rows": meta(lambda found: found.pop("rows")),
    "rows are text": meta(lambda found: found.update(rows="many")),
    "too many rows": meta(lambda found: found.update(rows=10**9)),
    "far too many rows": meta(lambda found: found.update(rows=10**40)),
    "rows below 0": meta(lambda found: found.update(rows=-(10**6))),
    "no sizes": meta(lambda found: found.pop("sizes")),
    "sizes are a number": meta(lambda found: found.update(sizes=3)),
    "a size is gone": meta(lambda found: found.update(sizes={"child_list": 1})),
    "a size is wrong": meta(lambda found: found.update(sizes=found["sizes"] | {"text_block": 10**9})),  # type: ignore[operator]
    "a size below 0": meta(lambda found: found.update(sizes=found["sizes"] | {"child_list": -5})),  # type: ignore[operator]
    "no facts": meta(lambda found: found.pop("facts")),
    "facts are text": meta(lambda found: found.update(facts="none")),
    "a fact is text": meta(lambda found: found.update(facts={"entry": "x"})),
    "a column is gone": lambda folder: (folder / "parent.bin").unlink(),
    "a column is cut": lambda folder: os.truncate(folder / "observed.bin", 100),
    "a column is empty": lambda folder: os.truncate(folder / "start.bin", 0),
    "the children are cut": lambda folder: os.truncate(folder / "child_list.bin", 3),
    "the text is cut": lambda folder: os.truncate(folder / "text_block.bin", 1),
    "the offsets are gone": lambda folder: (folder / "seed_offsets.bin").unlink(),
    "a column is a folder": lambda folder: ((folder / "name.bin").unlink(), (folder / "name.bin").mkdir()),
    "all is gone": lambda folder: folder.rename(folder.with_name("elsewhere")),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_a_damaged_folder_is_said_to_be_one(damage: Callable[[Path], object], tmp_path: Path) -> None:
    save_segment(tree_of({("a",): 1, ("a", "b"): 2}), tmp_path / "tree", {"entry": 3})
    damage(tmp_path / "tree")
    with pytest.raises(BadInput, match="tree: the"):
        open_segment(tmp_path / "tree")


def test_a_copy_holds_the_same_and_shares_nothing_that_changes() -> None:
    tree = worn()
    copy = copy_tree(tree)
    assert state(copy) == state(tree)
    assert cells(copy) == cells(tree)
    before = state(tree)
    merge_fragment(copy, wide(3_000, 4))
    edit(
        copy,
        [Delete(node=node) for node in copy.children(ROOT) if not any(map(copy.locked, [node, *copy.nodes(node)]))],
    )
    assert state(tree) == before
    assert list(faults(tree)) == []
    assert list(faults(copy)) == []


# bytes


def rows_of(size: int) -> st.SearchStrategy[list[int]]:
    """Ascending rows."""
    return st.lists(st.integers(0, 2**31 - 1), max_size=size, unique=True).map(sorted)


@st.composite
def deltas(draw: st.DrawFn) -> Delta:
    """Any delta, whether it fits a tree or not."""
    columns = {}
    for name in draw(st.lists(st.sampled_from(sorted(CELLS)), unique=True)):
        rows = draw(rows_of(6))
        size = np.dtype(CELLS[name]).itemsize
        raw = draw(st.binary(min_size=2 * size * len(rows), max_size=2 * size * len(rows)))
        values = np.frombuffer(raw, CELLS[name])
        before = np.zeros(len(rows), CELLS[name]) if draw(st.booleans()) else values[: len(rows)]
        columns[name] = Cells(np.array(rows, np.int32), before, values[len(rows) :])
    shown = draw(rows_of(4))
    evidence = Evidence(
        np.array(shown, np.int32),
        np.array(shown, np.int32)[::-1],
        np.array(draw(st.lists(st.sampled_from([-1, 1]), min_size=len(shown), max_size=len(shown))), np.int8),
    )
    text = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
    texts, seeds = (tuple(draw(st.lists(text, max_size=4))) for _ in range(2))
    first = draw(st.integers(1, 2**31 - 1))
    return Delta(
        first, first + draw(st.integers(0, 99)), columns, evidence, (draw(st.integers(0, 99)), texts), (3, seeds)
    )


def flat(delta: Delta) -> object:
    """A delta as plain values, bit by bit."""
    columns = {
        name: [(part.dtype.str, part.tobytes()) for part in (held.nodes, held.before, held.after)]
        for name, held in delta.cells.items()
    }
    shown = [
        (part.dtype.str, part.tobytes()) for part in (delta.evidence.nodes, delta.evidence.seeds, delta.evidence.signs)
    ]
    return delta.first, delta.rows, columns, shown, delta.texts, delta.seeds


@given(deltas())
def test_any_delta_comes_back_from_its_bytes(delta: Delta) -> None:
    assert flat(delta_from_bytes(delta_to_bytes(delta))) == flat(delta)


def test_a_large_delta_comes_back_and_does_the_same() -> None:
    history = History(FeatureTree(), MemoryLog())
    with history.batch(ANNA) as batch:
        merge_fragment(history.tree, wide(9_000, 5))
    assert batch.entry is not None
    data = delta_to_bytes(history.delta(batch.entry))
    assert len(data) > 1 << 16
    again = FeatureTree()
    apply(again, delta_from_bytes(data))
    assert state(again) == state(history.tree)
    assert not delta_from_bytes(delta_to_bytes(blank(7)))


text = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)


@st.composite
def fragments(draw: st.DrawFn) -> Fragment:
    """Any fragment with anything in it."""
    size = draw(st.integers(0, 8))
    some = st.dictionaries(st.integers(0, size - 1), text.filter(bool), max_size=4) if size else st.just({})
    several = st.lists(text.filter(bool), min_size=1, max_size=3, unique=True).map(tuple)
    shown = st.dictionaries(st.integers(0, size - 1), several, max_size=3) if size else st.just({})
    counts = draw(st.lists(st.tuples(st.integers(0, 2**62), st.floats(0)), min_size=size, max_size=size))
    sources = draw(st.none() | st.lists(text, min_size=size, max_size=size))
    flags = draw(st.none() | st.lists(st.tuples(st.booleans(), st.integers(0, 3)), min_size=size, max_size=size))
    return Fragment(
        parent=np.array([draw(st.integers(-1, row - 1)) for row in range(size)], np.int32),
        name=draw(st.lists(names, min_size=size, max_size=size)),
        observed=np.array([observed for observed, _ in counts], np.int64),
        estimated=np.array([draw(st.sampled_from([np.nan, value])) for _, value in counts], np.float64),
        ordered=draw(st.booleans()),
        locked=None if flags is None else np.array([locked for locked, _ in flags], np.bool_),
        status=None if flags is None else np.array([status for _, status in flags], np.uint8),
        note=draw(some),
        source=sources,
        evidence=draw(shown),
    )


@given(fragments())
def test_any_fragment_comes_back_from_its_bytes(fragment: Fragment) -> None:
    again = fragment_from_bytes(fragment_to_bytes(fragment))
    size = len(fragment)
    assert again.name == fragment.name
    assert again.ordered == fragment.ordered
    for one, other in ((again.parent, fragment.parent), (again.observed, fragment.observed)):
        assert one.dtype == other.dtype
        assert one.tolist() == other.tolist()
    assert again.estimated.tobytes() == fragment.estimated.tobytes() or np.array_equal(
        again.estimated, fragment.estimated, equal_nan=True
    )
    assert again.locked is not None
    assert again.locked.tolist() == ([False] * size if fragment.locked is None else fragment.locked.tolist())
    assert again.status is not None
    assert again.status.tolist() == ([0] * size if fragment.status is None else fragment.status.tolist())
    assert again.note == fragment.note
    assert again.evidence == fragment.evidence
    assert (again.source or [""] * size) == (fragment.source or [""] * size)


@given(trees())
def test_a_tree_goes_through_bytes(tree: FeatureTree) -> None:
    again = FeatureTree.from_fragment(fragment_from_bytes(fragment_to_bytes(tree.to_fragment())))
    assert again.to_rows() == tree.to_rows()


@given(st.binary(max_size=60))
def test_foreign_bytes_are_neither(data: bytes) -> None:
    for read in (delta_from_bytes, fragment_from_bytes):
        for foreign in (data, b"d" + data, b"z" + data):
            with pytest.raises(ValueError):
                read(foreign)


@given(deltas(), st.data())
def test_what_is_cut_off_is_noticed(delta: Delta, data: st.DataObject) -> None:
    whole = delta_to_bytes(delta)
    with pytest.raises(ValueError):
        delta_from_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
    with pytest.raises(ValueError):
        fragment_from_bytes(whole)


def test_a_large_delta_that_is_cut_off_is_noticed() -> None:
    history = History(FeatureTree(), MemoryLog())
    with history.batch(ANNA) as batch:
        merge_fragment(history.tree, wide(9_000, 5))
    assert batch.entry is not None
    data = delta_to_bytes(history.delta(batch.entry))
    for size in (1, 4, 100, 1 << 16, len(data) - 1):
        with pytest.raises(ValueError):
            delta_from_bytes(data[:size])
    whole = fragment_to_bytes(wide(2_000, 5))
    for size in (1, 4, 100, 2_000, len(whole) // 2):
        with pytest.raises(ValueError):
            fragment_from_bytes(whole[:size])


# differences


def difference(history: History, first: int, then: int) -> Diff:
    """The difference between two states of a history."""
    between, last = history.between, history.last
    return diff(history.tree, between(last, first), between(last, then), between(first, then))


def test_each_kind_of_difference_with_its_paths_and_counts() -> None:
    history = History(tree_of({("a",): 1, ("a", "b"): 2, ("a", "b", "c"): 3, ("d",): 4, ("e",): 5}), MemoryLog())
    start = history.last
    history.do([Add(parent=1, name="new", observed=6, estimated=1.5)], ANNA)
    history.do([Move(node=2, parent=4)], ANNA)
    history.do([Rename(node=2, name="beta"), SetCount(node=3, estimated=2.5)], ANNA)
    history.do([Delete(node=5), Note(node=1, text="no difference"), Lock(node=1)], ANNA)
    found = difference(history, start, history.last)
    assert found.counts == {"added": 1, "removed": 1, "moved": 1, "renamed": 1, "counts": 1}
    told = {
        kind: [(c.node, c.before, c.after, c.counts_before, c.counts_after) for c in found.changes(kind)]
        for kind in KINDS
    }
    assert told == {
        "added": [(6, (), ("a", "new"), (0, None), (6, 1.5))],
        "removed": [(5, ("e",), (), (5, None), (0, None))],
        "moved": [(2, ("a", "b"), ("d", "beta"), (2, None), (2, None))],
        "renamed": [(2, ("a", "b"), ("d", "beta"), (2, None), (2, None))],
        "counts": [(3, ("a", "b", "c"), ("d", "beta", "c"), (3, None), (3, 2.5))],
    }
    back = difference(history, history.last, start)
    assert [(change.node, change.before) for change in back.changes("removed")] == [(6, ("a", "new"))]
    assert [(change.node, change.after) for change in back.changes("added")] == [(5, ("e",))]
    middle = difference(history, 1, 2)
    assert [(change.before, change.after) for change in middle.changes("moved")] == [(("a", "b"), ("d", "b"))]
    assert sum(middle.counts.values()) == 1


def test_what_came_and_went_is_no_difference() -> None:
    history = History(tree_of({("a",): 1, ("b",): 2}), MemoryLog())
    history.do([Add(parent=1, name="x"), Rename(node=1, name="A")], ANNA)
    history.do([Rename(node=1, name="a"), Delete(node=3)], ANNA)
    assert set(difference(history, 0, 2).counts.values()) == {0}
    assert difference(history, 0, 1).counts["added"] == 1
    assert set(difference(history, 1, 1).counts.values()) == {0}
    history.undo(ANNA)
    assert difference(history, 1, 3).counts == dict.fromkeys(KINDS, 0)


def test_many_differences_are_looked_at_page_by_page() -> None:
    history = History(FeatureTree(), MemoryLog())
    history.do([Add(parent=ROOT, name=f"n{number}") for number in range(250)], ANNA)
    found = difference(history, 0, 1)
    assert found.counts["added"] == 250
    assert [change.after for change in found.changes("added", 240, 100)] == [
        (f"n{number}",) for number in range(240, 250)
    ]
    assert len(list(found.changes("added"))) == 250
    assert list(found.changes("added", 250)) == []


def test_a_difference_is_what_sets_of_paths_say() -> None:
    rng = random.Random(3)
    history = History(FeatureTree(), MemoryLog())
    seen: list[dict[int, tuple[tuple[str, ...], int]]] = [{}]
    for number in range(40):
        live = list(history.tree.nodes())
        one = rng.choice([*live, ROOT])
        choices = [Add(parent=one, name=f"n{number}", observed=number)] * 3
        if one:
            target = rng.choice(live)
            choices += [Rename(node=one, name=f"r{number}"), Delete(node=one), Move(node=one, parent=target)]  # type: ignore[list-item]
        try:
            entry = history.do([rng.choice(choices)], ANNA)
        except BadInput:
            continue
        if entry is not None:
            tree = history.tree
            seen.append({node: (tree.path(node), tree.observed(node)) for node in tree.nodes()})
    for _ in range(40):
        first, then = rng.randrange(len(seen)), rng.randrange(len(seen))
        found = difference(history, first, then)
        before, after = seen[first], seen[then]
        assert set(found.nodes["added"].tolist()) == after.keys() - before.keys()
        assert set(found.nodes["removed"].tolist()) == before.keys() - after.keys()
        both = before.keys() & after.keys()
        renamed = {node for node in both if before[node][0][-1] != after[node][0][-1]}
        assert set(found.nodes["renamed"].tolist()) == renamed
        for kind in KINDS:
            for change in found.changes(kind):
                assert change.before == (before[change.node][0] if change.node in before else ())
                assert change.after == (after[change.node][0] if change.node in after else ())
