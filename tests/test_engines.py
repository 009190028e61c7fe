"""The wrappers put together: replies, accounts and pace around each model of a run."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest

from synth.ask import Answered, Item, Unanswered, working_on
from synth.engines import REPLIES, Engines, open_engines
from synth.errors import BadConfig, BudgetReached, EspalierError
from synth.models.ledger import read_calls
from synth.prices import write_prices
from synth.prompts import Prompts
from synth.settings import Budget, Price, RunConfig
from tests.loopback import Loopback, ok

PRICE = Price(input=2.0, output=10.0)
ONE = 92e-6
"""What an answer of the loopback server costs: 11 tokens in, 7 out."""


class NoEmbedder:
    """For runs whose engine needs none."""

    name = "none"

    def embed(self, texts: object) -> Any:  # noqa: ANN401
        raise AssertionError("embedded")


def frozen(workspace: Path, config: RunConfig, prices: dict[str, Price] | None = None) -> Path:
    """A run folder as the owner leaves it to a worker."""
    number = len(list(workspace.glob("runs/*")))
    run = workspace / "runs" / f"r{number:04d}-x"
    (run / "snapshot").mkdir(parents=True)
    (run / "config.json").write_text(config.model_dump_json(), encoding="utf-8")
    write_prices(run / "snapshot", {"tiny": PRICE} if prices is None else prices)
    return run


def config_for(server: Loopback, **other: object) -> RunConfig:
    engine = {"kind": "openai", "model": "tiny", "base_url": server.base_url, **dict(other.pop("engine", {}))}  # type: ignore[call-overload]
    return RunConfig.model_validate({"engine": engine, **other})


def opened(config: RunConfig, run: Path) -> Engines:
    return open_engines(config, Prompts(), NoEmbedder(), run=run)


async def ask(engines: Engines, number: int, prompt: str = "answer_instruction") -> Answered[str] | Unanswered:
    with working_on(Item(f"item-{number}")):
        return await engines.asker.ask(prompt, {"question": f"Question {number}?"}, str, temperature=0.0)


async def ask_all(engines: Engines, count: int, at_once: int = 1) -> list[Answered[str] | Unanswered | EspalierError]:
    """What comes of so many questions; after an error a taker puts no further one."""
    waiting, said = iter(range(count)), list[Answered[str] | Unanswered | EspalierError]()

    async def take() -> None:
        for number in waiting:
            try:
                said.append(await ask(engines, number))
            except EspalierError as error:
                said.append(error)
                return

    try:
        await asyncio.gather(*(take() for _ in range(at_once)))
    finally:
        await engines.close()
    return said


def go(config: RunConfig, run: Path, count: int, at_once: int = 1) -> list[Answered[str] | Unanswered | EspalierError]:
    async def work() -> list[Answered[str] | Unanswered | EspalierError]:
        return await ask_all(opened(config, run), count, at_once)

    return asyncio.run(work())


def test_a_second_run_of_the_workspace_pays_nothing_and_says_so(tmp_path: Path) -> None:
    with Loopback(ok()) as server:
        config = config_for(server)
        first = go(config, frozen(tmp_path, config), 5)
        second_run = frozen(tmp_path, config)
        second = go(config, second_run, 5)
        assert len(server.requests) == 5
    assert (tmp_path / REPLIES).is_file()
    costs = [(one.made.hits, one.made.cost) for one in (*first, *second) if isinstance(one, Answered)]
    assert costs == [(0, pytest.approx(ONE))] * 5 + [(1, pytest.approx(ONE))] * 5
    lines = list(read_calls(second_run))
    assert [(line["hit"], line["cost"], line["saved"]) for line in lines] == [(True, 0.0, pytest.approx(ONE))] * 5


def test_a_fresh_run_pays_again_and_a_resumed_fresh_run_does_not(tmp_path: Path) -> None:
    with Loopback(ok()) as server:
        config = config_for(server)
        go(config, frozen(tmp_path, config), 3)
        fresh = config.model_copy(update={"fresh": True})
        run = frozen(tmp_path, fresh)
        go(fresh, run, 3)
        assert len(server.requests) == 6
        go(fresh, run, 3)
        assert len(server.requests) == 6


def test_the_offline_engine_keeps_no_replies_and_costs_nothing(tmp_path: Path) -> None:
    from synth.embed import SentenceEmbedder

    config = RunConfig(budget=Budget(money=0.0))
    run = frozen(tmp_path, config, {})
    engines = open_engines(config, Prompts(), SentenceEmbedder(), run=run)

    async def work() -> Answered[str] | Unanswered:
        try:
            return await engines.asker.ask("pre_extract", {"code": "def f():\n    return 1\n"}, str, temperature=0.0)
        finally:
            await engines.close()

    said = asyncio.run(work())
    assert isinstance(said, Answered)
    assert said.made.cost == 0.0
    assert engines.spend()["extract"].money == 0.0
    assert not (tmp_path / REPLIES).exists()


def test_steps_have_their_own_models_prices_and_sums(tmp_path: Path) -> None:
    with Loopback(ok()) as server:
        config = config_for(server, models={"judge": {"model": "large"}})
        run = frozen(tmp_path, config, {"tiny": PRICE, "large": Price(input=20.0, output=100.0)})
        engines = opened(config, run)

        async def work() -> None:
            try:
                await ask(engines, 1)
                await ask(engines, 2, "judge_challenge")
            finally:
                await engines.close()

        asyncio.run(work())
    assert {step: round(spend.cost / ONE) for step, spend in engines.spend().items()} == {"answer": 1, "judge": 10}
    assert [request.body["model"] for request in server.requests] == ["tiny", "large"]


def test_a_budget_in_money_is_refused_where_it_could_not_be_kept(tmp_path: Path) -> None:
    with Loopback(ok()) as server:
        config = config_for(server, budget={"money": 5})
        with pytest.raises(BadConfig, match=r"no price is known for `tiny`.*synth prices set"):
            opened(config, frozen(tmp_path, config, {}))


def test_a_stopped_run_counts_what_it_spent_before_and_goes_on_with_more(tmp_path: Path) -> None:
    with Loopback(ok()) as server:
        config = config_for(server, budget={"money": 5 * ONE - 1e-9})
        run = frozen(tmp_path, config)
        assert isinstance(go(config, run, 20)[-1], BudgetReached)
        assert isinstance(go(config, run, 20)[-1], BudgetReached), "the same budget is still used up"
        assert len(server.requests) == 5
        more = config.model_copy(update={"budget": Budget(money=8 * ONE - 1e-9)})
        said = go(more, run, 20)
        assert len(server.requests) == 8, "what was answered is not paid again"
    assert sum(isinstance(one, Answered) for one in said) == 8


def test_who_waits_for_a_place_at_the_endpoint_is_not_sent_when_the_budget_is_reached(tmp_path: Path) -> None:
    with Loopback(ok()) as server:
        slow = {"concurrency": 64, "requests_per_minute": 60}
        config = config_for(server, engine=slow, budget={"tokens": 30})
        began = time.monotonic()
        said = go(config, frozen(tmp_path, config), 64, at_once=64)
        took = time.monotonic() - began
    assert sum(isinstance(one, Answered) for one in said) == len(server.requests) <= 3
    assert {type(one) for one in said if not isinstance(one, Answered)} == {BudgetReached}
    assert took < 30, "at one a second, 64 would take a minute"


def test_ledger_and_replies_hold_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = "sk-never-to-be-seen-77"
    monkeypatch.setenv("A_KEY", key)
    with Loopback(ok()) as server:
        config = config_for(server, engine={"api_key_env": "A_KEY"})
        go(config, frozen(tmp_path, config), 2)
        assert server.requests[0].headers["authorization"] == f"Bearer {key}"
    for file in tmp_path.rglob("*"):
        assert not file.is_file() or key.encode() not in file.read_bytes(), file


def test_lines_reach_the_one_who_listens(tmp_path: Path) -> None:
    heard: list[dict[str, Any]] = []
    with Loopback(ok()) as server:
        config = config_for(server)
        run = frozen(tmp_path, config)
        engines = open_engines(config, Prompts(), NoEmbedder(), run=run, on_call=heard.append)
        asyncio.run(ask_all(engines, 2))
    assert [line["item"] for line in heard] == ["item-0", "item-1"]
    assert heard == [json.loads(line) for line in (run / "calls-0000.jsonl").read_bytes().splitlines()]
