"""The same flow through an endpoint's batches: nothing but the price and the pace is different."""

import time
from pathlib import Path
from typing import Any

import pytest

from synth.settings import RunConfig
from tests import loopback
from tests.batch_server import BatchServer, Fault
from tests.loopback import Received
from tests.test_flow import open_with_seeds, wait
from tests.test_flow_endpoint import CONFIG, Talker

pytestmark = pytest.mark.sandbox

READING = {**CONFIG, "extract": {}, "grow": {"steps": 0}, "sample": {"count": 0}, "evolve": {"roots": 0}}


def said(talker: Talker) -> Any:  # noqa: ANN401 - the body of a chat completion
    """What the talker says to a line of a batch."""

    def answer(body: dict[str, Any]) -> dict[str, Any]:
        text = talker(Received("/v1/chat/completions", {}, body))
        return loopback.completion(text, usage={"prompt_tokens": 100, "completion_tokens": 10})

    return answer


def a_config(server: BatchServer, base: dict[str, Any]) -> RunConfig:
    """A run that asks in batches."""
    engine = {"kind": "openai", "model": "gpt-4o-mini", "base_url": server.base_url}
    return RunConfig.model_validate({**base, "engine": engine, "batch": True})


def test_the_whole_flow_runs_in_a_few_batches_at_the_price_of_batches(tmp_path: Path) -> None:
    workspace = open_with_seeds(tmp_path)
    with BatchServer(said(Talker()), [Fault(broken=0.2), Fault(missing=0.2)]) as server:
        run_id = workspace.start_run(a_config(server, CONFIG))
        assert wait(workspace, run_id) == "finished", workspace.run(run_id).error
        assert len(server.batches) < sum(server.sizes) / 2
    stages = {stage.name: stage.count for stage in workspace.funnel(run_id).stages}
    assert stages["seeds read"] == 12
    assert stages["tasks made"] == stages["proven"] == 13
    spend = workspace.run(run_id).total
    assert spend.input_tokens == 100 * spend.calls
    price = workspace.estimating.spent(run_id)["task"]
    assert price.cost == pytest.approx(price.calls * (100 * 0.15 + 10 * 0.60) / 1e6 / 2)
    workspace.close()


def test_a_cancelled_run_leaves_its_batch_at_the_endpoint_and_a_resumed_one_collects_it(tmp_path: Path) -> None:
    workspace = open_with_seeds(tmp_path)
    with BatchServer(said(Talker()), [Fault(stuck=True)]) as server:
        run_id = workspace.start_run(a_config(server, READING))
        while not server.batches:
            time.sleep(0.05)
        workspace.cancel(run_id)
        assert wait(workspace, run_id) == "cancelled"
        server.batches["batch_0"].fault.stuck = False
        workspace.resume(run_id)
        assert wait(workspace, run_id) == "finished", workspace.run(run_id).error
        assert len(server.batches) == 1
        assert set(server.asked.values()) == {1}
    assert workspace.counts().extractions == 12
    assert workspace.run(run_id).total.calls == 12
    workspace.close()
