"""What a run will come to: told before anything is asked, from a pilot with a range, and compared afterwards."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from synth.errors import BadConfig
from synth.models.ledger import read_calls
from synth.settings import Budget, Price, RunConfig
from synth.workspace import Workspace
from synth.workspace.expected import Range
from tests import examples, loopback
from tests.loopback import Loopback
from tests.test_flow import open_with_seeds, wait
from tests.test_flow_endpoint import CONFIG, Talker

TINY = Price(input=2.0, output=10.0)
ONE = 92e-6
"""What an answer of the loopback server costs: 11 tokens in, 7 out."""
ASKING: dict[str, object] = {"name": "asking", "seeds": {"limit": 12}, "grow": {"steps": 0}, "sample": {"count": 0}}
"""A run that needs no sandbox."""


@contextmanager
def opened(folder: Path, **prices: Price) -> Iterator[Workspace]:
    """A workspace with seeds that knows these prices."""
    workspace = open_with_seeds(folder)
    workspace.save_settings(workspace.settings().model_copy(update={"prices": prices}))
    try:
        yield workspace
    finally:
        workspace.close()


def config_for(server: Loopback, base: dict[str, object] = ASKING, **other: object) -> RunConfig:
    engine = {"kind": "openai", "model": "tiny", "base_url": server.base_url}
    return RunConfig.model_validate({**base, "engine": engine, **other})


def finished(workspace: Workspace, config: RunConfig) -> str:
    """The id of a run that was made and ingested."""
    run_id = workspace.start_run(config)
    assert wait(workspace, run_id) == "finished", workspace.run(run_id).error
    workspace.ingest()
    return run_id


def mean(told: Range) -> float:
    assert told.mean is not None
    return told.mean


def test_with_nothing_measured_the_numbers_are_bounds_and_nothing_is_sent(tmp_path: Path) -> None:
    with Loopback(loopback.ok(Talker())) as server, opened(tmp_path, tiny=TINY) as workspace:
        told = workspace.estimating.estimate(config_for(server, CONFIG))
        assert not server.requests
        assert not workspace.runs()
    assert [step.step for step in told.steps] == [
        "extract",
        "grow",
        "task",
        "solve",
        "repair",
        "judge",
        "evolve",
        "answer",
    ]
    assert {step.basis for step in told.steps} == {"bound"}
    assert told.cost.mean is None
    assert told.cost.high is not None
    assert told.cost.high > 0
    named = {step.step: step for step in told.steps}
    assert mean(named["extract"].calls) == 12 + 4 + 2
    assert named["repair"].calls == Range(high=14 * 3)
    output = named["solve"].output_tokens
    assert output == Range(high=14 * 2 * 8192), "each put twice, each reply as long as it may be"
    assert any("the most that it can come to" in note for note in told.notes)


def test_a_bound_is_above_what_the_run_comes_to(tmp_path: Path) -> None:
    with Loopback(loopback.ok(Talker())) as server, opened(tmp_path, tiny=TINY) as workspace:
        config = config_for(server)
        told = workspace.estimating.estimate(config)
        run_id = finished(workspace, config)
        found = workspace.estimating.compared(run_id)
    assert found.estimate is not None
    assert found.estimate.model_copy(update={"at": told.at}) == told
    assert found.total.inside
    assert told.cost.high is not None
    assert found.total.actual.cost < told.cost.high


def test_the_length_of_replies_that_a_step_may_have_bounds_it(tmp_path: Path) -> None:
    with Loopback() as server, opened(tmp_path, tiny=TINY) as workspace:
        short = config_for(server, models={"extract": {"max_tokens": 10}})
        assert workspace.estimating.estimate(short).output_tokens == Range(high=12 * 2 * 10)


def test_an_unknown_price_is_an_unknown_cost_and_never_none(tmp_path: Path) -> None:
    with Loopback(loopback.ok(Talker())) as server, opened(tmp_path) as workspace:
        config = config_for(server)
        before = workspace.estimating.estimate(config)
        finished(workspace, config)
        after = workspace.estimating.estimate(config_for(server, seed=3, seeds={"limit": 20}))
    for told in (before, after):
        assert told.cost == Range()
        assert "No price is known for `tiny`" in " ".join(told.notes)
    assert after.input_tokens.mean is not None


def test_what_was_read_before_is_not_asked_again_so_not_expected(tmp_path: Path) -> None:
    with Loopback(loopback.ok(Talker())) as server, opened(tmp_path, tiny=TINY) as workspace:
        config = config_for(server)
        finished(workspace, config)
        assert workspace.estimating.estimate(config).calls.mean == 0
        more = config_for(server, seeds={"limit": 0})
        there = workspace.counts().seeds
        assert mean(workspace.estimating.estimate(more).calls) == there - 12
        hotter = config_for(server, extract={"temperature": 0.9})
        assert mean(workspace.estimating.estimate(hotter).calls) == 12, "another temperature is another question"


def test_tokens_are_those_of_the_same_model_before_those_of_others(tmp_path: Path) -> None:
    with Loopback(loopback.ok(Talker())) as server, opened(tmp_path, tiny=TINY, other=TINY) as workspace:
        finished(workspace, config_for(server))
        own = workspace.estimating.estimate(config_for(server, seed=9, extract={"temperature": 0.1}))
        other = workspace.estimating.estimate(config_for(server, models={"extract": {"model": "other"}}))
    (mine,), (others,) = own.steps, other.steps
    assert (mine.basis, mine.rests_on, mine.model) == ("measured", 12, "tiny")
    assert (others.basis, others.model) == ("other models", "other")
    assert mean(mine.input_tokens) == 12 * 11
    assert mean(mine.cost) == pytest.approx(12 * ONE)
    assert "those that other models took" in " ".join(other.notes)


def test_a_batch_costs_what_is_left_of_the_price(tmp_path: Path) -> None:
    with Loopback(loopback.ok(Talker())) as server, opened(tmp_path, tiny=TINY) as workspace:
        bound = workspace.estimating.estimate(config_for(server)).cost.high
        halved = workspace.estimating.estimate(config_for(server, batch=True)).cost.high
        finished(workspace, config_for(server))
        anew = config_for(server, extract={"temperature": 0.1}, batch=True)
        measured = workspace.estimating.estimate(anew)
    assert bound is not None
    assert halved == pytest.approx(bound / 2)
    assert mean(measured.cost) == pytest.approx(6 * ONE)


def test_the_offline_engine_is_free(tmp_path: Path) -> None:
    with opened(tmp_path) as workspace:
        told = workspace.estimating.estimate(RunConfig.model_validate(CONFIG))
        mixed = workspace.estimating.estimate(
            RunConfig.model_validate({**CONFIG, "models": {"task": {"kind": "openai", "model": "gpt-4o-mini"}}})
        )
    assert told.free
    assert told.cost == Range(mean=0.0, low=0.0, high=0.0)
    assert not mixed.free
    assert [step.step for step in mixed.steps if step.engine == "openai"] == ["task"]
    assert mixed.cost.high is not None
    assert mixed.cost.high > 0


def test_records_from_before_there_were_ledgers_are_measured_too(tmp_path: Path) -> None:
    made = examples.MADE.model_copy(
        update={
            "engine": "openai",
            "model": "tiny",
            "prompt_tokens": 500,
            "completion_tokens": 50,
            "prompt": "make_task",
        }
    )
    tasks = [examples.TASK.model_copy(update={"id": f"task-{number}", "made": made}) for number in range(9)]
    with Loopback() as server, opened(tmp_path, tiny=TINY) as workspace:
        workspace._db.add(tasks)
        told = workspace.estimating.estimate(config_for(server, sample={"count": 10}))
    named = {step.step: step for step in told.steps}
    assert (named["task"].basis, named["task"].rests_on) == ("measured", 9)
    assert mean(named["task"].input_tokens) == 5000


@pytest.mark.sandbox
def test_a_pilot_tells_the_whole_with_a_range_and_nothing_of_it_is_paid_twice(tmp_path: Path) -> None:
    with Loopback(loopback.ok(Talker())) as server, opened(tmp_path, tiny=TINY) as workspace:
        config = config_for(server, CONFIG)
        small = workspace.estimating.pilot_of(config, 5)
        assert (small.sample.count, small.seeds.limit, small.grow.steps, small.evolve.roots) == (5, 5, 2, 2)
        pilot = finished(workspace, small)
        told = workspace.estimating.estimate(config, pilot)
        assert told.pilot == pilot
        assert {step.basis for step in told.steps} == {"measured"}
        assert told.cost.low is not None
        assert told.cost.high is not None
        assert told.cost.low < mean(told.cost) < told.cost.high
        run_id = workspace.start_run(config, told)
        assert wait(workspace, run_id) == "finished"
        workspace.ingest()
        found = workspace.estimating.compared(run_id)
        asked = [(request.text, len(request.messages)) for request in server.requests]
        again = finished(workspace, config)
        assert len(server.requests) == len(asked), "the same run once more is paid no more"
        repeated = workspace.estimating.compared(again)
    lines = [line for one in (pilot, run_id) for line in read_calls(workspace.folder / "runs" / one)]
    assert sum(not line["hit"] for line in lines) == len(asked)
    assert found.estimate == told
    assert found.total.calls_off is not None
    assert 0.5 < found.total.calls_off < 2.0
    assert found.total.saved > 0
    assert repeated.total.actual.cost == 0
    assert repeated.total.actual.calls == 0


def test_a_run_that_stops_at_its_budget_goes_on_with_more(tmp_path: Path) -> None:
    with Loopback(loopback.ok(Talker())) as server, opened(tmp_path, tiny=TINY) as workspace:
        engine = {"kind": "openai", "model": "tiny", "base_url": server.base_url, "concurrency": 3}
        config = config_for(server).model_copy(
            update={
                "engine": RunConfig.model_validate({"engine": engine}).engine,
                "budget": Budget(money=5 * ONE - 1e-9),
            }
        )
        run_id = workspace.start_run(config)
        assert wait(workspace, run_id) == "stopped"
        status = workspace.run(run_id)
        assert "the budget of" in status.error
        assert status.resumable
        assert 5 <= len(server.requests) <= 5 + 2
        spent = workspace.estimating.spent(run_id)["extract"]
        assert spent.calls == len(server.requests)


def test_a_budget_in_money_for_a_model_without_a_price_starts_nothing(tmp_path: Path) -> None:
    with Loopback() as server, opened(tmp_path) as workspace:
        with pytest.raises(BadConfig, match=r"`budget\.money` cannot be kept"):
            workspace.start_run(config_for(server, budget={"money": 1}))
        assert not workspace.runs()


def test_prices_and_what_was_expected_are_frozen_with_the_run(tmp_path: Path) -> None:
    with Loopback(loopback.ok(Talker())) as server, opened(tmp_path, tiny=TINY) as workspace:
        run_id = finished(workspace, config_for(server))
        folder = workspace.folder / "runs" / run_id
        workspace.save_settings(workspace.settings().model_copy(update={"prices": {}}))
        assert json.loads((folder / "snapshot" / "prices.json").read_text(encoding="utf-8"))["tiny"]["output"] == 10.0
        assert workspace.estimating.spent(run_id)["extract"].cost == pytest.approx(12 * ONE)
        kept = workspace.estimating.kept(run_id)
        assert kept is not None
        (folder / "estimate.json").write_text("{}", encoding="utf-8")
        with pytest.raises(BadConfig, match=r"estimate\.json cannot be read"):
            workspace.estimating.compared(run_id)
        (folder / "estimate.json").unlink()
        found = workspace.estimating.compared(run_id)
    assert (found.estimate, found.total.expected, found.total.inside) == (None, None, None)
    assert found.total.actual.calls == 12
