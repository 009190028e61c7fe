"""What the card says of the tests behind the rows: how many wrong solutions they refuse, and what is odd about them."""

from collections import Counter
from dataclasses import dataclass, field
from statistics import median

from synth.export.tables import share, table
from synth.records import Proof, Solution, Verdict

_BANDS = ((1.0, "all of them"), (0.8, "80 % or more, not all"), (0.5, "50 % to 80 %"), (0.0, "fewer than half"))


@dataclass(slots=True)
class TestTally:
    """Counts over the rows whose solution was run."""

    __test__ = False

    scores: list[float] = field(default_factory=list)
    """Mutation scores, 0 to 1."""
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, solution: Solution | None, verdict: Verdict) -> None:
        """Count one row."""
        if verdict.flaky is not None:
            self.counts["flaky" if verdict.flaky else "steady"] += 1
        if verdict.proof is not None:
            self._add_proof(verdict.proof)
        if solution is not None and solution.tests_change is not None:
            self.counts["corrected"] += 1

    def _add_proof(self, proof: Proof) -> None:
        self.counts["idle"] += bool(proof.idle)
        self.counts["idle tests"] += len(proof.idle)
        if proof.stub is not None:
            self.counts["stub passes" if proof.stub == "passed" else "stub fails"] += 1
        if proof.score is not None:
            self.scores.append(proof.score)

    def sections(self) -> list[str]:
        """What was counted, as Markdown; nothing where nothing was tried."""
        counts = self.counts
        tried = counts["stub passes"] + counts["stub fails"]
        again = counts["flaky"] + counts["steady"]
        rows = [
            (f"a solution that does nothing fails the tests ({tried} tried)", counts["stub fails"], bool(tried)),
            ("a solution that does nothing passes the tests", counts["stub passes"], bool(tried)),
            ("some test failed for no wrong solution", counts["idle"], bool(tried or self.scores)),
            (
                f"flaky: run again in another order, the verdict was another ({again} tried)",
                counts["flaky"],
                bool(again),
            ),
            ("tests corrected after a judge said that they were wrong", counts["corrected"], True),
        ]
        shown = [(what, count) for what, count, known in rows if known]
        parts = [table(("about the tests", "rows"), shown)] if tried or again or counts["corrected"] else []
        return [*parts, *([self._mutants()] if self.scores else [])]

    def _mutants(self) -> str:
        bands: Counter[str] = Counter(next(name for least, name in _BANDS if score >= least) for score in self.scores)
        total = len(self.scores)
        rows = [(name, bands[name], share(bands[name], total)) for _, name in _BANDS]
        said = (
            f"Mutation score: of small wrong versions of a solution, the share that its tests refuse. {total} rows "
            f"have one, the median is {median(self.scores):.2f}. A wrong version may do the same as the right one, so "
            "less than all need not be a fault."
        )
        return f"{said}\n\n{table(('wrong versions refused', 'rows', 'share'), rows)}"
