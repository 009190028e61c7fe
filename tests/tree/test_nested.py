"""The nested form: EpiCoder's own files and what engines reply."""

import json
from contextlib import suppress
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.records import CATEGORIES, FeaturePath
from synth.settings import DATA, ROOT
from synth.tree.columns import FeatureTree
from synth.tree.names import near_key, normalise
from synth.tree.nested import MAX_DEPTH, from_nested, read_nested, to_nested
from tests.tree.strategies import closed, path_lists, trees

PUBLIC_TREE = ROOT.parent / "shared" / "data" / "epicoder-tree" / "features.json"


def test_inner_nodes_are_mappings_leaves_a_list_and_a_lone_leaf_an_empty_list() -> None:
    paths = [("workflow", "load", "csv"), ("workflow", "load", "json"), ("workflow", "save"), ("logging",)]
    nested = {"workflow": {"load": ["csv", "json"], "save": []}, "logging": []}
    assert to_nested(paths) == nested
    assert from_nested(nested) == [
        ("workflow",),
        ("workflow", "load"),
        ("workflow", "load", "csv"),
        ("workflow", "load", "json"),
        ("workflow", "save"),
        ("logging",),
    ]


@given(trees())
def test_a_tree_written_and_read_again_has_the_same_paths_in_the_same_order(tree: FeatureTree) -> None:
    assert from_nested(to_nested(tree.paths())) == tree.paths()


@given(path_lists)
def test_leaves_alone_bring_back_every_node_through_json(features: list[FeaturePath]) -> None:
    written = json.loads(json.dumps(to_nested(features)))
    read = from_nested(written)
    assert set(read) == closed(features)
    assert all(path[:-1] == () or path[:-1] in read[:place] for place, path in enumerate(read))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"a": "b"}, [("a",), ("a", "b")]),
        ({"a": None, "b": "", "c": {}}, [("a",), ("b",), ("c",)]),
        ({"a": ["x", {"y": ["z"]}, "x"]}, [("a",), ("a", "x"), ("a", "y"), ("a", "y", "z")]),
        ({"a": [{"b": "c"}, {"b": "d"}]}, [("a",), ("a", "b"), ("a", "b", "c"), ("a", "b", "d")]),
        (["a", "b"], [("a",), ("b",)]),
        ("a", [("a",)]),
        ({}, []),
    ],
)
def test_any_mix_of_text_lists_and_mappings_is_read(value: object, expected: list[FeaturePath]) -> None:
    assert from_nested(value) == expected


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ({"a": {"b": 3}}, "a > b"),
        ({"a": ["x", 4.5]}, "at a:"),
        ({"a": [["x"]]}, "at a:"),
        (7, "the top"),
        ({"a": {1: "x"}}, "at a: a name must be text"),
        ({"a": True}, "at a:"),
    ],
)
def test_anything_else_is_refused_with_its_place(value: object, place: str) -> None:
    with pytest.raises(ValueError, match=place):
        from_nested(value)


def test_a_bottomless_tree_is_refused() -> None:
    value: object = "x"
    for _ in range(MAX_DEPTH + 1):
        value = {"a": value}
    with pytest.raises(ValueError, match="deeper than"):
        from_nested(value)


@pytest.mark.parametrize(
    "reply",
    [
        '<begin>{"workflow": ["load"]}<end>',
        'Sure.\n<begin>\n```json\n{"workflow": ["load"]}\n```\n<end> Done.',
        '<begin>"workflow": ["load"]<end>',
        '<begin>{"workflow": "load"}</begin>',
        '<begin>{"logging": []}<end> no, rather <begin>{"workflow": {"load": []}}<end>',
        '<begin>[{"workflow": ["load"]}]<end>',
        '<begin>{"workflow": "load", "workflow": ["load"]}<end>',
    ],
)
def test_a_reply_is_read_between_its_marks(reply: str) -> None:
    assert read_nested(reply) == [("workflow",), ("workflow", "load")]


def test_a_key_that_comes_twice_keeps_both_contents() -> None:
    read = read_nested('<begin>{"workflow": {"load": ["csv"], "load": ["json"]}, "workflow": ["save"]}<end>')
    assert read == [
        ("workflow",),
        ("workflow", "load"),
        ("workflow", "load", "csv"),
        ("workflow", "load", "json"),
        ("workflow", "save"),
    ]


@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        ('{"workflow": ["load"]}', "<begin>"),
        ('<begin>{"workflow": ["load"', "<begin>"),
        ('{"workflow": []}<end>', "<begin>"),
        ('<begin>{"workflow": ["load",}<end>', "not JSON"),
        ("<begin>" + "[" * 100_000 + "<end>", "deeper"),
        ('<begin>{"workflow": 3}<end>', "workflow"),
    ],
)
def test_a_reply_without_a_tree_is_refused_with_what_is_wrong(reply: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        read_nested(reply)


@given(st.text())
def test_no_reply_raises_anything_but_value_errors(text: str) -> None:
    with suppress(ValueError):
        read_nested(f"<begin>{text}<end>")


def test_the_shipped_demonstration_is_sound() -> None:
    paths = from_nested(json.loads((DATA / "demonstration.json").read_text(encoding="utf-8")))
    assert [path[0] for path in paths if len(path) == 1] == list(CATEGORIES)
    assert 80 <= len(paths) <= 120
    assert all(normalise(path[-1]) == path[-1] for path in paths)
    assert len({(path[:-1], near_key(path[-1])) for path in paths}) == len(paths)
    assert all(any(path[:-1] == (category,) for path in paths) for category in CATEGORIES)


def test_every_category_is_explained_in_one_sentence() -> None:
    sentences = json.loads((DATA / "categories.json").read_text(encoding="utf-8"))
    assert list(sentences) == list(CATEGORIES)
    assert all(sentence.endswith(".") and sentence.count(".") == 1 for sentence in sentences.values())


@dataclass(frozen=True)
class TwoFiles:
    """A tree in EpiCoder's two-file form and what is known about it."""

    features: object
    frequencies: dict[str, dict[str, int]]
    levels: list[int]
    leaves: int


def two_files() -> list[TwoFiles]:
    """One of our own and, where it is at hand, the one published with EpiCoder."""
    names = ["logging", "workflow", "workflow---load", "workflow---load---read csv", "workflow---save"]
    counts = {name: {"frequency": number} for number, name in enumerate(names)}
    found = [TwoFiles({"logging": [], "workflow": {"load": ["read csv"], "save": []}}, counts, [2, 2, 1], 3)]
    if PUBLIC_TREE.is_file():
        features, frequencies = (
            json.loads(path.read_text(encoding="utf-8"))
            for path in (PUBLIC_TREE, PUBLIC_TREE.with_name("frequencies.json"))
        )
        found.append(TwoFiles(features, frequencies, [17, 180, 252, 148], 470))
    return found


def test_a_tree_in_epicoders_form_reads_as_its_own_nodes_and_is_written_the_same() -> None:
    for case in two_files():
        paths = from_nested(case.features)
        depths = [len(path) for path in paths]
        assert [depths.count(depth) for depth in range(1, max(depths) + 1)] == case.levels
        assert len(paths) == len(set(paths)) == sum(case.levels)
        assert {"---".join(path) for path in paths} == set(case.frequencies)
        assert to_nested(paths) == case.features
        rows = [(path, case.frequencies["---".join(path)]["frequency"], None, ()) for path in paths]
        tree = FeatureTree.from_rows(rows)
        assert (len(tree), len(tree.leaves())) == (sum(case.levels), case.leaves)
