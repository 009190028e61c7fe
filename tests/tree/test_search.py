"""Search against its definition, written plainly: the same hits in the same order, whatever was edited in between."""

import threading
from collections.abc import Sequence
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.errors import BadInput
from synth.records import CATEGORIES
from synth.tree import name_index, search
from synth.tree.columns import FeatureTree
from synth.tree.delta import apply
from synth.tree.edits import edit
from synth.tree.name_index import Named, NameIndex, distances
from synth.tree.operations import Add, Delete, Move, Operation, Rename
from synth.tree.search import Mode, Search
from synth.tree.table import ROOT
from tests.tree.strategies import tree_of

MODES: tuple[Mode, ...] = ("prefix", "substring", "path", "fuzzy")

letters = st.sampled_from([*"aaabbcAB s>/", "ß", "ſ", "İ", "ı", "ﬁ", "é", "e\u0301", "\u0301", "数", "据", "😀", "K"])
names = st.one_of(
    st.sampled_from(["sort", "Sort", "sorting", "resort", "Straße", "STRASSE", "ﬁle", "file", "File I/O", "İd", "a b"]),
    st.lists(letters, min_size=1, max_size=7).map("".join),
)
queries = st.one_of(
    names,
    names.map(lambda name: name[1:] or name),
    names.map(lambda name: name[:2]),
    st.lists(names, min_size=1, max_size=3).map(" > ".join),
    st.lists(names, min_size=1, max_size=3).map("/".join),
    st.just("\ud800"),
)
rows = st.lists(
    st.tuples(st.sampled_from(CATEGORIES[1:4]), st.lists(names, max_size=4)).map(lambda row: (row[0], *row[1])),
    max_size=25,
    unique=True,
)


def osa(one: str, other: str) -> int:
    """Optimal string alignment distance as the books write it."""
    table = [[max(i, j) if not i or not j else 0 for j in range(len(other) + 1)] for i in range(len(one) + 1)]
    for i in range(1, len(one) + 1):
        for j in range(1, len(other) + 1):
            table[i][j] = min(
                table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + (one[i - 1] != other[j - 1])
            )
            if i > 1 and j > 1 and one[i - 1] == other[j - 2] and one[i - 2] == other[j - 1]:
                table[i][j] = min(table[i][j], table[i - 2][j - 2] + 1)
    return table[-1][-1]


def found_plainly(tree: FeatureTree, query: str, mode: Mode, below: int) -> list[int]:
    """All hits in order, by a loop over all nodes."""
    query = query.casefold()
    split = [part.strip() for part in query.split(">" if ">" in query else "/")]
    parts = [part for part in split if part] if mode == "path" else [query]
    most = 0 if len(query) < 3 else 1 if len(query) < 6 else 2
    hits: list[tuple[int, str, int]] = []
    for node in tree.nodes(below):
        *above, name = [name.casefold() for name in tree.path(node)]
        rank = osa(query, name) if mode == "fuzzy" else int(name != parts[-1])
        if mode == "prefix":
            hit = name.startswith(query)
        elif mode == "fuzzy":
            hit = rank <= most
        else:
            hit = parts[-1] in name and _in_order(parts[:-1], above)
        if hit:
            hits.append((rank, name, node))
    return [node for *_, node in sorted(hits)]


def _in_order(parts: Sequence[str], above: Sequence[str]) -> bool:
    rest = iter(above)
    return all(any(part in name for name in rest) for part in parts)


def check(searcher: Search, tree: FeatureTree, query: str, mode: Mode, below: int, limit: int, offset: int) -> None:
    """One page, and all of them, are what the plain loop finds."""
    if not query.strip(" >" if ">" in query else " /") and (mode == "path" or not query.strip()):
        with pytest.raises(BadInput, match=r"blank|between its separators"):
            searcher.find(query, mode)
        return
    expected = found_plainly(tree, query, mode, below)
    page = searcher.find(query, mode, limit, offset, below)
    assert page.nodes.tolist() == expected[offset : offset + limit]
    assert page.total in (None, len(expected))
    if page.total is None:
        assert mode in ("substring", "path")
        assert len(page.nodes) == limit
    whole = searcher.find(query, mode, len(expected) + 1, 0, below)
    assert (whole.nodes.tolist(), whole.total) == (expected, len(expected))


@st.composite
def operations(draw: st.DrawFn, tree: FeatureTree) -> Operation:
    nodes = list(tree.nodes()) or [ROOT]
    node, other = draw(st.sampled_from(nodes)), draw(st.sampled_from([ROOT, *nodes]))
    return draw(
        st.one_of(
            st.builds(Add, parent=st.just(other), name=names),
            st.builds(Rename, node=st.just(node), name=names),
            st.just(Move(node=node, parent=other)),
            st.just(Delete(node=node)),
        )
    )


@settings(max_examples=100)
@given(
    rows,
    st.sampled_from([(2_000, 8, 1_000, 64, 25), (0, 8, 1_000, 1, 25), (0, 10**9, 3, 2, 1_000), (0, 1, 0, 1, 0)]),
    st.data(),
)
def test_finds_what_a_plain_loop_finds_whatever_was_edited(
    paths: list[tuple[str, ...]], tuning: tuple[int, int, int, int, int], data: st.DataObject
) -> None:
    """The tuning sends small trees down the ways of large ones: all parents, few nodes, rebuilds, dense matches."""
    tree = tree_of(dict.fromkeys(paths, 1))
    with pytest.MonkeyPatch.context() as patch:
        for module, name, value in zip(
            (search, search, name_index, name_index, name_index),
            ("_PATIENCE", "_FEW", "_FEWEST", "_FIRST", "_DENSE"),
            tuning,
            strict=True,
        ):
            patch.setattr(module, name, value)
        searcher = Search(tree)
        undone = []
        for _ in range(data.draw(st.integers(1, 5))):
            for query, mode in data.draw(st.lists(st.tuples(queries, st.sampled_from(MODES)), min_size=1, max_size=4)):
                below = data.draw(st.sampled_from([ROOT, ROOT, *tree.nodes()]))
                limit, offset = data.draw(st.tuples(st.integers(0, 5), st.integers(0, 3)))
                check(searcher, tree, query, mode, below, limit, offset)
            with suppress(BadInput):
                if undone and data.draw(st.booleans()):
                    apply(tree, undone.pop().reversed())
                else:
                    undone.append(edit(tree, data.draw(st.lists(operations(tree), min_size=1, max_size=3))))
        check(searcher, tree, "sort", "substring", ROOT, 3, 0)


near = st.text(alphabet="abß数", max_size=9)


@given(near, st.lists(near, max_size=20), st.integers(0, 3))
def test_distances_are_those_of_the_textbook(query: str, texts: list[str], most: int) -> None:
    assert distances(texts, query, most).tolist() == [min(osa(query, text), most + 1) for text in texts]


@given(st.lists(names, min_size=1, max_size=30), queries)
def test_no_near_name_is_ruled_out_by_its_letters(texts: list[str], query: str) -> None:
    tree = tree_of({(CATEGORIES[1], text): 1 for text in texts})
    index, query = NameIndex(Named.of(tree)), query.casefold()
    found, away = index.alike(query, 2)
    expected = [osa(query, index.text(number)) for number in range(index.size)]
    assert found.tolist() == [number for number, far in enumerate(expected) if far <= 2]
    assert away.tolist() == [far for far in expected if far <= 2]


def test_a_large_tree_in_all_modes_before_and_after_edits() -> None:
    """Large enough for portions, dense matches and narrow places as they are tuned."""
    words = ("sort", "graph", "Straße", "index", "naïve", "cache", "數據")
    paths = [
        (
            CATEGORIES[1 + number % 3],
            f"{words[number % 7]} {number % 11}",
            f"{words[number % 5]} {number} {words[number % 6]}",
        )
        for number in range(5_000)
    ]
    tree = tree_of({path[:depth]: 1 for path in paths for depth in (1, 2, 3)})
    searcher = Search(tree)
    inner = [node for node in tree.nodes() if tree.depth(node) == 2]

    def check_all() -> None:
        for query in ("s", "sort", "STRASSE", "88", "sort 77 sort", "e", "nothing"):
            for mode in MODES:
                for below in (ROOT, inner[0], tree.parent(inner[0])):
                    check(searcher, tree, query, mode, below, 20, 10)
        for query in ("naïve > 8", "graph > sort", "sort 1 > straße > cache", "nothing > s", "s > nothing", "a/b"):
            check(searcher, tree, query, "path", ROOT, 20, 10)

    check_all()
    below = tree.children(inner[1])
    edit(tree, [Rename(node=inner[0], name="Naïve sort"), Move(node=inner[0], parent=inner[1]), Delete(node=below[0])])
    check_all()


def test_after_many_edits_all_is_found_while_another_index_is_made_and_after() -> None:
    tree = tree_of({(CATEGORIES[1], f"sort {number}"): 1 for number in range(3_000)})
    searcher = Search(tree)
    check(searcher, tree, "sort 7", "substring", ROOT, 20, 0)
    nodes = tree.children(tree.children(ROOT)[0])
    edit(tree, [Rename(node=node, name=f"graph {node}") for node in nodes[:1_500]])
    check(searcher, tree, "graph 7", "substring", ROOT, 20, 0)
    check(searcher, tree, "sort 7", "prefix", ROOT, 20, 0)
    edit(tree, [Rename(node=nodes[0], name="meanwhile")])
    for thread in threading.enumerate():
        if thread.name == "names":
            thread.join()
    for query in ("graph 7", "sort 7", "meanwhile", "e"):
        for mode in MODES:
            check(searcher, tree, query, mode, ROOT, 20, 0)


def test_a_failed_edit_leaves_nothing_in_the_search() -> None:
    tree = tree_of({(CATEGORIES[1], "sort"): 1})
    searcher = Search(tree)
    assert searcher.find("sort").total == 1
    with pytest.raises(BadInput):
        edit(tree, [Add(parent=ROOT, name="sort of"), Delete(node=99)])
    assert searcher.find("sort").total == 1
    edit(tree, [Add(parent=ROOT, name="other")])
    assert (searcher.find("sort of").total, searcher.find("other").nodes.tolist()) == (0, [tree.rows - 1])


@pytest.mark.parametrize(
    ("query", "options", "reason"),
    [
        (" \t", {}, "blank"),
        ("a" * 1_001, {}, "1,001 characters"),
        ("a", {"limit": -1}, "page of -1"),
        ("a", {"offset": -1}, "from -1"),
        ("a", {"below": 7}, "no feature 7"),
        (" > ", {"mode": "path"}, "between its separators"),
        ("a", {"mode": "sound"}, "no search mode `sound`"),
    ],
)
def test_says_what_is_wrong_with_a_search(query: str, options: dict[str, int], reason: str) -> None:
    with pytest.raises(BadInput, match=reason):
        Search(tree_of({(CATEGORIES[1],): 1})).find(query, **options)  # type: ignore[arg-type]


def test_an_empty_tree_has_no_hits() -> None:
    searcher = Search(FeatureTree())
    assert all(searcher.find("a", mode).total == 0 for mode in MODES)
