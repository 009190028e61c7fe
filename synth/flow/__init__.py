"""THE FLOW, top to bottom: what is read, which step maps it, what is written.

seeds -> features -> tree -> subtrees -> tasks -> solutions -> verdicts -> scores
                                    \\-> instructions (Tree-of-Evolution) -> answers
"""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass

from synth.flow.desk import Cancelled, Desk, Watch
from synth.flow.evolution import evolve_forest
from synth.flow.features import build_demonstration, check_named, choose_seeds, grow_tree, read_features
from synth.flow.samples import make_samples, order_of, proven_tasks, shape_of
from synth.ids import seed_number
from synth.journal import Lines
from synth.records import Instruction, Seed, Task
from synth.steps.decontaminate import load_benchmarks
from synth.steps.evolve import plant_seed, plant_task
from synth.tree.columns import FeatureTree

__all__ = ["Cancelled", "Desk", "Snapshot", "Watch", "run_flow", "shape_of"]

_ROOTS = "roots"
"""Name of the mark that says which tasks trees grow from."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a run starts from; the extractions and growths that made the tree are in `Desk.known`."""

    seeds: Lines[Seed]
    tree: FeatureTree
    """Holds what is known, as people have edited it since. The run goes on from here by itself."""
    samples: int
    """Draws that the run began with: what is added later makes no other roots for Tree-of-Evolution."""


async def run_flow(desk: Desk, start: Snapshot) -> None:
    """Run every step that the config asks for. Raises `Cancelled`, or the fault that makes going on pointless."""
    config = desk.config
    benchmarks = (
        load_benchmarks(config.decontaminate.files, config.decontaminate.ngram) if config.decontaminate.files else None
    )
    tree = start.tree
    check_named(desk, tree)
    seeds = await choose_seeds(desk, start.seeds)
    if config.extract.enabled:
        demonstration = await build_demonstration(desk, seeds)
        await read_features(desk, seeds, demonstration, tree)
    await grow_tree(desk, tree)
    if config.evolve.roots and config.evolve.roots_from == "tasks":
        await make_samples(desk, tree, benchmarks)
        await evolve_forest(desk, _task_roots(desk, start.samples), benchmarks)
        return
    ends = await asyncio.gather(
        make_samples(desk, tree, benchmarks),
        evolve_forest(desk, _seed_roots(desk, seeds), benchmarks),
        return_exceptions=True,  # what is in flight in one half ends before a fault of the other leaves
    )
    for end in ends:
        if isinstance(end, BaseException):
            raise end


def _seed_roots(desk: Desk, seeds: Sequence[Seed]) -> list[Instruction]:
    order = random.Random(seed_number(desk.config.seed, "seed roots"))
    return [plant_seed(seed) for seed in order.sample(seeds, min(desk.config.evolve.roots, len(seeds)))]


def _task_roots(desk: Desk, samples: int) -> list[Instruction]:
    """Tasks to grow trees from, by the draws that the run began with; once chosen they stay."""
    said = desk.finished.mark(_ROOTS)
    if said is None:
        chosen = order_of(list(proven_tasks(desk, samples)), desk.config.seed)[: desk.config.evolve.roots]
        desk.end(_ROOTS, lost=False, of={"tasks": chosen})
    else:
        chosen = [str(task) for task in said["tasks"]]
    tasks = [desk.find(task, Task) for task in chosen]
    return [plant_task(task) for task in tasks if isinstance(task, Task)]
