"""Seeds to features to the tree, and the tree's growth."""

import asyncio
import random
from collections.abc import Iterator

import numpy as np

from synth.flow.desk import Desk
from synth.flow.samples import shape_of
from synth.ids import seed_number
from synth.journal import LOST, Lines
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
_BREATH = 500
"""Records merged into the tree between two looks at everything else."""
_EMBEDDED = 256
"""Seeds read and embedded at once."""


async def choose_seeds(desk: Desk, seeds: Lines[Seed]) -> Lines[Seed]:
    """The seeds this run reads: a seeded random choice, then a core set of it, where the config wants them."""
    wanted = desk.config.seeds
    chosen = seeds
    if wanted.limit and wanted.limit < len(chosen):
        order = random.Random(seed_number(desk.config.seed, "seeds"))
        chosen = chosen.pick(order.sample(range(len(chosen)), wanted.limit))
    if wanted.coreset and wanted.coreset < len(chosen):
        parts = []
        for first in range(0, len(chosen), _EMBEDDED):
            codes = [seed.code for seed in chosen[first : first + _EMBEDDED]]
            parts.append(await asyncio.to_thread(desk.embedder.embed, codes))
        chosen = chosen.pick(pick_coreset(np.concatenate(parts), wanted.coreset, desk.config.seed))
    return chosen


async def build_demonstration(desk: Desk, seeds: Lines[Seed]) -> Demonstration | None:
    """Pre-extract keywords and refine the demonstration round by round (EpiCoder 2.1); None = the shipped one."""
    config = desk.config.extract
    if not config.demonstration_rounds or not seeds:
        return None
    order = random.Random(seed_number(desk.config.seed, "demonstration"))
    read = seeds.pick(order.sample(range(len(seeds)), min(config.pre_extract, len(seeds))))
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


async def read_features(desk: Desk, seeds: Lines[Seed], demonstration: Demonstration | None, tree: FeatureTree) -> None:
    """Extract every seed's features and merge them into the tree, in the order of the seeds."""
    temperature = desk.config.extract.temperature
    desk.watch.start("extract", len(seeds))

    async def extract(item: tuple[str, Seed]) -> None:
        name, seed = item
        wanted = extraction_id(desk.asker, seed, demonstration, temperature)
        reused = desk.has(wanted)
        record = await desk.once(
            wanted, Extraction, lambda: extract_features(desk.asker, seed, demonstration, temperature), name
        )
        if reused:
            desk.finished.alias(name + LOST if isinstance(record, Dropped) else name, wanted)
        desk.watch.advance("extract", dropped=isinstance(record, Dropped), reused=reused)

    await desk.each(_unread(desk, seeds), extract)
    for count, number in enumerate(seeds.numbers):
        record = desk.finished.record(_name(number)) if desk.over(_name(number)) == "made" else None
        if isinstance(record, Extraction) and record.id not in desk.known:
            tree.add_extraction(record, record.seed_id)
        if count % _BREATH == 0:
            await asyncio.sleep(0)


def _unread(desk: Desk, seeds: Lines[Seed]) -> Iterator[tuple[str, Seed]]:
    """Seeds that are not finished, each with its name in the journal; those that are get counted on the way."""
    for place, number in enumerate(seeds.numbers):
        state = desk.over(_name(number))
        if state is None:
            yield _name(number), seeds[place]
        else:
            desk.watch.advance("extract", dropped=state == "dropped", reused=True)


def _name(number: int) -> str:
    """What an extraction is found by: the place of its seed in the snapshot, whatever demonstration was shown."""
    return f"extract {number}"


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
        ended = await asyncio.gather(
            *(_propose(desk, drawn[step], step, chosen) for step in steps),
            return_exceptions=True,  # what is in flight ends, and is kept, before a fault of another leaves
        )
        for step, end in zip(steps, ended, strict=True):
            if isinstance(end, BaseException):
                raise end
            _merge(desk, tree, step, end)


async def _propose(
    desk: Desk, drawn: tuple[FeaturePath, ...], step: int, chosen: Chosen | None
) -> Proposal | Growth | Dropped:
    temperature = desk.config.grow.temperature
    wanted = growth_id(desk.asker, drawn, step, temperature, chosen)
    # By its step first: one that is tried anew makes another tree, and the steps after it are paid already.
    known = desk.find(wanted, Growth, f"grow {step}")
    if known is not None:
        return known
    return await desk.make(wanted, lambda: propose_growth(desk.asker, drawn, step, temperature, chosen))


def _merge(desk: Desk, tree: FeatureTree, step: int, proposal: Proposal | Growth | Dropped) -> None:
    if isinstance(proposal, Proposal):
        desk.keep(merge_growth(tree, proposal), f"grow {step}")
    elif isinstance(proposal, Growth):
        if proposal.id not in desk.known:
            tree.add_growth(proposal)
    else:
        desk.keep(proposal, f"grow {step}")
    desk.watch.advance("grow", dropped=isinstance(proposal, Dropped), reused=isinstance(proposal, Growth))
