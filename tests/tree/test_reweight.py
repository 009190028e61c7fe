"""Equation 1: exact where it can be computed plainly, sound where it cannot."""

from math import exp, inf, isclose, isfinite, log, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.errors import BadInput
from synth.tree.columns import ROOT, FeatureTree
from synth.tree.reweight import reweight
from tests.tree.chances import chances
from tests.tree.strategies import trees

counts_lists = st.lists(st.one_of(st.just(0.0), st.floats(1e-6, 1e9)), min_size=1, max_size=12)


def as_printed(counts: list[float], temperature: float) -> list[float]:
    """Equation 1 written down as the paper prints it."""
    shares = [count / sum(counts) for count in counts]
    powers = [exp(log(share) / temperature) if share else 0.0 for share in shares]
    return [power / sum(powers) for power in powers]


@given(counts_lists.filter(any), st.floats(0.2, 100))
def test_probabilities_are_those_of_the_printed_equation(counts: list[float], temperature: float) -> None:
    assert reweight(counts, temperature) == pytest.approx(as_printed(counts, temperature), rel=1e-9, abs=1e-12)


def test_a_worked_example() -> None:
    assert reweight([1, 4, 16], 1) == pytest.approx([1 / 21, 4 / 21, 16 / 21])
    assert reweight([1, 4, 16], 2) == pytest.approx([1 / 7, 2 / 7, 4 / 7])
    assert reweight([1, 4, 16], 0.5) == pytest.approx([1 / 273, 16 / 273, 256 / 273])


@given(counts_lists, st.floats(min_value=0, exclude_min=True), st.data())
def test_probabilities_sum_to_one_at_any_temperature(
    counts: list[float], temperature: float, data: st.DataObject
) -> None:
    boosts = data.draw(st.lists(st.floats(1e-9, 1e9), min_size=len(counts), max_size=len(counts)))
    result = reweight(counts, temperature, boosts)
    assert isclose(sum(result), 1, rel_tol=1e-9)
    assert all(0 <= p <= 1 and isfinite(p) for p in result)
    assert all(p == 0 for count, p in zip(counts, result, strict=True) if count == 0 and any(counts))


@given(counts_lists.filter(any), st.floats(0.1, 50), st.floats(1.01, 4))
def test_more_heat_never_makes_the_commonest_likelier(counts: list[float], temperature: float, more: float) -> None:
    assert max(reweight(counts, temperature * more)) <= max(reweight(counts, temperature)) + 1e-12


@pytest.mark.parametrize("temperature", [5e-324, 1e-300, 1e-9])
def test_next_to_no_heat_leaves_only_the_commonest(temperature: float) -> None:
    assert reweight([3, 1e300, 1e300, 0], temperature) == [0, 0.5, 0.5, 0]


@pytest.mark.parametrize("temperature", [1e12, 1e308, inf])
def test_great_heat_makes_all_that_were_seen_alike(temperature: float) -> None:
    assert reweight([5e-324, 1, 1e300, 0], temperature) == pytest.approx([1 / 3, 1 / 3, 1 / 3, 0])


def test_counts_that_are_all_zero_are_all_alike() -> None:
    assert reweight([0, 0, 0, 0], 3) == [0.25] * 4
    assert reweight([0, 0, 0], 3, [1, 3, 0]) == pytest.approx([0.25, 0.75, 0])


def test_boosts_multiply_probabilities_and_are_normalised_again() -> None:
    plain = reweight([1, 4, 16], 2)
    boosted = reweight([1, 4, 16], 2, [3, 1, 0.5])
    total = 3 * plain[0] + plain[1] + 0.5 * plain[2]
    assert boosted == pytest.approx([3 * plain[0] / total, plain[1] / total, 0.5 * plain[2] / total])


def test_a_boost_of_zero_takes_a_child_out_even_where_it_had_all_the_weight() -> None:
    assert reweight([5, 2, 0], 1, [0, 1, 1]) == [0, 1, 0]
    assert reweight([5, 0, 0], 1, [0, 1, 1]) == [0, 0.5, 0.5]
    assert reweight([5, 2], 1, [0, 0]) == [0, 0]
    assert reweight([], 1) == []


@given(counts_lists.filter(any), st.floats(0.2, 100))
def test_below_zero_the_rarest_that_was_seen_comes_most(counts: list[float], heat: float) -> None:
    shares = [count / sum(counts) for count in counts]
    powers = [share ** (-1 / heat) if share else 0.0 for share in shares]
    if isfinite(sum(powers)):
        expected = [power / sum(powers) for power in powers]
        assert reweight(counts, -heat) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("temperature", [-5e-324, -1e-9])
def test_next_to_no_heat_below_zero_leaves_only_the_rarest(temperature: float) -> None:
    assert reweight([3, 1e300, 3, 0, 1e9], temperature) == [0.5, 0, 0.5, 0, 0]
    assert reweight([0, 0], temperature) == [0.5, 0.5]


@pytest.mark.parametrize("temperature", [0, -0.0, nan])
def test_a_temperature_of_zero_or_no_number_is_refused(temperature: float) -> None:
    with pytest.raises(BadInput, match="temperature must be a number other than 0"):
        reweight([1, 2], temperature)


@pytest.mark.parametrize("wrong", [-1.0, inf, nan])
def test_counts_and_boosts_that_are_no_amounts_are_refused(wrong: float) -> None:
    with pytest.raises(BadInput, match="counts"):
        reweight([1, wrong], 1)
    with pytest.raises(BadInput, match="boosts"):
        reweight([1, 2], 1, [1, wrong])


@given(trees(), st.sampled_from([0.01, 0.5, 1.0, 10.0, inf, -2.0]), st.data())
def test_chances_of_a_whole_tree_are_those_of_each_group_of_siblings(
    tree: FeatureTree, temperature: float, data: st.DataObject
) -> None:
    nodes = list(tree.nodes())
    excluded = set(data.draw(st.lists(st.sampled_from(nodes), max_size=4)))
    boosts = {"workflow": 3.0, "logging": 0.0}
    found = chances(tree, temperature, excluded, boosts)
    assert found[ROOT] == 0
    for parent in [ROOT, *nodes]:
        children = tree.children(parent)
        factors = [
            0.0 if child in excluded else boosts.get(tree.name(child), 1.0) if parent == ROOT else 1.0
            for child in children
        ]
        expected = reweight([tree.count(child) for child in children], temperature, factors)
        assert found[children] == pytest.approx(expected, rel=1e-12, abs=1e-15)
