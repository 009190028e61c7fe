"""What can be asked of the runs of a workspace once they are there. Needs their folders only, never the database."""

from collections.abc import Mapping, Sequence

from synth.errors import BadInput
from synth.prices import read_prices, unpriced
from synth.runlog import last_lines
from synth.runs import Ended, Runs, RunStatus
from synth.settings import Budget, RunConfig


class Running:
    """Looks at runs and steers them; the part of a workspace that works beside its owner, too."""

    def __init__(self, runs: Runs) -> None:
        self._runs = runs

    def runs(self) -> list[RunStatus]:
        """Every run, newest first."""
        return [self._runs.status(run_id) for run_id in reversed(self._runs.ids())]

    def run(self, run_id: str) -> RunStatus:
        """One run. Raises `NotFound`."""
        return self._runs.status(run_id)

    def run_config(self, run_id: str) -> RunConfig:
        """The frozen config of a run, with what was asked for since: more samples, another budget."""
        return self._runs.effective_config(run_id)

    def resume(self, run_id: str) -> None:
        """Take a stopped run up again, or let a paused one go on."""
        self._runs.start(run_id)

    def pause(self, run_id: str) -> None:
        """Let nothing new begin in a run."""
        self._runs.pause(run_id)

    def cancel(self, run_id: str) -> None:
        """Stop a run after what is in flight."""
        self._runs.cancel(run_id)

    def retry(
        self, run_id: str, wanted: Sequence[str] | None = None, *, step: str | None = None, reason: str | None = None
    ) -> int:
        """Have items that ended early tried anew, and go on; see `Runs.retry`. Returns how many. Raises `BadInput`."""
        return self._runs.retry(run_id, wanted, step=step, reason=reason)

    def extend(self, run_id: str, samples: int) -> None:
        """Draw `samples` more in a run, and go on; what was made stays as it is. Raises `BadInput`."""
        self._runs.extend(run_id, samples)

    def raise_budget(self, run_id: str, budget: Budget) -> None:
        """Let a run use up to `budget` from its beginning, and go on.

        Raises `BadInput` for money where the prices that the run froze lack a model; one that is set now comes late.
        """
        frozen = read_prices(self._runs.path(run_id) / "snapshot")
        if budget.money is not None and (without := unpriced(self.run_config(run_id), frozen)):
            raise BadInput(
                f"run {run_id} cannot keep a budget in money: it keeps the prices of its beginning, and had none for "
                f"{without}. Give it a budget in tokens or calls, or start a new run."
            )
        self._runs.raise_budget(run_id, budget)

    def ended_early(self, run_id: str) -> list[Ended]:
        """What ended early in a run and was not made since, from its journals."""
        return self._runs.ended_early(run_id)

    def log(self, run_id: str, most: int = 1_000) -> list[Mapping[str, object]]:
        """The latest lines of a run's log, oldest first."""
        return last_lines(self._runs.path(run_id), most)

    def worker_words(self, run_id: str) -> str:
        """The end of what a run's workers printed."""
        return self._runs.printed(run_id)
