import math
import random
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.records import Instruction
from synth.steps.select import Vectors, collect_tree, keep_best, overall, score_diversity


def node(name: str, tree: str = "a", number: int = 1, parent: str | None = None) -> Instruction:
    return Instruction(
        id=name, tree_id=tree, parent_id=parent or tree, origin_id="seed-1", round=number, draw=0, text=name, made=None
    )


def turned(*degrees: float) -> Vectors:
    """Unit vectors in the plane at these angles."""
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def gap(degrees: float) -> float:
    return 10 * (1 - math.cos(math.radians(degrees)))


def test_diversity_is_the_distance_to_the_nearest_most_challenging_instruction_of_another_tree() -> None:
    nodes = [node("a1", "a"), node("a2", "a"), node("b1", "b"), node("b2", "b"), node("c1", "c")]
    challenge = {"a1": 3.0, "a2": 8.0, "b1": 9.0, "b2": 2.0, "c1": 5.0}
    scores = score_diversity(nodes, challenge, turned(0, 90, 60, 1, 150), "toy")
    # The database is a2 at 90, b1 at 60, c1 at 150. b2, a degree from a1, is not in it.
    wanted = {"a1": 60, "a2": 30, "b1": 30, "b2": 89, "c1": 60}
    assert {score.subject_id: score.value for score in scores} == {
        name: pytest.approx(gap(angle), abs=1e-4) for name, angle in wanted.items()
    }
    assert {(score.name, score.by) for score in scores} == {("diversity", "toy")}
    assert "b1" in scores[0].reason


def test_a_single_tree_has_no_diversity_at_all() -> None:
    assert score_diversity([node("a1"), node("a2")], {"a1": 3.0, "a2": 4.0}, turned(0, 40), "toy") == []
    assert overall(7.0, None) == 7.0
    assert overall(7.0, 0.0) == 7.0
    assert overall(7.0, 2.5) == 9.5


def test_no_instructions_have_no_scores() -> None:
    assert score_diversity([], {}, np.zeros((0, 2), np.float32), "toy") == []
    assert keep_best([], {}, {}, 0.75) == []
    assert collect_tree([], {}, np.zeros((0, 2), np.float32), 6.0) == []


def test_an_instruction_without_a_challenge_is_not_compared_with() -> None:
    nodes = [node("a1", "a"), node("b1", "b"), node("b2", "b")]
    scores = score_diversity(nodes, {"a1": 5.0, "b2": 1.0}, turned(0, 0, 90), "toy")
    assert {score.subject_id: score.value for score in scores}["a1"] == pytest.approx(10.0, abs=1e-4)
    alone = score_diversity(nodes, {"a1": 5.0}, turned(0, 0, 90), "toy")
    assert [score.subject_id for score in alone] == ["b1", "b2"]


def test_identical_twins_in_two_trees_score_zero_and_in_one_tree_do_not() -> None:
    nodes = [node("a1", "a"), node("a2", "a"), node("b1", "b")]
    challenge = {"a1": 5.0, "a2": 5.0, "b1": 5.0}
    values = [score.value for score in score_diversity(nodes, challenge, turned(10, 10, 10), "toy")]
    assert values == pytest.approx([0, 0, 0], abs=1e-5)
    assert all(value >= 0 for value in values)
    apart = score_diversity(nodes, challenge, turned(10, 10, 100), "toy")
    assert [score.value for score in apart] == pytest.approx([10, 10, 10], abs=1e-5)


def test_of_equally_challenging_instructions_the_lowest_id_stands_for_its_tree() -> None:
    nodes = [node("b2", "b"), node("b1", "b"), node("a1", "a")]
    scores = score_diversity(nodes, dict.fromkeys(["a1", "b1", "b2"], 5.0), turned(90, 180, 0), "toy")
    assert {score.subject_id: score.value for score in scores}["a1"] == pytest.approx(20.0, abs=1e-4)


def test_a_diversity_score_has_another_id_when_the_others_change() -> None:
    pair = [node("a1", "a"), node("b1", "b")]
    three = [*pair, node("c1", "c")]
    challenge = {"a1": 5.0, "b1": 5.0, "c1": 5.0}
    first = score_diversity(pair, challenge, turned(0, 90), "toy")[0]
    assert score_diversity(pair, challenge, turned(0, 90), "toy")[0] == first
    assert score_diversity(three, challenge, turned(0, 90, 45), "toy")[0].id != first.id
    assert score_diversity(pair, challenge, turned(0, 90), "other")[0].id != first.id


@given(st.integers(2, 40), st.integers(1, 6), st.integers(0, 2**32 - 1))
def test_diversity_agrees_with_comparing_every_pair(count: int, trees: int, seed: int) -> None:
    draw = np.random.default_rng(seed)
    vectors = draw.normal(size=(count, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    nodes = [node(f"i{row:02}", f"t{draw.integers(trees)}") for row in range(count)]
    challenge = {item.id: float(draw.integers(1, 11)) for item in nodes if draw.random() < 0.9}
    got = {score.subject_id: score.value for score in score_diversity(nodes, challenge, vectors, "toy")}
    assert got == {name: pytest.approx(value, abs=1e-4) for name, value in by_hand(nodes, challenge, vectors).items()}


def by_hand(nodes: Sequence[Instruction], challenge: dict[str, float], vectors: Vectors) -> dict[str, float]:
    best = {}
    for tree in {item.tree_id for item in nodes}:
        rated = [row for row, item in enumerate(nodes) if item.tree_id == tree and item.id in challenge]
        if rated:
            best[tree] = min(rated, key=lambda row: (-challenge[nodes[row].id], nodes[row].id))
    found = {}
    for row, item in enumerate(nodes):
        others = [place for tree, place in best.items() if tree != item.tree_id]
        if others:
            found[item.id] = min(10 * (1 - float(vectors[row] @ vectors[place])) for place in others)
    return found


def test_rounds_and_vectors_that_do_not_match_are_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="several rounds"):
        keep_best([node("a1"), node("a2", number=2)], {}, {}, 0.75)
    with pytest.raises(ValueError, match="1 vectors"):
        score_diversity([node("a1"), node("a2")], {}, turned(0), "toy")
    with pytest.raises(ValueError, match="one tree at a time"):
        collect_tree([node("a1", "a"), node("b1", "b")], {}, turned(0, 1), 6.0)


def test_the_best_share_of_a_round_goes_on() -> None:
    nodes = [node(f"n{place:02}") for place in range(40)]
    values = {item.id: 40.0 - place for place, item in enumerate(nodes)}
    choices = keep_best(nodes, values, {}, 0.75)
    assert [choice.kept for choice in choices] == [True] * 30 + [False] * 10
    assert choices[30].reason == "not among the best: rank 31 of 40, the best 30 go on"
    assert choices[0].reason == "kept: rank 1 of 40, V 40.0, no parent to reach"
    assert [choice.subject_id for choice in choices] == [item.id for item in nodes]
    assert {choice.stage for choice in choices} == {"beam"}
    assert choices[30].value == 10.0


@pytest.mark.parametrize(
    ("keep", "scored", "kept"), [(0.07, 100, 7), (0.75, 4, 3), (0.75, 5, 4), (0.01, 5, 1), (1, 3, 3)]
)
def test_the_share_is_rounded_up_without_the_noise_of_floating_point(keep: float, scored: int, kept: int) -> None:
    nodes = [node(f"n{place}") for place in range(scored)]
    choices = keep_best(nodes, {item.id: float(place) for place, item in enumerate(nodes)}, {}, keep)
    assert sum(choice.kept for choice in choices) == kept


def test_a_child_below_its_parent_stops_and_one_that_equals_it_goes_on() -> None:
    nodes = [node("low"), node("same"), node("high")]
    values = {"low": 9.1, "same": 10.3, "high": 12.4}
    low, same, high = keep_best(nodes, values, {"low": 10.3, "same": 10.3, "high": 11.0}, 1.0)
    assert (low.kept, low.reason) == (False, "below its parent: V 9.1 is less than 10.3")
    assert (same.kept, same.reason) == (True, "kept: rank 2 of 3, V 10.3 >= parent 10.3")
    assert (high.kept, high.reason) == (True, "kept: rank 1 of 3, V 12.4 >= parent 11.0")


def test_a_reason_shows_as_many_decimals_as_it_takes_to_see_the_difference() -> None:
    (choice,) = keep_best([node("a1")], {"a1": 10.2996}, {"a1": 10.3001}, 1.0)
    assert choice.reason == "below its parent: V 10.2996 is less than 10.3001"


def test_the_parent_rule_frees_no_place_for_those_behind() -> None:
    nodes = [node("first"), node("second"), node("third"), node("fourth")]
    values = {"first": 4.0, "second": 3.0, "third": 2.0, "fourth": 1.0}
    choices = keep_best(nodes, values, {"first": 9.0}, 0.5)
    assert [choice.kept for choice in choices] == [False, True, False, False]


def test_equals_at_the_threshold_share_their_fate() -> None:
    nodes = [node("a1"), node("a2"), node("a3"), node("a4")]
    choices = keep_best(nodes, {"a1": 5.0, "a2": 3.0, "a3": 3.0, "a4": 1.0}, {}, 0.5)
    assert [choice.kept for choice in choices] == [True, True, True, False]
    assert choices[3].reason == "not among the best: rank 4 of 4, the best 2 go on"


def test_an_unscored_instruction_stops_and_takes_no_place() -> None:
    choices = keep_best([node("a1"), node("a2"), node("a3")], {"a1": 5.0, "a3": 4.0}, {}, 0.5)
    assert [choice.kept for choice in choices] == [True, False, False]
    assert choices[1].reason.startswith("unscored")
    assert choices[1].value is None


@given(st.lists(st.floats(0, 30), min_size=1, max_size=30), st.floats(0.01, 1), st.randoms(use_true_random=False))
def test_the_beam_keeps_enough_keeps_the_best_and_ignores_the_order(
    numbers: list[float], keep: float, rng: random.Random
) -> None:
    nodes = [node(f"n{place}") for place in range(len(numbers))]
    values = dict(zip([item.id for item in nodes], numbers, strict=True))
    choices = keep_best(nodes, values, {}, keep)
    kept = [choice.value for choice in choices if choice.kept]
    stopped = [choice.value for choice in choices if not choice.kept]
    assert len(kept) >= min(len(numbers), math.ceil(keep * len(numbers) - 1e-9))
    assert all(low < min(kept) for low in stopped)
    shuffled = rng.sample(nodes, len(nodes))
    assert {choice.id for choice in keep_best(shuffled, values, {}, keep)} == {choice.id for choice in choices}


def test_collection_goes_from_the_highest_value_down_and_skips_what_is_too_near() -> None:
    nodes = [node("low"), node("top"), node("near"), node("far")]
    values = {"low": 1.0, "top": 9.0, "near": 8.0, "far": 7.0}
    low, top, near, far = collect_tree(nodes, values, turned(100, 0, 30, 90), 6.0)
    assert [choice.kept for choice in (low, top, near, far)] == [False, True, False, True]
    assert near.reason == f"too close: distance {gap(30):.2f} from top, more than 6 is needed"
    assert " from far," in low.reason
    assert "nearest is top at 10.00" in far.reason
    assert {choice.stage for choice in (low, top, near, far)} == {"collect"}
    assert top.value == 9.0


def test_what_was_skipped_does_not_stand_in_the_way() -> None:
    nodes = [node("top"), node("skipped"), node("last")]
    choices = collect_tree(nodes, {"top": 9.0, "skipped": 8.0, "last": 7.0}, turned(0, 50, 70), 6.0)
    assert [choice.kept for choice in choices] == [True, False, True]


def test_identical_twins_are_collected_once_even_without_a_distance() -> None:
    choices = collect_tree([node("a1"), node("a2")], {"a1": 5.0, "a2": 5.0}, turned(33, 33), 0.0)
    assert [choice.kept for choice in choices] == [True, False]


def test_a_distance_that_is_only_reached_is_not_enough() -> None:
    vectors = np.array([[1, 0], [0, 1]], np.float32)
    pair = [node("a1"), node("a2")]
    values = {"a1": 5.0, "a2": 4.0}
    assert [choice.kept for choice in collect_tree(pair, values, vectors, 10.0)] == [True, False]
    assert [choice.kept for choice in collect_tree(pair, values, vectors, 9.99)] == [True, True]
