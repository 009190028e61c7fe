"""Every operation: what it does, what it refuses and how it says so, and that undoing it leaves the identical tree."""

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.errors import BadInput
from synth.tree.columns import ROOT, FeatureTree
from synth.tree.delta import take_back
from synth.tree.edits import describe, edit
from synth.tree.formats.checks import MAX_LENGTH
from synth.tree.history import History, MemoryLog
from synth.tree.integrity import fault, faults
from synth.tree.operations import (
    Add,
    AddMany,
    Delete,
    Lock,
    Merge,
    Move,
    Note,
    Operation,
    Rename,
    Reorder,
    SetCount,
    Status,
)
from synth.tree.table import MAX_COUNT
from tests.tree.strategies import extraction, growth, names
from tests.tree.test_history import ANNA, RUN, cells, state

AWKWARD = (
    "a---b", "---", "a/b", "a > b", " > ", 'say "hi"', "it's", "back\\slash", "[3]", "- dash", "# hash", "a\tb", "a\nb",
    "nul\0l", " padded ", "naïve", "naïve", "数据", "🧑‍🚀", "\u202e", "\uffff", "0", "null", "x" * MAX_LENGTH,
)  # fmt: skip


def garden() -> FeatureTree:
    """A tree with everything in it: both kinds of counts, evidence, ranks, a lock, notes, and dead rows."""
    tree = FeatureTree()
    tree.add_extraction(extraction([("logging", "levels", "debug"), ("logging", "rotation"), ("security",)]), "seed-1")
    tree.add_extraction(extraction([("logging", "levels", "info"), ("security", "levels", "debug")]), "seed-2")
    tree.add_growth(growth([(("logging", "sinks"), 2.5), (("security", "hashing", "salts"), 4.0)]))
    edit(tree, [Add(parent=ROOT, name="testing", observed=7), Add(parent=ROOT, name="locked", observed=3, estimated=1)])
    locked = node(tree, "locked")
    edit(tree, [Add(parent=locked, name="held", observed=2), Add(parent=ROOT, name="gone")])
    edit(tree, [Reorder(parent=ROOT, children=tuple(reversed(tree.children(ROOT)))), Note(node=locked, text="mine")])
    edit(tree, [Delete(node=node(tree, "gone")), Lock(node=locked), Status(node=locked, status="reviewed")])
    return tree


def node(tree: FeatureTree, *path: str) -> int:
    """The id at a path that is there."""
    found = tree.node(path)
    assert found is not None, path
    return found


def refused(tree: FeatureTree, operation: Operation, *words: str) -> None:
    """The operation, and a good one together with it, is refused in these words and leaves no trace."""
    rows, all_cells, before = tree.to_rows(), cells(tree), state(tree)
    for batch in ([operation], [Add(parent=ROOT, name="good"), Note(node=1, text="good"), operation]):
        with pytest.raises(BadInput) as caught:
            edit(tree, batch)
        for word in words:
            assert word in str(caught.value)
    assert tree.to_rows() == rows
    assert state(tree) == before
    assert cells(tree) == all_cells
    assert list(faults(tree)) == []


def done(tree: FeatureTree, *operations: Operation) -> None:
    """The operations are done, and undone and done again in every way there is."""
    history = History(tree, MemoryLog())
    before, all_cells = state(tree), cells(tree)
    entry = history.do(operations, ANNA)
    assert entry is not None
    assert entry.summary
    after = state(tree)
    assert after != before
    assert list(faults(tree)) == []
    delta = history.delta(entry)
    take_back(tree, delta)
    assert cells(tree) == all_cells
    assert state(tree) == before
    history = History(tree, MemoryLog())
    history.do(operations, ANNA)
    history.undo(ANNA)
    assert state(tree) == before
    assert list(faults(tree)) == []
    history.redo(ANNA)
    assert state(tree) == after
    assert list(faults(tree)) == []


# effects


def test_add_puts_a_feature_with_its_counts_where_it_is_wanted() -> None:
    tree = garden()
    logging = node(tree, "logging")
    done(tree, Add(parent=logging, name="middle", observed=4, estimated=2.5))
    added = node(tree, "logging", "middle")
    assert (tree.observed(added), tree.estimated(added), tree.evidence(added)) == (4, 2.5, [])
    assert [tree.name(child) for child in tree.children(logging)] == ["levels", "middle", "rotation", "sinks"]
    done(tree, Add(parent=logging, name="first", before=node(tree, "logging", "levels")))
    done(tree, Add(parent=logging, name="a later one"))
    order = ["first", "levels", "middle", "rotation", "sinks", "a later one"]
    assert [tree.name(child) for child in tree.children(logging)] == order


def test_add_many_adds_an_outline_and_keeps_what_is_there() -> None:
    tree = garden()
    logging = node(tree, "logging")
    counts = tree.observed(node(tree, "logging", "levels"))
    outline = "levels  [99]\n    debug\n    trace  [3, est 1.5]\nsinks\n\tfile\n\tsocket  [2]"
    done(tree, AddMany(parent=logging, outline=outline))
    assert tree.observed(node(tree, "logging", "levels")) == counts
    assert tree.observed(node(tree, "logging", "levels", "trace")) == 3
    assert tree.estimated(node(tree, "logging", "levels", "trace")) == 1.5
    assert tree.observed(node(tree, "logging", "sinks", "socket")) == 2
    done(tree, AddMany(parent=ROOT, outline="new category\n    below"))
    assert tree.node(("new category", "below")) is not None


def test_rename_keeps_the_node_and_what_is_below() -> None:
    tree = garden()
    levels = node(tree, "logging", "levels")
    done(tree, Rename(node=levels, name="severities"))
    assert tree.path(levels) == ("logging", "severities")
    assert tree.observed(node(tree, "logging", "severities", "debug")) == 1
    assert [tree.name(child) for child in tree.children(node(tree, "logging"))] == ["rotation", "severities", "sinks"]


def test_move_takes_along_what_is_below_and_goes_in_front_of_a_sibling() -> None:
    tree = garden()
    levels, testing = node(tree, "logging", "levels"), node(tree, "testing")
    done(tree, Move(node=levels, parent=testing))
    assert tree.path(node(tree, "testing", "levels", "info")) == ("testing", "levels", "info")
    assert tree.observed(levels) == 2
    done(tree, Move(node=levels, parent=ROOT, before=node(tree, "security")))
    siblings = [tree.name(child) for child in tree.children(ROOT)]
    assert siblings.index("levels") + 1 == siblings.index("security")
    done(tree, Move(node=levels, parent=ROOT, before=tree.children(ROOT)[0]))
    assert tree.children(ROOT)[0] == levels


def test_reorder_holds_until_it_is_by_name_again() -> None:
    tree = garden()
    logging = node(tree, "logging")
    children = tree.children(logging)
    done(tree, Reorder(parent=logging, children=tuple(children[::-1])))
    assert tree.children(logging) == children[::-1]
    done(tree, Reorder(parent=logging, children=()))
    assert tree.children(logging) == children


def test_merge_adds_up_unites_and_goes_down() -> None:
    tree = garden()
    logging, security = node(tree, "logging"), node(tree, "security")
    done(tree, Merge(target=logging, sources=(security, security, logging)))
    assert not tree.alive(security)
    assert (tree.observed(logging), tree.evidence(logging)) == (4, ["seed-1", "seed-2"])
    assert tree.observed(node(tree, "logging", "levels")) == 3
    assert tree.evidence(node(tree, "logging", "levels", "debug")) == ["seed-1", "seed-2"]
    assert tree.estimated(node(tree, "logging", "hashing", "salts")) == 4.0


def test_delete_takes_everything_below_along() -> None:
    tree = garden()
    below = list(tree.nodes(node(tree, "logging")))
    done(tree, Delete(node=node(tree, "logging")))
    assert not any(tree.alive(gone) for gone in below)


def test_set_count_changes_what_is_given_and_takes_an_estimate_away() -> None:
    tree = garden()
    sinks = node(tree, "logging", "sinks")
    done(tree, SetCount(node=sinks, observed=MAX_COUNT))
    assert (tree.observed(sinks), tree.estimated(sinks)) == (MAX_COUNT, 2.5)
    done(tree, SetCount(node=sinks, estimated=0.25))
    assert (tree.observed(sinks), tree.estimated(sinks)) == (MAX_COUNT, 0.25)
    done(tree, SetCount(node=sinks, observed=0, clear_estimated=True))
    assert not tree.has_count(sinks)


def test_lock_note_and_status() -> None:
    tree = garden()
    logging = node(tree, "logging")
    done(tree, Lock(node=logging, below=True))
    assert all(tree.locked(below) for below in (logging, *tree.nodes(logging)))
    done(tree, Note(node=logging, text="with\nlines, 数据 and \0"), Status(node=logging, status="disputed"))
    assert (tree.note(logging), tree.status(logging)) == ("with\nlines, 数据 and \0", "disputed")
    done(tree, Note(node=logging, text=""), Status(node=logging, status=""))
    done(tree, Lock(node=logging, locked=False))
    assert not tree.locked(logging)
    assert tree.locked(node(tree, "logging", "levels"))


def test_what_changes_nothing_makes_no_entry() -> None:
    tree = garden()
    history = History(tree, MemoryLog())
    logging = node(tree, "logging")
    nothing: list[Operation] = [
        Rename(node=logging, name="logging"),
        Move(node=logging, parent=ROOT),
        Move(node=logging, parent=ROOT, before=logging),
        Reorder(parent=ROOT, children=tuple(tree.children(ROOT))),
        Merge(target=logging, sources=(logging,)),
        SetCount(node=logging, observed=tree.observed(logging)),
        Lock(node=logging, locked=False),
        Note(node=logging, text=""),
        Status(node=logging, status=""),
        AddMany(parent=logging, outline="levels\n    debug"),
    ]
    for operation in nothing:
        assert history.do([operation], ANNA) is None, operation
    assert history.do(nothing, ANNA) is None
    assert history.last == 0


# refusals


def of_node(tree: FeatureTree, one: int) -> list[Operation]:
    """Every operation that changes this node, its place, its counts or its children."""
    other = node(tree, "testing")
    return [
        Add(parent=one, name="new"),
        AddMany(parent=one, outline="new"),
        Rename(node=one, name="new"),
        Move(node=one, parent=other),
        Move(node=other, parent=one),
        Reorder(parent=one, children=tuple(tree.children(one)) if tree.alive(one) else ()),
        Merge(target=one, sources=(other,)),
        Merge(target=other, sources=(one,)),
        Delete(node=one),
        SetCount(node=one, observed=9),
    ]


def test_a_locked_feature_is_left_as_it_is() -> None:
    tree = garden()
    for operation in of_node(tree, node(tree, "locked")):
        refused(tree, operation, "`locked` is locked", "unlock it first")
    held, other = node(tree, "locked", "held"), node(tree, "testing")
    for operation in (Move(node=held, parent=other), Delete(node=held), Merge(target=other, sources=(held,))):
        refused(tree, operation, "`locked` is locked")
    edit(tree, [Lock(node=node(tree, "locked"), locked=False), Lock(node=held)])
    for operation in (Delete(node=node(tree, "locked")), Merge(target=other, sources=(node(tree, "locked"),))):
        refused(tree, operation, "`held` below `locked` is locked")


def test_a_merge_stops_at_a_lock_further_down() -> None:
    tree = garden()
    edit(tree, [Lock(node=node(tree, "logging", "levels", "debug"))])
    refused(tree, Merge(target=node(tree, "logging"), sources=(node(tree, "security"),)), "`debug` is locked")


def test_lock_note_and_status_may_always_be_written() -> None:
    tree = garden()
    locked = node(tree, "locked")
    done(tree, Note(node=locked, text="other"), Status(node=locked, status="disputed"))
    done(tree, Lock(node=locked, locked=False))


@pytest.mark.parametrize("which", ["dead", "unknown", "far", "root"])
def test_an_id_that_names_no_feature_is_refused(which: str) -> None:
    tree = garden()
    dead = next(row for row in range(1, tree.rows) if not tree.alive(row))
    one = {"dead": dead, "unknown": tree.rows + 9, "far": 10**12, "root": ROOT}[which]
    operations = [*of_node(tree, one), Lock(node=one), Note(node=one, text="x"), Status(node=one, status="disputed")]
    for operation in operations:
        at_root = isinstance(operation, Add | AddMany | Reorder) or operation == Move(
            node=node(tree, "testing"), parent=one
        )
        if which != "root" or not at_root:
            refused(tree, operation, f"id {one}")
        assert describe(tree, operation)


@pytest.mark.parametrize("before", ["elsewhere", "dead", "unknown", "root"])
def test_what_it_goes_in_front_of_must_be_a_sibling(before: str) -> None:
    tree = garden()
    dead = next(row for row in range(1, tree.rows) if not tree.alive(row))
    sibling = {"elsewhere": node(tree, "security", "levels"), "dead": dead, "unknown": 10**6, "root": ROOT}[before]
    logging = node(tree, "logging")
    refused(tree, Add(parent=logging, name="new", before=sibling), "no child of `logging`")
    refused(tree, Move(node=node(tree, "testing"), parent=logging, before=sibling), "no child of `logging`")


def test_one_name_comes_once_below_a_parent() -> None:
    tree = garden()
    logging, testing = node(tree, "logging"), node(tree, "testing")
    refused(tree, Add(parent=logging, name="levels"), "`logging` has a child `levels` already", "merge")
    refused(tree, Add(parent=ROOT, name="logging"), "the root has a child `logging` already")
    refused(tree, Rename(node=testing, name="logging"), "`logging` already")
    refused(tree, Rename(node=node(tree, "logging", "levels"), name="sinks"), "`logging` has a child `sinks` already")
    refused(tree, Move(node=node(tree, "security", "levels"), parent=logging), "`logging` has a child `levels` already")
    refused(tree, AddMany(parent=logging, outline="twice\ntwice"), "twice")


def test_nothing_goes_below_itself() -> None:
    tree = garden()
    logging, levels = node(tree, "logging"), node(tree, "logging", "levels")
    debug = node(tree, "logging", "levels", "debug")
    refused(tree, Move(node=logging, parent=logging), "`logging` cannot be moved below itself")
    refused(tree, Move(node=logging, parent=debug), "`logging` cannot be moved below itself")
    refused(tree, Merge(target=logging, sources=(debug,)), "`debug` lies below `logging`", "move one first")
    refused(tree, Merge(target=debug, sources=(node(tree, "testing"), logging)), "`debug` lies below `logging`")
    refused(tree, Merge(target=node(tree, "testing"), sources=(levels, logging)), "`levels` lies below `logging`")


def test_an_order_names_each_child_once() -> None:
    tree = garden()
    logging = node(tree, "logging")
    children = tree.children(logging)
    for wrong in (children[:-1], [*children, children[0]], [*children[:-1], children[0]], [*children[:-1], logging]):
        refused(tree, Reorder(parent=logging, children=tuple(wrong)), "`logging`", "each child once")


def test_counts_have_a_limit() -> None:
    tree = garden()
    logging, testing = node(tree, "logging"), node(tree, "testing")
    over = f"{MAX_COUNT:,}"
    refused(tree, Add(parent=ROOT, name="many", observed=MAX_COUNT + 1), "`many`", over)
    refused(tree, Add(parent=ROOT, name="many", estimated=MAX_COUNT * 1.5), "`many`", over)
    refused(tree, SetCount(node=testing, observed=MAX_COUNT + 1), "`testing`", over)
    refused(tree, SetCount(node=testing, estimated=1e300), "`testing`", over)
    edit(tree, [SetCount(node=testing, observed=MAX_COUNT)])
    refused(tree, Merge(target=logging, sources=(testing,)), "`logging`", over)
    edit(tree, [SetCount(node=testing, observed=0, estimated=9e8), SetCount(node=logging, estimated=9e8)])
    refused(tree, Merge(target=logging, sources=(testing,)), "`logging`", over)


def test_values_that_are_no_counts_are_no_operations() -> None:
    makers: list[Callable[[], Operation]] = [
        lambda: Add(parent=0, name="a", observed=-1),
        lambda: Add(parent=0, name="a", estimated=float("nan")),
        lambda: SetCount(node=1, estimated=float("inf")),
        lambda: SetCount(node=1, observed=-5),
        lambda: Add(parent=-1, name="a"),
    ]
    for make in makers:
        with pytest.raises(ValueError, match=r"greater than or equal|finite"):
            make()


@pytest.mark.parametrize(
    "name", ["", " ", "\n\t", "x" * (MAX_LENGTH + 1), "half \ud83d"], ids=["none", "blank", "breaks", "long", "half"]
)
def test_names_that_are_none_are_refused(name: str) -> None:
    tree = garden()
    said = "surrogate" if "\ud83d" in name else f"{MAX_LENGTH:,}" if name.startswith("x") else "empty"
    refused(tree, Add(parent=ROOT, name=name), said)
    refused(tree, Rename(node=node(tree, "testing"), name=name), said)
    if said == "surrogate":
        refused(tree, Note(node=1, text=name), said)
        refused(tree, AddMany(parent=ROOT, outline=name), said)


def test_an_unknown_status_is_refused_with_the_known_ones() -> None:
    refused(garden(), Status(node=1, status="fine"), "`fine`", "`reviewed`", "`disputed`")


# names and sizes


@pytest.mark.parametrize("name", AWKWARD, ids=lambda name: ascii(name)[:20])
def test_any_text_is_a_name(name: str) -> None:
    tree = garden()
    done(tree, Add(parent=ROOT, name=name, observed=3))
    made = node(tree, name)
    done(tree, Add(parent=made, name=name), Add(parent=made, name="x" if name != "x" else "y"))
    done(tree, Move(node=node(tree, "testing"), parent=node(tree, name, name)))
    assert tree.path(node(tree, name, name, "testing")) == (name, name, "testing")
    assert name[:50] in describe(tree, Rename(node=made, name="other"))


def test_a_name_may_be_leaf_here_and_inner_there_and_come_below_many_parents() -> None:
    tree = FeatureTree()
    edit(tree, [Add(parent=ROOT, name=name) for name in ("a", "b", "parse")])
    a, b, parse = (node(tree, name) for name in ("a", "b", "parse"))
    edit(tree, [Add(parent=parent, name="parse", observed=parent) for parent in (a, b, parse)])
    edit(tree, [Add(parent=node(tree, "b", "parse"), name="json")])
    assert tree.leaves() == [("a", "parse"), ("b", "parse", "json"), ("parse", "parse")]
    done(tree, Rename(node=node(tree, "a", "parse"), name="read"))
    assert tree.node(("b", "parse", "json")) is not None
    done(tree, Merge(target=node(tree, "b", "parse"), sources=(node(tree, "parse", "parse"), node(tree, "a", "read"))))
    assert tree.observed(node(tree, "b", "parse")) == a + b + parse


def test_ten_thousand_children_below_one_parent() -> None:
    tree = FeatureTree()
    edit(tree, [Add(parent=ROOT, name="wide"), Add(parent=ROOT, name="other")])
    history = History(tree, MemoryLog())
    history.do([Add(parent=1, name=f"child {number:05d}", observed=1) for number in range(10_000)][::-1], ANNA)
    children = tree.children(1)
    assert [tree.name(child) for child in children] == [f"child {number:05d}" for number in range(10_000)]
    assert tree.mean_child_count(1) == 1
    before = cells(tree)
    revisions = {tree.revision}
    batches: list[list[Operation]] = [
        [Reorder(parent=1, children=tuple(children[::-1]))],
        [Move(node=children[5_000], parent=1, before=children[0]), Rename(node=children[1], name="child 99999")],
        [Lock(node=1, below=True)],
        [Lock(node=1, below=True, locked=False), Merge(target=2, sources=(1,))],
        [Delete(node=2)],
    ]
    for number, batch in enumerate(batches):
        history.do(batch, ANNA)
        assert len(tree) == [10_002, 10_002, 10_002, 10_001, 0][number]
        revisions.add(tree.revision)
    assert len(revisions) == 6  # what is kept in memory elsewhere must see every change
    for _ in batches:
        history.undo(ANNA)
    assert cells(tree) == before
    assert tree.children(1) == children
    assert fault(tree, tree.column("name")[:0]) is None
    assert list(faults(tree)) == []


@given(st.lists(names, min_size=1, max_size=30, unique=True), st.randoms())
def test_siblings_stand_by_name_whatever_the_order_of_adding(given_names: list[str], rng: object) -> None:
    allowed = [name for name in given_names if name.strip()]
    tree = FeatureTree()
    edit(tree, [Add(parent=ROOT, name=name) for name in allowed])
    assert [tree.name(child) for child in tree.children(ROOT)] == sorted(allowed)
    edit(tree, [Rename(node=child, name=f"{tree.name(child)}!") for child in tree.children(ROOT)[::-1]])
    assert list(faults(tree)) == []


def test_growth_leaves_what_is_locked_and_seeds_go_on_counting() -> None:
    tree = garden()
    history = History(tree, MemoryLog())
    locked, held = node(tree, "locked"), node(tree, "locked", "held")
    before = [(tree.observed(one), tree.estimated(one), tree.children(one)) for one in (locked, held)]
    with history.batch(RUN):
        tree.add_growth(
            growth([(("locked",), 50.0), (("locked", "new", "deep"), 9.0), (("locked", "held", "below"), 8.0)])
        )
    assert (tree.observed(locked), tree.estimated(locked), tree.children(locked)) == before[0]
    assert tree.estimated(held) == before[1][1]
    assert tree.estimated(node(tree, "locked", "held", "below")) == 8.0
    with history.batch(RUN):
        tree.add_extraction(extraction([("locked", "seen")]), "seed-9")
    assert tree.observed(locked) == before[0][0] + 1
    assert tree.evidence(node(tree, "locked", "seen")) == ["seed-9"]


def test_a_deep_chain_is_no_circle() -> None:
    tree = FeatureTree()
    last = ROOT
    for number in range(4_000):
        last = tree.create(last, str(number))
    nodes = tree.column("name")[:0]
    assert fault(tree, nodes) is None
    touched = tree.column("parent")[[2_501, 4_000]]
    assert fault(tree, touched) is None
    edit(tree, [Move(node=3_000, parent=1_000)])
    assert fault(tree, touched) is None
    tree.change(100, parent=2_000)
    assert "below itself" in str(fault(tree, touched))


def test_messages_name_long_names_in_short() -> None:
    tree = FeatureTree()
    edit(tree, [Add(parent=ROOT, name="long " * 100)])
    with pytest.raises(BadInput) as caught:
        edit(tree, [Add(parent=ROOT, name="long " * 100)])
    assert len(str(caught.value)) < 300
    assert re.search("`long long .*…`", str(caught.value))
