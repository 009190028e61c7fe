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
from synth.flow.samples import make_samples, order_of, shape_of
from synth.ids import seed_number
from synth.records import Extraction, Growth, Instruction, Seed
from synth.steps.decontaminate import load_benchmarks
from synth.steps.evolve import plant_seed, plant_task
from synth.tree.columns import FeatureTree

__all__ = ["Cancelled", "Desk", "Snapshot", "Watch", "run_flow", "shape_of"]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a run starts from: the workspace's seeds and tree, and the extractions and growths that made it."""

    seeds: Sequence[Seed]
    known: Sequence[Extraction | Growth]
    tree: FeatureTree
    """Holds what is known, as people have edited it since. The run goes on from here by itself."""


async def run_flow(desk: Desk, start: Snapshot) -> None:
    """Run every step that the config asks for. Raises `Cancelled`, or the fault that makes going on pointless."""
    config = desk.config
    benchmarks = (
        load_benchmarks(config.decontaminate.files, config.decontaminate.ngram) if config.decontaminate.files else None
    )
    tree = start.tree
    check_named(desk, tree)
    desk.taken = frozenset(record.id for record in start.known)
    seeds = await choose_seeds(desk, start.seeds)
    if config.extract.enabled:
        demonstration = await build_demonstration(desk, seeds)
        await read_features(desk, seeds, demonstration, tree)
    await grow_tree(desk, tree)
    if config.evolve.roots_from == "tasks":
        proven = await make_samples(desk, tree, benchmarks)
        roots = [plant_task(task) for task in order_of(proven, config.seed)[: config.evolve.roots]]
        await evolve_forest(desk, roots, benchmarks)
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
    return [plant_seed(seed) for seed in order.sample(list(seeds), min(desk.config.evolve.roots, len(seeds)))]
