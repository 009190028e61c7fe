"""The offline engine grows subtrees: old nodes stay, new ones come from the lexicon and from the interpreter."""

import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.errors import BadInput
from synth.models.base import Turn
from synth.models.offline import grow_live
from synth.models.offline.grow import DEEPEST, answer_grow_features
from synth.models.offline.grow_live import live_children
from synth.models.offline.lexicon import load_names, vocabulary
from synth.records import FeaturePath
from synth.tree.names import near_key, normalise
from synth.tree.nested import from_nested, read_nested, to_nested
from tests.models.offline.asking import ask

SUBTREE = {
    "data processing": {"text processing": {"splitting": ["split text"]}, "filtering": ["filter by range"]},
    "dependency relations": {"json": ["dumps"]},
}


def grown(subtree: object, draw: int = 0, temperature: float = 0.7) -> list[FeaturePath]:
    request = ask("grow_features", draw, subtree=subtree, explanations={})
    return read_nested(answer_grow_features(replace(request, temperature=temperature)))


def below(paths: list[FeaturePath], parent: FeaturePath) -> set[str]:
    return {path[-1] for path in paths if path[:-1] == parent}


def test_growth_keeps_every_given_node_and_adds_at_least_two_siblings_to_each_group() -> None:
    old = from_nested(SUBTREE)
    paths = grown(SUBTREE)
    assert set(old) < set(paths)
    for parent in {path[:-1] for path in old if len(path) > 1}:
        assert len(below(paths, parent)) >= len(below(old, parent)) + 2, parent


def test_growth_makes_leaves_finer() -> None:
    paths = grown(SUBTREE)
    assert below(paths, ("dependency relations", "json", "dumps")) <= {
        *("skipkeys option", "ensure ascii option", "check circular option", "allow nan option", "class option"),
        *("indent option", "separators option", "default option", "sort keys option"),
    }
    assert len(below(paths, ("dependency relations", "json", "dumps"))) >= 2
    assert below(paths, ("data processing", "filtering", "filter by range"))


def test_growth_adds_no_category() -> None:
    assert {path[0] for path in grown(SUBTREE)} == set(SUBTREE)


def test_modules_grow_by_their_public_members() -> None:
    children = live_children(("dependency relations", "json"))
    assert {"dumps", "loads", "json decoder"} <= set(children)
    assert not [name for name in children if name.startswith("_")]
    assert {"decode", "raw decode"} <= set(live_children(("dependency relations", "json", "json decoder")))
    assert "join" in live_children(("dependency relations", "os", "path"))
    assert "path" in live_children(("dependency relations", "os"))
    assert "json" in live_children(("dependency relations", "standard library"))
    assert "most common" in live_children(("dependency relations", "standard library", "collections", "counter"))


@pytest.mark.parametrize(
    ("path", "child"),
    [
        (("error handling", "raise exceptions"), "file not found error"),
        (("error handling", "raise exceptions", "os error"), "permission error"),
        (("data structures", "dict"), "setdefault method"),
        (("security", "hashing"), "sha3-256 digest"),
        (("data processing", "encoding"), "cp1252 codec"),
        (("error handling", "fault kinds", "file faults"), "no such file or directory"),
        (("computation operation", "statistics"), "harmonic mean"),
        (("user interaction", "web interface"), "404 not found response"),
    ],
)
def test_the_interpreter_itself_knows_what_lies_below(path: FeaturePath, child: str) -> None:
    assert child in live_children(path)


def test_a_module_that_is_not_listed_is_never_imported() -> None:
    assert live_children(("dependency relations", "antigravity")) == []
    assert live_children(("dependency relations", "this", "zen")) == []
    assert not {"antigravity", "this", "tkinter", "turtle"} & set(load_names("live", "modules"))
    assert not [name for name in load_names("live", "modules") if name.startswith("idlelib")]
    assert "this" not in sys.modules
    with pytest.raises(BadInput, match="not among its modules"):
        grow_live._load("turtle")


def test_every_listed_source_gives_names_that_can_be_merged() -> None:
    for category, name in grow_live._sources():
        for child in live_children((category, name)):
            assert normalise(child), (category, name)


def test_growth_depends_on_the_request_alone() -> None:
    assert grown(SUBTREE) == grown(SUBTREE)
    assert len({tuple(grown(SUBTREE, draw)) for draw in range(6)}) > 3


def test_an_earlier_try_changes_what_is_drawn() -> None:
    request = ask("grow_features", subtree=SUBTREE, explanations={})
    again = replace(request, previous=(Turn("reply", "complaint"),))
    assert answer_grow_features(request) != answer_grow_features(again)


def test_at_temperature_0_the_lexicon_is_followed_in_its_order() -> None:
    paths = grown({"algorithm": {"backtracking": ["sudoku solving"]}}, temperature=0.0)
    words = vocabulary().children[("algorithm", near_key("backtracking"))]
    new = [path[-1] for path in paths if path[:-1] == ("algorithm", "backtracking")][1:]
    assert new == [name for name in words if name != "sudoku solving"][: len(new)]


def test_what_nothing_is_known_about_is_declined() -> None:
    request = ask("grow_features", subtree={"no category of ours": ["qwxz"]}, explanations={})
    assert answer_grow_features(request).startswith("<decline>nothing in the lexicon")
    request = ask("grow_features", subtree={"algorithm": [3]}, explanations={})
    assert answer_grow_features(request).startswith("<decline>the subtree cannot be read")


_NAMES = st.sampled_from(["parse header", "sorting", "json", "list", "value error", "log levels", "größe", "x", "file"])
_PATHS = st.lists(
    st.tuples(
        st.sampled_from(["algorithm", "workflow", "logging", "dependency relations"]), st.lists(_NAMES, max_size=7)
    ),
    min_size=1,
    max_size=6,
)


@given(_PATHS, st.integers(0, 50))
@settings(max_examples=60, deadline=None)
def test_whatever_is_given_stays_and_new_siblings_are_no_near_duplicates(
    drawn: list[tuple[str, list[str]]], draw: int
) -> None:
    subtree = to_nested((category, *names) for category, names in drawn)
    reply = answer_grow_features(ask("grow_features", draw, subtree=subtree, explanations={}))
    if reply.startswith("<decline>"):
        return
    old, paths = from_nested(subtree), read_nested(reply)
    assert set(old) < set(paths)
    for path in set(paths) - set(old):
        assert len(path) <= DEEPEST
        others = below(paths, path[:-1]) - {path[-1]}
        assert near_key(path[-1]) not in {near_key(name) for name in others}


def test_growth_is_the_same_under_any_hash_seed() -> None:
    script = (
        "import json; from tests.models.offline.test_grow import SUBTREE, grown; "
        "print(json.dumps([grown(SUBTREE, draw) for draw in range(3)]))"
    )
    outputs = [
        subprocess.run(
            [sys.executable, "-c", script],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    ]
    assert outputs[0] == outputs[1]
    assert json.loads(outputs[0])[0] == [list(path) for path in grown(SUBTREE)]
