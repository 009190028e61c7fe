"""What models take: own prices before shipped ones, dated names, unknown never 0, frozen with a run."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.errors import BadConfig
from synth.prices import check_budget, frozen_prices, is_called, price_of, read_prices, shipped, write_prices
from synth.settings import Price, RunConfig

PAID = {"kind": "openai", "model": "gpt-4o-mini"}


def test_every_shipped_price_says_where_and_when_it_was_read() -> None:
    assert len(shipped()) > 5
    for model, listed in shipped().items():
        assert listed.source.startswith("https://"), model
        assert date.fromisoformat(listed.as_of) <= date(2027, 12, 31)
        assert 0 < listed.price.input < listed.price.output
        assert listed.price.cached_input is not None
        assert listed.price.cached_input <= listed.price.input


def test_own_prices_go_before_shipped_ones_and_unknown_is_none() -> None:
    assert price_of("gpt-4o-mini", {}) == Price(input=0.15, cached_input=0.075, output=0.6)
    own = {"gpt-4o-mini": Price(input=9.0)}
    assert price_of("gpt-4o-mini", own) == Price(input=9.0)
    assert price_of("gpt-4o-mini-2024-07-18", own) == Price(input=9.0), "an own price goes before a dated shipped one"
    assert price_of("a-model-of-mine", own) is None
    assert price_of("gpt-4o-mini-tuned", own) is None


def test_a_dated_name_is_that_model_and_a_longer_name_another() -> None:
    assert is_called("gpt-4o-2024-08-06", "gpt-4o")
    assert is_called("claude-haiku-4-5-20251001", "claude-haiku-4-5")
    assert not is_called("gpt-4o-mini", "gpt-4o")
    assert not is_called("gpt-4o", "gpt-4o-2024-08-06")
    assert price_of("gpt-4o-2024-08-06", {}) == price_of("gpt-4o", {})


def test_a_run_freezes_the_prices_of_the_models_that_it_asks(tmp_path: Path) -> None:
    config = RunConfig.model_validate(
        {"engine": PAID, "models": {"judge": {"model": "mine"}, "task": {"kind": "offline"}}}
    )
    prices = frozen_prices(config, {"mine": Price(input=1.0), "other": Price()})
    assert set(prices) == {"gpt-4o-mini", "mine"}
    write_prices(tmp_path, prices)
    assert read_prices(tmp_path) == prices


def test_runs_from_before_prices_were_kept_have_none(tmp_path: Path) -> None:
    assert read_prices(tmp_path) == {}
    (tmp_path / "prices.json").write_text("[1]", encoding="utf-8")
    with pytest.raises(BadConfig, match=r"prices\.json cannot be read as prices"):
        read_prices(tmp_path)


def test_a_budget_in_money_needs_the_price_of_every_model() -> None:
    config = RunConfig.model_validate({"engine": PAID, "models": {"judge": {"model": "mine"}}, "budget": {"money": 1}})
    check_budget(config, frozen_prices(config, {"mine": Price()}))
    with pytest.raises(BadConfig, match="no price is known for `mine`"):
        check_budget(config, frozen_prices(config, {}))
    check_budget(RunConfig.model_validate({"budget": {"money": 1}}), {})
    check_budget(config.model_copy(update={"budget": {"tokens": 1}}).model_validate({"engine": PAID}), {})


@given(
    st.integers(0, 10**7),
    st.none() | st.integers(0, 10**7),
    st.integers(0, 10**7),
    st.floats(0, 100),
    st.floats(0, 100),
)
def test_cached_input_never_makes_a_call_dearer_than_its_input(
    given_: int, cached: int | None, written: int, dear: float, cheap: float
) -> None:
    price = Price(input=max(dear, cheap), cached_input=min(dear, cheap), output=3.0)
    cost = price.cost(given_, cached, written)
    assert 0 <= cost <= price.cost(given_, None, written) + 1e-9
    assert price.cost(given_, cached, written, batch=True) == pytest.approx(cost / 2)
