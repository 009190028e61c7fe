"""Growth: Algorithm 2's estimates, what is refused and why, replay from the record."""

import asyncio
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.ask import Asker
from synth.errors import BadInput
from synth.records import CATEGORIES, Dropped, FeaturePath, Growth
from synth.settings import DATA
from synth.steps.grow import (
    MAX_DEPTH,
    Chosen,
    Proposal,
    check_chosen,
    draw_for_growth,
    growth_id,
    merge_growth,
    propose_growth,
)
from synth.tree.columns import FeatureTree
from synth.tree.nested import from_nested
from tests.scripted import ScriptedModel
from tests.tree.strategies import MADE, paths, trees


def build_tree() -> FeatureTree:
    return FeatureTree.from_rows(
        [
            (("workflow",), 60, None, []),
            (("workflow", "load"), 8, None, []),
            (("workflow", "load", "read csv"), 6, None, []),
            (("workflow", "load", "read json"), 2, None, []),
            (("workflow", "save"), 30, None, []),
            (("workflow", "check"), 0, 4.0, []),
            (("logging",), 20, None, []),
        ]
    )


def grow(tree: FeatureTree, expanded: object, drawn: tuple[FeaturePath, ...] = ()) -> Growth:
    return merge_growth(tree, Proposal("growth-1", 0, drawn, tuple(from_nested(expanded)), MADE))


def added(growth: Growth) -> dict[FeaturePath, tuple[float, str]]:
    return {grown.path: (grown.estimated, grown.basis) for grown in growth.added}


def refused(growth: Growth) -> dict[FeaturePath, str]:
    return {refusal.path: refusal.reason for refusal in growth.refused}


def test_a_new_node_gets_the_mean_of_its_siblings_in_the_expanded_subtree() -> None:
    growth = grow(build_tree(), {"workflow": {"load": [], "check": [], "tidy up": []}})
    assert added(growth) == {("workflow", "tidy up"): ((8 + 4) / 2, "expanded")}


def test_what_was_drawn_belongs_to_the_expanded_subtree_even_where_the_reply_left_it_out() -> None:
    drawn = (("workflow",), ("workflow", "save"))
    growth = grow(build_tree(), {"workflow": ["tidy up"]}, drawn)
    assert added(growth) == {("workflow", "tidy up"): (30, "expanded")}


def test_without_siblings_there_the_siblings_in_the_tree_count() -> None:
    growth = grow(build_tree(), {"workflow": {"load": ["read xml"]}})
    assert added(growth) == {("workflow", "load", "read xml"): (4, "tree")}


def test_without_any_sibling_the_count_is_one() -> None:
    growth = grow(build_tree(), {"workflow": {"save": ["write csv", "write json"]}})
    assert added(growth) == {
        ("workflow", "save", "write csv"): (1, "none"),
        ("workflow", "save", "write json"): (1, "none"),
    }


def test_nodes_that_are_new_in_the_same_step_never_enter_a_mean() -> None:
    growth = grow(build_tree(), {"workflow": {"new": ["a", "b"], "newer": {"c": []}, "save": []}})
    assert added(growth) == {
        ("workflow", "new"): (30, "expanded"),
        ("workflow", "new", "a"): (1, "none"),
        ("workflow", "new", "b"): (1, "none"),
        ("workflow", "newer"): (30, "expanded"),
        ("workflow", "newer", "c"): (1, "none"),
    }


def test_siblings_are_children_of_the_same_parent_not_names_that_start_alike() -> None:
    tree = FeatureTree.from_rows(
        [
            (("dependency relations", "torch", "optim"), 30, None, []),
            (("dependency relations", "torch", "optim", "sgd"), 500, None, []),
            (("dependency relations", "torchvision", "io"), 900, None, []),
        ]
    )
    growth = grow(tree, {"dependency relations": {"torch": ["nn"]}})
    assert added(growth) == {("dependency relations", "torch", "nn"): (30, "tree")}


def test_siblings_without_a_count_are_left_out_of_the_mean() -> None:
    tree = FeatureTree.from_rows([(("workflow", "load"), 0, None, []), (("workflow", "save"), 3, None, [])])
    growth = grow(tree, {"workflow": ["load", "tidy up"]})
    assert added(growth) == {("workflow", "tidy up"): (3, "tree")}


def test_a_known_node_is_not_new_and_stays_as_it_is_wherever_it_was_drawn_from() -> None:
    tree = build_tree()
    before = tree.to_rows()
    growth = grow(tree, {"Workflow": {"LOAD": ["Read CSV"], "check": []}}, drawn=(("logging",),))
    assert (growth.added, growth.refused) == ((), ())
    assert tree.to_rows() == before


def test_a_later_step_sees_what_an_earlier_one_added() -> None:
    tree = build_tree()
    grow(tree, {"workflow": {"save": ["write csv"]}})
    growth = grow(tree, {"workflow": {"save": ["write csv", "write json"]}})
    assert added(growth) == {("workflow", "save", "write json"): (1, "expanded")}


def test_a_missing_category_of_ours_is_taken_and_any_other_refused_with_all_below_it() -> None:
    growth = grow(build_tree(), {"Error_Handling": ["retry"], "cooking": {"soup": []}, "logging": []})
    assert added(growth) == {("error handling",): (20, "expanded"), ("error handling", "retry"): (1, "none")}
    assert refused(growth) == {
        ("cooking",): f"not one of the {len(CATEGORIES)} categories",
        ("cooking", "soup"): "`cooking` above it was refused",
    }


def test_a_near_duplicate_is_refused_by_the_name_of_its_sibling_which_takes_what_is_below_it() -> None:
    growth = grow(build_tree(), {"workflow": {"Loading": ["read xml", "readCSV"]}})
    assert added(growth) == {("workflow", "load", "read xml"): (6, "expanded")}
    assert refused(growth) == {
        ("workflow", "loading"): "says the same as its sibling `load`",
        ("workflow", "load", "readcsv"): "says the same as its sibling `read csv`",
    }


def test_of_two_new_near_duplicates_the_first_is_taken() -> None:
    growth = grow(build_tree(), {"logging": ["notify admin", "notify administrators", "Notify Admin"]})
    assert list(added(growth)) == [("logging", "notify admin")]
    assert refused(growth) == {("logging", "notify administrators"): "says the same as its sibling `notify admin`"}


def test_names_that_say_nothing_are_too_long_or_too_deep_are_refused_with_the_reason() -> None:
    deep: object = []
    for level in range(MAX_DEPTH, 0, -1):
        deep = {f"level {level}": deep}
    growth = grow(build_tree(), {"logging": {"none": ["x"], "y" * 81: []}, "workflow": deep})
    reasons = refused(growth)
    assert reasons[("logging", "none")] == "the name says nothing"
    assert reasons[("logging", "none", "x")] == "`none` above it was refused"
    assert reasons[("logging", "y" * 79 + "…")] == "longer than 80 characters"
    assert max(map(len, added(growth))) == MAX_DEPTH
    assert reasons[("workflow", *(f"level {level}" for level in range(1, 9)))] == f"deeper than {MAX_DEPTH} levels"


def test_merging_changes_neither_the_proposal_nor_what_was_observed() -> None:
    tree = build_tree()
    proposal = Proposal("growth-1", 3, (("logging",),), (("logging",), ("logging", "trace")), MADE)
    growth = merge_growth(tree, proposal)
    assert proposal.features == (("logging",), ("logging", "trace"))
    assert (growth.id, growth.step, growth.drawn, growth.made) == ("growth-1", 3, (("logging",),), MADE)
    node = tree.node(("logging", "trace"))
    assert node is not None
    assert (tree.observed(node), tree.estimated(node), tree.evidence(node)) == (0, 1.0, [])


proposals = st.lists(paths, max_size=12).map(lambda found: tuple(from_nested(_nest(found))))


def _nest(found: list[FeaturePath]) -> list[object]:
    nested: list[object] = []
    for path in found:
        value: object = []
        for name in reversed(path):
            value = {name: value}
        nested.append(value)
    return nested


@settings(deadline=None)
@given(trees(), st.lists(proposals, min_size=1, max_size=3))
def test_replaying_the_records_gives_the_identical_tree_and_observed_counts_stay(
    tree: FeatureTree, steps: list[tuple[FeaturePath, ...]]
) -> None:
    before = tree.to_rows()
    records = [
        merge_growth(tree, Proposal(f"growth-{step}", step, (), features, MADE)) for step, features in enumerate(steps)
    ]
    replayed = FeatureTree.from_rows(before)
    for record in records:
        replayed.add_growth(Growth.model_validate_json(record.model_dump_json()))
    assert replayed.to_rows() == tree.to_rows()
    known = {path: (observed, evidence) for path, observed, _, evidence in before}
    for path, observed, _, evidence in tree.to_rows():
        assert (observed, evidence) == known.get(path, (0, []))


@settings(deadline=None)
@given(trees(), proposals)
def test_every_new_node_is_in_the_tree_below_a_category_with_its_estimate(
    tree: FeatureTree, features: tuple[FeaturePath, ...]
) -> None:
    known = set(tree.paths())
    growth = merge_growth(tree, Proposal("growth-1", 0, (), features, MADE))
    for grown in growth.added:
        node = tree.node(grown.path)
        assert node is not None
        assert tree.estimated(node) == grown.estimated
        assert grown.path not in known
        assert grown.path[0] in CATEGORIES
        assert grown.basis != "none" or grown.estimated == 1


def test_growth_is_asked_about_with_the_drawn_subtree_and_its_categories_explained() -> None:
    drawn = (("workflow",), ("workflow", "load"), ("logging",))
    reply = '<begin>{"workflow": {"load": ["read xml"], "tidy up": []}, "logging": []}<end>'
    model = ScriptedModel([reply])
    asker = Asker(model)
    proposal = asyncio.run(propose_growth(asker, drawn, 5, 0.9))
    assert isinstance(proposal, Proposal)
    assert (proposal.id, proposal.step, proposal.drawn) == (growth_id(asker, drawn, 5, 0.9), 5, drawn)
    assert ("workflow", "load", "read xml") in proposal.features
    (request,) = model.requests
    sentences = json.loads((DATA / "categories.json").read_text(encoding="utf-8"))
    assert request.inputs == {
        "subtree": {"workflow": ["load"], "logging": []},
        "explanations": {name: sentences[name] for name in ("workflow", "logging")},
    }
    assert (request.draw, request.temperature) == (5, 0.9)
    assert sentences["workflow"] in request.text


@pytest.mark.parametrize("useless", ["no tree", '<begin>{"logging": []}<end>'])
def test_a_reply_without_anything_new_is_asked_for_again_then_dropped(useless: str) -> None:
    model = ScriptedModel([useless, useless])
    asker = Asker(model)
    result = asyncio.run(propose_growth(asker, (("logging",),), 2, 0.9))
    assert isinstance(result, Dropped)
    assert (result.step, result.raw) == ("grow", useless)
    assert result.wanted_id == growth_id(asker, (("logging",),), 2, 0.9)
    assert len(model.requests) == 2


def test_a_declined_growth_is_recorded_with_its_reason() -> None:
    asker = Asker(ScriptedModel(["<decline>nothing sound to add</decline>"]))
    result = asyncio.run(propose_growth(asker, (("logging",),), 2, 0.9))
    assert isinstance(result, Dropped)
    assert result.reason == "declined: nothing sound to add"


def test_ids_differ_with_what_was_drawn_the_step_and_the_temperature() -> None:
    asker, drawn = Asker(ScriptedModel([])), (("logging",),)
    ids = {
        growth_id(asker, drawn, 1, 0.7),
        growth_id(asker, drawn, 2, 0.7),
        growth_id(asker, drawn, 1, 0.8),
        growth_id(asker, (("logging",), ("workflow",)), 1, 0.7),
    }
    assert len(ids) == 4


def test_what_is_drawn_for_growth_depends_on_seed_and_step_and_sees_earlier_growth() -> None:
    tree = build_tree()
    drawn = [draw_for_growth(tree, (2, 1, 2), 1.0, seed=7, step=step) for step in range(20)]
    assert drawn == [draw_for_growth(tree, (2, 1, 2), 1.0, seed=7, step=step) for step in range(20)]
    assert len(set(drawn)) > 3
    grow(tree, {"logging": ["trace"]})
    later = [draw_for_growth(tree, (2, 1, 2), 1.0, seed=7, step=step) for step in range(20)]
    assert any(("logging", "trace") in found for found in later)


def test_the_language_is_not_grown_and_an_empty_tree_says_what_to_do() -> None:
    tree = FeatureTree.from_rows([(("programming language", "python"), 90, None, []), (("logging",), 1, None, [])])
    assert {draw_for_growth(tree, (2, 2), 1.0, 1, step) for step in range(10)} == {(("logging",),)}
    with pytest.raises(BadInput, match="no features yet"):
        draw_for_growth(FeatureTree(), (2,), 1.0, 1, 0)


LOAD: FeaturePath = ("workflow", "load")


def test_growth_at_a_feature_draws_the_path_to_it_and_the_widths_below_it() -> None:
    tree = build_tree()
    for step in range(10):
        drawn = draw_for_growth(tree, (2, 1), 1.0, seed=7, step=step, top=LOAD)
        assert drawn[:2] == (("workflow",), LOAD)
        assert {path[:-1] for path in drawn[2:]} == {LOAD}
    leaf = (*LOAD, "read csv")
    assert draw_for_growth(tree, (2, 1), 1.0, 7, 0, leaf) == (("workflow",), LOAD, leaf)
    assert draw_for_growth(tree, (2, 1), 1.0, 7, 0, ("logging",)) == (("logging",),)


def test_what_is_new_elsewhere_is_refused_with_the_reason_and_all_below_it() -> None:
    features = tuple(from_nested({"workflow": {"load": ["read xml"], "tidy up": ["trim"]}, "security": []}))
    growth = merge_growth(build_tree(), Proposal("growth-1", 0, (), features, MADE, at=(LOAD,)))
    assert added(growth) == {(*LOAD, "read xml"): (4, "tree")}
    assert refused(growth) == {
        ("workflow", "tidy up"): "not below what was chosen to be grown",
        ("workflow", "tidy up", "trim"): "`tidy up` above it was refused",
        ("security",): "not below what was chosen to be grown",
    }


def test_another_spelling_of_a_feature_above_leads_to_it() -> None:
    features = tuple(from_nested({"Workflow": {"Loading": ["read xml"]}}))
    growth = merge_growth(build_tree(), Proposal("growth-1", 0, (), features, MADE, at=(LOAD,)))
    assert list(added(growth)) == [(*LOAD, "read xml")]


@settings(deadline=None)
@given(trees(), proposals, st.data())
def test_nothing_is_ever_added_outside_what_was_chosen(
    tree: FeatureTree, features: tuple[FeaturePath, ...], data: st.DataObject
) -> None:
    known = tree.paths()
    at = tuple(data.draw(st.lists(st.sampled_from(known), min_size=1, max_size=3))) if known else (("logging",),)
    before = set(known)
    growth = merge_growth(tree, Proposal("growth-1", 0, (), features, MADE, at=at))
    fresh = set(tree.paths()) - before
    assert fresh == set(added(growth))
    assert all(any(path[: len(top)] == top for top in at) for path in fresh)


def test_the_engine_is_told_where_new_features_are_wanted_and_each_seed_number_asks_anew() -> None:
    tree, chosen = build_tree(), Chosen((("logging",), LOAD), seed=7)
    assert [chosen.top(step) for step in range(3)] == [("logging",), LOAD, ("logging",)]
    drawn = draw_for_growth(tree, (1,), 1.0, 7, 1, chosen.top(1))
    model = ScriptedModel(['<begin>{"workflow": {"load": ["read xml"]}}<end>'] * 3)
    asker = Asker(model)
    proposal = asyncio.run(propose_growth(asker, drawn, 1, 0.7, chosen))
    assert isinstance(proposal, Proposal)
    assert proposal.at == chosen.at
    assert proposal.id == growth_id(asker, drawn, 1, 0.7, chosen)
    assert "only what lies below workflow > load is to be expanded" in model.requests[0].text
    other = Chosen(chosen.at, seed=8)
    asyncio.run(propose_growth(asker, drawn, 1, 0.7, other))
    assert model.requests[0].draw != model.requests[1].draw
    ids = {growth_id(asker, drawn, 1, 0.7, one) for one in (None, chosen, other, Chosen((LOAD,), 7))}
    assert len(ids) == 4


def test_a_feature_that_cannot_be_grown_is_named() -> None:
    tree = build_tree()
    check_chosen(tree, (LOAD, ("logging",)))
    with pytest.raises(BadInput, match=r"`grow.at` names `workflow > laod`, which is not in the tree"):
        check_chosen(tree, (LOAD, ("workflow", "laod")))
    with pytest.raises(BadInput, match="`programming language` is not grown"):
        check_chosen(tree, (("programming language",),))
