"""An outline shows what a walk would show that knows what a person has opened, at every window."""

from collections.abc import Iterator, Mapping

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from synth.tree.columns import ROOT, FeatureTree
from synth.tree.edits import edit
from synth.tree.extent import Extent
from synth.tree.fragment import NO_PARENT, Fragment
from synth.tree.operations import Delete, Move
from synth.tree.outline import Line, Opened, Outline

MOST = 30

node_sets = st.frozensets(st.integers(-2, MOST + 5), max_size=6)
opened_things = st.builds(
    Opened,
    top=st.one_of(st.just(ROOT), st.integers(0, 5), st.integers(-2, MOST + 5)),
    open=node_sets,
    flat=st.one_of(st.just(frozenset()), st.just(frozenset([ROOT])), node_sets),
    closed=node_sets,
    shut=st.one_of(st.just(frozenset()), node_sets),
    level=st.integers(0, 5),
)
ghost_counts = st.dictionaries(st.integers(-2, MOST + 5), st.integers(0, 3), max_size=5)
filters = st.one_of(st.none(), st.frozensets(st.integers(0, MOST), max_size=8), st.just(frozenset(range(MOST))))


@st.composite
def edited_trees(draw: st.DrawFn) -> FeatureTree:
    """A tree of any form, with some features moved and some gone."""
    tree = FeatureTree()
    for node, above in enumerate(draw(st.lists(st.integers(0, 10**6), min_size=1, max_size=MOST))):
        tree.create(max(0, node - above % 4) if above % 3 else above % (node + 1), f"n{above % 7}-{node}")
    for one, other, goes in draw(st.lists(st.tuples(*[st.integers(0, 10**6)] * 2, st.booleans()), max_size=4)):
        nodes = [*tree.nodes()]
        if len(nodes) > 1:
            node, target = nodes[one % len(nodes)], nodes[other % len(nodes)]
            if goes:
                edit(tree, [Delete(node=node)])
            elif node not in way_up(tree, target) and tree.parent(node) != target:
                edit(tree, [Move(node=node, parent=target)])
    return tree


def way_up(tree: FeatureTree, node: int) -> list[int]:
    """A node and all above it."""
    return [node] if node == ROOT else [node, *way_up(tree, tree.parent(node))]


def living_top(tree: FeatureTree, top: int) -> int:
    if not 0 <= top < tree.rows:
        return ROOT
    return top if tree.alive(top) else living_top(tree, tree.parent(top))


def plain_open(tree: FeatureTree, opened: Opened, node: int) -> bool:
    """Whether a node is open, from the definition."""
    if node in opened.open:
        return True
    if node in opened.closed:
        return False
    for above in way_up(tree, node):
        if above in opened.flat:
            return True
        if above in opened.shut:
            return False
    return tree.depth(node) < opened.level


class Walk:
    """All rows, by a walk over the tree."""

    def __init__(
        self,
        tree: FeatureTree,
        opened: Opened,
        kept: frozenset[int] | None = None,
        ghosts: Mapping[int, int] | None = None,
    ) -> None:
        self.tree, self.opened, self.kept, self.ghosts = tree, opened, kept, ghosts or {}
        self.shown = {*tree.nodes()}
        if kept is not None:
            self.shown = {above for node in tree.nodes() if node in kept for above in way_up(tree, node)}
        self.top = living_top(tree, opened.top)
        self.lines = [*self.below(self.top, 0)]

    def below(self, node: int, depth: int) -> Iterator[Line]:
        for child in self.tree.children(node):
            if child in self.shown:
                lines = [*self.below(child, depth + 1)] if self.open(child) else []
                yield Line(child, depth, bool(lines))
                yield from lines
        for ghost in range(self.ghosts.get(node, 0)):
            yield Line(node, depth, open=False, ghost=ghost)

    def open(self, node: int) -> bool:
        if self.kept is not None:
            return node not in self.opened.closed
        return plain_open(self.tree, self.opened, node)


def mask(tree: FeatureTree, kept: frozenset[int] | None) -> NDArray[np.bool_] | None:
    return None if kept is None else np.isin(np.arange(tree.rows), [*kept])


@given(edited_trees(), opened_things, filters, ghost_counts)
def test_every_window_shows_what_a_walk_shows(
    tree: FeatureTree, opened: Opened, kept: frozenset[int] | None, ghosts: dict[int, int]
) -> None:
    lines = Walk(tree, opened, kept, ghosts).lines
    outline = Outline(tree, opened, Extent(tree), kept=mask(tree, kept), ghosts=ghosts)
    assert outline.total == len(lines)
    for count in (1, 2, 7, len(lines) + 3):
        for first in range(len(lines) + 2):
            assert outline.rows(first, count) == lines[first : first + count]


@given(edited_trees(), opened_things, filters, ghost_counts)
def test_a_feature_is_found_at_the_row_that_shows_it_and_nowhere_else(
    tree: FeatureTree, opened: Opened, kept: frozenset[int] | None, ghosts: dict[int, int]
) -> None:
    lines = Walk(tree, opened, kept, ghosts).lines
    rows = {line.node: row for row, line in enumerate(lines) if line.ghost is None}
    outline = Outline(tree, opened, Extent(tree), kept=mask(tree, kept), ghosts=ghosts)
    for node in range(-2, tree.rows + 2):
        assert outline.find(node) == rows.get(node)


@given(edited_trees(), opened_things, filters, ghost_counts)
def test_what_can_be_expanded_is_what_has_something_to_show(
    tree: FeatureTree, opened: Opened, kept: frozenset[int] | None, ghosts: dict[int, int]
) -> None:
    walk = Walk(tree, opened, kept, ghosts)
    outline = Outline(tree, opened, Extent(tree), kept=mask(tree, kept), ghosts=ghosts)
    for line in walk.lines:
        children = [child for child in tree.children(line.node) if child in walk.shown]
        assert outline.expandable(line.node) == bool(children or ghosts.get(line.node))


# what a person does


def seen(tree: FeatureTree, opened: Opened) -> set[int]:
    """Nodes that are open, of all that live."""
    return {node for node in [ROOT, *tree.nodes()] if plain_open(tree, opened, node) or node == opened.top}


@st.composite
def places(draw: st.DrawFn) -> tuple[FeatureTree, Opened, int]:
    """A tree, what is opened of it, and one of its nodes."""
    tree = draw(edited_trees())
    nodes = [ROOT, *tree.nodes()]
    return tree, draw(opened_things), nodes[draw(st.integers(0, 10**6)) % len(nodes)]


@given(places())
def test_expanding_and_collapsing_change_one_node(place: tuple[FeatureTree, Opened, int]) -> None:
    tree, opened, node = place
    before = seen(tree, opened.living(tree))
    assert seen(tree, opened.expand(tree, node)) == before | {node}
    after = seen(tree, opened.collapse(tree, node))
    assert after == (before if node == living_top(tree, opened.top) else before - {node})
    again = opened.collapse(tree, node).expand(tree, node)
    assert seen(tree, again) == before | {node}


@given(places())
def test_expanding_or_collapsing_all_changes_one_branch(place: tuple[FeatureTree, Opened, int]) -> None:
    tree, opened, node = place
    before, branch = seen(tree, opened.living(tree)), {node, *tree.nodes(node)}
    assert seen(tree, opened.expand_all(tree, node)) == before | branch
    after = seen(tree, opened.collapse_all(tree, node))
    top = living_top(tree, opened.top)
    if node == ROOT:
        assert after == {top}
    else:
        assert after == (before - branch) | ({top} & before)
    found = opened.expand_all(tree, node)
    assert not (found.open | found.closed | found.shut | (found.flat - {node})) & branch


@given(places(), ghost_counts)
def test_what_is_revealed_has_a_row(place: tuple[FeatureTree, Opened, int], ghosts: dict[int, int]) -> None:
    tree, opened, node = place
    found = opened.reveal(tree, node)
    assert (Outline(tree, found, Extent(tree), ghosts=ghosts).find(node) is None) == (node == ROOT)
    top = living_top(tree, opened.top)
    if node != ROOT:
        common = [above for above in way_up(tree, node)[1:] if above in way_up(tree, top)]
        assert found.top == common[0]
    above = {*way_up(tree, node)[1:]}
    assert seen(tree, found) - {top, found.top} == (seen(tree, opened.living(tree)) | (seen(tree, found) & above)) - {
        top,
        found.top,
    }


@given(places(), st.integers(-1, 6))
def test_a_level_is_counted_from_the_top(place: tuple[FeatureTree, Opened, int], level: int) -> None:
    tree, opened, _ = place
    found = opened.to_level(tree, level)
    top = living_top(tree, opened.top)
    outline = Outline(tree, found, Extent(tree))
    wanted = [node for node in tree.nodes(top) if tree.depth(node) - tree.depth(top) <= max(level, 1)]
    assert [line.node for line in outline.rows(0, 100)] == wanted


@given(places())
def test_every_method_drops_what_is_gone(place: tuple[FeatureTree, Opened, int]) -> None:
    tree, opened, node = place
    gone = next((one for one in range(tree.rows) if not tree.alive(one)), -7)
    for one in (node, gone):
        for found in (
            opened.living(tree),
            opened.expand(tree, one),
            opened.collapse(tree, one),
            opened.collapse(tree, one, filtered=True),
            opened.expand_all(tree, one),
            opened.collapse_all(tree, one),
            opened.reveal(tree, one),
            opened.to_level(tree, 2),
        ):
            assert all(map(tree.alive, found.said_of() | {found.top}))


@given(places(), filters)
def test_what_is_collapsed_under_a_filter_shows_nothing_below_it(
    place: tuple[FeatureTree, Opened, int], kept: frozenset[int] | None
) -> None:
    tree, opened, node = place
    if kept is None or node in way_up(tree, living_top(tree, opened.top)):
        return  # what is at or above the top is open whatever is said of it
    extent = Extent(tree)
    found = opened.collapse(tree, node, filtered=True)
    outline = Outline(tree, found, extent, kept=mask(tree, kept))
    assert all(outline.find(below) is None for below in tree.nodes(node))
    again = Outline(tree, found.expand(tree, node), extent, kept=mask(tree, kept))
    assert again.rows(0, 100) == Walk(tree, opened.expand(tree, node), kept).lines


# cases


def small() -> FeatureTree:
    """1 a (2 b (3 c, 4 d), 5 e), 6 f (7 g)."""
    tree = FeatureTree()
    for above, name in ((0, "a"), (1, "b"), (2, "c"), (2, "d"), (1, "e"), (0, "f"), (6, "g")):
        tree.create(above, name)
    return tree


def shown(tree: FeatureTree, opened: Opened, **more: dict[int, int]) -> str:
    """Names and ghosts, one a row, indented by depth."""
    lines = Outline(tree, opened, Extent(tree), ghosts=more.get("ghosts")).rows(0, 1_000)
    return " ".join(
        "." * line.depth + (tree.name(line.node) if line.ghost is None else f"?{line.ghost}") for line in lines
    )


def test_nothing_is_open_in_the_beginning() -> None:
    assert shown(small(), Opened()) == "a f"
    assert shown(FeatureTree(), Opened()) == ""


def test_a_branch_that_is_collapsed_within_an_open_one_can_be_opened_again_as_it_was() -> None:
    tree = small()
    whole = Opened().expand_all(tree, ROOT)
    assert shown(tree, whole) == "a .b ..c ..d .e f .g"
    part = whole.collapse(tree, 2)
    assert shown(tree, part) == "a .b .e f .g"
    hidden = part.collapse(tree, 1)
    assert shown(tree, hidden) == "a f .g"
    assert shown(tree, hidden.expand(tree, 1)) == "a .b .e f .g"
    assert hidden.expand(tree, 1).expand(tree, 2) == Opened(flat=frozenset([ROOT]))


def test_a_branch_that_is_shut_within_an_open_one_opens_step_by_step() -> None:
    tree = small()
    shut = Opened().expand_all(tree, ROOT).collapse_all(tree, 1)
    assert shown(tree, shut) == "a f .g"
    assert shown(tree, shut.expand(tree, 1)) == "a .b .e f .g"
    assert shown(tree, shut.expand(tree, 1).expand_all(tree, 2)) == "a .b ..c ..d .e f .g"
    assert shut.collapse_all(tree, ROOT) == Opened()


def test_ghosts_stand_behind_the_last_child_and_its_branch() -> None:
    tree = small()
    ghosts = {ROOT: 1, 1: 2, 5: 1, 6: 0, 99: 3}
    assert shown(tree, Opened(), ghosts=ghosts) == "a f ?0"
    assert shown(tree, Opened(open=frozenset([1, 5, 2])), ghosts=ghosts) == "a .b ..c ..d .e ..?0 .?0 .?1 f ?0"
    assert shown(tree, Opened(top=5), ghosts={5: 2}) == "?0 ?1"


def test_what_is_open_stays_open_where_it_is_moved_to() -> None:
    tree = small()
    opened = Opened(open=frozenset([1, 2]))
    edit(tree, [Move(node=2, parent=6)])
    assert shown(tree, opened) == "a .e f"
    assert shown(tree, opened.expand(tree, 6)) == "a .e f .b ..c ..d .g"


def test_when_the_top_is_gone_what_is_left_above_it_is_shown() -> None:
    tree = small()
    edit(tree, [Delete(node=2)])
    assert shown(tree, Opened(top=3)) == "e"
    assert shown(tree, Opened(top=1_000)) == "a f"


def test_revealing_moves_the_top_no_further_than_needed() -> None:
    tree = small()
    assert Opened(top=2).reveal(tree, 5) == Opened(top=1)
    assert Opened(top=2).reveal(tree, 2) == Opened(top=1)
    assert Opened(top=2).reveal(tree, 7) == Opened(open=frozenset([6]))
    assert Opened(top=1).reveal(tree, 3) == Opened(top=1, open=frozenset([2]))


def test_a_filter_that_keeps_nothing_below_the_top_leaves_no_row() -> None:
    tree = small()
    outline = Outline(tree, Opened(top=1), Extent(tree), kept=np.arange(8) == 7)
    assert (outline.total, outline.rows(0, 9), outline.find(7)) == (0, [], None)


def test_the_top_is_not_closed() -> None:
    tree = small()
    assert Opened(top=1).collapse(tree, 1, filtered=True) == Opened(top=1)


def test_windows_that_lie_outside_are_empty() -> None:
    outline = Outline(small(), Opened(), Extent(small()))
    assert outline.rows(2, 5) == outline.rows(-1, 5) == outline.rows(0, 0) == outline.rows(0, -1) == []


# large ones


def grown(parents: NDArray[np.int64]) -> FeatureTree:
    """A tree from parent rows, -1 for categories; siblings in the order of their rows."""
    names = [f"{row:07}" for row in range(len(parents))]
    zeros = np.zeros(len(parents), np.int64)
    return FeatureTree.from_fragment(Fragment(parents.astype(np.int32), names, zeros, np.full(len(parents), np.nan)))


def test_a_hundred_thousand_children_are_shown_whole_and_around_one_that_is_open() -> None:
    tree = grown(np.array([NO_PARENT] + [0] * 100_000 + [50_000] * 3))
    outline = Outline(tree, Opened(open=frozenset([1, 50_001])), Extent(tree))
    assert outline.total == 100_004
    assert [line.node for line in outline.rows(49_999, 6)] == [50_000, 50_001, 100_002, 100_003, 100_004, 50_002]
    assert outline.find(100_001) == outline.total - 1


def test_a_chain_of_features_is_shown_to_its_end() -> None:
    tree = grown(np.arange(-1, 4_999))
    extent = Extent(tree)
    outline = Outline(tree, Opened().expand_all(tree, ROOT), extent)
    assert outline.rows(4_998, 5) == [Line(4_999, 4_998, open=True), Line(5_000, 4_999, open=False)]
    one_by_one = Opened(open=frozenset(range(1, 5_000)))
    assert Outline(tree, one_by_one, extent).rows(4_998, 5) == outline.rows(4_998, 5)
    assert outline.find(5_000) == 4_999
    assert Outline(tree, Opened().to_level(tree, 300), extent).total == 300
    assert Opened().reveal(tree, 5_000).open == one_by_one.open


def test_a_large_tree_that_is_all_open_shows_what_a_walk_shows() -> None:
    rng = np.random.default_rng(1)
    tree = grown(np.array([NO_PARENT, *(int(rng.integers(max(0, row - 400), row)) for row in range(1, 20_000))]))
    extent = Extent(tree)
    order = [*tree.nodes()]
    opened = Opened().expand_all(tree, ROOT)
    inner = max((node for node in order if 100 < extent.size(node) < 1_000), key=extent.size)
    hidden = extent.size(inner) - 1
    closed = opened.collapse(tree, inner)
    at = order.index(inner)
    for wanted, now in (
        (order, opened),
        (order[: at + 1] + order[at + 1 + hidden :], closed),
        (order, closed.expand(tree, inner)),
    ):
        outline = Outline(tree, now, extent)
        assert outline.total == len(wanted)
        for first in [*rng.integers(0, len(wanted), 50).tolist(), at - 3, at]:
            assert [line.node for line in outline.rows(first, 60)] == wanted[first : first + 60]
            assert outline.find(wanted[first]) == first


def test_a_filter_that_keeps_much_of_a_large_tree_keeps_its_order() -> None:
    rng = np.random.default_rng(2)
    tree = grown(np.array([NO_PARENT, *(int(rng.integers(max(0, row - 400), row)) for row in range(1, 20_000))]))
    kept = rng.random(tree.rows) < 0.5
    wanted = {above for node in np.flatnonzero(kept).tolist() for above in way_up(tree, node)}
    order = [node for node in tree.nodes() if node in wanted]
    outline = Outline(tree, Opened(), Extent(tree), kept=kept)
    assert outline.total == len(order)
    for first in rng.integers(0, len(order), 50).tolist():
        assert [line.node for line in outline.rows(first, 60)] == order[first : first + 60]
        assert outline.find(order[first]) == first
