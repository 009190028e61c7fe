"""Extraction: what is asked, what is taken from replies, what is left out."""

import asyncio
import json

import pytest

from synth.ask import Asker
from synth.models.base import Reply
from synth.records import CATEGORIES, Demonstration, Dropped, Extraction, FeaturePath, PreExtraction, Seed
from synth.steps.extract import (
    MAX_DEPTH,
    demonstration_id,
    extract_features,
    extraction_id,
    pre_extract_keywords,
    pre_extraction_id,
    refine_demonstration,
    shipped_demonstration,
)
from synth.tree.nested import to_nested
from tests.scripted import ScriptedModel

SEED = Seed(
    id="seed-1",
    source="path",
    path="bank/interest.py",
    line=1,
    end_line=2,
    name="interest",
    unit="function",
    code="def interest(sum):\n    return sum * 0.03",
    licence="MIT",
)


def marked(value: object) -> str:
    return f"<begin>{json.dumps(value)}<end>"


def extract(*replies: str | Reply) -> Extraction | Dropped:
    return asyncio.run(extract_features(Asker(ScriptedModel(replies)), SEED, None, 0.7))


def features_of(value: object) -> list[FeaturePath]:
    result = extract(marked(value))
    assert isinstance(result, Extraction)
    return list(result.features)


def test_features_come_as_paths_with_their_parents_before_them() -> None:
    assert features_of({"computation operation": {"arithmetic": ["percentage"]}, "logging": "debug log"}) == [
        ("computation operation",),
        ("computation operation", "arithmetic"),
        ("computation operation", "arithmetic", "percentage"),
        ("logging",),
        ("logging", "debug log"),
    ]


def test_the_record_names_its_seed_and_who_made_it() -> None:
    model = ScriptedModel([Reply(marked({"workflow": ["load"]}), "m-2", prompt_tokens=10, completion_tokens=4)])
    asker = Asker(model)
    result = asyncio.run(extract_features(asker, SEED, None, 0.7))
    assert isinstance(result, Extraction)
    assert result.id == extraction_id(asker, SEED, None, 0.7)
    assert (result.seed_id, result.demonstration_id) == ("seed-1", None)
    assert (result.made.engine, result.made.model, result.made.prompt) == ("scripted", "m-2", "extract_features")
    assert (result.made.temperature, result.made.prompt_tokens) == (0.7, 10)


def test_the_engine_sees_code_demonstration_and_categories() -> None:
    model = ScriptedModel([marked({"workflow": ["load"]})])
    asyncio.run(extract_features(Asker(model), SEED, None, 0.7))
    (request,) = model.requests
    assert request.inputs == {
        "code": SEED.code,
        "demonstration": to_nested(shipped_demonstration()),
        "categories": list(CATEGORIES),
    }
    assert SEED.code in request.text
    assert '"advanced techniques"' in request.text


def test_names_and_category_keys_are_normalised() -> None:
    assert features_of({"Data Structure": [" Linked  List", "linked list."], "dependency_relations": ["NumPy"]}) == [
        ("data structures",),
        ("data structures", "linked list"),
        ("dependency relations",),
        ("dependency relations", "numpy"),
    ]


def test_unknown_categories_and_names_that_say_nothing_are_left_out_with_all_below() -> None:
    value = {
        "summary": ["adds interest"],
        "security": "none",
        "logging": [],
        "workflow": {"None": ["hidden"], "load": ["N/A"], "x" * 81: ["hidden too"]},
    }
    assert features_of(value) == [("workflow",), ("workflow", "load")]


def test_what_lies_too_deep_is_cut_off() -> None:
    value: object = "bottom"
    for level in range(9, 0, -1):
        value = {f"level {level}": value}
    assert max(features_of({"workflow": value}), key=len) == (
        "workflow",
        *(f"level {level}" for level in range(1, MAX_DEPTH)),
    )


@pytest.mark.parametrize(
    ("first", "complaint"),
    [
        ("I see a function.", "<begin>"),
        (marked({}), "no feature under any"),
        (marked({"summary": ["adds"], "logging": "none"}), "no feature under any"),
        (marked({"workflow": {"load": 3}}), "workflow > load"),
        ("<begin>{'workflow': ['load']}<end>", "not JSON"),
    ],
)
def test_a_reply_that_cannot_be_used_is_asked_for_once_more_with_the_complaint(first: str, complaint: str) -> None:
    model = ScriptedModel([first, marked({"workflow": ["load"]})])
    result = asyncio.run(extract_features(Asker(model), SEED, None, 0.7))
    assert isinstance(result, Extraction)
    ((turn,),) = [request.previous for request in model.requests[1:]]
    assert turn.reply == first
    assert complaint in turn.complaint


def test_two_unusable_replies_are_recorded_with_the_raw_text_under_the_wanted_id() -> None:
    asker = Asker(ScriptedModel(["nothing", "still nothing"]))
    result = asyncio.run(extract_features(asker, SEED, None, 0.7))
    assert isinstance(result, Dropped)
    assert (result.step, result.subject_id, result.raw) == ("extract", "seed-1", "still nothing")
    assert result.wanted_id == extraction_id(asker, SEED, None, 0.7)
    assert "unparseable twice" in result.reason


def test_a_declined_extraction_is_recorded_with_its_reason() -> None:
    result = extract("<decline>only a comment</decline>")
    assert isinstance(result, Dropped)
    assert result.reason == "declined: only a comment"


def test_keywords_are_split_normalised_and_kept_once_in_order() -> None:
    reply = "Binary Search ## read csv##none\n- Retry.\n## binary  search ## " + "x" * 81
    asker = Asker(ScriptedModel([reply]))
    result = asyncio.run(pre_extract_keywords(asker, SEED, 0.2))
    assert isinstance(result, PreExtraction)
    assert result.keywords == ("binary search", "read csv", "retry")
    assert (result.id, result.seed_id) == (pre_extraction_id(asker, SEED, 0.2), "seed-1")


def test_a_reply_without_keywords_is_dropped() -> None:
    asker = Asker(ScriptedModel(["none", " ## "]))
    result = asyncio.run(pre_extract_keywords(asker, SEED, 0.2))
    assert isinstance(result, Dropped)
    assert (result.step, result.wanted_id) == ("pre_extract", pre_extraction_id(asker, SEED, 0.2))


def refine(
    asker: Asker, keywords: list[str], previous: Demonstration | None, version: int = 1
) -> Demonstration | Dropped:
    return asyncio.run(refine_demonstration(asker, keywords, previous, version, 0.3))


def test_a_first_refinement_starts_from_the_shipped_demonstration() -> None:
    model = ScriptedModel([marked({"workflow": {"load": ["read csv"]}})])
    asker = Asker(model)
    result = refine(asker, ["Read CSV", "binary search"], None)
    assert isinstance(result, Demonstration)
    assert model.requests[0].inputs == {
        "keywords": ["Read CSV", "binary search"],
        "demonstration": to_nested(shipped_demonstration()),
    }
    assert (result.version, result.previous_id, result.covered) == (1, None, 0.5)
    assert result.id == demonstration_id(asker, ["Read CSV", "binary search"], None, 1, 0.3)
    assert (result.added, result.removed) == (2, len(shipped_demonstration()) - 1)


def test_a_later_refinement_is_compared_with_the_version_before() -> None:
    tree = {"workflow": {"load": ["read csv"]}, "logging": ["debug log"]}
    asker = Asker(ScriptedModel([marked(tree), marked({"workflow": {"load": ["read csv", "read json"], "save": []}})]))
    first = refine(asker, ["read csv"], None)
    assert isinstance(first, Demonstration)
    second = refine(asker, ["read json", "none"], first, version=2)
    assert isinstance(second, Demonstration)
    assert (second.previous_id, second.version) == (first.id, 2)
    assert (second.added, second.removed, second.covered) == (2, 2, 1.0)


def test_an_extraction_shows_and_names_the_demonstration_it_was_given() -> None:
    model = ScriptedModel([marked({"workflow": {"load": ["read csv"]}}), marked({"workflow": ["load"]})])
    asker = Asker(model)
    demonstration = refine(asker, ["read csv"], None)
    assert isinstance(demonstration, Demonstration)
    result = asyncio.run(extract_features(asker, SEED, demonstration, 0.7))
    assert isinstance(result, Extraction)
    assert result.demonstration_id == demonstration.id
    assert model.requests[1].inputs["demonstration"] == {"workflow": {"load": ["read csv"]}}
    assert result.id != extraction_id(asker, SEED, None, 0.7)


def test_ids_differ_with_seed_temperature_keywords_and_version() -> None:
    asker, other = Asker(ScriptedModel([])), SEED.model_copy(update={"id": "seed-2"})
    ids = {
        extraction_id(asker, SEED, None, 0.7),
        extraction_id(asker, other, None, 0.7),
        extraction_id(asker, SEED, None, 0.8),
        pre_extraction_id(asker, SEED, 0.7),
        demonstration_id(asker, ["a"], None, 1, 0.7),
        demonstration_id(asker, ["b"], None, 1, 0.7),
        demonstration_id(asker, ["a"], None, 2, 0.7),
    }
    assert len(ids) == 7
