"""What n tasks will come to: from stored records, with unknown usage left out and the range said."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from synth.records import Made, Record
from synth.settings import Engine, Price
from synth.store import Database
from synth.store.uses import ModelUse
from synth.workspace.costs import Spent, Worth, estimate, spending, worth
from tests import examples

GPT = Engine(kind="openai", model="gpt-x")
PRICES = {"gpt-x": Price(input=2.0, output=10.0)}


def made(tokens_in: int | None, tokens_out: int | None, model: str = "gpt-x") -> Made:
    return examples.MADE.model_copy(
        update={"engine": "openai", "model": model, "prompt_tokens": tokens_in, "completion_tokens": tokens_out}
    )


def sample(number: int, uses: list[Made]) -> list[Record]:
    """A task, its first solution and its repairs, made with these uses."""
    task = examples.TASK.model_copy(update={"id": f"task-{number}", "made": uses[0]})
    solutions = [
        examples.DRAFT.model_copy(
            update={"id": f"solution-{number}-{attempt}", "task_id": task.id, "attempt": attempt, "made": use}
        )
        for attempt, use in enumerate(uses[1:])
    ]
    return [task, *solutions]


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "workspace.duckdb")
    yield database
    database.close()


def test_a_task_counts_with_its_solution_and_every_repair(db: Database) -> None:
    db.add(sample(1, [made(100, 10), made(200, 20), made(300, 30)]))
    assert spending(db) == [Spent("gpt-x", calls=3, input_tokens=600, output_tokens=60)]


def test_a_ruling_about_the_tests_counts_once_and_the_attempt_that_came_of_it_not_again(db: Database) -> None:
    judged = made(1000, 100).model_copy(update={"prompt": "review_tests"})
    change = {"id": "solution-1-9", "task_id": "task-1", "attempt": 9, "tests_change": examples.RULING.change}
    corrected = examples.DRAFT.model_copy(update={**change, "made": judged})
    ruling = examples.RULING.model_copy(update={"task_id": "task-1", "made": judged})
    db.add([*sample(1, [made(100, 10), made(200, 20)]), ruling, corrected])
    assert spending(db) == [Spent("gpt-x", calls=3, input_tokens=1300, output_tokens=130)]


def test_a_task_without_a_solution_and_an_unknown_usage_are_no_zero(db: Database) -> None:
    db.add([*sample(1, [made(100, 10)]), *sample(2, [made(100, 10), made(None, None)])])
    db.add(sample(3, [made(1000, 100), made(3000, 300)]))
    spent = spending(db)
    assert [one.input_tokens for one in spent] == [None, 4000]
    told = estimate(spent, 10, GPT, PRICES)
    assert told.rests_on == 1
    assert told.input_tokens is not None
    assert told.input_tokens.mean == 40_000
    assert told.output_tokens is not None
    assert told.output_tokens.mean == 4_000
    assert told.cost is not None
    assert told.cost.mean == pytest.approx(40_000 * 2e-6 + 4_000 * 10e-6)
    assert told.calls is not None
    assert told.calls.mean == 20
    assert (told.cost.low, told.cost.high) == (None, None), "one task tells no range"


def spread(count: int, model: str = "gpt-x") -> list[Spent]:
    return [Spent(model, 2 + number % 3, 1000 + 100 * (number % 7), 500 + 50 * (number % 5)) for number in range(count)]


def test_the_range_holds_the_mean_narrows_with_more_past_tasks_and_is_the_same_every_time() -> None:
    few, many = estimate(spread(14), 1000, GPT, PRICES), estimate(spread(1400), 1000, GPT, PRICES)
    assert few == estimate(spread(14), 1000, GPT, PRICES)
    for told in (few, many):
        for number in (told.calls, told.input_tokens, told.output_tokens, told.cost):
            assert number is not None
            assert number.low is not None
            assert number.high is not None
            assert number.low < number.mean < number.high
    assert few.cost is not None
    assert many.cost is not None
    assert (few.cost.high or 0) - (few.cost.low or 0) > 3 * ((many.cost.high or 0) - (many.cost.low or 0))
    assert (few.rests_on, many.rests_on) == (14, 1400)


def test_the_range_of_a_single_task_is_as_wide_as_tasks_differ() -> None:
    one, many = estimate(spread(1400), 1, GPT, PRICES).cost, estimate(spread(1400), 1000, GPT, PRICES).cost
    assert one is not None
    assert many is not None
    assert ((one.high or 0) - (one.low or 0)) / one.mean > 5 * ((many.high or 0) - (many.low or 0)) / many.mean


def test_the_tasks_of_the_model_itself_count_where_there_are_any() -> None:
    other = [Spent("tiny", 1, 1, 1)] * 9
    told = estimate([*other, *spread(3), Spent("gpt-x-2026-01-31", 1, 2000, 100)], 1, GPT, PRICES)
    assert (told.rests_on, told.of_this_model) == (4, True)
    mini = estimate([*other, Spent("gpt-x-mini", 1, 1, 1)], 1, GPT, PRICES)
    assert (mini.rests_on, mini.of_this_model) == (10, False)


def test_what_is_not_known_is_none_with_the_reason() -> None:
    nothing = estimate([], 5, GPT, PRICES)
    assert (nothing.calls, nothing.input_tokens, nothing.cost, nothing.rests_on) == (None, None, None, 0)
    assert "nothing was measured" in nothing.reason
    mixed = estimate([Spent("gpt-x", 2, 10, 10), Spent("gpt-x", 8, None, None)], 1, GPT, PRICES)
    assert mixed.calls is not None
    assert (mixed.calls.mean, mixed.rests_on) == (2, 1), "all numbers rest on the same tasks"
    silent = estimate([Spent("gpt-x", 2, None, None)] * 6, 5, GPT, PRICES)
    assert silent.calls is not None
    assert (silent.calls.mean, silent.cost) == (10, None)
    assert "the 6 past tasks" in silent.reason
    unpriced = estimate(spread(9), 5, GPT, {})
    assert unpriced.input_tokens is not None
    assert unpriced.cost is None
    assert unpriced.reason.startswith("no price is kept for `gpt-x`")


def test_the_offline_engine_costs_nothing_and_no_tasks_cost_nothing() -> None:
    told = estimate([Spent("offline-2", 2, None, None)] * 6, 50, Engine(), {})
    assert told.cost is not None
    assert (told.cost.mean, told.cost.low, told.cost.high) == (0, 0, 0)
    assert told.calls is not None
    assert told.calls.mean == 100
    assert told.reason == "the offline engine counts no tokens."
    none = estimate(spread(9), 0, GPT, PRICES).cost
    assert none is not None
    assert (none.mean, none.low, none.high) == (0, 0, 0)


def test_spend_is_money_where_a_price_is_kept_and_a_reason_where_none_is() -> None:
    price = {"m": Price(input=2.0, output=10.0)}
    paid = ModelUse("openai", "m-2025-01-01", 1_000_000, 100_000, unknown=0)
    free = ModelUse("offline", "offline", 0, 0, unknown=9)
    assert worth([paid, free], price) == Worth(3.0)
    assert worth([free], {}) == Worth(0.0)
    assert worth([paid], {}).money is None
    assert "m-2025-01-01" in worth([paid], {}).reason
    assert worth([ModelUse("openai", "m", 0, 0, unknown=2)], price).money is None
    assert "1 record" in worth([replace(paid, unknown=1)], price).reason


def test_the_price_with_the_date_goes_before_the_one_without() -> None:
    prices = {"m-2025-01-01": Price(input=5.0), "m": Price(input=1.0)}
    assert worth([ModelUse("openai", "m-2025-01-01", 1_000_000, 0, unknown=0)], prices) == Worth(5.0)
