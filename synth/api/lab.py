"""The sampling lab: what a shape draws, what it comes to, what that costs, and tasks for the leaves drawn least."""

import threading
from typing import Annotated

from pydantic import AfterValidator, Field

from synth.api.bench import Bench
from synth.api.edits import Done
from synth.api.endpoint import JSON, Body, Endpoint, Many
from synth.settings import Engine, SampleConfig
from synth.tree.columns import ROOT
from synth.workspace import Workspace
from synth.workspace.cold import MOST_TASKS, aims, coverage, run_for
from synth.workspace.costs import Estimate, Spent, estimate
from synth.workspace.lab import DrawnTree, Lab
from synth.workspace.settings import WorkspaceSettings

MOST_DRAWS = 24
MOST_EXPECTED = 10_000_000
MOST_TEMPERATURES = 8
MOST_LEVELS = 100
MOST_CELLS = 25_000
_SHOWN = 20


def _limited(shape: SampleConfig) -> SampleConfig:
    """Raises ValueError for a shape with which one answer would take minutes."""
    if len(shape.temperatures) > MOST_TEMPERATURES or len(shape.widths) > MOST_LEVELS:
        raise ValueError(f"the lab takes up to {MOST_TEMPERATURES} temperatures and {MOST_LEVELS} levels")
    size, all_levels = 1, 0
    for width in shape.widths:
        size *= width
        all_levels += size
    if all_levels > MOST_CELLS:
        raise ValueError(
            f"these widths allow {min(all_levels, 10**18):,} features in one draw; the lab draws up to {MOST_CELLS:,}"
        )
    return shape


LabShape = Annotated[SampleConfig, AfterValidator(_limited)]
"""A shape that nobody has kept yet."""


class DrawBody(Body):
    """Draw under a shape that nobody has kept yet, and look at one feature."""

    shape: LabShape
    count: int = Field(default=6, ge=0, le=MOST_DRAWS)
    seed: int = Field(default=7, ge=0, le=2**53)
    node: int = Field(default=ROOT, ge=0)
    most: int = Field(default=18, ge=0, le=100)
    """Children told one by one."""


class ExpectBody(Body):
    """What n draws come to."""

    shape: LabShape
    n: int = Field(default=1_000, ge=0, le=MOST_EXPECTED)


class CostBody(Body):
    """What n tasks cost with a model; "" is the one that the settings name."""

    n: int = Field(default=1_000, ge=0, le=MOST_EXPECTED)
    model: str = Field(default="", max_length=200)


class BranchBody(Body):
    """A branch; 0 = the whole tree."""

    node: int = Field(default=ROOT, ge=0)


class AimBody(BranchBody):
    """Tasks for the leaves of a branch that were drawn least."""

    shape: LabShape
    n: int = Field(default=_SHOWN, ge=1, le=MOST_TASKS)


class MakeBody(AimBody):
    """As `AimBody`, and start the run."""

    op: str = Field(min_length=8, max_length=64)
    """Names the request: sent again after a broken connection, it starts no second run."""


class NodesBody(Body):
    """Features."""

    nodes: Many[int] = Field(max_length=1_000)


class LabPart:
    """What the lab keeps between requests."""

    def __init__(self, workspace: Workspace) -> None:
        self.lab = Lab(workspace.trees)
        self._workspace = workspace
        self._lock = threading.Lock()
        self._spent: tuple[tuple[int, int], list[Spent]] = ((-1, -1), [])

    def spent(self) -> list[Spent]:
        """What past tasks used; read anew once there are more of them."""
        counts = self._workspace.counts()
        key = (counts.tasks, counts.solutions)
        with self._lock:
            if self._spent[0] != key:
                self._spent = (key, self._workspace.spending())
            return self._spent[1]


def draw(bench: Bench, asked: DrawBody) -> JSON:
    """Drawn subtrees as node ids, the chances around a feature, and where the shape's own features stand."""
    lab = bench.part(LabPart).lab
    drawn, names = lab.draws(asked.shape, asked.count, asked.seed)
    shape = asked.shape
    return {
        "draws": [_draw_line(one) for one in drawn],
        "names": names,
        "chances": lab.chances(shape, asked.node, asked.most),
        "fixed": lab.at(shape.fixed),
        "excluded": lab.at(shape.excluded),
        "targets": lab.at(shape.targets),
        "boosted": lab.at([(name,) for name in shape.boosts]),
        "categories": lab.categories(),
    }


def expect(bench: Bench, asked: ExpectBody) -> JSON:
    """What n draws come to."""
    return {"outlook": bench.part(LabPart).lab.outlook(asked.shape, asked.n)}


def cost(bench: Bench, asked: CostBody) -> JSON:
    """What n tasks cost with a model."""
    settings = bench.workspace.settings()
    return {"estimate": _estimate(bench, settings, asked.n, asked.model)}


def covered(bench: Bench, asked: BranchBody) -> JSON:
    """How many leaves of a branch no task has drawn."""
    return {"coverage": coverage(bench.workspace.trees, bench.workspace.uses, asked.node)}


def cold(bench: Bench, asked: AimBody) -> JSON:
    """The leaves that a run would aim at, and what it would cost."""
    found = aims(bench.workspace.trees, bench.workspace.uses, asked.shape, asked.n, asked.node)
    settings = bench.workspace.settings()
    return {
        "count": len(found.leaves),
        "leaves": found.leaves[:_SHOWN],
        "passed_over": found.passed_over,
        "reason": found.reason,
        "engine": settings.engine.model,
        "estimate": _estimate(bench, settings, len(found.leaves), ""),
    }


def make(bench: Bench, asked: MakeBody) -> JSON:
    """Start a run that makes a task for each of these leaves."""
    workspace = bench.workspace

    def start() -> JSON:
        found = aims(workspace.trees, bench.workspace.uses, asked.shape, asked.n, asked.node)
        below = f" below {workspace.tree().name(asked.node)}" if asked.node else ""
        # another seed for each run: the same leaves come with other company
        seed = 7 + len(workspace.runs())
        kept = workspace.settings()
        config = run_for(asked.shape, found, kept.engine, f"Cold leaves{below}", seed)
        started = workspace.start_run(config.model_copy(update={"models": kept.models}))
        return {"run_id": started, "count": len(found.leaves)}

    return bench.part(Done).once(asked.op, start)


def paths(bench: Bench, asked: NodesBody) -> JSON:
    """The paths of features: shapes name features by path."""
    return {"paths": bench.part(LabPart).lab.named(asked.nodes)}


def engine_for(settings: WorkspaceSettings, model: str) -> Engine:
    """The engine of the settings, with another model where one is named."""
    if model in ("", settings.engine.model):
        return settings.engine
    offline = Engine()
    return offline if model == offline.model else settings.engine.model_copy(update={"kind": "openai", "model": model})


def _estimate(bench: Bench, settings: WorkspaceSettings, tasks: int, model: str) -> Estimate:
    return estimate(bench.part(LabPart).spent(), tasks, engine_for(settings, model), settings.prices)


def _draw_line(drawn: DrawnTree) -> dict[str, object]:
    """A draw as rows [node, depth, mark]; mark 0 has something below it, 1 is an end, 2 a mandatory end."""
    return {
        "number": drawn.number,
        "temperature": drawn.temperature,
        "rows": [[cell.node, cell.depth, cell.end + cell.mandatory] for cell in drawn.cells],
    }


ENDPOINTS = (
    Endpoint("/api/lab/draw", DrawBody, draw, quick=True),
    Endpoint("/api/lab/expect", ExpectBody, expect),
    Endpoint("/api/lab/cost", CostBody, cost),
    Endpoint("/api/lab/coverage", BranchBody, covered),
    Endpoint("/api/lab/cold", AimBody, cold),
    Endpoint("/api/lab/make", MakeBody, make),
    Endpoint("/api/lab/paths", NodesBody, paths),
)
