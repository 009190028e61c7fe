"""Seeds to features to the tree, and the tree's growth."""

import asyncio
import random
from collections.abc import Sequence

from synth.flow.desk import Desk
from synth.flow.samples import shape_of
from synth.ids import seed_number
from synth.records import Demonstration, Dropped, Extraction, FeaturePath, Growth, PreExtraction, Seed
from synth.steps.coreset import pick_coreset
from synth.steps.draw import check_targets
from synth.steps.extract import (
    demonstration_id,
    extract_features,
    extraction_id,
    pre_extract_keywords,
    pre_extraction_id,
    refine_demonstration,
)
from synth.steps.grow import (
    Chosen,
    Proposal,
    check_chosen,
    draw_for_growth,
    growth_id,
    merge_growth,
    propose_growth,
)
from synth.tree.columns import FeatureTree

_KEYWORDS_A_ROUND = 120


async def choose_seeds(desk: Desk, seeds: Sequence[Seed]) -> list[Seed]:
    """The seeds this run reads: a seeded random choice, then a core set of it, where the config wants them."""
    wanted = desk.config.seeds
    chosen = list(seeds)
    if wanted.limit and wanted.limit < len(chosen):
        order = random.Random(seed_number(desk.config.seed, "seeds"))
        chosen = order.sample(chosen, wanted.limit)
    if wanted.coreset and wanted.coreset < len(chosen):
        vectors = await asyncio.to_thread(desk.embedder.embed, [seed.code for seed in chosen])
        chosen = [chosen[index] for index in pick_coreset(vectors, wanted.coreset, desk.config.seed)]
    return chosen


async def build_demonstration(desk: Desk, seeds: Sequence[Seed]) -> Demonstration | None:
    """Pre-extract keywords and refine the demonstration round by round (EpiCoder 2.1); None = the shipped one."""
    config = desk.config.extract
    if not config.demonstration_rounds or not seeds:
        return None
    order = random.Random(seed_number(desk.config.seed, "demonstration"))
    read = order.sample(list(seeds), min(config.pre_extract, len(seeds)))
    keywords: dict[str, None] = {}
    desk.watch.start("demonstration", len(read) + config.demonstration_rounds)
    results: dict[str, PreExtraction] = {}

    async def pre_extract(seed: Seed) -> None:
        wanted = pre_extraction_id(desk.asker, seed, config.temperature)
        record = await desk.once(
            wanted, PreExtraction, lambda: pre_extract_keywords(desk.asker, seed, config.temperature)
        )
        if isinstance(record, PreExtraction):
            results[seed.id] = record
        desk.watch.advance("demonstration", dropped=isinstance(record, Dropped))

    await desk.each(read, pre_extract)
    for seed in read:
        if seed.id in results:
            keywords.update(dict.fromkeys(results[seed.id].keywords))
    return await _refine(desk, list(keywords), order)


async def _refine(desk: Desk, keywords: list[str], order: random.Random) -> Demonstration | None:
    latest: Demonstration | None = None
    for version in range(1, desk.config.extract.demonstration_rounds + 1):
        subset = order.sample(keywords, min(_KEYWORDS_A_ROUND, len(keywords)))
        record = await _refine_once(desk, subset, latest, version)
        if isinstance(record, Demonstration):
            latest = record
        desk.watch.advance("demonstration", dropped=isinstance(record, Dropped))
    return latest


async def _refine_once(
    desk: Desk, keywords: list[str], previous: Demonstration | None, version: int
) -> Demonstration | Dropped:
    temperature = desk.config.extract.temperature

    async def refine() -> Demonstration | Dropped:
        return await refine_demonstration(desk.asker, keywords, previous, version, temperature)

    return await desk.once(
        demonstration_id(desk.asker, keywords, previous, version, temperature), Demonstration, refine
    )


async def read_features(
    desk: Desk, seeds: Sequence[Seed], demonstration: Demonstration | None, tree: FeatureTree
) -> None:
    """Extract every seed's features and merge them into the tree, in the order of the seeds."""
    temperature = desk.config.extract.temperature
    desk.watch.start("extract", len(seeds))
    read: dict[str, Extraction] = {}

    async def extract(seed: Seed) -> None:
        wanted = extraction_id(desk.asker, seed, demonstration, temperature)
        reused = wanted in desk.finished
        record = await desk.once(
            wanted, Extraction, lambda: extract_features(desk.asker, seed, demonstration, temperature)
        )
        if isinstance(record, Extraction) and record.id not in desk.taken:
            read[seed.id] = record
        desk.watch.advance("extract", dropped=isinstance(record, Dropped), reused=reused)

    await desk.each(seeds, extract)
    for seed in seeds:
        if seed.id in read:
            tree.add_extraction(read[seed.id], seed.id)


def check_named(desk: Desk, tree: FeatureTree) -> None:
    """Raise `BadInput`, before anything is asked, where the config names features that growth or draws cannot use."""
    grow, sample = desk.config.grow, desk.config.sample
    if grow.steps:
        check_chosen(tree, grow.at)
    if sample.count:
        check_targets(tree, shape_of(sample), sample.targets)


async def grow_tree(desk: Desk, tree: FeatureTree) -> None:
    """Algorithm 2: draw a subtree of the tree as it is now, expand it, estimate, merge; again.

    With `parallel` > 1 that many subtrees are drawn from one state of the tree, asked about at once and merged in
    order. With `at` each step draws below one of these features.
    """
    config = desk.config.grow
    if not len(tree):
        return
    chosen = Chosen(config.at, desk.config.seed) if config.at else None
    desk.watch.start("grow", config.steps)
    for first in range(0, config.steps, config.parallel):
        steps = range(first, min(first + config.parallel, config.steps))
        drawn = {
            step: draw_for_growth(
                tree, config.widths, config.draw_temperature, desk.config.seed, step, chosen.top(step) if chosen else ()
            )
            for step in steps
        }
        proposals = await asyncio.gather(*(_propose(desk, drawn[step], step, chosen) for step in steps))
        for proposal in proposals:
            _merge(desk, tree, proposal)


async def _propose(
    desk: Desk, drawn: tuple[FeaturePath, ...], step: int, chosen: Chosen | None
) -> Proposal | Growth | Dropped:
    temperature = desk.config.grow.temperature
    known = desk.finished.get(growth_id(desk.asker, drawn, step, temperature, chosen))
    if isinstance(known, Growth | Dropped):
        return known
    await desk.gate()
    return await propose_growth(desk.asker, drawn, step, temperature, chosen)


def _merge(desk: Desk, tree: FeatureTree, proposal: Proposal | Growth | Dropped) -> None:
    if isinstance(proposal, Proposal):
        desk.keep(merge_growth(tree, proposal))
    elif isinstance(proposal, Growth):
        if proposal.id not in desk.taken:
            tree.add_growth(proposal)
    else:
        desk.keep(proposal)
    desk.watch.advance("grow", dropped=isinstance(proposal, Dropped), reused=isinstance(proposal, Growth))
