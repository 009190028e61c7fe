"""What is found wrong with a tree: findings against plain definitions, and their operations applied."""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from synth.embed import SentenceEmbedder
from synth.errors import BadInput
from synth.records import FeaturePath
from synth.tree.columns import MAX_COUNT, ROOT, FeatureTree
from synth.tree.edits import edit
from synth.tree.finders import ALMOST, KINDS, Finding, Kind, find
from synth.tree.finders_meaning import SMALL, near_keys
from synth.tree.integrity import faults
from synth.tree.names import near_key, normalise
from synth.tree.operations import Add, Delete, Lock, Merge, Move, Note, SetCount, Status
from synth.tree.segment import copy_tree
from tests.tree.strategies import closed, trees

messy = st.sampled_from(
    ["parse file", "parse files", "parseFile", "Parsing-File", "none", "N/A", "---", "'", "x", "X", "db", "database"]
)
messy_paths = st.lists(messy, min_size=1, max_size=5).map(lambda names: ("workflow", *names))


@st.composite
def marked_trees(draw: st.DrawFn, *, locks: bool = True) -> FeatureTree:
    """A tree with names that say the same or nothing, with counts, notes and statuses, some locked, some deleted."""
    tree = draw(trees())
    for path in sorted(closed(draw(st.lists(messy_paths, max_size=12)))):
        if tree.node(path) is None:
            above = tree.node(path[:-1])
            assert above is not None
            edit(tree, [Add(parent=above, name=path[-1], observed=draw(st.sampled_from([0, 1, 1, 5, MAX_COUNT])))])
    some = st.lists(st.integers(1, tree.rows - 1), max_size=4)
    for node in draw(some):
        edit(tree, [Note(node=node, text="kept"), Status(node=node, status="reviewed")])
    for node in draw(some):
        with suppress(BadInput):
            edit(tree, [SetCount(node=node, observed=0, estimated=draw(st.floats(0, 10)))])
    for node in draw(some):
        edit(tree, [Delete(node=node)] if tree.alive(node) else [])
    for node in draw(some) if locks else ():
        edit(tree, [Lock(node=node)] if tree.alive(node) else [])
    return tree


def letters(texts: Sequence[str]) -> NDArray[np.float32]:
    """Unit vectors that say how often each letter comes."""
    counts = np.full((len(texts), 27), 0.01)
    for row, text in enumerate(texts):
        for char in text.lower():
            counts[row, ord(char) % 27] += 1
    return (counts / np.linalg.norm(counts, axis=1, keepdims=True)).astype(np.float32)


def look(tree: FeatureTree, kind: Kind, below: int = ROOT) -> list[Finding]:
    """Find with everything that a kind can use, and with bounds that small trees reach."""
    drawn = [path for path in tree.paths() if len(path) % 2]
    embed = letters if kind == "misplaced" else None
    return find(tree, kind, below=below, embed=embed, drawn=drawn, wide=2)


def at(tree: FeatureTree, *path: str) -> int:
    node = tree.node(path)
    assert node is not None
    return node


def rows(*paths: tuple[str, float | int | None]) -> FeatureTree:
    """A tree of `a/b/c` paths; a whole number is an observed count, another one an estimate."""
    return FeatureTree.from_rows(
        (path.split("/"), count if isinstance(count, int) else 0, count if isinstance(count, float) else None, [])
        for path, count in paths
    )


def said(findings: Sequence[Finding]) -> Iterator[str]:
    return (finding.reason for finding in findings)


@settings(max_examples=200)
@given(marked_trees(), st.sampled_from(KINDS))
def test_operations_of_each_finding_can_be_applied_and_mend_it(tree: FeatureTree, kind: Kind) -> None:
    revision = tree.revision
    findings = look(tree, kind)
    assert tree.revision == revision
    assert findings == sorted(findings, key=lambda finding: (-finding.score, finding.node))
    for finding in findings:
        assert tree.alive(finding.node)
        assert finding.path == tree.path(finding.node)
        assert bool(finding.operations) != ("nothing is proposed" in finding.reason)
        if finding.operations:
            mended = copy_tree(tree)
            edit(mended, finding.operations)
            assert list(faults(mended)) == []
            again = {other.node: other.operations for other in look(mended, kind)}
            assert again.get(finding.node) != finding.operations
            if kind in ("empty names", "misplaced"):
                assert finding.node not in again
            if kind == "duplicates":
                assert not again.get(finding.node)
            if kind == "cold leaves" and isinstance(finding.operations[0], Status):
                assert finding.node not in again


@given(marked_trees(), st.sampled_from(KINDS), st.data())
def test_below_and_limit_choose_among_all_findings(tree: FeatureTree, kind: Kind, data: st.DataObject) -> None:
    if kind != "misplaced":  # which compares only what lies below
        node = data.draw(st.sampled_from([ROOT, *tree.nodes()]))
        top = tree.path(node)
        meant = [found for found in look(tree, kind) if found.path[: len(top)] == top and found.node != node]
        assert look(tree, kind, node) == meant
        assert find(tree, kind, limit=1, drawn=[], wide=2) == find(tree, kind, drawn=[], wide=2)[:1]


@given(marked_trees(locks=False))
def test_findings_are_what_their_definitions_say(tree: FeatureTree) -> None:
    inner = [node for node in tree.nodes() if tree.child_count(node)]
    alike = set()
    for node in [ROOT, *inner]:
        groups: dict[str, set[int]] = {}
        for child in tree.children(node):
            groups.setdefault(near_key(tree.name(child)), set()).add(child)
        alike |= {frozenset(group) for key, group in groups.items() if key and len(group) > 1}
    found = {}
    for finding in look(tree, "duplicates"):
        if finding.operations:
            (merge,) = finding.operations
            assert isinstance(merge, Merge)
            assert merge.target == finding.node
            members = frozenset((merge.target, *merge.sources))
            rank = {node: (-tree.count(node), len(tree.name(node)), node) for node in members}
            assert min(members, key=rank.__getitem__) == merge.target
            found[members] = finding
        else:
            assert "would add up to more than" in finding.reason
    assert set(found) <= alike or any("stay, as" in reason for reason in said(list(found.values())))
    assert len(look(tree, "duplicates")) == len(alike)
    assert {finding.node for finding in look(tree, "empty names")} == {
        node for node in tree.nodes() if normalise(tree.name(node)) is None
    }
    assert {finding.node for finding in look(tree, "wide parents")} == {
        node for node in inner if tree.child_count(node) > 2
    }
    chains = set()
    for node in inner:
        child = tree.children(node)[0]
        full = tree.count(node) * ALMOST <= tree.count(child) or tree.name(node) == tree.name(child)
        if tree.child_count(node) == 1 and tree.parent(node) != ROOT and full:
            chains.add(node)
    assert {finding.node for finding in look(tree, "chains")} == chains
    cold = set()
    for node in set(tree.nodes()) - set(inner):
        counts = [tree.count(sibling) for sibling in tree.children(tree.parent(node))]
        if not tree.count(node) and any(counts):
            cold.add(node)
    assert {finding.node for finding in find(tree, "cold leaves")} == cold


@given(marked_trees())
def test_misplaced_features_are_nearer_to_another_parent(tree: FeatureTree) -> None:
    def fit(node: int, parent: int) -> float:
        others = [tree.name(child) for child in tree.children(parent) if child != node]
        mean = letters([tree.name(parent), *others]).astype(np.float64).sum(axis=0)
        return float(mean @ letters([tree.name(node)])[0] / np.linalg.norm(mean))

    found = {finding.node: finding for finding in look(tree, "misplaced")}
    for node in tree.nodes():
        above = tree.parent(node)
        peers = [other for other in tree.nodes() if tree.depth(other) == tree.depth(above) and tree.child_count(other)]
        fits = {peer: fit(node, peer) for peer in peers if peer != above}
        if not fits or tree.child_count(node) > SMALL:
            assert node not in found
            continue
        lead = max(fits.values()) - fit(node, above)
        if abs(lead - 0.1) > 1e-4:
            assert (node in found) == (lead > 0.1)
        if node in found:
            assert found[node].score == pytest.approx(lead, abs=1e-4)
            for operation in found[node].operations:
                into = operation.parent if isinstance(operation, Move) else tree.parent(operation.target)
                assert fits[into] == pytest.approx(max(fits.values()), abs=1e-4)


@given(st.lists(st.one_of(messy, st.text(max_size=6), st.from_regex(r"[a-z]{1,8}( [a-z]{1,8})*", fullmatch=True))))
def test_many_near_keys_at_once_are_those_of_the_names_one_by_one(texts: list[str]) -> None:
    keys = [near_key(text) for text in texts]
    codes = near_keys(pa.array(texts, pa.large_string())).tolist()
    assert [code == -1 for code in codes] == [not key for key in keys]
    assert len(set(codes)) == len(set(keys)) == len(set(zip(codes, keys, strict=True)))


def test_locked_features_are_found_but_left_alone() -> None:
    tree = rows(
        ("a/load file", 9), ("a/load files", 4), ("a/loadFile", 2), ("a/load file/x", 1), ("a/load files/x", 1),
        ("b/none", 1), ("b/c", 0), ("b/d", 5), ("b/c2/only", 7),
    )  # fmt: skip
    edit(tree, [Lock(node=at(tree, "a", "loadFile")), Lock(node=at(tree, "b", "c"))])
    (finding,) = find(tree, "duplicates")
    assert finding.operations == (Merge(target=at(tree, "a", "load file"), sources=(at(tree, "a", "load files"),)),)
    assert "`loadFile` stay, as `loadFile` is locked" in finding.reason
    (cold,) = find(tree, "cold leaves")
    assert cold.operations == ()
    assert "`c` is locked" in cold.reason

    edit(tree, [Lock(node=at(tree, "a", "load file", "x")), Lock(node=at(tree, "b"))])
    (finding,) = find(tree, "duplicates")
    assert finding.operations == ()
    assert "`x` is locked" in finding.reason
    assert "`b` is locked" in find(tree, "empty names")[0].reason
    assert "`b` is locked" in find(tree, "chains")[0].reason


def test_what_is_proposed_reads_as_it_is_done() -> None:
    tree = rows(
        ("a/none/kept", 3), ("a/none/kept too", 1), ("a/outer/inner/leaf", 6),
        ("a/twice/twice/one", 1), ("a/twice/twice/two", 1),
        ("none/x", 1), ("a/warm", 8.0), ("a/warmer", 12.0), ("a/cold", None), ("a/cold too", 0.0),
    )  # fmt: skip
    empty = {finding.path: finding for finding in find(tree, "empty names")}
    assert "would become categories" in empty["none",].reason
    edit(tree, empty["a", "none"].operations)
    assert tree.node(("a", "kept too")) is not None
    chains = {finding.path: finding for finding in find(tree, "chains")}
    edit(tree, chains["a", "outer"].operations)
    assert tree.node(("a", "inner", "leaf")) is not None
    edit(tree, chains["a", "twice"].operations)
    assert tree.node(("a", "twice", "two")) is not None
    edit(tree, [operation for finding in find(tree, "cold leaves") for operation in finding.operations])
    # beside `kept` 3, `kept too` 1, `inner` 0 and `twice` 0: the mean of those with a count
    mean = (3 + 1 + 8 + 12) / 4
    assert tree.estimated(at(tree, "a", "cold")) == tree.estimated(at(tree, "a", "cold too")) == mean


def test_wide_parents_lose_light_leaves_that_nobody_speaks_for() -> None:
    counts = [(f"a/w/leaf {number:04}", number) for number in range(1, 2_001)]
    tree = rows(*counts, ("a/w/leaf 0003/x", 1))
    tree.add_evidence(at(tree, "a", "w", "leaf 0001"), tree.seed_number("seed"))
    edit(tree, [Note(node=at(tree, "a", "w", "leaf 0002"), text="needed"), Lock(node=at(tree, "a", "w", "leaf 0004"))])
    (finding,) = find(tree, "wide parents")
    gone = [tree.name(operation.node) for operation in finding.operations if isinstance(operation, Delete)]
    assert gone == [f"leaf {number:04}" for number in range(5, 1_005)]
    edit(tree, finding.operations)
    (finding,) = find(tree, "wide parents")
    assert len(finding.operations) == 2_000 - 1_000 - 4 - 50
    assert re.search(r"1,000 children; of the 950 lightest 946 can go .* of the weight", finding.reason)


def test_a_name_is_merged_into_one_that_it_is_near_itself_also_among_thousands() -> None:
    """Angles in a plane: 0 is near 20, 20 near 40, but 0 not near 40; and pairs far apart in a wide list."""
    angles = {"first": 0, "second": 20, "third": 40, "other branch": 20, "a": 0, "b": 120, "c": 240}
    rng = np.random.default_rng(3)
    wide = rng.normal(size=(5_000, 48))
    wide[4_900:] = wide[:100] + rng.normal(size=(100, 48)) * 0.02
    wide /= np.linalg.norm(wide, axis=1, keepdims=True)

    def embed(texts: Sequence[str]) -> NDArray[np.float32]:
        found = np.zeros((len(texts), 50), np.float32)
        for row, text in enumerate(texts):
            if text in angles:
                found[row, :2] = np.cos(np.radians(angles[text])), np.sin(np.radians(angles[text]))
            else:
                found[row, 2:] = wide[int(text.removeprefix("w"))]
        return found

    small = [("a/first", 5), ("a/second", 4), ("a/third", 3), ("b/other branch", 1), ("b/w0", 1)]
    tree = rows(*small, *((f"c/d/w{number}", 5_000 - number) for number in range(5_000)))
    seen: list[tuple[int, int]] = []
    findings = find(tree, "duplicates", embed=embed, progress=lambda done, total: seen.append((done, total)))
    merges = {finding.operations for finding in findings}
    assert (Merge(target=at(tree, "a", "first"), sources=(at(tree, "a", "second"),)),) in merges
    pairs = [(at(tree, "c", "d", f"w{number}"), at(tree, "c", "d", f"w{number + 4_900}")) for number in range(100)]
    assert merges > {(Merge(target=target, sources=(source,)),) for target, source in pairs}
    assert len(findings) == 101
    assert all("by meaning (cosine " in reason for reason in said(findings))
    assert seen[-1][0] == seen[-1][1]
    assert len(find(tree, "duplicates", embed=embed, limit_nodes=100)) == 1


def test_a_stray_is_found_among_thousands() -> None:
    directions = np.eye(8, dtype=np.float32)

    def embed(texts: Sequence[str]) -> NDArray[np.float32]:
        return directions[[int(text.split()[0]) for text in texts]]

    paths: list[FeaturePath] = [
        ("7 top", f"{branch} branch", f"{branch} leaf {n}") for branch in range(6) for n in range(4_000)
    ]
    strays = [("7 top", "0 branch", "5 stray"), ("7 top", "5 branch", "1 stray"), ("7 top", "2 branch", "5 leaf 17")]
    every = sorted(closed([*paths, *strays]))
    tree = FeatureTree.from_rows([(path, 1, None, []) for path in every])
    findings = {finding.path: finding for finding in find(tree, "misplaced", embed=embed)}
    assert sorted(findings) == sorted(strays)
    move = Move(node=at(tree, *strays[0]), parent=at(tree, "7 top", "5 branch"))
    assert findings[strays[0]].operations == (move,)
    clash = Merge(target=at(tree, "7 top", "5 branch", "5 leaf 17"), sources=(at(tree, *strays[2]),))
    assert findings[strays[2]].operations == (clash,)


def test_the_packaged_model_finds_what_means_the_same_and_what_belongs_elsewhere() -> None:
    tree = rows(
        ("data processing/file formats/read a csv file", 9), ("data processing/file formats/reading of CSV files", 3),
        ("data processing/file formats/write json", 5), ("data processing/file formats/parse xml documents", 5),
        ("data processing/file formats/encrypt passwords", 1),
        ("security/cryptography/hash passwords", 4), ("security/cryptography/encrypt messages", 4),
        ("security/cryptography/store passwords safely", 4),
    )  # fmt: skip
    embed = SentenceEmbedder().embed
    formats = ("data processing", "file formats")
    (same,) = find(tree, "duplicates", embed=embed, alike=0.85)
    source = at(tree, *formats, "reading of CSV files")
    assert same.operations == (Merge(target=at(tree, *formats, "read a csv file"), sources=(source,)),)
    stray = find(tree, "misplaced", embed=embed)[0]
    node = at(tree, *formats, "encrypt passwords")
    assert stray.operations == (Move(node=node, parent=at(tree, "security", "cryptography")),)


def test_what_cannot_be_looked_for_is_refused_and_an_empty_tree_has_no_faults() -> None:
    tree = FeatureTree()
    with pytest.raises(BadInput, match="`embed`"):
        find(tree, "misplaced")
    with pytest.raises(BadInput, match="no feature with id 7"):
        find(tree, "chains", below=7)
    assert [find(tree, kind, embed=letters, drawn=[]) for kind in KINDS] == [[]] * len(KINDS)


def test_what_was_seen_or_said_of_a_feature_does_not_go_unsaid() -> None:
    tree = FeatureTree.from_rows(
        [
            (("workflow",), 9, None, []),
            (("workflow", "parse"), 2, None, ["seed-1", "seed-2"]),
            (("workflow", "parse", "parse file"), 0, 7.5, []),
            (("workflow", "none"), 1, None, ["seed-1"]),
        ]
    )
    edit(tree, [Note(node=at(tree, "workflow", "parse"), text="kept"), Lock(node=at(tree, "workflow", "none"))])
    (chain,) = find(tree, "chains")
    assert isinstance(chain.operations[-1], Delete)
    assert chain.reason.endswith("; lost with it: evidence of 2 seeds, its note")
    edit(tree, [Lock(node=at(tree, "workflow", "none"), locked=False)])
    (empty,) = find(tree, "empty names")
    assert empty.reason.endswith("; lost with it: evidence of 1 seed")


def test_misplaced_twins_that_belong_in_one_place_can_be_accepted_together() -> None:
    tree = rows(
        ("data processing/file formats/encrypt passwords", 1), ("data processing/file formats/write json", 5),
        ("data processing/file formats/parse xml documents", 5), ("data processing/tables/encrypt passwords", 1),
        ("data processing/tables/join tables", 4), ("data processing/tables/sort rows of tables", 4),
        ("security/cryptography/hash passwords", 4), ("security/cryptography/encrypt messages", 4),
        ("security/cryptography/store passwords safely", 4),
    )  # fmt: skip
    found = find(tree, "misplaced", embed=SentenceEmbedder().embed)
    twins = [finding for finding in found if finding.path[-1] == "encrypt passwords"]
    assert [len(finding.operations) for finding in twins] == [1, 0]
    assert "another of that name would go there too" in twins[1].reason
    edit(tree, [operation for finding in found for operation in finding.operations])
