"""Runs over the routes: how far they are, and what can be asked of them."""

from synth.workspace import Workspace
from tests.api.conftest import Ask
from tests.loopback import Loopback
from tests.runs.talking import config, ended, talks

SMALL = {"grow": {"steps": 0}, "evolve": {"roots": 0}, "seeds": {"limit": 3}}


def test_a_run_is_looked_at_retried_extended_and_never_mistaken_for_another(workspace: Workspace, ask: Ask) -> None:
    workspace.add_stdlib_seeds()
    with Loopback(talks(reply=lambda text: "no")) as server:
        run_id = workspace.start_run(config(server, **SMALL))
        assert ended(workspace, run_id) == "finished"
        status, said = ask("/api/runs/state")
        assert (status, said["runs"][0]["state"], said["runs"][0]["resumable"]) == (200, "finished", False)
        count = len(server.requests)
        assert ask("/api/runs/act", run_id=run_id, action="retry")[0] == 200
        assert ended(workspace, run_id) == "finished"
        assert len(server.requests) == 2 * count
        lost = [one.wanted_id for one in workspace.ended_early(run_id)]
        assert ask("/api/runs/act", run_id=run_id, action="retry", wanted=lost[:1])[0] == 200
        assert ended(workspace, run_id) == "finished"
        assert len(server.requests) == 2 * count + 2
        assert ask("/api/runs/act", run_id=run_id, action="retry", wanted=["task-0"])[0] == 400
        assert ask("/api/runs/act", run_id=run_id, action="extend", samples=0)[0] == 400
        assert ask("/api/runs/act", run_id=run_id, action="resume")[0] == 400
        assert ask("/api/runs/act", run_id="r0009-x", action="pause")[0] == 404
