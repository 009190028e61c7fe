"""The one door for pages and the command line: a folder with its database, runs, prompt overrides and exports."""

import datetime
import logging
import threading
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth.embed import SentenceEmbedder
from synth.errors import BadInput, EspalierError
from synth.export import CardFacts, ExportReport, Form, export_samples, preview
from synth.export.sample import Sample
from synth.metrics.table import METRICS, MetricInfo
from synth.prices import check_budget, frozen_prices
from synth.records import Demonstration, Extraction, FeaturePath, Seed
from synth.runs import Runs, RunStatus, StepProgress
from synth.settings import DATA, RunConfig, load_config
from synth.steps.coreset import pick_coreset
from synth.steps.seeds import SeedReport, read_path, read_stdlib
from synth.store import Database, DatabaseError, failures, funnel, queries
from synth.store.failures import Example, FailureGroup
from synth.store.funnel import Counts, Drop, Funnel, Stage, Usage
from synth.store.queries import DatasetRow, EvolutionNode, ForestRow, SeedGroup, TaskRow
from synth.store.tree_log import TreeLog
from synth.store.uses import used_by_model
from synth.tree import operations
from synth.tree.columns import FeatureTree
from synth.tree.history import stretches
from synth.workspace.accounts import Accounts
from synth.workspace.comparing import Change, Comparing, Comparison, Pair
from synth.workspace.costs import Spent, Worth, spending, worth
from synth.workspace.endpoints import Endpoints
from synth.workspace.estimating import Estimating, Range, RunEstimate, StepOff, in_words
from synth.workspace.intake import Intake
from synth.workspace.lineage import Came, Lineage, LineageNode
from synth.workspace.prompting import PromptFacts, Prompting
from synth.workspace.replaying import Replay, Replaying
from synth.workspace.running import Running
from synth.workspace.samples import Gatherer
from synth.workspace.settings import WorkspaceSettings, read_settings, write_settings
from synth.workspace.snapshot import write_snapshot
from synth.workspace.tree import TreeKeeper
from synth.workspace.uses import Uses
from synth.workspace.views import Found, TreeViews

__all__ = [
    "Came",
    "Change",
    "Comparison",
    "Counts",
    "DatasetRow",
    "Drop",
    "EvolutionNode",
    "Example",
    "ExportReport",
    "FailureGroup",
    "FeatureTree",
    "ForestRow",
    "Found",
    "Funnel",
    "LineageNode",
    "MetricInfo",
    "Pair",
    "PromptFacts",
    "Range",
    "Replay",
    "RunEstimate",
    "RunStatus",
    "Sample",
    "SeedGroup",
    "SeedReport",
    "Stage",
    "StepOff",
    "StepProgress",
    "TaskRow",
    "Usage",
    "Workspace",
    "WorkspaceSettings",
    "demo_config",
    "in_words",
    "operations",
    "stretches",
]

_EMBED_CHUNK = 256

_log = logging.getLogger(__name__)


class Workspace(Running):
    """An open workspace. One process owns it at a time."""

    def __init__(self, folder: Path) -> None:
        """Open, or create where there is none. Raises `WorkspaceBusy` or `BadInput`."""
        self.folder = folder.absolute()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadInput(
                f"{folder} cannot be a workspace folder: {error.strerror}. Choose another --workspace."
            ) from error
        self._database = self.folder / "workspace.duckdb"
        self._db = Database(self._database)
        super().__init__(Runs(self.folder / "runs"))
        self._trees = TreeKeeper(TreeLog(self._db, self.folder / "tree"), self.folder / "tree")
        self._views = TreeViews(self._trees, self.folder / "cache")
        self._uses = Uses(self._db, self._trees)
        self.comparing = Comparing(self._db, self._runs)
        self.lineage = Lineage(self._db, self.tree)
        self.replaying = Replaying(self._db, self._runs, self.folder)
        self.endpoints = Endpoints(self.folder)
        self.prompting = Prompting(self.folder, self._db)
        self.accounts = Accounts(self.folder)
        self.estimating = Estimating(
            self._db, self._runs, self.folder / "prompts", self.tree, lambda: self.settings().prices
        )
        self._lock = threading.RLock()
        self._closing = threading.Event()
        self._intake = Intake(self._db, self._runs, self._trees)
        self._intake.take_in_earlier_records()
        self.ingest()

    def close(self) -> None:
        """Let go of the folder. Workers go on by themselves and are ingested when it is opened again."""
        self._closing.set()
        with self._lock:
            self._runs.release()
            self._uses.close()
            self._trees.close()
            self._db.close()

    def ingest_in_background(self, every_seconds: float = 0.5) -> None:
        """Keep reading what workers write, and starting what is handed over, until the workspace is closed."""

        def loop() -> None:
            while not self._closing.wait(every_seconds):
                try:
                    self._runs.inbox.serve(self.start_run)
                    self.ingest()
                except (EspalierError, OSError, ValueError, DatabaseError):
                    _log.exception("reading journals failed; trying again")

        threading.Thread(target=loop, name="ingest", daemon=True).start()

    # seeds

    def add_seeds(self, path: Path, licence: str | None = None) -> SeedReport:
        """Read a folder or file and keep its seeds. Raises `BadInput`."""
        report = read_path(path, licence)
        self._db.add(report.seeds)
        return report

    def add_stdlib_seeds(self) -> SeedReport:
        """Read the running interpreter's standard library and keep its seeds."""
        report = read_stdlib()
        self._db.add(report.seeds)
        return report

    def seeds(self, search: str = "", limit: int = 50, offset: int = 0) -> tuple[list[Seed], int]:
        """One page of seeds, and how many match."""
        return queries.seed_page(self._db, search, limit, offset)

    def seed(self, seed_id: str) -> Seed:
        """One seed. Raises `NotFound`."""
        return self._db.record(Seed, seed_id)

    def seeds_by_id(self, seed_ids: Sequence[str]) -> list[Seed]:
        """These seeds in the order asked for; ids that are not there are left out."""
        return queries.seeds_by_id(self._db, seed_ids)

    def seed_groups(self) -> list[SeedGroup]:
        """How many seeds each source and licence has, the largest group first."""
        return queries.seed_groups(self._db)

    def features_read(self, seed_ids: Sequence[str]) -> dict[str, int]:
        """How many features were read from each of these seeds; those not read are left out."""
        return queries.features_read(self._db, seed_ids)

    def extraction_of(self, seed_id: str) -> Extraction | None:
        """The latest features read from a seed."""
        return queries.extraction_of(self._db, seed_id)

    def coreset(
        self, size: int, seed: int = 7, embedded: Callable[[int, int], None] = lambda done, total: None
    ) -> list[Seed]:
        """A core set of all seeds by k-center greedy on their embeddings (EpiCoder 2.1).

        `embedded(done, total)` is told how far the embedding is; vectors are kept for the next time.
        """
        seeds = queries.seeds(self._db)
        if not seeds:
            raise BadInput("there are no seeds yet; add some with `synth seeds stdlib` or `synth seeds add PATH`.")
        embedder = SentenceEmbedder(cache=self.folder / "cache")
        parts: list[NDArray[np.float32]] = []
        for first in range(0, len(seeds), _EMBED_CHUNK):
            parts.append(embedder.embed([item.code for item in seeds[first : first + _EMBED_CHUNK]]))
            embedded(min(first + _EMBED_CHUNK, len(seeds)), len(seeds))
        vectors = np.concatenate(parts)
        return [seeds[index] for index in pick_coreset(vectors, size, seed)]

    def demonstrations(self) -> list[Demonstration]:
        """Every refined demonstration, by version."""
        return queries.demonstrations(self._db)

    # tree

    def tree(self) -> FeatureTree:
        """The tree as it is now, to be read; it changes in place when somebody edits it or a run adds to it."""
        return self._trees.tree

    @property
    def trees(self) -> TreeKeeper:
        """What changes the tree: edits, undo, proposals, snapshots, imports."""
        return self._trees

    @property
    def views(self) -> TreeViews:
        """What can be asked of the tree: search, finders, numbers, draws, plans, files."""
        return self._views

    @property
    def uses(self) -> Uses:
        """What was generated from each feature."""
        return self._uses

    # runs

    def start_run(self, config: RunConfig, estimate: RunEstimate | None = None) -> str:
        """Start a worker on a new run; see `create_run`."""
        run_id = self.create_run(config, estimate)
        self._runs.start(run_id)
        return run_id

    def create_run(self, config: RunConfig, estimate: RunEstimate | None = None) -> str:
        """Freeze a config with its prices, what is expected of it, and its snapshot.

        Reads the standard library where the run reads seeds and there is none yet. `estimate` was told to a person;
        None = made now. Raises `BadConfig` for a budget that cannot be kept.
        """
        prices = frozen_prices(config, self.settings().prices)
        check_budget(config, prices)
        self.prompting.check_own()
        if (config.extract.enabled or config.evolve.roots) and not self.counts().seeds:
            self.add_stdlib_seeds()
        expected = estimate or self.estimating.estimate(config)
        own = self.folder / "prompts"
        run_id = self._runs.create(config, lambda folder: write_snapshot(folder, self._db, self._trees, own, prices))
        self.estimating.keep(run_id, expected)
        return run_id

    def ingest(self) -> int:
        """Store what workers have journaled since the last call. Returns how many records were read."""
        with self._lock:
            return 0 if self._closing.is_set() else self._intake.take_in()

    # what was made

    def counts(self) -> Counts:
        """Totals of every noun."""
        return funnel.counts(self._db)

    def funnel(self, run_id: str | None = None) -> Funnel:
        """Made, passed, repaired, kept, and why the rest was dropped."""
        return funnel.funnel(self._db, run_id)

    def any_without_isolation(self) -> bool:
        """Whether any verdict rests on code that was run without isolation."""
        return queries.any_without_isolation(self._db)

    def failures(self, run_id: str) -> list[FailureGroup]:
        """What ended early in a run and was not made since, by step and reason, with examples."""
        return failures.failures(self._db, run_id)

    def failed_ids(self, run_id: str, step: str, reason: str) -> list[str]:
        """Ids of what one group of `failures` would have become: what `retry` takes."""
        return failures.failed_ids(self._db, run_id, step, reason)

    def usage(self, run_id: str | None = None) -> list[Usage]:
        """Calls and tokens a prompt."""
        return funnel.usage(self._db, run_id)

    def spent_on(self, path: FeaturePath) -> Worth:
        """What the tasks made from a feature cost, with all their attempts, at the prices kept now."""
        return worth(used_by_model(self._db, path), self.settings().prices)

    def spending(self) -> list[Spent]:
        """What each task so far has used: what an estimate rests on."""
        return spending(self._db)

    def tasks(
        self, search: str = "", outcome: str | None = None, run_id: str | None = None, limit: int = 50, offset: int = 0
    ) -> tuple[list[TaskRow], int]:
        """One page of tasks, and how many match."""
        return queries.task_rows(self._db, search, outcome, run_id, limit, offset)

    def sample(self, task_id: str) -> Sample:
        """A task with its subtree, attempts, verdicts, scores and evidence. Raises `NotFound`."""
        return Gatherer(self._db, self.tree()).task(task_id)

    def score_values(self, names: Sequence[str], run_id: str | None = None) -> dict[str, list[float]]:
        """The values of each named score over the proven solutions."""
        return queries.score_values(self._db, names, run_id)

    def metrics(self) -> tuple[MetricInfo, ...]:
        """Every score name with its title, group and meaning."""
        return METRICS

    def forest(self, run_id: str | None = None) -> list[ForestRow]:
        """All Tree-of-Evolution trees."""
        return queries.forest(self._db, run_id)

    def evolution(self, tree_id: str) -> list[EvolutionNode]:
        """The nodes of one Tree-of-Evolution tree with scores, choices and answers."""
        return queries.evolution(self._db, tree_id)

    # dataset

    def export(
        self, form: Form, out: Path, *, unproven: bool = False, run_id: str | None = None, overwrite: bool = False
    ) -> ExportReport:
        """Write a dataset and its card. Raises `BadInput`."""
        left_out: dict[str, int] = {}
        samples = Gatherer(self._db, self.tree()).all(run_id, left_out)
        facts = self._card_facts(out.stem, run_id)
        report = export_samples(samples, form, out, facts, unproven=unproven, overwrite=overwrite)
        left_out |= report.left_out
        row = DatasetRow(out.name, facts.created, form, str(report.path), report.rows, unproven, left_out)
        queries.add_dataset(self._db, row)
        return report

    def preview(self, form: Form, n: int, *, unproven: bool = False, run_id: str | None = None) -> list[dict[str, Any]]:
        """The first rows that an export would write."""
        samples = (s for s in Gatherer(self._db, self.tree()).all(run_id, {}) if unproven or s.proven)
        return preview(samples, form, n)

    def datasets(self) -> list[DatasetRow]:
        """What was exported, newest first."""
        return queries.datasets(self._db)

    # settings

    def settings(self) -> WorkspaceSettings:
        """What the app remembers. Raises `BadConfig` that names the file."""
        return read_settings(self.folder)

    def save_settings(self, settings: WorkspaceSettings) -> None:
        """Remember settings for the next run."""
        write_settings(self.folder, settings)

    def database_bytes(self) -> int:
        """Size of the database file."""
        return self._database.stat().st_size

    def _card_facts(self, name: str, run_id: str | None) -> CardFacts:
        run_ids = [run_id] if run_id else self._runs.ids()
        return CardFacts(
            name=name,
            configs=tuple(self._runs.config(one).model_dump_json(indent=1) for one in run_ids),
            created=datetime.datetime.now(datetime.UTC).date().isoformat(),
            version=version("espalier"),
        )


def demo_config() -> RunConfig:
    """The run that a new workspace starts with."""
    return load_config(DATA / "demo.toml")
