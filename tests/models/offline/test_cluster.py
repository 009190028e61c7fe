"""The offline engine clusters keywords: where they go, what gives way, and that the tree stays readable."""

import json
import os
import subprocess
import sys

from hypothesis import given, settings
from hypothesis import strategies as st

from synth.models.offline.cluster import MOST_FEATURES, answer_cluster_features
from synth.models.offline.lexicon import vocabulary
from synth.records import CATEGORIES, FeaturePath
from synth.steps.extract import shipped_demonstration
from synth.tree.nested import read_nested, to_nested
from tests.models.offline.asking import ask

SHIPPED = to_nested(shipped_demonstration())
SMALL = {"algorithm": {"finding things": ["binary search"]}, "logging": ["log a warning"]}


def clustered(keywords: list[str], demonstration: object = SMALL) -> list[FeaturePath]:
    return read_nested(answer_cluster_features(ask("cluster_features", keywords=keywords, demonstration=demonstration)))


def test_a_keyword_of_the_lexicon_goes_to_its_place_and_the_tree_stays() -> None:
    paths = clustered(["moving average", "huffman coding"])
    assert ("computation operation", "time series", "moving average") in paths
    assert ("algorithm", "greedy algorithms", "huffman coding") in paths
    assert ("algorithm", "finding things", "binary search") in paths
    assert ("logging", "log a warning") in paths


def test_a_keyword_that_the_tree_has_stays_where_the_tree_has_it() -> None:
    paths = clustered(["binary search", "linear search"])
    assert [path for path in paths if path[-1] == "binary search"] == [("algorithm", "finding things", "binary search")]


def test_an_unknown_keyword_goes_next_to_what_it_shares_its_words_with() -> None:
    paths = clustered(["weighted moving average of sales"])
    assert ("computation operation", "time series", "weighted moving average of sales") in paths


def test_a_keyword_with_a_known_verb_becomes_a_workflow_step() -> None:
    assert ("workflow", "parsing", "parse zorgon frames") in clustered(["parse zorgon frames"])


def test_a_module_goes_below_the_dependencies() -> None:
    assert ("dependency relations", "zlib") in clustered(["zlib"])
    assert ("dependency relations", "standard library", "zlib") in clustered(["zlib"], SHIPPED)


def test_keywords_that_say_nothing_are_left_out() -> None:
    assert not [path for path in clustered(["binary search", "qwxz", "none", ""]) if path[-1] in ("qwxz", "none", "")]
    reply = answer_cluster_features(ask("cluster_features", keywords=["qwxz"], demonstration=SMALL))
    assert reply.startswith("<decline>none of the keywords")


def test_a_category_that_is_none_of_ours_is_left_out() -> None:
    assert {path[0] for path in clustered(["binary search"], {**SMALL, "colours": ["red"]})} <= set(CATEGORIES)


def test_the_tree_stays_bounded_and_what_keywords_speak_for_outlives_the_rest() -> None:
    keywords = [places[0][-1] for places in list(vocabulary().places.values())[:900]]
    paths = clustered([*keywords, "moving average"], SHIPPED)
    assert len(paths) <= MOST_FEATURES
    assert ("computation operation", "statistics", "moving average") in paths
    assert {path[0] for path in paths} == set(CATEGORIES)
    inner = {path[:-1] for path in paths}
    assert not [path for path in paths if len(path) == 2 and path not in inner and path[0] == "workflow"]


def test_a_second_round_refines_the_first() -> None:
    first = clustered(["moving average", "run-length encoding", "topological sort"], SHIPPED)
    second = clustered(["moving average", "retry with backoff"], to_nested(first))
    assert len(set(first) & set(second)) > 0.9 * len(first)
    assert {"moving average", "run-length encoding", "topological sort", "retry with backoff"} <= {
        path[-1] for path in second
    }


@given(st.lists(st.text(max_size=30), max_size=30))
@settings(max_examples=60, deadline=None)
def test_any_keywords_are_answered_in_the_reply_format(keywords: list[str]) -> None:
    reply = answer_cluster_features(ask("cluster_features", keywords=keywords, demonstration=SHIPPED))
    assert reply.startswith("<decline>") or len(read_nested(reply)) <= MOST_FEATURES


def test_clustering_is_the_same_under_any_hash_seed() -> None:
    script = (
        "import json; from tests.models.offline.test_cluster import SHIPPED, clustered, vocabulary; "
        "print(json.dumps(clustered([places[0][-1] for places in list(vocabulary().places.values())[:400]], SHIPPED)))"
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
    assert len(json.loads(outputs[0])) > 100
